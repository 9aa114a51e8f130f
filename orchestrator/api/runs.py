"""`/v1/runs` and what lies below a run, but for its event stream."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import math
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request, Response

from orchestrator.api.bodies import (
    AnswerBody,
    ApprovalBody,
    ArgumentsBody,
    CancelBody,
    Lines,
    RetryBody,
    RunPage,
    UndoBody,
)
from orchestrator.api.graphs import DRAW, DRAW_TIMELINE, media_types, render, render_timeline
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, caller_of, needs, note, note_nothing, router
from orchestrator.core.application import Application
from orchestrator.core.changing import changed_arguments
from orchestrator.core.edits import EditBatch
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.requests import Request as RunRequest
from orchestrator.core.timeline import TimelineView, timeline
from orchestrator.core.views import EditResult, GraphView, RunView, TaskLog
from protocol.vocabulary import Identifier

MAX_WAIT = 300.0

App = Annotated[Application, Depends(application)]
RunId = Annotated[Identifier, Path(description="The run's id")]
Wait = Annotated[float | None, Query(ge=0, le=MAX_WAIT, description="Seconds to wait for the end, or for a question")]

routes = router()


@routes.post("/runs", status_code=201, openapi_extra=needs("operator", does="run.submit"), summary="Submit a request")
async def submit(
    app: App,
    request: Request,
    response: Response,
    body: RunRequest,
    wait: Wait = None,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[!-~]+$")] = None,
) -> RunView:
    """Starts a run. The same `Idempotency-Key` with the same request gives the same run, with status 200.

    Without `wait` the answer leaves the run's tasks and plan out: there may be thousands, and they have just begun.
    """
    caller = caller_of(request)
    body = body.model_copy(update={"submitted_by": caller.name})
    run, new = await app.submit(body, key=idempotency_key, by=caller.name)
    if new:
        await note(request, run, {"policy": body.policy.model_dump(mode="json", exclude_defaults=True)})
    else:
        note_nothing(request)
    response.status_code = 201 if new else 200
    response.headers["location"] = f"/v1/runs/{run}"
    return await (app.run(run, brief=True) if not wait else _wait(app, request, run, wait))


@routes.get("/runs", openapi_extra=needs("viewer"), summary="List runs, newest first")
async def list_runs(
    app: App,
    status: Annotated[RunStatus | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before")] = None,
) -> RunPage:
    before = _decode_cursor(cursor) if cursor else None
    found = await app.runs(status=status, before=before, limit=limit)
    more = len(found) == limit
    return RunPage(runs=tuple(found), next=_encode_cursor(found[-1].created) if more else None)


@routes.get("/runs/{run}", openapi_extra=needs("viewer"), summary="One run")
async def get_run(app: App, request: Request, run: RunId, wait: Wait = None) -> RunView:
    return await (app.run(run) if not wait else _wait(app, request, run, wait))


@routes.get(
    "/runs/{run}/graph",
    openapi_extra=needs("viewer"),
    summary="The task graph",
    response_model=GraphView,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in media_types(DRAW).values()}}},
)
async def get_graph(
    app: App,
    request: Request,
    run: RunId,
    format: Annotated[str | None, Query(pattern="^(json|text|mermaid|dot|svg)$")] = None,
) -> Response:
    """As JSON with an `ETag` for `If-Match` on edits; or, by `format` or `Accept`, as text, Mermaid, DOT or SVG."""
    view = await app.graph(run)
    tasks = (await app.run(run)).tasks
    content, media_type = render(view, tasks, format, request.headers.get("accept", ""))
    return _picture(content, media_type, {"etag": f'"{view.version}"'})


def _picture(content: str, media_type: str, headers: dict[str, str]) -> Response:
    """Where a browser shows it as a page of its own, it may load and run nothing."""
    headers |= {"cache-control": "no-store", "vary": "accept"}
    if media_type == "image/svg+xml":
        headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(content, 200, headers, media_type)


@routes.get(
    "/runs/{run}/timeline",
    openapi_extra=needs("viewer"),
    summary="When what happened",
    response_model=TimelineView,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in media_types(DRAW_TIMELINE).values()}}},
)
async def get_timeline(
    app: App,
    request: Request,
    run: RunId,
    format: Annotated[str | None, Query(pattern="^(json|text|mermaid|svg)$")] = None,
) -> Response:
    """Attempts and waits of every task, by device: as JSON, or, by `format` or `Accept`, as text, Mermaid or SVG."""
    # A long log takes a while to fold: not on the event loop.
    view = await asyncio.to_thread(timeline, run, await _log(app, run))
    content, media_type = render_timeline(view, format, request.headers.get("accept", ""))
    return _picture(content, media_type, {})


async def _log(app: Application, run: str) -> list[Event]:
    """The whole log, a page at a time."""
    log = await app.events(run)
    while page := await app.events(run, after=log[-1].seq if log else 0):
        log += page
    return log


@routes.post("/runs/{run}/edits", openapi_extra=needs("operator", does="run.edit"), summary="Edit the graph")
async def edit(
    app: App, request: Request, run: RunId, body: EditBatch, if_match: Annotated[str | None, Header()] = None
) -> EditResult:
    """One batch, all or nothing. `If-Match`, where sent, must be the graph's present version."""
    caller = caller_of(request)
    if if_match is not None:
        await _check_version(app, run, if_match)
    return _accepted(await app.edit(run, body.model_copy(update={"by": caller.name}), by=caller.name))


