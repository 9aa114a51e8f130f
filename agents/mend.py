"""One way up the ladder for one failed task: each rung that can is asked for a fix, the cheapest first.

The run goes on meanwhile, and only this task is asked about. A fix is accepted by checks (`fixes.py`), repaired once
as a plan is. What the monitor sees takes away the rungs that go round in circles. Every try is on the run's record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agents.cascade import BROKE_DOWN, plain, tier_of, words
from agents.checks import Finding
from agents.fixes import Situation, compile_fix
from agents.monitor import Sign, last_fixer, versions
from agents.steps import step_key
from orchestrator.core.edits import EditBatch
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import UNHEARD, Clarification, Declined, Plan, Proposal, Step
from orchestrator.core.ports import (
    Consultation,
    Failure,
    Neighbour,
    Planner,
    Reviser,
    RunControl,
    Tried,
)
from orchestrator.core.previews import for_planners
from orchestrator.core.redact import redact
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import Task, TaskStatus
from orchestrator.core.views import GraphView, RunView
from protocol.errors import ErrorCode

_log = logging.getLogger("asterism.agents")
_MAX_PROBLEMS = 20
_NEIGHBOURS = 20
_PATHS, _PATH = 5000, 300


@dataclass(frozen=True, slots=True)
class Mending:
    """A `RevisionContext`."""

    fleet: FleetView
    failure: Failure
    answers: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    run: str = ""
    tried: Sequence[Tried] = ()
    found: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Unmended:
    """No rung could mend it."""

    reason: str


def failure_of(view: RunView, graph: GraphView, task: str) -> Failure:
    """What a rung is told of a failed task: itself, its error without secrets, and what stands beside it."""
    tasks = {one.id: one for one in graph.tasks}
    seen = {one.id: one for one in view.tasks}
    error = seen[task].error
    if error is not None:
        error = error.model_copy(update={"message": redact(sanitize(error.message, limit=2000))})

    def beside(id: str) -> Neighbour:
        return Neighbour(task=id, skill=tasks[id].skill, status=graph.status[id], device=graph.device.get(id))

    before = [beside(edge.task) for edge in tasks[task].depends_on]
    after = [beside(one.id) for one in graph.tasks if any(edge.task == task for edge in one.depends_on)]
    return Failure(
        task=tasks[task],
        device=seen[task].device,
        error=error,
        before=tuple(before[:_NEIGHBOURS]),
        after=tuple(after[:_NEIGHBOURS]),
    )


def earlier(view: RunView, task: str) -> tuple[Tried, ...]:
    """The versions of the task that failed before, each as the one step that it was."""
    makers = {one.fixes: one.rung for one in view.rungs if one.accepted and one.fixes is not None}
    found: list[Tried] = []
    maker = ""
    for one in versions(view, task):
        if one.id != task and one.status is TaskStatus.FAILED:
            step = Step(id="was", skill=one.skill, arguments=one.arguments)
            reason = redact(sanitize(one.error.message, limit=400)) if one.error else "no reason was given"
            found.append(Tried(rung=maker or "plan", reason=f"{one.id}: {reason}", plan=Plan(steps=(step,))))
        maker = makers.get(one.id, "")
    return tuple(found)


def found_on(at: Situation) -> tuple[str, ...]:
    """The paths that tasks of this run found on the failed task's device."""
    seen: dict[str, None] = {}
    for task in at.view.tasks:
        if task.status is TaskStatus.SUCCEEDED and task.device == at.failure.device and isinstance(task.output, dict):
            for name in ("entries", "matches"):
                listed = task.output.get(name)
                for entry in listed if isinstance(listed, list) else ():
                    path = entry.get("path") if isinstance(entry, dict) else None
                    if isinstance(path, str) and len(path) <= _PATH:
                        seen[path] = None
    return tuple(seen)[:_PATHS]


