"""The one way out of the browser: a proxy on loopback that asks the guard, and connects to what was checked.

So a name that resolves otherwise the second time, a redirect, an image, a script's request and a WebSocket are all held
to the same rules. What goes over TLS passes through unread.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Coroutine
from typing import Final
from urllib.parse import urlsplit

from protocol.errors import ErrorCode
from tools.browser.guard import PORTS, Guard, Origin
from tools.errors import ToolError

HEAD_BYTES: Final = 256 << 10
CONNECT_S: Final = 15.0
PIECE: Final = 64 << 10
_OWN: Final = ("proxy-connection", "proxy-authorization", "connection", "keep-alive")
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})")


class Proxy:
    """Serves one browser on a free port of loopback until `close`."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """The URL to give the browser."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; what goes over TLS is one for us, too. Anybody's fault ends the connection, and nothing else."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self._forward(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _forward(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, lines = _parsed(head)
        tunnel = method == "CONNECT"
        try:
            origin = _origin(target, tunnel)
        except ValueError:
            writer.write(_answer(400, "this is no request for a proxy"))
            return
        try:
            theirs, ours = await self._connected(origin, None if tunnel else _header(lines, "sec-fetch-site"))
        except ToolError as error:
            self._guard.refuse(origin, error)
            status = 403 if error.code is ErrorCode.DENIED else 502
            writer.write(_answer(status, f"Not let through by this device: {error.message}."))
            await writer.drain()
            return
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _both(_pipe(reader, ours), _pipe(theirs, writer))
            else:
                ours.write(_request(method, target, lines))
                await _both(_pipe(reader, ours), _respond(theirs, writer))
        finally:
            ours.transport.abort()

    async def _connected(self, origin: Origin, site: str | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = await self._guard.address(origin, site)
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(str(address), origin[1], limit=HEAD_BYTES)
        except (OSError, TimeoutError) as error:
            why = "it does not answer in time" if isinstance(error, TimeoutError) else "nobody accepts a connection"
            message = f"`{origin[0][:200]}` cannot be reached at port {origin[1]}: {why}"
            raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True) from None


def _parsed(head: bytes) -> tuple[str, str, list[str]]:
    """Method, target, and the lines of the headers."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    return words[0], words[1] if len(words) == 3 else "", [line for line in lines if line]


def _origin(target: str, tunnel: bool) -> Origin:
    """Raises ValueError."""
    parts = urlsplit(f"//{target}" if tunnel else target)
    if not parts.hostname or (not tunnel and parts.scheme not in ("http", "ws")):
        raise ValueError("no host")
    return parts.hostname.rstrip("."), parts.port or PORTS[parts.scheme or "https"]


def _header(lines: list[str], name: str) -> str | None:
    return next((line.partition(":")[2].strip().lower() for line in lines if line.lower().startswith(f"{name}:")), None)


def _request(method: str, target: str, lines: list[str]) -> bytes:
    """As the server itself wants it. Each connection carries one request: none is sent to whom it is not for."""
    parts = urlsplit(target)
    path = target.split(parts.netloc, 1)[1] or "/"
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in _OWN]
    path = path if path.startswith("/") else f"/{path}"
    return "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1")


async def _respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The response, which is the last on this connection whatever its server says."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _STATUS.match(head)
        if found is None or not found[1].startswith(b"1") or found[1] == b"101":
            break
        writer.write(head)
    lines = head.decode("latin-1").split("\r\n")
    kept = [line for line in lines if line and line.partition(":")[0].strip().lower() not in _OWN]
    writer.write("\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1"))
    await _pipe(reader, writer)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything, as fast as the other end takes it."""
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()


async def _both(up: Coroutine[None, None, None], down: Coroutine[None, None, None]) -> None:
    """Both directions, until what comes back is over, or the browser is gone."""
    tasks = [asyncio.ensure_future(one) for one in (up, down)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _answer(status: int, text: str) -> bytes:
    """A page of our own. It is of no origin: that it stands under an address makes it no page of that address."""
    body = f'<link rel="icon" href="data:,"><p>{html.escape(text)}</p>'.encode()
    words = {400: "Bad Request", 403: "Forbidden", 502: "Bad Gateway"}[status]
    lines = (
        f"HTTP/1.1 {status} {words}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Content-Security-Policy: sandbox allow-scripts; default-src 'none'",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body
