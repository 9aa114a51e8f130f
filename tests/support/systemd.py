"""A real systemd as the first process of namespaces of its own, with the project installed in /opt/asterism there.

It has a network, control groups, process ids and mounts apart: of this machine it reads /usr, and changes nothing.
Needs root. Debian's systemd comes with `make system`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path("/lib/systemd/systemd")
UP_S = 30.0
# An interpreter that was moved looks for its library where it was built, which the units hide as somebody's home.
LIBRARY = "LD_LIBRARY_PATH=/opt/python/lib"

needs_systemd = pytest.mark.skipif(
    os.geteuid() != 0 or not PROGRAM.exists() or not shutil.which("nsenter"),
    reason="needs root and Debian's systemd",
)

# What systemd would begin of a whole machine is taken away: units are started by the tests alone.
BOOT = f"""
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/opt/asterism/bin /mnt/opt/asterism/lib/python3.{sys.version_info.minor}/site-packages /mnt/opt/python
mkdir -p /mnt/opt/project
cp -a /etc /mnt/etc
rm -rf /mnt/etc/systemd/system /mnt/etc/systemd/user
mkdir -p /mnt/etc/systemd/system /mnt/etc/systemd/journald.conf.d /mnt/etc/systemd/system.conf.d
printf '[Manager]\\nDefaultEnvironment={LIBRARY}\\n' > /mnt/etc/systemd/system.conf.d/test.conf
printf '[Journal]\\nStorage=volatile\\n' > /mnt/etc/systemd/journald.conf.d/test.conf
printf '[Unit]\\nDescription=the tests\\n' > /mnt/etc/systemd/system/tests.target
cp "$1/asterism" /mnt/opt/asterism/bin/asterism
cp "$1/pyvenv.cfg" /mnt/opt/asterism/pyvenv.cfg
ln -s /opt/python/bin/python3 /mnt/opt/asterism/bin/python
mount --bind "$2" /mnt/opt/asterism/lib/python3.{sys.version_info.minor}/site-packages
mount --bind {sys.base_prefix} /mnt/opt/python
mount --bind {ROOT} /mnt/opt/project
mount --rbind /mnt/opt /opt
mount --bind /mnt/etc /etc
for folder in /lib/systemd/system-generators /lib/systemd/system/*.wants /run /var/lib /var/log /var/tmp /tmp; do
  mount -t tmpfs tmpfs "$folder"
done
chmod 1777 /tmp /var/tmp
mkdir -p /run/systemd/system
export container=tests
exec {PROGRAM} --system --unit=tests.target --log-target=console --show-status=no
"""
SCRIPT = """#!/opt/asterism/bin/python
import sys
sys.path.insert(0, "/opt/project")
from orchestrator.cli.main import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Machine:
    """`pid`: the systemd, as this machine counts. `variables`: what commands there find in their environment."""

    pid: int
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, text: str = "", check: bool = True, seconds: float = 60.0) -> str:
        """What a command prints that runs there, as root. Raises AssertionError where it fails and `check`."""
        done = subprocess.run(
            [
                "nsenter",
                f"--target={self.pid}",
                "--mount",
                "--pid",
                "--net",
                "--ipc",
                "--uts",
                "--cgroup",
                "--",
                *words,
            ],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            cwd="/",
            env={
                **dict([LIBRARY.split("=")]),
                "PATH": "/opt/asterism/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/root",
                "LANG": "C.UTF-8",
                **self.variables,
            },
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def shell(self, text: str) -> str:
        """The same for a script of the shell, which ends at its first failure."""
        return self.run("bash", "-euo", "pipefail", "-c", text)

    def property(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def unit(self, name: str, text: str) -> None:
        self.run("tee", f"/etc/systemd/system/{name}", text=text)
        self.run("systemctl", "daemon-reload")


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Machine]:
    """With the block it ends, and everything in it."""
    (folder / "asterism").write_text(SCRIPT)
    (folder / "asterism").chmod(0o755)
    (folder / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    packages = Path(psutil.__file__).parents[1]
    said = (folder / "systemd.log").open("wb")
    with said, subprocess.Popen(
        ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork",
         "--kill-child", "--mount-proc", "bash", "-c", BOOT, "boot", str(folder), str(packages)],
        stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
    ) as outer:  # fmt: skip
        try:
            yield _up(outer, folder / "systemd.log")
        finally:
            outer.kill()


def _up(outer: subprocess.Popen[bytes], log: Path) -> Machine:
    until = time.monotonic() + UP_S
    while time.monotonic() < until and outer.poll() is None:
        for one in psutil.Process(outer.pid).children():
            machine = Machine(one.pid)
            if machine.run("systemctl", "is-active", "tests.target", check=False).strip() == "active":
                machine.run("systemctl", "start", "systemd-journald")
                return machine
        time.sleep(0.05)
    raise AssertionError(f"systemd did not come up: {log.read_text()[-2000:]}")
