"""What the supervisor does at each step of a run. Knows nothing of LangGraph: `graph.py` only says what follows what.

Each step returns the name of the next one. What it leaves behind is in the run's record, under a key that the
consultation determines; what a step hands to the next within one consultation travels in the `Turn`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from agents.again import write_of
from agents.ambiguous import choose
from agents.answer import write_answer
from agents.cascade import Accepted, Asking, Cascade, Refused
from agents.checks import NO_DEVICE, allowed_fleet
from agents.fixes import Situation
from agents.mend import Mend, Unmended, failure_of
from agents.monitor import Medians, watch
from agents.postconditions import confirmed
from agents.revise import Declines, revise
from agents.routes import LAST
from agents.scope import answer_tasks, current, replaced, used_steps
from agents.steps import step_key
from orchestrator.core.edits import EditBatch
from orchestrator.core.events import RunError
from orchestrator.core.plan import Clarification, Plan
from orchestrator.core.ports import Consultation, RunControl
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import Dependency, On, TaskStatus
from orchestrator.core.views import EditResult, GraphView, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk

# A fleet that changes between the check and the start is looked at again, but not for ever.
_STARTS = 2


@dataclass(slots=True)
class Turn:
    """One consultation on its way through the graph. `fault` is what a step raised, to tell it from a saver's."""

    consultation: Consultation
    control: RunControl
    plan: Plan | None = None
    rung: str = ""
    clarification: Clarification | None = None
    error: RunError | None = None
    starts: int = 0
    fault: Exception | None = None
    done: list[str] = field(default_factory=list)

    @property
    def run(self) -> str:
        return self.consultation.run

    def key(self, step: str) -> str:
        return step_key(self.consultation, step)


class Lead:
    """The steps. Holds no state of any run; how long succeeded runs were is for the monitor."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._medians = Medians()

    async def understand(self, turn: Turn) -> str:
        """Where the run stands, by its record alone, and so what this consultation asks for."""
        view = await turn.control.view(turn.run)
        if view.state.terminal:
            return LAST
        match turn.consultation.reason:
            case "failed":
                return "revise"
            case "settled":
                return "answer"
        if view.version:
            return "revise" if turn.consultation.reason == "answered" and view.revising else "under_way"
        if view.questions:
            return "wait"
        request = await turn.control.request(turn.run)
        if request.plan is None and not sanitize(request.text).strip():
            message = "the request holds nothing that can be read: say in words what should happen"
            turn.error = RunError(code="bad_request", message=message)
            return "refuse"
        return "plan"

    async def plan(self, turn: Turn) -> str:
        """Climb the ladder; every proposal is checked there."""
        request = await turn.control.request(turn.run)
        if request.plan is not None:
            turn.plan, turn.rung = request.plan, "request"
            return "start"
        outcome = await self._cascade.plan(turn.consultation, turn.control, request, number=turn.starts + 1)
        match outcome:
            case Accepted(plan=plan, rung=rung):
                turn.plan, turn.rung = plan, rung
                return "start"
            case Asking(clarification=clarification):
                turn.clarification = clarification
                return "ask"
            case Refused(error=error):
                turn.error = error
                return "refuse"

    async def ask(self, turn: Turn) -> str:
        assert turn.clarification is not None
        await turn.control.ask(turn.run, turn.clarification, key=turn.key("ask"))
        return "wait"

    async def start(self, turn: Turn) -> str:
        """Make the plan the run's graph. A fleet that changed since the check sends the plan back, once."""
        assert turn.plan is not None
        turn.starts += 1
        key = turn.key(f"start.{turn.starts}")
        plan = turn.plan
        if turn.rung != "request":  # what a person wrote runs as it is written
            plan = confirmed(plan, turn.control.fleet())
        result = await turn.control.start(turn.run, tolerant(plan), by=turn.rung, key=key)
        if result.accepted:
            return "under_way"
        if (await turn.control.view(turn.run)).state.terminal:
            return LAST
        if turn.starts < _STARTS:
            return "plan"
        turn.error = _not_started(result)
        return "refuse"

    async def refuse(self, turn: Turn) -> str:
        """End the run without a graph; the error says what was missing."""
        assert turn.error is not None
        await turn.control.finish(turn.run, "", turn.error, key=turn.key("finish"))
        return LAST

    async def revise(self, turn: Turn) -> str:
        """Mend the graph after a failure: by rule, by a rung, by asking; or say that it cannot be mended."""
        if turn.consultation.reason == "answered":
            for id in (await turn.control.view(turn.run)).revising:
                await self._revise(turn, id)
        else:
            await self._revise(turn, turn.consultation.task or "")
        return "under_way"

    async def _revise(self, turn: Turn, task: str) -> None:
        reason = ""
        for number in range(1, 4):
            view, graph = await turn.control.view(turn.run), await turn.control.graph(turn.run)
            outcome = revise(view, graph, turn.control.fleet(), task, key=turn.key(f"edit.{task}.{number}"))
            if isinstance(outcome, Declines):
                outcome = await self._mend(turn, view, graph, task, outcome)
            if outcome is None:
                return
            if isinstance(outcome, Declines):
                reason = outcome.reason
                break
            result = await turn.control.edit(turn.run, outcome)
            if result.accepted:
                return
            reason = f"the revision was rejected: {result.reason}"
            if result.code != "stale":
                break
        await turn.control.decline(turn.run, task, reason[:500], key=turn.key(f"decline.{task}"))

    async def _mend(
        self, turn: Turn, view: RunView, graph: GraphView, task: str, rule: Declines
    ) -> EditBatch | Declines | None:
        """A rung's fix where no rule applies; None where a person was asked about it."""
        if all(one.id != task for one in view.tasks):
            return rule
        request = await turn.control.request(turn.run)
        situation = Situation(
            view,
            graph,
            allowed_fleet(turn.control.fleet(), request),
            request,
            failure_of(view, graph, task),
            await turn.control.answers(turn.run),
        )
        chosen = self._without_rungs(situation, rule, key=turn.key(f"choice.{task}"))
        if chosen is not None:
            return await self._asked(turn, task, chosen)
        signs = watch(view, task, self._medians.steps)
        mend = Mend(self._cascade.rungs, turn.consultation, turn.control, situation, self._cascade.clock, signs)
        outcome = await mend.up()
        if isinstance(outcome, Unmended):
            seen = "".join(f" [{sign.kind}: {sign.message}]" for sign in signs)
            return Declines(f"{rule.reason}; {outcome.reason}{seen}" if outcome.reason else rule.reason)
        return await self._asked(turn, task, outcome)

    def _without_rungs(self, at: Situation, rule: Declines, *, key: str) -> EditBatch | Clarification | Declines | None:
        """What no rung is asked about: which of several things is meant, and what was to be previewed and approved."""
        error = at.failure.error
        if error is not None and error.code is ErrorCode.AMBIGUOUS:
            outcome = choose(at, key=key)
            return Declines(f"{rule.reason}; {outcome}") if isinstance(outcome, str) else outcome
        if write_of(at.graph, at.task.id) is not None:
            return Declines(f"{rule.reason}; what was asked for is done as it was previewed, or not at all")
        return None

    async def _asked(
        self, turn: Turn, task: str, outcome: EditBatch | Clarification | Declines
    ) -> EditBatch | Declines | None:
        if not isinstance(outcome, Clarification):
            return outcome
        await turn.control.ask(turn.run, outcome, key=turn.key(f"ask.{task}"))
        return None

    async def answer(self, turn: Turn) -> str:
        """Write the answer from what is recorded, and end the run."""
        view = await turn.control.view(turn.run)
        scope = answer_tasks(view)
        if any(task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) for task in view.tasks):
            await self._cascade.forget(turn.control, turn.run)
        error = verdict(view, scope)
        if error is None and request_led(view):
            self._medians.add(view)
        await turn.control.finish(
            turn.run, write_answer(view, scope, turn.control.fleet()), error, key=turn.key("finish")
        )
        return LAST

    def step(self, name: str) -> Callable[[Turn], Awaitable[str]]:
        return {
            "understand": self.understand,
            "plan": self.plan,
            "ask": self.ask,
            "start": self.start,
            "refuse": self.refuse,
            "revise": self.revise,
            "answer": self.answer,
        }[name]


