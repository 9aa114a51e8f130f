"""Edits from outside, a person's or a supervisor's, made fit for the graph: risk, idempotency, previews by the skills.

What a rung's or a person's edit says of these is never believed; see `previews.py` for the pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.core import previews
from orchestrator.core.approvals import higher
from orchestrator.core.edits import AddTask, ChangeTask, Edit, ReplaceTask
from orchestrator.core.fleet import FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.problems import Problem, bad_arguments, bad_check
from orchestrator.core.tasks import Task
from protocol.vocabulary import SkillSpec


def stamp(
    edits: Iterable[Edit], fleet: FleetView, graph: TaskGraph | None = None
) -> tuple[tuple[Edit, ...], tuple[Problem, ...]]:
    """Edits from outside with risk and idempotency set from the skills, and what is wrong with them.

    What the author says of a task's risk counts only where it is graver. A new task whose skill is previewed gets its
    preview; where it names one, in the edits or in `graph`, the two must belong together.
    """
    stamped: list[Edit] = []
    problems: list[Problem] = []
    for edit in edits:
        if not isinstance(edit, (AddTask, ReplaceTask)):
            stamped.append(edit)
            continue
        task = edit.task
        specs = [d.skills[task.skill] for d in fleet.devices.values() if task.skill in d.skills]
        if not specs:
            why = fleet.withheld(task.skill)
            message = f"no device can run {task.skill} now: {why}" if why else f"no device has a skill {task.skill}"
            problems.append(Problem("unknown_skill", message, task.id))
            continue
        preview = next((spec.preview for spec in specs if spec.preview is not None), None)
        known = specs[0] if task.preview is not None else previews.asked(specs[0])
        wrong = list(bad_arguments(known, task.arguments, task.id))
        for check in (task.verify, task.confirm):
            if check is not None:
                wrong += bad_check(check, fleet, lambda _: {}, task.id)
        problems += wrong
        if wrong:
            continue
        task = _stamped(task, specs)
        pair = _paired(edit.model_copy(update={"task": task}), specs[0].name, preview, graph, stamped, fleet)
        if isinstance(pair, Problem):
            problems.append(pair)
        else:
            stamped += pair
    return tuple(stamped), (*problems, *_mismatched(stamped, graph, fleet))


def _stamped(task: Task, specs: Iterable[SkillSpec]) -> Task:
    risk, idempotent = task.risk, task.idempotent
    for spec in specs:
        risk, idempotent = higher(risk, spec.risk), idempotent and spec.idempotent
    return task.model_copy(update={"risk": risk, "idempotent": idempotent})


def _paired(
    edit: AddTask | ReplaceTask,
    skill: str,
    preview: str | None,
    graph: TaskGraph | None,
    before: Iterable[Edit],
    fleet: FleetView,
) -> Sequence[Edit] | Problem:
    """The edit of a task as its skill wants it: a task of a previewed skill comes with its preview."""
    task = edit.task
    if preview is None or task.preview is not None:
        return [edit]
    if isinstance(edit, ReplaceTask):
        message = f"{skill} is done by preview: remove {task.id} and its preview, and add it under another id"
        return Problem("bad_preview", message, task.id)
    if not any(preview in device.skills for device in fleet.devices.values()):
        return Problem("unknown_skill", f"{skill} is done by preview, and no device has a skill {preview}", task.id)
    taken = (*(graph or ()), *(one.task.id for one in before if isinstance(one, AddTask)))
    return [AddTask(task=one) for one in previews.paired(task, preview, previews.preview_id(task.id, taken))]


def _mismatched(edits: Sequence[Edit], graph: TaskGraph | None, fleet: FleetView) -> Iterator[Problem]:
    """Writes that would not do what their previews show, once the edits are through."""
    named = {edit.task.id: edit.task for edit in edits if isinstance(edit, (AddTask, ReplaceTask))}
    replaced = {edit.task.id for edit in edits if isinstance(edit, ReplaceTask)}
    known = graph.tasks if replaced and graph is not None else ()
    writes = {task.id: task for task in known if task.preview in replaced} | named
    for task in writes.values():
        if task.preview is not None:
            shown = named.get(task.preview) or (
                graph[task.preview] if graph is not None and task.preview in graph else None
            )
            skills = previews.previewing(d.skills[task.skill] for d in fleet.devices.values() if task.skill in d.skills)
            if wrong := previews.mismatch(task, shown, skills):
                yield Problem("bad_preview", wrong, task.id)


def check_changes(edits: Iterable[Edit], graph: TaskGraph, fleet: FleetView) -> tuple[Problem, ...]:
    """What is wrong with the arguments that `change_task` edits bring. A preview and its write stay as they are."""
    problems: list[Problem] = []
    shown = {task.preview for task in graph.tasks if task.preview is not None}
    for edit in edits:
        if isinstance(edit, ChangeTask) and edit.task in graph and (graph[edit.task].preview or edit.task in shown):
            if edit.arguments is not None or edit.requirements is not None or edit.join is not None:
                message = f"{edit.task} was made with its preview: remove both, and add the task anew"
                problems.append(Problem("bad_preview", message, edit.task))
            continue
        if isinstance(edit, ChangeTask) and edit.arguments is not None and edit.task in graph:
            spec = fleet.skills.get(graph[edit.task].skill)
            if spec is not None:
                problems += bad_arguments(spec, edit.arguments, edit.task)
    return tuple(problems)
