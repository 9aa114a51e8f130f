"""The gateway's end of artifact transfers: contents come and go in hashed chunks, a window at a time.

Up: `artifact_offer`, then `artifact_ready` with the offset to begin at, chunks, an `artifact_ack` for each, the last
one `done` once the whole hash has been verified. Content that is already here is `done` at once. Down:
`artifact_fetch`, `artifact_ready`, chunks as far as the window goes, more with each ack. A transfer that is cut begins
again, from where it was, with a new offer or fetch. Where another transfer of the same content is under way, the offer
waits for it, with an `artifact_ack` of offset 0 as a sign of life whenever that one has got on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from protocol.codec import Chunk
from protocol.errors import ErrorCode, FrameError, LimitError
from protocol.messages import (
    ArtifactAck,
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    GatewayMessage,
    Limits,
)

MAX_TRANSFERS = 32  # of one device at once


class ArtifactTrouble(Exception):
    """The store cannot take or give a content. `code` goes to the device."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ArtifactBusy(ArtifactTrouble):
    """Another transfer of this content is under way: it can be waited for."""


class Incoming(Protocol):
    """A content on its way in. `offset` is how many bytes are here already."""

    @property
    def offset(self) -> int: ...

    async def write(self, data: bytes) -> None: ...

    async def finish(self) -> None:
        """Verify and keep. Raises ArtifactTrouble(HASH_MISMATCH)."""

    def close(self) -> None:
        """Leave off; what came stays for a resume."""


class Outgoing(Protocol):
    @property
    def size(self) -> int: ...

    async def read(self, offset: int, size: int) -> bytes: ...

    def close(self) -> None: ...


class ArtifactStore(Protocol):
    """Where contents lie, by the hex SHA-256 of all of their bytes."""

    async def receive(self, offer: ArtifactOffer) -> Incoming | None:
        """None where the content is here already. Raises ArtifactBusy, ArtifactTrouble."""

    async def receive_after(self, offer: ArtifactOffer, got_on: Callable[[], None]) -> Incoming | None:
        """As `receive`, once no other transfer of the content is under way. `got_on` hears that it gets on.

        Raises ArtifactTrouble(UNAVAILABLE) where it stands still.
        """

    async def open(self, fetch: ArtifactFetch) -> Outgoing:
        """Raises ArtifactTrouble(UNKNOWN_ARTIFACT)."""


@dataclass(slots=True)
class _Up:
    size: int
    content: Incoming


@dataclass(slots=True)
class _Down:
    content: Outgoing
    sent: int
    acked: int


