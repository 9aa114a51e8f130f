"""A small gateway for device tests: real WebSockets on loopback, the real session machine, no orchestrator."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from protocol.codec import Chunk
from protocol.credentials import check_proof, verifier
from protocol.errors import ErrorCode, ProtocolError
from protocol.messages import (
    ArtifactAck,
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    Cancel,
    Dispatch,
    Fault,
    GatewayMessage,
    Hello,
    Limits,
    Message,
    Recorded,
    Result,
    Welcome,
)
from protocol.session import GatewaySession, State
from protocol.vocabulary import Json, JsonObject

M = TypeVar("M")
PATIENCE_S = 20.0


class FakeGateway:
    """Serves one device. `heard` holds all that it said, `hellos` its registrations.

    `record` answers results with `recorded`. `mute` reads and says nothing. `resumable` keeps sessions over drops.
    `cut_after` drops the connection after so many chunks, once; `hold_after` sends so many chunks of a file and no
    more. `mute_acks` breaks transfers, `skipped` and `skips_first` leave the second or first chunk of so many fetches
    out, `doubled` sends each twice, and `claimed` is said to be the size.
    """

    def __init__(
        self,
        *,
        record: bool = True,
        resumable: bool = True,
        credits: int = 256,
        heartbeat_s: float = 5.0,
        limits: Limits | None = None,
        token: str | None = None,
    ) -> None:
        self.record = record
        self.resumable = resumable
        self.credits = credits
        self.heartbeat_s = heartbeat_s
        self.limits = limits or Limits()
        self.token = token
        self.epoch = 0
        self.hellos: list[Hello] = []
        self.heard: list[Message | Chunk] = []
        self.faults: list[ErrorCode] = []
        self.frames = 0
        self.reject: ErrorCode | None = None
        self.mute = False
        self.mute_acks = False
        self.skipped = 0
        self.skips_first = False
        self.doubled = False
        self.claimed: int | None = None
        self.cut_after: int | None = None
        self.hold_after: int | None = None
        self.stored: dict[str, bytes] = {}
        self.partial: dict[str, bytearray] = {}
        self.offers: dict[str, ArtifactOffer] = {}
        self.refuse_offers: ErrorCode | None = None
        self.wait_acks = 0
        self.session: GatewaySession | None = None
        self._previous: GatewaySession | None = None
        self._socket: ServerConnection | None = None
        self._server: Server | None = None
        self._changed = asyncio.Condition()
        self._numbers = 0
        self.port = 0

    # --- life ------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> FakeGateway:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def listen(self) -> None:
        """Serve, on the port of before where there was one."""
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, compression=None, ping_interval=None, max_size=8 << 20
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Drop the connection without a word."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def write(self, data: str | bytes) -> None:
        """Write something of our own making."""
        assert self._socket is not None
        await self._socket.send(data)

    # --- conversation ----------------------------------------------------------------------------------------

    async def send(self, *messages: GatewayMessage) -> None:
        """Say something in the open session."""
        assert self.session is not None
        self.session.send(*messages)
        await self._flush()

    def task(self, skill: str, arguments: JsonObject | None = None, **changes: object) -> Dispatch:
        """A dispatch of a new task, not sent yet."""
        self._numbers += 1
        dispatch = Dispatch(
            run="run", task=f"t{self._numbers}", attempt=1, epoch=self.epoch, skill=skill, arguments=arguments or {}
        )
        return dispatch.model_copy(update=changes)

    async def dispatch(self, skill: str, arguments: JsonObject | None = None, **changes: object) -> Dispatch:
        """Dispatch one new task; the message."""
        dispatch = self.task(skill, arguments, **changes)
        await self.send(dispatch)
        return dispatch

    async def cancel(self, dispatch: Dispatch) -> None:
        await self.send(Cancel(run=dispatch.run, task=dispatch.task, attempt=dispatch.attempt, epoch=self.epoch))

    async def recorded(self, dispatch: Dispatch) -> None:
        await self.send(Recorded(run=dispatch.run, task=dispatch.task, attempt=dispatch.attempt))

    def of(self, kind: type[M]) -> list[M]:
        """What was heard of one type."""
        return [message for message in self.heard if isinstance(message, kind)]

    def results(self, dispatch: Dispatch) -> list[Result]:
        """The results heard for a dispatch, however often they came."""
        return [r for r in self.of(Result) if (r.task, r.attempt) == (dispatch.task, dispatch.attempt)]

    async def result(self, dispatch: Dispatch, count: int = 1) -> Result:
        """Wait until a dispatch's result has come `count` times."""
        await self.until(lambda: len(self.results(dispatch)) >= count)
        return self.results(dispatch)[-1]

    async def output(self, skill: str, arguments: JsonObject | None = None) -> Json:
        """Dispatch, wait, and the output."""
        return (await self.result(await self.dispatch(skill, arguments))).output

    async def connected(self, count: int = 1) -> None:
        """Wait until the device has been welcomed `count` times in all."""
        await self.until(lambda: self.epoch_count >= count and self.open)

    @property
    def epoch_count(self) -> int:
        return len(self.hellos)

    @property
    def open(self) -> bool:
        return self.session is not None and self.session.state is State.OPEN

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a state. Fails with what was heard."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"never came true; heard {self.heard[-10:]}, faults {self.faults}") from None

    # --- one connection --------------------------------------------------------------------------------------

    async def _serve(self, socket: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        session = GatewaySession(loop.time())
        self._socket, self.session = socket, session
        session.challenge(f"{self.epoch_count:032x}", token_required=self.token is not None)
        try:
            await self._flush()
            async for data in socket:
                self.frames += 1
                try:
                    for message in session.receive(data, loop.time()):
                        await self._take(session, message)
                except ProtocolError as error:
                    self.faults.append(error.code)
                await self._flush()
                await self._notify()
        except ConnectionClosed:
            pass
        finally:
            session.detach()
            if session.session is not None:
                self._previous = session
            await self._notify()

    async def _flush(self) -> None:
        if self._socket is None or self.session is None or self.mute:
            return
        try:
            for data in self.session.data_to_send():
                await self._socket.send(data)
        except ConnectionClosed:
            return

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _take(self, session: GatewaySession, message: Message | Chunk) -> None:
        self.heard.append(message)
        match message:
            case Hello():
                self._admit(session, message)
            case Result() if self.record:
                session.send(Recorded(run=message.run, task=message.task, attempt=message.attempt))
            case ArtifactOffer():
                self._offered(session, message)
            case ArtifactFetch():
                self._fetched(session, message)
            case Chunk():
                self._chunk(session, message)
            case Fault():
                self.faults.append(message.code)
            case _:
                pass

    def _admit(self, session: GatewaySession, hello: Hello) -> None:
        self.hellos.append(hello)
        if self.reject is not None:
            session.reject(self.reject, "no")
            return
        if self.token is not None and not check_proof(
            hello.proof,
            verifier(self.token),
            nonce=session.nonce,
            device=hello.device,
            name=hello.name,
            version=hello.version,
        ):
            session.reject(ErrorCode.UNAUTHENTICATED, "The proof is not right.")
            return
        previous = self._previous
        if not self.resumable or previous is None or not session.can_resume(previous):
            previous = None
        self.epoch = max(self.epoch, hello.epoch) + 1
        welcome = Welcome(
            session=f"{self.epoch:032x}",
            epoch=self.epoch,
            heartbeat_s=self.heartbeat_s,
            lease_s=3 * self.heartbeat_s,
            limits=self.limits,
            credits=self.credits,
        )
        session.accept(welcome, previous)

    # --- artifacts -------------------------------------------------------------------------------------------

    def _offered(self, session: GatewaySession, offer: ArtifactOffer) -> None:
        if offer.sha256 in self.stored:
            session.send(ArtifactAck(transfer=offer.transfer, offset=offer.size, done=True))
            return
        if self.refuse_offers is not None:
            session.send(ArtifactRefused(transfer=offer.transfer, code=self.refuse_offers))
            return
        for _ in range(self.wait_acks):
            session.send(ArtifactAck(transfer=offer.transfer, offset=0))
        self.offers[offer.transfer] = offer
        come = self.partial.setdefault(offer.sha256, bytearray())
        session.send(ArtifactReady(transfer=offer.transfer, offset=len(come), size=offer.size))
        self._finish(session, offer, come)

    def _chunk(self, session: GatewaySession, chunk: Chunk) -> None:
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                self.cut_after = None
                self.cut()
                return
        offer = self.offers[chunk.transfer]
        come = self.partial[offer.sha256]
        assert chunk.offset == len(come)
        come += chunk.data
        if len(come) < offer.size and not self.mute_acks:
            session.send(ArtifactAck(transfer=chunk.transfer, offset=len(come)))
        self._finish(session, offer, come)

    def _finish(self, session: GatewaySession, offer: ArtifactOffer, come: bytearray) -> None:
        if len(come) < offer.size:
            return
        if hashlib.sha256(come).hexdigest() != offer.sha256:
            session.send(ArtifactRefused(transfer=offer.transfer, code=ErrorCode.HASH_MISMATCH))
            return
        self.stored[offer.sha256] = bytes(come)
        session.send(ArtifactAck(transfer=offer.transfer, offset=offer.size, done=True))

    def _fetched(self, session: GatewaySession, fetch: ArtifactFetch) -> None:
        content = self.stored.get(fetch.sha256)
        if content is None:
            session.send(ArtifactRefused(transfer=fetch.transfer, code=ErrorCode.UNKNOWN_ARTIFACT))
            return
        claimed = len(content) if self.claimed is None else self.claimed
        session.send(ArtifactReady(transfer=fetch.transfer, offset=fetch.offset, size=claimed))
        size = self.limits.chunk_bytes
        pieces = [content[at : at + size] for at in range(fetch.offset, len(content), size)]
        skip = self.skipped > 0
        self.skipped -= skip
        for number, data in enumerate(pieces[: self.hold_after]):
            if skip and number == (0 if self.skips_first else 1):
                continue
            if self.cut_after is not None and number >= self.cut_after:
                # What was sent before still arrives; the rest has to be asked for again.
                asyncio.get_running_loop().call_soon(self._cut_when_written)
                return
            for _ in range(1 + self.doubled):
                session.send_chunk(Chunk(fetch.transfer, fetch.offset + number * size, data))

    def _cut_when_written(self) -> None:
        self.cut_after = None
        asyncio.get_running_loop().create_task(self._flush_and_cut())

    async def _flush_and_cut(self) -> None:
        await self._flush()
        assert self._socket is not None
        await self._socket.close()
