"""Services that the agent itself keeps running, for machines without systemd and for users without rights.

A service is a command of the owner's or of an approved request. It runs under the launcher, with the limits of every
command but those of time; so it ends with the agent, even by kill -9, and one that is enabled begins with it again.
What it says goes to a log file of bounded size in the agent's state folder. One that fails is started again, after
pauses that grow.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from protocol.messages import AttemptRef
from tools.commands import CHUNK, environment, launched
from tools.context import ArtifactPort, Stream, ToolLimits
from tools.errors import ToolError
from tools.workspace import Workspace

LOG_BYTES: Final = 1 << 20
SETTLE_S: Final = 0.5
"""A service that still runs after so long has started."""
PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 60.0
STEADY_S: Final = 30.0
"""After so long, pauses between starts are short again."""
MAX_SERVICES: Final = 100
_FOREVER: Final = 1e9


@dataclass(frozen=True, slots=True)
class Kept:
    """What is written down of a service. `cwd` is a folder of the workspace."""

    command: tuple[str, ...]
    cwd: str = "."
    enabled: bool = True
    description: str = ""


@dataclass(slots=True)
class Life:
    """A service at work. `code`: how it ended last, -1 while it never did."""

    task: asyncio.Task[None]
    wanted: bool = True
    pid: int | None = None
    since: float = 0.0
    code: int = -1
    starts: int = 0
    reason: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class _Surroundings:
    """The `ToolContext` of a service: no attempt, nobody to tell, and no end."""

    def __init__(self, name: str, workspace: Workspace) -> None:
        self.workspace = workspace
        self.limits = ToolLimits(seconds=_FOREVER)
        self.attempt = AttemptRef(run="service", task=name, attempt=1)
        self.caller = self.approval = ""
        self.cancelled = threading.Event()

    @property
    def artifacts(self) -> ArtifactPort:
        raise NotImplementedError  # a service has no transfers

    def used(self, cpu_seconds: float, peak_memory_bytes: int) -> None: ...

    async def log(self, stream: Stream, text: str) -> None: ...

    async def progress(self, fraction: float | None, message: str = "") -> None: ...


class Supervisor:
    """The services of one agent, kept in `folder`. `run` starts what is enabled; `close` ends all."""

    def __init__(self, folder: Path, workspace: Workspace) -> None:
        self._folder = folder
        self._workspace = workspace
        self._lives: dict[str, Life] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.services: dict[str, Kept] = self._load()

    @property
    def _file(self) -> Path:
        return self._folder / "services.json"

    def _load(self) -> dict[str, Kept]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ToolError(ErrorCode.TOOL_FAILED, f"{self._file} cannot be read: mend or remove it") from error
        return {name: Kept(**{**one, "command": tuple(one["command"])}) for name, one in found.items()}

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({name: asdict(one) for name, one in sorted(self.services.items())}, indent=1))
        with new.open() as file:
            os.fsync(file.fileno())
        os.replace(new, self._file)

    async def run(self) -> None:
        """Start every service that is enabled."""
        for name, one in self.services.items():
            if one.enabled:
                self._begin(name)

    async def close(self) -> None:
        """End every service."""
        await asyncio.gather(*(self.stop(name) for name in list(self._lives)))

    # --- changing ----------------------------------------------------------------------------------------------

    def add(self, name: str, kept: Kept) -> None:
        """Write a service down. Raises ToolError(ALREADY_EXISTS) for another one of that name, LIMIT_EXCEEDED."""
        if name in self.services and self.services[name] != kept:
            raise ToolError(ErrorCode.ALREADY_EXISTS, f"there is a service `{name}` already: remove it first")
        if len(self.services) >= MAX_SERVICES:
            raise ToolError(ErrorCode.LIMIT_EXCEEDED, f"the agent supervises {MAX_SERVICES} services at most")
        self.services[name] = kept
        self._save()

    async def remove(self, name: str) -> None:
        """End a service and forget it, with its log."""
        self.get(name)
        await self.stop(name)
        del self.services[name]
        self._save()
        for path in (self.log(name), self.log(name).with_suffix(".old")):
            path.unlink(missing_ok=True)

    def enable(self, name: str, enabled: bool) -> None:
        """Whether the service begins with the agent."""
        kept = self.get(name)
        self.services[name] = Kept(kept.command, kept.cwd, enabled, kept.description)
        self._save()

    async def start(self, name: str) -> None:
        """Start it and see that it stays up. Raises ToolError(TOOL_FAILED) with its last words."""
        self.get(name)
        life = self._lives.get(name)
        if life is None or not life.wanted:
            life = self._begin(name)
        if life.pid is not None and time.monotonic() - life.since > SETTLE_S:
            return
        starts = life.starts
        deadline = time.monotonic() + 10 + SETTLE_S
        while time.monotonic() < deadline:
            life.changed.clear()
            if life.pid is not None and (left := life.since + SETTLE_S - time.monotonic()) <= 0:
                return
            if life.pid is None and (life.starts > starts or life.reason):
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(life.changed.wait(), left if life.pid is not None else 10)
        why = " ".join(self.tail(name, 3)) or life.reason
        raise ToolError(ErrorCode.TOOL_FAILED, f"`{name}` ended at once with code {life.code}: {why}")

    async def stop(self, name: str) -> None:
        """End it with all that it started; one that does not run is no error."""
        life = self._lives.pop(name, None)
        if life is not None:
            life.wanted = False
            life.task.cancel()
            await asyncio.wait([life.task])

    # --- looking -----------------------------------------------------------------------------------------------

    def get(self, name: str) -> Kept:
        """Raises ToolError(NOT_FOUND)."""
        if name not in self.services:
            raise ToolError(ErrorCode.NOT_FOUND, f"the agent supervises no service `{name}`")
        return self.services[name]

    def life(self, name: str) -> Life | None:
        """What a service does now; None where it was not started."""
        return self._lives.get(name)

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def tail(self, name: str, lines: int) -> list[str]:
        """The last lines that it said."""
        found: list[str] = []
        for path in (self.log(name).with_suffix(".old"), self.log(name)):
            with suppress(FileNotFoundError):
                found += path.read_bytes().decode("utf-8", "replace").splitlines()
        return found[-lines:]

    # --- at work -----------------------------------------------------------------------------------------------

    def _begin(self, name: str) -> Life:
        life = Life(asyncio.ensure_future(self._keep(name)))
        self._lives[name] = life
        return life

    async def _keep(self, name: str) -> None:
        kept, pause = self.services[name], PAUSE_S
        await asyncio.sleep(0)  # until `_begin` has told where our life is
        life = self._lives[name]
        while True:
            life.reason = ""
            try:
                await self._once(name, kept, life)
            except ToolError as error:
                life.reason = error.message
            lived = time.monotonic() - life.since if life.since else 0.0
            life.pid = None
            life.changed.set()
            pause = PAUSE_S if lived > STEADY_S else min(MAX_PAUSE_S, 2 * pause)
            await asyncio.sleep(pause)

    async def _once(self, name: str, kept: Kept, life: Life) -> None:
        context = _Surroundings(name, self._workspace)
        variables: Mapping[str, str] = environment(context)
        with context.workspace.open_folder(kept.cwd) as (folder, _):
            async with launched(context, kept.command, folder, variables) as running:
                process = running.process
                assert process.stdin is not None
                process.stdin.close()
                life.pid, life.since, life.starts = process.pid, time.monotonic(), life.starts + 1
                life.changed.set()
                log = _Log(self.log(name))
                async with asyncio.TaskGroup() as group:
                    for stream in (process.stdout, process.stderr):
                        assert stream is not None
                        group.create_task(_copy(stream, log))
                life.code = await running.code()
                life.reason = f"it ended with code {life.code}"


async def _copy(stream: asyncio.StreamReader, log: _Log) -> None:
    while piece := await stream.read(CHUNK):
        log.add(piece)


class _Log:
    """A file that begins anew once it is full; the one before is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, piece: bytes) -> None:
        with suppress(OSError):  # a full disk is no reason for the service to end
            if self._path.exists() and self._path.stat().st_size + len(piece) > LOG_BYTES:
                os.replace(self._path, self._path.with_suffix(".old"))
            with open(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                file.write(piece)
