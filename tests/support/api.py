"""A served application on a loopback port, and a client for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
from starlette.types import Receive, Scope, Send

from orchestrator.api.server import bind, build_asgi, serve
from orchestrator.core.application import Application
from orchestrator.settings import Settings


@dataclass
class Served:
    url: str
    client: httpx2.AsyncClient
    stop: asyncio.Event
    serving: asyncio.Task[None]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


async def no_gateway(scope: Scope, receive: Receive, send: Send) -> None:
    """A gateway that takes a device's connection and ends it."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1000})


@contextlib.asynccontextmanager
async def served(app: Application, settings: Settings | None = None) -> AsyncIterator[Served]:
    settings = settings or Settings(port=0)
    stop = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    gate = build_asgi(app, no_gateway, settings)
    bound = bind(settings.host, 0)
    serving = asyncio.create_task(serve(gate, settings, stop=stop, ready=ready.set_result, bound=bound))
    url = await ready
    async with httpx2.AsyncClient(base_url=url, timeout=20) as client:
        try:
            yield Served(url, client, stop, serving)
        finally:
            await client.aclose()
            stop.set()
            await serving


async def raw(port: int, data: bytes) -> bytes:
    """What the server answers to these bytes, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
