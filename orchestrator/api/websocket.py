"""uvicorn's WebSocket protocol with bounds that it lacks: on peers that do not read, and on what is no WebSocket.

What it hands to the application is ASGI, and three functions in `scope["extensions"]`: `asterism.abort` drops the
connection at once, for peers that do not even read a close frame; `asterism.write` writes a message at once, without
a task and a coroutine for it, and says False where it would have to wait; `asterism.read` takes a function that is
offered each message first, as it comes from the socket, and says False where `receive` is to hand it out instead.
"""

from __future__ import annotations

from asyncio import BaseTransport
from collections.abc import Callable
from typing import cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

ABORT = "asterism.abort"
WRITE = "asterism.write"
READ = "asterism.read"
UNREAD_BYTES = 256 << 10
"""Of answers to pings that wait for a peer to read: what is sent by the application waits by itself."""
CLOSE_SECONDS = 5.0


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Ends connections below the application where it could only watch."""

    # A slot: one more entry in the instance's dict would double that, for every idle device.
    __slots__ = ("reader",)

    reader: Callable[[str | bytes], bool] | None

    def connection_made(self, transport: BaseTransport) -> None:
        self.reader = None
        super().connection_made(transport)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast("dict[str, object]", self.scope["extensions"])
            extensions[ABORT] = self.abort
            extensions[WRITE] = self.write_now
            extensions[READ] = self.read_with

    def write_now(self, data: str | bytes) -> bool:
        """Write one message, unless the peer is slow to read or the connection is ending, or gone."""
        if not self.writable.is_set() or self.close_sent or self.conn.state is not State.OPEN:
            return False
        if self.disconnected or self.transport.is_closing():  # and the application has not heard of it yet
            return False
        if isinstance(data, str):
            self.conn.send_text(data.encode())
        else:
            self.conn.send_binary(data)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def read_with(self, reader: Callable[[str | bytes], bool]) -> None:
        """Offer each message to `reader`, unless earlier ones wait to be received."""
        self.reader = reader

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.reader = None

    def start_keepalive(self) -> None:
        """The opening handshake is over, and forgotten: its headers are 3 KiB of the 24 that an idle device costs."""
        super().start_keepalive()
        del self.request, self.response

    def abort(self) -> None:
        """Drop the connection, with what is not written yet."""
        self.transport.abort()

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNREAD_BYTES:
            self.abort()

    def send_receive_event_to_app(self) -> None:
        if self.close_sent:
            self.frames = []
            return
        message = b"".join(self.frames)
        if self.curr_msg_data_type == "text" and not _is_text(message):
            # As uvicorn does, without a traceback in the log for each.
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()
        elif self.reader is None or not self.queue.empty() or not self.reader(self._data(message)):
            super().send_receive_event_to_app()
        else:
            self.frames = []

    def _data(self, message: bytes) -> str | bytes:
        return message.decode() if self.curr_msg_data_type == "text" else message

    async def send(self, message: ASGISendEvent) -> None:
        if self.close_sent and self.handshake_complete:
            # We closed for a fault of the peer, and the application has not heard of it yet.
            raise ClientDisconnected
        if self.handshake_complete and self.transport.is_closing():
            raise ClientDisconnected
        await super().send(message)
        if self.close_timer is not None:
            # Its own closes only once all is written, which a peer that does not read puts off for ever.
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(CLOSE_SECONDS, self.abort)


def _is_text(data: bytes) -> bool:
    """Whether it is UTF-8. Nearly all is ASCII, which is seen at a glance."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
    return True
