"""Folders that are compared: how many files they hold, which of the devices has the largest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from protocol.vocabulary import Json

_MOST: Final = (
    "(takes [up] the most space|takes [up] most space|is [the] (biggest|largest|fullest)|uses the most space)"
)
_LEAST: Final = "(takes [up] the least space|is [the] smallest|uses the least space)"
_FOLDER: Final = "(folder|directory)"
_KINDS: Final = "(server|machine|device|host|one|computer)"
_NUMBERS: Final = frozenset({"numbers", "number", "counts", "count", "them", "files"})


@dataclass(frozen=True)
class Largest(Part):
    """Which of several devices has the largest (`desc`) or smallest folder of a name."""

    folder: str
    place: Mention
    order: Literal["asc", "desc"]

    def build(self, to: Builder) -> None:
        names = self.place.names
        if len(names) < 2:
            raise decline("there is nothing to compare", [self.place.text])
        items: list[Json] = []
        for name in names:
            step = to.step("usage", "file.usage", {"path": self.folder}, name)
            items.append({"device": name, "bytes": f"${{{step}.output.bytes}}"})
        rank = to.anywhere("rank", "data.rank", {"items": items, "by": "bytes", "order": self.order})
        to.answers.append(rank)
        nouns = frozenset({"name", "server", "machine", "device", "host"})
        to.made.append(Made("text", (Entry("name", "", rank, f"${{{rank}.output.best.device}}"),), nouns))


@dataclass(frozen=True)
class Files(Part):
    """How many files there are below a folder of each device."""

    folder: str
    place: Mention

    def build(self, to: Builder) -> None:
        if len(self.place.names) > 1 and not self.place.many:
            raise decline(f"it is not said which device is meant by {self.place.text}", [self.place.text])
        entries = []
        for name in self.place.names:
            step = to.step("count", "file.usage", {"path": self.folder, "limit": 1}, name)
            to.asked.append(step)
            entries.append(Entry(name, name, step, f"${{{step}.output.files}}"))
        to.made.append(Made("number", tuple(entries), _NUMBERS))


class Together(Part):
    """The sum of the numbers before."""

    def build(self, to: Builder) -> None:
        made = next((one for one in reversed(to.made) if one.kind == "number" and len(one.entries) > 1), None)
        if made is None:
            raise decline("it is not clear what should be added up")
        items: list[Json] = [entry.value for entry in made.entries]
        step = to.anywhere("together", "data.stats", {"items": items})
        to.asked.append(step)
        nouns = frozenset({"sum", "total", "it", "that"})
        to.made.append(Made("number", (Entry("together", "", step, f"${{{step}.output.sum}}"),), nouns))


@dataclass(frozen=True)
class Answers(Part):
    """The person wants to be told what was found, which every run does: `of` numbers, where that is said."""

    of: int | None

    limits = True

    def build(self, to: Builder) -> None:
        found = sum(len(made.entries) for made in to.made if made.kind == "number")
        if not to.asked or (self.of is not None and self.of != found):
            raise decline("it is not clear what should be told")


@dataclass(frozen=True)
class Named(Part):
    """The name of the device that was found, in a file."""

    goals: tuple[Target, ...]

    limits = True

    def build(self, to: Builder) -> None:
        made = next((one for one in reversed(to.made) if "name" in one.nouns and one.kind == "text"), None)
        if made is None or any(goal.path is None for goal in self.goals):
            raise decline("it is not clear whose name is meant", ["name"])
        for goal in self.goals:
            put(to, made, made.entries, goal)


def sizes(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    for compared, order in ((_MOST, "desc"), (_LEAST, "asc")):
        slots = match(f"which of {{d:device}} has the {{f:name}} {_FOLDER} that {compared}", piece) or match(
            f"on which of {{d:device}} [is|does] the [{_FOLDER}] {{f:name}} [{_FOLDER}] {compared}", piece
        )
        if slots is not None:
            return Largest(literal(slots, "f"), mention(slots, "d", piece), order)  # type: ignore[arg-type]
    for adjective, order in (("(largest|biggest|fullest)", "desc"), ("smallest", "asc")):
        slots = match(f"which of {{d:device}} has the {adjective} [{_FOLDER}] {{f:name}} [{_FOLDER}]", piece)
        if slots is not None:
            return Largest(literal(slots, "f"), mention(slots, "d", piece), order)  # type: ignore[arg-type]
    return _counted(piece) or _named(piece)


def _counted(piece: Piece) -> Part | None:
    for pattern in (
        f"how many files are [there] (below|under|in|inside) [the] [{_FOLDER}] {{f:name}} "
        f"[{_FOLDER}] (on|of) {{d:device}}",
        f"count the files (below|under|in|inside) [the] [{_FOLDER}] {{f:name}} [{_FOLDER}] (on|of) {{d:device}}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Files(literal(slots, "f"), mention(slots, "d", piece))
    if match("how (many|much) (are|is) (that|they|these|it) [together|in total|altogether|in all]", piece) is not None:
        return Together()
    if match("(what is|what's) the (total|sum) [of them|of all]", piece) is not None:
        return Together()
    slots = match("[just|simply|only] (tell|give) me the [{n:number}] (numbers|counts|results|figures)", piece)
    if slots is not None:
        number = slots["n"][0].value if "n" in slots else None
        return Answers(number if isinstance(number, int) else None)
    return None


def _named(piece: Piece) -> Part | None:
    slots = match(
        f"(write|put|save|store) the name of ({{k:device}}|(that|this|the) {_KINDS}) [, and nothing "
        f"else ,] {{goal:any}}",
        piece,
    )
    if slots is None:
        return None
    goals = targets(Piece(piece.line, slots["goal"]))
    return Named(goals) if goals is not None else None
