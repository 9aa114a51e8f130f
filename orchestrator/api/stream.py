"""A run's events: as they come (SSE), or as pages of JSON."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from orchestrator.api.bodies import ChangePage, EventPage
from orchestrator.api.entries import Entries
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, needs, router
from orchestrator.api.websocket import ABORT
from orchestrator.core.application import Application
from orchestrator.core.views import Change
from protocol.vocabulary import Identifier

KEEPALIVE_S = 15.0
STALLED_S = 30.0
GATHER_S = 0.2
"""For so long changes are gathered after some were told: a busy run is told of a few times a second."""
EVENT_STREAM = "text/event-stream"
_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}
Page = TypeVar("Page")

routes = router()


class Stream(StreamingResponse):
    """An answer that cuts a client who does not read, instead of keeping for it what it does not take."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        async def sending(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            await super().stream_response(sending)
        except TimeoutError:
            if self._abort is not None:
                self._abort()
                # The server learns of it in the loop's next turn.
                await asyncio.sleep(0)


class EventStream(Stream, EventSourceResponse):
    """The same of server-sent events."""


@routes.get(
    "/runs/{run}/events",
    openapi_extra=needs("viewer"),
    summary="A run's events",
    response_model=EventPage,
    responses={200: {"content": {EVENT_STREAM: {}}}, 204: {"description": "The run has ended: nothing more will come"}},
)
async def events(
    app: Annotated[Application, Depends(application)],
    request: Request,
    run: Annotated[Identifier, Path()],
    after: Annotated[int, Query(ge=0, le=2**53, description="The number of the last entry seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> Response:
    """With `Accept: text/event-stream`, every entry after `Last-Event-ID` (or `after`) until the run has ended.

    An entry's `id` is its number. Asking again once all has been seen gives 204, which tells a browser to stop.
    """
    if EVENT_STREAM not in request.headers.get("accept", "").lower():
        page = await app.events(run, after=after, limit=limit)
        found = EventPage(events=tuple(page), next=page[-1].seq if page else after)
        return Response(found.model_dump_json(), 200, {"cache-control": "no-store"}, "application/json")
    start = _number(last_event_id) if last_event_id else after
    # The first entry may hold a plan of thousands of steps: it is not read only to see that it is there.
    if (await app.run(run, brief=True)).state.terminal and not await app.events(run, after=start, limit=1):
        return Response(status_code=204)
    entries: Entries = request.app.state.entries
    lines = _lines(app.pages(run, after=start), request, entries.pieces, lambda: entries.pace_s)
    return EventStream(_followed(lines, entries), 200, _HEADERS)


@routes.get(
    "/changes",
    openapi_extra=needs("viewer"),
    summary="What changes of runs, devices and rungs",
    response_model=ChangePage,
    responses={200: {"content": {EVENT_STREAM: {}}}},
)
async def changes(
    app: Annotated[Application, Depends(application)],
    request: Request,
    after: Annotated[str, Query(max_length=100, description="The `id` of the last change seen")] = "",
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """For pages: `run`, `device` and `rung` name what has changed since `after`, to be asked for again.

    A run's own entries are not among it (`/v1/runs/{run}/events`), only what its line in the list of runs shows.
    `said` names a run one of whose tasks has said something: a line of its log, or how far it is.

    With `Accept: text/event-stream`, a stream that goes on: what changes often is told a few times a second. `reset`:
    anything may have changed. That comes first, and after a drop only where `Last-Event-ID` (or `after`) is of another
    start of the server, or too much was missed.
    """
    place = last_event_id or after
    if EVENT_STREAM not in request.headers.get("accept", "").lower():
        found = app.changed(place)
        page = ChangePage(changes=tuple(found), next=found[-1].id if found else place)
        return Response(page.model_dump_json(), 200, {"cache-control": "no-store"}, "application/json")
    return EventStream(_lines(app.changes(place), request, _named, lambda: GATHER_S), 200, _HEADERS)


def _named(page: list[Change]) -> list[bytes]:
    told = [format_sse_event(data_str=one.model_dump_json(include={"name"}), event=one.kind, id=one.id) for one in page]
    return [b"".join(told)]


def _number(last_event_id: str) -> int:
    if not last_event_id.isascii() or not last_event_id.isdigit():
        raise Problem("bad_request", "Last-Event-ID is the number of an entry.")
    return int(last_event_id)


async def _followed(lines: AsyncIterator[bytes], entries: Entries) -> AsyncIterator[bytes]:
    """The same, counted among those who follow runs."""
    entries.followers += 1
    try:
        async with contextlib.aclosing(lines) as open_lines:  # type: ignore[type-var]
            async for line in open_lines:
                yield line
    finally:
        entries.followers -= 1


async def _lines(
    pages: AsyncIterator[Page],
    request: Request,
    pieces: Callable[[Page], Iterable[bytes]],
    pace_s: Callable[[], float],
) -> AsyncIterator[bytes]:
    """The stream's bytes, with a sign of life where nothing happens; ends early when the server stops."""
    stopping: asyncio.Event = request.app.state.stopping
    ended = asyncio.ensure_future(stopping.wait())
    coming = asyncio.ensure_future(anext(pages, None))
    try:
        yield b"retry: 1000\n\n"
        while True:
            await asyncio.wait({coming, ended}, timeout=KEEPALIVE_S, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                page = coming.result()
                if page is None:
                    return
                for piece in pieces(page):
                    yield piece
                if pause := pace_s():
                    await asyncio.sleep(pause)
                coming = asyncio.ensure_future(anext(pages, None))
            elif ended.done():
                return
            else:
                yield KEEPALIVE_COMMENT
    finally:
        for task in (coming, ended):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
