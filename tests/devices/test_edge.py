"""The edge device against a gateway and a real broker: what it registers with, and how it begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devices.config import DeviceSettings
from devices.edge import run_device
from devices.errors import ConfigError, StateError
from protocol.errors import ErrorCode
from protocol.messages import Outcome, SkillsChanged
from protocol.vocabulary import DeviceKind
from tests.support.gateway import FakeGateway
from tests.support.mosquitto import mosquitto
from tools.edge import broker
from tools.edge.settings import EdgeSettings

pytestmark = pytest.mark.slow
SENSORS = """
[broker]
host = "127.0.0.1"
port = {port}

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"
"""


@pytest.fixture
def edge(
    settings: DeviceSettings, gateway: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> DeviceSettings:
    monkeypatch.setattr(broker, "BACKOFF_S", 0.02)
    own = EdgeSettings(tmp_path / "sensors.toml")
    return replace(settings, kind=DeviceKind.EDGE, url=gateway.url, edge=own)


@asynccontextmanager
async def running(settings: DeviceSettings, gateway: FakeGateway) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.ensure_future(run_device(settings, stop=stop))
    try:
        connected = asyncio.ensure_future(gateway.connected())
        await asyncio.wait((connected, task), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            connected.cancel()
            task.result()
        yield
    finally:
        stop.set()
        await asyncio.wait([task])


async def test_skills_come_and_go_with_the_broker(edge: DeviceSettings, gateway: FakeGateway, tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as one:
        (tmp_path / "sensors.toml").write_text(SENSORS.replace("{port}", str(one.port)))
        async with running(edge, gateway):
            first = {skill.name for skill in gateway.hellos[0].skills}
            assert {"edge.read", "edge.topics", "file.read", "system.load"} <= first
            assert not first & {"shell.run", "script.run", "process.stop"}
            one.stop()
            await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 1)
            left = {skill.name for skill in gateway.of(SkillsChanged)[0].skills}
            assert {"edge.read", "edge.topics"} & left == set()
            assert {"edge.rules", "edge.history", "file.read"} <= left
            result = await gateway.result(await gateway.dispatch("edge.read", {"sensor": "temperature"}))
            assert result.outcome is Outcome.FAILED
            assert result.error is not None
            assert (result.error.code, result.error.retryable) == (ErrorCode.UNAVAILABLE, True)
            one.start()
            await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 2)
            assert {skill.name for skill in gateway.of(SkillsChanged)[1].skills} == first


async def test_a_broker_that_is_away_is_no_reason_not_to_start(
    edge: DeviceSettings, gateway: FakeGateway, tmp_path: Path
) -> None:
    (tmp_path / "sensors.toml").write_text(SENSORS.replace("{port}", "1"))
    async with running(edge, gateway):
        assert "edge.read" not in {skill.name for skill in gateway.hellos[0].skills}


async def test_a_file_that_cannot_be_used_ends_the_start(edge: DeviceSettings, gateway: FakeGateway) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        async with running(edge, gateway):
            pass


async def test_two_agents_cannot_follow_the_same_rules(
    edge: DeviceSettings, gateway: FakeGateway, tmp_path: Path
) -> None:
    (tmp_path / "sensors.toml").write_text("")
    async with running(edge, gateway):
        with pytest.raises(StateError, match="Another agent"):
            await run_device(edge, stop=asyncio.Event())


def test_sensors_are_for_the_kind_edge(edge: DeviceSettings) -> None:
    with pytest.raises(ConfigError, match="--sensors"):
        replace(edge, kind=DeviceKind.SERVER)
