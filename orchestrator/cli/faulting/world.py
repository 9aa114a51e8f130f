"""Where the suite runs: a system of its own, of child processes on a temporary folder, or one that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from agents.scripted_server import ScriptedModelServer
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.faulting.work import POLICY, Place
from orchestrator.cli.local import Child, LocalDevice, child_environment, ended, spawn, stop
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.requests import Request
from orchestrator.settings import Settings

NAMES = ("alpha", "beta", "gamma")
HEARTBEAT_S, LEASE_S = 0.5, 6.0
START_S = 60.0
POLL_S = 0.03
RUNGS = ("first", "second")
NEEDED = ("file.append", "file.read", "file.delete", "data.stats")


class World(Protocol):
    """A system under test. `temporary`: whether its processes are ours to kill; `starts`: how often it was started."""

    client: Client
    place: Place
    temporary: bool
    starts: int

    async def lines(self) -> list[str]:
        """All lines of all ledgers."""

    async def marks(self) -> list[str]:
        """All marks on all devices."""

    async def heal(self) -> None:
        """Everything runs again, and no fault is on."""


class Temporary:
    """An orchestrator and three devices as child processes, all gone at the end of `async with`."""

    temporary = True

    def __init__(self, *, pace_s: float = 0.4) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="asterism-faults-"))
        self.place = Place(NAMES, "ledger", pace_s)
        self.models = ScriptedModelServer()
        self.starts = 0
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = Client(Settings(url=self.url, token=None))
        self.orchestrator: subprocess.Popen[bytes] | None = None
        self.devices: dict[str, Child] = {}
        self.stopped: dict[str, None] = {}

    async def __aenter__(self) -> Temporary:
        await self.models.__aenter__()
        try:
            self._configure()
            await self.start_orchestrator()
            for name in NAMES:
                self.start_device(name)
            await self.online(NAMES)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every process and remove the folder. Safe to call twice."""
        for name in list(self.stopped):
            self.thaw(name)
        await stop(list(self.devices.values()))
        if self.orchestrator is not None and self.orchestrator.poll() is None:
            self.orchestrator.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(8):
                    await self.orchestrator_died()
            self.kill_orchestrator()
        await self.client.close()
        await self.models.__aexit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the orchestrator --------------------------------------------------------------------------------------

    async def start_orchestrator(self) -> None:
        """Start it, on the port and the record of before, and wait until it serves."""
        self.starts += 1
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        self.orchestrator = self._spawn(
            "up", f"--port={self.port}", f"--ready-file={ready}", "--faults", f"--config={self.folder / 'toml'}"
        )
        async with _within(START_S, f"the orchestrator did not start (see {self.folder / 'orchestrator.log'})"):
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

    async def orchestrator_died(self) -> None:
        """Wait until it has ended by itself, as a failpoint may tell it to."""
        process = self.orchestrator

        async def gone() -> bool:
            return process is None or process.poll() is not None

        await until(gone)

    def _configure(self) -> None:
        rungs = "".join(
            f'[[models]]\nname = "{name}"\nbase_url = "{self.models.base_url}"\nmodel = "scripted"\ntimeout_s = 20.0\n'
            for name in RUNGS
        )
        (self.folder / "toml").write_text(f"heartbeat_s = {HEARTBEAT_S}\nlease_s = {LEASE_S}\n{rungs}")

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's own settings: their database is not ours to break."""
        kept = {name: value for name, value in child_environment().items() if not name.startswith("ASTERISM_")}
        return {**kept, "ASTERISM_DATA_DIR": str(self.folder / "data")}

    def _last_words(self) -> str:
        lines = (self.folder / "orchestrator.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    # --- devices -----------------------------------------------------------------------------------------------

    def start_device(self, name: str) -> None:
        folder = self.folder / "devices" / name
        device = LocalDevice(name, "server", folder, folder / "workspace", test_skills=True)
        self.devices[name] = spawn(device, self.url)

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
        async with _within(START_S, f"{', '.join(sorted(wanted))} did not come in time"):
            while True:
                with contextlib.suppress(CommandError):
                    if wanted <= {view.name for view in await self.client.devices() if view.online}:
                        return
                await asyncio.sleep(POLL_S)

    # --- the suite's wishes ------------------------------------------------------------------------------------

    async def lines(self) -> list[str]:
        return self._read(self.place.ledger)

    async def marks(self) -> list[str]:
        return self._read(self.place.marks)

    def _read(self, path: str) -> list[str]:
        files = [child.device.workspace / path for child in self.devices.values()]
        return [line for file in files if file.exists() for line in split(file.read_text())]

    async def heal(self) -> None:
        for name in list(self.stopped):
            self.thaw(name)
        if self.orchestrator is None or self.orchestrator.poll() is not None:
            await self.start_orchestrator()
        await self.client.disable_faults()
        for name, child in list(self.devices.items()):
            if child.process.poll() is not None:
                await ended(child)
                self.start_device(name)
        await self.online(NAMES)


class Running:
    """A system that runs already: only what its failpoints can do is done there, to at most three of its devices."""

    temporary = False

    def __init__(self, settings: Settings, ledger: str) -> None:
        self.starts = 0
        self.client = Client(settings)
        self.place = Place((), ledger, 0.0)

    async def __aenter__(self) -> Running:
        try:
            await self._look()
        except BaseException:
            await self.client.close()
            raise
        return self

    async def _look(self) -> None:
        """Whether it may be done, and with which devices. Raises CommandError."""
        faults = await self.client.faults()
        if not faults.allowed:
            message = "Failpoints cannot be turned on there: show an admin's token, or start it with `up --faults`."
            raise CommandError("faults_off", message)
        if faults.enabled:
            on = ", ".join(one.point for one in faults.enabled)
            raise CommandError("conflict", f"Somebody turned failpoints on there already: {on}.")
        fit: list[str] = []
        pauses = True
        for view in await self.client.devices():
            skills = {skill.name for skill in view.skills}
            if view.online and not view.unavailable_because and skills.issuperset(NEEDED) and len(fit) < len(NAMES):
                fit.append(view.name)
                pauses = pauses and "test.mark" in skills
        if not fit:
            raise CommandError("no_capable_device", f"No device there offers {', '.join(NEEDED)}.")
        self.place = Place(tuple(fit), self.place.ledger, 0.4 if pauses else 0.0)

    async def __aexit__(self, *_: object) -> None:
        """No fault stays on, and no ledger behind."""
        try:
            with contextlib.suppress(CommandError):
                await self.client.disable_faults()
                if self.place.devices:
                    await self._everywhere("file.delete", self.place.ledger)
                    if self.place.pace_s:
                        await self._everywhere("file.delete", self.place.marks)
        finally:
            await self.client.close()

    async def lines(self) -> list[str]:
        return await self._read(self.place.ledger)

    async def marks(self) -> list[str]:
        return await self._read(self.place.marks) if self.place.pace_s else []

    async def _read(self, path: str) -> list[str]:
        found = []
        for output in await self._everywhere("file.read", path):
            text = output.get("text") if isinstance(output, dict) else None
            found += split(text) if isinstance(text, str) else []
        return found

    async def heal(self) -> None:
        await self.client.disable_faults()

    async def _everywhere(self, skill: str, path: str) -> Sequence[object]:
        """The outputs of one skill on a file of every device; it may be missing."""
        steps = tuple(
            Step(
                id=f"s{number}",
                skill=skill,
                arguments={"path": path},
                devices=Selector(names=(device,)),
                on_failure="continue",
            )
            for number, device in enumerate(self.place.devices)
        )
        run = await self.client.submit(Request(plan=Plan(steps=steps), policy=POLICY))

        async def over() -> bool:
            return (await self.client.run(run)).state.terminal

        async with _within(START_S, f"the ledgers could not be reached (run {run})"):
            await until(over)
        return [task.output for task in (await self.client.run(run)).tasks]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a state that only asking can tell."""
    while True:
        if await condition():
            return
        await asyncio.sleep(POLL_S)


def split(text: str) -> list[str]:
    """A ledger's lines: each ends with a semicolon, which tells half a line from a whole one."""
    return [line.strip() for line in text.split(";") if line.strip()]


@contextlib.asynccontextmanager
async def _within(seconds: float, message: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise CommandError("timeout", message) from None


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
