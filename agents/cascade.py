"""The ladder: rungs in order, the cheapest first. Each proposal is checked; a rung may repair once, told what failed.

What a rung came to is handed to the next one: its plan and what was wrong with it, or the clauses that it did place.
A question goes to the person before a cloud rung is asked. A plan that held for the same request over the same fleet is
taken from the cache, and checked again. Every try is noted on the run's record, with what the checks said. A planner
that raises has declined.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from agents.checks import NO_DEVICE, Finding, allowed_fleet, check, narrowed
from agents.plan_cache import Entry, PlanCache
from agents.steps import step_key
from orchestrator.core.doubtful import asks_about_a_plan, question
from orchestrator.core.events import RunError
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import UNHEARD, Clarification, Declined, DeclinedCode, Doubtful, Plan, Proposal, Tier
from orchestrator.core.ports import Consultation, Planner, Reviser, RunControl, Tried
from orchestrator.core.previews import for_planners
from orchestrator.core.requests import Request
from orchestrator.core.sanitize import sanitize
from protocol.vocabulary import JsonObject

Answers = Sequence[tuple[str, str]]
Check = Callable[[Plan, Request, FleetView, Answers], tuple[Finding, ...]]
_log = logging.getLogger("asterism.agents")
_MAX_PROBLEMS = 20
_NAMES = 12
_RUNS = 1024  # whose keys in the plan cache are remembered
BROKE_DOWN = "this planner broke down"
# These rungs did not look at the request: that says nothing to the next one.
_SILENT: frozenset[DeclinedCode] = frozenset({"unreachable", "timed_out", "skipped"})


@dataclass(frozen=True, slots=True)
class Context:
    """A `PlanningContext`."""

    fleet: FleetView
    answers: Answers = ()
    problems: Sequence[str] = ()
    run: str = ""
    tried: Sequence[Tried] = ()


@runtime_checkable
class Tiered(Protocol):
    """A planner that says on which tier of the ladder it stands."""

    @property
    def tier(self) -> Tier: ...


def tier_of(rung: Planner | Reviser) -> Tier:
    """The rung's tier; `other` where it does not say."""
    if isinstance(rung, Tiered):
        return rung.tier
    return "embedded" if rung.rung == "embedded" else "other"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A plan that passed every check, and the rung that made it."""

    plan: Plan
    rung: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A rung wants one thing settled by a person first."""

    clarification: Clarification


@dataclass(frozen=True, slots=True)
class Refused:
    """No rung could plan it; `error` says why, rung by rung."""

    error: RunError


@dataclass(frozen=True, slots=True)
class _Try:
    """How one rung ended: what stood against its plan, or why it proposed none.

    `doubts` are given where all that stands against `plan` is what a person may overrule.
    """

    rung: str
    reason: str
    codes: frozenset[str] = frozenset()
    unplaced: tuple[str, ...] = ()
    plan: Plan | None = None
    declined: DeclinedCode = ""
    doubts: tuple[str, ...] = ()

    def details(self) -> JsonObject:
        reason = sanitize(self.reason, limit=2000)
        told: JsonObject = {"rung": self.rung, "reason": reason, "unplaced": [sanitize(part) for part in self.unplaced]}
        return told | ({"code": self.declined} if self.declined else {})

    def told(self) -> Tried:
        """The try as the next rung learns of it."""
        return Tried(rung=self.rung, reason=self.reason, plan=self.plan, unplaced=self.unplaced)


