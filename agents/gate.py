"""The gate before the egress: whether a request to a model's server may leave, and its line in the ledger.

    gate.consent(rung, policy, answers)      may this rung be asked at all, for this run
    async with gate.passage(rung, outgoing)  hold the budget; inside, the transport sends one request, and only then
        passage.outgoing                     the request as it may be made: a shorter reply, less time
        passage.count(incoming)              what the server said it used
                                             at the end: the ledger's line is closed, the budget settled

The transport (`egress.py`) refuses what comes without a passage, looks through the bytes a last time, and has the
request recorded before the first of them is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from agents.hosts import host_of, reach
from agents.ledger import MemoryLedger
from agents.prices import price_of
from agents.purse import Held, Purse
from orchestrator.core.budget import Limits, Over, Price, Spent, Wanted
from orchestrator.core.detect import hide_secrets
from orchestrator.core.egress import Closing, Ending, Label, Outbound, Purpose
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Choice, Clarification, Declined, DeclinedCode, Tier
from orchestrator.core.ports import Ledger, StoreError
from orchestrator.core.privacy import PrivacySettings, Rules, Screen
from orchestrator.core.redact import redact
from orchestrator.core.requests import RunPolicy
from orchestrator.core.rungs import ModelSettings

if TYPE_CHECKING:
    from protocol.vocabulary import JsonObject

_log = logging.getLogger("asterism.agents")
LEAST_SECRET = 8
"""Characters of the shortest value of the environment that is looked for in what goes out."""
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a request's contents, for the ledger, and the run's limits."""

    labels: tuple[Label, ...] = (Label.PUBLIC,)
    withheld: tuple[Label, ...] = ()
    reason: str = ""
    limits: Limits = field(default_factory=Limits)


class Leaving(Protocol):
    """A request as the gate sees it: `agents.channel.Outgoing`."""

    @property
    def purpose(self) -> Purpose: ...

    @property
    def body(self) -> JsonObject | None: ...

    @property
    def seconds(self) -> float: ...

    @property
    def run(self) -> str: ...

    @property
    def stamp(self) -> Stamp: ...


class Refused(Exception):
    """The request may not leave. `code` is a `DeclinedCode`, the message a sentence for people."""

    def __init__(self, code: DeclinedCode, message: str) -> None:
        super().__init__(message)
        self.code: DeclinedCode = code


PASSAGE: ContextVar[Passage | None] = ContextVar("PASSAGE", default=None)


class Gate:
    """One a process. `day` are the limits of all runs of a UTC day; `secret` texts that must never leave.

    Secrets of the `environment` are found by the names of its variables and by their form.
    """

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        privacy: PrivacySettings | None = None,
        day: Limits | None = None,
        secret: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: f"e{secrets.token_hex(12)}",
    ) -> None:
        self.ledger = ledger or MemoryLedger()
        known = dict.fromkeys([*secret, *_secrets_of(environment or {})])
        self.rules = Rules(privacy or PrivacySettings(), tuple(sorted(known, key=len, reverse=True)))
        self.purse = Purse(self.ledger, day or Limits(), now)
        self.now = now
        self.new_id = new_id

    def tier(self, rung: ModelSettings) -> Tier:
        """Whose machine the rung's server runs on: the settings' word, but a public address is never one's own."""
        host = host_of(rung.base_url)
        far = reach(host) == "far" and host not in self.rules.settings.trusted
        return "cloud" if far else rung.tier

    def screen(self, rung: ModelSettings, fleet: FleetView) -> Screen:
        """A screen for one conversation with the rung. Personal data passes to one's own machine only."""
        host = host_of(rung.base_url)
        near = reach(host) == "loopback" or host in self.rules.settings.trusted
        return Screen(self.rules, fleet, trusted=near and rung.tier == "local")

    def consent(
        self, rung: ModelSettings, policy: RunPolicy, answers: Sequence[tuple[str, str]]
    ) -> Declined | Clarification | None:
        """Whether a run with this policy may ask the rung: None, or why not, or what a person must say first."""
        if self.tier(rung) != "cloud":
            return None
        if policy.local_only:
            return Declined(reason=f"{rung.name} is a cloud rung, and this run stays local", code="skipped")
        match self.rules.settings.cloud:
            case "off":
                return Declined(reason=f"{rung.name} is a cloud rung, and those are switched off", code="skipped")
            case "ask":
                return _asked(rung, answers)
        return None

    @asynccontextmanager
    async def passage(self, rung: ModelSettings, outgoing: Leaving) -> AsyncIterator[Passage]:
        """Hold the budget for one request. Raises Refused, and StoreError where the ledger cannot be written."""
        tier = self.tier(rung)
        if tier == "cloud" and self.rules.settings.cloud == "off":
            raise Refused("skipped", f"{rung.name} is a cloud rung, and those are switched off")
        price = price_of(rung)
        held = await self.purse.hold(outgoing.run, outgoing.stamp.limits, _wanted(outgoing, tier, price))
        if isinstance(held, Over):
            raise Refused("over_budget", f"{rung.name} is not asked: {held.reason}")
        passage = Passage(self, rung, tier, price, outgoing, held)
        token = PASSAGE.set(passage)
        ending: Ending = "lost"
        try:
            yield passage
            ending = "answered"
        except asyncio.CancelledError:
            ending = "cancelled"
            raise
        except TimeoutError:
            ending = "timed_out"
            raise
        finally:
            PASSAGE.reset(token)
            await asyncio.shield(passage.close(ending))


