"""Two results compared with each other: a reading with what a table had, one device's number with another one's.

An edge's condition compares with a literal: two results are compared by a step of their own, and the edge asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition, gate
from agents.embedded.flow.layout import place_of
from agents.embedded.flow.nouns import mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relation import DATABASES, checked, column, ending, read, said, sources, table_of
from agents.embedded.flow.things import Before, Entry, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from protocol.vocabulary import JsonObject

_FUNCTIONS: Final = {
    "highest": "MAX", "largest": "MAX", "maximum": "MAX", "biggest": "MAX", "greatest": "MAX",
    "lowest": "MIN", "smallest": "MIN", "minimum": "MIN", "average": "AVG", "mean": "AVG",
}  # fmt: skip
_STATS: Final = {"MAX": "maximum", "MIN": "minimum", "AVG": "average"}
_WORDS: Final = {
    "MAX": frozenset({"maximum", "peak", "record", "highest"}),
    "MIN": frozenset({"minimum", "lowest", "record"}),
    "AVG": frozenset({"average", "mean"}),
}
_NOW: Final = "[right now|now|at the moment|currently|at present]"
# What is more so than a number is above it, but what is colder or darker below.
_ADJECTIVES: Final = {
    "humid": ("humidity", ">"), "hot": ("temperature", ">"), "warm": ("temperature", ">"), "bright": ("light", ">"),
    "hotter": ("temperature", ">"), "warmer": ("temperature", ">"), "colder": ("temperature", "<"),
    "cooler": ("temperature", "<"), "brighter": ("light", ">"), "darker": ("light", "<"), "cold": ("temperature", "<"),
}  # fmt: skip
_ABOVE: Final = "(above|higher than|greater than|more than|over|larger than)"
_BELOW: Final = "(below|lower than|less than|under|smaller than)"
_THAT: Final = "(that|it|this|the [old] {noun:word}|that {noun2:word})"


@dataclass(frozen=True)
class Extreme(Part):
    """The highest, lowest or mean value of a column of the table that was spoken of."""

    function: str
    column: str

    def build(self, to: Builder) -> None:
        entries = sources(to)
        if len(entries) != 1:
            raise decline("it is not clear which table is meant")
        [entry] = entries
        name = column(self.column, table_of(to, entry).columns, exact=True)
        if ending(entry.value) in DATABASES:
            sql = f"SELECT {self.function}({name}) AS value FROM {checked(to, entry, name)}"
            query: JsonObject = {"database": f"sqlite:{entry.value}", "statement": sql}
            step = to.step("value", "sql.query", query, entry.device, entry.step)
            value = f"${{{step}.output.rows[0].value}}"
        else:
            stats: JsonObject = {"items": read(to, entry), "by": name}
            step = to.step("value", "data.stats", stats, entry.device)
            value = f"${{{step}.output.{_STATS[self.function]}}}"
        nouns = _WORDS[self.function] | {"value", "number", "it", "that"}
        to.made.append(Made("number", (Entry(entry.label, entry.device, step, value),), nouns))
        to.answers.append(step)


@dataclass(frozen=True)
class Against(Condition):
    """A sensor's reading against a number that was made before."""

    sensor: str
    op: str
    noun: str

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = to.before(Before(self.noun))
        found = to.world.sensed((self.sensor,), None)
        if made.kind != "number" or len(made.entries) != 1 or len(found) != 1:
            raise decline("it is not clear what is compared with what", [self.sensor])
        step = to.step("read", "edge.read", {"sensor": found[0].name}, found[0].device)
        entry = Entry(found[0].name, found[0].device, step, f"${{{step}.output.value}}")
        to.reading = entry
        return (compared(to, entry, self.op, made.entries[0]),)


@dataclass(frozen=True)
class Between(Condition):
    """The number of one device against that of another one."""

    one: Mention
    op: str
    two: Mention

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = next((one for one in reversed(to.made) if one.kind == "number" and len(one.entries) > 1), None)
        entries = [
            entry
            for place in (self.one, self.two)
            for entry in (made.entries if made is not None else ())
            if place.names == (entry.device,)
        ]
        if len(entries) != 2 or entries[0].device == entries[1].device:
            raise decline("it is not clear what is compared with what")
        return (compared(to, entries[0], self.op, entries[1]),)


