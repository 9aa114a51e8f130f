"""What the server's WebSocket offers to a reader at once, and what it leaves to `receive`, in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from orchestrator.api.server import bind, build_asgi, serve
from orchestrator.api.testing import FakeApplication
from orchestrator.api.websocket import READ
from orchestrator.settings import Settings


class Reader:
    """Takes what begins with `now`; a message `slow` is worked on for some turns of the event loop, `end` ends."""

    def __init__(self) -> None:
        self.came: list[str | bytes] = []
        self.at_once: list[str | bytes] = []
        self.busy = False

    def read(self, data: str | bytes) -> bool:
        if self.busy or not isinstance(data, str) or not data.startswith("now"):
            return False
        self.came.append(data)
        self.at_once.append(data)
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["extensions"][READ](self.read)
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] != "websocket.disconnect":
            data = event.get("text") or event.get("bytes") or ""
            self.came.append(data)
            if data == "slow":
                self.busy = True
                for _ in range(50):
                    await asyncio.sleep(0)
                self.busy = False
            if data == "end":
                await send({"type": "websocket.close", "code": 1000})


@contextlib.asynccontextmanager
async def connected(reader: Reader) -> AsyncIterator[ClientConnection]:
    settings = Settings(port=0)
    stop = asyncio.Event()
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    serving = asyncio.create_task(
        serve(build_asgi(FakeApplication(), reader, settings), settings, stop=stop, bound=bound)
    )
    try:
        async with connect(f"ws://127.0.0.1:{port}/v1/agent", compression=None) as client:
            yield client
    finally:
        stop.set()
        await serving


async def test_what_a_reader_takes_is_not_received() -> None:
    reader = Reader()
    async with connected(reader) as client:
        for data in ("now 1", "later", b"bytes", "now 2", "end"):
            await client.send(data)
        await client.wait_closed()
    assert reader.came == ["now 1", "later", b"bytes", "now 2", "end"]
    assert reader.at_once[0] == "now 1"


async def test_nothing_overtakes_a_message_that_is_worked_on() -> None:
    reader = Reader()
    async with connected(reader) as client:
        for data in ("slow", "now 1", "now 2", "end"):
            await client.send(data)
        await client.wait_closed()
    assert reader.came == ["slow", "now 1", "now 2", "end"]


async def test_what_is_no_text_is_offered_to_nobody() -> None:
    reader = Reader()
    async with connected(reader) as client:
        await client.send(b"now \xff", text=True)
        with contextlib.suppress(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1007
    assert reader.came == []
