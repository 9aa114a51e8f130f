"""The gateway: one WebSocket endpoint for all devices, an ASGI application that speaks `asterism.v1`.

A shell around `protocol.session` and `devices.fleet`: it moves bytes and tells a listener what came; what to do about
it is the listener's. Bad input ends a session, with a code, and nothing else. Messages to a device are collected
during one turn of the event loop and leave as one frame.
"""

from __future__ import annotations

import asyncio
import heapq
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from pydantic_core import to_json

from devices.fleet import Fleet, Member
from devices.gateway_faults import Held, WireFaults
from devices.gateway_tap import Tap
from devices.gateway_transfers import ArtifactStore, Transfers
from protocol.codec import Chunk, encode_message, frame
from protocol.errors import ErrorCode, HandshakeError, LimitError, ProtocolError
from protocol.failpoints import Failpoints
from protocol.messages import (
    Accepted,
    ArtifactAck,
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    Drain,
    Fault,
    GatewayMessage,
    Goodbye,
    Heartbeat,
    Hello,
    Limits,
    LogLine,
    Message,
    Outcome,
    Progress,
    Result,
    SkillsChanged,
    TaskError,
    Welcome,
)
from protocol.session import GATEWAY_PATIENCE, GatewaySession, State

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

log = structlog.get_logger("asterism.gateway")

# WebSocket close codes: policy violation for a fault, going away for a shutdown.
CLOSE_FAULT = 1008
CLOSE_AWAY = 1001
CLOSE_S = 5.0  # how long a device that does not read may put off the end of its connection
TICK_S = 0.25
LAZY_S = 0.02
# In the scope's extensions, where the server can drop a connection at once, or write to it and read from it without
# waiting.
ABORT = "asterism.abort"
WRITE = "asterism.write"
READ = "asterism.read"
_TRANSFERRED = (Chunk, ArtifactOffer, ArtifactFetch, ArtifactReady, ArtifactAck, ArtifactRefused)


class Listener(Protocol):
    """Who hears what devices say. All but `authenticate` and `admit` return at once."""

    def token_required(self, peer: str) -> bool: ...

    async def authenticate(self, hello: Hello, nonce: str, peer: str) -> None:
        """Check the credentials. Raises ProtocolError to turn the device away."""

    async def admit(self, hello: Hello) -> int:
        """Raise the device's epoch, which is returned. Raises ProtocolError."""

    def joined(self, hello: Hello, epoch: int, *, resumed: bool) -> None: ...

    def left(self, name: str, reason: str, *, goodbye: bool) -> None: ...

    def lapsed(self, name: str) -> None: ...

    def results(self, name: str, results: Sequence[Result]) -> None: ...

    def noticed(self, name: str, message: Accepted | Progress | LogLine | Heartbeat) -> None: ...

    def skills_changed(self, name: str, message: SkillsChanged) -> None: ...

    def faulted(self, name: str, code: ErrorCode) -> None: ...

    def holds(self, name: str, run: str, task: str, attempt: int) -> bool:
        """Whether the device has that attempt at work: only then may it put content on the run's record, or get it."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Seconds. A device silent for two heartbeats is gone; after `lease_s` its work is taken from it."""

    heartbeat_s: float = 10.0
    lease_s: float = 25.0
    credits: int = 256
    limits: Limits = field(default_factory=Limits)
    handshakes: int = 64  # at once; more wait
    connections: int = 20_000


