"""Small changes to tasks and values that planning and mending share."""

from __future__ import annotations

import re

from orchestrator.core import references
from orchestrator.core.references import Reference
from orchestrator.core.tasks import PostCondition, Task
from protocol.vocabulary import Json


def following(task: Task, old: str, new: str) -> Task:
    """`task`, following the replacement instead of the task that failed."""

    def renamed(reference: Reference) -> Reference:
        return Reference(new, reference.path) if reference.task == old and not reference.many else reference

    needs = task.requirements
    if needs.same_device_as == old:
        needs = needs.model_copy(update={"same_device_as": new})
    edges = tuple(edge.model_copy(update={"task": new}) if edge.task == old else edge for edge in task.depends_on)
    arguments = references.rename(task.arguments, renamed)

    def moved(check: PostCondition | None) -> PostCondition | None:
        if check is None:
            return None
        return check.model_copy(update={"arguments": references.rename(check.arguments, renamed)})

    return task.model_copy(
        update={
            "depends_on": edges,
            "arguments": arguments,
            "requirements": needs,
            "verify": moved(task.verify),
            "confirm": moved(task.confirm),
            "preview": new if task.preview == old else task.preview,
        }
    )


def canonical(value: Json) -> Json:
    """A value as it compares: without what the writing of a path or a number adds."""
    if isinstance(value, str):
        plain = " ".join(value.split())
        while plain.startswith("./"):
            plain = plain[2:]
        return re.sub(r"/{2,}", "/", plain).rstrip("/") or plain
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
