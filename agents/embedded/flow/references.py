"""What was made before, by what is said of it: `the sum of the two`, `the higher one`, `the second`, `how many`.

Each is resolved when the plan is built, from what the clauses before left; where two things could be meant, it is
declined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.counting import NUMBER
from agents.embedded.flow.nouns import mention
from agents.embedded.flow.rows import RowsOf, merged
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from protocol.vocabulary import Json

_ALL: Final = (
    "(them|these|those|both|all|it all|the {n:number}|all of them|both of them|the {m:number} of them|these {k:number}|"
    "those {k2:number}|[all|both] [the|these|those] [{m2:number}] {noun:word}|all of these|all of those)"
)
_VALUES: Final = "[value|values|number|numbers|one|count|counts|reading|readings|figure|figures|result]"
_REDUCED: Final = (
    ("sum", "(sum|total|grand total|overall total|overall number|total number)"),
    ("average", "(average|mean|mean value|average value)"),
    ("median", "(median)"),
    (
        "maximum",
        "(higher|highest|larger|largest|bigger|biggest|greater|greatest|maximum|max|hottest|warmest|top|worst)",
    ),
    ("minimum", "(lower|lowest|smaller|smallest|minimum|min|least|lesser|coldest)"),
)
_NUMERAL: Final = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "last": -1, "fourth": 3}
_MOST: Final = "(most|highest|largest|biggest|greatest|longest|fullest|highest number of|largest number of)"
_LEAST: Final = "(least|fewest|lowest|smallest|minimum|shortest|lowest number of|smallest number of)"
_ONE: Final = "(the (server|machine|device|host|one|computer|site|name)|{d:device})"
_WITH: Final = "(with|that has|which has|having|that had|that gave|that counted)"
_KINDS: Final = "(server|machine|device|host|one|computer|site|name)"


def numbers(to: Builder, several: int | None = None) -> Made:
    """The numbers of several devices or things that were computed last: those of one clause, or of the last clauses
    that left one each. Raises Stop where there are fewer than two, or not `several`."""
    found: list[Entry] = []
    nouns: frozenset[str] = frozenset()
    last: Made | None = None
    for made in reversed(to.made):
        if made.kind == "file":
            continue
        if made.kind != "number" or (last is not None and len(made.entries) > 1):
            break
        last = last or made
        nouns |= made.nouns
        found = [*made.entries, *found]
        if len(made.entries) > 1 or (several is not None and len(found) >= several):
            break
    if last is None or len(found) < 2 or (several is not None and len(found) != several):
        raise decline("it is not clear which numbers are meant")
    return Made("number", tuple(found), nouns, last.unit, about=last.about)


@dataclass(frozen=True)
class Reduced(Value):
    """The sum, the highest and the like of the numbers before. `several`: how many they are, where that is said."""

    measure: str
    words: frozenset[str]
    several: int | None = None
    of: bool = True
    place: Mention | None = None

    def realised(self, to: Builder) -> Made:
        if not self.of:
            for made in reversed(to.made):
                if made.kind == "number" and len(made.entries) == 1 and self.words & made.nouns:
                    return made
        of = numbers(to, self.several)
        if self.place is not None and sorted(self.place.names) != sorted(entry.device for entry in of.entries):
            raise decline(f"the values are not those of {self.place.text}", [self.place.text])
        items: list[Json] = [entry.value for entry in of.entries]
        for id, step in to.draft.steps.items():
            if step.skill == "data.stats" and step.arguments == {"items": items} and not to.draft.guards[id]:
                return self._made(id, of)
        stats = to.anywhere(self.measure, "data.stats", {"items": items})
        to.answers.append(stats)
        return self._made(stats, of)

    def _made(self, step: str, of: Made) -> Made:
        entry = Entry(self.measure, "", step, f"${{{step}.output.{self.measure}}}")
        return Made("number", (entry,), NUMBER | self.words | {"value"}, of.unit, about=of.about)


@dataclass(frozen=True)
class Nth(Value):
    """`the first`, `the latter`: one of what was made last."""

    at: int

    def realised(self, to: Builder) -> Made:
        things = [made for made in to.made if made.kind not in ("done", "file")]
        members = [entry for made in things if len(made.entries) > 1 for entry in made.entries]
        while things and len(things[-1].entries) == 1 and things[-1].entries[0] in members:
            things.pop()  # the first of them, which was spoken of a moment ago
        if not things:
            raise decline("it is not clear which one is meant")
        whole = things[-1]
        entries: tuple[Entry, ...] = whole.entries
        if len(entries) == 1:
            single: dict[str, Entry] = {}
            for made in things:
                if len(made.entries) != 1 or made.kind not in ("number", "text"):
                    raise decline("it is not clear which one is meant")
                single.setdefault(made.entries[0].value, made.entries[0])
            entries = tuple(single.values())
            if len(entries) < 2:
                raise decline("it is not clear which one is meant")
        if self.at >= len(entries):
            raise decline("there are not so many")
        return Made(whole.kind, (entries[self.at],), whole.nouns, whole.unit, about=whole.about)


@dataclass(frozen=True)
class Tally(Value):
    """How many lines, rows or the like there are; one number where they are of several devices."""

    noun: str = ""

    def realised(self, to: Builder) -> Made:
        for made in reversed(to.made):
            if made.kind in ("lines", "records"):
                break
            if made.kind in ("number", "status", "text", "artifact"):
                raise decline("it is not clear what is counted")
        else:
            raise decline("it is not clear what is counted")
        if self.noun and self.noun not in made.nouns:
            raise decline(f"it is not clear which {self.noun} are counted", [self.noun])
        if len(made.entries) == 1 and made.entries[0].step is not None:
            counted = made.entries[0].step
        else:
            items: list[Json] = [entry.value for entry in made.entries]
            counted = to.anywhere("together", "data.merge", {"items": items})
        to.answers.append(counted)
        entry = Entry("number", "", counted, f"${{{counted}.output.count}}")
        return Made("number", (entry,), NUMBER | {"it"}, about=made.about)


@dataclass(frozen=True)
class Best(Value):
    """The name of the device that has the most or the least of what was counted."""

    order: str
    words: tuple[str, ...] = ()

    def realised(self, to: Builder) -> Made:
        of = numbers(to)
        known = {word.casefold() for word in (*of.unit.split(), *of.about.split(), *of.nouns)}
        for word in self.words:
            if word not in known and f"{word}s" not in known and word.rstrip("s") not in known:
                raise decline(f"it is not clear what {word} has to do with it", [word])
        if any(entry.label not in to.world.fleet.devices for entry in of.entries):
            raise decline("it is not clear what has the most of it")
        items: list[Json] = [{"name": entry.label, "value": entry.value} for entry in of.entries]
        rank = to.anywhere("rank", "data.rank", {"items": items, "by": "value", "order": self.order})
        to.answers.append(rank)
        nouns = frozenset({"name", "server", "machine", "device", "host", "it", "that"})
        return Made("text", (Entry("name", "", rank, f"${{{rank}.output.best.name}}"),), nouns)


@dataclass(frozen=True)
class Together(Value):
    """Rows or lines of all devices as one list."""

    noun: str

    def realised(self, to: Builder) -> Made:
        for made in reversed(to.made):
            if made.kind in ("lines", "records") and (self.noun in made.nouns or not self.noun):
                step = made.entries[0].step if len(made.entries) == 1 else None
                value = merged(to, made)
                entry = Entry("all", made.entries[0].device, step, str(value))
                return Made(made.kind, (entry,), made.nouns, about=made.about, columns=made.columns)
        if self.noun in ("rows", "records", "tables"):
            made = RowsOf(None, None).realised(to)
            entry = Entry("all", made.entries[0].device, None, str(merged(to, made)))
            return Made("records", (entry,), made.nouns, columns=made.columns)
        raise decline(f"it is not clear which {self.noun or 'things'} are meant")


def reference(piece: Piece) -> Value | None:
    """What all of the piece refers to."""
    return _answered(piece) or _reduced(piece) or _nth(piece) or _tally(piece) or _best(piece) or _together(piece)


def _together(piece: Piece) -> Value | None:
    slots = match(
        "(all|all the|the|these|those|all of the|all of these|all those) {noun:word} "
        "[of (all|both) [of them]] [together]",
        piece,
    )
    if slots is None or slots["noun"][0].text.casefold() not in ("rows", "records", "lines", "entries", "tables"):
        return None
    return Together(slots["noun"][0].text.casefold())


@dataclass(frozen=True)
class Answered(Value):
    """How many of the pages that were fetched answered with a status, or (`other`) with another one."""

    status: int
    other: bool = False

    def realised(self, to: Builder) -> Made:
        pages = next((made for made in reversed(to.made) if made.kind == "status"), None)
        if pages is None:
            raise decline("no page was fetched before whose status could be looked at")
        items: list[Json] = [entry.value for entry in pages.entries]
        op = "!=" if self.other else "=="
        step = to.anywhere("answered", "data.filter", {"items": items, "op": op, "value": self.status})
        to.answers.append(step)
        entry = Entry("number", "", step, f"${{{step}.output.count}}")
        return Made("number", (entry,), NUMBER, about="pages")


def _answered(piece: Piece) -> Value | None:
    for said, other in (
        ("(answer|answers|answered|respond|responded|reply|replied) with", False),
        ("(did not|didn't|do not|don't) (answer|respond|reply) with", True),
    ):
        slots = match(
            "[the] (number of|how many of|how many) [those|them|these|the pages|the sites|pages|sites|of them] "
            f"[that|which] {said} [http] [a] [status] [code] {{s:number}}",
            piece,
        )
        if slots is not None and isinstance(slots["s"][0].value, int):
            return Answered(slots["s"][0].value, other)
    return None


def _reduced(piece: Piece) -> Value | None:
    for measure, said in _REDUCED:
        for pattern, of in (
            (f"[the|their|a|its] {said} {_VALUES} (of|for|over|across|from|among) {_ALL}", True),
            (f"[the|their|a|its] {said} {_VALUES} (of|for|over|across|from|among|on) {{d:device}}", True),
            (f"[the|their] {said} {_VALUES} [overall|altogether|in total|in all]", False),
        ):
            slots = match(pattern, piece)
            if slots is None:
                continue
            if "noun" in slots and slots["noun"][0].text.casefold() not in _PLURALS:
                continue
            found = [slots[one][0].value for one in ("n", "m", "k", "k2", "m2") if one in slots]
            several = found[0] if found and isinstance(found[0], int) else None
            two = several or (2 if "both" in piece.said.split() or _two(piece) else None)
            words = frozenset(word for word in piece.said.split() if word in _words(said))
            return Reduced(measure, words, two, of, mention(slots, "d", piece) if "d" in slots else None)
    if match("(how many|how much) (are|is) (they|it|that|these|those) (together|altogether|in total|in all)", piece):
        return Reduced("sum", frozenset({"sum", "total"}))
    return None


def _two(piece: Piece) -> bool:
    """A comparative is of two: `the higher one`."""
    return any(word in piece.said.split() for word in ("higher", "larger", "bigger", "greater", "lower", "smaller"))


def _words(said: str) -> frozenset[str]:
    return frozenset(said.strip("()").replace("|", " ").split())


_PLURALS: Final = words(
    "values numbers counts readings figures results sums totals ones sizes means averages servers machines devices "
    "sites hosts files"
)


def _nth(piece: Piece) -> Value | None:
    slots = match("the {which:word} [one|value|number|reading|result|file|output|count|of them|of these]", piece)
    if slots is None or slots["which"][0].text.casefold() not in _NUMERAL:
        return None
    return Nth(_NUMERAL[slots["which"][0].text.casefold()])


def _tally(piece: Piece) -> Value | None:
    slots = match(
        "[the] (number of|how many|count of|total number of) [of] [the|these|those|such|found] "
        "[{noun:word}] [there] [are|were|is] [there] [in all|altogether|in total|of them|of those]",
        piece,
    )
    if slots is not None:
        noun = slots["noun"][0].text.casefold() if "noun" in slots else ""
        return Tally("" if noun in ("them", "those", "these", "there", "such") else noun)
    if match("(their|its) (number|count)", piece) is not None:
        return Tally()
    return None


def _any(place: Mention) -> bool:
    """`the server`: none that is named."""
    return len(place.names) > 1 and not place.many


def _best(piece: Piece) -> Value | None:
    for said, order in ((_MOST, "desc"), (_LEAST, "asc")):
        for pattern in (
            f"[the] name of {_ONE} {_WITH} [the] {said} {{x:words}}",
            f"[the] name of {_ONE} {_WITH} [the] {said}",
            f"(which|what) {_KINDS} has [the] {said} [{{x:words}}]",
            f"(which of them|which one|which) has [the] {said} [{{x:words}}]",
            f"{_ONE} {_WITH} [the] {said} [{{x:words}}]",
        ):
            slots = match(pattern, piece)
            if slots is not None and ("d" not in slots or _any(mention(slots, "d", piece))):
                return Best(order, tuple(token.text.casefold() for token in slots.get("x", ())))
    return None
