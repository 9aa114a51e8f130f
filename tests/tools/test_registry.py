"""The registry calls skills by name, and nothing but ToolError comes out, whatever goes in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import server, testing
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

# Everything but what reaches for the machine itself: other processes, the network, commands.
HARMLESS = tuple(
    spec
    for spec in (*server.registry().specs(), *testing.registry().specs())
    if not spec.name.startswith(("process.", "shell.", "script.", "http.", "test.sleep", "system."))
)
texts = st.text(max_size=20) | st.sampled_from(
    [".", "a", "a/b", "../x", "/etc/passwd", "\0", "*", "(", "a" * 300, "x.zip", "\ud800"]
)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**54) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Json]]:
    """A skill, with arguments that are sometimes right."""
    spec = draw(st.sampled_from(HARMLESS))
    arguments: dict[str, Json] = {}
    for name, schema in spec.input_schema.get("properties", {}).items():
        if name in spec.input_schema.get("required", ()) or draw(st.booleans()):
            kinds: dict[str, st.SearchStrategy[Json]] = {
                "string": st.sampled_from(schema["enum"]) if "enum" in schema else texts,
                "integer": st.integers(0, 50),
                "boolean": st.booleans(),
                "array": st.lists(jsons, max_size=5),
            }
            arguments[name] = draw(st.one_of(kinds.get(schema.get("type", ""), jsons), jsons))
    if draw(st.integers(0, 9)) == 0:
        arguments[draw(texts)] = draw(jsons)
    return spec.name, arguments


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(call=calls())
def test_nothing_but_tool_errors_comes_out(
    call: tuple[str, dict[str, Json]], registry: Registry, tmp_path: Path
) -> None:
    context = FakeToolContext(tmp_path / "inner" / "workspace")
    for name in ("a", "x.zip"):
        (context.workspace.root / name).write_text("hello\n")
    outcome = asyncio.run(outcome_of(registry, *call, context))
    if isinstance(outcome, ToolError):
        assert outcome.message
        assert outcome.message.isprintable()
        assert outcome.task_error().model_dump_json()
    else:
        assert isinstance(outcome, dict)
    # Nothing but the workspace was touched.
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["workspace"]


async def outcome_of(registry: Registry, name: str, arguments: dict[str, Json], context: FakeToolContext) -> object:
    try:
        return await registry.call(name, arguments, context)
    except ToolError as error:
        return error


async def test_an_unknown_skill_is_named_with_the_closest(registry: Registry, context: FakeToolContext) -> None:
    with pytest.raises(ToolError) as caught:
        await registry.call("file.reed", {}, context)
    assert caught.value.code is ErrorCode.UNKNOWN_SKILL
    assert "did you mean file.read?" in caught.value.message


def test_a_skill_is_added_once() -> None:
    found = testing.registry()
    with pytest.raises(ValueError, match="already"):
        found.add(testing.noop)


def test_specs_come_in_name_order(registry: Registry) -> None:
    names = [spec.name for spec in registry.specs()]
    assert names == sorted(names)
    assert len(names) == len(registry)
    assert "test.noop" in registry
