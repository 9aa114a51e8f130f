"""uvicorn's HTTP protocol with bounds that it lacks: on a request's head, in bytes and in seconds."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from orchestrator.api import problems
from orchestrator.api.websocket import ABORT

HEAD_BYTES = 64 << 10
HEAD_SECONDS = 15.0


class BoundedHttp(HttpToolsProtocol):
    """Ends connections whose request line and headers are too large or too slow. Needs `httptools`."""

    _head = 0  # bytes of the present head that the parser has told of
    _raw = 0  # bytes that came since the head began, while it is not whole
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # The parser tells of a header only once it is whole, and keeps what has come of it until then.
        waited = self._waiting is not None
        super().data_received(data)
        self._raw = self._raw + len(data) if waited and self._waiting is not None else 0
        if self._raw > HEAD_BYTES:
            self._refuse("headers_too_large", f"A request's head takes at most {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        self._head = 0
        self._expect_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        # For who does not read: closing would wait until it has read what is buffered.
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if self._head > HEAD_BYTES:
            self._refuse("headers_too_large", f"A request's head takes at most {HEAD_BYTES} bytes.")
        else:
            self._refuse("bad_http", "This is not HTTP.")

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEAD_BYTES:
            raise ValueError("the head is too large")  # the parser hands it on as its own error: send_400_response

    def _expect_head(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _too_slow(self) -> None:
        self._waiting = None
        self._refuse("request_timeout", f"The request's head did not arrive within {HEAD_SECONDS:g} seconds.")

    def _refuse(self, code: str, message: str) -> None:
        if self.transport.is_closing():
            return
        status = problems.status_of(code)
        content = problems.body(code, message, status)
        head = (
            f"content-type: {problems.MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        ).encode()
        self.transport.write(STATUS_LINE[status] + head + content)
        self.transport.close()
