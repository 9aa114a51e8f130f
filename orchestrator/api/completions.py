"""`/v1/chat/completions` and `/v1/models`, so that any chat client can submit requests.

A client that leaves before the answer cancels its run, for it has no other way to say so; one that sent an
`Idempotency-Key` can come back for the run, which goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Path, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.types import Receive, Scope, Send

from orchestrator.api import problems, stream, transcript
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, caller_of, needs, note, note_nothing, router
from orchestrator.api.transcript import Message, Reply
from orchestrator.core import markdown
from orchestrator.core.application import Application, Refusal
from orchestrator.core.describe import MARKS, describe
from orchestrator.core.events import Event
from orchestrator.core.plan import RungUsage
from orchestrator.core.ports import StoreError
from orchestrator.core.requests import Request as RunRequest
from orchestrator.core.requests import RunPolicy
from orchestrator.core.sanitize import sanitize
from orchestrator.core.views import RunView

MODEL = "asterism"
_MODEL: dict[str, JsonValue] = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
LONGEST_S = 604_800.0

App = Annotated[Application, Depends(application)]

routes = router()


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class TextFormat(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: Literal["text"]


class Extension(BaseModel):
    """Ours beside OpenAI's fields. `progress`: a stream tells in `reasoning_content` what the run does meanwhile."""

    model_config = ConfigDict(extra="forbid")

    policy: RunPolicy = RunPolicy()
    progress: bool = False