class Passage:
    """One request's leave. `seconds` and `max_tokens` are what it may take; None: as it is."""

    def __init__(
        self, gate: Gate, rung: ModelSettings, tier: Tier, price: Price | None, outgoing: Leaving, held: Held
    ) -> None:
        self._gate, self._rung, self._tier, self._price = gate, rung, tier, price
        self._outgoing, self._held = outgoing, held
        self._entry: Outbound | None = None
        self._status: int | None = None
        self._received = 0
        self._tokens: tuple[int, int] | None = None
        self._ending: Ending | None = None
        self.seconds = held.wanted.seconds

    @property
    def run(self) -> str:
        """The run that the request is for; empty outside one."""
        return self._outgoing.run

    @property
    def body(self) -> JsonObject | None:
        """The request's body, its reply no longer than the budget allows."""
        body = self._outgoing.body
        most = self._held.wanted.output_tokens
        if body is None or not _limits_reply(body) or body["max_tokens"] == most:
            return body
        return {**body, "max_tokens": most}

    # --- for the transport -----------------------------------------------------------------------------------------

    async def leave(self, url: str, body: bytes) -> None:
        """Look through the bytes and record them. Raises Refused, or StoreError: then nothing may be sent."""
        if self._entry is not None:
            raise Refused("withheld", "a second request in one passage")
        self._check_address(url)
        self._look_through(url, body)
        forecast, stamp = self._held.wanted.forecast(), self._outgoing.stamp
        entry = Outbound(
            id=self._gate.new_id(),
            run=self._outgoing.run,
            at=self._held.at,
            rung=self._rung.name,
            tier=self._tier,
            host=host_of(url),
            purpose=self._outgoing.purpose,
            reason=stamp.reason[:500],
            bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            labels=stamp.labels,
            withheld=stamp.withheld,
            forecast_tokens=forecast.tokens,
            forecast_usd=forecast.usd if self._price is not None else None,
            forecast_s=forecast.seconds,
        )
        await self._gate.ledger.open_egress(entry)
        self._entry = entry

    def answered(self, status: int) -> None:
        self._status = status

    def took(self, size: int) -> None:
        self._received += size

    def failed(self, ending: Ending) -> None:
        """How it ended, where whoever asked only learns that it failed."""
        self._ending = self._ending or ending

    def _check_address(self, url: str) -> None:
        if host_of(url) != host_of(self._rung.base_url):
            raise Refused("withheld", f"{self._rung.name} was about to speak to another host than its own")

    def _look_through(self, url: str, body: bytes) -> None:
        """The last look: what is known to be secret, and what has the form of a secret, does not leave."""
        text = f"{url}\n{body.decode('utf-8', 'replace')}"
        for known in self._gate.rules.secret:
            if known in text or json.dumps(known)[1:-1] in text or json.dumps(known, ensure_ascii=False)[1:-1] in text:
                raise Refused("withheld", "what was to be sent held a secret of this machine: nothing was sent")
        terms = self._gate.rules.secret_terms()
        if terms is not None and terms.search(text):
            raise Refused("withheld", "what was to be sent held one of the owner's secret terms: nothing was sent")
        if any(redact(said) != said for said in _said(body)):
            raise Refused("withheld", "what was to be sent held what looks like a secret: nothing was sent")

    # --- for whoever asked -----------------------------------------------------------------------------------------

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """What the server says it used."""
        if input_tokens is not None and output_tokens is not None:
            self._tokens = (input_tokens, output_tokens)

    async def close(self, ending: Ending) -> None:
        """Close the ledger's line, and settle what was held."""
        entry = self._entry
        if entry is None:
            self._gate.purse.settle(self._held, Spent())  # nothing left
            return
        closing = self._closing(ending)
        usd = entry.forecast_usd or 0.0 if closing.cost_usd is None else closing.cost_usd
        tokens = entry.forecast_tokens
        if closing.input_tokens is not None and closing.output_tokens is not None:
            tokens = closing.input_tokens + closing.output_tokens
        calls = self._held.wanted.forecast().cloud_calls
        self._gate.purse.settle(self._held, Spent(usd, tokens, calls, max(0.0, closing.at - entry.at)))
        try:
            await self._gate.ledger.close_egress(entry.id, closing)
        except StoreError as error:
            # The line stays open, and counts with its forecast: the answer, or the cancellation, is not held up by it.
            _log.warning("a line of the ledger could not be closed: %s", error.code)

    def _closing(self, ending: Ending) -> Closing:
        ending = self._ending or ("refused" if self._status is not None and self._status >= 400 else ending)
        tokens = self._tokens
        # A server that cannot be reached, or refuses, has not answered: no provider charges for that.
        if tokens is None and (ending in ("unreachable", "refused") or self._outgoing.body is None):
            tokens = (0, 0)
        cost = None if tokens is None else self._price.of(*tokens) if self._price is not None else None
        if tokens == (0, 0):
            cost = 0.0
        return Closing(
            ending=ending,
            at=max(self._gate.now(), self._held.at),
            status=self._status,
            received=self._received,
            input_tokens=None if tokens is None else tokens[0],
            output_tokens=None if tokens is None else tokens[1],
            cost_usd=cost,
        )


