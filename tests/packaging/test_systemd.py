"""The systemd units: systemd's own word on them, where it is at hand, and that what they start is there."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.main import build

FOLDER = Path(__file__).parents[2] / "packaging/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "/opt/asterism/bin/asterism"
WORST = {"asterism.service": 1.5, "asterism-device@.service": 3.5}
"""The exposure (0 safe, 10 not) that each may have; a device needs what its tools need."""

systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


class Unit(configparser.RawConfigParser):
    """A unit file; of a setting that is given several times, the last."""

    def __init__(self, file: Path) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.read_string(file.read_text())

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.fixture
def as_installed(tmp_path: Path) -> Path:
    """The units in one folder, with a program that is there and an instance of the template."""
    for unit in UNITS:
        text = unit.read_text().replace(PROGRAM, sys.executable)
        (tmp_path / unit.name.replace("@.", "@server.")).write_text(text)
    return tmp_path


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_there_is_one_for_the_orchestrator_and_one_for_devices() -> None:
    assert {unit.name for unit in UNITS} == set(WORST)


@systemd
@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_has_nothing_against_it(unit: Path, as_installed: Path) -> None:
    installed = as_installed / unit.name.replace("@.", "@server.")
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(installed))
    # It tells of the machine's other units, too.
    assert "asterism" not in done.stderr
    assert done.returncode == 0


@systemd
@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_is_hardened(unit: Path, as_installed: Path) -> None:
    installed = as_installed / unit.name.replace("@.", "@server.")
    done = analyze("security", "--offline=true", str(installed))
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(exposure) <= WORST[unit.name]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_it_starts_is_a_command_that_there_is(unit: Path) -> None:
    program, *words = shlex.split(Unit(unit)["Service"]["ExecStart"].replace("%i", "server"))
    assert program == PROGRAM
    command, _, _ = build().parse_args(words, exit_on_error=False, print_error=False)
    assert command.__name__ == words[0]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_runs_as_the_user_that_is_made_for_it(unit: Path) -> None:
    service = Unit(unit)["Service"]
    assert f"u {service['User']} " in (FOLDER / "asterism.sysusers.conf").read_text()
    assert service["NoNewPrivileges"] == "yes"
    assert service["RestartPreventExitStatus"] == "2 3"


def test_a_device_may_make_control_groups_and_namespaces_for_its_tools() -> None:
    service = Unit(FOLDER / "asterism-device@.service")["Service"]
    assert service["Delegate"] == "yes"
    # Each of these would make the kernel refuse the sandbox of python.run.
    assert not {"RestrictNamespaces", "ProtectKernelLogs", "ProtectKernelTunables", "ProtectProc"} & set(service)
