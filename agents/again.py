"""A failed task once more, with other arguments or a new preview: the edits, and which task is whose preview.

A write and its preview are one thing here. Where the write failed, both come again under new ids (`scale-preview.2`,
`scale.2`); where the preview failed, the write has not begun: it stays, behind a new preview.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.rewire import following
from agents.scope import base_of, replacement_of
from orchestrator.core.edits import AddTask, Edit, ReplaceTask
from orchestrator.core.previews import ARGUMENT
from orchestrator.core.tasks import Dependency, Requirements, Task, TaskStatus
from orchestrator.core.views import GraphView
from protocol.vocabulary import Json, JsonObject

MOST_PREVIEWS = 3
"""How often a write is previewed again because what it was to change had changed."""


def write_of(graph: GraphView, task: str) -> Task | None:
    """The write that the task is, or that it previews; None where it has nothing to do with previews."""
    return next((one for one in graph.tasks if one.preview is not None and task in (one.id, one.preview)), None)


def chain(graph: GraphView, task: str) -> list[Task]:
    """The task and those whose place it took."""
    return [one for one in graph.tasks if base_of(one.id) == base_of(task)]


def again(graph: GraphView, task: str, changes: JsonObject, *, nested: bool = False) -> list[Edit]:
    """The edits that put the failed task once more in its own place, its arguments overridden by `changes`.

    `nested`: it is a preview, of a dry run, whose write there is not: the arguments to change are those of the write.
    """
    tasks = {one.id: one for one in graph.tasks}
    failed, write = tasks[task], write_of(graph, task)
    if write is None:
        new = failed.model_copy(
            update={"id": _next(task, tasks), "arguments": _changed(failed, changes, nested=nested)}
        )
        return [AddTask(task=new), *_followers(graph, task, new.id)]
    assert write.preview is not None
    shown = tasks[write.preview]
    preview = shown.model_copy(
        update={"id": _next(shown.id, tasks), "arguments": _changed(shown, changes, nested=True)}
    )
    if failed is shown:
        return [AddTask(task=preview), ReplaceTask(task=_behind(write, write.id, preview.id, changes))]
    made = _behind(write, _next(write.id, tasks), preview.id, changes)
    return [AddTask(task=preview), AddTask(task=made), *_followers(graph, task, made.id)]


def _behind(write: Task, id: str, preview: str, changes: JsonObject) -> Task:
    """The write behind another preview."""
    waited = tuple(edge for edge in write.depends_on if edge.task != write.preview)
    return write.model_copy(
        update={
            "id": id,
            "arguments": {**write.arguments, **changes, ARGUMENT: "${" + preview + ".output}"},
            "requirements": Requirements(same_device_as=preview),
            "depends_on": (Dependency(task=preview), *waited),
            "preview": preview,
        }
    )


def _changed(task: Task, changes: JsonObject, *, nested: bool) -> JsonObject:
    inner: Json = task.arguments.get("arguments")
    if nested and isinstance(inner, dict):
        return {**task.arguments, "arguments": {**inner, **changes}}
    return {**task.arguments, **changes}


def _followers(graph: GraphView, old: str, new: str) -> list[Edit]:
    waiting = [one for one in graph.tasks if graph.status[one.id] is TaskStatus.PENDING]
    changed = [(one, following(one, old, new)) for one in waiting]
    return [ReplaceTask(task=after) for before, after in changed if after != before]


def _next(id: str, tasks: Mapping[str, Task]) -> str:
    found = replacement_of(id)
    while found in tasks:
        found = replacement_of(found)
    return found
