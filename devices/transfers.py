"""Artifacts between this device and the gateway: hashed chunks inside a window, going on after a dropped connection.

Sending: `artifact_offer`, the gateway's `artifact_ready` with the offset it has, chunks at most `chunk_window` ahead of
its `artifact_ack`, until an ack says `done`. Receiving: `artifact_fetch` with the offset we have, `artifact_ready`,
chunks that we acknowledge one by one, and an ack with `done` once the whole hash is right. After a reconnect or 10 s of
silence, and where a chunk is missing, the same offer or fetch is said again, under the same transfer id; a gateway
that has that transfer under way ends the session, and the reconnect mends it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path
from random import Random
from typing import Final

from protocol.codec import Chunk
from protocol.errors import ErrorCode
from protocol.messages import (
    ArtifactAck,
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    AttemptRef,
    Limits,
)
from tools.errors import ToolError

Incoming = ArtifactReady | ArtifactAck | ArtifactRefused | Chunk
Outgoing = ArtifactOffer | ArtifactFetch | ArtifactAck | ArtifactRefused | Chunk
Beat = Callable[[], None]
SILENCE_S: Final = 10.0
"""A transfer of which nothing was heard for so long is begun again where it stopped: something was lost."""

GAPS: Final = 5
"""So often may a chunk be missing in a row, with none that was right between."""

PASSING: Final = (ErrorCode.UNAVAILABLE, ErrorCode.HASH_MISMATCH)
"""Refusals that another attempt may not meet: a store that could not be used, and bytes that came wrong."""


def _no_beat() -> None:
    """Nobody asked for signs of life."""


class Transfers:
    """The transfers of one device. `say` sends a message, or drops it while no connection is up."""

    def __init__(self, say: Callable[[Outgoing], None], limits: Callable[[], Limits], random: Random) -> None:
        self._say = say
        self._limits = limits
        self._random = random
        self._live: dict[str, tuple[_Sending | _Receiving, Beat]] = {}
        self._heard: set[str] = set()

    def handle(self, message: Incoming) -> None:
        """Take a message of the gateway; one about a transfer that is over says nothing new."""
        work, beat = self._live.get(message.transfer, (None, _no_beat))
        if work is not None:
            self._heard.add(message.transfer)
            beat()
            work.take(message)

    def reconnected(self) -> None:
        """A session is open again: go on where the other end is."""
        for work, _ in list(self._live.values()):
            work.begin()

    async def publish(self, path: Path, name: str, attempt: AttemptRef, beat: Beat = _no_beat) -> tuple[str, int]:
        """Send a file's content; its SHA-256 in hex and its size. Raises ToolError, OSError.

        `beat` is called whenever the transfer gets on.
        """
        with await asyncio.to_thread(open, path, "rb") as file:
            sha256, size = await asyncio.to_thread(_digest, file)
            bound = self._limits().artifact_bytes
            if size > bound:
                raise ToolError(ErrorCode.ARTIFACT_TOO_LARGE, f"the file has {size:,} bytes, {bound:,} are allowed")
            transfer = self._id()
            offer = ArtifactOffer(transfer=transfer, sha256=sha256, size=size, name=name[:500], **attempt.model_dump())
            await self._through(transfer, _Sending(self._say, self._limits, offer, file), beat)
        return sha256, size

    async def save(self, sha256: str, path: Path, attempt: AttemptRef, beat: Beat = _no_beat) -> int:
        """Write an artifact into the existing file at `path`; its size. `beat` as above. Raises ToolError, OSError."""
        with await asyncio.to_thread(open, path, "r+b") as file:
            transfer = self._id()
            fetch = ArtifactFetch(transfer=transfer, sha256=sha256, **attempt.model_dump())
            receiving = _Receiving(self._say, self._limits, fetch, file)
            await self._through(transfer, receiving, beat)
        return receiving.offset

    async def _through(self, transfer: str, work: _Sending | _Receiving, beat: Beat) -> None:
        """Live through a transfer; the gateway hears of it when it ends before its time."""
        self._live[transfer] = (work, beat)
        loop = asyncio.get_running_loop()
        watch: asyncio.TimerHandle

        def look() -> None:
            nonlocal watch
            if transfer not in self._heard:
                work.begin()
            self._heard.discard(transfer)
            watch = loop.call_later(SILENCE_S, look)

        watch = loop.call_later(SILENCE_S, look)
        try:
            work.begin()
            await work.run()
        except BaseException:
            self._say(ArtifactRefused(transfer=transfer, code=ErrorCode.CANCELLED))
            raise
        finally:
            watch.cancel()
            self._heard.discard(transfer)
            del self._live[transfer]

    def _id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"


class _Sending:
    """Content on its way to the gateway. `_next` is None until the gateway has said from where."""

    def __init__(
        self, say: Callable[[Outgoing], None], limits: Callable[[], Limits], offer: ArtifactOffer, file: BufferedIOBase
    ) -> None:
        self._say = say
        self._limits = limits
        self._offer = offer
        self._file = file
        self._changed = asyncio.Event()
        self._next: int | None = None
        self._acked = 0
        self._done = False
        self._refused: ToolError | None = None

    def begin(self) -> None:
        self._next = None
        self._say(self._offer)

    def take(self, message: Incoming) -> None:
        if isinstance(message, ArtifactReady):
            self._next = self._acked = min(message.offset, self._offer.size)
        elif isinstance(message, ArtifactAck):
            self._acked = max(self._acked, message.offset)
            self._done |= message.done
        elif isinstance(message, ArtifactRefused):
            self._refused = _refusal(message)
        self._changed.set()

    async def run(self) -> None:
        while not self._done:
            if self._refused is not None:
                raise self._refused
            if not await self._send_one():
                await self._changed.wait()
            self._changed.clear()

    async def _send_one(self) -> bool:
        """Send the next chunk, if the window has room for it."""
        limits = self._limits()
        offset = self._next
        if offset is None or offset == self._offer.size:
            return False
        if offset - self._acked >= limits.chunk_bytes * limits.chunk_window:
            return False
        size = min(limits.chunk_bytes, self._offer.size - offset)
        data = await asyncio.to_thread(os.pread, self._file.fileno(), size, offset)
        if not data:
            raise ToolError(ErrorCode.HASH_MISMATCH, "the file changed while it was sent", retryable=True)
        if self._next == offset:  # else the connection dropped in the meantime, and the gateway says anew from where
            self._say(Chunk(self._offer.transfer, offset, data))
            self._next = offset + len(data)
        return True


class _Receiving:
    """Content on its way to a file. `offset` is what is written, `_expected` what has come."""

    def __init__(
        self, say: Callable[[Outgoing], None], limits: Callable[[], Limits], fetch: ArtifactFetch, file: BufferedIOBase
    ) -> None:
        self._say = say
        self._limits = limits
        self._fetch = fetch
        self._file = file
        self._hash = hashlib.sha256()
        self._come: asyncio.Queue[Chunk | ToolError | None] = asyncio.Queue()
        self._size: int | None = None
        self._expected = 0
        self._ready = False
        self._gaps = 0
        self.offset = 0

    def begin(self) -> None:
        self._ready = False
        self._say(self._fetch.model_copy(update={"offset": self._expected}))

    def take(self, message: Incoming) -> None:
        if isinstance(message, ArtifactRefused):
            self._come.put_nowait(_refusal(message))
        elif isinstance(message, ArtifactReady):
            self._take_ready(message)
        elif isinstance(message, Chunk):
            self._take_chunk(message)

    def _take_ready(self, ready: ArtifactReady) -> None:
        bound = self._limits().artifact_bytes
        if ready.size > bound:
            message = f"the artifact has {ready.size:,} bytes, {bound:,} are allowed"
            self._come.put_nowait(ToolError(ErrorCode.ARTIFACT_TOO_LARGE, message))
        elif self._size not in (None, ready.size):
            self._come.put_nowait(_broken())
        elif ready.offset == self._expected:
            self._size = ready.size
            self._ready = True
            self._come.put_nowait(None)

    def _take_chunk(self, chunk: Chunk) -> None:
        """The next one. What came before came twice; what comes too early follows on one that was lost."""
        end = chunk.offset + len(chunk.data)
        if (self._size is not None and end > self._size) or self._come.qsize() > 2 * self._limits().chunk_window:
            self._come.put_nowait(_broken())
        elif self._ready and chunk.offset == self._expected:
            self._expected = end
            self._gaps = 0
            self._come.put_nowait(chunk)
        elif self._ready and end > self._expected:
            self._missing()

    def _missing(self) -> None:
        self._gaps += 1
        if self._gaps > GAPS:
            self._come.put_nowait(_broken())
        else:
            self.begin()

    async def run(self) -> None:
        while self._size is None or self.offset < self._size:
            item = await self._come.get()
            if isinstance(item, ToolError):
                raise item
            if item is not None:
                await asyncio.to_thread(self._write, item.data)
                self.offset += len(item.data)
                if self.offset != self._size:
                    self._say(ArtifactAck(transfer=self._fetch.transfer, offset=self.offset))
        if self._hash.hexdigest() != self._fetch.sha256:
            raise ToolError(ErrorCode.HASH_MISMATCH, "the artifact that came does not have its hash", retryable=True)
        await asyncio.to_thread(self._file.flush)
        self._say(ArtifactAck(transfer=self._fetch.transfer, offset=self.offset, done=True))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)


def _refusal(refused: ArtifactRefused) -> ToolError:
    message = refused.message or "the orchestrator refused the artifact"
    return ToolError(refused.code, message, retryable=refused.code in PASSING)


def _broken() -> ToolError:
    return ToolError(ErrorCode.UNAVAILABLE, "the orchestrator sent what was not asked for", retryable=True)


def _digest(file: BufferedIOBase) -> tuple[str, int]:
    """SHA-256 and size of the whole file."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest, file.tell()
