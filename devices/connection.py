"""The agent's WebSocket: dialling, back-off, writing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address
from random import Random
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from protocol.session import DeviceSession

_DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
# The session's own limits are the strict ones; this one keeps a stranger from filling memory before they apply.
MAX_MESSAGE_BYTES: Final = 8 << 20
OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 3.0
BACKOFF_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0
TRIES_A_LEASE: Final = 5
PATIENCE_S: Final = 10.0
PATIENCE_MIN_S: Final = 1.0
PATIENCE_OF_LEASE: Final = 0.25


class Backoff:
    """Delays between attempts to connect: doubling from 0.5 s to 30 s, each a random part of that.

    `patience` is how long an attempt may take, until its session is open: 10 s, or a quarter of the lease, once
    that is known. It doubles with each attempt, up to the 10 s: on a slow network the handshake itself may take long.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._longest = BACKOFF_MAX_S
        self._impatience = PATIENCE_S
        self.reset()

    def reset(self) -> None:
        """The connection was good: begin again with short delays."""
        self._delay = min(BACKOFF_S, self._longest)
        self.patience = self._impatience

    def under_lease(self, lease_s: float) -> None:
        """Keep every delay, and the first attempts, so short that several fit into a lease.

        A device that sleeps past its lease, or waits so long for a handshake that a broken network has swallowed,
        finds its work taken from it, though nothing was wrong with the device.
        """
        self._longest = min(BACKOFF_MAX_S, lease_s / TRIES_A_LEASE)
        self._impatience = min(PATIENCE_S, max(PATIENCE_MIN_S, lease_s * PATIENCE_OF_LEASE))
        self._delay = min(self._delay, self._longest)

    def next(self) -> float:
        """Seconds until the next attempt."""
        # Full jitter: a thousand devices that were cut off at once come back spread out.
        delay = self._delay * self._random.random()
        self._delay = min(self._delay * 2, self._longest)
        self.patience = min(self.patience * 2, PATIENCE_S)
        return delay


class Connection(Protocol):
    """One WebSocket to the gateway. Iterating ends, or raises ConnectionClosed, with the connection."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, data: str | bytes) -> None:
        """Raises ConnectionClosed."""

    async def close(self) -> None: ...

    def abort(self) -> None:
        """Drop it, without a closing handshake."""


@runtime_checkable
class Direct(Protocol):
    """A connection that can also be read from and written to without waiting: no queue and no task switch a frame."""

    def read_with(self, reader: Callable[[str], bool]) -> None:
        """Offer each text to `reader` as it comes; what it says False to is iterated over, in its order."""

    def write(self, data: str | bytes) -> bool:
        """Write at once; False where that would have to wait, or the connection is ending."""


Dial = Callable[[str], Awaitable[Connection]]


class _Socket(ClientConnection):
    """The library's connection, with a way past its queue for whole texts."""

    reader: Callable[[str], bool] | None = None
    _parted = False  # amid a message of several frames

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in _DATA:
            if self._offered(event):
                return
            self._parted = not event.fin
        super().process_event(event)

    def _offered(self, frame: Frame) -> bool:
        """Whether the reader took it: a whole text that nothing earlier stands before."""
        waiting = self._parted or len(self.recv_messages.frames)
        if self.reader is None or waiting or frame.opcode is not Opcode.TEXT or not frame.fin:
            return False
        try:
            text = bytes(frame.data).decode()
        except UnicodeDecodeError:
            return False  # the library's to refuse
        return self.reader(text)

    def write_now(self, data: str | bytes) -> bool:
        if self.paused or self.protocol.state is not State.OPEN or self.transport.is_closing():
            return False
        if isinstance(data, str):
            self.protocol.send_text(data.encode())
        else:
            self.protocol.send_binary(data)
        self.send_data()
        return True


class _WebSocket:
    """`Connection` over a real socket."""

    def __init__(self, socket: _Socket) -> None:
        self._socket = socket
        self.send = socket.send
        self.close = socket.close
        self.write = socket.write_now

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self._socket.__aiter__()

    def read_with(self, reader: Callable[[str], bool]) -> None:
        self._socket.reader = reader

    def abort(self) -> None:
        self._socket.transport.abort()


async def dial(url: str) -> Connection:
    """Open a WebSocket. Raises OSError, TimeoutError or InvalidHandshake.

    No compression and no protocol pings: the session's heartbeats carry state and make pings redundant.
    """
    connection = await connect(
        url,
        compression=None,
        ping_interval=None,
        max_size=MAX_MESSAGE_BYTES,
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        proxy=None if _is_loopback(url) else True,
        create_connection=_Socket,
    )
    assert isinstance(connection, _Socket)
    wire = connection.transport.get_extra_info("socket")
    if wire is not None and wire.family in (socket.AF_INET, socket.AF_INET6):
        # A small result must not wait for the acknowledgement of the one before.
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _WebSocket(connection)


class Writer:
    """Writes what a session has to say, all of one turn of the event loop in as few frames as it allows.

    At once where the connection can; a task writes what has to wait.
    """

    def __init__(self, connection: Connection, session: DeviceSession) -> None:
        self._connection = connection
        self._direct = connection if isinstance(connection, Direct) else None
        self._session = session
        self._waiting = asyncio.Event()
        self._left: deque[str | bytes] = deque()
        self._woken = False
        self._finished = False
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    def wake(self) -> None:
        """There may be something to write, at the end of this turn."""
        if not self._woken:
            self._woken = True
            self._loop.call_soon(self._write_now)

    async def finish(self) -> None:
        """Write what is left, and stop."""
        self._finished = True
        self._task.cancel()
        # Awaiting the task itself would mistake our own cancellation, at this moment, for the task's.
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.result()
        with contextlib.suppress(ConnectionClosed):
            await self._write()

    def _write_now(self) -> None:
        self._woken = False
        if self._finished:
            return
        self._left += self._session.data_to_send()
        while self._left and self._direct is not None and self._direct.write(self._left[0]):
            self._left.popleft()
        if self._left:
            self._waiting.set()

    async def _run(self) -> None:
        with contextlib.suppress(ConnectionClosed):  # reading finds out too, and says so
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                await self._write()

    async def _write(self) -> None:
        """Write all. What a cancelled write has not begun stays for the next: a gap would end the session."""
        self._left += self._session.data_to_send()
        while self._left:
            await self._connection.send(self._left.popleft())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
