"""Device agents on this machine, as child processes that never outlive us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.cli.exits import CommandError

STOP_S = 8.0


@dataclass(frozen=True)
class LocalDevice:
    """How one local agent runs. `folder` holds its state and its log; `workspace` is where its tasks work.

    `flags` are more words of its command line, `environment` is added to ours.
    """

    name: str
    kind: str
    folder: Path
    workspace: Path
    allow: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    test_skills: bool = False
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def command(self, url: str) -> list[str]:
        options = [f"--allow={path}" for path in self.allow] + [f"--label={label}" for label in self.labels]
        options += ["--test-skills"] if self.test_skills else []
        options += self.flags
        return [
            *(sys.executable, "-m", "orchestrator.cli.leash", str(os.getpid()), "devices.main", self.kind),
            *(f"--name={self.name}", f"--url={url}", f"--workspace={self.workspace}"),
            *(f"--state-dir={self.folder / 'state'}", *options),
        ]


@dataclass
class Child:
    """One running agent."""

    device: LocalDevice
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def log(self) -> Path:
        return self.device.folder / "agent.log"

    def kill(self) -> None:
        """End it at once. Safe to call twice."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def last_words(self) -> str:
        """The last line that the agent wrote."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines()
            return lines[-1] if lines else ""
        return ""


def spawn(device: LocalDevice, url: str, token: str | None = None) -> Child:
    """Start an agent. Must be called from the main thread: the kernel binds the child's life to the calling thread.

    Raises CommandError where its folders cannot be made.
    """
    environment = {name: value for name, value in child_environment().items() if name != "ASTERISM_URL"}
    environment.update(device.environment)
    if token is not None:
        environment["ASTERISM_TOKEN"] = token
    try:
        device.folder.mkdir(parents=True, exist_ok=True)
        device.workspace.mkdir(parents=True, exist_ok=True)
        log = (device.folder / "agent.log").open("wb")
    except OSError as error:
        raise CommandError("bad_configuration", f"{error.filename} cannot be used: {error.strerror}.") from None
    with log:
        # A session of its own: a Ctrl-C on the terminal is for us, and we tell the child.
        process = subprocess.Popen(
            device.command(url),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(device, process)


def child_environment() -> dict[str, str]:
    """Our environment for a child, without our token. It finds the same packages, also where none is installed."""
    environment = {name: value for name, value in os.environ.items() if name != "ASTERISM_TOKEN"}
    paths = [path for path in sys.path if path] or [os.getcwd()]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([_root(), *paths]))
    return environment


def _root() -> str:
    """The folder that holds our packages."""
    return str(Path(__file__).resolve().parents[2])


async def ended(child: Child) -> int:
    """Its exit code, once it has ended."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(child.process.pid)
    except ProcessLookupError:
        return child.process.wait()
    done = asyncio.Event()
    loop.add_reader(descriptor, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return child.process.wait()


async def stop(children: list[Child]) -> None:
    """Ask all to end, and kill those that do not."""
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_S):
            await asyncio.gather(*(ended(child) for child in children))
    for child in children:
        child.kill()


def make_folder(folder: Path) -> bool:
    """The data folder, for its owner alone: whether it was made now. Raises CommandError `bad_configuration`."""
    if folder.is_dir():
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"The data folder {folder} cannot be made: {error.strerror}. Set data_dir (ASTERISM_DATA_DIR)."
        raise CommandError("bad_configuration", message) from None
    return True


def machine_name() -> str:
    """This machine's name, made fit to be a device's."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname().split(".")[0]).strip("-._")
    return (name or "this-machine")[:64]
