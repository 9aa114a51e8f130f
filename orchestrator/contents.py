"""Artifacts between devices: the files of `storage.artifacts` as the gateway wants them, off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

from devices.gateway_transfers import ArtifactBusy, ArtifactTrouble
from orchestrator.core.ports import Clock, Store, StoreError
from orchestrator.core.records import ArtifactRecord
from protocol.errors import ErrorCode
from protocol.messages import ArtifactFetch, ArtifactOffer
from storage.artifacts import ArtifactError, ArtifactFiles, Incoming, Outgoing

T = TypeVar("T")
PIECE = 1 << 20
LOOK_S = 0.5
STALL_S = 20.0
"""A transfer that brings nothing for so long is not waited for any longer."""

_CODES = {
    "artifact_too_large": ErrorCode.ARTIFACT_TOO_LARGE,
    "artifact_unknown": ErrorCode.UNKNOWN_ARTIFACT,
    "hash_mismatch": ErrorCode.HASH_MISMATCH,
    "bad_offset": ErrorCode.BAD_ARGUMENTS,
}


class Contents:
    """The gateway's `ArtifactStore`. A device gets the contents that its own run has published, and no others."""

    def __init__(self, folder: Path, store: Store, clock: Clock, *, stall_s: float = STALL_S) -> None:
        self._files = ArtifactFiles(folder)
        self._stall_s = stall_s
        self._under_way: dict[str, asyncio.Event] = {}
        self._store = store
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def receive(self, offer: ArtifactOffer) -> _Receiving | None:
        lock = self._lock(offer.sha256)
        async with lock:
            incoming = await self._begin(offer)
            if incoming is None:
                await self._note(offer)
                return None
        return _Receiving(incoming, lambda: self._note(offer), lock, self._begun(offer.sha256))

    async def receive_after(self, offer: ArtifactOffer, got_on: Callable[[], None]) -> _Receiving | None:
        loop = asyncio.get_running_loop()
        came, since = -1, loop.time()
        while True:
            with contextlib.suppress(ArtifactBusy):
                return await self.receive(offer)
            before, came = came, await asyncio.to_thread(self._files.came, offer.sha256)
            if came != before:
                since = loop.time()
                got_on()
            elif loop.time() - since >= self._stall_s:
                raise ArtifactTrouble(ErrorCode.UNAVAILABLE, "Another device began to send this content and stopped.")
            await self._ended(offer.sha256)

    def _begun(self, sha256: str) -> Callable[[], None]:
        """What is to be called once this transfer has ended."""
        event = self._under_way[sha256] = asyncio.Event()

        def ended() -> None:
            event.set()
            if self._under_way.get(sha256) is event:
                del self._under_way[sha256]

        return ended

    async def _ended(self, sha256: str) -> None:
        """Wait until the transfer under way has ended, at most LOOK_S: another process may have it."""
        event = self._under_way.get(sha256, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await event.wait()

    async def _begin(self, offer: ArtifactOffer) -> Incoming | None:
        """The content's writer; called off while a thread opens it, it is closed, and no one waits for it in vain."""
        opening = asyncio.ensure_future(_off_loop(lambda: self._files.begin(offer.sha256, offer.size)))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_closed)
            raise

    async def discard(self, sha256: str) -> int:
        """Remove a content unless a run has it, perhaps since a moment ago; how many bytes. Raises StoreError."""
        lock = self._lock(sha256)
        async with lock:
            if await self._store.artifact(sha256) is not None:
                return 0
            return await asyncio.to_thread(self._files.discard, sha256)

    def _lock(self, sha256: str) -> asyncio.Lock:
        """From a content's being there to its record, nobody may find that no run has it."""
        return self._locks.setdefault(sha256, asyncio.Lock())

    async def open(self, fetch: ArtifactFetch) -> _Giving:
        try:
            published = any(record.sha256 == fetch.sha256 for record in await self._store.artifacts(fetch.run))
        except StoreError as error:
            raise ArtifactTrouble(ErrorCode.UNAVAILABLE, error.message) from None
        if not published:
            raise ArtifactTrouble(ErrorCode.UNKNOWN_ARTIFACT, "No task of this run has published that content.")
        return _Giving(await _off_loop(lambda: self._files.open(fetch.sha256)))

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """A content, piece by piece. Raises ArtifactTrouble."""
        content = await _off_loop(lambda: self._files.open(sha256))
        try:
            while data := await _off_loop(lambda: content.read(PIECE)):
                yield data
        finally:
            content.close()

    async def _note(self, offer: ArtifactOffer) -> None:
        """Put the content on the run's record, so that the run's other tasks may have it."""
        record = ArtifactRecord(
            sha256=offer.sha256,
            size=offer.size,
            name=offer.name,
            run=offer.run,
            task=offer.task,
            created=self._clock.now(),
        )
        try:
            await self._store.add_artifact(record)
        except StoreError as error:
            raise ArtifactTrouble(ErrorCode.UNAVAILABLE, error.message) from None


class _Receiving:
    """`ended` is called when the content can have another writer."""

    def __init__(
        self,
        incoming: Incoming,
        note: Callable[[], Awaitable[None]],
        lock: asyncio.Lock,
        ended: Callable[[], None],
    ) -> None:
        self._incoming = incoming
        self._note = note
        self._lock = lock
        self._ended = ended

    @property
    def offset(self) -> int:
        return self._incoming.offset

    async def write(self, data: bytes) -> None:
        await _off_loop(lambda: self._incoming.write(data))

    async def finish(self) -> None:
        async with self._lock:
            await _off_loop(self._incoming.finish)
            await self._note()

    def close(self) -> None:
        self._incoming.close()
        self._ended()


class _Giving:
    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    @property
    def size(self) -> int:
        return self._outgoing.size

    async def read(self, offset: int, size: int) -> bytes:
        return await _off_loop(lambda: self._outgoing.read_at(offset, size))

    def close(self) -> None:
        self._outgoing.close()


async def _off_loop(work: Callable[[], T]) -> T:
    """Disk work in a thread. Raises ArtifactTrouble."""
    try:
        return await asyncio.to_thread(work)
    except ArtifactError as error:
        if error.code == "artifact_busy":
            raise ArtifactBusy(ErrorCode.UNAVAILABLE, error.message) from None
        raise ArtifactTrouble(_CODES.get(error.code, ErrorCode.UNAVAILABLE), error.message) from None


def _closed(opening: asyncio.Future[Incoming | None]) -> None:
    """Close what was opened for nobody."""
    if not opening.cancelled() and opening.exception() is None:
        incoming = opening.result()
        if incoming is not None:
            incoming.close()
