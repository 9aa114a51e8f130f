"""Plays a recorded run again: the real orchestrator and its gateway in this process, players in the devices' place.

Time, ids and the request are inputs. The store is in memory, contents of artifacts lie in a temporary folder, nothing
is listened on and nothing dialled. With `recorded` speed all happens at the times of the recording; with `fast` it is
the same, on a loop whose time jumps (`loop.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from orchestrator.app import Asterism
from orchestrator.core.application import Refusal
from orchestrator.core.events import Event, RunEnded
from orchestrator.core.queues import Experience
from orchestrator.replaying.director import Director, acts_of
from orchestrator.replaying.lines import DeviceLine, PresenceLine
from orchestrator.replaying.loop import FastLoop, LoopClock
from orchestrator.replaying.planners import supervisor_of
from orchestrator.replaying.player import Application, Player
from orchestrator.replaying.recorder import Recorder
from orchestrator.replaying.recording import Recording
from orchestrator.replaying.script import Script, script_of
from orchestrator.settings import Settings
from protocol.vocabulary import JsonObject
from storage.artifacts import ArtifactFiles
from storage.memory import MemoryStore

Speed = Literal["recorded", "fast"]
PATIENCE_S = 900.0
"""How much longer than when it was recorded a run may take, in its own time, before it is given up."""
OVERHEAD_S = 60.0
RETRY_S = 0.01


@dataclass
class Played:
    """A replay: the run as it went now, or why it could not even begin; `notes` say what was not as recorded."""

    recording: Recording | None
    refused: str = ""
    ended: bool = True
    notes: list[str] = field(default_factory=list)


def play(recording: Recording, speed: Speed = "fast") -> Played:
    """Raises RecordingProblem where the recording contradicts itself. Not to be called on a running loop."""
    if speed == "recorded":
        return asyncio.run(play_here(recording, OVERHEAD_S))
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(play_here(recording, PATIENCE_S))


async def play_here(recording: Recording, patience_s: float = PATIENCE_S) -> Played:
    """As `play`, on the running loop and in its time."""
    with tempfile.TemporaryDirectory(prefix="asterism-replay-") as folder:
        stage = _Stage(recording, Path(folder))
        async with stage.running():
            return await stage.play(patience_s)


class _Stage:
    """One replay."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        header = recording.header
        self.recording = recording
        self.script: Script = script_of(recording)
        self.notes: list[str] = list(dict.fromkeys(self.script.plain))
        self.clock = LoopClock(header.at)
        self.store = MemoryStore()
        self.folder = folder
        if header.capabilities:
            (folder / "capabilities.json").write_text(json.dumps(_known(header.capabilities, header.at)))
        settings = Settings.model_validate(
            {
                "data_dir": folder,
                "database": "memory:",
                "heartbeat_s": header.heartbeat_s,
                "lease_s": max(header.lease_s, header.heartbeat_s),
                "placement": header.placement,
                "models": header.models,
                "faults": "off",
            }
        )
        seconds = asyncio.get_running_loop().time
        leader = supervisor_of(recording, folder, self.clock, seconds, self.note)
        self.app = Asterism(settings, store=self.store, supervisor=leader, clock=self.clock)
        self._made: list[Recording] = []
        self._recorded = asyncio.Event()
        self._last = 0
        self.app.record(Recorder(self.app, None, ended=self._take))
        self.players = {line.name: self._player(line) for line in recording.devices}
        self._tasks: list[asyncio.Task[None]] = []

    def _player(self, line: DeviceLine) -> Player:
        skills = self.recording.skills
        return Player(self, line, skills(line.skills), skills(line.latent) if line.latent else ())

    # --- what players share --------------------------------------------------------------------------------------

    @property
    def gateway(self) -> Application:
        return self.app.gateway

    def elapsed(self) -> float:
        return self.clock.now() - self.recording.header.at

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    # --- life ----------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._lay_out()
        try:
            await self.app.start()
            await self._assemble()
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for player in self.players.values():
                await player.close()
            await self.app.stop()

    def _lay_out(self) -> None:
        """Artifacts whose bytes are not in the recording are there already, with nothing in them."""
        files = ArtifactFiles(self.folder / "artifacts")
        for sha256, (content, size) in self.script.contents.items():
            if content is None:
                path = files.path(sha256)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.truncate(size)

    async def _assemble(self) -> None:
        """The fleet as it was: everybody comes, and who was away leaves again."""
        for player in self.players.values():
            player.connect()
            await player.online.wait()
        for player in self.players.values():
            line, scheduler = player.line, self.app.engine.scheduler
            for skill, known in line.experience.items():
                scheduler.teach(line.name, skill, Experience(known.succeeded, known.failed, known.seconds))
            for _ in range(line.running):
                scheduler.occupied(line.name)
            if line.draining:
                self.app.engine.drain(line.name, "so it was recorded")
            if not line.online:
                player.leave()
                await player.gone()

    # --- the run -------------------------------------------------------------------------------------------------

    async def play(self, patience_s: float) -> Played:
        header, request = self.recording.header, self.recording.header.request
        self.clock.anchor(header.at)
        # The run gets the id that it had: the key of its request is known already, with that id.
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        await self.store.remember_request("replay", digest, header.run, header.at)
        try:
            await self.app.submit(request, key="replay")
        except Refusal as error:
            return Played(None, f"{error.message} [{error.code}]", ended=False, notes=self.notes)
        director = Director(self.app, header.run, acts_of(self.recording.events, header.at), self.elapsed, self.note)
        self._spawn(director.perform())
        self._spawn(self._come_and_go())
        ended = True
        try:
            async with asyncio.timeout(self.recording.seconds + patience_s):
                await self._follow(director)
        except TimeoutError:
            ended = False
        return Played(await self._made_now(ended), ended=ended, notes=self.notes)

    async def _follow(self, director: Director) -> None:
        """Until it has ended as often as it did."""
        ends = sum(isinstance(event.body, RunEnded) for event in self.recording.events)
        seen = after = 0
        while seen < max(1, ends):
            async for event in self.app.follow(self.recording.header.run, after=after):
                after = self._last = event.seq
                director.take(event)
                seen += isinstance(event.body, RunEnded)
            await asyncio.sleep(RETRY_S)  # it was tried again

    async def _made_now(self, ended: bool) -> Recording:
        """The replay's own recording."""
        run = self.recording.header.run
        if not ended:
            await self.app.cancel(run, by="replay", reason="the replay was given up")
        while not self._made or self._made[-1].events[-1].seq < self._last:
            self._recorded.clear()
            await self._recorded.wait()
        made = self._made[-1]
        if not ended:
            made.events = _before_cancel(made.events)
        return made

    def _take(self, made: Recording) -> None:
        self._made.append(made)
        self._recorded.set()

    async def _come_and_go(self) -> None:
        for presence in self.script.presences:
            await asyncio.sleep(max(0.0, presence.at - self.elapsed()))
            self._enact(presence)

    def _enact(self, presence: PresenceLine) -> None:
        player = self.players.get(presence.name)
        if player is None and presence.device is not None:
            player = self.players[presence.name] = self._player(presence.device)
        if player is None:
            self.note(f"the device {presence.name} is not in the recording")
        elif presence.what == "joined":
            player.connect(presence)
        elif presence.what == "left":
            player.drop()
        elif presence.what == "goodbye":
            player.leave()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))


def _known(capabilities: JsonObject, at: float) -> JsonObject:
    """As if it had been found out before the run: a replay asks a server for nothing but what the run asked."""
    servers = capabilities.get("servers")
    found = servers if isinstance(servers, dict) else {}
    earlier: JsonObject = {name: {**one, "at": at} for name, one in found.items() if isinstance(one, dict)}
    return {**capabilities, "servers": earlier}


def _before_cancel(events: list[Event]) -> list[Event]:
    """What had happened when the replay was given up."""
    ours = [n for n, one in enumerate(events) if one.body.type == "run_cancel_requested" and one.cause == "replay"]
    return events[: ours[0]] if ours else events
