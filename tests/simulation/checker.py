"""What must hold of a history, whatever went wrong on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from orchestrator.core.edits import Edit, RemoveTask
from orchestrator.core.events import (
    ApprovalRequested,
    ApprovalResolved,
    AttemptEnded,
    AttemptOutcome,
    Event,
    GraphEdited,
    QuestionAsked,
    RungTried,
    TaskCancelRequested,
    TaskDispatched,
    TaskRetryRequested,
    UnknownResolved,
)
from orchestrator.core.state import RunState, fold
from orchestrator.core.tasks import TaskStatus
from storage.queries import event
from tests.simulation.story import RunSpec
from tests.simulation.watch import EPOCH, Key
from tests.simulation.world import History, terminal

PERSON = "a person"
STOPPING_S = 20.0  # within this time after all faults, a device that is there has stopped what it is to stop


FOR_GOOD = 100  # a tool that fails so often does not succeed at last


def check(history: History) -> list[str]:
    """Everything that is wrong with a history; nothing where it is right."""
    problems = list(dict.fromkeys(history.violations))
    problems += history.leftovers
    for number, spec in enumerate(history.scenario.runs):
        run = history.accepted.get(number)
        if run is None:
            problems.append(f"run {number} was never accepted")
        else:
            problems += [f"run {number} ({run}): {problem}" for problem in _run(history, number, run, spec)]
    accepted = set(history.accepted.values())
    problems += [
        f"{run} is on record, and nobody was told of it" for run in history.durable.runs if run not in accepted
    ]
    problems += _ledger(history)
    problems += _overtime(history)
    problems += _twice(history)
    return problems


def log(history: History, run: str) -> list[Event]:
    """A run's log as it is on record; read once, when all is over."""
    if run not in history.logs:
        rows = history.durable.events.get(run, {})
        history.logs[run] = [
            event(row.run, row.seq, row.at, row.cause, row.body) for row in (rows[seq] for seq in sorted(rows))
        ]
    return history.logs[run]


def _run(history: History, number: int, run: str, spec: RunSpec) -> Iterator[str]:
    if not terminal(history, run):
        yield "was accepted and has not ended"
        return
    events = log(history, run)
    if [one.seq for one in events] != list(range(1, len(events) + 1)):
        yield "its log has gaps"
        return
    state = fold(run, events)
    state.validate()
    if run in history.states:
        yield from _replayed(state, history.states[run])
    yield from _attempts(events)
    yield from _at_once(events, spec)
    yield from _keys(events)
    yield from _approvals(events, spec)
    yield from _asked(history, run, events)
    yield from _projection(history, run, state)
    if history.durable.runs[run].status != state.status.value:
        yield f"its row says {history.durable.runs[run].status}, its log {state.status.value}"
    if number in history.cancelled and not spec.policy.get("deadline_s") and state.status.value == "running":
        yield "it was cancelled and runs"
    removed = {edit.task for edit in _edits(events) if isinstance(edit, RemoveTask)}
    for task in history.edited.get(number, ()):
        if task not in state.tasks and task not in removed:
            yield f"the edit that adds {task} was acknowledged and is not in its graph"
    if _undisturbed(spec, events):
        yield from _expected(state, spec)


def _replayed(replayed: RunState, memory: RunState) -> Iterator[str]:
    """I7, as `RunState.digest` has it."""
    for item in fields(RunState):
        if item.name in ("prepared", "ready", "doomed", "withdrawn", "graph"):
            continue
        if getattr(replayed, item.name) != getattr(memory, item.name):
            yield f"replaying its log gives another {item.name} than was in memory"
    ours, theirs = replayed.graph, memory.graph
    if (ours.version, {id: ours[id] for id in ours}) != (theirs.version, {id: theirs[id] for id in theirs}):
        yield "replaying its log gives another graph than was in memory"


