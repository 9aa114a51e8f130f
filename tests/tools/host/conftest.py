"""A machine of its own folder where that is possible, a workspace, and a way to call skills as a device does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine
from tools.registry import Registry

Call = Callable[..., Awaitable[dict[str, Json]]]
Refused = Callable[..., Awaitable[ToolError]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def context(workspace: Path) -> FakeToolContext:
    return FakeToolContext(workspace)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """The files of the machine are in a folder; its programs are this one's."""
    root = tmp_path / "root"
    root.mkdir()
    return Machine(root=root)


@pytest.fixture
def registry(machine: Machine) -> Registry:
    return skills.registry(machine)
