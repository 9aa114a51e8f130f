"""The only way to one rung's server: `Channel.exchange`. Timeouts, the circuit breaker and the meaning of errors.

No request is retried. What is slow or breaks off is cut, and the connection closed, so that the server stops working.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from math import ceil
from typing import TYPE_CHECKING, Literal

from agents.breaker import Breaker, Ticket
from agents.errors import EmptyStream, ExchangeError, FormRefused, RecordingError, TooLong
from agents.gate import Gate, Refused, Stamp
from agents.incoming import Incoming, pick
from orchestrator.core.egress import Purpose
from orchestrator.core.plan import NOT_ASKED
from orchestrator.core.ports import StoreError
from orchestrator.core.redact import redact
from orchestrator.core.rungs import ModelSettings
from orchestrator.core.sanitize import sanitize
from protocol.failpoints import Failpoints, Mode
from protocol.vocabulary import JsonObject

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, AsyncOpenAI, AsyncStream

AFTER_COMPLETE_S = 1.0
"""How long the end of a stream (its count of tokens) is waited for once the JSON object is whole."""
BROKE_OFF = "broke off in the middle of its answer"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `seconds` bounds all of it; `stop_early` cuts a stream once its JSON object is whole, or hopeless.

    `path` is relative to the base URL; one that begins with `http` stands for itself.
    """

    purpose: Purpose
    path: str
    body: JsonObject | None = None
    method: Literal["GET", "POST"] = "POST"
    seconds: float = 60.0
    run: str = ""
    stop_early: bool = False
    stamp: Stamp = field(default_factory=Stamp)


# A server on a small machine answers one after the other, and some break an answer off when the next request comes.
_PARALLEL = {"local": 1, "cloud": 8}


