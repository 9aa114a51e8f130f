"""Tables of what was made before: a row for each device or page, two columns, some of the rows, an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.layout import Layout
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, Made, Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.references import escape
from protocol.vocabulary import Json, JsonObject

_PUT: Final = "(write|put|save|store|keep|list|collect|i want|i need|we need|make|give me|create)"
_THEM: Final = (
    "(them|it|that|the results|the result|the numbers|the values|the list|a table|the table|a list|a file|these|those)"
)
_SOME: Final = "(the|these|those|both|both the|all the|all) {noun:word}"
_ROWS: Final = (
    "(those|the ones|the pages|only those|only the ones) (that|which) (do not|don't) (answer|respond|reply) with "
    "[http] [status] [code] {s:number}"
)
_COLUMNS: Final = "(with|has|having|in) [the] [two] columns {a:plain} and {b:plain}"
_ASIDE: Final = "{x:opened} [with] [the] [two] columns {a:plain} and {b:plain} [, {order:any}] {y:closed}"
_WHERE: Final = "[, where {c:plain} is {meaning:any}]"
_MOST: Final = words("longest highest largest biggest most greatest hottest warmest fullest dearest")
_LEAST: Final = words("shortest lowest smallest least fewest coldest coolest cheapest")
_ANY: Final = words("highest largest biggest most greatest lowest smallest least fewest")
"""What numbers of any kind may be; the others say something of what they are numbers of."""
_BY: Final = {"cheapest": "price", "dearest": "price"}
_ADDRESSES: Final = words("url address page link")
_MEANT: Final = words("the http status code that page answers with each of its it number field value for service")


@dataclass(frozen=True)
class Tabled(Part):
    """The rows as a CSV file. `but`: only rows whose value is not this. `order` is that of the second column."""

    columns: tuple[str, str]
    goals: tuple[Target, ...]
    but: int | None = None
    order: Literal["", "asc", "desc"] = ""
    noun: str = ""

    limits = True

    def build(self, to: Builder) -> None:
        from agents.embedded.flow.saving import saved

        order = Layout(self.columns, self.order, self.columns[1] if self.order else "")
        if self.but is None and saved(to, self.goals, order):
            return
        made = next((one for one in reversed(to.made) if one.kind in ("status", "number") or "hash" in one.nouns), None)
        if made is None or (self.but is not None and made.kind != "status"):
            raise decline("it is not clear what the table should hold")
        if self.noun and self.noun not in made.nouns | {made.about.casefold(), f"{made.about.casefold()}s"}:
            raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])
        first, second = self.columns
        check_columns(made, first, second)
        items: Json = [{first: self._first(to, made, entry), second: entry.value} for entry in made.entries]
        if self.but is not None:
            step = to.anywhere("failing", "data.filter", {"items": items, "by": second, "op": "!=", "value": self.but})
            items = f"${{{step}.output.items}}"
        if self.order:
            step = to.anywhere("sort", "data.rank", {"items": items, "by": second, "order": self.order})
            items = f"${{{step}.output.items}}"
        for goal in self.goals:
            self._write(to, items, goal)

    def _first(self, to: Builder, made: Made, entry: Entry) -> str:
        fetched = entry.step is not None and to.draft.steps[entry.step].skill == "http.fetch"
        if self.columns[0].casefold() in _ADDRESSES and entry.step is not None:
            if not fetched:
                raise decline(f"there is no {self.columns[0]} of {entry.label}", [self.columns[0]])
            return escape(str(to.draft.steps[entry.step].arguments["url"]))
        return escape(entry.label)

    def _write(self, to: Builder, items: Json, goal: Target) -> None:
        for name in to.goals(goal):
            if goal.path is None or not goal.path.endswith(".csv"):
                raise decline("it is not said into which CSV file the table goes")
            arguments: JsonObject = {"path": goal.path, "items": items, "columns": [*self.columns]}
            step = to.step("table", "csv.write", arguments, name)
            to.made.append(Made("file", (Entry(name, name, step, goal.path),), frozenset({"table", "list", "it"})))


def tabled(piece: Piece) -> Part | None:
    """`write them to a.csv on desk, with the columns host and queue, the longest queue first`."""
    for pattern in (
        f"{_PUT} [{_THEM}] {{goal:any}} [,] {_COLUMNS} {_WHERE}",
        f"{_PUT} [{_THEM}] {{goal:any}} [,] {_COLUMNS} {_WHERE} , {{order:any}}",
        f"{_PUT} [{_THEM}] {{goal:any}} {_ASIDE}",
        f"{_PUT} {_SOME} {{goal:any}} [,] {_COLUMNS} {_WHERE}",
        f"{_PUT} {_SOME} {{goal:any}} [,] {_COLUMNS} , {{order:any}}",
        f"{_PUT} {_SOME} {{goal:any}} {_ASIDE}",
        f"{_PUT} {_ROWS} {{goal:any}} [,] {_COLUMNS} {_WHERE}",
        f"on {{d:device}} {_PUT} {{f:file}} {_COLUMNS} {_WHERE}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        if "d" in slots:
            goals: tuple[Target, ...] | None = (Target(literal(slots, "f"), mention(slots, "d", piece)),)
        else:
            goals = targets(Piece(piece.line, slots["goal"])) or _bare(Piece(piece.line, slots["goal"]))
        first, second = (str(slots[one][0].value or slots[one][0].text) for one in ("a", "b"))
        order = _ordered(Piece(piece.line, slots["order"]), second) if "order" in slots else ""
        if goals is None or order is None or not _meant(piece, slots, second):
            continue
        noun = slots["noun"][0].text.casefold() if "noun" in slots else ""
        but = slots["s"][0].value if "s" in slots else None
        return Tabled((first, second), goals, but if isinstance(but, int) else None, order, noun)
    return None


def _bare(piece: Piece) -> tuple[Target, ...] | None:
    slots = match("{f:file} (on|at|onto) {d:device}", piece)
    return (Target(literal(slots, "f"), mention(slots, "d", piece)),) if slots is not None else None


def _meant(piece: Piece, slots: Slots, second: str) -> bool:
    """Whether `where status is the status code that the page answers with` says what the column holds anyway."""
    if "meaning" not in slots:
        return True
    column = slots["c"][0].text
    said = [token.text.casefold() for token in slots["meaning"]]
    return column == second and all(word in _MEANT for word in said) and second in said


def _ordered(piece: Piece, column: str) -> Literal["asc", "desc"] | None:
    """`the longest queue first`: of that column; None where it is of another one."""
    slots = match("[with|sorted with] [the] {adjective:word} [{noun:plain}] first", piece)
    if slots is None:
        return None
    adjective = slots["adjective"][0].text.casefold()
    bare = column.casefold() if adjective in _ANY else _BY.get(adjective)
    noun = slots["noun"][0].text.casefold() if "noun" in slots else bare
    if noun != column.casefold():
        return None
    return "desc" if adjective in _MOST else "asc" if adjective in _LEAST else None
