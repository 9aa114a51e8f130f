"""MCP servers mounted on an agent in a process of its own: registration, loss, return, bounds, the end."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from devices import mounting
from devices.mounting import Mounts
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tests.devices.test_process import Processes, gone
from tests.support import mcp_server
from tests.support.gateway import FakeGateway
from tools.mcp.connection import Connection
from tools.mcp.settings import McpServer
from tools.registry import Registry

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SHOP = f"shop={shlex.quote(sys.executable)} -m tests.support.mcp_server"


@pytest.fixture
async def processes(tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Processes]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = Processes(tmp_path, gateway)
    yield found
    for process in found.started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def servers(agent: int) -> list[int]:
    """The processes below an agent that are MCP servers."""
    below = psutil.Process(agent).children(recursive=True)
    return [one.pid for one in below if one.cmdline()[1:] == ["-m", "tests.support.mcp_server"]]


async def mounted(processes: Processes, *more: str) -> int:
    process = await processes.start("--mcp", SHOP, "--mcp-env", "shop=PYTHONPATH", *more)
    await processes.gateway.connected()
    return process.pid


async def test_tools_are_registered_and_used_as_skills(gateway: FakeGateway, processes: Processes) -> None:
    await mounted(processes, "--mcp-risk", "shop.add=read")
    offered = {skill.name: skill for skill in gateway.hellos[0].skills}
    assert offered["shop.add"].risk is Risk.READ
    assert offered["shop.fail"].risk is Risk.WRITE
    assert "file.read" in offered
    output = await gateway.output("shop.add", {"a": 40, "b": 2})
    assert isinstance(output, dict)
    assert output["data"] == {"result": 42}
    picture = await gateway.output("shop.picture")
    assert isinstance(picture, dict)
    assert list(gateway.stored.values()) == [mcp_server.PIXEL]


async def test_what_is_lost_is_withheld_until_it_is_back(gateway: FakeGateway, processes: Processes) -> None:
    agent = await mounted(processes)
    [server] = servers(agent)
    os.kill(server, signal.SIGSTOP)  # it holds the call, so that the kill comes in the middle of it
    dispatch = await gateway.dispatch("shop.wait", {"seconds": 60.0})
    os.kill(server, signal.SIGKILL)
    result = await gateway.result(dispatch)
    assert result.error is not None
    assert result.error.code in (ErrorCode.LOST, ErrorCode.UNAVAILABLE)
    output = None
    async with asyncio.timeout(30):
        while output is None:
            output = await gateway.output("shop.add", {"a": 1, "b": 1})
    assert json.dumps(output).count("2") > 0


async def test_nothing_of_it_outlives_a_killed_agent(processes: Processes) -> None:
    agent = await mounted(processes)
    [server] = servers(agent)
    os.kill(agent, signal.SIGKILL)
    async with asyncio.timeout(20):
        while not gone(server):
            await asyncio.sleep(0.01)


async def test_nothing_of_it_outlives_a_stopped_agent(processes: Processes) -> None:
    agent = await mounted(processes)
    [server] = servers(agent)
    os.kill(agent, signal.SIGTERM)
    assert await processes.started[0].wait() == 0
    assert gone(server)


async def test_a_device_registers_without_a_server_that_is_away(gateway: FakeGateway, processes: Processes) -> None:
    await processes.start("--mcp", "none=/no/such/program")
    await gateway.connected()
    names = {skill.name for skill in gateway.hellos[0].skills}
    assert "file.read" in names
    assert not [name for name in names if name.startswith("none.")]


async def test_what_cannot_be_mounted_is_said_before_anything_starts(processes: Processes) -> None:
    process = await processes.start("--mcp", "fs")
    _, said = await process.communicate()
    assert process.returncode == 3
    assert b"NAME=COMMAND" in said


async def test_a_registration_stays_within_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = str(Path(mcp_server.__file__).with_name("mcp_liar.py"))
    monkeypatch.setattr(mounting, "BYTES", 50_000)
    connection = Connection(McpServer("liar", (sys.executable, liar, "many")), tmp_path)
    task = asyncio.create_task(connection.run())
    registry = Registry()
    try:
        await connection.tried.wait()
        mounts = Mounts([connection], [task], registry)
        assert mounts.update() == {}
        assert 0 < len(registry) < 200
        assert sum(len(spec.model_dump_json()) for spec in registry.specs()) <= 50_000
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(asyncio.CancelledError):
        mounts.update()
