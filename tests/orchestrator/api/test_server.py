"""The end of serving, at the worst moment."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings

from starlette.types import Receive, Scope, Send

from orchestrator.api.server import bind, build_asgi, serve
from orchestrator.api.testing import FakeApplication
from orchestrator.settings import Settings


def connecting(address: tuple[str, int]) -> socket.socket:
    """A connection that the kernel has, and the server has not taken up."""
    client = socket.create_connection(address)
    client.setblocking(False)
    return client


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """No device connects."""


async def test_a_connection_that_comes_as_it_ends_is_closed() -> None:
    settings, stop = Settings(), asyncio.Event()
    bound = bind("127.0.0.1", 0)
    gate = build_asgi(FakeApplication(), nobody, settings)
    begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(gate, settings, stop=stop, bound=bound, ready=begun.set_result))
    await begun
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        clients = [connecting(bound.getsockname()) for _ in range(5)]
        # In the same turn: it is to end, then five connections are accepted.
        asyncio.get_running_loop().call_soon(stop.set)
        await serving
        gc.collect()
    assert [str(one.message) for one in seen if one.category is ResourceWarning] == []
    for client in clients:
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 1), 10) == b""
        client.close()
