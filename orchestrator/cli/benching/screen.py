"""An X11 session without a screen: Xvfb, buses of its own, a window manager, a program for notifications."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from orchestrator.cli.exits import CommandError
from orchestrator.cli.leash import leashed

PROGRAMS = ("Xvfb", "xdotool", "xclip", "dbus-daemon", "openbox", "zenity", "dunst")
END_S = 3.0
SIZE = "1280x800x24"
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def lacking() -> str:
    """Which of the session's programs are missing, as a sentence; empty where all are there."""
    missing = [one for one in PROGRAMS if shutil.which(one) is None]
    return f"{', '.join(missing)} not installed: run `make system`" if missing else ""


@dataclass
class Screen:
    """`variables` make a program part of the session."""

    folder: Path
    variables: dict[str, str]
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    forms: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _seen: int = 0

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A program of the session. What it says goes to a file."""
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.variables}
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                leashed(words), env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.programs.append(process)
        return process

    def form(self, title: str, fields: Sequence[str]) -> None:
        """A GTK dialog with these fields, until `reset`."""
        entries = [word for name in fields for word in ("--add-entry", name)]
        self.forms.append(self.start("zenity", "--forms", "--title", title, "--text", title, *entries))

    @property
    def notified(self) -> str:
        """What the notification program was told since `reset`."""
        return self._told()[self._seen :]

    def reset(self) -> None:
        """End all forms, and forget what was told."""
        for one in self.forms:
            one.kill()
            one.wait()
            self.programs.remove(one)
        self.forms.clear()
        self._seen = len(self._told())

    def _told(self) -> str:
        path = self.folder / "dunst.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextlib.contextmanager
def screen() -> Iterator[Screen]:
    """A session, ended with the block, and all that it started."""
    with tempfile.TemporaryDirectory(prefix="x11-") as name:  # sockets have short names
        folder = Path(name)
        found = Screen(folder, {})
        try:
            display = _server(found)
            found.variables = _variables(folder, display)
            _bus(found)
            found.start("openbox", "--sm-disable")
            found.start("dunst", "-print")
            yield found
        finally:
            _end(found)


def _server(screen: Screen) -> str:
    """An X server, and its display: a free one. It answers."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]
    with (screen.folder / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(leashed(words), pass_fds=(writing,), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    screen.programs.append(server)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    if not number:
        raise CommandError("internal", f"Xvfb did not start: {(screen.folder / 'xvfb.log').read_text()[-300:]}")
    return f":{number}"


def _variables(folder: Path, display: str) -> dict[str, str]:
    for one in ("run", "home", "services"):
        (folder / one).mkdir(mode=0o700)
    return {
        "DISPLAY": display,
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "home"),
        "GSETTINGS_BACKEND": "memory",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'bus'}",
    }


def _bus(screen: Screen) -> None:
    # Of what the machine's own bus would start, the accessibility bus alone.
    shutil.copy("/usr/share/dbus-1/services/org.a11y.Bus.service", screen.folder / "services")
    (screen.folder / "bus.conf").write_text(_BUS.format(folder=screen.folder))
    process = subprocess.Popen(
        leashed(["dbus-daemon", "--config-file", str(screen.folder / "bus.conf"), "--nofork", "--print-address"]),
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **screen.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    screen.programs.append(process)
    assert process.stdout is not None
    with process.stdout as told:
        told.readline()


def _end(screen: Screen) -> None:
    """Its programs, and what they started, which is known by its environment."""
    for one in reversed(screen.programs):
        one.terminate()  # an X server that is killed leaves its lock
    for one in reversed(screen.programs):
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.wait(END_S)
        one.kill()
        one.wait()
    place = screen.variables.get("XDG_RUNTIME_DIR")
    for left in psutil.process_iter(["environ"]) if place else ():
        if (left.info["environ"] or {}).get("XDG_RUNTIME_DIR") == place:
            with contextlib.suppress(psutil.Error):
                left.send_signal(signal.SIGKILL)
