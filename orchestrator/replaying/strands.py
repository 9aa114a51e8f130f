"""A run's events as strands: sequences in which order matters, without what may differ from one time to the next.

One strand is what rungs said, one the changes of the graph, one the questions, one the run itself, and one each task.
Between strands there is no order but that of dependencies. Not in them: times, epochs, run ids, what something cost or
how long it took, why a device was chosen, when an approval expires, whether a plan was remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue

from orchestrator.core import events as e
from orchestrator.core.events import Event
from orchestrator.core.plan import Declined, Plan
from orchestrator.replaying.findings import Kind
from protocol.vocabulary import JsonObject

Clean = Callable[[JsonValue], JsonValue]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a strand. `name` says what it is; where two differ in a field, `kinds` says what kind that is."""

    seq: int
    name: str
    fields: JsonObject


KINDS: dict[str, Kind] = {
    "device": "device",
    "arguments": "arguments",
    "outcome": "outcome",
    "output": "output",
    "error": "error",
    "tried_again": "outcome",
    "plan": "plan",
    "status": "state",
    "answer": "answer",
}
"""The kind of a difference by the field that it is in; else it is the step's own."""
STEPS: dict[str, Kind] = {
    "rung": "rung",
    "edit": "graph",
    "edit refused": "graph",
    "answer's tasks": "answer_scope",
    "question": "question",
    "answer to a question": "question",
    "dispatch": "attempt",
    "end of an attempt": "attempt",
    "approval asked for": "approval",
    "approval": "approval",
    "end of the run": "state",
}
"""The kind of a step that is missing, new or another."""


def strands(events: Sequence[Event], clean: Clean) -> dict[str, list[Step]]:
    """By name: `rungs`, `graph`, `questions`, `run`, and `task ID` for each task."""
    found: dict[str, list[Step]] = {"rungs": [], "graph": [], "questions": [], "run": []}
    about: dict[str, str] = {}  # approvals: the task
    for event in events:
        body = event.body
        if isinstance(body, e.ApprovalRequested):
            about[body.id] = body.task
        made = _step(body)
        if made is None:
            continue
        name, fields = made
        strand = _strand(body, about)
        cleaned = clean(fields)
        assert isinstance(cleaned, dict)
        found.setdefault(strand, []).append(Step(event.seq, name, cleaned))
    return found


def _strand(body: e.Body, about: dict[str, str]) -> str:
    if isinstance(body, e.RungTried):
        return "rungs"
    if isinstance(body, (e.GraphEdited, e.EditRejected, e.AnswerScope)):
        return "graph"
    if isinstance(body, (e.QuestionAsked, e.QuestionAnswered)):
        return "questions"
    if isinstance(body, e.ApprovalResolved):
        return f"task {about[body.id]}"
    task = getattr(body, "task", None)
    return f"task {task}" if isinstance(task, str) else "run"


def _step(body: e.Body) -> tuple[str, JsonObject] | None:
    """The name of what happened, and what of it must be the same."""
    match body:
        case e.RunSubmitted():
            return None  # it is what the replay begins with
        case e.RungTried():
            return "rung", _rung(body)
        case e.GraphEdited():
            fields = _dump(body, "batch.key", "batch.why", "batch.base")
            return ("edit", {**fields, **_flat(fields.pop("batch"))})
        case e.AnswerScope():
            return "answer's tasks", _dump(body)
        case e.EditRejected():
            return "edit refused", _dump(body, "reason")
        case e.QuestionAsked():
            return "question", _dump(body, "id")
        case e.QuestionAnswered():
            return "answer to a question", _dump(body, "id")
        case e.TaskDispatched():
            return "dispatch", _dump(body, "epoch", "why")
        case e.AttemptEnded():
            again = body.retry_at is not None
            return "end of an attempt", {**_dump(body, "usage", "retry_at"), "tried_again": again}
        case e.ApprovalRequested():
            return "approval asked for", _dump(body, "id", "digest", "expires")
        case e.ApprovalResolved():
            return "approval", _dump(body, "id")
        case e.UnknownResolved():
            return "settled outcome", {**_dump(body, "retry_at"), "tried_again": body.retry_at is not None}
        case e.RunEnded():
            return "end of the run", _dump(body)
        case _:
            return body.type.replace("_", " "), _dump(body)


def _rung(body: e.RungTried) -> JsonObject:
    proposal, result = body.proposal, body.proposal.result
    fields: JsonObject = {"rung": proposal.rung, "accepted": body.accepted, "fixes": proposal.fixes}
    fields["problems"] = list(body.problems)
    if isinstance(result, Plan):
        return {**fields, "plan": _by_id(_dump(result, "why"))}
    if isinstance(result, Declined):
        said: JsonObject = {"code": result.code, "unplaced": list(result.unplaced)}
        if proposal.rung == "embedded":  # what a model's rung says of its no may hold seconds and hosts
            said["reason"] = result.reason
        return {**fields, "declined": said}
    return {**fields, "question": _dump(result)}


def _by_id(plan: JsonObject) -> JsonObject:
    """Steps under their ids: a plan with one step more differs in that one."""
    steps = plan["steps"]
    assert isinstance(steps, list)
    return {**plan, "steps": {str(step["id"]): step for step in steps if isinstance(step, dict)}}


def _flat(batch: JsonValue) -> JsonObject:
    assert isinstance(batch, dict)
    edits = batch["edits"]
    assert isinstance(edits, list)
    named: JsonObject = {}
    for number, edit in enumerate(edits):
        assert isinstance(edit, dict)
        task = edit.get("task")
        id = task.get("id") if isinstance(task, dict) else task
        named[f"{edit['op']} {id}" if f"{edit['op']} {id}" not in named else f"{edit['op']} {id} {number}"] = edit
    return {**batch, "edits": named}


def _dump(body: BaseModel, *without: str) -> JsonObject:
    fields: JsonObject = body.model_dump(mode="json", exclude={"type"})
    for path in without:
        *parents, last = path.split(".")
        place: JsonValue = fields
        for name in parents:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None)
    return fields
