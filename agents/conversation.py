"""One try of a model rung: messages out, an answer in, read by whoever asked; one repair, told what was wrong.

Generic over what is asked for: `read` turns the answer's text into a value or raises `ReplyError`, `schema` is the JSON
Schema of that text. Output is asked for in the strictest form that the server honours, and validated in any case.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from agents.capabilities import Capabilities, Form
from agents.channel import Channel, Outgoing
from agents.errors import EmptyStream, ExchangeError, FormRefused, TooLong
from agents.gate import Stamp
from agents.incoming import Incoming
from agents.prices import price_of
from agents.reply import ReplyError
from agents.tokens import estimate_tokens
from orchestrator.core.detect import hide_secrets
from orchestrator.core.egress import Purpose
from orchestrator.core.plan import NOT_ASKED, RungUsage
from orchestrator.core.redact import redact
from protocol.vocabulary import JsonObject, JsonSchema

T = TypeVar("T")
Message = tuple[str, str]
"""(role, text); the role is `system`, `user` or `assistant`."""

LEAST_ANSWER = 256
"""Tokens that must be left for an answer, else asking is in vain."""
CUT_SHARE = 0.6
"""Below this share of the tokens that a request must have, the server has cut it."""
MOST_BYTES_PER_TOKEN = 7.0
LEAST_COUNT = 256
"""A smaller count says nothing: servers that keep the beginning of a prompt may count only the rest."""
_LOOSER: dict[Form, Form] = {"json_schema": "json_object", "json_object": "text"}


class Conversation(Generic[T]):
    """`seconds()` are those left for the whole try. `form` and `stream` are what the server took in the end.

    `known` is what the probe found out; without it the forms are tried from the strictest on, at each refusal a looser.
    `stamp()` says what the messages were made from; `clean` screens what is added to them.
    """

    def __init__(
        self,
        channel: Channel,
        messages: Sequence[Message],
        *,
        read: Callable[[str], T],
        schema: JsonSchema,
        form: Form,
        stream: bool,
        seconds: Callable[[], float],
        known: Capabilities | None = None,
        purpose: Purpose = "plan",
        run: str = "",
        stamp: Callable[[], Stamp] = Stamp,
        clean: Callable[[str], str] = hide_secrets,
    ) -> None:
        self.form = form
        self.stream = stream
        self._channel = channel
        self._settings = channel.settings
        self._messages = list(messages)
        self._read = read
        self._schema = schema
        self._seconds = seconds
        self._known = known
        self._purpose: Purpose = purpose
        self._run = run
        self._stamp = stamp
        self._clean = clean
        self._calls = self._input = self._output = self._bytes = 0
        self._counted = True

    async def answer(self, *, repairs: int = 1) -> T:
        """The model's word. Raises ExchangeError; ReplyError after the last repair."""
        while True:
            text = ""
            try:
                text = _said(await self._ask(), self._settings.max_tokens)
                return self._read(text)
            except ReplyError as error:
                if repairs == 0:
                    raise
                repairs -= 1
                self._purpose = "repair"
                # What the model said goes back screened, as all that goes out.
                self._messages.append(("assistant", redact(self._clean(text[:20_000]))))
                told = redact(self._clean(str(error)))
                self._messages.append(("user", f"That cannot be used: {told}. Answer again with one JSON object."))

    def usage(self, seconds: float) -> RungUsage:
        """What was used. The cost is None where a price or a count is not known; tokens are then estimates."""
        price = price_of(self._settings)
        cost = price.of(self._input, self._output) if self._counted and price is not None else None
        return RungUsage(
            seconds=max(0.0, seconds),
            calls=self._calls,
            input_tokens=self._input,
            output_tokens=self._output,
            cost_usd=cost if self._calls else 0.0,
            bytes_out=self._bytes,
        )

    async def _ask(self) -> Incoming:
        """One answer, in the strictest form that the server takes."""
        stream = self.stream
        while True:
            body = self._body(stream=stream)
            sent = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            outgoing = Outgoing(
                purpose=self._purpose,
                path="/chat/completions",
                body=body,
                seconds=self._seconds(),
                run=self._run,
                stop_early=True,
                stamp=self._stamp(),
            )
            try:
                with self._noting(sent):
                    incoming = await self._channel.exchange(outgoing)
            except EmptyStream:
                if not stream:
                    raise
                stream = False
                continue
            except FormRefused:
                if not self._loosen():
                    raise
                stream = stream and self.stream
                continue
            self._count(incoming)
            self._whole(incoming)
            return incoming

    @contextlib.contextmanager
    def _noting(self, sent: str) -> Iterator[None]:
        """Count the request, unless it was held back before its first byte."""
        held_back = False
        try:
            yield
        except ExchangeError as error:
            held_back = error.code in NOT_ASKED
            raise
        finally:
            if not held_back:
                self._calls += 1
                self._bytes += len(sent.encode("utf-8", "surrogatepass"))

    def _loosen(self) -> bool:
        looser = _LOOSER.get(self.form)
        if looser is not None:
            self.form = looser
        elif self.stream:
            self.stream = False
        else:
            return False
        return True

    def _body(self, *, stream: bool) -> JsonObject:
        body: JsonObject = {
            "model": self._settings.model,
            "messages": [{"role": role, "content": text} for role, text in self._messages],
            "temperature": 0,
            "max_tokens": self._room(),
        }
        form = self._response_format()
        if form is not None:
            body["response_format"] = form
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def _response_format(self) -> JsonObject | None:
        if self.form == "json_schema":
            inner: JsonObject = {"name": "reply", "schema": self._schema, "strict": False}
            return {"type": "json_schema", "json_schema": inner}
        if self.form == "json_object":
            # `schema` is no part of OpenAI's API; llama.cpp and others take it here, and the rest ignore it.
            return {"type": "json_object", "schema": self._schema}
        return None

    # --- tokens ----------------------------------------------------------------------------------------------------

    def _tokens(self) -> int:
        """About how many tokens the messages are; by the measured ratio where there is one."""
        texts = [text for _, text in self._messages]
        ratio = self._known.bytes_per_token if self._known else None
        if ratio is None or ratio > 3.5:
            return sum(map(estimate_tokens, texts))
        return int(sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / max(ratio, 0.25)) + 1

    def _room(self) -> int:
        """How long the answer may be. Raises TooLong where the context leaves too little for one."""
        context = self._settings.context_tokens or (self._known.context_tokens if self._known else None)
        if context is None:
            return self._settings.max_tokens
        room = min(self._settings.max_tokens, context - self._tokens())
        if room < min(LEAST_ANSWER, self._settings.max_tokens):
            raise TooLong(f"the request is too long for {self._channel.named}, which takes {context} tokens", context)
        return room

    def _whole(self, incoming: Incoming) -> None:
        """Notice a server that cut the request in silence: it counts far fewer tokens than were sent.

        Raises TooLong.
        """
        if incoming.input_tokens is None or incoming.input_tokens < LEAST_COUNT:
            return
        ratio = max(self._known.bytes_per_token or 3.5, 1.0) if self._known else 3.5
        most = min(ratio / CUT_SHARE, MOST_BYTES_PER_TOKEN)
        size = sum(len(text.encode("utf-8", "surrogatepass")) for _, text in self._messages)
        if incoming.input_tokens < size / most:
            message = f"{self._channel.named} cut the request: it read {incoming.input_tokens} tokens of {size} bytes"
            raise TooLong(message)

    def _count(self, incoming: Incoming) -> None:
        self._counted = self._counted and incoming.input_tokens is not None and incoming.output_tokens is not None
        self._input += self._tokens() if incoming.input_tokens is None else incoming.input_tokens
        self._output += estimate_tokens(incoming.text) if incoming.output_tokens is None else incoming.output_tokens


def _said(incoming: Incoming, limit: int) -> str:
    """The text of an answer that is whole. Raises ReplyError."""
    match incoming.verdict:
        case "too_long":
            raise ReplyError("the reply is too long")
        case "prose":
            raise ReplyError("the reply holds no JSON object")
        case "repeating":
            raise ReplyError("the reply says the same again and again")
    if not incoming.text.strip():
        raise ReplyError("the reply is empty")
    if incoming.finish == "length" and not incoming.complete:
        raise ReplyError(f"the reply was cut off after {limit} tokens")
    return incoming.text
