"""A typed function becomes a skill: schemas from types, words from the docstring, checks on both ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Annotated, Literal

import pytest
from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject, Risk
from tools.arguments import Bytes, Output, WorkspacePath
from tools.context import ToolContext, ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.skill import skill


class Inner(Output):
    name: str
    size_bytes: int


class Answer(Output):
    path: str
    inner: list[Inner] = []
    note: str | None = None


@skill("demo.look", risk=Risk.WRITE, idempotent=False, timeout_s=7, examples=("look at it",))
def look(
    context: ToolContext,
    *,
    path: WorkspacePath,
    depth: int = 3,
    limit: Bytes | None = None,
    mode: Literal["fast", "slow"] = "fast",
    tags: Annotated[list[str], Field(max_length=2)] = [],  # noqa: B006
) -> Answer:
    """Look at a thing.

    More about it, which planners need not read.

    Args:
        path: Thing to look at,
            wherever it lies.
        depth: How deep.
    """
    return Answer(path=path, inner=[Inner(name=mode, size_bytes=depth)])


def test_the_specification_comes_from_the_function() -> None:
    spec = look.spec
    assert (spec.name, spec.description) == ("demo.look", "Look at a thing.")
    assert (spec.risk, spec.idempotent, spec.timeout_s) == (Risk.WRITE, False, 7)
    assert spec.examples == ("look at it",)


def test_the_input_schema_is_plain() -> None:
    properties = look.spec.input_schema["properties"]
    assert look.spec.input_schema["required"] == ["path"]
    assert look.spec.input_schema["additionalProperties"] is False
    assert properties["path"]["format"] == "path"
    assert properties["path"]["description"] == "Thing to look at, wherever it lies."
    assert properties["depth"] == {"default": 3, "type": "integer", "description": "How deep."}
    # It may be left out; it need not be null.
    assert properties["limit"]["type"] == "integer"
    assert properties["limit"]["format"] == "bytes"
    assert properties["mode"]["enum"] == ["fast", "slow"]


def test_the_output_schema_holds_no_references() -> None:
    inner = look.spec.output_schema["properties"]["inner"]["items"]
    assert inner["properties"] == {"name": {"type": "string"}, "size_bytes": {"type": "integer"}}
    assert "$defs" not in look.spec.output_schema


async def test_a_call_checks_and_returns_json(context: FakeToolContext) -> None:
    assert await look.invoke({"path": "a"}, context) == {
        "path": "a",
        "inner": [{"name": "fast", "size_bytes": 3}],
        "note": None,
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "`path` of demo.look is missing: it must be a path (text)"),
        ({"path": 3}, "`path` of demo.look must be a path (text), not a whole number"),
        ({"path": "a", "depth": "3"}, "`depth` of demo.look must be a whole number, not text"),
        ({"path": "a", "depth": True}, "`depth` of demo.look must be a whole number, not true or false"),
        ({"path": "a", "depth": 1.5}, "`depth` of demo.look must be a whole number, not a number"),
        ({"path": "a", "mode": "wild"}, "`mode` of demo.look must be one of fast, slow, not text"),
        ({"path": "a", "limit": -1}, "`limit` of demo.look must be a number of bytes"),
        ({"path": ""}, "`path` of demo.look must be a path (text), not text (String should have at least 1"),
        ({"path": "a", "tags": ["x", 1]}, "`tags` of demo.look must be a list, not a whole number"),
        ({"pth": "a", "path": "a"}, "`pth` is not an argument of demo.look: did you mean `path`?"),
        ({"path": "a", "zzz": 1}, "it takes `path`, `depth`"),
    ],
)
async def test_bad_arguments_are_named(context: FakeToolContext, arguments: JsonObject, says: str) -> None:
    with pytest.raises(ToolError) as caught:
        await look.invoke(arguments, context)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS
    assert says in caught.value.message


async def test_defaults_are_not_shared_between_calls(context: FakeToolContext) -> None:
    @skill("demo.collect")
    async def collect(context: ToolContext, *, items: list[str] = []) -> JsonObject:  # noqa: B006
        """Collect."""
        items.append("one")
        return {"items": list(items)}

    await collect.invoke({}, context)
    assert await collect.invoke({}, context) == {"items": ["one"]}


async def test_what_a_tool_raises_becomes_a_tool_error(context: FakeToolContext) -> None:
    @skill("demo.broken")
    def broken(context: ToolContext, *, how: str) -> JsonObject:
        """Break."""
        if how == "missing":
            raise FileNotFoundError(2, "No such file or directory", "/secret/path")
        raise RuntimeError("oops")

    with pytest.raises(ToolError) as caught:
        await broken.invoke({"how": "missing"}, context)
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert "/secret/path" not in caught.value.message
    with pytest.raises(ToolError) as caught:
        await broken.invoke({"how": "other"}, context)
    assert caught.value.code is ErrorCode.TOOL_FAILED
    assert isinstance(caught.value.__cause__, RuntimeError)


async def test_an_output_of_another_type_is_the_tools_fault(context: FakeToolContext) -> None:
    @skill("demo.liar")
    async def liar(context: ToolContext) -> Answer:
        """Lie."""
        return Inner(name="x", size_bytes=1)  # type: ignore[return-value]

    with pytest.raises(ToolError) as caught:
        await liar.invoke({}, context)
    assert caught.value.code is ErrorCode.BAD_OUTPUT


async def test_an_output_that_is_not_json_is_the_tools_fault(context: FakeToolContext) -> None:
    @skill("demo.bytes")
    async def binary(context: ToolContext, *, how: int) -> JsonObject:
        """Return what is not JSON."""
        return {"x": b"raw" if how == 1 else "\ud800"}  # type: ignore[dict-item]

    for how in (1, 2):
        with pytest.raises(ToolError) as caught:
            await binary.invoke({"how": how}, context)
        assert caught.value.code is ErrorCode.BAD_OUTPUT


async def test_an_output_that_is_too_large_is_refused(workspace: object, tmp_path: object) -> None:
    context = FakeToolContext(str(tmp_path), limits=ToolLimits(output_bytes=100))

    @skill("demo.large")
    async def large(context: ToolContext) -> JsonObject:
        """Say much."""
        return {"text": "x" * 100}

    with pytest.raises(ToolError) as caught:
        await large.invoke({}, context)
    assert caught.value.code is ErrorCode.OUTPUT_TOO_LARGE


async def test_a_sync_skill_runs_beside_the_event_loop_and_stops_when_cancelled(context: FakeToolContext) -> None:
    started, ended = threading.Event(), threading.Event()

    @skill("demo.long")
    def long(context: ToolContext) -> JsonObject:
        """Take long."""
        started.set()
        context.cancelled.wait()
        ended.set()
        return {}

    task = asyncio.create_task(long.invoke({}, context))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # Cancelled means stopped, not merely asked to stop.
    assert ended.is_set()


def test_a_function_that_cannot_be_a_skill_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match="keyword-only"):

        @skill("demo.positional")
        def positional(context: ToolContext, path: str) -> JsonObject:
            """No."""
            return {}

    with pytest.raises(TypeError, match="must return"):

        @skill("demo.untyped")
        def untyped(context: ToolContext) -> str:
            """No."""
            return ""

    with pytest.raises(ValueError, match="not arguments"):

        @skill("demo.stale")
        def stale(context: ToolContext) -> JsonObject:
            """No.

            Args:
                gone: It has been removed.
            """
            return {}


def test_the_bare_function_can_be_called_by_another_skill(context: FakeToolContext) -> None:
    assert look(context, path="x").path == "x"
