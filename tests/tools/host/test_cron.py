"""Cron: the real `crontab`, over a folder of ours in place of the machine's tables."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.errors import ToolError
from tools.host import cron
from tools.host.machine import Machine

TABLES = "/var/spool/cron/crontabs"
real = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("crontab") or not Path(TABLES).is_dir(),
    reason="only root can give crontab another folder, and cron must be installed",
)
THEIRS = b"# mine\nMAILTO=me\n*/5 * * * * /bin/check --all\n\n@daily echo hello  # twice\n7 7 * * * no-newline"


@pytest.fixture
def tables(machine: Machine, tmp_path: Path) -> Path:
    """A folder that `crontab` takes for its own, in a mount namespace that ends with each call."""
    folder = tmp_path / "tables"
    folder.mkdir()
    script = f'mount --bind "{folder}" {TABLES} && exec crontab "$@"'
    machine.crontab = ("unshare", "--mount", "sh", "-c", script, "crontab")
    return folder


def install(machine: Machine) -> None:
    subprocess.run([*machine.crontab, "-"], input=THEIRS + b"\n", check=True)


@real
@pytest.mark.slow
async def test_an_entry_comes_and_goes_and_the_others_stay(
    call: Call, refused: Refused, tables: Path, machine: Machine
) -> None:
    table = tables / "root"
    # Through crontab itself, which puts a header above, and takes it for its own when it is asked again.
    install(machine)
    made = await call("cron.add", id="nightly", schedule="0  3 * * mon-fri", command="cd /srv && ./backup.sh '50\\%'")
    assert (made["id"], made["schedule"]) == ("nightly", "0 3 * * mon-fri")
    assert table.read_bytes().endswith(
        THEIRS + b"\n# asterism: nightly\n0 3 * * mon-fri cd /srv && ./backup.sh '50\\%'\n"
    )
    await call("cron.add", id="other", schedule="@hourly", command="true")
    await call("cron.add", id="nightly", schedule="0 4 * * *", command="true")  # replaced in its place
    found = await call("cron.list", tables="user")
    assert [(one["id"], one["schedule"]) for one in found["entries"]] == [  # type: ignore
        ("", "*/5 * * * *"), ("", "@daily"), ("", "7 7 * * *"), ("nightly", "0 4 * * *"), ("other", "@hourly"),
    ]  # fmt: skip
    assert await call("cron.remove", id="nightly") == {"id": "nightly", "removed": True}
    await refused(ErrorCode.NOT_FOUND, "cron.remove", id="nightly")
    await call("cron.remove", id="other")
    assert table.read_bytes().endswith(THEIRS + b"\n")


@real
@pytest.mark.slow
async def test_a_table_that_is_missing_and_one_of_another_user(call: Call, refused: Refused, tables: Path) -> None:
    assert (await call("cron.list", tables="user"))["entries"] == []
    await call("cron.add", id="x", schedule="@reboot", command="true", user="nobody")
    assert (tables / "nobody").is_file()
    assert not (tables / "root").exists()
    await refused(ErrorCode.TOOL_FAILED, "cron.list", tables="user", user="no-such-user")


async def test_tables_of_the_system(call: Call, machine: Machine) -> None:
    machine.path("/etc/cron.d").mkdir(parents=True)
    machine.path("/etc/cron.d/job").write_text(
        "PATH=/bin\n0 1 * * * www run --password=hunter2 it\n@daily root x\nrubbish\n"
    )
    found = await call("cron.list", tables="system")
    assert [(one["user"], one["command"], one["table"]) for one in found["entries"]] == [  # type: ignore
        ("www", "run --password=*** it", "/etc/cron.d/job"), ("root", "x", "/etc/cron.d/job"),
    ]  # fmt: skip


@pytest.mark.parametrize("good", ["* * * * *", "*/5 0-6,22 1 jan-mar mon", "0 0 1-31/2 * 7", "@weekly"])
def test_schedules_that_cron_takes(good: str) -> None:
    assert cron.check(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * *", "@often", "*/0 * * * *",
        "5-1 * * * *", "a * * * *", "* * * * * *",
    ],
)  # fmt: skip
def test_schedules_that_it_does_not(bad: str) -> None:
    with pytest.raises(ToolError):
        cron.check(bad)


@pytest.mark.parametrize("table", [b"", THEIRS, THEIRS + b"\n", b"# asterism: xx\n1 1 1 1 1 a\n", b"\xff\xfe\r\n"])
def test_other_lines_stay_byte_for_byte(table: bytes) -> None:
    with_one = cron.with_entry(table, "x", b"1 1 * * * a")
    assert cron.without_entry(cron.with_entry(with_one, "x", b"2 2 * * * b"), "x") in (table, table + b"\n")


async def test_a_line_that_would_be_two_is_refused(refused: Refused) -> None:
    for command in ("a\n* * * * * b", "a\rb", "  "):
        await refused(ErrorCode.BAD_ARGUMENTS, "cron.add", id="x", schedule="@daily", command=command)
    await refused(ErrorCode.BAD_ARGUMENTS, "cron.add", id="x\n", schedule="@daily", command="a")
