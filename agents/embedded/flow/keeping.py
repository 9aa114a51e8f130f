"""What a skill tells, kept in a file: `the humidity in a.txt on alpha`, with a verb or that of the clause before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.acts import Acting, Acts
from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.line import part
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Target
from agents.embedded.kinds.acts import Act
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import Stop, decline

_KEEP: Final = "(keep|put|write|save|store|file|record|leave|collect|get|bring)"


@dataclass(frozen=True)
class Kept(Part):
    """One skill that tells something, and the files that it goes to."""

    act: Act
    goals: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        count, answers = len(to.made), len(to.answers)
        Acts(self.act).build(to)
        if len(to.made) != count + 1 or to.made[-1].kind == "done":
            raise decline("there is nothing that could be kept")
        made = to.made[-1]
        if any(goal.path is None for goal in self.goals):
            raise decline("it is not said into which file")
        for goal in self.goals:
            put(to, made, made.entries, goal)
        to.answers = to.answers[:answers]


class Keeping:
    """Reads such a clause: the thing is read by the grammar of its device, the place by that of flows."""

    def __init__(self, acting: Acting) -> None:
        self.acting = acting

    def __call__(self, piece: Piece) -> Kept | None:
        slots = match(f"[{_KEEP}] [the|its|their] {{rest:any}}", piece)
        if slots is None:
            return None
        body = Piece(piece.line, slots["rest"])
        for cut in range(1, len(body.tokens)):
            goals = targets(part(body, cut, len(body.tokens)))
            if goals is None:
                continue
            try:
                act = self.acting.reader.act(replace(piece, tokens=body.tokens[:cut]), only_nouns=True)
            except Stop:
                return None
            if act is not None:
                return Kept(act, goals)
        return None