@dataclass
class Mend:
    """Asks the rungs. `apply` is called with an accepted batch by the caller, not here."""

    rungs: Sequence[Planner]
    consultation: Consultation
    control: RunControl
    situation: Situation
    clock: Callable[[], float]
    signs: Sequence[Sign] = ()
    tries: list[Tried] = field(default_factory=list)
    noted: int = 0

    async def up(self) -> EditBatch | Clarification | Unmended:
        """The first fix that holds, a question, or why there is neither."""
        ends = next((sign for sign in self.signs if sign.ends), None)
        if ends is not None:
            return Unmended(f"{ends.message}: nothing more is tried")
        if self.task_error is ErrorCode.DENIED:
            return Unmended("it was denied")
        self.tries = list(earlier(self.situation.view, self.task.id))
        for rung in self._left():
            outcome = await self._take(rung)
            if outcome is not None:
                return outcome
        return Unmended("; ".join(f"{one.rung}: {one.reason}" for one in self.tries[-5:]) or "no rung can mend it")

    @property
    def task(self) -> Task:
        return self.situation.task

    @property
    def task_error(self) -> ErrorCode | None:
        return self.situation.failure.error.code if self.situation.failure.error else None

    def _left(self) -> list[Reviser]:
        """The rungs that can mend, without those up to the one that goes round in circles."""
        able: list[Reviser] = [rung for rung in self.rungs if isinstance(rung, Reviser)]
        maker = last_fixer(self.situation.view, self.task.id) if self.signs else None
        names = [rung.rung for rung in able]
        return able[names.index(maker) + 1 :] if maker in names else able

    async def _take(self, rung: Reviser) -> EditBatch | Clarification | None:
        """One rung: a fix and, where the checks do not like it, one repair. None: on to the next rung."""
        problems: tuple[str, ...] = ()
        tried: Plan | None = None
        for number in range(2):
            proposal = await self._propose(rung, problems)
            match proposal.result:
                case Declined() as declined:
                    await self._note(proposal, ())
                    if declined.code in UNHEARD and not problems:
                        return None
                    problems = problems or (words(declined),)
                    break
                case Clarification() as asked:
                    return await self._asked(rung, proposal, asked)
                case Plan() as plan:
                    tried = plan
                    key = step_key(self.consultation, f"fix.{self.task.id}.{rung.rung}.{number + 1}")
                    found = self._compiled(plan, rung.rung, key)
                    if isinstance(found, EditBatch):
                        await self._note(proposal, (), accepted=True)
                        return found
                    problems = tuple(sanitize(one.message, limit=1000) for one in found[:_MAX_PROBLEMS])
                    await self._note(proposal, problems)
        self.tries.append(Tried(rung=rung.rung, reason="; ".join(problems[:3])[:500], plan=tried))
        return None

    def _compiled(self, fix: Plan, by: str, key: str) -> EditBatch | tuple[Finding, ...]:
        """A check that breaks down speaks against the fix."""
        try:
            return compile_fix(fix, self.situation, by=by, key=key)
        except Exception as error:  # noqa: BLE001 - a fix that breaks a check must not run
            _log.warning("a check broke down on a fix", exc_info=error)
            return (Finding("internal", f"the fix could not be checked: {type(error).__name__}"),)

    async def _asked(self, rung: Reviser, proposal: Proposal, asked: Clarification) -> Clarification | None:
        """Whether the question may go to a person: of a run that is attended, and once."""
        policy = self.situation.request.policy
        before = [plain(question) for question, _ in self.situation.answers]
        reason = ""
        if policy.approve != "ask":
            reason = f"it asks, and nobody is to be asked in this run: {asked.question}"
        elif plain(asked.question) in before:
            reason = f"it asks again: {asked.question}"
        await self._note(proposal, (reason,) if reason else ())
        if not reason:
            return asked
        self.tries.append(Tried(rung=rung.rung, reason=reason[:500]))
        return None

    async def _propose(self, rung: Reviser, problems: Sequence[str]) -> Proposal:
        at, began = self.situation, self.clock()
        context = Mending(
            for_planners(at.fleet), at.failure, at.answers, problems, at.view.run, tuple(self.tries), found_on(at)
        )
        try:
            proposal = await rung.revise(at.request, context)
        except Exception as error:  # noqa: BLE001 - the next rung must have its chance; this one is noted as declined
            _log.warning("planner %s broke down", rung.rung, exc_info=error)
            broken = Declined(reason=f"{BROKE_DOWN} ({type(error).__name__})", code="broke_down")
            proposal = Proposal(rung=rung.rung, tier=tier_of(rung), result=broken)
        usage = proposal.usage
        if not usage.seconds:
            usage = usage.model_copy(update={"seconds": round(self.clock() - began, 6)})
        return proposal.model_copy(update={"usage": usage, "fixes": self.task.id})

    async def _note(self, proposal: Proposal, problems: Sequence[str], *, accepted: bool = False) -> None:
        self.noted += 1
        key = step_key(self.consultation, f"mend.{self.task.id}.{self.noted}")
        await self.control.note_rung(self.consultation.run, proposal, problems, accepted=accepted, key=key)
