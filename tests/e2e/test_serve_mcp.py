"""`asterism mcp`, spoken to by the protocol's own client: what another assistant can see and do, and what not."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import mcp_types as types
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.support.processes import Processes, processes

pytestmark = pytest.mark.slow
ROOT = str(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with processes(tmp_path_factory.mktemp("mcp")) as found:
        found.up()
        found.device("alpha")
        found.online("alpha")
        (found.workspace("alpha") / "app.log").write_text("ok\nERROR: disk full\n")
        yield found


@asynccontextmanager
async def assistant(world: Processes, *words: str) -> AsyncIterator[Client]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "orchestrator.cli.main", "mcp", "--url", world.url, *words],
        env={**world.env, "PYTHONPATH": ROOT},
        cwd=ROOT,
    )
    async with Client(server, read_timeout_seconds=90) as client:
        yield client


async def use(client: Client, tool: str, **arguments: object) -> dict[str, object]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: object) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    [content] = result.content
    assert isinstance(content, types.TextContent)
    return content.text


async def test_an_assistant_sees_devices_and_runs_what_reads(world: Processes) -> None:
    async with assistant(world) as client:
        assert "may only read" in (client.instructions or "")
        devices = (await use(client, "list_devices"))["result"]
        assert isinstance(devices, list)
        [alpha] = devices
        assert (alpha["name"], alpha["kind"], alpha["online"]) == ("alpha", "server", True)
        assert "file.read" in alpha["skills"]
        run = await use(client, "submit_request", text="show me app.log on alpha")
        assert run["state"] == "succeeded"
        assert "disk full" in str(run["answer"])
        assert (await use(client, "show_run", run=run["run"], wait_s=5))["answer"] == run["answer"]
        runs = (await use(client, "list_runs"))["result"]
        assert isinstance(runs, list)
        assert run["run"] in [one["run"] for one in runs]


async def test_by_default_nothing_is_written(world: Processes) -> None:
    async with assistant(world) as client:
        run = await use(client, "submit_request", text="delete app.log on alpha")
    assert run["state"] == "failed"
    assert "denied" in str(run["error"])
    assert (world.workspace("alpha") / "app.log").exists()


async def test_a_write_waits_for_a_person_and_nobody_approves_over_mcp(world: Processes) -> None:
    spare = world.workspace("alpha") / "spare.log"
    spare.write_text("x")
    async with assistant(world, "--write") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"list_devices", "list_runs", "show_run", "submit_request", "answer_question"}
        run = await use(client, "submit_request", text="delete spare.log on alpha")
        [approval] = run["approvals"]  # type: ignore[misc]
        assert spare.exists()
        assert str(run["run"]) in str(approval)
        [asked] = world.get(f"/v1/runs/{run['run']}")["approvals"]  # type: ignore[misc]
        world.post(f"/v1/runs/{run['run']}/approvals/{asked['id']}", {"granted": True})  # type: ignore[index]
        done = await use(client, "show_run", run=run["run"], wait_s=60)
    assert done["state"] == "succeeded"
    assert not spare.exists()


async def test_bad_input_is_told_with_its_code(world: Processes) -> None:
    async with assistant(world) as client:
        assert "not_found" in await refused(client, "show_run", run="../../etc")
        assert "not_found" in await refused(client, "answer_question", run="r-none", question="q", answer="a")
        await refused(client, "submit_request", text="")
        await refused(client, "submit_request", text="x" * 30_000)
        await refused(client, "show_run", run="r", wait_s=1e9)


async def test_no_orchestrator_is_an_error_of_the_call_and_not_the_end(tmp_path: Path) -> None:
    with processes(tmp_path) as nobody:
        async with assistant(nobody) as client:
            assert "unreachable" in await refused(client, "list_devices")
            assert "asterism up" in await refused(client, "list_devices")
