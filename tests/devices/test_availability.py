"""Skills that come and go while the agent runs, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from devices.agent import DeviceAgent
from devices.availability import run_watched
from devices.config import DeviceSettings
from devices.profile import probe
from protocol.errors import ErrorCode
from protocol.messages import SkillsChanged
from tests.support.agents import Start, everything
from tests.support.gateway import FakeGateway

GONE = {"file.read": "The disk is away: plug it in."}


async def told(gateway: FakeGateway, count: int) -> set[str]:
    """The names of the skills in the list that came as the `count`th."""
    await gateway.until(lambda: len(gateway.of(SkillsChanged)) >= count)
    return {skill.name for skill in gateway.of(SkillsChanged)[count - 1].skills}


async def test_the_gateway_hears_what_is_gone_and_what_is_back(gateway: FakeGateway, start: Start) -> None:
    registry = everything()
    one = await start(registry)
    registry.withhold(GONE)
    one.agent.offer()
    assert "file.read" not in await told(gateway, 1)
    assert [(one.skill.name, one.why) for one in gateway.of(SkillsChanged)[0].withheld] == [*GONE.items()]
    dispatch = await gateway.dispatch("file.read", {"path": "x"})
    result = await gateway.result(dispatch)
    assert result.error is not None
    assert result.error.code is ErrorCode.UNAVAILABLE
    assert result.error.retryable
    assert "plug it in" in result.error.message
    registry.withhold({})
    one.agent.offer()
    assert "file.read" in await told(gateway, 2)
    assert not gateway.of(SkillsChanged)[1].withheld


async def test_nothing_is_said_where_nothing_changed(gateway: FakeGateway, start: Start) -> None:
    one = await start()
    one.agent.offer()
    await gateway.output("test.noop")
    assert not gateway.of(SkillsChanged)


async def test_what_changes_while_the_gateway_is_away_is_told_by_the_next_registration(
    gateway: FakeGateway, start: Start
) -> None:
    registry = everything()
    one = await start(registry)
    await gateway.close()
    gateway.cut()
    while one.agent.online.is_set():
        await asyncio.sleep(0.005)
    registry.withhold(GONE)
    one.agent.offer()
    await gateway.listen()
    while len(gateway.hellos) < 2:
        await asyncio.sleep(0.005)
    assert "file.read" not in {skill.name for skill in gateway.hellos[-1].skills}
    assert [one.skill.name for one in gateway.hellos[-1].withheld] == ["file.read"]


async def test_a_probe_is_asked_again_and_again_and_each_change_is_logged_once(
    gateway: FakeGateway, settings: DeviceSettings
) -> None:
    says: dict[str, str] = {}
    asked = 0

    async def what() -> Mapping[str, str]:
        nonlocal asked
        asked += 1
        return says

    async def asked_again() -> None:
        until = asked + 2
        while asked < until:
            await asyncio.sleep(0.002)

    registry, stop = everything(), asyncio.Event()
    agent = DeviceAgent(replace(settings, url=gateway.url), registry, probe(settings.workspace))
    with capture_logs() as logs:
        running = asyncio.create_task(run_watched(agent, registry, what, stop=stop, every_s=0.005))
        try:
            await gateway.connected()
            says.update(GONE)
            assert "file.read" not in await told(gateway, 1)
            await asked_again()
            says.clear()
            assert "file.read" in await told(gateway, 2)
        finally:
            stop.set()
            await running
    said = [(one["event"], one["skills"]) for one in logs if "skills" in one]
    assert said == [("skills are gone", ["file.read"]), ("skills are back", ["file.read"])]


async def test_a_probe_that_breaks_ends_the_device(gateway: FakeGateway, settings: DeviceSettings) -> None:
    async def what() -> Mapping[str, str]:
        raise RuntimeError("a fault of ours")

    registry = everything()
    agent = DeviceAgent(replace(settings, url=gateway.url), registry, probe(settings.workspace))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await run_watched(agent, registry, what, stop=asyncio.Event(), every_s=0.001)