def _attempts(events: list[Event]) -> Iterator[str]:
    """At most one start and one end of each attempt, in order; each attempt that began has ended."""
    begun: Counter[tuple[str, int]] = Counter()
    ended: Counter[tuple[str, int]] = Counter()
    for one in events:
        if isinstance(one.body, TaskDispatched):
            begun[one.body.task, one.body.attempt] += 1
        elif isinstance(one.body, AttemptEnded):
            ended[one.body.task, one.body.attempt] += 1
    for key, count in begun.items():
        if count != 1:
            yield f"attempt {key} began {count} times"
        if ended[key] != 1:
            yield f"attempt {key} ended {ended[key]} times"
    for key in ended:
        if key not in begun:
            yield f"attempt {key} ended and never began"


def _at_once(events: list[Event], spec: RunSpec) -> Iterator[str]:
    """No more attempts are live than the run's policy allows."""
    live: dict[tuple[str, int], None] = {}
    for one in events:
        if isinstance(one.body, TaskDispatched):
            live[one.body.task, one.body.attempt] = None
            if len(live) > spec.policy.get("parallel", len(live)):
                yield f"{len(live)} attempts are live at {one.seq}, and it may do {spec.policy['parallel']} at once"
        elif isinstance(one.body, AttemptEnded):
            live.pop((one.body.task, one.body.attempt), None)


def _projection(history: History, run: str, state: RunState) -> Iterator[str]:
    rows = history.durable.tasks.get(run, {})
    for id, task in state.tasks.items():
        row = rows.get(id)
        if row is not None and (row.status, row.attempt) != (task.status.value, task.attempt):
            yield f"the row of {id} says {row.status} {row.attempt}, the log {task.status.value} {task.attempt}"


def _undisturbed(spec: RunSpec, events: list[Event]) -> bool:
    """Nobody changed what the run was to do: then it must end as it would have without any fault.

    By its policy, a run may give up what may or may not have been done. What fails for good, the real supervisor may
    replace, and it judges by itself whether the rest answers the request.
    """
    if spec.text and not spec.revise and any(step["arguments"].get("fails", 0) >= FOR_GOOD for step in spec.steps):
        return False
    given_up = [one for one in events if isinstance(one.body, UnknownResolved) and one.body.resolution == "failed"]
    changed = any(what != "watch" for _, what, _ in spec.actions)
    return not changed and "deadline_s" not in spec.policy and not (given_up and spec.policy.get("unknown") == "fail")


def _edits(events: list[Event]) -> Iterator[Edit]:
    for one in events:
        if isinstance(one.body, GraphEdited):
            yield from one.body.batch.edits


def _keys(events: list[Event]) -> Iterator[str]:
    """A step of the supervisor, or an edit, is on record once."""
    keys: Counter[str] = Counter()
    for one in events:
        if isinstance(one.body, RungTried):
            keys[one.body.key] += 1
        elif isinstance(one.body, QuestionAsked):
            keys[one.body.id] += 1
        elif isinstance(one.body, GraphEdited) and one.body.batch.key:
            keys[one.body.batch.key] += 1
    for key, count in keys.items():
        if count > 1:
            yield f"the step {key} is on record {count} times"


def _step(task: str) -> str:
    """The step of a plan that a task comes from: `s1@alpha` is of a fan-out, `s1.2` of a revision."""
    return task.split("@")[0].split(".")[0]


def _approvals(events: list[Event], spec: RunSpec) -> Iterator[str]:
    """Each attempt of what needs a word has one of its own, for its device; a previewed one has under every policy."""
    previewed = {str(step["id"]) for step in spec.steps if step["skill"] == "sim.change"}
    free = {step["id"] for step in spec.steps if step["skill"] == "sim.read"} | {f"{id}-preview" for id in previewed}
    asks = spec.policy.get("approve", "all") == "ask"
    asked: dict[str, ApprovalRequested] = {}
    granted: dict[str, ApprovalRequested] = {}
    for one in events:
        body = one.body
        if isinstance(body, ApprovalRequested):
            asked[body.id] = body
        elif isinstance(body, ApprovalResolved) and body.granted:
            granted[asked[body.id].task] = asked[body.id]
        elif isinstance(body, TaskDispatched) and _step(body.task) not in free and ".check" not in body.task:
            if not asks and _step(body.task) not in previewed:
                continue
            word = granted.pop(body.task, None)
            if word is None or word.device != body.device:
                yield f"attempt {body.attempt} of {body.task} began on {body.device} without an approval"


