"""Fixes that need no model, and are sure because a person says so: each is a question first.

What is there already may be replaced where the skill can do that; a path that does not exist gives way to a similar one
that this run has seen on the same device. All else is declined.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Sequence

from orchestrator.core.plan import Choice, Clarification, Declined, Plan, Selector, Step
from orchestrator.core.ports import RevisionContext
from orchestrator.core.references import find
from orchestrator.core.sanitize import sanitize
from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject

REPLACE, LEAVE, NONE = "replace it", "leave it", "none of these"
_SOURCES = ("path", "source", "archive_path")
_TARGETS = ("target", "path")
_SIMILAR = 0.75


def fix(context: RevisionContext) -> Plan | Clarification | Declined:
    """A question, the fix that its answer allows, or that there is none."""
    error = context.failure.error
    if error is not None and error.code is ErrorCode.ALREADY_EXISTS:
        return _replaced(context)
    if error is not None and error.code is ErrorCode.NOT_FOUND:
        return _similar(context)
    return Declined(reason="no rule of this rung mends such a failure", code="not_understood")


def _replaced(context: RevisionContext) -> Plan | Clarification | Declined:
    task = context.failure.task
    spec = context.fleet.skills.get(task.skill)
    target = next((task.arguments[name] for name in _TARGETS if isinstance(task.arguments.get(name), str)), None)
    properties = spec.input_schema.get("properties", {}) if spec is not None else {}
    if target is None or "overwrite" not in properties or task.arguments.get("overwrite") is True:
        return Declined(reason="what is in the way cannot be replaced by this skill", code="not_understood")
    named = _named(str(target))
    question = f"{named} is there already on {context.failure.device}. Replace it?"
    said = _answer(question, context.answers)
    if said is None:
        return _ask(question, (REPLACE, LEAVE))
    if said != REPLACE:
        return Declined(reason=f"{named} is to be left as it is", code="not_understood")
    return _again(context, task.arguments | {"overwrite": True}, f"{named} may be replaced")


def _similar(context: RevisionContext) -> Plan | Clarification | Declined:
    task = context.failure.task
    if task.skill.startswith("kube."):  # a `path` there is of a field: what is called so is not there, and not alike
        return Declined(reason="what is not in the cluster is not taken for something else", code="not_understood")
    name = next((one for one in _SOURCES if _literal(task.arguments.get(one))), None)
    if name is None:
        return Declined(reason="nothing that could be meant instead is known", code="not_understood")
    path = str(task.arguments[name])
    near = [one for one in similar(path, context.found) if _named(one).strip("`") == one]
    question = f"There is no {_named(path)} on {context.failure.device}. Which one is meant?"
    said = _answer(question, context.answers)
    if said is None and near:
        return _ask(question, (*near, NONE))
    if said is None or said == NONE or said not in near:
        return Declined(reason=f"nothing like {_named(path)} was seen in this run", code="not_understood")
    return _again(context, task.arguments | {name: said}, f"{_named(said)} is meant")


def similar(path: str, found: Sequence[str]) -> list[str]:
    """At most four of the paths found that look like `path`: as a whole, or by the name at their end."""
    known = list(dict.fromkeys(one for one in found if one != path))
    base = posixpath.basename(path).casefold()
    same = [one for one in known if posixpath.basename(one).casefold() == base]
    close = difflib.get_close_matches(path, known, n=4, cutoff=_SIMILAR)
    return list(dict.fromkeys([*same, *close]))[:4]


def _again(context: RevisionContext, arguments: JsonObject, why: str) -> Plan:
    device = context.failure.device
    where = Selector(names=(device,)) if device else Selector()
    step = Step(id="again", skill=context.failure.task.skill, arguments=arguments, devices=where)
    return Plan(steps=(step,), why=why)


def _ask(question: str, choices: Sequence[str]) -> Clarification:
    return Clarification(question=question, choices=tuple(Choice(label=one, value=one) for one in choices))


def _answer(question: str, answers: Sequence[tuple[str, str]]) -> str | None:
    return next((answer.strip() for asked, answer in reversed(answers) if asked == question), None)


def _literal(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not any(True for _ in find(value))


def _named(path: str) -> str:
    return f"`{sanitize(path, multiline=False, limit=200)}`"
