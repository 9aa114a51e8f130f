"""A device that answers from a recording. It speaks the real protocol to the real gateway, over a wire in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.replaying.lines import DeviceLine, PresenceLine
from orchestrator.replaying.script import Key, Said, Script, chunks
from protocol import VERSION
from protocol.codec import Chunk
from protocol.errors import ErrorCode, LimitError
from protocol.messages import (
    ArtifactAck,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    AttemptRef,
    Cancel,
    Challenge,
    Dispatch,
    Heartbeat,
    Hello,
    Message,
    Outcome,
    Recorded,
    Result,
    TaskError,
    Welcome,
)
from protocol.session import DeviceSession, State
from protocol.vocabulary import SkillSpec, WithheldSkill

Application = Callable[[Any, Any, Any], Awaitable[None]]
CANCELLED = TaskError(code=ErrorCode.CANCELLED, message="it was cancelled, which it was not when it was recorded")
UNKNOWN = TaskError(code=ErrorCode.INTERNAL, message="the recording does not have this attempt")


class Stage(Protocol):
    """What players share: the gateway, the script, and the time since the run's submission."""

    script: Script

    @property
    def gateway(self) -> Application: ...

    def elapsed(self) -> float:
        """Seconds since the submission; negative before it."""

    def note(self, text: str) -> None:
        """Something that could not be replayed as it was."""


