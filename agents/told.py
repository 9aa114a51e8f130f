"""What a model rung is told of a request and its context: all of it through a screen, nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agents.reply import ReplyError
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.ports import Failure, Neighbour, PlanningContext, RevisionContext, Tried
from orchestrator.core.privacy import Screen
from orchestrator.core.requests import Request

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Told:
    """A screened `PlanningContext`."""

    fleet: FleetView
    run: str
    answers: Sequence[tuple[str, str]]
    problems: Sequence[str]
    tried: Sequence[Tried]


@dataclass(frozen=True, slots=True)
class ToldFailure(Told):
    """A screened `RevisionContext`. What tasks have found is output: no model is told."""

    failure: Failure
    found: Sequence[str] = ()


def told_request(request: Request, screen: Screen) -> Request:
    """The request's words. Of an attachment only its length is ever told."""
    update: dict[str, object] = {"text": screen.text(request.text), "attachment": "x" * len(request.attachment)}
    if request.client:
        update["client"] = screen.text(request.client)
    return request.model_copy(update=update)


def told_context(context: PlanningContext, screen: Screen) -> Told:
    # In this order: what is seen to be a secret here is one in all that follows.
    answers = [(screen.text(question), screen.text(answer)) for question, answer in context.answers]
    return Told(
        fleet=screen.fleet(context.fleet),
        run=context.run,
        answers=answers,
        problems=screen.texts(context.problems),
        tried=[_tried(one, screen) for one in context.tried],
    )


def told_failure(context: RevisionContext, screen: Screen) -> ToldFailure:
    told = told_context(context, screen)
    return ToldFailure(told.fleet, told.run, told.answers, told.problems, told.tried, _failure(context.failure, screen))


def _tried(tried: Tried, screen: Screen) -> Tried:
    plan = None
    if tried.plan is not None:
        try:
            plan = _mapped(tried.plan, screen)
        except ValidationError:  # a placeholder does not fit where the text did: then it is not told at all
            plan = None
    update = {"reason": screen.text(tried.reason), "unplaced": screen.texts(tried.unplaced), "plan": plan}
    return tried.model_copy(update=update)


def _mapped(plan: Plan, screen: Screen) -> Plan:
    return Plan.model_validate(screen.json(plan.model_dump(mode="json", exclude_unset=True)))


def _failure(failure: Failure, screen: Screen) -> Failure:
    """What went wrong, without what a device keeps to itself."""
    task, error = failure.task, failure.error
    if error is not None:
        error = error.model_copy(update={"message": screen.text(error.message, device=failure.device)})
    told = task.model_copy(update={"title": screen.text(task.title), "arguments": screen.json(task.arguments)})
    update = {
        "task": told,
        "error": error,
        "device": screen.text(failure.device) if failure.device else None,
        "before": tuple(_neighbour(one, screen) for one in failure.before),
        "after": tuple(_neighbour(one, screen) for one in failure.after),
    }
    return failure.model_copy(update=update)


def _neighbour(one: Neighbour, screen: Screen) -> Neighbour:
    return one.model_copy(update={"device": screen.text(one.device)}) if one.device else one


def restored(said: Plan | Clarification | Declined, screen: Screen) -> Plan | Clarification | Declined:
    """The model's word with what its placeholders stand for. Raises ReplyError where that does not fit."""
    match said:
        case Plan():
            return _restored(said, Plan, screen)
        case Clarification():
            return _restored(said, Clarification, screen)
        case Declined():
            return _restored(said, Declined, screen)


def _restored(said: T, kind: type[T], screen: Screen) -> T:
    try:
        return kind.model_validate(screen.restored(said.model_dump(mode="json", exclude_unset=True)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReplyError(f"{place}: a placeholder does not fit here") from None