class ChatBody(BaseModel):
    """OpenAI's fields that say something here; others, such as `temperature` and `tools`, are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(max_length=200)]
    messages: Annotated[list[Message], Field(min_length=1, max_length=2000)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    response_format: TextFormat | None = None
    tool_choice: Literal["none", "auto"] | None = None
    asterism: Extension = Extension()


@routes.get("/models", openapi_extra=needs("viewer"), summary="The one model that chat clients may name")
async def models() -> dict[str, JsonValue]:
    return {"object": "list", "data": [_MODEL]}


@routes.get("/models/{model}", openapi_extra=needs("viewer"), summary="The model by its name")
async def one_model(model: Annotated[str, Path(max_length=200)]) -> dict[str, JsonValue]:
    if model != MODEL:
        raise _unknown_model()
    return _MODEL


def _unknown_model() -> Problem:
    return Problem("model_not_found", f"The model here is `{MODEL}`: name it, or see `GET /v1/models`.")


@routes.post(
    "/chat/completions",
    openapi_extra=needs("operator", does="run.submit"),
    summary="Submit a request as a chat client does (OpenAI-compatible)",
    responses={200: {"content": {stream.EVENT_STREAM: {}}}},
)
async def complete(
    app: App,
    request: Request,
    body: ChatBody,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[!-~]+$")] = None,
) -> Response:
    """The last message of the user is the request, the run's answer the answer.

    A run that waits for a person is answered with what it waits for and how to give it; no message gives it. The
    answer's `id` is `chatcmpl-` and the run's id. A client that leaves before the answer cancels the run, unless it
    sent an `Idempotency-Key`.
    """
    if body.model != MODEL:
        raise _unknown_model()
    meaning = await transcript.read(app, body.messages)
    if isinstance(meaning, Reply):
        note_nothing(request)
        return _at_once(body, meaning.text)
    name = caller_of(request).name
    asked = RunRequest(text=meaning.text, policy=body.asterism.policy, submitted_by=name)
    run, new = await app.submit(asked, key=idempotency_key, by=name)
    if new:
        await note(request, run, {"policy": asked.policy.model_dump(mode="json", exclude_defaults=True)})
    else:
        note_nothing(request)
    said = next(message for message in reversed(body.messages) if message.role == "user").text().strip()
    completion = _Completion(app, request, body, run, said, stays=idempotency_key is not None)
    if body.stream:
        return _Stream(completion)
    return await completion.whole()


class _Completion:
    """The answer of one run. `stays`: the run goes on where the client leaves."""

    def __init__(self, app: Application, request: Request, body: ChatBody, run: str, said: str, *, stays: bool) -> None:
        self.run = run
        self._app = app
        self._by = caller_of(request).name
        self._request = request
        self._stopping: asyncio.Event = request.app.state.stopping
        self._body = body
        self._said = said
        self._done = stays
        self._shape = _Shape(body, f"chatcmpl-{run}")

    async def whole(self) -> Response:
        """Once the run has ended or waits for a person. Raises Problem with the run's error."""
        settled = asyncio.ensure_future(self._app.wait(self.run, LONGEST_S))
        left = asyncio.ensure_future(_left(self._request))
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({settled, left, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if settled.done():
                view = settled.result()
                if view.error is not None:
                    raise _failure(view)
                content = transcript.told(view, self._said)
                return _answer(self._shape.completion(content, view), self.run)
            if stopped.done():
                raise _stopped(self.run)
            await self.leave()
            return Response(status_code=204)  # nobody reads it
        finally:
            await _end(settled, left, stopped)

    async def leave(self) -> None:
        """The client is gone: cancel the run, where it was to be answered and was not."""
        if self._done or self._stopping.is_set():
            return
        self._done = True
        with contextlib.suppress(Refusal, StoreError):  # it has ended meanwhile, or goes on for want of a record
            await self._app.cancel(self.run, by=self._by, reason="the chat client left before the answer")

    async def lines(self) -> AsyncIterator[bytes]:
        """The stream's bytes."""
        yield self._shape.chunk({"role": "assistant", "content": ""})
        settled = asyncio.ensure_future(self._app.wait(self.run, LONGEST_S))
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            async for piece in self._meanwhile(settled, stopped):
                yield piece
            if not settled.done():
                raise _stopped(self.run)
            view = settled.result()
            if view.error is not None:
                raise _failure(view)
            yield self._shape.chunk({"content": transcript.told(view, self._said)})
            for line in self._shape.end(view):
                yield line
        except Problem as problem:
            yield _data({"error": problems.openai_error(problem.code, problem.message), **problem.more})
        except (Refusal, StoreError) as error:
            yield _data({"error": problems.openai_error(error.code, str(error))})
        finally:
            await _end(settled, stopped)
        self._done = True

    async def _meanwhile(
        self, settled: asyncio.Future[RunView], stopped: asyncio.Future[Literal[True]]
    ) -> AsyncIterator[bytes]:
        """Signs of life, and progress where it was asked for, until one of the two is there."""
        entries = aiter(self._app.follow(self.run)) if self._body.asterism.progress else None
        coming = asyncio.ensure_future(anext(entries, None)) if entries is not None else None
        try:
            while not (settled.done() or stopped.done()) or (coming is not None and _ended(settled)):
                awaited = {stopped, coming or settled} if settled.done() else {settled, stopped, coming or settled}
                done, _ = await asyncio.wait(awaited, timeout=stream.KEEPALIVE_S, return_when=asyncio.FIRST_COMPLETED)
                if coming is not None and coming in done:
                    event = coming.result()
                    coming = asyncio.ensure_future(anext(entries, None)) if entries and event is not None else None
                    if event is not None and type(event.body) in MARKS:
                        yield self._shape.chunk({"reasoning_content": _progress(event)})
                elif stopped.done():
                    return
                elif not done:
                    yield KEEPALIVE_COMMENT
        finally:
            if coming is not None:
                await _end(coming)


class _Stream(stream.EventStream):
    """The stream of a completion, which hears of it when the client goes or does not read."""

    def __init__(self, completion: _Completion) -> None:
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no", "location": f"/v1/runs/{completion.run}"}
        super().__init__(completion.lines(), 200, headers)
        self._completion = completion

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._completion.leave()


class _Shape:
    """OpenAI's objects, for one answer."""

    def __init__(self, body: ChatBody, id: str) -> None:
        self._counts = body.stream_options is not None and body.stream_options.include_usage
        self._id = id
        self._created = int(time.time())

    def completion(self, content: str, view: RunView | None = None) -> dict[str, JsonValue]:
        message: JsonValue = {"role": "assistant", "content": content, "refusal": None}
        choice: JsonValue = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = _usage(view.usage if view is not None else RungUsage())
        return self._object("chat.completion") | {"choices": [choice], "usage": usage} | _ours(view)

    def chunk(self, delta: dict[str, JsonValue], finish: str | None = None, view: RunView | None = None) -> bytes:
        choice: JsonValue = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        counts: dict[str, JsonValue] = {"usage": None} if self._counts else {}
        return _data(self._object("chat.completion.chunk") | {"choices": [choice]} | counts | _ours(view))

    def end(self, view: RunView | None = None) -> list[bytes]:
        last = [self.chunk({}, "stop", view)]
        if self._counts:
            usage = _usage(view.usage if view is not None else RungUsage())
            last.append(_data(self._object("chat.completion.chunk") | {"choices": [], "usage": usage}))
        return [*last, format_sse_event(data_str="[DONE]")]

    def _object(self, kind: str) -> dict[str, JsonValue]:
        return {"id": self._id, "object": kind, "created": self._created, "model": MODEL}


def _at_once(body: ChatBody, text: str) -> Response:
    """An answer without a run."""
    shape = _Shape(body, f"chatcmpl-{secrets.token_hex(8)}")
    if not body.stream:
        return _answer(shape.completion(text))
    lines = [shape.chunk({"role": "assistant", "content": text}), *shape.end()]
    return Response(b"".join(lines), 200, {"cache-control": "no-cache"}, stream.EVENT_STREAM)


def _answer(content: dict[str, JsonValue], run: str = "") -> Response:
    headers = {"cache-control": "no-store"} | ({"location": f"/v1/runs/{run}"} if run else {})
    return Response(json.dumps(content, ensure_ascii=False), 200, headers, "application/json")


def _ours(view: RunView | None) -> dict[str, JsonValue]:
    return {} if view is None else {MODEL: {"run": view.run, "state": view.state.value}}


def _usage(usage: RungUsage) -> JsonValue:
    """Tokens of the run's models; 0 where none was asked."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _failure(view: RunView) -> Problem:
    assert view.error is not None
    headers = {"x-should-retry": "false"}
    answer: dict[str, JsonValue] = {"answer": sanitize(view.answer)} if view.answer else {}
    return Problem(view.error.code, view.error.message, headers=headers, run=view.run, **answer)


def _stopped(run: str) -> Problem:
    message = f"The orchestrator stops; the run goes on when it is back: see `GET /v1/runs/{run}`."
    return Problem("shutting_down", message, headers={"x-should-retry": "false"}, run=run)


def _progress(event: Event) -> str:
    return markdown.inline(sanitize(f"{MARKS[type(event.body)]}: {describe(event.body)}", multiline=False)) + "\n"


def _data(content: dict[str, JsonValue]) -> bytes:
    return format_sse_event(data_str=json.dumps(content, ensure_ascii=False))


def _ended(settled: asyncio.Future[RunView]) -> bool:
    return settled.done() and settled.exception() is None and settled.result().state.terminal


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _end(*futures: asyncio.Future[Any]) -> None:
    for future in futures:
        future.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await future