def _asked(history: History, run: str, events: list[Event]) -> Iterator[str]:
    """No person is asked about what a device has said, and was told to be on record."""
    attempts = {one.body.task: one.body.attempt for one in events if isinstance(one.body, TaskDispatched)}
    for one in events:
        body = one.body
        if not isinstance(body, UnknownResolved) or body.by != PERSON:
            continue
        for attempt in range(1, attempts[body.task] + 1):
            key = (run, body.task, attempt)
            told = history.acknowledged.get(key)
            if told is not None and told + EPOCH < one.at and history.said[key][0] == "succeeded":
                yield f"a person was asked about {key}, and its device had said that it was done"


# --- what a run should come to -------------------------------------------------------------------------------------


def _expected(state: RunState, spec: RunSpec) -> Iterator[str]:
    """The plan says how each step ends; worked out here without the task graph's own code."""
    shown = {state.graph[task].preview for task in state.tasks}
    own = [task for task in state.tasks if task not in shown and not task.startswith("mend-") and ".check" not in task]
    names = {task.split("@")[0] for task in own}
    if names != {step["id"] for step in spec.steps}:
        yield f"its tasks are {sorted(state.tasks)}"
        return
    expected: dict[str, str] = {}
    for step in spec.steps:
        expected[step["id"]] = _end_of(step, expected, {one["id"]: one for one in spec.steps})
    fatal = [
        id
        for id, end in expected.items()
        if end == "failed" and _on_failure(next(one for one in spec.steps if one["id"] == id), spec.steps) == "fail"
    ]
    if fatal and not (spec.text and spec.revise):
        if state.status.value != "failed":
            yield f"{fatal} fail, and the run {state.status.value}"
        return
    if fatal:
        return
    if state.status.value != "succeeded":
        yield f"nothing should fail, and the run {state.status.value}: {state.error}"
    for task, found in state.tasks.items():
        if ".check" in task:
            continue  # one that finds out what became of another
        write = next((one.id for one in state.graph.tasks if one.preview == task), task)
        end = expected.get(write.split("@")[0], "been no task")
        if found.status.value != end:
            yield f"{task} {found.status.value} and should have {end}: {found.error}"


def _on_failure(step: dict[str, Any], steps: tuple[dict[str, Any], ...]) -> str:
    """A step whose end or failure another waits for has its failure taken over."""
    taken = any(
        edge["step"] == step["id"] and edge.get("on") in ("completion", "failure")
        for other in steps
        for edge in other.get("after", ())
    )
    return str(step.get("on_failure") or ("continue" if taken else "fail"))


def _end_of(step: dict[str, Any], ends: dict[str, str], steps: dict[str, dict[str, Any]]) -> str:
    edges = step.get("after", ())
    held = [_holds(edge, ends, steps) for edge in edges]
    if edges and not (any(held) if step.get("join") == "any" else all(held)):
        return "skipped"
    return "failed" if step["arguments"].get("fails", 0) >= FOR_GOOD else "succeeded"


def _holds(edge: dict[str, Any], ends: dict[str, str], steps: dict[str, dict[str, Any]]) -> bool:
    end, on = ends[edge["step"]], edge.get("on", "success")
    if on == "completion":
        return True
    if on == "condition":
        value, bound = steps[edge["step"]]["arguments"]["value"], edge["when"]["value"]
        return end == "succeeded" and (value > bound if edge["when"]["op"] == ">" else value < bound)
    return end == "succeeded"


# --- the field -----------------------------------------------------------------------------------------------------


