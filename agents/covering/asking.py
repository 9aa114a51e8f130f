"""Words that ask for a step beside the verbs of its skill."""

from __future__ import annotations

from agents.embedded.words import SAVES
from agents.embedded.wordset import words

CARRYING = words("put take bring collect give use leave go get want need belong list hold have add")
"""Verbs of a longer plan that any of its steps answers to: they say that something goes on."""
ASIDE = words("beside address up everything know number turn")
NOUNS = {
    "desktop.notify": words("notification notify alert message tell warn show"),
    "phone.sms": words("text sms message"),
    "phone.open_url": words("open visit page"),
}
"""What asks for a skill without its verb."""


def asking(skill: str) -> frozenset[str]:
    """More words that ask for a step among others."""
    if skill.startswith("artifact.") or (skill.endswith(".write") and skill != "file.write"):
        return CARRYING | SAVES
    return frozenset(NOUNS.get(skill, ()))
