"""The device agent: a shell around `executor` and `protocol.session`. It moves bytes; they decide."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Final
from uuid import UUID

import structlog
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from devices.config import DeviceSettings, agent_url
from devices.connection import Backoff, Connection, Dial, Direct, Writer, dial
from devices.errors import RefusedError
from devices.events import Disconnected, Event, Leave, Offered, Restored, Send, ShutdownAsked, Ticked
from devices.executor import GRACE_S, NEVER, Executor
from devices.outbox import Outbox
from devices.profile import load
from devices.runner import Runner
from devices.tracing import ToolSpans, tracer
from devices.transfers import Outgoing, Transfers
from protocol import VERSION
from protocol.codec import Chunk
from protocol.credentials import parse_token, proof, verifier
from protocol.errors import ErrorCode, LimitError, ProtocolError
from protocol.messages import (
    ArtifactAck,
    ArtifactReady,
    ArtifactRefused,
    Cancel,
    Challenge,
    Credit,
    Dispatch,
    Drain,
    Fault,
    Heartbeat,
    Hello,
    LogLine,
    Message,
    Progress,
    Recorded,
    SkillsChanged,
    Welcome,
)
from protocol.session import DeviceSession, State
from protocol.vocabulary import DeviceProfile, WithheldSkill
from tools.places import Root
from tools.registry import Registry
from tools.workspace import Workspace

log = structlog.get_logger("asterism.device")

FINAL: Final = frozenset(
    {ErrorCode.UNAUTHENTICATED, ErrorCode.NAME_TAKEN, ErrorCode.UNSUPPORTED_VERSION, ErrorCode.SUPERSEDED}
)
MAX_REASON: Final = 500
FAREWELL_S: Final = 2.0  # how long a stopped agent waits for its last results to be recorded


class DeviceAgent:
    """One device. `await run(stop)` until it is stopped, drained, or refused.

    `online` is set while a session is open. Making one raises StateError where its state directory cannot be used.
    Disk, network and load are this machine's, unless a simulation gives its own.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        registry: Registry,
        profile: DeviceProfile,
        *,
        outbox: Outbox | None = None,
        dial: Dial = dial,
        load: Callable[[], float] = load,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._random = Random(settings.seed)
        self._backoff = Backoff(self._random)
        self._url = agent_url(settings.url)
        self._registry = registry
        self._skills, self._withheld = registry.specs(), _withheld(registry)
        self._told = self._skills, self._withheld
        workspace = Workspace(settings.workspace, roots(settings.allow))
        self._dial, self._load = dial, load
        self._outbox = outbox or Outbox(settings.state)
        self._identity = self._outbox.identity(lambda: str(UUID(int=self._random.getrandbits(128), version=4)))
        self._executor = Executor(
            {spec.name: spec for spec in self._skills}, slots=settings.slots, fence=self._outbox.epoch
        )
        self._transfers = Transfers(self._say_transfer, lambda: self._executor.limits, self._random)
        self._runner = Runner(
            registry,
            workspace,
            self._outbox,
            self._transfers,
            say=self._say_stream,
            report=self._handle,
            limits=lambda: self._executor.limits,
            private_network=settings.private_network,
            most=settings.limits,
            spans=ToolSpans(tracer(), settings.name) if settings.traces else None,
        )
        self._session: DeviceSession | None = None
        self._writer: Writer | None = None
        self._connection: Connection | None = None
        self._fault: Fault | None = None
        self._broken: ProtocolError | None = None  # what the gateway did against the protocol
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = NEVER
        self._lost = False  # and it was said
        self._met = False  # a session has ever been open
        self._heard = asyncio.Event()  # a frame came, or the connection ended
        self._drained = asyncio.Event()
        self.online = asyncio.Event()

    # --- life ------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set or the gateway has drained the device.

        Raises RefusedError where the gateway will not have it, now or later.
        """
        loop = self._loop = asyncio.get_running_loop()
        serving = loop.create_task(self._serve())
        ends = [loop.create_task(event.wait()) for event in (stop, self._drained)]
        try:
            self._handle(Restored(self._outbox.restore()))
            await asyncio.wait((serving, *ends), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            await self._wind_down("drained" if self._drained.is_set() else "stopped")
        finally:
            for task in (serving, *ends):
                task.cancel()
            await asyncio.gather(serving, *ends, return_exceptions=True)
            await self._runner.close()
            if self._alarm is not None:
                self._alarm.cancel()
            await self._outbox.close()

    def offer(self) -> None:
        """Take note of what the registry offers by now; where that changed, the gateway hears of it, now or later."""
        skills, withheld = self._registry.specs(), _withheld(self._registry)
        if (skills, withheld) != (self._skills, self._withheld):
            self._skills, self._withheld = skills, withheld
            self._executor.handle(Offered(skills), asyncio.get_running_loop().time())
            self._tell_skills()

    async def _serve(self) -> None:
        """Connect, again and again. Says once when the gateway is lost, and once when it is back."""
        while True:
            reason = await self._connect()
            if self._fault is not None and self._fault.code in FINAL:
                raise RefusedError(self._fault.code, self._fault.message)
            if self.online.is_set():
                self.online.clear()
                self._backoff.reset()
            if not self._lost:
                self._lost = True
                what = "gateway lost, trying again" if self._met else "gateway not reached, trying again"
                log.warning(what, device=self._settings.name, url=self._settings.url, reason=reason)
            await asyncio.sleep(self._backoff.next())

    async def _connect(self) -> str:
        """Live through one connection; why it ended."""
        self._fault = self._broken = None
        until = self._loop.time() + self._backoff.patience
        try:
            async with asyncio.timeout_at(until):
                connection = await self._dial(self._url)
            await self._converse(connection, until)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            return str(error) or type(error).__name__
        except ProtocolError as error:
            return error.message
        return "the connection ended" if self._fault is None else self._fault.message

    async def _converse(self, connection: Connection, until: float) -> None:
        """Register, by `until` at the latest, and serve the session."""
        session = self._attach()
        writer = self._writer = Writer(connection, session)
        self._connection = connection
        self._arm()
        impatience = self._loop.call_at(until, self._lose_patience, connection, session)
        if isinstance(connection, Direct):
            connection.read_with(lambda data: self._read_now(session, data))
        try:
            async for data in connection:
                self._receive(session, data)
                if self._broken is not None:
                    raise self._broken
                if session.state is not State.OPEN and self._fault is not None:
                    break
        finally:
            impatience.cancel()
            self._writer = self._connection = None
            try:
                await writer.finish()
            finally:
                session.detach()
                self._handle(Disconnected())
                self._heard.set()
                await connection.close()

    def _lose_patience(self, connection: Connection, session: DeviceSession) -> None:
        """The handshake takes too long: another try may do better."""
        if session.state is not State.OPEN:
            connection.abort()

    def _attach(self) -> DeviceSession:
        """The session that goes on, or a new one."""
        now = self._loop.time()
        if self._session is not None and self._session.state is State.DETACHED:
            self._session.connect(now)
        else:
            self._session = DeviceSession(now)
        return self._session

    async def _wind_down(self, reason: str) -> None:
        """Stop what runs, deliver what ended, take leave."""
        self._handle(ShutdownAsked())
        await self._runner.settle(GRACE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                while self._writer is not None and not self._executor.idle:
                    self._heard.clear()
                    await self._heard.wait()
        session, writer = self._session, self._writer
        if session is not None and session.state is State.OPEN and writer is not None:
            session.goodbye(reason)
            await writer.finish()

    # --- what comes in ---------------------------------------------------------------------------------------

    def _read_now(self, session: DeviceSession, data: str) -> bool:
        """Take a frame of an open session as it comes from the socket.

        False leaves it to `_converse`. So it does with one that ended the session, which takes no notice of it twice.
        """
        if session is not self._session or session.state is not State.OPEN or self._writer is None:
            return False
        try:
            self._receive(session, data)
        except ProtocolError as error:
            self._broken = error
        return session.state is State.OPEN

    def _receive(self, session: DeviceSession, data: str | bytes) -> None:
        for message in session.receive(data, self._loop.time()):
            self._take(session, message)
        self._heard.set()
        self._wake()
        self._arm()

    def _take(self, session: DeviceSession, message: Message | Chunk) -> None:
        match message:
            case Dispatch() | Recorded() | Cancel() | Drain():
                self._handle(message)
            case ArtifactReady() | ArtifactAck() | ArtifactRefused() | Chunk():
                self._transfers.handle(message)
            case Challenge():
                session.hello(self._hello(session))
            case Welcome():
                self._welcomed(message)
            case Fault():
                self._fault = message
            case Credit():
                pass  # the session counts; `_heard` wakes those who wait

    def _hello(self, session: DeviceSession) -> Hello:
        settings = self._settings
        self._told = self._skills, self._withheld
        return Hello(
            version=VERSION,
            device=self._identity,
            name=settings.name,
            kind=settings.kind,
            profile=self._profile.model_copy(update={"limits": settings.limits, "traces": settings.traces or None}),
            labels=settings.labels,
            skills=self._skills,
            withheld=self._withheld,
            slots=settings.slots,
            epoch=self._executor.fence,
            token=None if settings.token is None else parse_token(settings.token).id,
            proof=None if settings.token is None else self._proof(session, settings.token),
            resume=session.resume,
            running=self._executor.running,
            held=self._executor.held,
        )

    def _proof(self, session: DeviceSession, token: str) -> str:
        return proof(
            verifier(token), nonce=session.nonce, device=self._identity, name=self._settings.name, version=VERSION
        )

    def _welcomed(self, welcome: Welcome) -> None:
        if welcome.epoch <= self._executor.fence and not welcome.resumed:
            log.warning("the orchestrator's record is new, or an old copy", device=self._settings.name)
        self._handle(welcome)
        self._backoff.under_lease(welcome.lease_s)
        if not welcome.resumed:
            self._outbox.keep_epoch(welcome.epoch)
        self._transfers.reconnected()
        self._tell_skills()
        if self._lost or not self._met:
            if self._settings.token is not None and self._session is not None and not self._session.token_required:
                log.warning("no token is configured there: the one given was not checked", device=self._settings.name)
            log.info(
                "gateway is back" if self._met else "connected", device=self._settings.name, url=self._settings.url
            )
        self._lost, self._met = False, True
        self.online.set()

    # --- what goes out ---------------------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        """Let the executor decide, and do it."""
        for command in self._executor.handle(event, self._loop.time()):
            if type(command) is Send:
                self._send(command.body)
            elif isinstance(command, Leave):
                self._drained.set()
            elif not isinstance(command, Send):
                self._runner.perform(command)
        if self._executor.next_deadline() < self._alarm_at:
            self._arm()

    def _send(self, body: bytes) -> None:
        session = self._session
        if session is None or session.state not in (State.OPEN, State.DETACHED):
            return
        try:
            session.send_encoded(body)
        except LimitError:
            return  # The other end is slow to acknowledge. A held result's timer sends it again.
        self._wake()

    async def _say_stream(self, message: LogLine | Progress) -> None:
        """Send a stream message when there is a credit for it. Dropped while the gateway is away: work goes on."""
        while True:
            session = self._session
            if session is None or session.state is not State.OPEN:
                return
            if session.can_stream:
                session.send(message)
                self._wake()
                return
            self._heard.clear()
            await self._heard.wait()

    def _tell_skills(self) -> None:
        """Say what is offered, where the last word about it was another and there is a session to say it in."""
        session = self._session
        if session is not None and session.state is State.OPEN and self._told != (self._skills, self._withheld):
            self._told = self._skills, self._withheld
            session.send(SkillsChanged(skills=self._skills, withheld=self._withheld))
            self._wake()

    def _say_transfer(self, message: Outgoing) -> None:
        session = self._session
        if session is None or session.state is not State.OPEN:
            return
        if isinstance(message, Chunk):
            session.send_chunk(message)
        else:
            session.send(message)
        self._wake()

    def _wake(self) -> None:
        if self._writer is not None:
            self._writer.wake()

    # --- time ------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Have `_tick` called by the next deadline. One timer, moved only when a deadline comes nearer."""
        when = self._executor.next_deadline()
        if self._writer is not None and self._session is not None:
            when = min(when, self._session.next_deadline() or NEVER)
        if when < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = when
            self._alarm = self._loop.call_at(when, self._tick)

    def _tick(self) -> None:
        self._alarm_at = NEVER
        now = self._loop.time()
        if self._executor.next_deadline() <= now:
            self._handle(Ticked())
        session = self._session
        if session is not None and self._writer is not None:
            self._keep_alive(session, now)
        self._wake()
        self._arm()

    def _keep_alive(self, session: DeviceSession, now: float) -> None:
        try:
            session.handle_timeout(now)
        except ProtocolError:
            if self._connection is not None:
                self._connection.abort()  # nobody is there for a closing handshake
            return
        if session.heartbeat_due(now):
            session.send_heartbeat(Heartbeat(running=self._executor.at_work, load=self._load()), now)


def roots(allow: Sequence[str]) -> list[Root]:
    """The extra folders of `--allow`: read-only where one ends in `:ro`."""
    return [Root.of(text.removesuffix(":ro"), writable=not text.endswith(":ro")) for text in allow]


def _withheld(registry: Registry) -> tuple[WithheldSkill, ...]:
    """What cannot be used now of what the device has, and why, in name order."""
    gone = sorted((name, why) for name, why in registry.withheld.items() if name in registry)
    return tuple(WithheldSkill(skill=registry.get(name).spec, why=why[:MAX_REASON]) for name, why in gone)
