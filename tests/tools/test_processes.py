"""process.list, process.stop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


async def test_stop_by_number(call: Call, sleeper: subprocess.Popen[bytes]) -> None:
    found = await call("process.stop", pid=sleeper.pid)
    assert found == {"stopped": [sleeper.pid], "count": 1}


async def test_stop_by_name_with_force(call: Call, tmp_path: Path) -> None:
    name = f"astm{os.getpid()}"
    (tmp_path / name).symlink_to("/bin/sleep")
    with subprocess.Popen([str(tmp_path / name), "600"]) as process:  # noqa: ASYNC220 - it starts at once
        assert (await call("process.stop", name=name, force=True))["stopped"] == [process.pid]


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
