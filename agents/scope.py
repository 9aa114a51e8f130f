"""Which tasks of a run answer its request, and how a replaced task is named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.core.plan import Plan
from orchestrator.core.references import find
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView

# No step id holds a dot, so that `scan.2` can only be the second version of `scan`.
_REPLACEMENT = re.compile(r"(?P<base>[A-Za-z][A-Za-z0-9_@-]*)\.(?P<number>[2-9]|[1-9][0-9]+)")


def base_of(task: str) -> str:
    """The task that this one replaces, or itself."""
    found = _REPLACEMENT.fullmatch(task)
    return found["base"] if found else task


def replacement_of(task: str) -> str:
    """The id of the task that takes a failed one's place: `scan`, `scan.2`, `scan.3`."""
    found = _REPLACEMENT.fullmatch(task)
    return f"{found['base']}.{int(found['number']) + 1}" if found else f"{task}.2"


def answer_steps(plan: Plan) -> tuple[str, ...]:
    """The steps whose outputs answer the request: those that the plan names, else those that no other builds on."""
    if plan.answer:
        return plan.answer
    used = used_steps(plan)
    return tuple(step.id for step in plan.steps if step.id not in used) or tuple(step.id for step in plan.steps)


def used_steps(plan: Plan) -> frozenset[str]:
    """The steps that another one builds on: waits for, refers to, or follows to its device."""
    used = {dependency.step for step in plan.steps for dependency in step.after}
    used |= {reference.task for step in plan.steps for reference in find(step.arguments)}
    used |= {step.devices.same_as for step in plan.steps if step.devices.same_as is not None}
    return frozenset(used)


def answer_tasks(view: RunView) -> tuple[str, ...]:
    """The ids of the tasks that answer the request, in graph order; with those that an edit of a person put last."""
    used = {dependency.task for task in view.tasks for dependency in task.depends_on}
    last = {task.id for task in view.tasks if task.id not in used and task.checks is None}
    if view.plan is None:
        return tuple(task.id for task in view.tasks if task.id in last)
    steps, known = frozenset(answer_steps(view.plan)), {step.id for step in view.plan.steps}
    # Of a dry run every preview answers, also the one that another one waited for.
    dry = view.policy.preview_only or view.plan.dry_run
    found = [
        task.id
        for task in view.tasks
        if task.checks is None and (step_of(task) in steps or ((dry or task.id in last) and step_of(task) not in known))
    ]
    return tuple(found or last)


def step_of(task: TaskView) -> str:
    """The plan's step that a task came from."""
    return base_of(task.group or task.id.partition("@")[0])


def current(view: RunView, tasks: Sequence[str]) -> tuple[TaskView, ...]:
    """The given tasks as they stand; a task that was replaced gives way to its last replacement."""
    by_id = {task.id: task for task in view.tasks}
    chosen: dict[str, TaskView] = {}
    for id in tasks:
        last = id
        while replacement_of(last) in by_id:
            last = replacement_of(last)
        if last in by_id:
            chosen[last] = by_id[last]
    return tuple(chosen.values())


def replaced(view: RunView, task: TaskView) -> bool:
    """Whether another task has taken this failed one's place."""
    return task.status is TaskStatus.FAILED and any(other.id == replacement_of(task.id) for other in view.tasks)