class Cascade:
    """Asks the rungs in order. `check` and `clock` (seconds, of any beginning) are exchangeable for tests."""

    def __init__(
        self,
        rungs: Sequence[Planner],
        check: Check = check,
        clock: Callable[[], float] = time.monotonic,
        cache: PlanCache | None = None,
    ) -> None:
        self.rungs = tuple(rungs)
        self.clock = clock
        self.cache = cache
        self.used: OrderedDict[str, str] = OrderedDict()
        self._check = check

    async def plan(
        self, consultation: Consultation, control: RunControl, request: Request, *, number: int = 1
    ) -> Accepted | Asking | Refused:
        """The first proposal that holds. `number` counts the climbs of one consultation, for the keys of its notes."""
        unknown = _unknown(request, control.fleet())
        if unknown is not None:
            return Refused(unknown)
        climb = _Climb(self, consultation, control, request, await control.answers(consultation.run), number)
        return await climb.confirmed() or await climb.remembered() or await climb.up()

    async def forget(self, control: RunControl, run: str) -> None:
        """The run's plan did not do: it is not to be taken from the cache again."""
        if self.cache is None:
            return
        key = self.used.pop(run, None)
        if key is None:  # planned before a restart
            request = await control.request(run)
            key = self.cache.key(request, allowed_fleet(control.fleet(), request), await control.answers(run))
        if key is not None:
            self.cache.drop(key)

    def use(self, run: str, key: str) -> None:
        """Remember under which key the run's plan is kept: the fleet may be another one when the run ends."""
        self.used[run] = key
        while len(self.used) > _RUNS:
            self.used.popitem(last=False)

    def findings(self, plan: Plan, request: Request, fleet: FleetView, answers: Answers) -> tuple[Finding, ...]:
        """What the checks say to a plan; a check that breaks down speaks against it."""
        try:
            return self._check(plan, request, fleet, answers)
        except Exception as error:  # noqa: BLE001 - a plan that breaks a check must not run
            _log.warning("a check broke down on a proposal", exc_info=error)
            return (Finding("internal", f"the plan could not be checked: {type(error).__name__}"),)


