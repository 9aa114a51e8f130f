"""A planner rung behind any server that speaks OpenAI's chat completions.

What the server can is found out before its first use (`agents/probe.py`); every reply is validated here in any case,
and may be mended once. Whatever else goes wrong (refused, silent, cut off, prose) is a `Declined` with its code and
reason: nothing of it runs, and nothing is raised.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from agents.breaker import BreakerState
from agents.capabilities import Capabilities, CapabilityCache, Form
from agents.channel import Channel
from agents.conversation import Conversation, Message
from agents.errors import ExchangeError, TooLong
from agents.gate import Gate, Stamp
from agents.probe import PROBE_S, Prober
from agents.prompt import messages, revision_messages
from agents.reply import ReplyError, SecretNeeded, read_reply, reply_schema
from agents.settings import ModelSettings
from agents.told import restored, told_context, told_failure, told_request
from orchestrator.core.detect import hide_secrets
from orchestrator.core.egress import Purpose
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, RungUsage, Tier
from orchestrator.core.ports import PlanningContext, RevisionContext
from orchestrator.core.privacy import Screen
from orchestrator.core.redact import redact
from orchestrator.core.requests import Request
from orchestrator.core.sanitize import sanitize
from protocol.failpoints import Failpoints
from protocol.vocabulary import JsonSchema

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
Said = Plan | Clarification | Declined
RECHECK_S = 3_600.0


class ModelPlanner:
    """A `Planner`. `key` is the API key itself; it is sent to the rung's server only, and never logged.

    `timeout_s` of the settings bounds a whole try, repair included. With `cache`, what the server can is probed before
    its first use and remembered there; without, or where the settings say so, the strictest form of output is tried
    first. `clock` is monotonic seconds, `now` Unix time; `transport` makes what stands for the network. `gate` is what
    all that leaves goes through. Close it to close its connections.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        key: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        failpoints: Failpoints | None = None,
        cache: CapabilityCache | None = None,
        transport: Callable[[], httpx2.AsyncBaseTransport] | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.settings = settings
        self.gate = gate or Gate()
        self.channel = Channel(
            settings, key=key, clock=clock, failpoints=failpoints, transport=transport, gate=self.gate
        )
        self._clock = clock
        self._prober = Prober(self.channel, cache or CapabilityCache(), now=now, clock=clock)
        self._probes = cache is not None and settings.probe
        self._probing = asyncio.Lock()
        self._known: Capabilities | None = None
        self._checked = 0.0
        self._form: Form = "json_schema"
        self._stream = settings.stream

    @property
    def rung(self) -> str:
        return self.settings.name

    @property
    def tier(self) -> Tier:
        return self.gate.tier(self.settings)

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        screen = self.gate.screen(self.settings, context.fleet)

        async def ask() -> tuple[Said, RungUsage]:
            return await self.converse(
                messages(told_request(request, screen), told_context(context, screen)),
                read=lambda text: restored(read_reply(text), screen),
                schema=reply_schema(context.fleet.skills),
                purpose="repair" if context.problems else "plan",
                run=context.run,
                repairs=0 if context.problems else 1,
                stamp=lambda: _stamp(screen, request, context),
                clean=screen.text,
            )

        return await self._proposal(request, context, ask)

    async def revise(self, request: Request, context: RevisionContext) -> Proposal:
        """A fix of one failed task, or a question, or why there is neither: as a plan, `fixes` set."""
        screen = self.gate.screen(self.settings, context.fleet)

        async def ask() -> tuple[Said, RungUsage]:
            return await self.converse(
                revision_messages(told_request(request, screen), told_failure(context, screen)),
                read=lambda text: restored(read_reply(text), screen),
                schema=reply_schema(context.fleet.skills),
                purpose="revise",
                run=context.run,
                repairs=0 if context.problems else 1,
                stamp=lambda: _stamp(screen, request, context),
                clean=screen.text,
            )

        proposal = await self._proposal(request, context, ask)
        return proposal.model_copy(update={"fixes": context.failure.task.id})

    async def _proposal(
        self, request: Request, context: PlanningContext, ask: Callable[[], Awaitable[tuple[Said, RungUsage]]]
    ) -> Proposal:
        """What the model says, where it may be asked at all."""
        said: Said | None = self.gate.consent(self.settings, request.policy, context.answers) or self._resting()
        usage = RungUsage()
        if said is None:
            said, usage = await ask()
        why = said.why if isinstance(said, Plan) else ""
        why = why or f"by {self.channel.named}"[:2000]
        return Proposal(rung=self.rung, tier=self.tier, result=said, usage=usage, why=why)

    def _resting(self) -> Declined | None:
        """With the breaker open nothing is prepared: screening a fleet takes longer than the next rung may wait."""
        breaker, now = self.channel.breaker, self._clock()
        if breaker.state is not BreakerState.OPEN or now >= breaker.due:
            return None
        reason = f"{self.channel.named} is left alone for {ceil(breaker.due - now)} s: {breaker.why}"
        return Declined(reason=reason, code="skipped")

    async def converse(
        self,
        messages: Sequence[Message],
        *,
        read: Callable[[str], T],
        schema: JsonSchema,
        purpose: Purpose = "plan",
        run: str = "",
        repairs: int = 1,
        stamp: Callable[[], Stamp] = Stamp,
        clean: Callable[[str], str] = hide_secrets,
    ) -> tuple[T | Declined, RungUsage]:
        """Ask the model for anything that `read` can read (it raises `ReplyError`) and `schema` describes.

        What the model or its server gets wrong comes back as a `Declined`, with what was used all the same. What is in
        `messages` must have been screened; `clean` does it for what is added, `stamp()` tells the ledger about them.
        """
        began = self._clock()
        try:
            await self._probe()
        except ExchangeError as error:
            return _declined(error), RungUsage(seconds=max(0.0, self._clock() - began))
        asked = self._clock()
        talk = Conversation(
            self.channel,
            messages,
            read=read,
            schema=schema,
            form=self._form,
            stream=self._stream,
            seconds=lambda: self.settings.timeout_s - (self._clock() - asked),
            known=self._known,
            purpose=purpose,
            run=run,
            stamp=stamp,
            clean=clean,
        )
        result = await self._answer(talk, repairs)
        self._form, self._stream = talk.form, talk.stream
        return result, talk.usage(self._clock() - began)

    async def capabilities(self, *, force: bool = False) -> Capabilities:
        """What the server was found to do; `force` asks it again. Raises ExchangeError where it is down."""
        async with self._probing:
            self._take(await self._prober.probe(force=force, seconds=min(PROBE_S, self.settings.timeout_s)))
        assert self._known is not None
        return self._known

    async def known(self) -> Capabilities | None:
        """What the server is known to do, from now or an earlier process, without asking it."""
        return self._known or await self._prober.known()

    async def prepare(self) -> None:
        """Load the client's libraries, about a second's work, so that a dead server costs the first run no more than
        the time to reach it. Nothing is sent.
        """
        await self.channel.prepare()

    async def close(self) -> None:
        await self.channel.close()

    async def _answer(self, talk: Conversation[T], repairs: int) -> T | Declined:
        try:
            return await talk.answer(repairs=repairs)
        except TooLong as error:
            if error.context_tokens is not None and self._known is not None:
                self._known = await self._prober.learned(self._known, error.context_tokens)
            return _declined(error)
        except ExchangeError as error:
            return _declined(error)
        except SecretNeeded as error:
            reason = f"what {self.channel.named} would need may not leave: {error}"
            return Declined(reason=sanitize(reason, multiline=False, limit=500), code="withheld")
        except ReplyError as error:
            reason = f"{self.channel.named} gave no usable plan: {error}"
            return Declined(reason=sanitize(redact(reason), multiline=False, limit=500), code="unusable")

    async def _probe(self) -> None:
        """Find out what the server can, where that is not known yet or was long ago."""
        if self._probes and (self._known is None or self._clock() - self._checked >= RECHECK_S):
            await self.capabilities()

    def _take(self, known: Capabilities) -> None:
        if known != self._known:
            self._form = known.form
            self._stream = self.settings.stream and known.streaming is not False
        self._known, self._checked = known, self._clock()


def _declined(error: ExchangeError) -> Declined:
    return Declined(reason=str(error), code=error.code)


def _stamp(screen: Screen, request: Request, context: PlanningContext) -> Stamp:
    """What the ledger is told of a conversation, and the run's limits."""
    reason = "mends its last proposal" if context.problems else ""
    tried = [one.rung for one in context.tried]
    if tried and not reason:
        reason = f"after {', '.join(tried[-5:])}"
    limits = request.policy.budget.limits(request.policy.budget_usd)
    return Stamp(screen.labels, screen.withheld, reason or "asked first", limits)
