"""Artifacts between devices: the files of `storage.artifacts` as the gateway wants them, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

from devices.gateway_transfers import ArtifactTrouble
from orchestrator.core.ports import Clock, Store, StoreError
from orchestrator.core.records import ArtifactRecord
from protocol.errors import ErrorCode
from protocol.messages import ArtifactFetch, ArtifactOffer
from storage.artifacts import ArtifactError, ArtifactFiles, Incoming, Outgoing

T = TypeVar("T")
PIECE = 1 << 20

_CODES = {
    "artifact_too_large": ErrorCode.ARTIFACT_TOO_LARGE,
    "artifact_unknown": ErrorCode.UNKNOWN_ARTIFACT,
    "hash_mismatch": ErrorCode.HASH_MISMATCH,
    "bad_offset": ErrorCode.BAD_ARGUMENTS,
}


class Contents:
    """The gateway's `ArtifactStore`. A device gets the contents that its own run has published, and no others."""

    def __init__(self, folder: Path, store: Store, clock: Clock) -> None:
        self._files = ArtifactFiles(folder)
        self._store = store
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def receive(self, offer: ArtifactOffer) -> _Receiving | None:
        lock = self._lock(offer.sha256)
        async with lock:
            incoming = await _off_loop(lambda: self._files.begin(offer.sha256, offer.size))
            if incoming is None:
                await self._note(offer)
                return None
        return _Receiving(incoming, lambda: self._note(offer), lock)

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
    def __init__(self, incoming: Incoming, note: Callable[[], Awaitable[None]], lock: asyncio.Lock) -> None:
        self._incoming = incoming
        self._note = note
        self._lock = lock

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
        raise ArtifactTrouble(_CODES.get(error.code, ErrorCode.UNAVAILABLE), error.message) from None
