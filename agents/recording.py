"""Records every exchange with a model's server to a file, and plays such a file back byte for byte.

A file holds one JSON object a line, an exchange each:

    request     method, path with query, body; `sha256` of these three, by which a replay finds the exchange
    status, headers, chunks     the response; a chunk is [seconds since the request, text] or [.., {"base64": ..}]
    error       instead or after that, the name of the transport's error
    ended       `complete`, `closed` (the caller had enough), `failed` or `cancelled`

Bytes are kept as they came, with the boundaries of the chunks. The Authorization header, as every header of a request,
is never written; what the request's body says of its owner's affairs is in the file, which only its owner may read.
A replay gives exchanges with the same request in the order of the file, each once, without the waits.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Literal, Self

import httpx2
from pydantic import Field, ValidationError

from agents.errors import NotRecorded, RecordingError
from agents.gate import PASSAGE
from agents.network import DirectTransport
from orchestrator.core.tasks import Model

_KEPT = ("content-type", "content-encoding", "retry-after")
_ERRORS: dict[str, type[httpx2.TransportError]] = {
    kind.__name__: kind
    for kind in (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.ReadError,
        httpx2.ReadTimeout,
        httpx2.WriteError,
        httpx2.WriteTimeout,
        httpx2.PoolTimeout,
        httpx2.CloseError,
        httpx2.RemoteProtocolError,
        httpx2.LocalProtocolError,
    )
}

Transport = httpx2.AsyncBaseTransport
Heard = Callable[[str, "Exchange"], None]
"""Told of an exchange that has ended, and of the run that it was for; empty outside one."""
Ended = Literal["complete", "closed", "failed", "cancelled"]


class Binary(Model):
    base64: str


Piece = str | Binary


class Exchange(Model):
    """One line of a recording."""

    version: Literal[1] = 1
    at: float
    method: str
    path: str
    body: Piece
    sha256: str
    status: int | None = None
    headers: dict[str, str] = {}
    chunks: tuple[tuple[Annotated[float, Field(ge=0)], Piece], ...] = ()
    error: str | None = None
    ended: Ended


class Recorder(Transport):
    """Passes everything on to `inner`, and once an exchange has ended appends it to the file and tells `heard`."""

    def __init__(
        self,
        path: Path | None,
        inner: Transport | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        heard: Heard | None = None,
    ) -> None:
        self._path = path
        self._heard = heard
        self._inner = inner or DirectTransport()
        self._clock = clock
        self._now = now

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        log = _Log(self, request, await request.aread())
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            log.end(error)
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        log.status = response.status_code
        log.headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        response.stream = _Recorded(response.stream, log)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def ended(self, run: str, exchange: Exchange) -> None:
        """Raises RecordingError."""
        if self._heard is not None:
            self._heard(run, exchange)
        if self._path is not None:
            self._write(self._path, exchange)

    @staticmethod
    def _write(path: Path, exchange: Exchange) -> None:
        """Append a line. Small and local: not worth a thread, and must happen when a caller is cancelled, too."""
        line = exchange.model_dump_json(exclude_none=True) + "\n"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line.encode())
        except OSError as error:
            raise RecordingError(f"the recording {path} cannot be written: {error.strerror}") from None


class _Log:
    """One exchange while it goes on."""

    def __init__(self, recorder: Recorder, request: httpx2.Request, body: bytes) -> None:
        self._recorder = recorder
        self._request = request
        self._body = body
        self._began = recorder._clock()
        self._at = recorder._now()
        passage = PASSAGE.get()
        self._run = "" if passage is None else passage.run
        self._over = False
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.chunks: list[tuple[float, Piece]] = []

    def chunk(self, data: bytes) -> None:
        self.chunks.append((round(self._recorder._clock() - self._began, 6), _piece(data)))

    def end(self, error: BaseException | None = None, *, ended: Ended = "complete") -> None:
        """Write it down; only the first end counts."""
        if self._over:
            return
        self._over = True
        if error is not None:
            ended = "failed" if isinstance(error, Exception) else "cancelled"
        method, path = self._request.method, _path(self._request)
        exchange = Exchange(
            at=self._at,
            method=method,
            path=path,
            body=_piece(self._body),
            sha256=key(method, path, self._body),
            status=self.status,
            headers=self.headers,
            chunks=tuple(self.chunks),
            error=type(error).__name__ if isinstance(error, Exception) else None,
            ended=ended,
        )
        self._recorder.ended(self._run, exchange)


class _Recorded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, log: _Log) -> None:
        self._stream = stream
        self._log = log

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                self._log.chunk(chunk)
                yield chunk
        except GeneratorExit:
            self._log.end(ended="closed")
            raise
        except BaseException as error:
            self._log.end(error)
            raise
        self._log.end()

    async def aclose(self) -> None:
        self._log.end(ended="closed")
        await self._stream.aclose()


class Replayer(Transport):
    """Answers from a recording; nothing goes out. Raises NotRecorded to a request that is not in it (any more)."""

    def __init__(self, exchanges: list[Exchange], name: str = "the recording") -> None:
        self._name = name
        self._left: dict[str, deque[Exchange]] = {}
        for exchange in exchanges:
            self._left.setdefault(exchange.sha256, deque()).append(exchange)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises RecordingError."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingError(f"the recording {path} cannot be read: {error}") from None
        exchanges = []
        for number, line in enumerate(lines, 1):
            try:
                exchanges.append(Exchange.model_validate_json(line))
            except ValidationError:
                raise RecordingError(f"line {number} of {path} is no exchange of a recording") from None
        return cls(exchanges, str(path))

    @property
    def left(self) -> int:
        """How many exchanges were not asked for yet."""
        return sum(map(len, self._left.values()))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        waiting = self._left.get(key(request.method, _path(request), body))
        if not waiting:
            what = "no further answer" if waiting is not None else "no answer"
            raise NotRecorded(f"{self._name} has {what} to {request.method} {_path(request)}: record it again")
        exchange = waiting.popleft()
        if exchange.status is None:
            raise _error(exchange, request)
        stream = _Replayed(exchange, request)
        return httpx2.Response(exchange.status, headers=exchange.headers, stream=stream, request=request)


class _Replayed(httpx2.AsyncByteStream):
    def __init__(self, exchange: Exchange, request: httpx2.Request) -> None:
        self._exchange = exchange
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _, piece in self._exchange.chunks:
            yield _bytes(piece)
        if self._exchange.ended != "complete":
            raise _error(self._exchange, self._request)


def _error(exchange: Exchange, request: httpx2.Request) -> httpx2.TransportError:
    """The error that was recorded; where the caller had left, an end that a further read runs into."""
    kind = _ERRORS.get(exchange.error or "", httpx2.ReadError)
    return kind("so it was recorded" if exchange.error else "the recording ends here", request=request)


def key(method: str, path: str, body: bytes) -> str:
    """What tells requests apart: method, path and body, not the server's address."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def _path(request: httpx2.Request) -> str:
    return request.url.raw_path.decode("ascii", "replace")


def _piece(data: bytes) -> Piece:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return Binary(base64=base64.b64encode(data).decode())


def _bytes(piece: Piece) -> bytes:
    return piece.encode() if isinstance(piece, str) else base64.b64decode(piece.base64)


class Playback:
    """One recording for all rungs, read when the first of them is asked. Calling it raises RecordingError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._replayer: Replayer | None = None

    def __call__(self) -> Transport:
        with self._lock:
            if self._replayer is None:
                self._replayer = Replayer.load(self._path)
            return self._replayer


def network(record: str | None, replay: str | None, heard: Heard | None = None) -> Callable[[], Transport] | None:
    """Makes what stands for the network under these settings: a recorder or a recording; None: nothing does."""
    played = Playback(Path(replay)) if replay else None
    if heard is None and not record:
        return played
    path = Path(record) if record else None
    return lambda: Recorder(path, None if played is None else played(), heard=heard)
