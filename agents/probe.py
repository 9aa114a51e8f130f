"""Finds out what a model's server really does, by small requests whose answers prove it.

Servers answer with status 200 and ignore what was asked. So the schema allows one value only, which the model is not
told: an answer that has it obeyed the schema. Five short questions at most, the structured ones first, within
`PROBE_S`; what there was no time for stays unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from agents.capabilities import Capabilities, CapabilityCache, digest
from agents.channel import Channel, Outgoing
from agents.errors import ExchangeError, FormRefused
from agents.incoming import Incoming, pick
from orchestrator.core.rungs import ModelSettings
from protocol.vocabulary import JsonObject

PROBE_S = 30.0
MARK = "Capability check."
"""How every probe's question begins."""
_LIST_S = 5.0
_QUESTION = f"""{MARK} You are asked for one short JSON object with a single key "word" whose value is a string.
Choose any word that you like. Answer with the object alone: no explanation, no code fence, nothing before or after it.
The object is not stored and not shown to anyone. It only serves to find out whether answers keep to a given form."""
_CONTEXTS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")


class Prober:
    """Probes one rung at need. `now` is Unix time, `clock` monotonic seconds. `probe` raises ExchangeError.

    A cached result serves while it is fresh and the server's list of models is the same; the list is asked for again
    every hour.
    """

    def __init__(
        self, channel: Channel, cache: CapabilityCache, *, now: Callable[[], float], clock: Callable[[], float]
    ) -> None:
        self._channel = channel
        self._cache = cache
        self._now = now
        self._clock = clock

    async def probe(self, *, force: bool = False, seconds: float = PROBE_S) -> Capabilities:
        """What the server does: remembered, or found out within about `seconds`."""
        settings = self._channel.settings
        listing = await self._models(min(seconds, _LIST_S))
        known = await self._cache.get(settings)
        if not force and known is not None and known.fresh(self._now(), listing.digest):
            return known
        found = await self._find(listing, self._clock() + seconds)
        await self._cache.put(settings, found)
        return found

    async def known(self) -> Capabilities | None:
        """What was found out last, however long ago."""
        return await self._cache.get(self._channel.settings)

    async def learned(self, known: Capabilities, context_tokens: int) -> Capabilities:
        """Remember how much the model takes in, once the server has said so."""
        found = known.model_copy(update={"context_tokens": context_tokens})
        await self._cache.put(self._channel.settings, found)
        return found

    async def _models(self, seconds: float) -> _Listing:
        """The server's list; an empty one where it keeps none. Raises ExchangeError where it is down."""
        outgoing = Outgoing(purpose="probe", method="GET", path="/models", seconds=seconds)
        try:
            incoming = await self._channel.exchange(outgoing)
        except ExchangeError as error:
            if error.down or error.code == "skipped":
                raise
            return _Listing(())
        entries = pick(incoming.body, "data")
        return _Listing(tuple(entries) if isinstance(entries, list) else ())

    async def _find(self, listing: _Listing, deadline: float) -> Capabilities:
        settings = self._channel.settings
        questions = _Questions(self._channel, deadline, self._clock)
        strict = await questions.structured("json_schema")
        loose = _Obeyed() if strict.schema else await questions.structured("json_object")
        streaming = await questions.streaming()
        tools = await questions.tools()
        return Capabilities(
            at=self._now(),
            models=listing.digest,
            listed=listing.has(settings.model),
            json_schema=strict.schema,
            object_schema=loose.schema,
            json_object=loose.object,
            streaming=streaming,
            usage=questions.counted,
            tools=tools,
            logprobs=await questions.logprobs(),
            context_tokens=listing.context(settings.model) or await questions.context(),
            bytes_per_token=questions.ratio,
        )


@dataclass(frozen=True, slots=True)
class _Listing:
    """A server's list of models, as it gave it."""

    entries: tuple[object, ...]

    @property
    def names(self) -> list[str]:
        found = (pick(entry, "id") for entry in self.entries)
        return [name for name in found if isinstance(name, str)]

    @property
    def digest(self) -> str:
        return digest(self.names) if self.names else ""

    def has(self, model: str) -> bool | None:
        return model in self.names if self.names else None

    def context(self, model: str) -> int | None:
        """How much the model takes in, where the list says so."""
        for entry in self.entries:
            if pick(entry, "id") == model:
                return next(_sizes(entry), None) or next(_sizes(pick(entry, "meta")), None)
        return None


def _sizes(entry: object) -> Iterator[int]:
    for name in _CONTEXTS:
        size = pick(entry, name)
        if isinstance(size, int) and 256 <= size <= 100_000_000:
            yield size


