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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

from agents.scripted_behaviours import Behaviour as Behaviour
from agents.scripted_behaviours import Broken as Broken
from agents.scripted_behaviours import Drip as Drip
from agents.scripted_behaviours import Hang as Hang
from agents.scripted_behaviours import Quirks as Quirks
from agents.scripted_behaviours import Raw as Raw
from agents.scripted_behaviours import Say as Say
from agents.scripted_behaviours import Slow as Slow
from agents.scripted_behaviours import Status as Status
from agents.scripted_behaviours import Truncated as Truncated
from agents.scripted_behaviours import say as say
from agents.scripted_quirks import Refused, obey, overflow, tokens
from protocol.vocabulary import Json, JsonObject


@dataclass(slots=True)
class Received:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: JsonObject


class ScriptedModelServer:
    """`refuses` are the `response_format` types that it answers with status 400, as llama.cpp does `json_schema`.

    With `quirks` it answers a probe's questions by itself, without taking a behaviour. `requests` are those that came
    in, `answered` those of them that took a behaviour; `asked` is set once a model was asked, `left` once a client
    went away in the middle of an answer.
    """

    def __init__(
        self,
        *behaviours: Behaviour,
        refuses: Sequence[str] = (),
        model: str = "scripted",
        quirks: Quirks | None = None,
    ) -> None:
        self.quirks = quirks
        self.answered: list[Received] = []
        self.behaviours = behaviours
        self.refuses = frozenset(refuses)
        self.requests: list[Received] = []
        self.model = model
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self._release = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open: set[asyncio.Task[None]] = set()
        self._used = 0

    @property
    def base_url(self) -> str:
        """Where it is, or was."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> ScriptedModelServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    async def idle(self) -> None:
        """Until no connection is open."""
        await asyncio.gather(*self._open, return_exceptions=True)

    def script(self, *behaviours: Behaviour) -> None:
        """From here on these, the last one for ever; what came in so far is forgotten."""
        self.behaviours, self._used = behaviours, 0
        self.requests.clear()
        self.answered.clear()

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
            return await _send(writer, 200, {"object": "list", "data": [self._listed()]})
        if received.path != "/v1/chat/completions" or received.method != "POST":
            return await _send(writer, 404, _error("no such path"))
        form = received.body.get("response_format")
        if isinstance(form, dict) and form.get("type") in self.refuses:
            return await _send(writer, 400, _error(f"response_format of type {form.get('type')} is not supported"))
        if self.quirks is not None:
            try:
                overflow(self.quirks, received.body)
                probed = obey(self.quirks, received.body)
            except Refused as refusal:
                return await _send(writer, 400, _error(str(refusal), refusal.code))
            if probed is not None:
                return await self._complete(probed, received.body, writer)
        behaviour = self.behaviours[min(self._used, len(self.behaviours) - 1)]
        self._used += 1
        self.answered.append(received)
        self.asked.set()
        return await self._behave(behaviour, received.body, reader, writer)

    def _listed(self) -> JsonObject:
        quirks = self.quirks or Quirks()
        entry: JsonObject = {"id": self.model if quirks.listed else "another", "object": "model"}
        return {**entry, "max_model_len": quirks.context} if quirks.context_listed else entry

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
            case Drip():
                return await self._drip(behaviour, reader, writer)
            case Broken(text=text):
                writer.write(_STREAM_HEAD)
                await self._event(writer, self._delta({"content": text[: len(text) // 2]}))
                return False

    async def _say(self, behaviour: Say, body: JsonObject, writer: asyncio.StreamWriter) -> bool:
        return await self._complete(self._completion(behaviour, body), body, writer)

    async def _complete(self, completion: JsonObject, body: JsonObject, writer: asyncio.StreamWriter) -> bool:
        """The same answer whole or, where that is asked for and can be done, in chunks."""
        if body.get("stream") is not True or (self.quirks is not None and self.quirks.streaming != "obeyed"):
            return await _send(writer, 200, completion)
        writer.write(_STREAM_HEAD)
        for chunk in self._chunks(completion, body):
            await self._event(writer, chunk)
        writer.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _drip(self, behaviour: Drip, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        gone = asyncio.ensure_future(reader.read())
        writer.write(_STREAM_HEAD)
        try:
            while True:
                for start in range(0, len(behaviour.text), behaviour.size):
                    await self._event(writer, self._delta({"content": behaviour.text[start : start + behaviour.size]}))
                    await asyncio.wait([gone], timeout=behaviour.seconds)
                    if gone.done():
                        return False
                if not behaviour.endless:
                    break
            await self._event(writer, self._delta({}, "stop"))
            writer.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
            await writer.drain()
            return False
        except ConnectionError:
            return False
        finally:
            if gone.done() or writer.is_closing():
                self.left.set()
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _event(self, writer: asyncio.StreamWriter, value: JsonObject) -> None:
        writer.write(_chunk(f"data: {json.dumps(value)}\n\n".encode()))
        await writer.drain()

    def _chunks(self, completion: JsonObject, body: JsonObject) -> Iterator[JsonObject]:
        choices = completion["choices"]
        assert isinstance(choices, list)
        choice = choices[0]
        assert isinstance(choice, dict)
        message = choice["message"]
        assert isinstance(message, dict)
        text = str(message.get("content") or "")
        for start in range(0, len(text), 16):
            yield self._delta({"role": "assistant", "content": text[start : start + 16]})
        yield self._delta({}, str(choice["finish_reason"]))
        options = body.get("stream_options")
        if "usage" in completion and isinstance(options, dict) and options.get("include_usage") is True:
            yield {**self._envelope("chat.completion.chunk"), "choices": [], "usage": completion["usage"]}

    def _delta(self, delta: JsonObject, finish: str | None = None) -> JsonObject:
        choice: Json = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self._envelope("chat.completion.chunk"), "choices": [choice]}

    def _completion(self, behaviour: Say, body: JsonObject | None = None) -> JsonObject:
        message: Json = {"role": "assistant", "content": behaviour.text}
        choice: Json = {"index": 0, "message": message, "finish_reason": behaviour.finish_reason}
        completion: JsonObject = {**self._envelope("chat.completion"), "choices": [choice]}
        counted = self.quirks is None or self.quirks.usage
        if counted and behaviour.input_tokens is not None and behaviour.output_tokens is not None:
            read = behaviour.input_tokens
            if self.quirks is not None and body is not None:
                read = min(tokens(body), self.quirks.context or 1_000_000)
            total = read + behaviour.output_tokens
            completion["usage"] = {
                "prompt_tokens": read,
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


_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


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
