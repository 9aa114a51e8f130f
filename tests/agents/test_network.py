from __future__ import annotations

import asyncio
import time

import httpx2
import pytest

from agents.network import DirectTransport
from agents.scripted_behaviours import Say
from agents.scripted_server import ScriptedModelServer


def request(url: str, connect: float) -> httpx2.Request:
    return httpx2.Request(
        "GET", url, extensions={"timeout": {"connect": connect, "read": 10.0, "write": 10.0, "pool": 10.0}}
    )


@pytest.mark.parametrize("delay", [0.0, 0.001])
async def test_a_process_that_is_busy_does_not_take_a_server_for_dead(delay: float) -> None:
    async with ScriptedModelServer(Say("x")) as server:
        network = DirectTransport()
        asyncio.get_running_loop().call_later(delay, time.sleep, 0.4)
        response = await network.handle_async_request(request(f"{server.base_url}/models", 0.1))
        assert response.status_code == 200
        await response.aclose()
        await network.aclose()


async def test_a_server_that_does_not_take_connections_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def hang(*_: object) -> httpx2.Response:
        tries.append(1)
        raise httpx2.ConnectTimeout("no")

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", hang)
    with pytest.raises(httpx2.ConnectTimeout):
        await DirectTransport().handle_async_request(request("http://127.0.0.1:9/", 0.1))
    assert tries == [1]


async def test_a_process_that_was_busy_tries_once_more_and_not_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def hang(*_: object) -> httpx2.Response:
        tries.append(1)
        time.sleep(0.15)  # noqa: ASYNC251 - the process is held up: that is the test
        raise httpx2.ConnectTimeout("no")

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", hang)
    with pytest.raises(httpx2.ConnectTimeout):
        await DirectTransport().handle_async_request(request("http://127.0.0.1:9/", 0.1))
    assert tries == [1, 1]


async def test_many_small_delays_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def hang(*_: object) -> httpx2.Response:
        tries.append(1)
        for _ in range(10):
            await asyncio.sleep(0)
            time.sleep(0.03)  # noqa: ASYNC251 - each too short to be told from a moment's pause
        raise httpx2.ConnectTimeout("no")

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", hang)
    with pytest.raises(httpx2.ConnectTimeout):
        await DirectTransport().handle_async_request(request("http://127.0.0.1:9/", 0.3))
    assert tries == [1, 1]