class Channel:
    """One rung's server. `key` is sent to it and nowhere else. Close it to close its connections.

    `transport` makes what stands for the network (a recorder, a recording); `clock` is monotonic seconds.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        key: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        failpoints: Failpoints | None = None,
        transport: Callable[[], httpx2.AsyncBaseTransport] | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.settings = settings
        self.breaker = Breaker()
        self.gate = gate or Gate()
        self._key = key
        self._clock = clock
        self._failpoints = failpoints
        self._transport = transport
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()
        self._turns = asyncio.Semaphore(settings.parallel or _PARALLEL[settings.tier])

    @property
    def named(self) -> str:
        return f"{sanitize(self.settings.model, multiline=False, limit=100)} ({self.settings.name})"

    async def exchange(self, outgoing: Outgoing) -> Incoming:
        """Send one request and read its answer: the one place where this process speaks to the server.

        Raises ExchangeError. Cancelling it closes the connection.
        """
        try:
            async with asyncio.timeout(max(0.0, outgoing.seconds)):
                await self._turns.acquire()
        except TimeoutError:
            message = f"{self.named} was busy with other requests for {self.settings.timeout_s:g} s"
            raise ExchangeError("timed_out", message) from None
        try:
            return await self._admitted(outgoing)
        finally:
            self._turns.release()

    async def _admitted(self, outgoing: Outgoing) -> Incoming:
        """The exchange, if the breaker lets it through."""
        ticket = self.breaker.admit(self._clock())
        if ticket is None:
            wait = max(0.0, self.breaker.due - self._clock())
            raise ExchangeError("skipped", f"{self.named} is left alone for {ceil(wait)} s: {self.breaker.why}")
        try:
            incoming = await self._passed(outgoing)
        except ExchangeError as error:
            self._settle(ticket, error)
            raise
        except BaseException:
            self.breaker.released(ticket, self._clock())
            raise
        self.breaker.succeeded(ticket)
        return incoming

    async def prepare(self) -> None:
        """Make the client, without asking anything. What is wrong with it is told by the first exchange."""
        with contextlib.suppress(ExchangeError):
            await self._open()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _settle(self, ticket: Ticket, error: ExchangeError) -> None:
        if error.down:
            self.breaker.failed(ticket, self._clock(), error.retry_after)
        elif error.code in NOT_ASKED:
            self.breaker.released(ticket, self._clock())
        else:
            self.breaker.succeeded(ticket)

    async def _passed(self, outgoing: Outgoing) -> Incoming:
        """Through the gate: within budgets, looked through, and on the ledger before it leaves."""
        try:
            async with self.gate.passage(self.settings, outgoing) as passage:
                allowed = replace(outgoing, body=passage.body, seconds=passage.seconds)
                try:
                    incoming = await self._bounded(allowed)
                except ExchangeError as error:
                    if error.code == "timed_out":
                        passage.failed("timed_out")
                    raise
                passage.count(incoming.input_tokens, incoming.output_tokens)
                return incoming
        except Refused as error:
            raise ExchangeError(error.code, str(error)) from None
        except StoreError as error:
            raise _unrecorded(self.named, error) from None

    async def _bounded(self, outgoing: Outgoing) -> Incoming:
        from_now = max(0.0, outgoing.seconds)
        incoming = Incoming(stop_early=outgoing.stop_early)
        try:
            async with asyncio.timeout(from_now) as deadline:
                await self._fail_on_purpose()
                await self._send(outgoing, incoming, deadline)
        except TimeoutError:
            if not incoming.complete:
                message = f"{self.named} did not answer within {self.settings.timeout_s:g} s"
                raise ExchangeError("timed_out", message, down=True) from None
        return incoming

    async def _send(self, outgoing: Outgoing, incoming: Incoming, deadline: asyncio.Timeout) -> None:
        client = await self._open()
        # These libraries came with the client.
        import httpx2
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAIError

        answering = False
        try:
            stream = await _request(client, outgoing)
            answering = True
            try:
                await self._read(stream, incoming, deadline)
            finally:
                await stream.close()
        except (APITimeoutError, httpx2.TimeoutException) as error:
            if _connecting(error):
                raise self._unreachable("cannot be reached") from None
            raise TimeoutError from None
        except APIStatusError as error:
            raise self._status(error) from None
        except (APIConnectionError, httpx2.HTTPError) as error:
            raise self._unreachable(BROKE_OFF if answering else _unanswered(error)) from None
        except RecordingError as error:
            raise ExchangeError("unreachable", f"{self.named} cannot be asked: {error}") from None
        except (APIError, OpenAIError, ValueError, RecursionError) as error:
            message = f"{self.named} gave an answer that is no chat completion ({type(error).__name__})"
            raise ExchangeError("unusable", message) from None

    async def _read(self, stream: AsyncStream[object], incoming: Incoming, deadline: asyncio.Timeout) -> None:
        if "text/event-stream" not in stream.response.headers.get("content-type", ""):
            incoming.whole(json.loads(await stream.response.aread()))
            return
        hurried = False
        async for event in stream:
            if incoming.chunk(event):
                return
            if incoming.complete and not hurried:
                hurried = True
                now = asyncio.get_running_loop().time()
                deadline.reschedule(min(deadline.when() or now, now + AFTER_COMPLETE_S))
        if not incoming.streamed:
            raise EmptyStream("unusable", f"{self.named} ended its answer without a word")
        if not incoming.finish and not incoming.complete:
            raise self._unreachable(BROKE_OFF)

    async def _open(self) -> AsyncOpenAI:
        async with self._opening:
            if self._client is None:
                try:
                    self._client = await asyncio.to_thread(self._make)
                except ImportError:
                    message = f"{self.named} needs libraries: pip install 'asterism[models]'"
                    raise ExchangeError("skipped", message) from None
                except RecordingError as error:
                    raise ExchangeError("unreachable", f"{self.named} cannot be asked: {error}") from None
            return self._client

    def _make(self) -> AsyncOpenAI:
        from agents.egress import open_client

        return open_client(self.settings, self._key, inner=self._transport() if self._transport else None)

    async def _fail_on_purpose(self) -> None:
        """What the failpoint `model` does to this rung."""
        if self._failpoints is None or not self._failpoints.armed:
            return
        rule = self._failpoints.hit("model", self.settings.name)
        if rule is not None and rule.mode is Mode.DELAY:
            await asyncio.sleep(rule.delay_s)
        elif rule is not None:
            raise ExchangeError("unreachable", f"{self.named} cannot be reached (a failpoint)", down=True)

    # --- what errors mean ------------------------------------------------------------------------------------------

    def _unreachable(self, how: str) -> ExchangeError:
        return ExchangeError("unreachable", f"{self.named} {how} at {_host(self.settings.base_url)}", down=True)

    def _status(self, error: APIStatusError) -> ExchangeError:
        """The server's refusal, without repeating what it said: that may echo the request."""
        status, named = error.status_code, self.named
        if _too_long(error):
            return TooLong(f"the request is too long for {named}", _context(error))
        if status in (400, 422) or (status == 500 and _OPTION.search(str(error.message))):
            return FormRefused("unusable", f"{named} answered with status {status}")
        if status in (401, 403):
            variable = self.settings.api_key_env
            where = f"the environment variable {variable}" if variable else "`api_key_env`"
            return ExchangeError("unreachable", f"{named} refused the key: set {where}")
        if status == 404:
            return ExchangeError("unreachable", f"{named} is not there: check the base URL and the model's name (404)")
        if status == 429:
            message = f"{named} takes no more requests now (429)"
            return ExchangeError("unreachable", message, down=True, retry_after=_retry_after(error))
        return ExchangeError("unreachable", f"{named} answered with status {status}", down=status >= 500)