class _Connection:
    """One WebSocket. `name` is empty until the device is admitted; `writing` is since when a write goes on, or 0.

    `busy` says that a message is being worked on that takes waiting; `decoded` is what such a message says, where that
    is known already.
    """

    __slots__ = (
        "abort",
        "alarm",
        "busy",
        "closed",
        "closing",
        "decoded",
        "dirty",
        "epoch",
        "farewell",
        "gateway",
        "goodbye",
        "heard",
        "held",
        "name",
        "owed",
        "send",
        "session",
        "token",
        "transfers",
        "write",
        "writing",
    )

    def __init__(self, gateway: Gateway, session: GatewaySession, send: Send, now: float) -> None:
        self.gateway = gateway
        self.abort: Callable[[], None] | None = None
        self.write: Callable[[str | bytes], bool] | None = None
        self.session = session
        self.send = send
        self.name = ""
        self.epoch = 0
        self.heard = now
        self.alarm = float("inf")  # when the wheel will look at this connection next
        self.dirty = False
        self.busy = False
        self.decoded: list[Message | Chunk] | None = None
        self.closing: tuple[int, str] | None = None
        self.closed = False
        self.goodbye = False
        self.transfers: Transfers | None = None
        self.farewell: Fault | None = None  # said after the session has gone on elsewhere
        self.token: str | None = None  # the id of the one that was checked
        self.writing = 0.0
        self.owed: tuple[int, float] | None = None  # the last number acknowledged while more was sent, and since when
        self.held: dict[str, Held] = {}  # by direction, where a failpoint acts

    def read_now(self, data: str | bytes) -> bool:
        """Take a message at once where that needs no waiting; False where it was not taken."""
        return self.gateway.read_now(self, data)


