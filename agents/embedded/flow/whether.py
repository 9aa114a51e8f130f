"""What a condition says: over what a flow has made before, and over what an edge box or a phone tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.acts import Acting, Acts
from agents.embedded.flow.backups import intact
from agents.embedded.flow.builder import Builder
from agents.embedded.flow.comparing import comparing, plain
from agents.embedded.flow.conditions import Condition, gate, of_pages
from agents.embedded.flow.existing import existing
from agents.embedded.flow.loglines import counted
from agents.embedded.flow.running import ended
from agents.embedded.flow.tabletests import tabletest
from agents.embedded.flow.things import Made
from agents.embedded.flow.versus import versus
from agents.embedded.kinds import conditions as kinds
from agents.embedded.kinds.acts import Act
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json

_COMES: Final = (
    ("(comes|adds up|amounts|sums up) to more than {n:amount}", ">"),
    ("(comes|adds up|amounts|sums up) to less than {n:amount}", "<"),
    ("(comes|adds up|amounts|sums up) to at least {n:amount}", ">="),
    ("(has|have|holds|contains) more than {n:amount} [{unit:word}]", ">"),
    ("(has|have|holds|contains) (less|fewer) than {n:amount} [{unit:word}]", "<"),
    ("(is|are) (longer|larger|bigger|greater|higher|hotter|warmer) than {n:amount}", ">"),
    ("(is|are) (shorter|smaller|lower|colder|cooler) than {n:amount}", "<"),
)


@dataclass(frozen=True)
class Compared(Condition):
    """A single value, by a noun of what was made before or as a reading, against a number."""

    noun: str
    probe: Act | None
    path: str
    op: str
    value: Json

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = self._made(to)
        if made is not None:
            if made.kind != "number" or len(made.entries) != 1:
                raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])
            return (gate(made.entries[0], self.op, self.value),)
        if self.probe is None:
            raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])
        count = len(to.made)
        Acts(self.probe).build(to)
        step = list(to.draft.steps.values())[-1]
        del to.made[count:]
        when = Compare.model_validate({"path": self.path, "op": self.op, "value": self.value})
        return (StepDependency(step=step.id, on=On.CONDITION, when=when),)

    def _made(self, to: Builder) -> Made | None:
        to.one_meant(self.noun)
        back = self.noun in ("it", "that", "this")
        values = [one for one in reversed(to.made) if one.kind == "number" and (back or self.noun in one.nouns)]
        return values[0] if values and self.noun else None


def condition(piece: Piece, acting: Acting) -> Condition | None:
    """What a condition says from its first word to its last; None where it is none of ours."""
    piece = plain(piece)
    found = of_pages(piece) or ended(piece) or intact(piece) or versus(piece) or counted(piece) or existing(piece)
    found = found or comparing(piece, nouns=False)
    found = found or _compared(piece, acting) or comparing(piece)
    return tabletest(piece, found) or found


def _compared(piece: Piece, acting: Acting) -> Condition | None:
    found = kinds.condition(acting.reader, piece)
    for pattern, op in (*kinds.COMPARISONS, *_COMES):
        slots = match("{what:any} " + pattern, piece)
        if slots is None:
            continue
        noun = _noun(Piece(piece.line, slots["what"]))
        if noun is None:
            break
        if found is not None:
            return Compared(noun, found.probe, found.path, found.op, found.value)
        return Compared(noun, None, "", op, slots["n"][0].value)
    return Compared("", found.probe, found.path, found.op, found.value) if found is not None else None


def _noun(piece: Piece) -> str | None:
    """`the mean`, `it`, `the number of those`: the noun by which what was made before is spoken of."""
    slots = match("[the|that|this|its] {noun:word} [of those|of them|of that]", piece)
    return slots["noun"][0].text.casefold() if slots is not None else None