def _wanted(outgoing: Leaving, tier: Tier, price: Price | None) -> Wanted:
    """The most that the request can come to. No tokenizer makes more tokens of a text than it has bytes."""
    body = outgoing.body
    if body is None:
        return Wanted(tier if tier == "local" else "other", 0, 0, outgoing.seconds, Price(input_usd=0, output_usd=0))
    size = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    limit = body["max_tokens"] if _limits_reply(body) else 0
    assert isinstance(limit, int)
    return Wanted(tier, size, limit, outgoing.seconds, price)


def _limits_reply(body: JsonObject) -> bool:
    return isinstance(body.get("max_tokens"), int)


def _said(body: bytes) -> list[str]:
    """The texts of the messages that are not our own fixed instructions."""
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return [body.decode("utf-8", "replace")]
    messages = value.get("messages", []) if isinstance(value, dict) else []
    return [str(one.get("content", "")) for one in messages if isinstance(one, dict) and one.get("role") != "system"]


def _secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Values of variables whose name or form says that they are secret; short ones that are a word are none."""
    found = []
    for name, value in environment.items():
        value = value.strip()
        word = len(value) < 12 and value.isalpha() and value.islower()
        if len(value) < LEAST_SECRET or word or value.startswith("/"):
            continue
        if value not in hide_secrets(f"{name}={value}"):
            found.append(value)
    return found


def question(rung: ModelSettings) -> str:
    return f"May this request be sent to {rung.model} at {host_of(rung.base_url)}, without secrets and personal data?"


def _asked(rung: ModelSettings, answers: Sequence[tuple[str, str]]) -> Declined | Clarification | None:
    text = question(rung)[:500]
    for asked, answer in answers:
        if asked == text:
            if answer.strip().casefold() == YES:
                return None
            return Declined(reason=f"{rung.name} is a cloud rung, and the person did not allow it", code="skipped")
    choices = (Choice(label="yes, this once", value=YES), Choice(label="no", value=NO))
    return Clarification(question=text, choices=choices)
