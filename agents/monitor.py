"""Watches a run without a model: signs that it goes round in circles, from its record alone.

    repeated   the same call, however its paths are written, was made twice in mending one task
    stuck      three versions of one task ended alike: what is done about it changes nothing
    errors     three of the run's tasks in a row failed, and none of their failures was made good
    budget     the run has more than twice the steps that runs take, and than its plan had

`repeated` and `stuck` speak against the rung that made the last fix: the next one is asked. `errors` does where a rung
made fixes in this run. `budget`, and `errors` at double the length, end what is done about the task.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.fixes import same_call
from agents.rewire import canonical
from agents.scope import base_of, step_of
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Json

Kind = Literal["repeated", "stuck", "errors", "budget"]
STREAK = 3
FLOOR = 8  # steps: a median below says little about what is too many
HISTORY = 200  # runs
_ENDED = (TaskStatus.SUCCEEDED, TaskStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that speaks against going on as before. `ends`: nothing more is to be done about the failed task."""

    kind: Kind
    message: str
    ends: bool = False


class Medians:
    """How many steps succeeded runs of this process took: a running median of the last `HISTORY`."""

    def __init__(self, steps: Sequence[int] = (), floor: int = FLOOR) -> None:
        self._steps: deque[int] = deque(steps, maxlen=HISTORY)
        self._floor = floor

    def add(self, view: RunView) -> None:
        """Count a run that succeeded."""
        self._steps.append(steps_taken(view))

    @property
    def steps(self) -> float:
        """The median, and never less than the floor."""
        return max(self._floor, statistics.median(self._steps)) if self._steps else self._floor


def watch(view: RunView, task: str, median: float = FLOOR) -> tuple[Sign, ...]:
    """The signs at the moment at which `task` has failed."""
    return tuple(_signs(view, task, median))


def _signs(view: RunView, task: str, median: float) -> Iterator[Sign]:
    chain = versions(view, task)
    for number, one in enumerate(chain):
        twin = next((other for other in chain[:number] if same_call(other, one.skill, one.arguments, one.device)), None)
        if twin is not None:
            yield Sign("repeated", f"{one.id} was the same call as {twin.id}")
            break
    if len(chain) >= STREAK and len({_outcome(one) for one in chain[-STREAK:]}) == 1:
        yield Sign("stuck", f"the last {STREAK} versions of {base_of(task)} ended alike")
    streak = _streak(view)
    if streak >= STREAK:
        yield Sign("errors", f"{streak} tasks in a row failed", ends=streak >= 2 * STREAK)
    planned = len(view.plan.steps) if view.plan is not None else 0
    taken, most = steps_taken(view), 2 * max(median, planned)
    if taken > most:
        yield Sign("budget", f"the run took {taken} steps; twice what is usual is {most:g}", ends=True)


def versions(view: RunView, task: str) -> list[TaskView]:
    """The task, and those that it took the place of, oldest first."""
    base = base_of(task)
    chain = [one for one in view.tasks if base_of(one.id) == base]
    return sorted(chain, key=lambda one: (one.id != base, len(one.id), one.id))


def steps_taken(view: RunView) -> int:
    """The steps that have begun; a fan-out is one, a check of an outcome none."""
    begun = [one for one in view.tasks if one.attempt and one.checks is None]
    return len({one.id if one.group is None else step_of(one) for one in begun})


def _outcome(task: TaskView) -> str:
    """How a task ended, to compare with others."""
    result: Json = task.output
    if task.status is TaskStatus.FAILED and task.error is not None:
        result = {"code": task.error.code.value, "message": task.error.message}
    return f"{task.status}:{canonical(result)}"


def _streak(view: RunView) -> int:
    """How many steps ended in failure since the last success; the members of one fan-out count once."""
    ended = [one for one in view.tasks if one.status in _ENDED and one.checks is None and one.ended is not None]
    failed: dict[str, None] = {}
    for one in sorted(ended, key=lambda one: one.ended or 0.0, reverse=True):
        if one.status is TaskStatus.SUCCEEDED:
            break
        failed[one.id if one.group is None else one.group] = None
    return len(failed)


def last_fixer(view: RunView, task: str) -> str | None:
    """The rung whose fix it is that has failed now."""
    chain = {one.id for one in versions(view, task)} if any(one.id == task for one in view.tasks) else {task}
    made = [one.rung for one in view.rungs if one.accepted and one.fixes in chain]
    return made[-1] if made else None