def _ledger(history: History) -> Iterator[str]:
    """What devices really did, against what is on record."""
    done = {(one.run, one.task, one.attempt) for one in history.ledger if one.step == "effect"}
    effects = Counter((one.run, one.task) for one in history.ledger if one.step == "effect")
    once = {(one.run, one.task): one for one in history.ledger if one.skill == "sim.append"}
    begun = Counter((one.run, one.task, one.attempt) for one in history.ledger if one.step == "begin")
    again = Counter(
        (run, task)
        for run in history.accepted.values()
        for one_event in log(history, run)
        if isinstance(one_event.body, TaskRetryRequested)
        for task in one_event.body.tasks
    )
    for run, task in once:
        if effects[run, task] > 1 + again[run, task]:
            yield f"{task} of {run} may not be repeated, and had its effect {effects[run, task]} times"
    for key, count in begun.items():
        if count > 1 and key[:2] in once:
            yield f"attempt {key} of what may not be repeated began {count} times in the field"
    for run in history.accepted.values():
        events = log(history, run)
        said = {one.body.task for one in events if isinstance(one.body, UnknownResolved)}
        for one_event in events:
            body = one_event.body
            if not isinstance(body, AttemptEnded) or ".check" in body.task:
                continue
            if body.outcome is AttemptOutcome.SUCCEEDED and (run, body.task, body.attempt) not in done:
                yield f"attempt {body.attempt} of {body.task} of {run} succeeded and was never done"
        for id, found in fold(run, events).tasks.items():
            if ".check" in id:
                continue
            if found.status is TaskStatus.SUCCEEDED and not effects[run, id] and id not in said:
                yield f"{id} of {run} succeeded without its effect"
            if found.attempt == 0 and begun and any((e.run, e.task) == (run, id) for e in history.ledger):
                yield f"{id} of {run} was never dispatched, and ran"
    yield from _stale(history)


def _stale(history: History) -> Iterator[str]:
    """A finished attempt's task is not begun again, anywhere."""
    ends: dict[tuple[str, str, int], float] = {}
    for run in history.accepted.values():
        for one in log(history, run):
            if isinstance(one.body, AttemptEnded) and one.body.outcome is AttemptOutcome.SUCCEEDED:
                ends[run, one.body.task, one.body.attempt] = one.at
    for effect in history.ledger:
        end = ends.get((effect.run, effect.task, effect.attempt))
        if end is not None and effect.step == "begin" and effect.at + EPOCH > end:
            yield f"attempt {effect.attempt} of {effect.task} of {effect.run} began after its success was on record"


def _overtime(history: History) -> Iterator[str]:
    """What is no longer wanted is not gone on with: an attempt that has ended on record stops in the field."""
    ends: dict[Key, float] = {}
    for run in history.accepted.values():
        for one in log(history, run):
            if isinstance(one.body, AttemptEnded):
                ends[run, one.body.task, one.body.attempt] = one.at - EPOCH
            elif isinstance(one.body, TaskCancelRequested):
                ends.setdefault((run, one.body.task, _attempt(history, run, one)), one.at - EPOCH)
    for key, since, until in _working(history):
        end = ends.get(key)
        if end is not None and until > max(end, since, history.healed_at) + STOPPING_S:
            yield f"{key} ended at {end:.1f} s, and its device was at it until {until:.1f} s"


def _twice(history: History) -> Iterator[str]:
    """A device's process begins an attempt once, of whatever kind it is."""
    begun: Counter[tuple[str, Key]] = Counter()
    for one in history.ledger:
        place = (one.device, (one.run, one.task, one.attempt))
        if one.step == "begin":
            begun[place] += 1
            if begun[place] == 2:
                yield f"{one.device} began {place[1]} twice"
        elif one.step == "died":
            for other in [other for other in begun if other[0] == one.device]:
                del begun[other]


def _attempt(history: History, run: str, cancel: Event) -> int:
    """The attempt that was live when its task was asked to stop."""
    assert isinstance(cancel.body, TaskCancelRequested)
    before = [one.body for one in log(history, run)[: cancel.seq] if isinstance(one.body, TaskDispatched)]
    return max((body.attempt for body in before if body.task == cancel.body.task), default=0)


def _working(history: History) -> Iterator[tuple[Key, float, float]]:
    """When devices were at work at what: (attempt, from, to)."""
    at_work: dict[tuple[str, Key], float] = {}
    for one in history.ledger:
        place = (one.device, (one.run, one.task, one.attempt))
        if one.step == "begin":
            at_work[place] = one.at
        elif one.step == "end" and place in at_work:
            yield place[1], at_work.pop(place), one.at
        elif one.step == "died":
            for other in [other for other in at_work if other[0] == one.device]:
                yield other[1], at_work.pop(other), one.at
    for place, since in at_work.items():
        yield place[1], since, history.done_at