async def _request(client: AsyncOpenAI, outgoing: Outgoing) -> AsyncStream[object]:
    """The answer with its body still to be read, whether or not the server streams it."""
    from openai import AsyncStream

    if outgoing.method == "GET":
        return await client.get(outgoing.path, cast_to=object, stream=True, stream_cls=AsyncStream[object])
    return await client.post(
        outgoing.path, body=outgoing.body, cast_to=object, stream=True, stream_cls=AsyncStream[object]
    )


def _unrecorded(named: str, error: StoreError) -> ExchangeError:
    return ExchangeError("broke_down", f"{named} was not asked: the ledger cannot be written ({error.code})")


def _unanswered(error: Exception) -> str:
    """What became of a request to which not even the head of an answer came."""
    import httpx2

    sent = isinstance(error.__cause__, (httpx2.ReadError, httpx2.RemoteProtocolError))
    return "closed the connection without an answer" if sent else "cannot be reached"


def _connecting(error: BaseException) -> bool:
    import httpx2

    return isinstance(error.__cause__, (httpx2.ConnectTimeout, httpx2.PoolTimeout))


# Servers that break down on an option that they do not know say so with status 500, and name it.
_OPTION = re.compile(r"response_format|json_schema|stream_options|tool_choice|logprobs")
_LONG = re.compile(r"context[ _]?(?:length|size|window)|too many tokens|prompt is too long", re.IGNORECASE)
_SIZE = re.compile(r"context[ _]?(?:length|size|window)\D{0,40}?(\d{3,8})", re.IGNORECASE)


def _too_long(error: APIStatusError) -> bool:
    told = f"{error.code or ''} {error.type or ''} {error.message}"
    return error.status_code == 413 or (error.status_code in (400, 422) and _LONG.search(told) is not None)


def _context(error: APIStatusError) -> int | None:
    """How many tokens the server says that it takes in."""
    said = pick(error.body, "n_ctx")
    found = _SIZE.search(str(error.message))
    size = said if isinstance(said, int) else int(found[1]) if found else 0
    return size if 256 <= size <= 100_000_000 else None


def _retry_after(error: APIStatusError) -> float | None:
    """Seconds, from either form of the header; None where it is absent or unreadable."""
    given = error.response.headers.get("retry-after", "")
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


def _host(url: str) -> str:
    return redact(url.split("//", 1)[-1].split("/", 1)[0].rpartition("@")[2])
