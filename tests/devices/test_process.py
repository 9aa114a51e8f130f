"""The agent as a process: signals, crashes, exit codes, and what it imports."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.messages import Goodbye, LogLine, Outcome
from tests.support.gateway import FakeGateway

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


class Processes:
    """Agents in processes of their own, all with one state directory."""

    def __init__(self, folder: Path, gateway: FakeGateway) -> None:
        self.folder = folder
        self.gateway = gateway
        self.started: list[asyncio.subprocess.Process] = []

    async def start(self, *more: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "devices.main", "server", "--name", "alpha", "--url", self.gateway.url),
            *("--workspace", str(self.folder / "work"), "--state-dir", str(self.folder / "state"), "--test-skills"),
            *more,
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        self.started.append(process)
        return process


@pytest.fixture
async def processes(tmp_path: Path, gateway: FakeGateway) -> AsyncIterator[Processes]:
    found = Processes(tmp_path, gateway)
    yield found
    for process in found.started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Killed and not reaped yet, where nobody reaps orphans.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def test_a_killed_agent_offers_its_held_result_again(gateway: FakeGateway, processes: Processes) -> None:
    gateway.record = False
    first = await processes.start()
    await gateway.connected()
    dispatch = await gateway.dispatch("file.append", {"path": "log", "text": "x"})
    result = await gateway.result(dispatch)
    first.kill()
    await first.wait()
    await processes.start()
    await gateway.connected(2)
    assert [ref.task for ref in gateway.hellos[1].held] == [dispatch.task]
    assert gateway.hellos[1].device == gateway.hellos[0].device
    assert await gateway.result(dispatch, 2) == result
    assert (processes.folder / "work" / "log").read_text() == "x"


async def test_a_killed_agent_answers_for_what_it_had_begun(gateway: FakeGateway, processes: Processes) -> None:
    first = await processes.start()
    await gateway.connected()
    changes = await gateway.dispatch("shell.run", {"command": "echo up; exec sleep 3600"})
    reads = await gateway.dispatch("test.sleep", {"seconds": 3600})
    await gateway.until(lambda: bool(gateway.of(LogLine)))
    first.kill()
    await first.wait()
    await processes.start()
    await gateway.connected(2)
    result = await gateway.result(changes)
    assert result.error is not None
    assert (result.error.code, result.error.retryable) == (ErrorCode.LOST, False)
    assert gateway.hellos[1].running == ()
    assert gateway.results(reads) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_clean(gateway: FakeGateway, processes: Processes, number: signal.Signals) -> None:
    process = await processes.start()
    await gateway.connected()
    dispatch = await gateway.dispatch("shell.run", {"command": "echo $$ > pid; echo up; sleep 3600"})
    await gateway.until(lambda: bool(gateway.of(LogLine)))
    process.send_signal(number)
    _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert (await gateway.result(dispatch)).outcome is Outcome.FAILED
    await gateway.until(lambda: bool(gateway.of(Goodbye)))
    assert gone(int((processes.folder / "work" / "pid").read_text()))


async def test_a_refusal_is_told_with_its_code(gateway: FakeGateway, processes: Processes) -> None:
    gateway.token = "ast_k1_0123456789abcdefghij"
    process = await processes.start("--token", "ast_k1_wrongwrongwrongwrong")
    _, errors = await process.communicate()
    assert process.returncode == 5
    assert b"unauthenticated" in errors
    assert b"Traceback" not in errors


async def test_settings_that_cannot_work_are_told(processes: Processes) -> None:
    process = await processes.start("--url", "nonsense")
    _, errors = await process.communicate()
    assert process.returncode == 3
    assert b"base URL" in errors


def test_an_agent_needs_none_of_the_orchestrators_libraries() -> None:
    code = (
        "import sys, devices.main\n"
        "heavy = {'langgraph', 'sqlalchemy', 'fastapi', 'openai', 'networkx', 'uvicorn', 'orchestrator', 'agents',"
        " 'storage'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
