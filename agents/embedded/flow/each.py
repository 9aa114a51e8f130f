"""`for every page that does not answer with status 200, ...`: a condition and a deed for each of what was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import gate
from agents.embedded.flow.line import elements, part
from agents.embedded.flow.nouns import mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.telling import WAYS, Told, Words, goal_of, way_of
from agents.embedded.flow.things import Made
from agents.embedded.kinds.conditions import COMPARISONS
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words

_NOUN: Final = words("page service address site url endpoint shop one")
_HEADS: Final = (
    (
        "for (every|each|any) {noun:word} that (does not|doesn't) (answer|respond|reply) with [http] [status] [code] "
        "{n:number} , {deed:any}",
        "!=",
    ),
    (
        "for (every|each|any) {noun:word} that (answers|responds|replies) with another [http] [status] [code] than "
        "{n:number} , {deed:any}",
        "!=",
    ),
    (
        "for (every|each|any) {noun:word} that (answers|responds|replies) with [http] [status] [code] {n:number} , "
        "{deed:any}",
        "==",
    ),
)
_OF: Final = (
    *COMPARISONS[:8],
    ("(is|gets) longer than {n:amount}", ">"),
    ("(is|gets) shorter than {n:amount}", "<"),
    ("(is|gets) (larger|greater) than {n:amount}", ">"),
)


@dataclass(frozen=True)
class ForEach(Part):
    """Somebody is told of each member whose value compares so. `field`: of what value; empty: the status."""

    noun: str
    field: str
    op: str
    value: int | float
    told: Told
    names: tuple[str, ...] = ()

    limits = True
    closing = True

    def build(self, to: Builder) -> None:
        made = self._made(to)
        if self.names and sorted(self.names) != sorted(entry.label for entry in made.entries):
            raise decline("the names that are listed are not those of the pages", self.names)
        for entry in made.entries:
            to.draft.begin((), (gate(entry, self.op, self.value),))
            words = self.told.words
            self.told.send(to, words.filled(to, entry.label) if words.blank else entry.label)
        to.draft.begin((), ())

    def _made(self, to: Builder) -> Made:
        for made in reversed(to.made):
            if made.kind == ("number" if self.field else "status") and (not self.field or made.unit == self.field):
                return made
        raise decline(f"it is not clear which {self.noun}s are meant", [self.noun])


def for_each(piece: Piece) -> Part | None:
    for head, op in _HEADS:
        slots = match(head, piece)
        if slots is not None:
            return _read(piece, slots, op, "")
    for compared, op in _OF:
        slots = match(f"for (every|each|any) {{noun:word}} whose {{field:word}} {compared} [,] {{deed:any}}", piece)
        if slots is not None:
            return _read(piece, slots, op, slots["field"][0].text)
    return None


def _read(piece: Piece, slots: Slots, op: str, field: str) -> Part | None:
    noun = slots["noun"][0].text.casefold()
    value = slots["n"][0].value
    if noun not in _NOUN or not isinstance(value, (int, float)):
        return None
    deed = Piece(piece.line, slots["deed"])
    told = way_of(deed)
    if told is not None:
        return _blank(noun, field, op, value, told)
    named = _name(deed)
    return ForEach(noun, field, op, value, named[0], named[1]) if named is not None else None


def _blank(noun: str, field: str, op: str, value: int | float, told: Told) -> Part | None:
    """`"Long queue: SERVICE"`: the noun in capitals stands for the name."""
    text = told.words.text
    if text is None or told.words.blank or noun.upper() not in text:
        return None
    filled = Told(told.way, Words(text, "name", noun.upper()), told.goal, told.place)
    return ForEach(noun, field, op, value, filled)


def _name(deed: Piece) -> tuple[Told, tuple[str, ...]] | None:
    """`text its name (a, b or c) to +49 ... from pixel`."""
    for at, token in enumerate(deed.tokens):
        if token.text == "(":
            end = next((one for one in range(at, len(deed.tokens)) if deed.tokens[one].text == ")"), None)
            if end is None:
                return None
            names = [one.source(one.tokens) for one in elements(_commas(part(deed, at + 1, end)))]
            rest = Piece(deed.line, (*deed.tokens[:at], *deed.tokens[end + 1 :]))
            told = _its_name(rest)
            return (told, tuple(names)) if told is not None else None
    told = _its_name(deed)
    return (told, ()) if told is not None else None


def _commas(piece: Piece) -> Piece:
    """`a, b or c` as `a, b, c`."""
    comma = [replace(token, kind=Kind.PUNCT, text=",") if token.text == "or" else token for token in piece.tokens]
    return Piece(piece.line, tuple(comma))


def _its_name(piece: Piece) -> Told | None:
    for pattern, way in WAYS:
        slots = match(pattern, piece)
        if slots is None:
            continue
        what = match("(its|the) name", Piece(piece.line, slots["what"]))
        if what is None:
            continue
        goal = goal_of(slots, piece)
        return Told(way, Words(), goal, mention(slots, "d", piece) if "d" in slots else None)
    return None
