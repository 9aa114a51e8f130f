"""A device agent against a small gateway, both real, over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from devices import agent, connection
from devices.config import DeviceSettings
from tests.support.agents import Running, Start, running
from tests.support.gateway import FakeGateway
from tools.registry import Registry


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnects and ends are tested for what they do, not for how long they wait."""
    monkeypatch.setattr(connection, "BACKOFF_S", 0.01)
    monkeypatch.setattr(agent, "FAREWELL_S", 0.2)


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> DeviceSettings:
    return DeviceSettings(
        name="alpha", workspace=tmp_path / "work", state_dir=tmp_path / "state", slots=4, seed=7, test_skills=True
    )


@pytest.fixture
async def start(settings: DeviceSettings, gateway: FakeGateway) -> AsyncIterator[Start]:
    """Start an agent against the gateway."""
    async with AsyncExitStack() as stack:

        async def begin(registry: Registry | None = None, **changes: object) -> Running:
            changed = replace(settings, **changes)  # type: ignore[arg-type]
            return await stack.enter_async_context(running(changed, gateway, registry))

        yield begin
