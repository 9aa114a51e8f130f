"""Packages: the real dpkg and apt, over a small repository and a machine in folders of ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support.debian import furnish, package
from tests.tools.host.conftest import Call, Refused
from tools.host import packages
from tools.host.machine import Machine

real = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("dpkg-deb"), reason="dpkg --root is for root on Debian"),
]


@pytest.fixture
def debian(machine: Machine, tmp_path: Path) -> Path:
    """A machine with nothing installed, and a repository with a tool, its library, and a newer tool."""
    repository = tmp_path / "repository"
    furnish(machine.root, repository)
    lists = [package(repository, "atool", "1.0", "alib"), package(repository, "alib", "2.0")]
    (repository / "Packages").write_bytes(b"".join(lists))
    return repository


@pytest.mark.usefixtures("debian")
class TestReal:
    pytestmark = real

    async def test_a_package_is_installed_upgraded_and_removed(
        self, call: Call, machine: Machine, debian: Path
    ) -> None:
        assert (await call("package.list"))["count"] == 0
        installed = await call("package.install", names=["atool"], refresh=True)
        assert installed["changes"] == [
            {"name": "alib", "before": "", "after": "2.0"},
            {"name": "atool", "before": "", "after": "1.0"},
        ]
        assert machine.path("/usr/share/atool/hello").read_text() == "1.0"
        info = await call("package.info", name="atool")
        assert (info["installed"], info["version"], info["depends"]) == (True, "1.0", ["alib"])
        with (debian / "Packages").open("ab") as list_:
            list_.write(package(debian, "atool", "1.1", "alib"))
        assert (await call("package.upgradable"))["count"] == 0
        upgraded = await call("package.install", names=["atool"], refresh=True)
        assert upgraded["changes"] == [{"name": "atool", "before": "1.0", "after": "1.1"}]
        removed = await call("package.remove", names=["alib"])
        assert {one["name"] for one in removed["changes"]} == {"alib", "atool"}  # type: ignore
        assert not machine.path("/usr/share/atool").exists()

    async def test_what_is_not_there_is_told(self, call: Call, refused: Refused) -> None:
        error = await refused(ErrorCode.NOT_FOUND, "package.install", names=["nothing-like-it"], refresh=True)
        assert "refresh" in error.message
        await refused(ErrorCode.NOT_FOUND, "package.info", name="nothing-like-it")
        assert (await call("package.remove", names=["alib"]))["count"] == 0


async def test_names_that_are_options_are_none(refused: Refused) -> None:
    for name in ("-oX=y", "a b", "a;b", "--force", "A", "a\n"):
        await refused(ErrorCode.BAD_ARGUMENTS, "package.install", names=[name])


def test_what_apt_and_dpkg_say_is_understood() -> None:
    plan = "Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst new (1.0 x [all])\nConf new (1.0 x)\nRemv old [3.1]\n"
    assert [(one.name, one.before, one.after) for one in packages.parse_plan(plan)] == [
        ("libc6", "2.36-9", "2.36-10"), ("new", "", "1.0"), ("old", "3.1", ""),
    ]  # fmt: skip
    listed = "bash\t5.2\tamd64\tii \tGNU shell\nhalf\t1\tall\trc \tleft behind\nodd\n"
    assert [one.name for one in packages.parse_installed(listed)] == ["bash"]