class Transfers:
    """The transfers of one connection; `send` queues messages and chunks to its device."""

    def __init__(self, store: ArtifactStore, limits: Limits, send: Callable[[GatewayMessage | Chunk], None]) -> None:
        self._store = store
        self._limits = limits
        self._send = send
        self._up: dict[str, _Up] = {}
        self._down: dict[str, _Down] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}

    @property
    def active(self) -> bool:
        """Whether a content is on its way, in either direction."""
        return bool(self._up or self._down)

    async def handle(self, message: object) -> None:
        """Take in what the device says of transfers. Raises ProtocolError where it breaks the rules."""
        match message:
            case ArtifactOffer():
                await self._offered(message)
            case Chunk():
                await self._chunk(message)
            case ArtifactFetch():
                await self._fetched(message)
            case ArtifactAck():
                await self._acked(message)
            case ArtifactRefused():
                self._drop(message.transfer)
            case _:
                raise FrameError(ErrorCode.UNEXPECTED_MESSAGE, "A device does not say `artifact_ready` to a gateway.")

    def close(self) -> None:
        """The connection is gone."""
        for transfer in [*self._up, *self._down, *self._waiting]:
            self._drop(transfer)

    def _drop(self, transfer: str) -> None:
        up, down = self._up.pop(transfer, None), self._down.pop(transfer, None)
        if up is not None:
            up.content.close()
        if down is not None:
            down.content.close()
        waiting = self._waiting.pop(transfer, None)
        if waiting is not None and waiting is not asyncio.current_task():
            waiting.cancel()

    def _refuse(self, transfer: str, trouble: ArtifactTrouble) -> None:
        self._drop(transfer)
        self._send(ArtifactRefused(transfer=transfer, code=trouble.code, message=trouble.message[:500]))

    def _check_room(self, transfer: str) -> None:
        if transfer in self._up or transfer in self._down:
            raise FrameError(ErrorCode.BAD_FRAME, "That transfer is under way already.")
        if len(self._up) + len(self._down) + len(self._waiting) >= MAX_TRANSFERS:
            raise LimitError(ErrorCode.LIMIT_EXCEEDED, f"A device has at most {MAX_TRANSFERS} transfers at once.")

    # --- up ----------------------------------------------------------------------------------------------------

    async def _offered(self, offer: ArtifactOffer) -> None:
        if offer.transfer in self._waiting:
            return  # A device that has heard nothing for long says its offer again.
        self._check_room(offer.transfer)
        try:
            if offer.size > self._limits.artifact_bytes:
                limit = self._limits.artifact_bytes
                raise ArtifactTrouble(ErrorCode.ARTIFACT_TOO_LARGE, f"An artifact has at most {limit} bytes.")
            await self._receive(offer, await self._store.receive(offer))
        except ArtifactBusy:
            self._waiting[offer.transfer] = asyncio.ensure_future(self._wait(offer))
        except ArtifactTrouble as trouble:
            self._refuse(offer.transfer, trouble)

    async def _wait(self, offer: ArtifactOffer) -> None:
        """For the other transfer of this content; the connection goes on meanwhile."""
        sign = ArtifactAck(transfer=offer.transfer, offset=0)
        try:
            content = await self._store.receive_after(offer, lambda: self._send(sign))
            del self._waiting[offer.transfer]
            await self._receive(offer, content)
        except ArtifactTrouble as trouble:
            self._refuse(offer.transfer, trouble)

    async def _receive(self, offer: ArtifactOffer, content: Incoming | None) -> None:
        if content is None:
            self._send(ArtifactAck(transfer=offer.transfer, offset=offer.size, done=True))
            return
        self._up[offer.transfer] = _Up(offer.size, content)
        self._send(ArtifactReady(transfer=offer.transfer, offset=content.offset, size=offer.size))
        if content.offset == offer.size:
            await self._finish(offer.transfer)

    async def _chunk(self, chunk: Chunk) -> None:
        up = self._up.get(chunk.transfer)
        if up is None:
            return  # Refused a moment ago; what was on its way comes in vain.
        if chunk.offset != up.content.offset or chunk.offset + len(chunk.data) > up.size:
            raise FrameError(ErrorCode.BAD_FRAME, "A chunk does not begin where the last one ended, or is too long.")
        try:
            await up.content.write(chunk.data)
            if up.content.offset == up.size:
                await self._finish(chunk.transfer)
            else:
                self._send(ArtifactAck(transfer=chunk.transfer, offset=up.content.offset))
        except ArtifactTrouble as trouble:
            self._refuse(chunk.transfer, trouble)

    async def _finish(self, transfer: str) -> None:
        up = self._up[transfer]
        await up.content.finish()
        self._drop(transfer)
        self._send(ArtifactAck(transfer=transfer, offset=up.size, done=True))

    # --- down --------------------------------------------------------------------------------------------------

    async def _fetched(self, fetch: ArtifactFetch) -> None:
        self._check_room(fetch.transfer)
        try:
            content = await self._store.open(fetch)
            if fetch.offset > content.size:
                content.close()
                raise ArtifactTrouble(ErrorCode.BAD_ARGUMENTS, "The offset lies behind the end of the content.")
        except ArtifactTrouble as trouble:
            self._refuse(fetch.transfer, trouble)
            return
        self._down[fetch.transfer] = _Down(content, fetch.offset, fetch.offset)
        self._send(ArtifactReady(transfer=fetch.transfer, offset=fetch.offset, size=content.size))
        await self._pour(fetch.transfer)

    async def _acked(self, ack: ArtifactAck) -> None:
        down = self._down.get(ack.transfer)
        if down is None:
            return
        if ack.offset > down.sent:
            raise FrameError(ErrorCode.BAD_FRAME, "A device acknowledged content that it was not sent.")
        down.acked = max(down.acked, ack.offset)
        if ack.done or down.acked == down.content.size:
            self._drop(ack.transfer)
        else:
            await self._pour(ack.transfer)

    async def _pour(self, transfer: str) -> None:
        """Send chunks as far as the window goes."""
        down = self._down[transfer]
        window = self._limits.chunk_window * self._limits.chunk_bytes
        try:
            while down.sent < down.content.size and down.sent - down.acked < window:
                data = await down.content.read(down.sent, self._limits.chunk_bytes)
                if not data:
                    raise ArtifactTrouble(ErrorCode.UNKNOWN_ARTIFACT, "The content ends too early.")
                self._send(Chunk(transfer, down.sent, data))
                down.sent += len(data)
        except ArtifactTrouble as trouble:
            self._refuse(transfer, trouble)
