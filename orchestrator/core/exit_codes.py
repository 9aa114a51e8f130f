"""Runs that succeeded, and still are failures to who asked: commands that ended with another exit code than 0, and what
was not done because a text was cut short. Pure."""

from __future__ import annotations

from orchestrator.core.conditions import wants_whole
from orchestrator.core.references import find
from orchestrator.core.tasks import On, TaskStatus
from orchestrator.core.views import RunView, TaskView


def exit_code(task: TaskView) -> int | None:
    """With what the command of a succeeded task ended; None where it ran none."""
    output = task.output
    if task.status is not TaskStatus.SUCCEEDED or not isinstance(output, dict) or "stderr" not in output:
        return None
    code = output.get("exit_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def failed_commands(view: RunView) -> tuple[TaskView, ...]:
    """The tasks whose commands failed, but for those whose exit code the graph itself looks at (ADR 0014)."""
    failed = tuple(task for task in view.tasks if exit_code(task))
    if not failed:
        return ()
    looked = {edge.task for task in view.tasks for edge in task.depends_on if edge.on is On.CONDITION}
    looked |= {
        reference.task
        for task in view.tasks
        for reference in find(task.arguments)
        if reference.path.endswith("exit_code")
    }
    return tuple(task for task in failed if task.id not in looked and (not task.group or task.group not in looked))


def cut_short(view: RunView) -> tuple[TaskView, ...]:
    """The tasks that were skipped because only a part of what they were to be made of is known (ADR 0014)."""
    tasks = {task.id: task for task in view.tasks}

    def short(of: str) -> bool:
        one = tasks.get(of)
        return one is not None and one.status is TaskStatus.SUCCEEDED

    return tuple(
        task
        for task in view.tasks
        if task.status is TaskStatus.SKIPPED
        and any(
            edge.on is On.CONDITION and short(edge.task) and wants_whole(edge.when, {"output": tasks[edge.task].output})
            for edge in task.depends_on
        )
    )
