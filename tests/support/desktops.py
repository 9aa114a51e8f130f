"""A real X11 session for tests: Xvfb, a window manager, buses of its own, and real programs with windows in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.support.callers import Caller
from tests.support.processes import eventually
from tools.desktop import skills
from tools.desktop.desktop import Desktop
from tools.desktop.settings import DesktopSettings
from tools.fake import FakeToolContext

_PROGRAMS = ("Xvfb", "xdotool", "xclip", "dbus-daemon", "openbox", "zenity")
MISSING = [one for one in _PROGRAMS if shutil.which(one) is None]
needs_x11 = pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} not installed: scripts/setup.sh system")
needs_dunst = pytest.mark.skipif(shutil.which("dunst") is None, reason="no dunst: scripts/setup.sh system")
SIZE = (1280, 800)
# Debian's own Python: the one that python3-tk is for.
PYTHON = "/usr/bin/python3"

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


@dataclass
class Screen:
    """One session. `variables` are what a program needs to be part of it."""

    folder: Path
    server: subprocess.Popen[bytes]
    display: str
    variables: dict[str, str]
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    manager: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.variables}

    def start(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A program of the session. What it says goes to a file."""
        with (self.folder / f"{len(self.programs)}.log").open("wb") as log:
            process = subprocess.Popen(
                words, env={**self.environment, **(more or {})}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if words[0] == "zenity" else log, stderr=log,
            )  # fmt: skip
        self.programs.append(process)
        return process

    def form(self, title: str = "New person", *more: str) -> subprocess.Popen[bytes]:
        """A GTK program with fields, one of them for a password, and buttons; it prints what was filled in."""
        fields = ("--add-entry", "Name", "--add-entry", "City", "--add-password", "Secret")
        return self.start("zenity", "--forms", "--title", title, "--text", "Who is it?", *fields, *more)

    def tk(self, title: str = "Plain Tk", *, focused: bool = True) -> Path:
        """A Tk program, without an accessibility tree; the keyboard is in its field. The file says what that holds."""
        said = self.folder / "tk.txt"
        said.unlink(missing_ok=True)
        self.start(PYTHON, str(Path(__file__).with_name("tk_form.py")), title, str(said))
        eventually(lambda: said.exists() or not focused, "the Tk program did not get the keyboard")
        return said

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End one program."""
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if process in self.programs:
            self.programs.remove(process)

    def windows(self) -> list[str]:
        """Titles, as the window manager knows them."""
        said = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--class", "zenity", "getwindowname", "%@"], env=self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return said.stdout.splitlines()

    def clear(self) -> None:
        """End all programs but the server."""
        for one in list(self.programs):
            self.end(one)


@contextlib.contextmanager
def session(manager: bool = True) -> Iterator[Screen]:
    """An X server with nothing in it but a window manager (`manager`). All of it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="x11-") as name:  # sockets have short names
        folder = Path(name)
        server, display = _server(folder)
        bus = _bus(folder, display)
        screen = Screen(folder, server, display, bus.variables)
        try:
            if manager:
                screen.start("openbox", "--sm-disable")
                eventually(lambda: _managed(screen), "the window manager did not start")
                screen.manager = screen.programs.pop()
            yield screen
        finally:
            screen.clear()
            server.terminate()
            server.wait()
            if screen.manager is not None:
                screen.manager.wait()
            bus.end()


@contextlib.contextmanager
def again(screen: Screen) -> Iterator[None]:
    """The X server of a session whose own has ended, on the same display."""
    server, _ = _server(screen.folder, screen.display)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def _server(folder: Path, display: str = "") -> tuple[subprocess.Popen[bytes], str]:
    """An X server, and its display: a free one, unless one is named. It answers."""
    reading, writing = os.pipe()
    named = [display] if display else []
    words = ["Xvfb", *named, "-displayfd", str(writing), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"]
    words += ["-nolisten", "tcp", "-noreset"]  # it would begin anew whenever its last client leaves
    with (folder / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(words, pass_fds=(writing,), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    assert number, (folder / "xvfb.log").read_text()
    return server, f":{number}"


@dataclass
class _SessionBus:
    process: subprocess.Popen[bytes]
    variables: dict[str, str]

    def end(self) -> None:
        """The bus, and what it started."""
        children = [one for one in psutil.process_iter(["environ"]) if _within(one, self.variables)]
        self.process.terminate()
        self.process.wait()
        for one in children:
            with contextlib.suppress(psutil.Error):
                one.send_signal(signal.SIGKILL)
        eventually(lambda: not any(_alive(one) for one in children), "a program of the session lives on")


def _alive(process: psutil.Process) -> bool:
    """Not so once it is dead, even where nobody has taken note of that yet."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _within(process: psutil.Process, variables: Mapping[str, str]) -> bool:
    found = (process.info.get("environ") or {}) if hasattr(process, "info") else {}
    return bool(found.get("XDG_RUNTIME_DIR") == variables["XDG_RUNTIME_DIR"])


def _bus(folder: Path, display: str) -> _SessionBus:
    """A session bus of its own, with the homes that its services look into."""
    for one in ("run", "home", "services"):
        (folder / one).mkdir(mode=0o700)
    variables = {
        "DISPLAY": display, "XDG_RUNTIME_DIR": str(folder / "run"), "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "home"), "GSETTINGS_BACKEND": "memory",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'bus'}",
    }  # fmt: skip
    # Of what the machine's own bus would start, the accessibility bus alone.
    shutil.copy("/usr/share/dbus-1/services/org.a11y.Bus.service", folder / "services")
    (folder / "bus.conf").write_text(_BUS.format(folder=folder))
    process = subprocess.Popen(
        ["dbus-daemon", "--config-file", str(folder / "bus.conf"), "--nofork", "--print-address"],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline()
    return _SessionBus(process, variables)


def _managed(screen: Screen) -> bool:
    said = subprocess.run(
        ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], env=screen.environment, capture_output=True, check=False
    )
    return b"window id" in said.stdout


@dataclass
class Bench(Caller):
    """What a test holds: the session, the agent's view of it, and its skills."""

    screen: Screen
    desktop: Desktop

    async def shown(self, title: str) -> str:
        """Wait until a window of this title can be read, if it has a tree; its id."""
        from tools.desktop.session import Session, until

        found = ""

        async def there() -> bool:
            nonlocal found
            session = Session(self.desktop, self.context)
            for one in await session.windows():
                if one.title == title:
                    read = await session.read(one)
                    found = one.id if read.accessible or one.app == "Tk" else ""
            return bool(found)

        assert await until(there, 30.0), f"no window {title}"
        return found


@contextlib.asynccontextmanager
async def bench(screen: Screen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A desktop over a session, for one test; programs that are open at its end are ended."""
    for name, value in screen.variables.items():
        monkeypatch.setenv(name, value)
    desktop = Desktop(DesktopSettings())
    try:
        yield Bench(skills.registry(lambda: desktop), FakeToolContext(folder / "workspace"), screen, desktop)
    finally:
        await desktop.close()
        screen.clear()
