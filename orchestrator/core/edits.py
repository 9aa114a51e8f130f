"""Edits: the only way a task graph changes. One batch against one version, all or nothing, who and why on record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.json_schema import JsonSchemaValue

from orchestrator.core.tasks import Dependency, Model, OnFailure, Requirements, Retry, Task, Timeouts
from protocol.vocabulary import CallLimits, Identifier, JsonObject, ShortText, unset


def _op_is_required(schema: JsonSchemaValue) -> None:
    """The schema says what is so: without its `op` nobody can tell which edit it is."""
    schema["required"] = ["op", *schema.get("required", [])]


class _Edit(Model):
    model_config = ConfigDict(json_schema_extra=_op_is_required)


class AddTask(_Edit):
    """Adds a task, with its incoming edges."""

    op: Literal["add_task"] = "add_task"
    task: Task


class RemoveTask(_Edit):
    """Removes a task that has not started and on which nothing depends any more once the batch is through."""

    op: Literal["remove_task"] = "remove_task"
    task: Identifier


class ChangeTask(_Edit):
    """Replaces the given fields of a task that has not started.

    With other arguments its `verify` and `confirm` go: they tell whether the arguments of before were carried out.
    """

    op: Literal["change_task"] = "change_task"
    task: Identifier
    title: ShortText | None = None
    arguments: JsonObject | None = None
    requirements: Requirements | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] | None = None
    timeouts: Timeouts | None = None
    retry: Retry | None = None
    limits: Annotated[CallLimits | None, Field(exclude_if=unset)] = None
    on_failure: OnFailure | None = None
    join: Literal["all", "any"] | None = None


class ReplaceTask(_Edit):
    """Puts another task, edges and all, in the place of one with the same id that has not started."""

    op: Literal["replace_task"] = "replace_task"
    task: Task


class AddDependency(_Edit):
    """Adds an edge into `task`, or replaces the one from the same upstream task."""

    op: Literal["add_dependency"] = "add_dependency"
    task: Identifier
    dependency: Dependency


class RemoveDependency(_Edit):
    op: Literal["remove_dependency"] = "remove_dependency"
    task: Identifier
    upstream: Identifier


Edit = Annotated[
    AddTask | RemoveTask | ChangeTask | ReplaceTask | AddDependency | RemoveDependency, Field(discriminator="op")
]


class EditBatch(Model):
    """`base` is the graph version that the author saw; a stale one is rejected. `by` is a person, rung or rule.

    `key` makes it safe to send twice: a batch whose key is already in the log changes nothing. `revises` names the
    failed task that this batch makes good: the run then goes on instead of failing.
    """

    base: Annotated[int, Field(ge=0)]
    edits: Annotated[tuple[Edit, ...], Field(min_length=1, max_length=20_000)]
    by: ShortText = ""
    why: Annotated[str, Field(max_length=2_000)] = ""
    key: Identifier | None = None
    revises: Identifier | None = None
