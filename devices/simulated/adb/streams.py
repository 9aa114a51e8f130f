"""Streams within one ADB connection: each side sends one piece, and waits until the other has taken it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from devices.simulated.adb.wire import CLSE, MAX_DATA, OKAY, WRTE, Packet

Send = Callable[[Packet], Awaitable[None]]


class ClosedError(Exception):
    """The other end, or the connection, is gone."""


class Stream:
    """One stream that the host opened. `ours` and `theirs` are its numbers at both ends."""

    def __init__(self, ours: int, theirs: int, send: Send, most: int) -> None:
        self.ours = ours
        self.theirs = theirs
        self.closed = False
        self._send = send
        self._most = min(most, MAX_DATA)
        self._come: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._rest = b""
        self._taken = asyncio.Event()
        self._writing = asyncio.Lock()

    # --- what the connection hears ---------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        self._come.put_nowait(data)

    def taken(self) -> None:
        self._taken.set()

    def end(self) -> None:
        """The host has closed it."""
        self.closed = True
        self._come.put_nowait(None)
        self._taken.set()

    # --- what a service does ---------------------------------------------------------------------------------------

    async def read(self) -> bytes:
        """The next piece; nothing at the end. Only now may the host send another."""
        if self._rest:
            piece, self._rest = self._rest, b""
            return piece
        found = await self._come.get()
        if found is None:
            self._come.put_nowait(None)
            return b""
        await self._send(Packet(OKAY, self.ours, self.theirs))
        return found

    async def read_exactly(self, size: int) -> bytes:
        """Raises ClosedError where the stream ends before."""
        found = bytearray()
        while len(found) < size:
            piece = await self.read()
            if not piece:
                raise ClosedError
            found += piece
        self._rest = bytes(found[size:])
        return bytes(found[:size])

    async def write(self, data: bytes) -> None:
        """Raises ClosedError where the host has closed the stream."""
        async with self._writing:
            for at in range(0, len(data), self._most):
                if self.closed:
                    raise ClosedError
                self._taken.clear()
                await self._send(Packet(WRTE, self.ours, self.theirs, data[at : at + self._most]))
                await self._taken.wait()

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            await self._send(Packet(CLSE, self.ours, self.theirs))
