"""The journal: what journalctl wrote, recorded from systemd 252, and the real program over an empty folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.host import journal
from tools.host.machine import Machine

RECORDED = r"""
{"_PID":"33","SYSLOG_IDENTIFIER":"systemd-journald","_SYSTEMD_UNIT":"systemd-journald.service","PRIORITY":"6",|
"_TRANSPORT":"driver","__REALTIME_TIMESTAMP":"1795295639477749","MESSAGE":"Received client request to flush."}
{"SYSLOG_IDENTIFIER":"systemd-tmpfiles","_PID":"47","PRIORITY":"3","_SYSTEMD_UNIT":"systemd-tmpfiles-setup.service",|
"__REALTIME_TIMESTAMP":"1795295695796973","MESSAGE":[98,97,100,255,27,91]}
{"PRIORITY":"4","_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","__REALTIME_TIMESTAMP":"1795295639000000",|
"MESSAGE":null}
{"PRIORITY":"6","__REALTIME_TIMESTAMP":"17952
""".replace("|\n", "")


def test_entries_as_they_are_written() -> None:
    first, second, third = journal.parse(RECORDED)
    assert (first.time, first.unit, first.source) == (
        "2026-11-21T21:13:59Z", "systemd-journald.service", "systemd-journald",
    )  # fmt: skip
    assert (first.priority, first.pid) == ("info", 33)
    assert first.message == "Received client request to flush."
    assert (second.priority, second.message) == ("err", "bad\ufffd\\x1b[")
    assert (third.priority, third.pid, third.unit, third.message) == ("warning", None, "", "")


@pytest.fixture
def nothing(machine: Machine, tmp_path: Path) -> None:
    machine.journal = tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("nothing")
@pytest.mark.skipif(not shutil.which("journalctl"), reason="journalctl is not installed")
async def test_the_real_program_takes_what_we_ask(call: Call, refused: Refused) -> None:
    whole = {
        "unit": "nginx", "since": "2026-11-20T08:00", "until": "now", "priority": "err", "pattern": "f.*", "lines": 5,
    }  # fmt: skip
    assert await call("journal.read", **whole) == {"entries": [], "count": 0, "truncated": False}  # type: ignore[arg-type]
    for since in ("yesterday", "2 hours ago", "2026-11-20"):
        assert (await call("journal.read", since=since))["count"] == 0
    error = await refused(ErrorCode.BAD_ARGUMENTS, "journal.read", since="25 flurbs")
    assert "hours ago" in error.message
    await refused(ErrorCode.BAD_ARGUMENTS, "journal.read", since="--file=/etc/shadow")
    await refused(ErrorCode.BAD_ARGUMENTS, "journal.read", unit="-x")
