"""uvicorn's WebSocket protocol with our bounds, on the event loop that says so when a dead connection is written to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from orchestrator.api.server import bind, build_asgi, serve
from orchestrator.api.testing import FakeApplication
from orchestrator.api.websocket import ABORT, WRITE
from orchestrator.settings import Settings

uvloop = pytest.importorskip("uvloop")


def test_a_connection_that_has_just_died_is_written_to(tmp_path: Path) -> None:
    """A killed device: the application has not heard of it yet. uvloop raises where asyncio says nothing."""
    outcome: list[object] = []

    async def gateway(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        outcome.append(scope["extensions"][WRITE]("one"))
        scope["extensions"][ABORT]()
        outcome.append(scope["extensions"][WRITE]("two"))
        for _ in range(5):  # turns of the loop: the transport is closed, and what it said about it is not read yet
            await asyncio.sleep(0)
        outcome.append(scope["extensions"][WRITE]("three"))
        for late in ({"type": "websocket.send", "text": "four"}, {"type": "websocket.close", "code": 1000}):
            try:
                await send(late)
            except Exception as error:  # noqa: BLE001 - which one it is, is what is tested
                outcome.append(isinstance(error, OSError))
            else:
                outcome.append(None)
        outcome.append((await receive())["type"])

    async def live() -> None:
        settings = Settings(data_dir=tmp_path, port=0)
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        gate = build_asgi(FakeApplication(), gateway, settings)
        serving = asyncio.ensure_future(
            serve(gate, settings, stop=stop, ready=ready.set_result, bound=bind("127.0.0.1", 0))
        )
        url = await ready
        try:
            async with connect(url.replace("http", "ws") + "/v1/agent") as device:
                await device.wait_closed()
        finally:
            stop.set()
            await serving

    uvloop.run(live())
    assert outcome == [True, False, False, True, True, "websocket.disconnect"]
