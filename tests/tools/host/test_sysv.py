"""Services with init scripts: real scripts in a folder of ours, and a real daemon that they leave running."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.host.machine import Machine

pytestmark = pytest.mark.slow
SCRIPT = """#!/bin/sh
### BEGIN INIT INFO
# Provides:          waiter
# Short-Description: waits for good
### END INIT INFO
PID={folder}/waiter.pid
case $1 in
start) setsid sleep 1000 & echo $! > $PID ;;
stop) kill $(cat $PID) && rm $PID ;;
restart) $0 stop; $0 start ;;
status) test -f $PID && kill -0 $(cat $PID) && exit 0; exit 3 ;;
esac
"""


@pytest.fixture(autouse=True)
def scripts(machine: Machine, tmp_path: Path) -> Path:
    folder = machine.path("/etc/init.d")
    folder.mkdir(parents=True)
    for name, text in (
        ("waiter", SCRIPT.replace("{folder}", str(tmp_path))),
        ("broken", "#!/bin/sh\necho no >&2; exit 1\n"),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "README").write_text("no script")
    levels = machine.path("/etc/rc2.d")
    levels.mkdir()
    os.symlink("../init.d/waiter", levels / "S01waiter")
    return folder


async def test_a_daemon_outlives_the_call_that_started_it(call: Call, tmp_path: Path) -> None:
    assert (await call("service.status", name="waiter"))["state"] == "stopped"
    started = await call("service.start", name="waiter")
    daemon = psutil.Process(int((tmp_path / "waiter.pid").read_text()))
    try:
        assert (started["state"], started["enabled"], started["manager"]) == ("running", True, "sysv")
        assert started["description"] == "waits for good"
        assert daemon.is_running()
        restarted = await call("service.restart", name="waiter")
        assert restarted["state"] == "running"
        assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE
    finally:
        stopped = await call("service.stop", name="waiter")
    assert stopped["state"] == "stopped"


async def test_what_a_script_says_is_believed_only_when_read_back(call: Call, refused: Refused) -> None:
    listed = await call("service.list")
    assert {(one["name"], one["state"]) for one in listed["services"]} == {("waiter", "stopped"), ("broken", "failed")}  # type: ignore
    error = await refused(ErrorCode.TOOL_FAILED, "service.start", name="broken")
    assert "no" in error.message
    await refused(ErrorCode.NOT_FOUND, "service.status", name="README")
    await refused(ErrorCode.NOT_FOUND, "service.status", name="nothing")
    await refused(ErrorCode.UNAVAILABLE, "service.logs", name="waiter")