def secret_word(settings: ModelSettings) -> str:
    """A word that the model cannot guess, the same at every probe of it, so that a recording serves again."""
    return "w" + hashlib.sha256(f"a word for {settings.model}".encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class _Obeyed:
    """Whether an answer was as its schema says, and a JSON object at all; None: it was not found out."""

    schema: bool | None = None
    object: bool | None = None


class _Questions:
    """The questions of one probe. `counted`: the server said how many tokens there were, in every answer."""

    def __init__(self, channel: Channel, deadline: float, clock: Callable[[], float]) -> None:
        self._channel = channel
        self._deadline = deadline
        self._clock = clock
        self._word = secret_word(channel.settings)
        self._schema: JsonObject = {
            "type": "object",
            "properties": {"word": {"type": "string", "enum": [self._word]}},
            "required": ["word"],
            "additionalProperties": False,
        }
        self.counted: bool | None = None
        self.ratio: float | None = None
        self._answered = False

    async def structured(self, form: str) -> _Obeyed:
        """How far an answer kept to a schema, given in one form or the other."""
        given: JsonObject = {"type": "json_schema", "json_schema": {"name": "word", "schema": self._schema}}
        if form == "json_object":
            given = {"type": "json_object", "schema": self._schema}
        incoming = await self._ask({"response_format": given, "max_tokens": 200})
        if incoming is None:
            return _Obeyed()
        if isinstance(incoming, FormRefused):
            return _Obeyed(schema=False, object=False)
        self._count(incoming)
        return _Obeyed(schema=_word(incoming.text) == self._word, object=_is_object(incoming.text))

    async def streaming(self) -> bool | None:
        """Whether the answer comes in pieces."""
        body: JsonObject = {"stream": True, "stream_options": {"include_usage": True}, "max_tokens": 16}
        incoming = await self._ask(body)
        if incoming is None or isinstance(incoming, FormRefused):
            return None if incoming is None else False
        self.counted = bool(self.counted) and incoming.input_tokens is not None
        return incoming.streamed

    async def tools(self) -> bool | None:
        """Whether a tool that it must call is called, with arguments of the tool's schema."""
        function: JsonObject = {"name": "say_word", "description": "Says a word.", "parameters": self._schema}
        choice: JsonObject = {"type": "function", "function": {"name": "say_word"}}
        body: JsonObject = {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": choice,
            "max_tokens": 200,
        }
        incoming = await self._ask(body)
        return _told(incoming, lambda found: _word(found.arguments) == self._word)

    async def logprobs(self) -> bool | None:
        incoming = await self._ask({"logprobs": True, "top_logprobs": 1, "max_tokens": 1})
        return _told(incoming, lambda found: found.logprobs)

    async def context(self) -> int | None:
        """What llama.cpp's own server says of itself, beside its OpenAI-compatible paths; nobody else is asked."""
        settings = self._channel.settings
        if settings.tier != "local":
            return None
        parts = urlsplit(settings.base_url)
        path = f"{parts.scheme}://{parts.netloc}/props"
        try:
            incoming = await self._channel.exchange(
                Outgoing(purpose="probe", method="GET", path=path, seconds=self._left(_LIST_S))
            )
        except ExchangeError:
            return None
        return next(_sizes(pick(incoming.body, "default_generation_settings")), None)

    async def _ask(self, more: JsonObject) -> Incoming | FormRefused | None:
        """An answer, a refusal of the form, or None where nothing can be learned in the time left."""
        if self._clock() >= self._deadline:
            return None
        settings = self._channel.settings
        body: JsonObject = {
            "model": settings.model,
            "messages": [{"role": "user", "content": _QUESTION}],
            "temperature": 0,
            **more,
        }
        seconds = self._left(settings.timeout_s)
        try:
            incoming: Incoming | FormRefused = await self._channel.exchange(
                Outgoing(purpose="probe", path="/chat/completions", body=body, seconds=seconds)
            )
        except FormRefused as error:
            incoming = error
        except ExchangeError as error:
            # A server that has answered before is slow, not down.
            if error.code == "skipped" or (error.down and not (error.code == "timed_out" and self._answered)):
                raise
            return None
        self._answered = True
        return incoming

    def _left(self, limit: float) -> float:
        return max(0.0, min(limit, self._deadline - self._clock()))

    def _count(self, incoming: Incoming) -> None:
        tokens = incoming.input_tokens
        self.counted = tokens is not None
        if tokens:
            self.ratio = round(len(_QUESTION.encode()) / tokens, 3)


def _is_object(answer: str) -> bool:
    try:
        return isinstance(json.loads(answer), dict)
    except (ValueError, RecursionError):
        return False


def _word(text: str) -> object:
    try:
        return pick(json.loads(text), "word")
    except (ValueError, RecursionError):
        return None


def _told(incoming: Incoming | FormRefused | None, judge: Callable[[Incoming], bool]) -> bool | None:
    if incoming is None:
        return None
    return isinstance(incoming, Incoming) and judge(incoming)