def compared(to: Builder, one: Entry, op: str, two: Entry) -> StepDependency:
    """An edge that holds where one value compares so with the other; false where they cannot be compared."""
    arguments: JsonObject = {"items": [one.value], "op": op, "value": two.value}
    step = to.anywhere("compare", "data.filter", arguments)
    return gate(Entry("compared", "", step, f"${{{step}.output.count}}"), ">", 0)


@dataclass(frozen=True)
class NotesBoth(Part):
    """The number from before and the reading that it was compared with, a line each."""

    nouns: tuple[str, str]
    words: tuple[str, str]
    target: Target

    def build(self, to: Builder) -> None:
        first = to.before(Before(self.nouns[0]))
        if to.reading is None or first.kind != "number" or len(first.entries) != 1 or self.target.path is None:
            raise decline("it is not clear which values are meant", list(self.nouns))
        text = f"{self.words[0]}: {first.entries[0].value}\n{self.words[1]}: {to.reading.value}\n"
        for name in to.goals(self.target):
            step = to.step("note", "file.write", {"path": self.target.path, "text": text}, name)
            to.made.append(Made("file", (Entry(name, name, step, self.target.path),), frozenset({"file", "note"})))


def versus(piece: Piece) -> Condition | None:
    """What a condition says of two results, from its first word to its last."""
    slots = match(f"(it|the {{w:word}}) is [more] {{a:word}} than {_THAT} {_NOW}", piece)
    if slots is None:
        slots = match(f"(it|the {{w:word}}) is {_NOW} [more] {{a:word}} than {_THAT}", piece)
    if slots is not None and slots["a"][0].text.casefold() in _ADJECTIVES:
        word = slots["a"][0].text.casefold()
        sensor, op = _ADJECTIVES[word]
        # `more cold` is below, `warmer` has its comparison in it.
        plain = word in ("humid", "hot", "warm", "bright", "cold")
        return Against(sensor, op, _noun(slots)) if plain == (" more " in f" {piece.said}") else None
    for way, op in ((_ABOVE, ">"), (_BELOW, "<")):
        slots = match(f"the {{s:word}} [in the {{w:word}}] is {_NOW} {way} {_THAT} {_NOW}", piece)
        if slots is not None:
            return Against(slots["s"][0].text.casefold(), op, _noun(slots))
    for more, op in (("more", ">"), ("fewer", "<"), ("less", "<")):
        for pattern in (
            f"{{d:device}} has {more} [of them|lines|errors|{{x:word}}] than {{e:device}}",
            f"there are {more} [of them|lines|errors|{{x:word}}] on {{d:device}} than on {{e:device}}",
        ):
            slots = match(pattern, piece)
            if slots is not None:
                return Between(mention(slots, "d", piece), op, mention(slots, "e", piece))
    return None


def _noun(slots: dict) -> str:  # type: ignore[type-arg]
    found = slots.get("noun") or slots.get("noun2")
    return str(found[0].text).casefold() if found else "that"


def extremes(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    for pattern in (
        "(find|get|take|look up|determine|compute|work out|read) the {f:word} [value|number|entry] (of|in) "
        "(its|the) column {c:plain}",
        "(find|get|take|look up|determine|compute|work out|read) the {f:word} {c:plain} (in|of) (it|that "
        "table|the table)",
    ):
        slots = match(pattern, piece)
        if slots is not None and slots["f"][0].text.casefold() in _FUNCTIONS:
            return Extreme(_FUNCTIONS[slots["f"][0].text.casefold()], said(slots["c"][0]))
    slots = match(
        "(write|put|save|note) the [{a:word}] {m:word} and the (new|current|present) (reading|value) {goal:any}", piece
    )
    place = place_of(Piece(piece.line, slots["goal"])) if slots is not None else None
    if slots is None or place is None or place[1]:
        return None
    noun = slots["m"][0].text.casefold()
    before = f"{slots['a'][0].text.casefold()} {noun}" if "a" in slots else noun
    return NotesBoth((noun, "reading"), (before, "new reading"), place[0])