class _Climb:
    """One way up the ladder for one consultation."""

    def __init__(
        self,
        cascade: Cascade,
        consultation: Consultation,
        control: RunControl,
        request: Request,
        answers: Answers,
        number: int,
    ) -> None:
        self.cascade, self.consultation, self.control, self.request = cascade, consultation, control, request
        self.answers = answers
        self.number = number
        self.fleet = allowed_fleet(control.fleet(), request)
        self.shown = for_planners(self.fleet)
        self.tries: list[_Try] = []
        self._partial: Plan | None = None
        self._noted = 0
        cache = cascade.cache
        self._key = cache.key(request, self.fleet, self.answers) if cache is not None else None

    async def confirmed(self) -> Accepted | None:
        """The plan that a person was shown and said yes to, just as it was shown, where it still holds."""
        meant = await self.control.confirmed(self.consultation.run)
        if meant is None:
            return None
        findings = self.cascade.findings(meant.plan, self.request, self.fleet, self.answers)
        if any(one.grave for one in findings):
            return None
        tier = next((tier_of(one) for one in self.cascade.rungs if one.rung == meant.rung), "other")
        said = Proposal(
            rung=meant.rung, tier=tier, result=meant.plan, why="a person was shown it and said yes", cached=True
        )
        await self._note(said, (), accepted=True)
        return Accepted(meant.plan, meant.rung)

    async def remembered(self) -> Accepted | None:
        """The plan that held for this request before, where it still does."""
        cache = self.cascade.cache
        entry = cache.get(self._key) if cache is not None and self._key is not None else None
        if entry is None or cache is None or self._key is None:
            return None
        if self.cascade.findings(entry.plan, self.request, self.fleet, self.answers):
            cache.drop(self._key)
            return None
        await self._note(_cached(entry), (), accepted=True)
        self.cascade.use(self.consultation.run, self._key)
        return Accepted(entry.plan, entry.rung)

    async def up(self) -> Accepted | Asking | Refused:
        """Rung after rung. A question that was put off is asked before any but a local model is."""
        waiting: Asking | None = None
        for rung in self.cascade.rungs:
            if waiting is None and tier_of(rung) not in ("embedded", "local"):
                waiting = await self._doubtful()
            if waiting is not None and tier_of(rung) not in ("embedded", "local"):
                break
            outcome = await self.take(rung)
            if isinstance(outcome, Asking) and self.request.policy.questions == "after_local":
                waiting = waiting or outcome
            elif outcome is not None:
                return outcome
        return (
            waiting
            or await self._doubtful()
            or Refused(
                _refusal(self.tries, self.request, self.fleet, self.cascade.rungs, unconfirmed=self._unconfirmed())
            )
        )

    async def _doubtful(self) -> Asking | None:
        """The last plan of a model that a person may say yes to, as a question. Asked once.

        Nothing of a plan that runs unasked is in it: see `agents.coverage`. A person's no, or no answer, leaves it.
        """
        if not self.request.policy.confirm:
            return None
        asked = {plain(question) for question, _ in self.answers}
        for one in reversed(self.tries):
            if one.plan is None or one.rung == "embedded" or not one.doubts:
                continue
            clarification = question(Doubtful(plan=one.plan, rung=one.rung, gaps=one.doubts))
            if plain(clarification.question) not in asked:
                return Asking(clarification)
        return None

    def _unconfirmed(self) -> bool:
        """Whether a person was shown a plan, and did not say yes: one that they did was taken before any rung."""
        return any(asks_about_a_plan(question) for question, _ in self.answers)

    async def take(self, rung: Planner) -> Accepted | Asking | None:
        """One rung: a proposal and, where the checks do not like it, one repair. None: on to the next rung."""
        findings: tuple[Finding, ...] = ()
        problems: tuple[str, ...] = ()
        said: Declined | None = None
        tried: Plan | None = None
        for _ in range(2):
            proposal = await self._propose(rung, problems)
            match proposal.result:
                case Declined() as declined:
                    await self._note(proposal, ())
                    # What the checks said of its plan tells more than that it has no other.
                    problems, said = problems or (words(declined),), declined
                    self._partial, tried = declined.partial or self._partial, tried or declined.partial
                    break
                case Clarification() as clarification:
                    return await self._ask(proposal, clarification)
                case Plan() as plan:
                    tried, findings = self._judged(plan)
                    if not findings:
                        await self._note(proposal.model_copy(update={"result": tried}), (), accepted=True)
                        self._remember(tried, proposal)
                        return Accepted(tried, rung.rung)
                    problems = tuple(sanitize(finding.message, limit=1000) for finding in findings[:_MAX_PROBLEMS])
                    await self._note(proposal, problems)
        codes = frozenset(finding.code for finding in findings)
        doubts: tuple[str, ...] = ()
        if findings and not any(one.grave for one in findings) and tier_of(rung) in ("local", "cloud", "other"):
            doubts = tuple(sanitize(one.message, multiline=False, limit=500) for one in findings[:_MAX_PROBLEMS])
        unplaced, code = (said.unplaced, said.code) if said is not None else ((), "")
        self.tries.append(_Try(rung.rung, "; ".join(problems[:3]), codes, unplaced, tried, code, doubts))
        return None

    def _judged(self, plan: Plan) -> tuple[Plan, tuple[Finding, ...]]:
        """The plan within the policy and what speaks against it; with what an earlier rung placed, where that helps."""
        plan = narrowed(plan, self.request, self.fleet)
        findings = self.cascade.findings(plan, self.request, self.fleet, self.answers)
        if findings and self._partial is not None:
            whole = narrowed(completed(self._partial, plan), self.request, self.fleet)
            if not self.cascade.findings(whole, self.request, self.fleet, self.answers):
                return whole, ()
        return plan, findings

    def _remember(self, plan: Plan, proposal: Proposal) -> None:
        if self.cascade.cache is not None and self._key is not None:
            self.cascade.use(self.consultation.run, self._key)
            self.cascade.cache.put(self._key, self.request, plan, rung=proposal.rung, tier=proposal.tier)

    async def _propose(self, rung: Planner, problems: Sequence[str]) -> Proposal:
        began = self.cascade.clock()
        told = [one.told() for one in self.tries if one.declined not in UNHEARD]
        context = Context(self.shown, self.answers, problems, self.consultation.run, told)
        try:
            proposal = await rung.plan(self.request, context)
        except Exception as error:  # noqa: BLE001 - the next rung must have its chance; this one is noted as declined
            _log.warning("planner %s broke down", rung.rung, exc_info=error)
            broken = Declined(reason=f"{BROKE_DOWN} ({type(error).__name__})", code="broke_down")
            proposal = Proposal(rung=rung.rung, tier=tier_of(rung), result=broken)
        if proposal.usage.seconds:
            return proposal
        usage = proposal.usage.model_copy(update={"seconds": round(self.cascade.clock() - began, 6)})
        return proposal.model_copy(update={"usage": usage})

    async def _ask(self, proposal: Proposal, clarification: Clarification) -> Asking | None:
        before = [plain(question) for question, _ in self.answers]
        if plain(clarification.question) not in before:
            await self._note(proposal, ())
            return Asking(clarification)
        reason = f"it asks again: {clarification.question}"
        await self._note(proposal, (reason,))
        self.tries.append(_Try(proposal.rung, reason, frozenset({"needs_answer"})))
        return None

    async def _note(self, proposal: Proposal, problems: Sequence[str], *, accepted: bool = False) -> None:
        self._noted += 1
        key = step_key(self.consultation, f"rung.{self.number}.{self._noted}")
        await self.control.note_rung(self.consultation.run, proposal, problems, accepted=accepted, key=key)


