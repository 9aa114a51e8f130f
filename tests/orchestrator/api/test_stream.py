"""Event streams: every entry once, in order, resumed where they broke off."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from orchestrator.api import stream
from orchestrator.api.testing import FakeApplication
from orchestrator.core.events import Event
from tests.support.api import Served, served

SSE = {"Accept": "text/event-stream"}


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def submit(api: Served, text: str) -> str:
    run: str = (await api.client.post("/v1/runs", json={"text": text})).json()["run"]
    return run


async def entries(response: httpx2.Response) -> list[httpx2.ServerSentEvent]:
    return [entry async for entry in httpx2.EventSource(response) if entry.data]


async def test_a_stream_holds_the_log_and_ends_with_the_run(api: Served) -> None:
    run = await submit(api, "echo hello")
    async with api.client.stream("GET", f"/v1/runs/{run}/events", headers=SSE) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        streamed = await entries(response)
    log = (await api.client.get(f"/v1/runs/{run}/events")).json()["events"]
    assert [json.loads(entry.data) for entry in streamed] == log
    assert [entry.id for entry in streamed] == [str(event["seq"]) for event in log]
    assert streamed[-1].event == "run_ended"


async def test_a_stream_goes_on_after_the_last_event_seen(api: Served) -> None:
    run = await submit(api, "echo hello")
    headers = {**SSE, "Last-Event-ID": "3"}
    async with api.client.stream("GET", f"/v1/runs/{run}/events", headers=headers) as response:
        assert (await entries(response))[0].id == "4"


async def test_a_stream_follows_what_happens(api: Served, app: FakeApplication) -> None:
    run = await submit(api, "hold")
    async with api.client.stream("GET", f"/v1/runs/{run}/events", headers=SSE) as response:
        seen = []
        async for entry in httpx2.EventSource(response):
            seen.append(entry.event)
            if entry.event == "task_dispatched":
                app.release(run)
    assert seen[-1] == "run_ended"


async def test_nothing_more_to_come_is_told_to_a_browser(api: Served) -> None:
    run = await submit(api, "echo hello")
    last = (await api.client.get(f"/v1/runs/{run}/events")).json()["next"]
    response = await api.client.get(f"/v1/runs/{run}/events", headers={**SSE, "Last-Event-ID": str(last)})
    assert response.status_code == 204


@pytest.mark.parametrize("number", ["x", "-1", "1.5"])
async def test_a_last_event_id_that_is_no_number_is_refused(api: Served, number: str) -> None:
    run = await submit(api, "echo hello")
    response = await api.client.get(f"/v1/runs/{run}/events", headers={**SSE, "Last-Event-ID": number})
    assert (response.status_code, response.json()["code"]) == (422, "bad_request")


async def test_an_unknown_run_is_a_404_and_no_empty_stream(api: Served) -> None:
    response = await api.client.get("/v1/runs/r404/events", headers=SSE)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_pages_of_events(api: Served) -> None:
    run = await submit(api, "echo hello")
    first = (await api.client.get(f"/v1/runs/{run}/events?limit=2")).json()
    second = (await api.client.get(f"/v1/runs/{run}/events?after={first['next']}")).json()
    assert [event["seq"] for event in first["events"]] == [1, 2]
    assert second["events"][0]["seq"] == 3


async def test_a_stop_of_the_server_ends_streams_at_once(app: FakeApplication) -> None:
    async with served(app) as api:
        run = await submit(api, "hold")
        async with api.client.stream("GET", f"/v1/runs/{run}/events", headers=SSE) as response:
            async for entry in httpx2.EventSource(response):
                if entry.event == "task_dispatched":
                    break
            api.stop.set()
            async with asyncio.timeout(2.5):
                await api.serving


async def test_many_followers_miss_and_double_nothing(api: Served, app: FakeApplication) -> None:
    run = await submit(api, "hold")
    async with httpx2.AsyncClient(base_url=api.url, timeout=20, limits=httpx2.Limits(max_connections=30)) as client:

        async def follow() -> list[str]:
            async with client.stream("GET", f"/v1/runs/{run}/events", headers=SSE) as response:
                return [entry.id for entry in await entries(response)]

        following = [asyncio.create_task(follow()) for _ in range(20)]
        await asyncio.sleep(0)
        app.release(run)
        found = await asyncio.gather(*following)
    count = (await api.client.get(f"/v1/runs/{run}/events")).json()["next"]
    assert found == [[str(number) for number in range(1, count + 1)]] * 20


async def test_a_follower_that_reads_nothing_is_cut_and_not_waited_for(
    api: Served, app: FakeApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()
    monkeypatch.setattr(stream, "STALLED_S", 0.1)
    long = Event.model_validate({"run": "r", "seq": 1, "at": 1.0, "body": {"type": "run_ended", "status": "failed"}})
    long = long.model_copy(update={"body": long.body.model_copy(update={"answer": "x" * (1 << 20)})})
    pages = app.pages

    async def watched(run: str, *, after: int = 0) -> AsyncIterator[list[Event]]:
        if after != 1:
            async for page in pages(run, after=after):
                yield page
            return
        try:
            for _ in range(100):
                yield [long]
        finally:
            ended.set()

    monkeypatch.setattr(app, "pages", watched)
    run = await submit(api, "hold")
    _, writer = await asyncio.open_connection("127.0.0.1", api.port, limit=1)
    head = f"GET /v1/runs/{run}/events?after=1 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    writer.write(head.encode())
    async with api.client.stream("GET", f"/v1/runs/{run}/events", headers=SSE) as response:
        app.release(run)
        assert (await entries(response))[-1].event == "run_ended"
    assert not ended.is_set(), "who reads came to the end while the other one stalled"
    async with asyncio.timeout(10):
        await ended.wait()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_who_does_not_read_a_download_is_cut(
    api: Served, app: FakeApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()
    monkeypatch.setattr(stream, "STALLED_S", 0.1)
    run = await submit(api, "echo hello")
    sha256 = app.keep_artifact(run, "big.bin", b"x" * (64 << 20))

    async def large(sha256: str) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * (1 << 20)
        finally:
            ended.set()

    monkeypatch.setattr(app, "read_artifact", large)
    _, writer = await asyncio.open_connection("127.0.0.1", api.port, limit=1)
    writer.write(f"GET /v1/runs/{run}/artifacts/{sha256} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(10):
        await ended.wait()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def told(response: httpx2.Response) -> AsyncIterator[httpx2.ServerSentEvent]:
    async for entry in httpx2.EventSource(response):
        if entry.data:
            yield entry


async def test_changes_come_as_a_stream_that_goes_on_where_it_broke_off(api: Served, app: FakeApplication) -> None:
    async with api.client.stream("GET", "/v1/changes", headers=SSE) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        following = told(response)
        first = await anext(following)
        run = await submit(api, "echo hello")
        second = await anext(following)
    assert (first.event, second.event, json.loads(second.data)) == ("reset", "run", {"name": run})
    other = await submit(api, "echo again")
    headers = {**SSE, "Last-Event-ID": second.id}
    async with api.client.stream("GET", "/v1/changes", headers=headers) as response:
        third = await anext(told(response))
    assert (third.event, json.loads(third.data)) == ("run", {"name": other})
    page = (await api.client.get(f"/v1/changes?after={second.id}")).json()
    assert [(one["kind"], one["name"]) for one in page["changes"]] == [("run", other)]
    assert (await api.client.get(f"/v1/changes?after={page['next']}")).json() == {"changes": [], "next": page["next"]}