@routes.post("/runs/{run}/undo", openapi_extra=needs("operator", does="run.undo"), summary="Undo an edit")
async def undo(app: App, request: Request, run: RunId, body: UndoBody) -> EditResult:
    """Takes back the edit that made `version`, while nothing built on it."""
    return _accepted(await app.undo(run, body.version, by=caller_of(request).name))


@routes.post(
    "/runs/{run}/cancel", status_code=202, openapi_extra=needs("operator", does="run.cancel"), summary="Cancel a run"
)
async def cancel(app: App, request: Request, run: RunId, body: CancelBody | None = None) -> RunView:
    await app.cancel(run, by=caller_of(request).name, reason=body.reason if body else "")
    return await app.run(run)


@routes.post(
    "/runs/{run}/retry",
    status_code=202,
    openapi_extra=needs("operator", does="run.retry"),
    summary="Try failed tasks again",
)
async def retry(app: App, request: Request, run: RunId, body: RetryBody | None = None) -> RunView:
    await app.retry(run, body.tasks if body else (), by=caller_of(request).name)
    return await app.run(run)


@routes.post(
    "/runs/{run}/approvals/{approval}",
    openapi_extra=needs("operator", does="approval.decide"),
    summary="Approve or deny",
)
async def approve(app: App, request: Request, run: RunId, approval: Identifier, body: ApprovalBody) -> RunView:
    await app.approve(run, approval, granted=body.granted, by=caller_of(request).name)
    await note(request, detail={"granted": body.granted})
    return await app.run(run)


@routes.post(
    "/runs/{run}/approvals/{approval}/arguments",
    openapi_extra=needs("operator", does="approval.change"),
    summary="Change what is to be approved",
)
async def change_arguments(
    app: App, request: Request, run: RunId, approval: Identifier, body: ArgumentsBody
) -> RunView:
    """Gives the task other arguments. It then asks anew, for what it has become, as another approval.

    422 `bad_preview` where the operation was previewed: deny it, and submit what is wanted instead.
    """
    caller = caller_of(request).name
    graph = await app.graph(run)  # before the approval is looked at: what changes in between makes the edit stale
    asked = next((one for one in (await app.run(run)).approvals if one.id == approval), None)
    if asked is None:
        raise Problem("no_such_approval", "No such approval waits: it was given, denied, or has expired.")
    batch = changed_arguments(graph, asked.task, body.arguments)
    if batch is None:
        raise Problem("bad_preview", "This was previewed: deny it, and submit what is wanted instead.")
    _accepted(await app.edit(run, batch.model_copy(update={"by": caller}), by=caller))
    return await app.run(run)


@routes.post(
    "/runs/{run}/answers", openapi_extra=needs("operator", does="question.answer"), summary="Answer a question"
)
async def answer(app: App, request: Request, run: RunId, body: AnswerBody) -> RunView:
    """`question` may be left out where one question is open."""
    await app.answer(run, body.question, body.answer, by=caller_of(request).name)
    return await app.run(run)


@routes.get("/runs/{run}/tasks/{task}/explain", openapi_extra=needs("viewer"), summary="Why a task is where it is")
async def explain(app: App, run: RunId, task: Identifier) -> Lines:
    return Lines(lines=tuple(await app.explain(run, task)))


@routes.get("/runs/{run}/tasks/{task}/log", openapi_extra=needs("viewer"), summary="What a task has said")
async def task_log(app: App, run: RunId, task: Identifier) -> TaskLog:
    """What its tools wrote while they ran, live, without secrets: the newest 64,000 characters."""
    return await app.log(run, task)


async def _wait(app: Application, request: Request, run: str, seconds: float) -> RunView:
    """As `app.wait`, but no longer than the client stays."""
    waiting = asyncio.ensure_future(app.wait(run, seconds))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await (waiting if waiting.done() else app.run(run))
    finally:
        for task in (waiting, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _check_version(app: Application, run: str, if_match: str) -> None:
    version = (await app.graph(run)).version
    if if_match.strip() != "*" and f'"{version}"' not in [tag.strip() for tag in if_match.split(",")]:
        raise Problem("precondition_failed", f"The graph is at version {version}: read it again.", version=version)


def _accepted(result: EditResult) -> EditResult:
    if not result.accepted:
        raise Problem(result.code or "bad_request", result.reason, version=result.version)
    return result


def _encode_cursor(created: float) -> str:
    return base64.urlsafe_b64encode(created.hex().encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> float:
    try:
        created = float.fromhex(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (ValueError, OverflowError):
        created = math.nan
    if not math.isfinite(created):
        raise Problem("bad_cursor", "The cursor is not one that this list gave.")
    return created
