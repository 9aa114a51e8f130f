"""A planner rung behind any server that speaks OpenAI's chat completions.

The server is asked for output by `json_schema`; where it refuses, for a `json_object` with the schema, then for plain
text under the same instructions. Every reply is validated here in any case, and may be mended once. Whatever else goes
wrong (refused, silent, cut off, prose) is a `Declined` with the reason: nothing of it runs, and nothing is raised.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, cast

from agents.prompt import messages
from agents.reply import ReplyError, read_reply, reply_schema
from agents.settings import ModelSettings
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, RungUsage
from orchestrator.core.ports import PlanningContext
from orchestrator.core.redact import redact
from orchestrator.core.requests import Request
from orchestrator.core.sanitize import sanitize
from protocol.failpoints import Failpoints, Mode

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
    from openai.types.chat.completion_create_params import ResponseFormat

Format = Literal["json_schema", "json_object", "text"]
_LOOSER: dict[Format, Format] = {"json_schema": "json_object", "json_object": "text"}


class _Failed(Exception):
    """The server gave nothing to read; the message says why."""


class ModelPlanner:
    """A `Planner`. `key` is the API key itself; it is sent to the rung's server only, and never logged.

    `timeout_s` of the settings bounds a whole try, repair included. Close it to close its connections.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        key: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        failpoints: Failpoints | None = None,
    ) -> None:
        self.settings = settings
        self._key = key
        self._clock = clock
        self._failpoints = failpoints
        self._client: AsyncOpenAI | None = None
        self._format: Format = "json_schema"

    @property
    def rung(self) -> str:
        return self.settings.name

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        talk = _Talk(self, [_message(role, text) for role, text in messages(request, context)])
        began = self._clock()
        result: Plan | Clarification | Declined
        try:
            if self._client is None:
                self._client = await asyncio.to_thread(_open, self.settings, self._key)
            async with asyncio.timeout(self.settings.timeout_s):
                result = await talk.reply(repairs=0 if context.problems else 1)
        except ImportError:
            result = Declined(reason=f"{self._named} needs libraries: pip install 'asterism[models]'")
        except _Failed as error:
            result = Declined(reason=str(error))
        except ReplyError as error:
            reason = f"{self._named} gave no usable plan: {error}"
            result = Declined(reason=sanitize(redact(reason), multiline=False, limit=500))
        except TimeoutError:
            result = Declined(reason=f"{self._named} did not answer within {self.settings.timeout_s:g} s")
        usage = talk.usage(self._clock() - began)
        why = result.why if isinstance(result, Plan) else ""
        return Proposal(
            rung=self.rung, tier=self.settings.tier, result=result, usage=usage, why=why or f"by {self._named}"[:2000]
        )

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def fail_on_purpose(self) -> None:
        """What the failpoint `model` does to this rung. Raises _Failed."""
        if self._failpoints is None or not self._failpoints.armed:
            return
        rule = self._failpoints.hit("model", self.rung)
        if rule is not None and rule.mode is Mode.DELAY:
            await asyncio.sleep(rule.delay_s)
        elif rule is not None:
            raise _Failed(f"{self._named} cannot be reached (a failpoint)")

    @property
    def _named(self) -> str:
        return f"{sanitize(self.settings.model, multiline=False, limit=100)} ({self.settings.name})"


def _open(settings: ModelSettings, key: str | None) -> AsyncOpenAI:
    from agents.egress import open_client

    return open_client(settings, key)


def _message(role: str, text: str) -> ChatCompletionMessageParam:
    if role == "system":
        return {"role": "system", "content": text}
    return {"role": "assistant", "content": text} if role == "assistant" else {"role": "user", "content": text}


