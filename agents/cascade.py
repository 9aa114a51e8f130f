"""The ladder: rungs in order, the cheapest first. Each proposal is checked; a rung may repair once, told what failed.

Every try is noted on the run's record, with what the checks said. A planner that raises has declined.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.checks import NO_DEVICE, Finding, allowed_fleet, check, narrowed
from agents.steps import step_key
from orchestrator.core.events import RunError
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal
from orchestrator.core.ports import Consultation, Planner, RunControl, Tried
from orchestrator.core.requests import Request
from orchestrator.core.sanitize import sanitize
from protocol.vocabulary import JsonObject

Answers = Sequence[tuple[str, str]]
Check = Callable[[Plan, Request, FleetView, Answers], tuple[Finding, ...]]
_log = logging.getLogger("asterism.agents")
_MAX_PROBLEMS = 20
_NAMES = 12
_CRASHED = "this planner broke down"


@dataclass(frozen=True, slots=True)
class Context:
    """A `PlanningContext`."""

    fleet: FleetView
    answers: Answers = ()
    problems: Sequence[str] = ()
    run: str = ""
    tried: Sequence[Tried] = ()


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
    """How one rung ended: what stood against its plan, or why it proposed none."""

    rung: str
    reason: str
    codes: frozenset[str] = frozenset()
    unplaced: tuple[str, ...] = ()

    def details(self) -> JsonObject:
        reason = sanitize(self.reason, limit=2000)
        return {"rung": self.rung, "reason": reason, "unplaced": [sanitize(part) for part in self.unplaced]}


class Cascade:
    """Asks the rungs in order. `check` and `clock` (seconds, of any beginning) are exchangeable for tests."""

    def __init__(
        self, rungs: Sequence[Planner], check: Check = check, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rungs = tuple(rungs)
        self.clock = clock
        self._check = check

    async def plan(
        self, consultation: Consultation, control: RunControl, request: Request, *, number: int = 1
    ) -> Accepted | Asking | Refused:
        """The first proposal that holds. `number` counts the climbs of one consultation, for the keys of its notes."""
        unknown = _unknown(request, control.fleet())
        if unknown is not None:
            return Refused(unknown)
        climb = _Climb(self, consultation, control, request, await control.answers(consultation.run), number)
        for rung in self.rungs:
            outcome = await climb.take(rung)
            if outcome is not None:
                return outcome
        return Refused(_refusal(climb.tries, request, climb.fleet))

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
        self.tries: list[_Try] = []
        self._noted = 0

    async def take(self, rung: Planner) -> Accepted | Asking | None:
        """One rung: a proposal and, where the checks do not like it, one repair. None: on to the next rung."""
        findings: tuple[Finding, ...] = ()
        problems: tuple[str, ...] = ()
        unplaced: tuple[str, ...] = ()
        for _ in range(2):
            proposal = await self._propose(rung, problems)
            match proposal.result:
                case Declined() as declined:
                    await self._note(proposal, ())
                    # What the checks said of its plan tells more than that it has no other.
                    problems, unplaced = problems or (_words(declined),), declined.unplaced
                    break
                case Clarification() as clarification:
                    return await self._ask(proposal, clarification)
                case Plan() as plan:
                    plan = narrowed(plan, self.request, self.fleet)
                    findings = self.cascade.findings(plan, self.request, self.fleet, self.answers)
                    if not findings:
                        await self._note(proposal, (), accepted=True)
                        return Accepted(plan, rung.rung)
                    problems = tuple(sanitize(finding.message, limit=1000) for finding in findings[:_MAX_PROBLEMS])
                    await self._note(proposal, problems)
        codes = frozenset(finding.code for finding in findings)
        self.tries.append(_Try(rung.rung, "; ".join(problems[:3]), codes, unplaced))
        return None

    async def _propose(self, rung: Planner, problems: Sequence[str]) -> Proposal:
        began = self.cascade.clock()
        try:
            proposal = await rung.plan(self.request, Context(self.fleet, self.answers, problems, self.consultation.run))
        except Exception as error:  # noqa: BLE001 - the next rung must have its chance; this one is noted as declined
            _log.warning("planner %s broke down", rung.rung, exc_info=error)
            proposal = Proposal(rung=rung.rung, result=Declined(reason=f"{_CRASHED} ({type(error).__name__})"))
        if proposal.usage.seconds:
            return proposal
        usage = proposal.usage.model_copy(update={"seconds": round(self.cascade.clock() - began, 6)})
        return proposal.model_copy(update={"usage": usage})

    async def _ask(self, proposal: Proposal, clarification: Clarification) -> Asking | None:
        before = [_plain(question) for question, _ in self.answers]
        if _plain(clarification.question) not in before:
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


def _plain(question: str) -> str:
    return " ".join(question.casefold().split())


def _words(declined: Declined) -> str:
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


def _refusal(tries: Sequence[_Try], request: Request, fleet: FleetView) -> RunError:
    """The error of a request that no rung could plan."""
    if not any(device.available for device in fleet.devices.values()):
        where = "that this run may use " if request.policy.devices else ""
        message = f"no device {where}is connected: start one with `asterism device server`, then ask again"
        return RunError(code="no_capable_device", message=message)
    codes = frozenset().union(*(one.codes for one in tries))
    reasons = "; ".join(f"{one.rung}: {one.reason}" for one in tries) or "there is no planner"
    code = "no_plan"
    if "needs_answer" in codes:
        code = "needs_answer"
    elif codes and codes <= NO_DEVICE:
        code = "no_capable_device"
    elif "denied" in codes:
        code = "denied"
    elif tries and all(one.reason.startswith(_CRASHED) for one in tries):
        code = "internal"
    details: JsonObject = {"rungs": [one.details() for one in tries]}
    return RunError(
        code=code, message=_REFUSALS[code] + sanitize(reasons, multiline=False, limit=4000), details=details
    )


_REFUSALS = {
    "no_plan": "this could not be planned. ",
    "needs_answer": "a question stayed without a usable answer. ",
    "no_capable_device": "no connected device can do this. ",
    "denied": "this run's policy denies what the request needs. ",
    "internal": "every planner broke down. ",
}
