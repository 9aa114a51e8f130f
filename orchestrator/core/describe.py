"""An event in a few words, for people."""

from __future__ import annotations

import json

from orchestrator.core import events as e
from orchestrator.core.plan import Clarification, Declined
from orchestrator.core.previews import shown
from protocol.vocabulary import JsonObject

SHOWN = 300
MARKS: dict[type, str] = {
    e.RungTried: "plan",
    e.GraphEdited: "graph",
    e.EditRejected: "edit refused",
    e.TaskDispatched: "start",
    e.AttemptEnded: "end",
    e.TaskSkipped: "skip",
    e.TaskFailed: "fail",
    e.TaskCancelRequested: "stop",
    e.UnknownResolved: "settled",
    e.RevisionRequested: "revise",
    e.RevisionDeclined: "not revised",
    e.RunCancelRequested: "cancel",
    e.RunDeadlinePassed: "deadline passed",
    e.ApprovalRequested: "needs approval",
    e.QuestionAsked: "asks",
}
"""Which events are told of while a run goes on, and the word before each."""


def describe(body: e.Body) -> str:
    """What happened; the caller sanitises it."""
    match body:
        case e.RunSubmitted(request=request):
            return _cut(request.text or "an explicit plan")
        case e.RungTried(proposal=proposal, accepted=accepted, problems=problems):
            cached = f" {proposal.why}" if proposal.cached else ""
            return _cut(f"{proposal.rung}: {_proposed(proposal.result, accepted, problems)}{cached}")
        case e.QuestionAsked(clarification=asked):
            return _cut(asked.question)
        case e.QuestionAnswered(answer=answer, by=by):
            return _cut(f"{answer} (by {by})")
        case e.GraphEdited(batch=batch, undoes=undoes):
            undo = f", undoes version {undoes}" if undoes is not None else ""
            count = "1 edit" if len(batch.edits) == 1 else f"{len(batch.edits)} edits"
            return _cut(f"version {batch.base + 1}: {count} by {batch.by}{undo} {batch.why}".rstrip())
        case e.AnswerScope(tasks=tasks):
            return _cut(", ".join(tasks))
        case e.EditRejected(code=code, reason=reason):
            return _cut(f"{reason} [{code}]")
        case e.ApprovalRequested(id=id, skill=skill, device=device, arguments=arguments):
            return _cut(f"{id}: {skill} on {device} {operation(arguments)}")
        case e.ApprovalResolved(id=id, granted=granted, by=by):
            return f"{id}: {'granted' if granted else 'denied'} by {by}"
        case e.TaskDispatched(task=task, attempt=attempt, device=device, why=why):
            return _cut(f"{task} to {device} (attempt {attempt}; {why})")
        case e.AttemptEnded(task=task, outcome=e.AttemptOutcome.UNCONFIRMED, usage=usage):
            return f"{task} done after {usage.seconds:.2f} s, by its device's word; it is read back"
        case e.AttemptEnded(task=task, outcome=outcome, error=error, usage=usage):
            return _cut(f"{task} {outcome} after {usage.seconds:.2f} s{f': {error.message}' if error else ''}")
        case _:
            return _rest(body)


def operation(arguments: JsonObject) -> str:
    """What a call would change, where it was previewed; else what it is called with."""
    return "; ".join(part.strip() for part in shown(arguments)) or json.dumps(arguments, ensure_ascii=False)


def _rest(body: e.Body) -> str:
    match body:
        case e.TaskSkipped(task=task, reason=reason) | e.TaskCancelRequested(task=task, reason=reason):
            return _cut(f"{task}: {reason}")
        case e.TaskFailed(task=task, error=error):
            return _cut(f"{task}: {error.message} [{error.code}]")
        case e.UnknownResolved(task=task, resolution=resolution, by=by):
            return f"{task}: {resolution}, says {by}"
        case e.TaskRetryRequested(tasks=tasks, by=by):
            return _cut(f"{', '.join(tasks)} (by {by})")
        case e.RevisionRequested(task=task):
            return f"{task} failed"
        case e.RevisionDeclined(task=task, reason=reason):
            return _cut(f"{task}: {reason}")
        case e.RunCancelRequested(by=by, reason=reason):
            return _cut(f"by {by}{f': {reason}' if reason else ''}")
        case e.RunEnded(status=status, error=error):
            return _cut(f"{status}{f': {error.message} [{error.code}]' if error else ''}")
        case _:
            return ""


def _proposed(result: object, accepted: bool, problems: tuple[str, ...]) -> str:
    if isinstance(result, Declined):
        return f"declines: {result.reason}"
    if isinstance(result, Clarification):
        return f"asks: {result.question}"
    return "planned it" if accepted else f"its plan was refused: {'; '.join(problems)}"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"
