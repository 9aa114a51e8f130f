"""Actuators of edge boxes that are set to what was read before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import Before, Entry, FileAt, Made
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Token

_NUMBERS: Final = ("number", "count", "value", "limit", "threshold", "setpoint")


@dataclass(frozen=True)
class Written(Part):
    """A value that stands in the first line of a file, and the words by which it is spoken of."""

    file: FileAt
    nouns: frozenset[str]

    def build(self, to: Builder) -> None:
        names = to.names(self.file)
        if len(names) != 1:
            raise decline("it is not said which of the files holds it", [self.file.path])
        step = to.step("read", "file.head", {"path": self.file.path, "lines": 1}, names[0])
        entry = Entry(names[0], names[0], step, f"${{{step}.output.lines[0]}}")
        to.made.append(Made("text", (entry,), self.nouns | {"it", "that", "this", "number", "value"}))


@dataclass(frozen=True)
class Sets(Part):
    """An actuator by its words, and what was made before that it is set to."""

    words: tuple[str, ...]
    noun: str

    def build(self, to: Builder) -> None:
        found = to.world.actuated(self.words, None)
        if len(found) != 1:
            raise decline(f"nothing that can be set is called {' '.join(self.words)}", [" ".join(self.words)])
        [(device, actuator)] = found
        made = to.before(Before(self.noun))
        if made.kind not in ("text", "number") or len(made.entries) != 1 or actuator.values:
            raise decline(f"it is not clear what {actuator.name} should be set to")
        value = made.entries[0].value
        to.step("set", "edge.set", {"actuator": actuator.name, "value": value}, device)


def definitions(piece: Piece) -> Part | None:
    """`the limit for the lamp is the number in a.txt on alpha`."""
    slots = match(
        "the {what:words} (is|stands|is written) [the] (number|value|first line) in [the file] {f:file} on {d:device}",
        piece,
    ) or match("the {what:words} (stands|is written|is noted) in [the file] {f:file} on {d:device}", piece)
    slots = slots or _number(piece)
    if slots is None:
        return None
    nouns = [token.text.casefold() for token in slots["what"]]
    about = next((at for at, word in enumerate(nouns) if word in ("for", "of")), len(nouns))
    if not about:
        return None
    file = FileAt(literal(slots, "f"), mention(slots, "d", piece))
    return Written(file, frozenset({" ".join(nouns[:about]), nouns[about - 1]}))


def settings(piece: Piece) -> Part | None:
    """`set the heating to it`, `set the heating to that number`."""
    slots = match("set the {what:words} to (it|this|that|the) [{noun:word}] [, nothing else]", piece)
    if slots is None:
        return None
    noun = slots["noun"][0].text.casefold() if "noun" in slots else "it"
    return Sets(tuple(token.text for token in slots["what"]), noun)


def _number(piece: Piece) -> dict[str, tuple[Token, ...]] | None:
    """`the number of open orders is in a.txt on alpha`: only a number, or a limit, is all that a first line may be."""
    slots = match("the {what:words} (is|can be found|is kept|is stored) in [the file] {f:file} on {d:device}", piece)
    return slots if slots is not None and slots["what"][0].text.casefold() in _NUMBERS else None
