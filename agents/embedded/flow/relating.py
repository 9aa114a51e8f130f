"""Values per group of a table's rows, rows that fit a condition, tables joined on a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relation import (
    DATABASES,
    NOUNS,
    PLAIN,
    checked,
    column,
    ending,
    known_columns,
    read,
    said,
    sources,
    table_of,
)
from agents.embedded.flow.things import ROWS, Entry, FileAt, Files, Made, Relation
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Measure = Literal["count", "sum", "mean", "median", "minimum", "maximum"]
MEASURES: Final[dict[str, Measure]] = {
    "sum": "sum", "sums": "sum", "total": "sum", "totals": "sum",
    "average": "mean", "averages": "mean", "mean": "mean", "means": "mean",
    "median": "median", "medians": "median",
    "maximum": "maximum", "highest": "maximum", "largest": "maximum", "greatest": "maximum", "biggest": "maximum",
    "minimum": "minimum", "lowest": "minimum", "smallest": "minimum",
}  # fmt: skip
_SQL: Final[dict[Measure, str]] = {
    "count": "COUNT", "sum": "SUM", "mean": "AVG", "minimum": "MIN", "maximum": "MAX",
}  # fmt: skip
# What is computed of the values of several tables' groups.
_AGAIN: Final[dict[Measure, Measure]] = {"count": "sum", "sum": "sum", "minimum": "minimum", "maximum": "maximum"}
_PER: Final = "(per|by|for each|for every|of each|of every|grouped by|in each|in every)"
_COMPUTE: Final = "(compute|calculate|work out|determine|find|find out|get|take|build|make)"
_UNIT: Final = "(tables|files|servers|machines|devices|sources|sites|of them|databases|lists|copies)"
_SCOPE: Final = (
    f"(over|across|of|from|for) (all|both|the) [of] [the] [{{n:number}}] [{_UNIT}]",
    f"(over|across|from|of) all [of] [the] [{{n:number}}] {_UNIT} [together]",
    "[all] together", "all of them together", "altogether",
)  # fmt: skip
_OPS: Final[tuple[tuple[str, str], ...]] = (
    ("(above|over|more than|greater than|higher than|larger than|exceeding)", ">"),
    ("(below|under|less than|lower than|smaller than|fewer than)", "<"),
    ("(at least|no less than)", ">="),
    ("(at most|no more than)", "<="),
    ("[exactly|equal to]", "=="),
)
_ROWS: Final = "(rows|records|lines|entries|ones|those|everybody|everyone|people|{kind:plain})"
_NO_VALUES: Final = words(
    "not above below over under empty missing null unknown in at more less no the a an one of from"
)
Where = tuple[str, str, Json]


@dataclass(frozen=True)
class Groups(Part):
    """`measure` of a column for each value of another one; without `files`, of the tables that were named last."""

    measure: Measure
    of: str
    by: str
    explicit: bool = False
    files: Files | None = None
    number: int | None = None
    limit: int | None = None
    place: Mention | None = None
    over: Mention | None = None
    """The devices that the tables are said to be on."""

    limits = True

    def build(self, to: Builder) -> None:
        if self.files is not None:
            to.realised(self.files)
        joined = to.relation if to.relation is not None and to.relation.step == "join" else None
        entries = (Entry("", joined.device, None, str(joined.items)),) if joined else sources(to, self.number)
        if self.over is not None and set(self.over.names) != {one.device for one in entries}:
            raise decline(f"it is not clear which tables of {self.over.text} are meant", [self.over.text])
        known = joined.columns if joined else known_columns(to, entries)
        by = column(self.by, known)
        of = column(self.of, known, exact=self.explicit) if self.of else ""
        name = of or "count"
        if name == by:
            raise decline("what is computed for each is another column", [by])
        grouped = self._each(to, entries, by, of, name)
        items: Json = f"${{{grouped}.output.items}}"
        guessed = not known and of != self.of and "of" in to.draft.steps[grouped].arguments and len(entries) == 1
        to.relation = Relation(items, (by, name), name, grouped, origin=str(items), guessed=guessed)
        place = to.draft.steps[grouped].devices.names
        entry = Entry("table", self._place() or (place[0] if place else ""), None, str(items))
        to.made.append(Made("records", (entry,), NOUNS, about=name))

    def _each(self, to: Builder, entries: tuple[Entry, ...], by: str, of: str, name: str) -> str:
        asked: JsonObject = {"by": [by], "measure": self.measure, "name": name, **({"of": of} if of else {})}
        more: JsonObject = {"order": "desc", "limit": self.limit} if self.limit else {}
        if len(entries) == 1 and ending(entries[0].value) in PLAIN:
            [one] = entries
            return to.step("group", "table.group", {"path": one.value, **asked, **more}, one.device, one.step)
        if self.measure not in _AGAIN:  # a mean of means is not the mean
            rows: list[Json] = [read(to, one) for one in entries]
            return to.somewhere("group", "data.group", {"items": rows, **asked, **more}, self._place())
        parts: list[Json] = [_part(to, one, self.measure, by, of, name, asked) for one in entries]
        again: JsonObject = {"by": [by], "measure": _AGAIN[self.measure], "of": name, "name": name, **more}
        if len(parts) == 1:
            return to.step("group", "data.group", {"items": parts, **again}, entries[0].device)
        return to.somewhere("group", "data.group", {"items": parts, **again}, self._place())

    def _place(self) -> str:
        if self.place is not None and len(self.place.names) != 1:
            raise decline(f"it is not said which device is meant by {self.place.text}", [self.place.text])
        return self.place.names[0] if self.place is not None else ""


def _part(to: Builder, entry: Entry, measure: Measure, by: str, of: str, name: str, asked: JsonObject) -> str:
    """The groups of one table, where it is."""
    kind = ending(entry.value)
    if kind in PLAIN:
        step = to.step("group", "table.group", {"path": entry.value, **asked}, entry.device, entry.step)
    elif kind in DATABASES:
        table = checked(to, entry, by, *([of] if of else []))
        sql = f"SELECT {by}, {_SQL[measure]}({of or '*'}) AS {name} FROM {table} GROUP BY {by}"
        query: JsonObject = {"database": f"sqlite:{entry.value}", "statement": sql, "max_rows": ROWS}
        return f"${{{to.step('group', 'sql.query', query, entry.device, entry.step)}.output.rows}}"
    else:
        step = to.step("group", "data.group", {"items": read(to, entry), **asked}, entry.device)
    return f"${{{step}.output.items}}"


@dataclass(frozen=True)
class Rows(Part):
    """The rows of the tables that fit all conditions; of several tables together."""

    where: tuple[Where, ...]
    files: Files | None = None
    number: int | None = None

    limits = True

    def build(self, to: Builder) -> None:
        if self.files is not None:
            to.realised(self.files)
        entries = sources(to, self.number)
        known = known_columns(to, entries)
        where = tuple((column(name, known, exact=True), op, value) for name, op, value in self.where)
        items: list[Json] = [read(to, one, where) for one in entries]
        value: Json = items[0]
        if len(items) > 1:
            value = f"${{{to.anywhere('merge', 'data.merge', {'items': items})}.output.items}}"
        to.relation = Relation(value, known, origin=str(value))
        device = entries[0].device if len(entries) == 1 else ""
        to.made.append(Made("records", (Entry("table", device, None, str(value)),), NOUNS | {"ones"}))


@dataclass(frozen=True)
class Joins(Part):
    """Two tables as one: each row of the first with that of the second whose key it has."""

    keys: tuple[str, str]
    files: tuple[FileAt, ...] = ()
    place: Mention | None = None

    def build(self, to: Builder) -> None:
        if self.files:
            to.realised(Files(self.files))
        left, right = self._sides(to)
        keys = self._keys(to, left, right)
        known = (*table_of(to, left).columns, *table_of(to, right).columns)
        place = self.place or to.workplace
        name = left.device if place is None else place.names[0]
        if place is not None and len(place.names) != 1:
            raise decline("it is not said on which machine the tables are joined")
        if any(ending(one.value) not in PLAIN for one in (left, right)):
            raise decline("tables are joined that are CSV or JSON files")
        paths = [self._there(to, one, name) for one in (left, right)]
        stem = "-".join(one.value.rpartition("/")[2].rpartition(".")[0] for one in (left, right))
        path = f"join/{stem}.csv"
        arguments: JsonObject = {
            "left": paths[0][0],
            "right": paths[1][0],
            "on": keys[0],
            "right_on": keys[1],
            "path": path,
        }
        step = to.step("join", "table.join", arguments, name, paths[0][1])
        if paths[1][1] is not None:
            to.after(step, paths[1][1])
        columns = tuple(one for one in known if one != keys[1] or one in table_of(to, left).columns)
        both = table_of(to, left).columns and table_of(to, right).columns
        found = Entry(name, name, step, path)
        to.tables[(name, path)] = type(table_of(to, left))("", tuple(dict.fromkeys(columns)) if both else ())
        to.made.append(Made("file", (found,), frozenset({"table", "it", "file", "rows", "result"})))
        to.relation = None

    def _sides(self, to: Builder) -> tuple[Entry, Entry]:
        entries = sources(to, 2)
        return entries[0], entries[1]

    def _keys(self, to: Builder, left: Entry, right: Entry) -> tuple[str, str]:
        """The key of the left table and that of the right one."""
        one, two = self.keys
        known = table_of(to, left).columns, table_of(to, right).columns
        if known[0] and known[1]:
            fits = [(a, b) for a, b in ((one, two), (two, one)) if a in known[0] and b in known[1]]
            if not fits:
                raise decline("it is not clear on which columns the tables are joined", [one])
            return fits[0]
        return one, two

    def _there(self, to: Builder, entry: Entry, name: str) -> tuple[str, str | None]:
        if entry.device == name:
            return entry.value, entry.step
        path = f"join/{entry.value.rpartition('/')[2]}"
        shared = to.step("share", "artifact.publish", {"path": entry.value}, entry.device, entry.step, once=True)
        saved: JsonObject = {"path": path, "artifact": f"${{{shared}.output.artifact}}"}
        return path, to.step("bring", "artifact.save", saved, name)


@dataclass(frozen=True)
class Workplace(Part):
    """Where tables are joined and added up."""

    place: Mention

    def foresee(self, to: Builder) -> None:
        to.workplace = self.place

    def build(self, to: Builder) -> None:
        if len(self.place.names) != 1 or not any(step.skill == "table.join" for step in to.draft.steps.values()):
            raise decline("it is not clear what should be done there")


def relating(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    slots = match("(do|make|run|perform) (the|this|that) (join|joining|merge|work|computing) on {d:device}", piece)
    if slots is not None:
        return Workplace(mention(slots, "d", piece))
    slots = match("on {d:device} [,] {rest:any}", piece)
    if slots is not None:
        found = grouping(Piece(piece.line, slots["rest"]))
        return replace(found, place=mention(slots, "d", piece)) if isinstance(found, Groups) else None
    return _joins(piece) or grouping(piece)


def grouping(piece: Piece) -> Part | None:
    for pattern in (
        f"(sum|add|total) [up] [the] [(column|values of|values in|numbers in|field|everything in)] {{c:plain}} "
        f"[up] {_PER} [the] {{b:plain}} [{{rest:any}}]",
        f"(sum|add|total) [up] [the] [(column|field)] {{c:plain}} [up] {{rest:any}} {_PER} [the] {{b:plain}}",
    ):
        slots = match(pattern, piece)
        found = _groups("sum", slots, piece) if slots is not None else None
        if found is not None:
            return found
    slots = match(f"{_COMPUTE} {{what:any}}", piece)
    return summary(Piece(piece.line, slots["what"])) if slots is not None else _counting(piece)


def _counting(piece: Piece) -> Part | None:
    rows_ = "(rows|records|entries|{what:plain})"
    for pattern in (
        f"count [up] [all] (the|their|how many) {rows_} [there are] {_PER} [the] {{b:plain}} [{{rest:any}}]",
        f"count [up] [all] [the] {rows_} {{rest:any}} {_PER} [the] {{b:plain}}",
        f"how many {rows_} [there are] {_PER} [the] {{b:plain}} [{{rest:any}}]",
    ):
        slots = match(pattern, piece)
        found = _groups("count", slots, piece) if slots is not None else None
        if found is not None:
            return found
    return None


def summary(piece: Piece) -> Part | None:
    """`the sum of amount per region`, `the average price by category of a.csv on alpha`."""
    for pattern in (
        f"[the] {{m:plain}} (of|in) [the] [column|values in|values of] {{c:plain}} {_PER} [the] {{b:plain}} "
        f"[{{rest:any}}]",
        f"[the] {{m:plain}} {{c:plain}} {_PER} [the] {{b:plain}} [{{rest:any}}]",
        f"[the] {{m:plain}} (of|in) [the] [column] {{c:plain}} (of|in|from) {{rest:any}} {_PER} [the] {{b:plain}}",
    ):
        slots = match(pattern, piece)
        measure = MEASURES.get(slots["m"][0].text.casefold()) if slots is not None else None
        found = _groups(measure, slots, piece) if slots is not None and measure is not None else None
        if found is not None:
            return found
    slots = match(
        f"[the] number of (rows|records|entries|{{what:plain}}) {_PER} [the] {{b:plain}} [{{rest:any}}]", piece
    )
    return _groups("count", slots, piece) if slots is not None else None


def _groups(measure: Measure, slots: dict, piece: Piece) -> Groups | None:  # type: ignore[type-arg]
    rest = Piece(piece.line, slots.get("rest", ()))
    number: int | None = None
    of_files: Files | None = None
    if rest.tokens:
        scoped = next((hit for pattern in _SCOPE if (hit := match(pattern, rest)) is not None), None)
        from_ = match("(of|in|from|over|across) {files:any}", rest)
        devices = match("(over|across|from|on|of) [all] {d:device}", rest)
        if scoped is not None:
            said_ = scoped["n"][0].value if "n" in scoped else None
            number = said_ if isinstance(said_, int) else None
        elif devices is None:
            of_files = files(Piece(piece.line, from_["files"])) if from_ is not None else None
            if of_files is None or any(one.folder for one in of_files.files):
                return None
    of = said(slots["c"][0]) if "c" in slots else ""
    by = said(slots["b"][0])
    if any(one.casefold() in _NO_VALUES for one in (of, by)) or by.casefold() in (
        "device",
        "server",
        "machine",
        "host",
    ):
        return None
    explicit = "column" in [token.text.casefold() for token in piece.tokens] or (
        "c" in slots and slots["c"][0].kind is Kind.QUOTED
    )
    over = mention(devices, "d", piece) if rest.tokens and scoped is None and devices is not None else None
    return Groups(measure, of, by, explicit, of_files, number, over=over)


def _joins(piece: Piece) -> Part | None:
    for pattern in (
        "(join|match|combine|link|merge) {a:file} (from|on|of) {d:device} (with|and|to) {b:file} (from|on|of) "
        "{e:device} [on] {keys:any}",
        "(join|match|combine|link|merge) {a:file} and {b:file} [on {w:device}] [on] {keys:any}",
        "(join|match|link) (them|both|the two|the tables|these) [on {w:device}] [on] {keys:any}",
        "[i|we] (want|need|would like) (them|both|the two|the tables) joined [on {w:device}] [on] {keys:any}",
    ):
        slots = match(pattern, piece)
        keys = _keys(Piece(piece.line, slots["keys"])) if slots is not None else None
        if slots is None or keys is None:
            continue
        place = mention(slots, "w", piece) if "w" in slots else None
        if "d" in slots:
            one, two = (
                FileAt(literal(slots, "a"), mention(slots, "d", piece)),
                FileAt(literal(slots, "b"), mention(slots, "e", piece)),
            )
            return Joins(keys, (one, two), place)
        return Joins(keys, (), place) if "a" not in slots else None
    return None


def _keys(piece: Piece) -> tuple[str, str] | None:
    """`the customer id ( customer in the orders , id in the customers )`, `id`, `a = b`."""
    for pattern in (
        "[on|by|over] [the] {about:words} {o:opened} {a:plain} in [the] {x:plain} , {b:plain} in [the] {y:plain} "
        "{c:closed}",
        "[on|by|over] {a:plain} in [the] {x:plain} (and|=|equals|to) {b:plain} in [the] {y:plain}",
        "{o:opened} [the] {a:plain} is the {b:plain} of (the|a) {x:plain} {c:closed}",
        "where [the] {a:plain} (is|equals) [the] {b:plain} [of (the|a) {x:plain}]",
        "[on|by|over] [the] [column|key|field] {a:plain}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            one = said(slots["a"][0])
            return one, said(slots["b"][0]) if "b" in slots else one
    return None


def conditions(piece: Piece) -> tuple[Where, ...] | None:
    """`amount is above 500`, `an amount of 5000 or more`, `country is Portugal`: what the rows must have."""
    for more, op in (("(more|above|over|higher|up|greater)", ">="), ("(less|fewer|below|under|lower)", "<=")):
        slots = match(f"[the|a|an] {{c:plain}} [is|of] {{n:number}} (or|and) {more}", piece)
        if slots is not None and "n" in slots:
            return _where(slots, op)
    for compared, op in _OPS:
        slots = match(f"[the|a|an] {{c:plain}} [(is|are|of|was)] {compared} {{n:number}}", piece)
        if slots is not None:
            return _where(slots, op)
    for negated, op in (("not", "!="), ("", "==")):
        slots = match(f"[the|a|an] {{c:plain}} (is|are|equals|says) {negated} {{v:plain}}".replace("  ", " "), piece)
        if slots is not None and (slots["v"][0].kind is Kind.QUOTED or slots["v"][0].text.casefold() not in _NO_VALUES):
            return ((said(slots["c"][0]), op, said(slots["v"][0])),)
    return None


def _where(slots: dict, op: str) -> tuple[Where, ...] | None:  # type: ignore[type-arg]
    value = slots["n"][0].value
    return ((said(slots["c"][0]), op, value),) if isinstance(value, (int, float)) else None


_TURNED: Final = {"==": "!=", "!=": "=="}


def rows(piece: Piece, *, dropped: bool = False) -> Rows | None:
    """`all rows with an amount of 5000 or more`, `everybody whose country is Portugal [from a.csv on alpha]`."""
    for pattern in (
        "[all|only] [of] [the|those] (rows|records|lines|entries|articles|ones|those) (whose|where|with|in "
        "which|that have) {w:any}",
        "(everybody|everyone|all people|those|all those) (whose|with|where) {w:any}",
        "[all] [of] [the] (rows|records) [from|of|in] {files:any} (whose|where|with|in which) {w:any}",
    ):
        slots = match(pattern, piece)
        where = conditions(Piece(piece.line, slots["w"])) if slots is not None else None
        if slots is None or not where:
            continue
        found = files(Piece(piece.line, slots["files"])) if "files" in slots else None
        if "files" in slots and (found is None or any(one.folder for one in found.files)):
            continue
        if dropped and any(op not in ("==", "!=") for _, op, _ in where):
            return None  # whether a row goes whose cell is empty would be open
        if dropped:
            where = tuple((name, _TURNED[op], value) for name, op, value in where)
        return Rows(where, found)
    if dropped:
        return None
    slots = match(
        "all [of] [the] [{n:number}] (rows|records|tables|files) [of|from] [all] [of them|the tables|both|the "
        "files|the lists] [together]",
        piece,
    )
    number = slots["n"][0].value if slots is not None and "n" in slots else None
    if slots is None:
        return None
    # `all three tables`: so many there have to be; `all 30 rows` would be another thing.
    return (
        Rows((), None, int(number) if isinstance(number, int) else None)
        if number is None or "tables" in piece.said or "files" in piece.said
        else None
    )
