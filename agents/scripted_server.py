"""A model server that answers from a script, over real HTTP on loopback: `/v1/models` and `/v1/chat/completions`.

    async with ScriptedModelServer(Say('{"plan": ...}'), Hang()) as server:
        ModelSettings(name="local", base_url=server.base_url, model="scripted")

For tests, demonstrations and replays. Each request takes the next behaviour; the last one goes on for ever. Ships with
the package; listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType

from orchestrator.core.plan import Clarification, Declined, Plan
from protocol.vocabulary import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Say:
    """Answers with a text. Tokens are what `usage` will claim; None leaves `usage` out."""

    text: str
    input_tokens: int | None = 100
    output_tokens: int | None = 20
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with an error status, in OpenAI's form."""

    code: int
    message: str = "no"
    error_code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Answers with status 200 and any body."""

    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hang:
    """Takes the request and never answers."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """Promises a whole answer and closes the connection in the middle of it."""

    text: str = '{"plan": {"steps": ['


@dataclass(frozen=True, slots=True)
class Slow:
    """Answers once `seconds` have passed, or as soon as the server is released."""

    text: str
    seconds: float = 60.0


Behaviour = Say | Status | Raw | Hang | Truncated | Slow


def say(result: Plan | Clarification | Declined) -> Say:
    """The behaviour of a model that answers exactly so."""
    name = "plan" if isinstance(result, Plan) else "question" if isinstance(result, Clarification) else "declined"
    return Say(json.dumps({name: result.model_dump(mode="json", exclude_defaults=True)}))


@dataclass(slots=True)
class Received:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: JsonObject


class ScriptedModelServer:
    """`refuses` are the `response_format` types that it answers with status 400, as llama.cpp does `json_schema`.

    `requests` are those that came in; `asked` is set once a model was asked, `left` once a client gave up on `Hang`.
    """

    def __init__(self, *behaviours: Behaviour, refuses: Sequence[str] = (), model: str = "scripted") -> None:
        self.behaviours = behaviours
        self.refuses = frozenset(refuses)
        self.requests: list[Received] = []
        self.model = model
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self._release = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._used = 0

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> ScriptedModelServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def release(self) -> None:
        """Let the slow ones answer now."""
        self._release.set()

    # --- HTTP ------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while (received := await _read(reader)) is not None:
                self.requests.append(received)
                if not await self._answer(received, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other end left, or the server is being closed: either way this connection is over
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if received.path == "/v1/models" and received.method == "GET":
            return await _send(writer, 200, {"object": "list", "data": [{"id": self.model, "object": "model"}]})
        if received.path != "/v1/chat/completions" or received.method != "POST":
            return await _send(writer, 404, _error("no such path"))
        form = received.body.get("response_format")
        if isinstance(form, dict) and form.get("type") in self.refuses:
            return await _send(writer, 400, _error(f"response_format of type {form.get('type')} is not supported"))
        behaviour = self.behaviours[min(self._used, len(self.behaviours) - 1)]
        self._used += 1
        self.asked.set()
        return await self._behave(behaviour, received.body, reader, writer)

    async def _behave(
        self, behaviour: Behaviour, body: JsonObject, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        match behaviour:
            case Say():
                return await self._say(behaviour, body, writer)
            case Status(code=code, message=message, error_code=error_code, headers=headers):
                return await _send(writer, code, _error(message, error_code), headers)
            case Raw(body=raw, content_type=content_type, headers=headers):
                return await _send_bytes(writer, 200, raw, content_type, headers)
            case Truncated(text=text):
                whole = json.dumps(self._completion(Say(text))).encode()
                writer.write(_head(200, len(whole) * 2, "application/json") + whole[: len(whole) // 2])
                await writer.drain()
                return False
            case Slow(text=text, seconds=seconds):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._release.wait(), seconds)
                return await self._say(Say(text), body, writer)
            case Hang():
                # Nothing more is said; the read ends when the client gives up.
                await reader.read()
                self.left.set()
                return False

    async def _say(self, behaviour: Say, body: JsonObject, writer: asyncio.StreamWriter) -> bool:
        if body.get("stream") is not True:
            return await _send(writer, 200, self._completion(behaviour))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        async for chunk in self._chunks(behaviour):
            writer.write(f"data: {chunk}\n\n".encode())
            await writer.drain()
        return False

    async def _chunks(self, behaviour: Say) -> AsyncIterator[str]:
        for start in range(0, len(behaviour.text), 16):
            delta: Json = {"role": "assistant", "content": behaviour.text[start : start + 16]}
            yield json.dumps({**self._envelope("chat.completion.chunk"), "choices": [{"index": 0, "delta": delta}]})
        last: Json = {"index": 0, "delta": {}, "finish_reason": behaviour.finish_reason}
        yield json.dumps({**self._envelope("chat.completion.chunk"), "choices": [last]})
        yield "[DONE]"

    def _completion(self, behaviour: Say) -> JsonObject:
        message: Json = {"role": "assistant", "content": behaviour.text}
        choice: Json = {"index": 0, "message": message, "finish_reason": behaviour.finish_reason}
        completion: JsonObject = {**self._envelope("chat.completion"), "choices": [choice]}
        if behaviour.input_tokens is not None and behaviour.output_tokens is not None:
            total = behaviour.input_tokens + behaviour.output_tokens
            completion["usage"] = {
                "prompt_tokens": behaviour.input_tokens,
                "completion_tokens": behaviour.output_tokens,
                "total_tokens": total,
            }
        return completion

    def _envelope(self, kind: str) -> JsonObject:
        return {"id": f"scripted-{self._used}", "object": kind, "created": 0, "model": self.model}


async def _read(reader: asyncio.StreamReader) -> Received | None:
    """The next request of a connection; None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    body = json.loads(raw) if raw else {}
    return Received(method, path.partition("?")[0], headers, body if isinstance(body, dict) else {})


def _error(message: str, code: str | None = None) -> JsonObject:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


async def _send(
    writer: asyncio.StreamWriter, status: int, value: JsonObject, headers: Sequence[tuple[str, str]] = ()
) -> bool:
    return await _send_bytes(writer, status, json.dumps(value).encode(), "application/json", headers)


async def _send_bytes(
    writer: asyncio.StreamWriter, status: int, body: bytes, kind: str, headers: Sequence[tuple[str, str]] = ()
) -> bool:
    writer.write(_head(status, len(body), kind, headers) + body)
    await writer.drain()
    return True


def _head(status: int, length: int, kind: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} -", f"content-type: {kind}", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