class Gateway:
    """Serves devices. `await start()` before the first connection, `await stop()` at the end."""

    def __init__(
        self,
        listener: Listener,
        settings: GatewaySettings,
        artifacts: ArtifactStore,
        *,
        clock: Callable[[], float] = time.time,
        random_hex: Callable[[int], str] = secrets.token_hex,
        failpoints: Failpoints | None = None,
    ) -> None:
        self._failpoints = failpoints or Failpoints(clock)
        self._faults = WireFaults(self._failpoints)
        self._listener = listener
        self._settings = settings
        self._artifacts = artifacts
        self._clock = clock
        self._random_hex = random_hex
        self.fleet = Fleet(settings.lease_s)
        self._connections: dict[str, _Connection] = {}
        self._all: dict[_Connection, None] = {}
        self._wheel: list[tuple[float, int, _Connection]] = []
        self._number = 0
        self._dirty: list[_Connection] = []
        self._lazy: dict[_Connection, None] = {}
        self._flushing: set[asyncio.Task[None]] = set()
        self._admitting = asyncio.Semaphore(settings.handshakes)
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self.tap: Tap | None = None
        """Sees what devices say and are told, where somebody records it."""

    # --- for the orchestrator ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch deadlines; needs a running event loop."""
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    async def stop(self) -> None:
        """Tell every device that we go, and close."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._all):
            connection.session.fail(ErrorCode.SHUTTING_DOWN, "The orchestrator stops; reconnect later.")
            self._close(connection, CLOSE_AWAY, "stopping")
        while self._flushing:
            await asyncio.wait(list(self._flushing), timeout=2.0)
            for task in list(self._flushing):
                task.cancel()

    def connected(self, name: str) -> bool:
        """Whether the device has a connection now."""
        return name in self._connections

    @property
    def open_connections(self) -> int:
        """How many connections there are, those of devices that were not admitted included."""
        return len(self._all)

    def send(self, name: str, message: GatewayMessage) -> None:
        """Send to a device; where it is away and may resume, later; else not at all: its inventory will tell."""
        self.send_encoded(name, encode_message(message))

    def send_encoded(self, name: str, body: bytes, *, soon: bool = True) -> None:
        """As `send`, for a message that is encoded already.

        What need not come soon waits up to LAZY_S for company: a frame costs more than what is in it.
        """
        connection = self._connections.get(name)
        if connection is None:
            member = self.fleet.members.get(name)
            if member is not None and not member.lapsed and member.session.state is State.DETACHED:
                self._queue(member.session, name, body)
            return
        if connection.session.state not in (State.OPEN, State.DETACHED):
            return  # it is being left, though its connection has not ended yet
        if self._queue(connection.session, name, body):
            if soon:
                self._mark(connection)
            elif not connection.dirty:
                self._put_off(connection)

    def flush(self) -> None:
        """Write what was sent, now and not at the end of this turn of the event loop."""
        self._flush()

    def drain(self, name: str, reason: str) -> None:
        """Ask a device to finish what it does and leave."""
        self.send(name, Drain(reason=reason[:500]))

    def expel(self, token: str | None, why: str) -> None:
        """End the sessions of the devices that came in with a token which is valid no more; None: without one."""
        for connection in list(self._connections.values()):
            if connection.token == token:
                self._fault(connection, HandshakeError(ErrorCode.UNAUTHENTICATED, why))

    def _queue(self, session: GatewaySession, name: str, body: bytes) -> bool:
        try:
            session.send_encoded(body)
        except ProtocolError as error:
            # A device that acknowledges nothing: cut it off, its inventory will settle what is open.
            log.warning("device does not acknowledge", device=name, code=error.code.value)
            connection = self._connections.get(name)
            if connection is not None:
                session.fail(error.code, error.message)
                self._close(connection, CLOSE_FAULT, error.code.value)
            else:
                session.close()
            return False
        if self.tap is not None:
            self.tap.sent(name, body)
        return True

    # --- a connection ------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: one WebSocket connection, from handshake to end."""
        await receive()
        if self._stopping or len(self._all) >= self._settings.connections:
            await send({"type": "websocket.close", "code": 1013})
            return
        peer = scope["client"][0] if scope.get("client") else ""
        extensions = scope.get("extensions") or {}
        connection = _Connection(self, GatewaySession(self._clock()), send, self._clock())
        connection.abort, connection.write = extensions.get(ABORT), extensions.get(WRITE)
        self._all[connection] = None
        await send({"type": "websocket.accept"})
        if READ in extensions:
            extensions[READ](connection.read_now)
        # The request has served; what a connection keeps counts five thousand times.
        scope.clear()
        reason = "closed"
        try:
            token_required = self._listener.token_required(peer)
            connection.session.challenge(self._random_hex(16), token_required=token_required)
            self._mark(connection)
            self._watch(connection)
            reason = await self._serve(connection, receive, peer)
        finally:
            self._gone(connection, reason)

    async def _serve(self, connection: _Connection, receive: Receive, peer: str) -> str:
        """Read until the end of the connection; why it ended."""
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return connection.closing[1] if connection.closing else "the connection was cut"
            data = event.get("text")
            if data is None:
                data = event.get("bytes") or b""
            connection.busy = True
            try:
                if self._failpoints.armed:
                    for frame in await self._passed("receive", connection, data):
                        await self._received(connection, frame, peer)
                else:
                    await self._received(connection, data, peer)
            except ProtocolError as error:
                self._fault(connection, error)
            finally:
                connection.busy = False
            # While it waits, a connection keeps nothing of what came: a registration may have 100 KiB.
            del event, data

    def read_now(self, connection: _Connection, data: str | bytes) -> bool:
        """Take a message that needs no waiting, without a task switch for it; False leaves it to `_serve`."""
        if connection.busy or not connection.name or self._failpoints.armed:
            return False
        try:
            messages = self._decoded(connection, data)
            if any(isinstance(message, _TRANSFERRED) for message in messages):
                connection.decoded = messages
                return False
            self._take(connection, messages, large=len(data) > self._settings.limits.output_bytes)
        except ProtocolError as error:
            self._fault(connection, error)
        return True

    async def _received(self, connection: _Connection, data: str | bytes, peer: str) -> None:
        messages, connection.decoded = connection.decoded, None
        if messages is None:
            messages = self._decoded(connection, data)
        if not connection.name:
            for message in messages:
                if isinstance(message, Hello):
                    async with self._admitting:
                        await self._admit(connection, message, peer)
                else:  # a fault: the device will not have us
                    self._close(connection, CLOSE_FAULT, "turned away by the device")
            return
        rest: list[Message | Chunk] = []
        for message in messages:
            if isinstance(message, _TRANSFERRED):
                await self._transfer(connection, message)
            else:
                rest.append(message)
        self._take(connection, rest, large=len(data) > self._settings.limits.output_bytes)

    def _decoded(self, connection: _Connection, data: str | bytes) -> list[Message | Chunk]:
        now = self._clock()
        connection.heard = now  # also by what cannot be used: its lease runs from the last sign of life
        messages = connection.session.receive(data, now)
        if self.tap is not None and connection.name:
            self.tap.received(connection.name, messages)
        return messages

    async def _admit(self, connection: _Connection, hello: Hello, peer: str) -> None:
        session = connection.session
        checked = self._listener.token_required(peer)
        await self._listener.authenticate(hello, session.nonce, peer)
        self.fleet.check_name(hello, self._clock())
        epoch = await self._listener.admit(hello)
        if session.state is not State.GREETED:
            raise HandshakeError(ErrorCode.HEARTBEAT_MISSED, "The handshake took too long.")
        if not checked and self._listener.token_required(peer):  # the first token was made meanwhile
            await self._listener.authenticate(hello, session.nonce, peer)
            checked = True
        now = self._clock()
        self.fleet.check_name(hello, now)
        member = self.fleet.members.get(hello.name)
        if member is not None and member.epoch > epoch:
            raise HandshakeError(ErrorCode.SUPERSEDED, "A newer connection of this device is there.")
        previous = self._supersede(hello, member)
        resumed = previous is not None and session.can_resume(previous)
        session.accept(
            Welcome(
                session=self._random_hex(16),
                epoch=epoch,
                heartbeat_s=self._settings.heartbeat_s,
                lease_s=self._settings.lease_s,
                limits=self._settings.limits,
                credits=self._settings.credits,
            ),
            previous if resumed else None,
        )
        connection.name, connection.epoch = hello.name, epoch
        connection.token = hello.token if checked else None
        self._connections[hello.name] = connection
        self.fleet.join(hello, epoch, session, now)
        self._mark(connection)
        self._watch(connection)
        if self.tap is not None:
            self.tap.joined(hello, resumed=resumed)
        self._listener.joined(hello, epoch, resumed=resumed)

    def _supersede(self, hello: Hello, member: Member | None) -> GatewaySession | None:
        """End the same device's earlier connection, where one is left; its session, to go on with."""
        if member is None or member.device != hello.device:
            return None
        old = self._connections.pop(hello.name, None)
        if old is not None:
            old.name = ""
            old.session.detach()
            # Where it still reads, it is a second agent with the same identity: it must stop, or they take turns.
            old.farewell = Fault(code=ErrorCode.SUPERSEDED, message="A newer connection of this device is there.")
            self._close(old, CLOSE_FAULT, ErrorCode.SUPERSEDED.value)
        return member.session

    async def _transfer(self, connection: _Connection, message: Message | Chunk) -> None:
        if isinstance(message, (ArtifactOffer, ArtifactFetch)) and not self._listener.holds(
            connection.name, message.run, message.task, message.attempt
        ):
            self._refuse(connection, message)
        else:
            await self._transfers(connection).handle(message)

    def _take(self, connection: _Connection, messages: Sequence[Message | Chunk], *, large: bool) -> None:
        """All that a device says, but of transfers. `large`: the frame may hold more than an output may have."""
        results: list[Result] = []
        name = connection.name
        for message in messages:
            if type(message) is Result:
                results.append(_bounded(message, self._settings.limits) if large else message)
            elif isinstance(message, (Heartbeat, Accepted, Progress, LogLine)):
                self._listener.noticed(name, message)
                if type(message) is Heartbeat:
                    self._check_owed(connection, self._clock())
            elif isinstance(message, SkillsChanged):
                self._listener.skills_changed(name, message)
            elif isinstance(message, Goodbye):
                connection.goodbye = True
                self._close(connection, 1000, message.reason or "goodbye")
        if results:
            self._listener.results(name, results)
        session = connection.session
        if session.state is State.OPEN and session.credits <= self._settings.credits // 2:
            session.grant(self._settings.credits - session.credits)
        if session.data_ready:
            self._mark(connection)
        deadline = session.next_deadline()
        if deadline is not None and deadline < connection.alarm:
            self._watch(connection)

    def _check_owed(self, connection: _Connection, now: float) -> None:
        """Leave a connection on which a message was lost: its device is there, and says nothing of what it was sent.

        The number that follows would show the gap; but a dispatch may be the last one for hours. A content on its way
        may keep a slow line busy for longer than that, so it counts as an excuse.
        """
        session = connection.session
        if not session.unacknowledged or (connection.transfers is not None and connection.transfers.active):
            connection.owed = None
        elif connection.owed is None or connection.owed[0] != session.acknowledged:
            connection.owed = (session.acknowledged, now)
        elif now - connection.owed[1] >= GATEWAY_PATIENCE * self._settings.heartbeat_s:
            session.detach()
            raise ProtocolError(ErrorCode.HEARTBEAT_MISSED, "The device does not acknowledge what it was sent.")

    def _refuse(self, connection: _Connection, message: ArtifactOffer | ArtifactFetch) -> None:
        why = "This device does not have that attempt, or has it no more."
        refused = ArtifactRefused(transfer=message.transfer, code=ErrorCode.DENIED, message=why)
        connection.session.send(refused)
        if self.tap is not None:
            self.tap.sent(connection.name, refused)
        self._mark(connection)

    def _transfers(self, connection: _Connection) -> Transfers:
        if connection.transfers is None:

            def send(message: GatewayMessage | Chunk) -> None:
                if connection.session.state is not State.OPEN:
                    return
                if isinstance(message, Chunk):
                    connection.session.send_chunk(message)
                else:
                    connection.session.send(message)
                if self.tap is not None:
                    self.tap.sent(connection.name, message)
                self._mark(connection)

            connection.transfers = Transfers(self._artifacts, self._settings.limits, send)
        return connection.transfers

    def _fault(self, connection: _Connection, error: ProtocolError) -> None:
        """The session cannot go on: say why, to the device and to the log, once."""
        log.warning("session faulted", device=connection.name, code=error.code.value, reason=error.message)
        if connection.session.state is not State.DETACHED:  # a silent one may come back and resume
            connection.session.fail(error.code, error.message)
        self._listener.faulted(connection.name, error.code)
        self._close(connection, CLOSE_FAULT, error.code.value)

    def _gone(self, connection: _Connection, reason: str) -> None:
        self._all.pop(connection, None)
        if connection.transfers is not None:
            connection.transfers.close()
        connection.session.detach()
        name = connection.name
        if name and self._connections.get(name) is connection:
            del self._connections[name]
            if self.fleet.leave(name, connection.epoch, connection.heard):
                if self.tap is not None:
                    self.tap.left(name, goodbye=connection.goodbye)
                self._listener.left(name, reason, goodbye=connection.goodbye)

    # --- writing -----------------------------------------------------------------------------------------------

    def _mark(self, connection: _Connection) -> None:
        """Have the connection's output written at the end of this turn of the event loop."""
        if not connection.dirty:
            connection.dirty = True
            if not self._dirty:
                asyncio.get_running_loop().call_soon(self._flush)
            self._dirty.append(connection)

    def _put_off(self, connection: _Connection) -> None:
        if not self._lazy:
            asyncio.get_running_loop().call_later(LAZY_S, self._wake)
        self._lazy[connection] = None

    def _wake(self) -> None:
        lazy, self._lazy = self._lazy, {}
        for connection in lazy:
            if connection.session.data_ready:
                self._mark(connection)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        loop = asyncio.get_running_loop()
        for connection in dirty:
            frames = connection.session.data_to_send()
            if connection.write is not None and not self._failpoints.armed:
                written = 0
                while written < len(frames) and connection.write(frames[written]):
                    written += 1
                frames = frames[written:]
                if not frames and connection.closing is None and connection.farewell is None:
                    connection.dirty = False
                    continue
            task = loop.create_task(self._write(connection, frames))
            self._flushing.add(task)
            task.add_done_callback(self._flushing.discard)

    async def _write(self, connection: _Connection, frames: list[str | bytes]) -> None:
        """Write these and all that is queued. One task a connection: `dirty` stays set until nothing is left."""
        connection.writing = self._clock()
        try:
            while frames := frames or connection.session.data_to_send():
                pending, frames = frames, []
                if self._failpoints.armed:
                    pending = [one for data in pending for one in await self._passed("send", connection, data)]
                for data in pending:
                    kind = "text" if isinstance(data, str) else "bytes"
                    await connection.send({"type": "websocket.send", kind: data})
            if connection.farewell is not None and not connection.closed:
                last = frame(0, 0, [encode_message(connection.farewell)])
                await connection.send({"type": "websocket.send", "text": last})
            if connection.closing is not None and not connection.closed:
                connection.closed = True
                code, reason = connection.closing
                await connection.send({"type": "websocket.close", "code": code, "reason": reason[:100]})
        except OSError:
            pass  # The peer is gone; reading finds out, and tells the listener.
        finally:
            connection.dirty = False
            connection.writing = 0.0

    async def _passed(self, direction: str, connection: _Connection, data: str | bytes) -> list[str | bytes]:
        """What the failpoints let pass of a frame, and all that they do beside."""
        passage = self._faults.passage(direction, connection.name, data, connection.held.setdefault(direction, Held()))
        if passage.delay_s:
            await asyncio.sleep(passage.delay_s)
        if passage.cut and connection.abort is not None:
            connection.abort()
        elif passage.cut:
            self._close(connection, CLOSE_AWAY, "cut by a failpoint")
        if passage.dies:
            asyncio.get_running_loop().call_soon(self._faults.die)
        return passage.frames

    def _close(self, connection: _Connection, code: int, reason: str) -> None:
        if connection.closing is None:
            connection.closing = (code, reason)
            self._alarm(connection, self._clock() + CLOSE_S)
        self._mark(connection)

    # --- time --------------------------------------------------------------------------------------------------

    def _watch(self, connection: _Connection) -> None:
        deadline = connection.session.next_deadline()
        if deadline is not None:
            self._alarm(connection, deadline)

    def _look_at(self, connection: _Connection, now: float) -> None:
        """A deadline of the connection may have come."""
        try:
            connection.session.handle_timeout(now)
            if connection.writing and now > connection.writing + GATEWAY_PATIENCE * self._settings.heartbeat_s:
                raise LimitError(ErrorCode.LIMIT_EXCEEDED, "The device does not read what it is sent.")
        except ProtocolError as error:
            self._fault(connection, error)
            return
        if connection.session.data_ready:
            self._mark(connection)
        self._watch(connection)

    def _alarm(self, connection: _Connection, at: float) -> None:
        connection.alarm = at
        self._number += 1
        heapq.heappush(self._wheel, (at, self._number, connection))

    def _tick(self) -> None:
        """Look at the connections whose deadline may have come, and at the leases. One timer for all.

        What falls due before the next look is looked at now: two heartbeats are the bound, not two and a bit.
        """
        now = self._clock()
        soon = now + min(TICK_S, self._settings.heartbeat_s / 8)
        due = []
        while self._wheel and self._wheel[0][0] <= soon:
            due.append(heapq.heappop(self._wheel))
        for deadline, _, connection in due:  # collected first: whatever a look puts on the wheel is for a later turn
            if deadline != connection.alarm or connection not in self._all:
                continue  # only a connection's newest entry counts: the others would live on for ever
            if connection.closing is None:
                self._look_at(connection, soon)
            elif connection.abort is not None:
                connection.abort()  # it was told to go, and does not read
        for member in self.fleet.lapse(now):
            member.session.close()
            if self.tap is not None:
                self.tap.lapsed(member.name)
            self._listener.lapsed(member.name)
        if not self._stopping:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)


def _bounded(result: Result, limits: Limits) -> Result:
    """The result, or where its output is larger than agreed, what a device that keeps to that would have said."""
    if len(to_json(result.output)) <= limits.output_bytes:
        return result
    error = TaskError(
        code=ErrorCode.OUTPUT_TOO_LARGE, message=f"The output has more than the {limits.output_bytes} bytes agreed."
    )
    return result.model_copy(update={"outcome": Outcome.FAILED, "output": None, "error": error})
