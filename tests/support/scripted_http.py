"""An HTTP server that answers from a script, one answer a connection, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Scripted:
    url: str
    asked: list[bytes] = field(default_factory=list)
    """Head and body of each request, in order."""


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer, after which the connection is closed."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def problem(status: str, code: str, *headers: str) -> bytes:
    body = f'{{"code":"{code}","detail":"told","status":1,"more":2}}'.encode()
    return answer(status, body, "content-type: application/problem+json", *headers)


def stream(text: str, *, cut: bool = False) -> bytes:
    """An event stream; `cut` breaks off before its end."""
    piece = text.encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + f"{len(piece):x}\r\n".encode() + piece + b"\r\n" + (b"" if cut else b"0\r\n\r\n")


@contextlib.asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[Scripted]:
    """Empty bytes: the connection is closed without an answer. The last answer is given to all that come later."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            asked.asked.append(head + (await reader.readexactly(length[0]) if length else b""))
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    asked = Scripted(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield asked