@dataclass
class _Wire:
    """One connection: what the device says waits in `up` for the gateway."""

    up: asyncio.Queue[dict[str, Any]]
    closed: bool = False

    def say(self, data: str | bytes) -> None:
        if not self.closed:
            self.up.put_nowait({"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data})

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.up.put_nowait({"type": "websocket.disconnect"})


class Player:
    """`connect`, `drop` and `leave` are its comings and goings; everything else it does by itself."""

    def __init__(
        self, stage: Stage, line: DeviceLine, skills: tuple[SkillSpec, ...], latent: tuple[SkillSpec, ...] = ()
    ) -> None:
        self.line = line
        self.online = asyncio.Event()
        self._stage = stage
        self._skills = skills
        self._withheld = tuple(WithheldSkill(skill=one, why=line.withheld.get(one.name, "")) for one in latent)
        self._identity = f"replay-{line.name}"[:64]
        self._session: DeviceSession | None = None
        self._wire: _Wire | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._epoch = 0
        self._live: dict[Key, Dispatch] = {}
        self._held: dict[Key, Result] = {}
        self._waiting: list[Message] = []
        self._offers: dict[str, bytes] = {}
        self._alarm: asyncio.TimerHandle | None = None

    # --- coming and going --------------------------------------------------------------------------------------

    def connect(self, presence: PresenceLine | None = None) -> None:
        """Dial. `presence` says whether the session goes on, and with which attempts the device comes back."""
        loop = asyncio.get_running_loop()
        if self._wire is not None and not self._wire.closed:
            self.drop()
        resumes = presence is not None and presence.resumed
        if self._session is not None and self._session.state is State.DETACHED and resumes:
            self._session.connect(loop.time())
        else:
            self._session = DeviceSession(loop.time())
            if presence is not None:
                self._keep(presence)
        wire = self._wire = _Wire(asyncio.Queue())
        wire.up.put_nowait({"type": "websocket.connect"})
        task = loop.create_task(self._serve(wire))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def _keep(self, presence: PresenceLine) -> None:
        """The attempts that it came back with; it knows of no others."""
        has = {(ref.task, ref.attempt) for ref in (*presence.running, *presence.held)}
        self._live = {key: one for key, one in self._live.items() if key in has}
        self._held = {key: one for key, one in self._held.items() if key in has}

    async def _serve(self, wire: _Wire) -> None:
        def write(data: str | bytes) -> bool:
            if not wire.closed:
                asyncio.get_running_loop().call_soon(self._heard, wire, data)
            return not wire.closed

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "websocket.send":
                write(event.get("text") or event["bytes"])
            elif event["type"] == "websocket.close":
                self._shut(wire)

        extensions = {"asterism.write": write, "asterism.abort": lambda: self._shut(wire)}
        scope = {"type": "websocket", "client": ("127.0.0.1", 1), "extensions": extensions}
        await self._stage.gateway(scope, wire.up.get, send)

    def _shut(self, wire: _Wire) -> None:
        """The gateway ended the connection."""
        wire.close()
        if wire is self._wire:
            self.drop()

    def drop(self) -> None:
        """The connection is cut; the session may go on later."""
        self.online.clear()
        if self._wire is not None:
            self._wire.close()
        if self._session is not None:
            self._session.detach()

    def leave(self) -> None:
        """Take leave: nothing is at work any more."""
        session = self._session
        if session is not None and session.state is State.OPEN:
            session.goodbye("so it was recorded")
            self._flush()
        self.online.clear()

    async def gone(self) -> None:
        """Wait until no connection of it is left."""
        if self._serving:
            await asyncio.wait(list(self._serving))

    async def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.drop()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    # --- hearing -----------------------------------------------------------------------------------------------

    def _heard(self, wire: _Wire, data: str | bytes) -> None:
        session = self._session
        if wire.closed or wire is not self._wire or session is None:
            return
        for message in session.receive(data, asyncio.get_running_loop().time()):
            self._take(session, message)
        self._flush()

    def _take(self, session: DeviceSession, message: Message | Chunk) -> None:
        match message:
            case Challenge():
                session.hello(self._hello(session))
            case Welcome():
                self._welcomed(message)
            case Dispatch():
                self._dispatched(message)
            case Cancel():
                self._cancelled(message)
            case Recorded():
                self._held.pop((message.task, message.attempt), None)
            case ArtifactReady():
                self._ready(session, message)
            case ArtifactRefused():
                self._stage.note(f"{self.line.name}: an artifact's transfer was refused: {message.message}")
            case _:
                pass

    def _hello(self, session: DeviceSession) -> Hello:
        line = self.line
        refs = tuple(AttemptRef(run=one.run, task=one.task, attempt=one.attempt) for one in self._live.values())
        held = tuple(AttemptRef(run=one.run, task=one.task, attempt=one.attempt) for one in self._held.values())
        return Hello(
            version=VERSION,
            device=self._identity,
            name=line.name,
            kind=line.kind,
            profile=line.profile,
            labels=line.labels,
            skills=self._skills,
            withheld=self._withheld,
            slots=line.slots,
            epoch=self._epoch,
            resume=session.resume,
            running=refs,
            held=held,
        )

    def _welcomed(self, welcome: Welcome) -> None:
        self._epoch = welcome.epoch
        self.online.set()
        self._watch()
        if not welcome.resumed:
            for result in list(self._held.values()):
                self._say(result)
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._say(message)

    def _dispatched(self, dispatch: Dispatch) -> None:
        key = (dispatch.task, dispatch.attempt)
        if key in self._live or key in self._held:
            return  # sent again
        self._live[key] = dispatch
        script = self._stage.script
        if key not in script.begun:
            self._end(dispatch, self._made_up(dispatch, UNKNOWN))
        for one in script.said.get(key, ()):
            self._later(one, dispatch)

    def _later(self, said: Said, dispatch: Dispatch) -> None:
        """Say it at its time, never before the dispatch."""
        delay = max(0.0, said.at - self._stage.elapsed())
        asyncio.get_running_loop().call_later(delay, self._speak, said, dispatch)

    def _cancelled(self, cancel: Cancel) -> None:
        """Where the recording has a result, that is the answer, in its time."""
        key = (cancel.task, cancel.attempt)
        dispatch = self._live.get(key)
        if dispatch is None or any(isinstance(one.message, Result) for one in self._stage.script.said.get(key, ())):
            return
        self._end(dispatch, self._made_up(dispatch, CANCELLED, Outcome.CANCELLED))

    def _made_up(self, dispatch: Dispatch, error: TaskError, outcome: Outcome = Outcome.FAILED) -> Result:
        return Result(
            run=dispatch.run,
            task=dispatch.task,
            attempt=dispatch.attempt,
            epoch=dispatch.epoch,
            outcome=outcome,
            error=error,
        )

    # --- speaking ----------------------------------------------------------------------------------------------

    def _speak(self, said: Said, dispatch: Dispatch) -> None:
        message = said.message
        if self._live.get((dispatch.task, dispatch.attempt)) is not dispatch:
            return  # it is over, or was taken from it
        if isinstance(message, Result):
            self._end(dispatch, message.model_copy(update={"epoch": dispatch.epoch}))
        elif isinstance(message, ArtifactOffer):
            self._offers[message.transfer] = self._stage.script.contents[message.sha256][0] or b""
            self._say(message)
        else:
            self._say(message)

    def _end(self, dispatch: Dispatch, result: Result) -> None:
        key = (dispatch.task, dispatch.attempt)
        self._live.pop(key, None)
        self._held[key] = result
        self._say(result)

    def _say(self, message: Message) -> None:
        session = self._session
        if session is None or session.state is not State.OPEN:
            if not isinstance(message, Result):  # a result is held, and comes with the next session
                self._waiting.append(message)
            return
        try:
            session.send(message)  # type: ignore[arg-type]  # only what devices say comes here
        except LimitError:
            self._stage.note(f"{self.line.name}: a word was left out for want of credits")
        self._flush()

    def _ready(self, session: DeviceSession, ready: ArtifactReady) -> None:
        """An upload may go on; of a download, nothing more is wanted: that it may be had was to be shown."""
        content = self._offers.pop(ready.transfer, None)
        if content is None:
            session.send(ArtifactAck(transfer=ready.transfer, offset=ready.offset, done=True))
            return
        if len(content) != ready.size:
            self._stage.note(f"an artifact of {ready.size} bytes is not in the recording")
            return
        for chunk in chunks(ready.transfer, content, ready.offset, session.limits.chunk_bytes):
            session.send_chunk(chunk)

    def _flush(self) -> None:
        if self._session is not None and self._wire is not None:
            for data in self._session.data_to_send():
                self._wire.say(data)

    # --- time --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Keep the session alive, and acknowledge in time."""
        if self._alarm is not None:
            self._alarm.cancel()
        session, loop = self._session, asyncio.get_running_loop()
        deadline = None if session is None else session.next_deadline()
        if deadline is not None:
            self._alarm = loop.call_at(max(deadline, loop.time() + 0.001), self._ring)

    def _ring(self) -> None:
        session, now = self._session, asyncio.get_running_loop().time()
        if session is None or session.state is not State.OPEN:
            return
        if session.heartbeat_due(now):
            session.send_heartbeat(Heartbeat(running=len(self._live)), now)
        else:
            session.handle_timeout(now)
        self._flush()
        self._watch()
