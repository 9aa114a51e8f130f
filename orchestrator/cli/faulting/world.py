"""Where the suite runs: a system of its own, of child processes on a temporary folder, or one that runs already."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from agents.scripted_server import ScriptedModelServer
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.faulting.work import POLICY, Place
from orchestrator.cli.local import LocalDevice
from orchestrator.cli.owned import START_S, OwnSystem, until, within
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.requests import Request
from orchestrator.settings import Settings

NAMES = ("alpha", "beta", "gamma")
HEARTBEAT_S, LEASE_S = 0.5, 6.0
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


class Temporary(OwnSystem):
    """An orchestrator and three devices as child processes, all gone at the end of `async with`."""

    def __init__(self, *, pace_s: float = 0.4) -> None:
        folder = Path(tempfile.mkdtemp(prefix="asterism-faults-"))
        super().__init__(folder, [_device(folder / "devices" / name, name) for name in NAMES], "")
        self.place = Place(NAMES, "ledger", pace_s)
        self.models = ScriptedModelServer()

    async def __aenter__(self) -> Temporary:
        await self.models.__aenter__()
        try:
            self.config = self._configured()
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every process and remove the folder. Safe to call twice."""
        await super().close()
        await self.models.__aexit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configured(self) -> str:
        rungs = "".join(
            f'[[models]]\nname = "{name}"\nbase_url = "{self.models.base_url}"\nmodel = "scripted"\ntimeout_s = 20.0\n'
            for name in RUNGS
        )
        return f"heartbeat_s = {HEARTBEAT_S}\nlease_s = {LEASE_S}\n{rungs}"

    # --- the suite's wishes ------------------------------------------------------------------------------------

    async def lines(self) -> list[str]:
        return self._read(self.place.ledger)

    async def marks(self) -> list[str]:
        return self._read(self.place.marks)

    def _read(self, path: str) -> list[str]:
        files = [child.device.workspace / path for child in self.devices.values()]
        return [line for file in files if file.exists() for line in split(file.read_text())]


def _device(folder: Path, name: str) -> LocalDevice:
    return LocalDevice(name, "server", folder, folder / "workspace", test_skills=True)


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
        run = (await self.client.submit(Request(plan=Plan(steps=steps), policy=POLICY))).run

        async def over() -> bool:
            return (await self.client.run(run)).state.terminal

        async with within(START_S, f"the ledgers could not be reached (run {run})"):
            await until(over)
        return [task.output for task in (await self.client.run(run)).tasks]


def split(text: str) -> list[str]:
    """A ledger's lines: each ends with a semicolon, which tells half a line from a whole one."""
    return [line.strip() for line in text.split(";") if line.strip()]