class _Talk:
    """One try of the rung: the messages so far, and what they cost."""

    def __init__(self, planner: ModelPlanner, messages: list[ChatCompletionMessageParam]) -> None:
        self.planner = planner
        self.settings = planner.settings
        self.messages = messages
        self.calls = self.input_tokens = self.output_tokens = 0
        self.counted = True

    async def reply(self, *, repairs: int) -> Plan | Clarification | Declined:
        """The model's word. Raises _Failed, ReplyError after the last repair, TimeoutError."""
        while True:
            text = await self._say()
            try:
                return read_reply(text)
            except ReplyError as error:
                if repairs == 0:
                    raise
                repairs -= 1
                # What the model said goes back redacted, as all that goes out.
                self.messages.append(_message("assistant", redact(text[:20_000])))
                self.messages.append(
                    _message("user", f"That cannot be used: {error}. Answer again with one JSON object.")
                )

    async def _say(self) -> str:
        completion = await self._complete()
        self._count(completion)
        choices = completion.choices if isinstance(getattr(completion, "choices", None), list) else []
        message = choices[0].message if choices else None
        text = message.content if message is not None else None
        if not isinstance(text, str) or not text.strip():
            raise ReplyError("the reply is empty")
        if choices[0].finish_reason == "length":
            raise ReplyError(f"the reply was cut off after {self.settings.max_tokens} tokens")
        return text

    async def _complete(self) -> ChatCompletion:
        """One exchange, in the strictest form of output that the server takes; what it takes is remembered."""
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAIError

        named = self.planner._named
        await self.planner.fail_on_purpose()
        while True:
            try:
                return await self._create()
            except APITimeoutError:
                raise TimeoutError from None
            except APIConnectionError:
                raise _Failed(f"{named} cannot be reached at {_host(self.settings.base_url)}") from None
            except APIStatusError as error:
                looser = _LOOSER.get(self.planner._format)
                if error.status_code not in (400, 422) or looser is None or _too_long(error):
                    raise _Failed(_status(error, named, self.settings)) from None
                self.planner._format = looser
            except (APIError, OpenAIError, ValueError) as error:
                raise _Failed(f"{named} gave an answer that is none ({type(error).__name__})") from None

    async def _create(self) -> ChatCompletion:
        from openai import omit

        assert self.planner._client is not None
        self.calls += 1
        form = _form(self.planner._format)
        return await self.planner._client.chat.completions.create(
            model=self.settings.model,
            messages=self.messages,
            temperature=0,
            max_tokens=self.settings.max_tokens,
            response_format=omit if form is None else form,
        )

    def _count(self, completion: ChatCompletion) -> None:
        usage = getattr(completion, "usage", None)
        tokens = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
        if all(isinstance(count, int) and count >= 0 for count in tokens):
            self.input_tokens += tokens[0] or 0
            self.output_tokens += tokens[1] or 0
        else:
            self.counted = False

    def usage(self, seconds: float) -> RungUsage:
        """What was used. The cost is None where a price or a count is not known."""
        prices = (self.settings.input_usd, self.settings.output_usd)
        cost = None
        if self.counted and prices[0] is not None and prices[1] is not None:
            cost = (self.input_tokens * prices[0] + self.output_tokens * prices[1]) / 1e6
        return RungUsage(
            seconds=max(0.0, seconds),
            calls=self.calls,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost_usd=cost if self.calls else 0.0,
        )


def _form(form: Format) -> ResponseFormat | None:
    if form == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": "reply", "schema": reply_schema(), "strict": False}}
    if form == "json_object":
        # `schema` is no part of OpenAI's API; llama.cpp and others take it here, and the rest ignore it.
        return cast("ResponseFormat", {"type": "json_object", "schema": reply_schema()})
    return None


def _too_long(error: APIStatusError) -> bool:
    return "context_length" in str(error.code or "") or "context length" in str(error.message).lower()


def _status(error: APIStatusError, named: str, settings: ModelSettings) -> str:
    """The server's refusal, without repeating what it said: that may echo the request."""
    if _too_long(error):
        return f"the request is too long for {named}"
    if error.status_code in (401, 403):
        where = f"the environment variable {settings.api_key_env}" if settings.api_key_env else "`api_key_env`"
        return f"{named} refused the key: set {where}"
    if error.status_code == 429:
        return f"{named} takes no more requests now (429)"
    if error.status_code == 404:
        return f"{named} is not there: check the base URL and the model's name (404)"
    return f"{named} answered with status {error.status_code}"


def _host(url: str) -> str:
    return redact(url.split("//", 1)[-1].split("/", 1)[0].rpartition("@")[2])
