"""Users and groups: the real useradd and userdel, over lists of ours; looking, over those of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine

real = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("useradd"), reason="useradd is for root")


@pytest.fixture
def lists(machine: Machine) -> Path:
    folder = machine.path("/etc")
    folder.mkdir()
    (folder / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\nwww:x:33:33:www:/var/www:/usr/sbin/nologin\n")
    (folder / "group").write_text("root:x:0:\nwww:x:33:\nstaff:x:50:\n")
    for name in ("shadow", "gshadow"):
        (folder / name).write_text("")
    (folder / "login.defs").write_text(
        "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n"
    )
    machine.path("/home").mkdir()
    return folder


@real
@pytest.mark.slow
async def test_a_user_comes_and_goes(call: Call, refused: Refused, lists: Path, machine: Machine) -> None:
    made = await call("user.add", name="anna", full_name="Anna Example", groups=["staff"])
    assert (made["uid"], made["groups"], made["full_name"], made["system"]) == (
        1000,
        ["anna", "staff"],
        "Anna Example",
        False,
    )
    assert machine.path("/home/anna").is_dir()
    assert [one["name"] for one in (await call("user.list"))["users"]] == ["root", "anna"]  # type: ignore
    assert (await call("group.list", name="staff"))["groups"] == [{"name": "staff", "gid": 50, "members": ["anna"]}]
    await refused(ErrorCode.ALREADY_EXISTS, "user.add", name="anna")
    assert await call("user.remove", name="anna") == {"name": "anna", "removed": True}
    assert "anna" not in (lists / "passwd").read_text()
    await refused(ErrorCode.NOT_FOUND, "user.remove", name="anna")


async def test_what_cannot_be_is_refused_before_anything_is_done(refused: Refused, lists: Path) -> None:
    before = (lists / "passwd").read_bytes()
    await refused(ErrorCode.NOT_FOUND, "user.add", name="bob", groups=["nobody-knows-it"])
    await refused(ErrorCode.DENIED, "user.remove", name="root")
    for name in ("-f", "a b", "Root", "a:b", "x\n", ""):
        await refused(ErrorCode.BAD_ARGUMENTS, "user.add", name=name)
    await refused(ErrorCode.BAD_ARGUMENTS, "user.add", name="bob", full_name="x:0:0")
    assert (lists / "passwd").read_bytes() == before


async def test_this_machine_is_looked_at(context: FakeToolContext) -> None:
    registry = skills.registry(Machine())
    found = await registry.call("user.info", {"name": "root"}, context)
    assert isinstance(found, dict)
    assert (found["uid"], found["home"]) == (0, "/root")
    sessions = await registry.call("user.sessions", {}, context)
    assert isinstance(sessions, dict)
    assert sessions["count"] == len(sessions["sessions"])
