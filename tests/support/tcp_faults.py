"""A TCP proxy between real processes that treats their connections badly, from an event loop in a thread of its own.

    with proxy(("127.0.0.1", 8460)) as wire:
        ... processes speak to wire.url ...
        wire.cut()                  every connection is reset at once
        wire.closed = True          new connections are reset, too
        wire.swallow = "up"         half-open: what clients say is read and thrown away; "down": what the server says
        wire.stalled = True         nothing is read any more; both ends may write until their buffers are full
        wire.delay_s = 0.2          every piece arrives so much later
        wire.bytes_per_s = 50_000   of each direction of each connection

A connection that had something swallowed stays so until its end: a stream with a hole in it is nothing that TCP gives.
The end of a connection, at either side, is passed on at once.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

PIECE = 16_384
RESET = struct.pack("ii", 1, 0)  # SO_LINGER that says: no lingering, and RST instead of FIN


@dataclass(eq=False)
class Pair:
    """One client's connection and the one that was made for it."""

    client: socket.socket
    server: socket.socket
    swallowing: set[str] = field(default_factory=set)

    def reset(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@dataclass
class Wire:
    """What happens to the connections. Fields may be set from any thread; they hold from the next piece on."""

    target: tuple[str, int]
    port: int = 0
    closed: bool = False
    swallow: Literal["", "up", "down"] = ""
    stalled: bool = False
    delay_s: float = 0.0
    bytes_per_s: float = 0.0
    accepted: int = 0
    swallowed: int = 0
    _pairs: dict[Pair, asyncio.Task[None]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._pairs)

    def cut(self) -> None:
        """Reset every connection; returns once that is done."""
        done: Future[None] = Future()

        def now() -> None:
            for pair, task in self._pairs.items():
                pair.reset()
                task.cancel()
            done.set_result(None)

        self._loop.call_soon_threadsafe(now)
        done.result(10)

    def heal(self) -> None:
        """No more faults, from now on."""
        self.closed, self.swallow, self.stalled, self.delay_s, self.bytes_per_s = False, "", False, 0.0, 0.0

    # --- in the thread ---------------------------------------------------------------------------------------------

    async def serve(self, listener: socket.socket, stop: asyncio.Event) -> None:
        accepting = asyncio.ensure_future(self._accept(listener))
        await stop.wait()
        accepting.cancel()
        for task in list(self._pairs.values()):
            task.cancel()
        await asyncio.gather(accepting, *self._pairs.values(), return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            client.setblocking(False)
            self.accepted += 1
            server = socket.socket()
            server.setblocking(False)
            pair = Pair(client, server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs[pair] = self._loop.create_task(self._serve(pair))

    async def _serve(self, pair: Pair) -> None:
        """Until one direction ends: the other end is told at once."""
        ways: list[asyncio.Task[None]] = []
        try:
            if self.closed:
                raise ConnectionResetError
            await self._loop.sock_connect(pair.server, self.target)
            ways = [
                asyncio.create_task(self._carry(pair, "up", pair.client, pair.server)),
                asyncio.create_task(self._carry(pair, "down", pair.server, pair.client)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pair.reset()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            del self._pairs[pair]
            pair.client.close()
            pair.server.close()

    async def _carry(self, pair: Pair, way: str, source: socket.socket, sink: socket.socket) -> None:
        while piece := await self._loop.sock_recv(source, PIECE):
            while self.stalled:
                await asyncio.sleep(0.01)
            if self.swallow == way:
                pair.swallowing.add(way)
            if way in pair.swallowing:
                self.swallowed += len(piece)
                continue
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.bytes_per_s:
                await asyncio.sleep(len(piece) / self.bytes_per_s)
            await self._loop.sock_sendall(sink, piece)


@contextmanager
def proxy(target: tuple[str, int]) -> Iterator[Wire]:
    """A proxy on a free port of loopback before `target`, which need not be there yet."""
    wire = Wire(target)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.setblocking(False)
    wire.port = listener.getsockname()[1]
    stop = asyncio.Event()

    def live() -> None:
        asyncio.set_event_loop(wire._loop)
        wire._loop.run_until_complete(wire.serve(listener, stop))

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield wire
    finally:
        wire._loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        listener.close()
        wire._loop.close()
