"""process.list, process.stop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools import processes

SLEEPER = "import sys, time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, "--password", "hunter2", "sleeper-mark"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of a test, its children, count as somebody else's."""
    monkeypatch.setattr(processes, "_children", lambda own: set())


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Twelve processes of one name."""
    name = f"twin{os.getpid()}"
    (tmp_path / name).symlink_to("/bin/sleep")
    running = [subprocess.Popen([str(tmp_path / name), "600"]) for _ in range(12)]
    yield name, running
    for process in running:
        process.kill()
        process.wait()


async def test_list(call: Call, sleeper: subprocess.Popen[bytes]) -> None:
    found = await call("process.list", name="SLEEPER-mark")
    assert found["count"] == 1
    assert isinstance(found["processes"], list)
    one = found["processes"][0]
    assert isinstance(one, dict)
    assert one["pid"] == sleeper.pid
    assert isinstance(one["memory_bytes"], int)
    assert one["memory_bytes"] > 0
    assert "hunter2" not in str(one["command"])


@pytest.mark.parametrize("sort", ["cpu", "memory", "pid", "name"])
async def test_list_in_order(call: Call, sleeper: subprocess.Popen[bytes], sort: str) -> None:
    found = await call("process.list", sort=sort, limit=2)
    assert isinstance(found["processes"], list)
    assert isinstance(found["count"], int)
    assert 1 <= len(found["processes"]) <= 2
    assert found["truncated"] == (found["count"] > 2)


async def test_list_by_user(call: Call) -> None:
    assert (await call("process.list", user="nobody-has-this-name"))["count"] == 0


@pytest.mark.usefixtures("strangers")
async def test_stop_by_number(call: Call, sleeper: subprocess.Popen[bytes]) -> None:
    found = await call("process.stop", pid=sleeper.pid)
    assert found == {"stopped": [sleeper.pid], "count": 1}


@pytest.mark.usefixtures("strangers")
async def test_a_name_of_more_than_one_stops_none(
    refused: Refused, twins: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    name, running = twins
    error = await refused(ErrorCode.BAD_ARGUMENTS, "process.stop", name=name)
    pids = sorted(process.pid for process in running)
    assert error.message.startswith(f"12 processes are named `{name}`: {pids[0]} (")
    assert all(f"{pid} (" in error.message for pid in pids[:10])
    assert f"{pids[10]} (" not in error.message
    assert "and 2 more" in error.message
    assert error.message.endswith("Give the `pid` of one, or ask for all of them")
    assert all(process.poll() is None for process in running)


@pytest.mark.usefixtures("strangers")
async def test_all_of_a_name_are_stopped_when_asked_for(
    call: Call, twins: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    name, running = twins
    found = await call("process.stop", name=name, all=True)
    assert found == {"stopped": sorted(process.pid for process in running), "count": 12}


def test_the_list_to_choose_from_shows_no_secrets(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "MATCH_CHARACTERS", processes.COMMAND_CHARACTERS)
    one = psutil.Process(sleeper.pid)
    told = processes._which("python", [one, one])
    assert "--password ***" in told
    assert "hunter2" not in told


async def test_what_the_agent_runs_is_not_stopped(
    refused: Refused, twins: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    name, running = twins
    await refused(ErrorCode.DENIED, "process.stop", pid=running[0].pid)
    await refused(ErrorCode.DENIED, "process.stop", name=name, all=True)
    assert all(process.poll() is None for process in running)


@pytest.mark.usefixtures("strangers")
async def test_stop_by_name_with_force(call: Call, tmp_path: Path) -> None:
    name = f"astm{os.getpid()}"
    (tmp_path / name).symlink_to("/bin/sleep")
    with subprocess.Popen([str(tmp_path / name), "600"]) as process:  # noqa: ASYNC220 - it starts at once
        assert (await call("process.stop", name=name, force=True))["stopped"] == [process.pid]


@pytest.mark.usefixtures("strangers")
async def test_what_does_not_listen(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_S", 0.05)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        process.stdout.readline()
        error = await refused(ErrorCode.TOOL_FAILED, "process.stop", pid=process.pid)
        assert "`force`" in error.message
        process.kill()


async def test_stop_bad_input(refused: Refused) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "process.stop")
    await refused(ErrorCode.BAD_ARGUMENTS, "process.stop", pid=1, name="init")
    await refused(ErrorCode.BAD_ARGUMENTS, "process.stop", pid="1")
    await refused(ErrorCode.BAD_ARGUMENTS, "process.stop", pid=0)
    await refused(ErrorCode.BAD_ARGUMENTS, "process.stop", pid=2**31 - 1, all=True)
    await refused(ErrorCode.NOT_FOUND, "process.stop", pid=2**31 - 1)
    await refused(ErrorCode.NOT_FOUND, "process.stop", name="no-process-has-this-name")


async def test_the_agent_and_what_keeps_it_alive_are_not_stopped(refused: Refused) -> None:
    for pid in (os.getpid(), os.getppid(), 1):
        await refused(ErrorCode.DENIED, "process.stop", pid=pid)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("mysql -u root --password=hunter2 db", "mysql -u root --password=*** db"),
        ("tool --api-key abc123 run", "tool --api-key *** run"),
        ("psql postgres://bob:pw@host/db", "psql postgres://bob:***@host/db"),
        ("curl -H Authorization: Bearer", "curl -H Authorization: ***"),
        ("python app.py --port 80", "python app.py --port 80"),
    ],
)
def test_secrets_in_command_lines(command: str, shown: str) -> None:
    assert processes.without_secrets(command) == shown
