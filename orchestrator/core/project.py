"""Run state made into views: the one place that says how a run looks from outside.

A view is a copy: it stays as it was when the state moves on. What it shows is not redacted or sanitised; what prints
it must do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orchestrator.core import conditions
from orchestrator.core.events import RungTried
from orchestrator.core.plan import Clarification, Declined, Plan, RungUsage
from orchestrator.core.state import RunState, TaskState
from orchestrator.core.tasks import Dependency, On, Task, TaskStatus
from orchestrator.core.trusted import trusted
from orchestrator.core.views import ApprovalView, GraphView, QuestionView, RungTry, RunView, TaskView

MAX_NAMED = 3  # upstream tasks that `waiting_for` names before it counts the rest


def run_view(
    state: RunState, *, brief: bool = False, volatile: Mapping[str, str] | None = None, now: float | None = None
) -> RunView:
    """The run as `GET /v1/runs/{id}` shows it.

    `volatile` is what the log does not know, by task id: it takes the place of `waiting_for` where the task has not
    ended ("no device at hand can take it", the last word of a running attempt). `now` is Unix time, to say how long
    a back-off still lasts; default: the time of the last event. `brief` leaves tasks and plan out.
    """
    accepted = _accepted(state)
    proposed = accepted.proposal.result if accepted else None
    return RunView(
        run=state.run,
        state=state.face,
        text=state.request.text,
        answer=state.answer,
        rung=accepted.proposal.rung if accepted else None,
        created=state.created,
        updated=state.updated,
        version=state.graph.version,
        policy=state.request.policy,
        tasks=() if brief else task_views(state, volatile=volatile, now=now),
        approvals=tuple(_approvals(state)),
        questions=tuple(
            QuestionView(run=state.run, id=id, clarification=asked.clarification)
            for id, asked in state.questions.items()
        ),
        revising=tuple(state.revising),
        rungs=tuple(map(_try, state.rungs)),
        usage=_usage(state.rungs),
        plan=None if brief else proposed if isinstance(proposed, Plan) else state.request.plan,
        error=state.error,
    )


def graph_view(state: RunState) -> GraphView:
    """The task graph at its current version, with where each task stands and the device of its last attempt."""
    return GraphView(
        run=state.run,
        version=state.graph.version,
        tasks=tuple(state.graph.tasks),
        status={id: task.status for id, task in state.tasks.items()},
        device={id: task.device for id, task in state.tasks.items() if task.device is not None},
    )


def task_views(
    state: RunState,
    *,
    only: Iterable[str] | None = None,
    volatile: Mapping[str, str] | None = None,
    now: float | None = None,
) -> tuple[TaskView, ...]:
    """Every task in the graph's order, or `only` those; see `run_view`."""
    told, at = volatile or {}, state.updated if now is None else now
    wanted = state.graph if only is None else only
    return tuple(_task_view(state, state.graph[id], told.get(id), at) for id in wanted)


def _task_view(state: RunState, spec: Task, told: str | None, now: float) -> TaskView:
    task = state.tasks[spec.id]
    waiting_for = "" if task.status.terminal else told or _waiting_for(state, spec, task, now)
    # The parts were validated when they came into the log; doing it again would cost a walk of every output.
    return trusted(
        TaskView,
        {
            "id": spec.id,
            "title": spec.title,
            "skill": spec.skill,
            "risk": spec.risk,
            "status": task.status,
            "group": spec.group,
            "device": task.device,
            "attempt": task.attempt,
            "depends_on": spec.depends_on,
            "arguments": spec.arguments,
            "output": task.output,
            "error": task.error,
            "usage": task.usage,
            "started": task.started,
            "ended": task.ended,
            "waiting_for": waiting_for,
            "why": task.why,
            "checks": spec.checks.task if spec.checks is not None else None,
            "preview": spec.preview,
        },
    )