def request_led(view: RunView) -> bool:
    """Whether the run's plan was made here: an explicit one says nothing about how long runs are."""
    return view.rung is not None


def tolerant(plan: Plan) -> Plan:
    """The plan where a device that fails at the end of a fan-out does not stop the others; the answer will say it."""
    used = used_steps(plan)
    steps = tuple(
        step.model_copy(update={"on_failure": "continue"})
        if step.devices.mode == "each" and step.on_failure == "fail" and step.id not in used
        else step
        for step in plan.steps
    )
    return plan.model_copy(update={"steps": steps})


def verdict(view: RunView, scope: tuple[str, ...]) -> RunError | None:
    """The error of a run whose tasks have all ended, beyond what the failure policies say.

    A read that failed on some devices of many leaves an answer that says so; a change that was made on some devices
    only, or no result at all, is a failure.
    """
    failed = [one for one in view.tasks if one.status is TaskStatus.FAILED and not replaced(view, one)]
    some = any(task.status is TaskStatus.SUCCEEDED for task in current(view, scope))
    counts = [task for task in failed if not some or _half_done(view, task)]
    return _task_error(counts, {task.preview: task.id for task in view.tasks}) if counts else None


def _half_done(view: RunView, task: TaskView) -> bool:
    """Whether for want of this member of a fan-out a change did not come about, and nothing dealt with that."""
    if task.group is None:
        return False
    lost = [task]
    followers: list[Dependency] = []
    for one in view.tasks:  # a graph's order is not topological after edits, but branches of a fan-out are short
        edges = [edge for edge in one.depends_on if edge.task in {gone.id for gone in lost}]
        followers += edges
        if edges and one.group is not None and one.status is TaskStatus.SKIPPED:
            lost.append(one)
    changes = any(one.risk is not Risk.READ for one in lost)
    return changes and all(edge.on is not On.FAILURE for edge in followers)


def _task_error(failed: list[TaskView], writes: Mapping[str | None, str]) -> RunError:
    first = failed[0]
    where = f" on {first.device}" if first.device else ""
    reason = first.error.message if first.error else "no reason was given"
    code = _TASK_CODES.get(first.error.code.value, "task_failed") if first.error else "task_failed"
    message = f"{writes.get(first.id, first.id)} failed{where}: {sanitize(reason, limit=2000)}"
    return RunError(code=code, message=message, details={"tasks": [task.id for task in failed][:100]})


_TASK_CODES = {"denied": "denied", "unavailable": "no_capable_device"}


def _not_started(result: EditResult) -> RunError:
    code = "no_capable_device" if result.code in NO_DEVICE else "no_plan"
    return RunError(code=code, message=f"the plan could not be started: {result.reason}"[:8000])
