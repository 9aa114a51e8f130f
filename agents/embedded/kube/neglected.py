"""Orders beside the one that a sheet or a sentence was read as: `..., bind it to the group devs`.

What is read whole passes over what surrounds it. A clause there that orders a change in a verb of its own must have
a verb of the plan's skills, or the request asks for more than the plan does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agents.embedded.kube.compose import FRAMES
from agents.embedded.kube.deeds.door import cues
from agents.embedded.kube.frames import head_of
from agents.embedded.kube.lexicon import CHANGES
from agents.embedded.kube.moods import mood
from agents.embedded.kube.segments import segments
from agents.embedded.kube.tokens import Token
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]
_ANY = words(
    "create make add set put give need want have let get use call name keep leave run do apply define allow write save"
)
"""Verbs that ask for a thing of any kind, or speak of what is made."""

_RIGHTS = words("get list watch create update patch delete")
_GIVING = words("give grant bind assign allow let hand")
_MADE = re.compile(r"\b(?:an?|another|new) (?:new )?(?:configmap|config map|cm)\b")


@lru_cache(maxsize=1)
def _verbs() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for frame in FRAMES:
        found[frame.skill] = found.get(frame.skill, frozenset()) | frame.heads
    for skill, said in cues().items():
        found[skill] = found.get(skill, frozenset()) | said
    return found


def able_of(skill: str) -> frozenset[str]:
    """The verbs that ask for a skill."""
    return _verbs().get(skill, frozenset())


def neglected(tokens: Sequence[Token], steps: Sequence[Step], verbs: frozenset[str] = CHANGES) -> bool:
    """Whether a clause orders what none of the steps does, in one of the verbs."""
    skills = {skill for skill, _ in steps}
    if "kube.set_config_map" in skills and _MADE.search(" ".join(token.low for token in tokens)):
        return True  # one that is to be made, and not one that is there
    able = _ANY.union(*(_verbs().get(skill, frozenset()) for skill, _ in steps))
    if skills & {"kube.create", "kube.bind_role"}:
        able |= _verbs()["kube.grant"] | _verbs()["kube.bind_role"]
    if skills & {"kube.create", "kube.create_role", "kube.grant"}:
        able |= _RIGHTS
    if skills == {"kube.create_role"}:
        able -= _GIVING  # `create role x. Give it to bob`
    for piece in segments(tokens):
        if not piece.content or mood(piece) != "change":
            continue
        at, head = head_of(piece.content)
        if any(token.low in {"nothing", "none", "no"} for token in piece.content[at + 1 : at + 2]):
            continue  # `restart nothing else`
        if at < len(piece.content) and head in verbs and head not in able:
            return True
    return False
