"""The server device against a gateway: what it registers with, what it keeps running, and how it begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from devices.config import DeviceSettings
from devices.errors import ConfigError, StateError
from devices.server import registry, run_device
from protocol.errors import ErrorCode
from protocol.messages import Outcome, SkillsChanged
from protocol.vocabulary import DeviceKind, Json
from tests.support.gateway import FakeGateway
from tools.host import skills
from tools.host.machine import Machine

pytestmark = pytest.mark.slow


@asynccontextmanager
async def running(settings: DeviceSettings, gateway: FakeGateway) -> AsyncIterator[None]:
    before, stop = len(gateway.hellos), asyncio.Event()
    task = asyncio.ensure_future(run_device(replace(settings, url=gateway.url), stop=stop))
    try:
        connected = asyncio.ensure_future(gateway.connected(before + 1))
        await asyncio.wait((connected, task), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            connected.cancel()
            task.result()
        yield
    finally:
        stop.set()
        await asyncio.wait([task])


async def done(gateway: FakeGateway, skill: str, **arguments: Json) -> dict[str, Json]:
    result = await gateway.result(await gateway.dispatch(skill, arguments))
    assert result.outcome is Outcome.SUCCEEDED, result.error
    assert isinstance(result.output, dict)
    return result.output


async def test_it_offers_what_the_machine_has(settings: DeviceSettings, gateway: FakeGateway) -> None:
    async with running(settings, gateway):
        offered = {skill.name for skill in gateway.hellos[0].skills}
        assert {"file.read", "shell.run", "sql.query", "backup.create", "service.create", "user.list"} <= offered
        assert not offered & skills.withheld(Machine(supervisor=None)).keys() - {"service.create", "service.remove"}


async def test_skills_come_and_go_with_what_they_need(
    settings: DeviceSettings, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: dict[str, str] = {}
    monkeypatch.setattr(skills, "withheld", lambda machine: dict(gone))
    monkeypatch.setattr("devices.server.LOOK_S", 0.02)
    with capture_logs() as logs:
        async with running(settings, gateway):
            gone["user.list"] = "the lists of users are away: look again later"
            await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 1)
            result = await gateway.result(await gateway.dispatch("user.list", {}))
            assert result.error is not None
            assert (result.error.code, result.error.retryable) == (ErrorCode.UNAVAILABLE, True)
            assert "look again" in result.error.message
            gone.clear()
            await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 2)
    said = [one["event"] for one in logs if str(one["event"]).startswith("skills are")]
    assert said == ["skills are gone", "skills are back"]


async def test_services_begin_and_end_with_the_agent(settings: DeviceSettings, gateway: FakeGateway) -> None:
    async with running(settings, gateway):
        made = await done(gateway, "service.create", name="worker", command=["sleep", "1000"])
        first = psutil.Process(int(str(made["pid"])))
    assert not first.is_running()
    async with running(settings, gateway):
        again = await done(gateway, "service.start", name="worker")
        assert (again["state"], again["pid"] != made["pid"]) == ("running", True)


async def test_a_file_of_databases_that_cannot_be_used_ends_the_start(
    settings: DeviceSettings, gateway: FakeGateway, tmp_path: Path
) -> None:
    (tmp_path / "databases.toml").write_text('[database.shop]\nurl = "postgresql://u:hunter2@h/d"\n')
    with pytest.raises(ConfigError) as caught:
        async with running(replace(settings, databases=tmp_path / "databases.toml"), gateway):
            pass
    assert "password_file" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_two_agents_cannot_supervise_the_same_services(settings: DeviceSettings, gateway: FakeGateway) -> None:
    async with running(settings, gateway):
        with pytest.raises(StateError, match="Another agent"):
            await run_device(settings, stop=asyncio.Event())


async def test_services_that_cannot_be_read_end_the_start(settings: DeviceSettings, gateway: FakeGateway) -> None:
    folder = settings.state / "services"
    folder.mkdir(parents=True)
    (folder / "services.json").write_text("half a fi")
    with pytest.raises(StateError, match="mend or remove"):
        async with running(settings, gateway):
            pass


def test_an_edge_box_without_sensors_has_no_such_skills(settings: DeviceSettings) -> None:
    offered = {spec.name for spec in registry(replace(settings, kind=DeviceKind.EDGE)).specs()}
    assert {"file.read", "shell.run", "system.info"} <= offered
    assert not {name for name in offered if name.startswith(("sql.", "service.", "user.", "cron.", "python."))}


def test_databases_are_for_servers_and_desktops(settings: DeviceSettings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--databases"):
        replace(settings, kind=DeviceKind.EDGE, databases=tmp_path / "x.toml")
