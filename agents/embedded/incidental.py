"""What a frame reads and no argument of its step shows: options of commands, an interface's name, a load's window."""

from __future__ import annotations

from collections.abc import Set

from agents.embedded.frames_shell import option_of
from agents.embedded.frames_system import FACTS, INTERFACE, WINDOWS
from agents.embedded.tokens import Kind, Token

_ENDED = frozenset({"gone", "dead", "stopped", "alive"})
"""What a process may be found to be after it was stopped."""


def incidental(token: Token, skills: Set[str]) -> bool:
    """Whether a step of one of these skills answers to the token by all that it returns, or by what it is."""
    if token.word:
        if INTERFACE.fullmatch(token.text):
            return "system.network" in skills
        if token.lemma in _ENDED:
            return {"process.stop", "process.list"} <= skills
        if token.lemma in FACTS:
            return "system.info" in skills
        if token.lemma in WINDOWS.values():
            return "system.load" in skills
        return token.text.startswith("-") and option_of(token.text, skills)
    return token.kind is Kind.DURATION and "system.load" in skills and token.value in WINDOWS
