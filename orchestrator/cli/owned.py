"""A system of our own: an orchestrator and device agents as child processes on a folder, which may be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.local import Child, LocalDevice, child_environment, ended, spawn, stop
from orchestrator.settings import Settings

START_S = 60.0
POLL_S = 0.03
END_S = 8.0
AGAIN_S = 0.1
AWAY = ("unreachable", "not_ready", "shutting_down", "not_asterism", "timeout")
T = TypeVar("T")


class OwnSystem:
    """An orchestrator on `folder` and the devices given, started by `start` and all ended by `close`.

    `config` is the text of its settings file, `variables` are more of the orchestrator's environment; failpoints are
    open. `starts` counts the orchestrator's starts.
    """

    temporary = True

    def __init__(self, folder: Path, devices: Sequence[LocalDevice], config: str) -> None:
        self.folder = folder
        self.config = config
        self.variables: dict[str, str] = {}
        self.known = {device.name: device for device in devices}
        self.starts = 0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = Client(Settings(url=self.url, token=None))
        self.orchestrator: subprocess.Popen[bytes] | None = None
        self.devices: dict[str, Child] = {}
        self.stopped: dict[str, None] = {}

    async def start(self) -> None:
        """All of it, at work. Raises CommandError."""
        await self.start_orchestrator()
        for name in self.known:
            self.start_device(name)
        await self.online(self.known)

    async def close(self) -> None:
        """End every process. Safe to call twice. Cancelled, it ends them first: nobody else would."""
        closing = asyncio.ensure_future(self._close())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait({closing})
            raise

    async def _close(self) -> None:
        for name in list(self.stopped):
            self.thaw(name)
        await stop(list(self.devices.values()))
        await self.stop_orchestrator()
        await self.client.close()

    # --- the orchestrator --------------------------------------------------------------------------------------

    async def start_orchestrator(self) -> None:
        """Start it, on the port and the record of before, and wait until it serves."""
        self.starts += 1
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        (self.folder / "toml").write_text(self.config)
        self.orchestrator = self._spawn(
            "up", f"--port={self.port}", f"--ready-file={ready}", "--faults", f"--config={self.folder / 'toml'}"
        )
        async with within(START_S, f"the orchestrator did not start (see {self.folder / 'orchestrator.log'})"):
            while not ready.exists():
                if self.orchestrator.poll() is not None:
                    raise CommandError("internal", f"the orchestrator ended: {self._last_words()}")
                await asyncio.sleep(POLL_S)

    def _spawn(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "orchestrator.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "orchestrator.cli.leash", str(os.getpid()), "orchestrator.cli.main", *words],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_orchestrator(self) -> None:
        if self.orchestrator is not None:
            self.orchestrator.kill()
            self.orchestrator.wait()

    async def stop_orchestrator(self) -> None:
        """Ask it to end, and kill it where it does not."""
        if self.orchestrator is not None and self.orchestrator.poll() is None:
            self.orchestrator.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self.orchestrator_died()
            self.kill_orchestrator()

    async def orchestrator_died(self) -> None:
        """Wait until it has ended by itself, as a failpoint may tell it to."""
        process = self.orchestrator

        async def gone() -> bool:
            return process is None or process.poll() is not None

        await until(gone)

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's own settings: their database is not ours to break."""
        kept = {name: value for name, value in child_environment().items() if not name.startswith("ASTERISM_")}
        return {**kept, "ASTERISM_DATA_DIR": str(self.folder / "data"), **self.variables}

    def _last_words(self) -> str:
        lines = (self.folder / "orchestrator.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    # --- devices -----------------------------------------------------------------------------------------------

    def start_device(self, name: str) -> None:
        self.devices[name] = spawn(self.known[name], self.url)

    def kill_device(self, name: str) -> None:
        self.devices[name].kill()

    def freeze(self, name: str) -> None:
        """Stop its process, as a machine that has no time for it."""
        self.devices[name].process.send_signal(signal.SIGSTOP)
        self.stopped[name] = None

    def thaw(self, name: str) -> None:
        self.stopped.pop(name, None)
        self.devices[name].process.send_signal(signal.SIGCONT)

    async def online(self, names: Iterable[str]) -> None:
        """Wait until these devices are there."""
        wanted = set(names)
        async with within(START_S, f"{', '.join(sorted(wanted))} did not come in time"):
            while True:
                with contextlib.suppress(CommandError):
                    if wanted <= {view.name for view in await self.client.devices() if view.online}:
                        return
                await asyncio.sleep(POLL_S)

    async def heal(self) -> None:
        """Everything runs again, and no fault is on."""
        for name in list(self.stopped):
            self.thaw(name)
        if self.orchestrator is None or self.orchestrator.poll() is not None:
            await self.start_orchestrator()
        await self.client.disable_faults()
        for name, child in list(self.devices.items()):
            if child.process.poll() is not None:
                await ended(child)
                self.start_device(name)
        await self.online(self.known)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a state that only asking can tell."""
    while True:
        if await condition():
            return
        await asyncio.sleep(POLL_S)


async def patient(call: Callable[[], Awaitable[T]]) -> T:
    """The call's result, once the orchestrator is there and well. Raises what else the call raises."""
    while True:
        try:
            return await call()
        except CommandError as error:
            if not away(error):
                raise
            await asyncio.sleep(AGAIN_S)


def away(error: CommandError) -> bool:
    """Whether it says that the orchestrator, or its record, cannot be had just now."""
    return error.code in AWAY or error.code.startswith("database_")


@contextlib.asynccontextmanager
async def within(seconds: float, message: str) -> AsyncIterator[None]:
    """Raises CommandError `timeout` with this message."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise CommandError("timeout", message) from None


def free_port() -> int:
    """A port of loopback that nobody uses just now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
