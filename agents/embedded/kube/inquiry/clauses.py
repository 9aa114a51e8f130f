"""What a clause among others asks for: `then restart it and show me its logs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded.kube.frames import Match
from agents.embedded.kube.inquiry.door import Step, inquire
from agents.embedded.kube.lexicon import FILLERS, KINDS
from agents.embedded.kube.moods import mood
from agents.embedded.kube.names import Context
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.view import View

_LONGEST = 4
"""Clauses that one question takes at most: its place before it, its reason behind it."""


def asked(view: View, moods: Sequence[str], *, changed: bool) -> Match | None:
    """The steps of neighbouring clauses that ask for something, and order nothing.

    Behind a change they begin with their question: what stands before it is the rest of the change.
    """
    asks = {"ask", "show"} & set(moods[:1] if changed else moods)
    if len(moods) > _LONGEST or not asks or {"change", "stay"} & set(moods):
        return None
    steps = inquire(view.tokens, view.context)
    said = [token for token in view.tokens if token.shape is not Shape.MARK and token.low not in FILLERS]
    return Match(steps, len(said), view) if steps else None


def goes_on(piece: Segment) -> bool:
    """`..., and of api in core`: more of what the clause before asked for, and nothing told aside."""
    lows = [token.low for token in piece.content]
    return lows[:1] == ["and"] and lows[1:2] in (["of"], ["in"], ["from"])


_WHOLE = frozenset({"kube.diagnose", "kube.fix", "kube.audit"})
"""What is read off a request with its story."""
_HELD = frozenset({("kube.describe", "kube.events"), ("kube.describe", "kube.get"), ("kube.logs", "kube.events")})
"""The second is in the answer to the first."""


_AND = frozenset({"and", "plus", "also", "&", "+"})


def several(tokens: Sequence[Token], context: Context, whole: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of a request whose clauses each ask for something else; `whole` where it asks for one thing."""
    if any(skill in _WHOLE for skill, _ in whole):
        return tuple(whole)
    steps: list[Step] = []
    for piece in segments(tokens):
        said = mood(piece)
        if said not in {"ask", "show", "wish"} and not (said == "name" and steps and piece.lead in _AND):
            continue
        found = inquire(piece.tokens, context)
        steps += [one for one in found if one not in steps]
        names = tuple(str(call["name"]) for _, call in found if "name" in call)
        if found:
            space = str(found[0][1].get("namespace", ""))
            told = str(found[0][1].get("kind", ""))
            kind = KINDS.get(told, KINDS.get(told.removesuffix("s"), context.kind))
            context = replace(context, namespace=space or context.namespace, names=names or context.names, kind=kind)
    steps = [one for one in steps if not any(_narrower(other, one) for other in steps)]
    skills = {skill for skill, _ in steps}
    others = [skill for skill in skills if (whole[0][0], skill) not in _HELD and skill not in {whole[0][0], *_WHOLE}]
    rights = skills <= {"kube.who_can", "kube.can_i"} and len(steps) > len(whole)
    return tuple(steps) if rights or (others and whole[0][0] in skills) else tuple(whole)


def _narrower(one: Step, other: Step) -> bool:
    """Whether one step asks for what the other does, and says more of it."""
    return one[0] == other[0] and one[1] != other[1] and other[1].items() <= one[1].items()
