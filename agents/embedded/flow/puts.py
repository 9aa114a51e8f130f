"""What goes into a file, with what is said about the file: its columns, its order, a file beside another one.

`write the three counts to a.csv on desk (server, errors), the most errors first`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from agents.embedded.flow.builder import Builder, Thing
from agents.embedded.flow.deliver import put
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.line import SEPARATORS, elements, part
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.phrases import thing
from agents.embedded.flow.places import targets
from agents.embedded.flow.rows import merged
from agents.embedded.flow.sums import beside
from agents.embedded.flow.things import Before, Entry, Files, Made, Pages, Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_PUT: Final = (
    "(write|put|save|store|keep|list|collect|record|note|note down|log|leave|file|i want|i need|we need|i'd like|"
    "give me|make|create|export|gather|have|get|place|document|add)"
)
_PASSIVE: Final = (
    "((should|must|shall|has to|have to|is to|are to) (be (put|copied|sent|saved|kept|stored|written|placed|recorded|"
    "listed|collected|noted|exported|merged|gathered|combined) [down]|go|end up|be)|goes|go|belongs|belong|is written|"
    "are written)"
)
_COLUMNS: Final = (
    "{head:any} [,|:] (with|having|in|using) [the] [two|three|four] (columns|column|headings) {cols:any}",
    "{head:any} , (columns|column) {cols:any}",
    "{head:any} : (columns|column) {cols:any}",
    "{head:any} [,] {o:opened} [with] [the] [two|three] [columns|column] {cols:any} {c:closed}",
)
_ORDERS: Final = (
    "[with] [the] {adj:word} [{noun:plain}] (first|on top|at the top)",
    "[with] [the] {adj:word} (at the top|on top) ",
    "(sorted|ordered|sort it|sort them|sorted it) by [the] [column] {noun:plain}",
    "(sorted|ordered|sort it|sort them) by [the] [column] {noun:plain} [,|and] [with|from] [the] {adj:word} "
    "(first|on top|down)",
    "(sorted|ordered) by [the] [column] {noun:plain} , (ascending|descending)",
)
_ROW: Final = "(one|a) (row|line) (per|for each|for every|for) {unit:word}"
_MOST: Final = words("highest largest biggest most greatest longest dearest newest latest top fullest hottest warmest")
_LEAST: Final = words("lowest smallest least fewest shortest cheapest oldest earliest coldest coolest")
_TABLES: Final = {"csv": "csv.write", "xlsx": "xlsx.write"}
_BESIDE: Final = "(beside|next to|alongside) (it|that|them|this|the {noun:word})"
Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Spec:
    """What is said about a table: its columns, the column that it is sorted by (empty: the second) and how."""

    columns: tuple[str, ...] = ()
    by: str = ""
    order: Order | None = None


@dataclass(frozen=True)
class Puts(Part):
    """A thing in files; `near`: in the folder of the file that was made last."""

    thing: Thing
    goals: tuple[Target, ...]
    spec: Spec
    near: bool = False

    limits = True

    def build(self, to: Builder) -> None:
        goals = self.goals
        if self.near:
            goals = tuple(replace(goal, path=beside(to, goal.path or "")) for goal in goals)
        made = to.realised(self.thing)
        if self.spec == Spec() and not (made.kind in ("records", "lines") or _tabular(goals, made)):
            if made.kind == "number" and len(made.entries) > 1 and len(goals) == 1:
                raise decline("several values go into a table")
            for goal in goals:
                put(to, made, made.entries, goal)
            return
        if made.kind == "lines":
            items = merged(to, made)
            for goal in goals:
                for name in to.goals(goal):
                    _lines(to, items, goal, name)
            return
        for goal in goals:
            for name in to.goals(goal):
                _table(to, made, self.spec, goal, name)


def _tabular(goals: tuple[Target, ...], made: Made) -> bool:
    return made.kind in ("number", "status") and any((goal.path or "").endswith((".csv", ".xlsx")) for goal in goals)


def _lines(to: Builder, items: Json, goal: Target, name: str) -> None:
    if goal.path is None or goal.path.endswith(("/", ".csv", ".xlsx", ".json", ".png")):
        raise decline("it is not said into which file the lines go")
    step = to.step("write", "file.write", {"path": goal.path, "text": f"{items}\n"}, name)
    nouns = frozenset({"it", "file", "lines", "list"})
    to.made.append(Made("file", (Entry(name, name, step, goal.path),), nouns))


def _table(to: Builder, made: Made, spec: Spec, goal: Target, name: str) -> None:
    path = goal.path or ""
    ending = path.rpartition(".")[2].casefold()
    if ending not in _TABLES:
        raise decline("it is not said into which table it goes", [path])
    if made.kind in ("number", "status", "text"):
        if len(spec.columns) != 2 or (made.kind == "text" and not made.nouns & {"hash", "hashes", "checksums"}):
            raise decline("it is not said which columns the table has", [path])
        first, second = spec.columns
        check_columns(made, first, second)
        items: Json = [{first: entry.label, second: entry.value} for entry in made.entries]
        by = spec.by or second
    elif made.kind == "records":
        if made.columns and not set(spec.columns) <= set(made.columns):
            raise decline("the table has other columns", spec.columns)
        items, by = merged(to, made), spec.by
    else:
        raise decline("this is no table")
    if spec.columns and by and by not in spec.columns:
        raise decline(f"it is not clear what it should be sorted by: {by}", [by])
    if spec.order is not None:
        if not by:
            raise decline("it is not clear what it should be sorted by")
        step = to.anywhere("sort", "data.rank", {"items": items, "by": by, "order": spec.order, "keep_empty": True})
        items = f"${{{step}.output.items}}"
    arguments: JsonObject = {"path": path, "items": items}
    if spec.columns:
        arguments["columns"] = [*spec.columns]
    step = to.step("table", _TABLES[ending], arguments, name)
    nouns = frozenset({"table", "list", "it", "file"})
    columns = spec.columns or made.columns
    to.made.append(Made("file", (Entry(name, name, step, path),), nouns, columns=columns))


def puts(piece: Piece) -> Part | None:
    """A clause that puts a thing into files, from its first word to its last."""
    passive = match(f"{{what:any}} {_PASSIVE} {{goal:any}}", piece)
    head = passive or match(f"{_PUT} {{rest:any}}", piece)
    if head is None and not _goes_on(piece):
        return None
    body = Piece(piece.line, head["rest"]) if head is not None and passive is None else piece
    if passive is not None:
        body = Piece(piece.line, (*passive["what"], *passive["goal"]))
    found = _spec(body)
    if found is None:
        return None
    body, spec = found
    near = False
    slots = match(f"{{rest:any}} [,] {_BESIDE}", body)
    if slots is not None:
        if "noun" in slots and slots["noun"][0].text.casefold() not in _FILES:
            return None
        body, near = Piece(body.line, slots["rest"]), True
    ways = [way for way in _ways(body) if not (head is None and isinstance(way[0], (Files, Pages)))]
    if len(ways) > 1:
        back = [way for way in ways if isinstance(way[0], Before)]
        ways = back if len(back) == 1 else ways
    if len(ways) != 1:
        return None
    what, goals = ways[0]
    if isinstance(what, (Files, Pages)) and spec == Spec() and not near:
        return None
    return Puts(what, goals, spec, near)


_FILES: Final = words("table file workbook chart list sheet report csv picture")


def _goes_on(piece: Piece) -> bool:
    """Whether the piece goes on with the verb of the clause before: `..., the second to b.txt on gamma`."""
    ahead = [token for token in piece.line.tokens if token.start < piece.tokens[0].start]
    return bool(ahead) and ahead[-1].text.casefold() in SEPARATORS


def _ways(body: Piece) -> list[tuple[Thing, tuple[Target, ...]]]:
    """Each way to read the piece as a thing and where it goes, in either order."""
    found: dict[tuple[Thing, tuple[Target, ...]], None] = {}
    for cut in range(1, len(body.tokens)):
        left, right = _trimmed(part(body, 0, cut)), _trimmed(part(body, cut, len(body.tokens)))
        if not left.tokens or not right.tokens:
            continue
        goals = targets(right)
        if goals is not None and any(goal.path for goal in goals):
            what = thing(left)
            if what is not None:
                found[(what, goals)] = None
        goals = targets(left)
        if goals is not None and any(goal.path for goal in goals):
            what = thing(right)
            if what is not None:
                found[(what, goals)] = None
    return list(found)


def _spec(body: Piece) -> tuple[Piece, Spec] | None:
    """The piece without what is said about the table, and that; None where it cannot be read."""
    spec = Spec()
    for _ in range(3):
        cut = _tail(body)
        if cut is not None and spec.order is None:
            body, by, order = cut
            spec = replace(spec, by=by, order=order)
            continue
        slots = match(f"{{head:any}} [,] {_ROW}", body)
        if slots is not None:
            body = Piece(body.line, slots["head"])
            continue
        found = next((one for pattern in _COLUMNS if (one := match(pattern, body)) is not None), None)
        if found is not None and not spec.columns:
            names = _names(Piece(body.line, found["cols"]))
            if names is None:
                return (body, spec)
            spec = replace(spec, columns=names)
            body = Piece(body.line, found["head"])
    if spec.order is not None and not spec.by and len(spec.columns) not in (0, 2):
        return None
    return body, spec


def _tail(body: Piece) -> tuple[Piece, str, Order] | None:
    """`..., the most errors first`: the piece before it, the column (empty: that of the values) and the order."""
    for at in range(len(body.tokens) - 1, 0, -1):
        if body.tokens[at].text not in (",", "and") and body.tokens[at].text.casefold() not in ("sorted", "ordered"):
            continue
        begin = at + (body.tokens[at].text in (",", "and"))
        rest = part(body, begin, len(body.tokens))
        for pattern in _ORDERS:
            slots = match(pattern, rest)
            if slots is None:
                continue
            adjective = slots["adj"][0].text.casefold() if "adj" in slots else ""
            noun = str(slots["noun"][0].value or slots["noun"][0].text) if "noun" in slots else ""
            down = adjective in _MOST or "descending" in rest.said.split()
            if adjective and adjective not in _MOST | _LEAST:
                return None
            return part(body, 0, at), noun, "desc" if down else "asc"
    return None


def _names(piece: Piece) -> tuple[str, ...] | None:
    found = []
    for one in elements(piece):
        if len(one.tokens) != 1 or one.tokens[0].kind not in (Kind.WORD, Kind.QUOTED, Kind.DEVICE):
            return None
        token = one.tokens[0]
        if token.kind is Kind.DEVICE and piece.line.mentions[int(token.value or 0)].names:
            return None
        found.append(str(token.value if token.kind is Kind.QUOTED else token.text))
    return tuple(found) if found and len(set(found)) == len(found) else None


def _trimmed(piece: Piece) -> Piece:
    begin, end = 0, len(piece.tokens)
    while begin < end and piece.tokens[begin].text.casefold() in SEPARATORS:
        begin += 1
    while end > begin and piece.tokens[end - 1].text.casefold() in SEPARATORS:
        end -= 1
    return part(piece, begin, end)


__all__ = ["Puts", "Spec", "literal", "mention", "puts"]