def _waiting_for(state: RunState, spec: Task, task: TaskState, now: float) -> str:
    match task.status:
        case TaskStatus.PENDING:
            return _upstreams(state, spec)
        case TaskStatus.READY:
            if task.retry_at is not None and task.retry_at > now:
                return f"the next attempt in {_seconds(task.retry_at - now)}"
            parallel = state.request.policy.parallel
            if parallel is not None and state.live >= parallel:
                return f"its run, which may do {parallel} at once"
            wanted = spec.requirements.device
            return f"a free slot on {wanted}" if wanted else "a free device"
        case TaskStatus.WAITING:
            return f"approval {task.approval}" if task.approval else "a decision"
        case TaskStatus.UNKNOWN:
            return _unknown(state, spec.id, task)
        case TaskStatus.CANCELLING:
            return f"{task.device} to stop it"
        case _:
            return ""


def _unknown(state: RunState, id: str, task: TaskState) -> str:
    """Who is to say what became of an attempt: a check, a person, or the device itself."""
    check = next((check for check, checked in state.checks.items() if checked == id), None)
    if check is not None:
        return f"{check}, which finds out whether it was done"
    if any(asked.task == id for asked in state.questions.values()):
        return f"an answer: was it done on {task.device}?"
    return f"{task.device} to say whether it was done"


def _upstreams(state: RunState, spec: Task) -> str:
    """ "collect@alpha to succeed, sort@beta to end and 4 more"."""
    undecided = [dependency for dependency in spec.depends_on if not state.tasks[dependency.task].closed]
    named = ", ".join(_upstream(state, dependency) for dependency in undecided[:MAX_NAMED])
    rest = len(undecided) - MAX_NAMED
    text = f"{named} and {rest} more" if rest > 0 else named
    return f"any of: {text}" if spec.join == "any" and len(undecided) > 1 else text


def _upstream(state: RunState, dependency: Dependency) -> str:
    id = dependency.task
    if id in state.failed:
        return f"a revision, for {id} failed"
    match dependency.on:
        case On.SUCCESS:
            return f"{id} to succeed"
        case On.FAILURE:
            return f"{id} to fail"
        case On.COMPLETION:
            return f"{id} to end"
        case On.CONDITION:
            assert dependency.when is not None
            return f"{id} to succeed with {conditions.describe(dependency.when)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 3 else f"{seconds:.1f} s"


def _approvals(state: RunState) -> Iterator[ApprovalView]:
    """The approvals that a person can still give or deny."""
    for id, approval in state.approvals.items():
        request = approval.request
        task = state.tasks.get(request.task)
        if approval.granted is None and task and task.approval == id and task.status is TaskStatus.WAITING:
            yield ApprovalView(run=state.run, **request.model_dump(exclude={"type"}))


def _accepted(state: RunState) -> RungTried | None:
    """The rung whose plan the run follows; None while there is none, and for an explicit plan."""
    for tried in reversed(state.rungs):
        if tried.accepted and isinstance(tried.proposal.result, Plan) and tried.proposal.fixes is None:
            return tried
    return None


def _try(tried: RungTried) -> RungTry:
    proposal = tried.proposal
    said = proposal.result
    return RungTry(
        rung=proposal.rung,
        tier=proposal.tier,
        accepted=tried.accepted,
        problems=tried.problems,
        declined=said.reason if isinstance(said, Declined) else "",
        code=said.code if isinstance(said, Declined) else "",
        question=said.question if isinstance(said, Clarification) else "",
        why=proposal.why,
        usage=proposal.usage,
        cached=proposal.cached,
        fixes=proposal.fixes,
    )


def _usage(rungs: list[RungTried]) -> RungUsage:
    """What all tries cost together; the cost is unknown where that of any one is."""
    tried = [rung.proposal.usage for rung in rungs]
    costs = [usage.cost_usd for usage in tried]
    known = [cost for cost in costs if cost is not None]
    return RungUsage(
        seconds=sum(usage.seconds for usage in tried),
        calls=sum(usage.calls for usage in tried),
        input_tokens=sum(usage.input_tokens for usage in tried),
        output_tokens=sum(usage.output_tokens for usage in tried),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        bytes_out=sum(usage.bytes_out for usage in tried),
    )
