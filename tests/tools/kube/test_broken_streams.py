"""An API server that goes away while it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from protocol.errors import ErrorCode
from tools.kube.api import Api
from tools.kube.errors import KubeError
from tools.kube.streams import lines

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[Api]:
    """A server that says these bytes to whoever asks, and hangs up."""
    from kubernetes.aio.client import ApiClient, Configuration

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    configuration = Configuration(host=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    configuration.retries = False
    client = ApiClient(configuration)
    try:
        yield Api(client)
    finally:
        await client.close()
        server.close()


async def read(api: Api, into: list[bytes]) -> None:
    async with api.stream("/log") as response:
        async for line in lines(response, longest=100):
            into.append(line)  # noqa: PERF401 - what came before the fault counts


async def test_what_came_is_kept_and_the_end_is_an_error_of_ours() -> None:
    found: list[bytes] = []
    async with serving(HEAD + b"8\r\none\ntwo\n\r\n20\r\ncut off") as api:
        with pytest.raises(KubeError, match="cannot be reached") as raised:
            await read(api, found)
    assert found == [b"one", b"two"]
    assert (raised.value.code, raised.value.retryable) == (ErrorCode.UNAVAILABLE, True)


async def test_a_whole_stream_ends_well() -> None:
    found: list[bytes] = []
    async with serving(HEAD + b"8\r\none\ntwo\n\r\n3\r\nend\r\n0\r\n\r\n") as api:
        await read(api, found)
    assert found == [b"one", b"two", b"end"]


async def test_a_refusal_is_told_in_its_words() -> None:
    body = b'{"kind":"Status","reason":"Forbidden","message":"pods is forbidden"}'
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(head + body) as api:
        with pytest.raises(KubeError, match="does not allow it: pods is forbidden"):
            await read(api, [])
