"""A name that fits several things: the person is asked which is meant, in the orchestrator's own words.

A device's choices are argument overrides. Only the arguments that name an object may be overridden, only by what could
be a name; the labels are made of these values, never of a text of the device. Nothing is guessed: where nobody is to
be asked, the task has failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from agents.again import again, write_of
from agents.fixes import Situation
from agents.naming import MOST, labelled
from orchestrator.core.edits import EditBatch
from orchestrator.core.plan import Choice, Clarification
from orchestrator.core.previews import ARGUMENT, previewing
from orchestrator.core.sanitize import sanitize
from protocol.vocabulary import JsonObject

BY = "rule"
NONE = "none of these"


def choose(at: Situation, *, key: str) -> EditBatch | Clarification | str:
    """The question, the edits that its answer allows, or why there is neither."""
    choices = labelled(_arguments(at), at.failure.error)
    if not choices:
        return "it is ambiguous, and the device named nothing that could be meant"
    named = ", ".join(list(choices)[:MOST])
    if at.request.policy.approve != "ask":
        return f"it could be any of these, and nobody is to be asked in this run: {named}"
    for question in _questions(at):
        said = next((answer for asked, answer in at.answers if asked == question), None)
        if said is None:
            options = (*choices, NONE)
            return Clarification(question=question, choices=tuple(Choice(label=one, value=one) for one in options))
        if said == NONE:
            break
        chosen = _meant(said, choices)
        if chosen is not None:
            return _batch(at, chosen, said, key)
    return f"what was answered is none of these: {named}"


def _questions(at: Situation) -> tuple[str, str]:
    """One question for all tasks that say the same name; another where its answer does not fit this task."""
    name = sanitize(str(_arguments(at).get("name") or at.task.skill), multiline=False, limit=100)
    asked = f"{name} could be several things. Which one is meant?"
    return asked, f"{asked} (for {at.task.id[:100]})"


def _meant(said: str, choices: Mapping[str, JsonObject]) -> JsonObject | None:
    """The choice that the answer names: by its label, or by a value that only one has."""
    answer = " ".join(said.split()).casefold()
    for name, choice in choices.items():
        if answer == name.casefold():
            return choice
    fitting = [one for one in choices.values() if any(answer == str(value).casefold() for value in one.values())]
    return fitting[0] if len(fitting) == 1 else None


def _arguments(at: Situation) -> JsonObject:
    """What the task was to be done with: of a preview, what its write is."""
    inner = at.task.arguments.get("arguments") if _previews(at) else None
    arguments = inner if isinstance(inner, dict) else at.task.arguments
    return {name: value for name, value in arguments.items() if name != ARGUMENT}


def _previews(at: Situation) -> bool:
    write = write_of(at.graph, at.task.id)
    return at.task.skill in previewing(at.fleet.skills.values()) or (write is not None and write.id != at.task.id)


def _batch(at: Situation, chosen: JsonObject, said: str, key: str) -> EditBatch:
    edits = again(at.graph, at.task.id, chosen, nested=_previews(at))
    why = f"{at.task.id} was ambiguous, and the person meant {json.dumps(said[:300], ensure_ascii=False)}"
    return EditBatch(base=at.graph.version, edits=tuple(edits), by=BY, why=why, key=key, revises=at.task.id)