def completed(partial: Plan, plan: Plan) -> Plan:
    """The steps that an earlier rung placed, with those of `plan`, which counts where both have a step of one id."""
    own = {step.id for step in plan.steps}
    kept = tuple(step for step in partial.steps if step.id not in own)
    answer = (*(id for id in partial.answer if id not in own), *plan.answer) if plan.answer else ()
    return plan.model_copy(update={"steps": (*kept, *plan.steps), "answer": answer})


def _cached(entry: Entry) -> Proposal:
    why = f"from the plan cache (rung {entry.rung}, {entry.date})"
    return Proposal(rung=entry.rung, tier=entry.tier, result=entry.plan, why=why, cached=True)


def plain(question: str) -> str:
    return " ".join(question.casefold().split())


def words(declined: Declined) -> str:
    unplaced = [f'"{part}"' for part in declined.unplaced if part not in declined.reason]
    return declined.reason + (f" (not placed: {', '.join(unplaced)})" if unplaced else "")


def _unknown(request: Request, fleet: FleetView) -> RunError | None:
    """Why nothing can be planned where the policy names only devices that the fleet does not have."""
    wanted, names = request.policy.devices, list(fleet.devices)
    if not wanted or not names or any(name in fleet.devices for name in wanted):
        return None
    known = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    message = f"there is no device {', '.join(wanted[:_NAMES])}; known: {known}"
    return RunError(code="no_capable_device", message=message)


def _refusal(
    tries: Sequence[_Try], request: Request, fleet: FleetView, rungs: Sequence[Planner], *, unconfirmed: bool
) -> RunError:
    """The error of a request that no rung could plan; `unconfirmed` where a person did not want the plan."""
    if not any(device.available for device in fleet.devices.values()):
        where = "that this run may use " if request.policy.devices else ""
        message = f"no device {where}is connected: start one with `asterism device server`, then ask again"
        return RunError(code="no_capable_device", message=message)
    codes = frozenset().union(*(one.codes for one in tries))
    reasons = "; ".join(f"{one.rung}: {one.reason}" for one in tries) or "there is no planner"
    code = "no_plan"
    if "needs_answer" in codes:
        code = "needs_answer"
    elif codes and codes <= NO_DEVICE and not any(_invents(one.plan, request, fleet) for one in tries):
        code = "no_capable_device"
    elif "denied" in codes:
        code = "denied"
    elif any(one.declined == "unavailable" for one in tries):
        code = "no_capable_device"
    elif tries and all(one.reason.startswith(BROKE_DOWN) for one in tries):
        code = "internal"
    details: JsonObject = {"rungs": [one.details() for one in tries]}
    if unconfirmed:
        message = _UNCONFIRMED + sanitize(reasons, multiline=False, limit=4000)
        return RunError(code="denied", message=message, details=details)
    remedy = _remedy(tries, rungs, fleet) if code == "no_plan" else ""
    message = _REFUSALS[code] + sanitize(reasons, multiline=False, limit=4000) + remedy
    return RunError(code=code, message=message, details=details)


def _invents(plan: Plan | None, request: Request, fleet: FleetView) -> bool:
    """Whether the plan names a device that neither the fleet nor the request knows: its author's fault alone."""
    named = {name for step in plan.steps for name in step.devices.names} if plan is not None else set()
    return any(name not in fleet.devices and name.casefold() not in request.text.casefold() for name in named)


def _remedy(tries: Sequence[_Try], rungs: Sequence[Planner], fleet: FleetView) -> str:
    """What a person can do about it where no model had a word."""
    tiers = {rung.rung: tier_of(rung) for rung in rungs}
    models = [one for one in tries if tiers.get(one.rung) != "embedded"]
    if tries and not models:
        told = ". No model is configured (setting `models`): add one, or say it in the words of `asterism skills`"
        return told + (_WRITTEN if WRITTEN_BY_MODELS in fleet.skills else "")
    if models and all(one.declined in _SILENT for one in models):
        return ". No model answered: see `asterism ladder list`, or say it in the words of `asterism skills`"
    return ""


_UNCONFIRMED = "the plan was not confirmed, and there is no other: nothing was run. "
WRITTEN_BY_MODELS = "kube.run_tool"
_WRITTEN = ". What no skill of a cluster covers a model can write as a tool (kube.run_tool): that needs a model, too"
_REFUSALS = {
    "no_plan": "this could not be planned. ",
    "needs_answer": "a question stayed without a usable answer. ",
    "no_capable_device": "no connected device can do this. ",
    "denied": "this run's policy denies what the request needs. ",
    "internal": "every planner broke down. ",
}
