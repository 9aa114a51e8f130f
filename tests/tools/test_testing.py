"""test.*: the skills of tests and benchmarks."""

from __future__ import annotations

import asyncio

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools import server, testing
from tools.fake import FakeToolContext
from tools.registry import Registry


async def test_noop_returns_its_value(call: Call, refused: Refused) -> None:
    assert await call("test.noop") == {"value": None}
    assert await call("test.noop", value={"a": [1, "x"]}) == {"value": {"a": [1, "x"]}}
    await refused(ErrorCode.BAD_ARGUMENTS, "test.noop", value=float("nan"))


async def test_sleep_can_be_cancelled(registry: Registry, call: Call, context: FakeToolContext) -> None:
    assert await call("test.sleep", seconds=0) == {"seconds": 0.0}
    task = asyncio.create_task(registry.call("test.sleep", {"seconds": 3600}, context))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_mark_tells_how_often(call: Call, context: FakeToolContext) -> None:
    for _ in range(2):
        assert await call("test.mark", path="starts", text="a;") == {"seconds": 0.0}
    assert (await call("file.read", path="starts"))["text"] == "a;a;"


async def test_fail_fails_as_asked(refused: Refused) -> None:
    error = await refused(ErrorCode.UNAVAILABLE, "test.fail", code="unavailable", message="later", retryable=True)
    assert (error.message, error.retryable) == ("later", True)
    await refused(ErrorCode.TOOL_FAILED, "test.fail")
    await refused(ErrorCode.BAD_ARGUMENTS, "test.fail", code="no_such_code")


async def test_flood(call: Call, context: FakeToolContext) -> None:
    assert await call("test.flood", lines=3, bytes=5) == {"lines": 3, "text": "xxxxx"}
    assert context.logs == [("stdout", "line 0"), ("stdout", "line 1"), ("stdout", "line 2")]
    assert context.reports[-1][0] == 1.0


def test_they_are_not_among_a_servers_skills() -> None:
    assert not any(spec.name.startswith("test.") for spec in server.registry().specs())
    assert all(spec.name.startswith("test.") for spec in testing.registry().specs())
