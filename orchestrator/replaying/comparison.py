"""Compares a recorded run with its replay, step by step. Pure. What it leaves aside is said in docs/replay.md.

Each strand of the run must be the same (`strands.py`). Beyond that: a task is dispatched only after what it waited for
when it was recorded; it is sent the same arguments; the contents that its attempts gave or took go the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest

from pydantic import JsonValue

from orchestrator.core import events as e
from orchestrator.core.events import Event
from orchestrator.core.state import RunState, fold
from orchestrator.replaying.findings import Difference, Finding, Kind, Verdict, differences, short, told
from orchestrator.replaying.lines import FrameLine
from orchestrator.replaying.recording import Recording, cleaner
from orchestrator.replaying.strands import KINDS, STEPS, Step, strands

Attempt = tuple[str, int]
_SENT = ("skill", "arguments", "timeout_s", "heartbeat_s", "caller", "approval", "limits")
ASKED_FOR = "was asked for"


def compare(recorded: Recording, replayed: Recording, *, ended: bool = True) -> Verdict:
    """What is different; `ended` says whether the replay came to its end."""
    comparison = _Comparison(recorded, replayed)
    findings = sorted(comparison.findings(ended), key=lambda one: one.step)
    return Verdict(
        run=recorded.header.run,
        same=not findings,
        findings=tuple(findings),
        notes=tuple(comparison.notes),
        events=len(replayed.events),
    )


class _Comparison:
    def __init__(self, recorded: Recording, replayed: Recording) -> None:
        self.recorded = recorded
        self.replayed = replayed
        self.notes: list[str] = []
        self._clean = cleaner()
        header = recorded.header
        # What decides among devices that fit equally well is then not known: what else they had to do, and had done.
        self._loose = header.shared > 0 or header.fleet == "later" or not header.frames
        self._free = {
            event.body.task
            for event in recorded.events
            if isinstance(event.body, e.TaskDispatched) and ASKED_FOR not in event.body.why
        }

    def findings(self, ended: bool) -> Iterator[Finding]:
        was, now = strands(self.recorded.events, self._clean), strands(self.replayed.events, self._clean)
        for name in [*was, *(name for name in now if name not in was)]:
            yield from self._strand(name, was.get(name, []), now.get(name, []))
        yield from self._order()
        yield from self._dispatches()
        yield from self._transfers()
        if not ended:
            last = self.recorded.events[-1].seq if self.recorded.events else 0
            waits = _waits(self.replayed)
            yield Finding(kind="not_ended", step=last + 1, message=f"the run did not come to its end{waits}")

    # --- strands -----------------------------------------------------------------------------------------------

    def _strand(self, name: str, was: list[Step], now: list[Step]) -> Iterator[Finding]:
        """Every step that is another one; where one is missing, what follows it in the strand is not looked at."""
        task = name.removeprefix("task ") if name.startswith("task ") else None
        for left, right in zip_longest(was, now):
            if left is None or right is None or left.name != right.name:
                yield self._other(task, left, right)
                return
            yield from self._fields(task, left, right)

    def _other(self, task: str | None, left: Step | None, right: Step | None) -> Finding:
        of = f" of task {task}" if task else ""
        if left is not None and right is not None:
            message = f"{_named(left)}{of} was next, and {_named(right)} came"
        elif left is not None:
            message = f"{_named(left)}{of} did not come about"
        else:
            assert right is not None
            message = f"{_named(right)}{of} came, which was not there"
        kind: Kind = STEPS.get((left or right).name, "step")  # type: ignore[union-attr]  # one of them is there
        if task and not self._has(self.recorded, task):
            kind, message = "new_task", f"there is a task {task}, which was not there"
        elif task and not self._has(self.replayed, task):
            kind, message = "missing_task", f"there is no task {task}"
        seq = left.seq if left is not None else right.seq  # type: ignore[union-attr]  # one of them is there
        return Finding(kind=kind, step=seq, message=message, task=task)

    @staticmethod
    def _has(recording: Recording, task: str) -> bool:
        return any(getattr(event.body, "task", None) == task for event in recording.events)

    def _fields(self, task: str | None, left: Step, right: Step) -> Iterator[Finding]:
        for field in [*left.fields, *(name for name in right.fields if name not in left.fields)]:
            found = differences(left.fields.get(field), right.fields.get(field))
            if not found:
                continue
            if field == "device" and self._loose and task in self._free:
                self._note(f"task {task} went to {right.fields['device']}, not {left.fields['device']}: both would do")
                continue
            kind = KINDS.get(field) or STEPS.get(left.name, "step")
            yield Finding(
                kind=kind, step=left.seq, message=_sentence(task, left, field, found), task=task, differences=found
            )

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    # --- order -------------------------------------------------------------------------------------------------

    def _order(self) -> Iterator[Finding]:
        """A task begins only after the ends that it had waited for."""
        depends = _dependencies(self.recorded)
        was, now = _begins(self.recorded.events), _begins(self.replayed.events)
        for attempt, (seq, ended) in was.items():
            if attempt not in now:
                continue
            for upstream in depends.get(attempt[0], ()):
                if upstream in ended and upstream not in now[attempt][1]:
                    message = f"task {attempt[0]} was dispatched before {upstream} had ended, on which it depends"
                    yield Finding(kind="order", step=seq, message=message, task=attempt[0])

    # --- frames ------------------------------------------------------------------------------------------------

    def _dispatches(self) -> Iterator[Finding]:
        """What was sent, of every attempt that both have."""
        if not self.recorded.header.frames:
            return
        was, now = _sent(self.recorded), _sent(self.replayed)
        steps = _begins(self.recorded.events)
        for attempt in was:
            if attempt not in now or attempt not in steps:
                continue
            for field in _SENT:
                found = differences(self._clean(was[attempt].get(field)), self._clean(now[attempt].get(field)))
                if not found:
                    continue
                task = attempt[0]
                what = "was given other arguments" if field == "arguments" else f"was sent another {field}"
                kind: Kind = "arguments" if field == "arguments" else "attempt"
                message = f"task {task} {what}: {told(found)}"
                yield Finding(kind=kind, step=steps[attempt][0], message=message, task=task, differences=found)

    def _transfers(self) -> Iterator[Finding]:
        if not self.recorded.header.frames:
            return
        was, now = _fates(self.recorded), _fates(self.replayed)
        steps = _begins(self.recorded.events)
        for (attempt, sha256), fate in was.items():
            other = now.get((attempt, sha256))
            if other is not None and other != fate and attempt in steps:
                found = (Difference(path="", was=fate, now=other),)
                message = f"the artifact {sha256[:12]} of task {attempt[0]} was {fate}, is {other}"
                yield Finding(
                    kind="artifact", step=steps[attempt][0], message=message, task=attempt[0], differences=found
                )


def _named(step: Step) -> str:
    rung = step.fields.get("rung")
    attempt = step.fields.get("attempt")
    article = "an" if step.name[0] in "aeiou" else "the"
    if step.name.startswith(("answer's", "end of the")):
        article = "the"
    return f"{article} {step.name}" + (f" {rung}" if rung else "") + (f" (attempt {attempt})" if attempt else "")


def _sentence(task: str | None, step: Step, field: str, found: tuple[Difference, ...]) -> str:
    of = f"task {task}" if task else "the run"
    match field:
        case "arguments":
            return f"{of} was given other arguments: {told(found)}"
        case "device":
            return f"{of} went to another device: it was {short(found[0].was)}, is {short(found[0].now)}"
        case "output" | "outcome" | "error":
            return f"{of} has another {field}: {told(found)}"
        case "plan":
            return f"{step.fields.get('rung')} made another plan: {told(found)}"
        case _:
            where = f"the {step.name}" if task is None else f"the {step.name} of task {task}"
            return f"{where} has another {field}: {told(found)}"


def _dependencies(recording: Recording) -> dict[str, tuple[str, ...]]:
    state = fold(recording.header.run, recording.events)
    return {task.id: tuple(edge.task for edge in task.depends_on) for task in state.graph.tasks}


def _begins(events: list[Event]) -> dict[Attempt, tuple[int, frozenset[str]]]:
    """For each attempt the number of its dispatch, and the tasks that had ended before it."""
    found: dict[Attempt, tuple[int, frozenset[str]]] = {}
    state = RunState(events[0].run) if events else None
    for event in events:
        assert state is not None
        if isinstance(event.body, e.TaskDispatched):
            ended = frozenset(id for id, task in state.tasks.items() if task.status.terminal)
            found[event.body.task, event.body.attempt] = (event.seq, ended)
        state.apply(event)
        for queue in (state.ready, state.doomed, state.withdrawn):
            queue.clear()
    return found


def _sent(recording: Recording) -> dict[Attempt, dict[str, JsonValue]]:
    """The first dispatch frame of each attempt."""
    found: dict[Attempt, dict[str, JsonValue]] = {}
    for line in recording.frames:
        if isinstance(line, FrameLine) and line.direction == "down" and line.message.get("type") == "dispatch":
            found.setdefault(_attempt(line), line.message)
    return found


def _attempt(line: FrameLine) -> Attempt:
    return str(line.message["task"]), int(json.dumps(line.message["attempt"]))


def _fates(recording: Recording) -> dict[tuple[Attempt, str], str]:
    """What became of the contents that attempts gave or took: `there`, or why they were refused."""
    transfers: dict[JsonValue, tuple[Attempt, str]] = {}
    found: dict[tuple[Attempt, str], str] = {}
    for line in recording.frames:
        if not isinstance(line, FrameLine):
            continue
        kind, transfer = line.message.get("type"), line.message.get("transfer")
        if kind in ("artifact_offer", "artifact_fetch"):
            transfers[transfer] = (_attempt(line), str(line.message["sha256"]))
        elif transfer in transfers and kind == "artifact_refused" and line.direction == "down":
            found[transfers[transfer]] = f"refused ({line.message['code']})"
        elif transfer in transfers and line.direction == "down":
            found[transfers[transfer]] = "there"
    return found


def _waits(replayed: Recording) -> str:
    open_tasks = fold(replayed.header.run, replayed.events).tasks
    waiting = [f"{id} is {task.status.value}" for id, task in open_tasks.items() if not task.status.terminal]
    return f": {', '.join(waiting[:5])}" if waiting else ""
