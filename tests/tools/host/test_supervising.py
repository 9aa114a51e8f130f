"""Services that the agent supervises: real programs, started, read back, started again, and ended with all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.fake import FakeToolContext
from tools.host import supervising
from tools.host.machine import Machine
from tools.host.supervising import Supervisor

pytestmark = pytest.mark.slow
TALK = ["sh", "-c", "echo begun; exec sleep 1000"]


@pytest.fixture(autouse=True)
async def supervisor(
    machine: Machine, context: FakeToolContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Supervisor]:
    monkeypatch.setattr(supervising, "PAUSE_S", 0.02)
    machine.supervisor = Supervisor(tmp_path / "services", context.workspace)
    yield machine.supervisor
    await machine.supervisor.close()


def processes(pid: object) -> list[psutil.Process]:
    one = psutil.Process(int(str(pid)))
    return [one, *one.children(recursive=True)]


async def until(call: Call, name: str, state: str) -> dict[str, object]:
    async with asyncio.timeout(20):
        while (found := await call("service.status", name=name))["state"] != state:
            await asyncio.sleep(0.02)
    return dict(found)


async def test_a_service_lives_and_ends_with_all_of_its_processes(call: Call) -> None:
    made = await call("service.create", name="talker", command=TALK, description="says one word")
    assert (made["state"], made["enabled"], made["manager"]) == ("running", True, "agent")
    alive = processes(made["pid"])
    assert len(alive) >= 2
    assert (await call("service.logs", name="talker"))["lines"] == ["begun"]
    assert (await call("service.list", state="running"))["count"] == 1
    again = await call("service.restart", name="talker")
    assert again["pid"] != made["pid"]
    alive += processes(again["pid"])
    assert (await call("service.stop", name="talker"))["state"] == "stopped"
    assert not any(one.is_running() for one in alive)
    assert (await call("service.disable", name="talker"))["enabled"] is False
    assert (await call("service.start", name="talker"))["state"] == "running"
    assert await call("service.remove", name="talker") == {"name": "talker", "removed": True}
    assert (await call("service.list"))["count"] == 0


async def test_one_that_fails_is_started_again(call: Call, workspace: Path) -> None:
    code = "echo x >> starts; test $(wc -l < starts) -lt 3 && sleep 0.7 && exit 3; exec sleep 1000"
    await call("service.create", name="shaky", command=["sh", "-c", code])
    async with asyncio.timeout(20):
        while (workspace / "starts").read_text().count("x") < 3:
            await asyncio.sleep(0.02)
    await until(call, "shaky", "running")


async def test_one_that_cannot_start_is_told_and_forgotten(call: Call, refused: Refused) -> None:
    error = await refused(ErrorCode.TOOL_FAILED, "service.create", name="bad", command=["no-such-program"])
    assert "no-such-program" in error.message
    assert "127" in error.message
    error = await refused(ErrorCode.TOOL_FAILED, "service.create", name="bad", command=["sh", "-c", "echo woe; exit 4"])
    assert "code 4" in error.message
    assert (await call("service.list"))["count"] == 0
    await refused(ErrorCode.NOT_FOUND, "service.start", name="bad")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "service.create", name="bad", command=TALK, cwd="/etc")
    for name in ("../x", "a b", "-x", "a/b", "a\nb"):
        await refused(ErrorCode.BAD_ARGUMENTS, "service.create", name=name, command=TALK)


async def test_what_is_enabled_begins_with_the_agent(
    call: Call, machine: Machine, context: FakeToolContext, tmp_path: Path
) -> None:
    await call("service.create", name="one", command=TALK)
    await call("service.create", name="two", command=TALK, enabled=False)
    assert machine.supervisor is not None
    await machine.supervisor.close()
    machine.supervisor = Supervisor(tmp_path / "services", context.workspace)
    await machine.supervisor.run()
    await until(call, "one", "running")
    assert (await call("service.status", name="two"))["state"] == "stopped"


async def test_a_log_has_an_end(call: Call, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "LOG_BYTES", 10_000)
    await call("service.create", name="loud", command=["sh", "-c", "seq 1 100000; exec sleep 1000"])
    async with asyncio.timeout(20):
        while "100000" not in supervisor.tail("loud", 1):
            await asyncio.sleep(0.02)
    assert sum(one.stat().st_size for one in supervisor.log("loud").parent.glob("loud.*")) < 100_000
