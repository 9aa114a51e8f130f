"""A workspace with a context around it, and a way to call skills as a device does: by name, with JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import server, testing
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

Call = Callable[..., Awaitable[dict[str, Json]]]
Refused = Callable[..., Awaitable[ToolError]]


@pytest.fixture(scope="session")
def registry() -> Registry:
    found = server.registry()
    found.include(testing.registry())
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The workspace's folder; its parent is outside."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def context(workspace: Path) -> FakeToolContext:
    return FakeToolContext(workspace)


@pytest.fixture
def call(registry: Registry, context: FakeToolContext) -> Call:
    async def run(name: str, /, **arguments: Json) -> dict[str, Json]:
        output = await registry.call(name, arguments, context)
        assert isinstance(output, dict)
        return output

    return run


@pytest.fixture
def refused(registry: Registry, context: FakeToolContext) -> Refused:
    """The error of a call that must fail with this code."""

    async def run(code: ErrorCode, name: str, /, **arguments: Json) -> ToolError:
        with pytest.raises(ToolError) as caught:
            await registry.call(name, arguments, context)
        assert caught.value.code is code, caught.value.message
        return caught.value

    return run
