"""Reading and writing past the library's queue: what is offered at once, what is not, and in which order it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError

from devices import connection
from devices.connection import Connection, Direct


@asynccontextmanager
async def dialled(script: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Connection]:
    """A connection to a server that plays a script and closes."""
    async with serve(script, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        dialled = await connection.dial(f"ws://127.0.0.1:{port}")
        try:
            yield dialled
        finally:
            await dialled.close()


def reading(one: Connection, reader: Callable[[str], bool]) -> None:
    assert isinstance(one, Direct)
    one.read_with(reader)


async def begun(one: Connection) -> None:
    """Have the server begin its script, now that a reader is there."""
    await one.send("go")


async def test_a_text_that_is_taken_is_not_iterated_over() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        for text in ("a", "b", "refused"):
            await socket.send(text)

    taken: list[str] = []

    def reader(text: str) -> bool:
        if text != "refused":
            taken.append(text)
        return text != "refused"

    async with dialled(script) as one:
        reading(one, reader)
        await begun(one)
        assert [data async for data in one] == ["refused"]
    assert taken == ["a", "b"]


async def test_nothing_overtakes_what_waits() -> None:
    """Chunks, and messages in several frames, take the long way; texts behind them wait their turn."""

    async def parts() -> AsyncIterator[str]:
        yield "c1"
        await socket_of[0].ping()  # between the frames of a message
        yield "c2"

    async def script(socket: ServerConnection) -> None:
        socket_of.append(socket)
        await socket.recv()
        await socket.send("a")
        await socket.send(b"b")
        await socket.send(parts())
        await socket.send("d")

    socket_of: list[ServerConnection] = []
    came: list[str | bytes] = []

    def reader(text: str) -> bool:
        came.append(text)
        return True

    async with dialled(script) as one:
        reading(one, reader)
        await begun(one)
        async for data in one:
            came.append(data)  # noqa: PERF401 - the reader adds to it meanwhile
    assert came == ["a", b"b", "c1c2", "d"]


async def test_a_text_that_is_none_ends_the_connection() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(b"\xff", text=True)
        await socket.wait_closed()

    async with dialled(script) as one:
        reading(one, lambda _: pytest.fail("offered"))
        await begun(one)
        with pytest.raises(ConnectionClosedError):
            [data async for data in one]


async def test_writing_at_once_says_where_it_would_have_to_wait() -> None:
    got: list[str | bytes] = []

    async def script(socket: ServerConnection) -> None:
        got.extend([await socket.recv(), await socket.recv()])

    async with dialled(script) as one:
        assert isinstance(one, Direct)
        assert one.write("text")
        assert one.write(b"bytes")
        assert [data async for data in one] == []
        assert not one.write("too late")
    assert got == ["text", b"bytes"]
