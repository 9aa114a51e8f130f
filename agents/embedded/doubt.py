"""Where a request can be read in more than one way: devices named like everyday words, and questions that lead nowhere.

A device may be called `all`, `files` or `backup`. A request that says such a word is read twice, with the word as the
device and without: a reading that makes a plan wins over one that makes none, and between two plans the person decides.
A question is asked only where an answer to it makes a plan; what could not be placed anyhow is said at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agents.embedded.devices import key
from agents.embedded.lexicon import grammar_words
from agents.embedded.outcome import Stop, ask
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, tokenise
from agents.embedded.words import COMMON
from agents.embedded.wordset import words
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan

Answers = tuple[tuple[str, str], ...]
Result = Plan | Clarification | Declined
Reader = Callable[[Answers, frozenset[str]], Result]
"""Reads the request, given answers, and the device names that are not to be taken for devices."""
CHOICES = 3
"""How many of a question's choices are tried before it is taken to lead nowhere."""
NAMES = 3
"""How many namesakes of a request are read both ways: each of them doubles the readings."""
# What folders are called everywhere; and what is said of devices, but stands in no frame.
FOLDERS = words(
    "tmp temp etc var opt home srv bin lib src logs data media docs documents downloads pictures music videos desktop "
    "backup backups archive archives cache projects public shared scripts gpu gpus"
)


def namesakes(text: str, fleet: FleetView) -> tuple[str, ...]:
    """The devices whose names the text may say without meaning them, at most `NAMES`, in the fleet's order: every word
    of the name is an everyday one, or the name looks like a file's."""
    said = frozenset(re.findall(r"[^\W_]+", text.casefold()))
    found = (name for name in fleet.devices if said.issuperset(parts := _parts(name)) and _everyday(name, parts))
    return tuple(name for name, _ in zip(found, range(NAMES), strict=False))


def _parts(name: str) -> list[str]:
    return key(name).replace(".", " ").split()


def _everyday(name: str, parts: Sequence[str]) -> bool:
    known = grammar_words() | FOLDERS | COMMON
    return all(part in known or lemma(part) in known for part in parts) or any(
        token.kind is Kind.PATH for token in tokenise(name)
    )


def settled(read: Reader, answers: Answers, doubtful: Sequence[str], changes: Callable[[Plan], bool]) -> Result:
    """What the request comes to. `doubtful` are its namesakes; `changes` tells a plan that does more than read."""

    def decided(answers: Answers) -> Result:
        return _decided(read, answers, doubtful, changes, frozenset())

    result = decided(answers)
    if doubtful and isinstance(result, Declined):
        # What one reading placed, another one may not.
        result = result.model_copy(update={"partial": None})
    return _worthwhile(decided, result, answers) if isinstance(result, Clarification) else result


def _decided(
    read: Reader, answers: Answers, doubtful: Sequence[str], changes: Callable[[Plan], bool], hidden: frozenset[str]
) -> Result:
    if not doubtful:
        return read(answers, hidden)
    name, *rest = doubtful
    meant = _decided(read, answers, rest, changes, hidden)
    unmeant = _decided(read, answers, rest, changes, hidden | {name})
    if not isinstance(unmeant, Plan) or unmeant == meant:
        return meant
    if not isinstance(meant, Plan) and not changes(unmeant):
        return unmeant
    try:
        return (
            meant if ask(f'Does "{name}" mean the device of this name?', ("yes", "no"), answers) == "yes" else unmeant
        )
    except Stop as stop:
        return stop.result


def _worthwhile(
    decided: Callable[[Answers], Result], question: Clarification, answers: Answers
) -> Clarification | Declined:
    """The question, if some answer leads on; else what stops the request whatever the answer."""
    stopped: Declined | None = None
    for choice in question.choices[:CHOICES]:
        result = decided((*answers, (question.question, choice.value)))
        if not isinstance(result, Declined):
            return question
        stopped = stopped or result.model_copy(update={"partial": None})
    return stopped or question
