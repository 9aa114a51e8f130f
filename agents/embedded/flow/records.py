"""Rows of tables: some rows of a database's or a CSV file's table, a table of a web page, several tables as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import ROWS, Entry, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.conditions import AllOf
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

Op = Literal["==", "!=", "<", "<=", ">", ">="]
_OPS: Final[tuple[tuple[str, Op], ...]] = (
    ("(above|over|more than|greater than|higher than|larger than)", ">"),
    ("(below|under|less than|lower than|smaller than|fewer than)", "<"),
    ("at least", ">="),
    ("at most", "<="),
    ("[exactly]", "=="),
)
_SQL: Final[dict[Op, str]] = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TAKE: Final = "(take|get|fetch|select|read|pick|export|extract|find)"
_DATABASES: Final = (".db", ".sqlite", ".sqlite3")
_NOUNS: Final = frozenset({"rows", "them", "table", "it", "result", "those", "list", "records"})
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST: Final = words("highest largest biggest most longest dearest")
_LEAST: Final = words("lowest smallest least shortest cheapest fewest")
_ARTICLES: Final = ("one", "ones", "article", "articles", "item", "items", "product", "products")
_PRICES: Final = words("cheapest dearest")


@dataclass(frozen=True)
class Rows(Part):
    """Rows whose column compares so, of a table of a SQLite file (`table`) or of a CSV file."""

    path: str
    place: Mention
    table: str
    column: str
    op: Op
    value: int | float

    def build(self, to: Builder) -> None:
        if len(self.place.names) != 1 or not _NAME.fullmatch(self.column):
            raise decline("it is not clear which rows are meant", [self.path])
        name = self.place.names[0]
        if self.table:
            value = self._queried(to, name)
        else:
            read = to.step("read", "csv.read", {"path": self.path, "limit": ROWS}, name)
            arguments: JsonObject = {
                "items": f"${{{read}.output.items}}",
                "by": self.column,
                "op": self.op,
                "value": self.value,
            }
            step = to.step("rows", "data.filter", arguments, name, edges=(_complete(read, self.column),))
            value = f"${{{step}.output.items}}"
        to.made.append(Made("records", (Entry(name, name, None, value),), _NOUNS))

    def _queried(self, to: Builder, name: str) -> str:
        if not self.path.endswith(_DATABASES) or not _NAME.fullmatch(self.table):
            raise decline(f"{self.path} is no database that is known here", [self.path])
        sql = f"select * from {self.table} where {self.column} {_SQL[self.op]} {self.value}"
        arguments: JsonObject = {"database": f"sqlite:{self.path}", "statement": sql, "max_rows": ROWS}
        step = to.step("rows", "sql.query", arguments, name)
        return f"${{{step}.output.rows}}"


def _complete(step: str, *columns: str) -> StepDependency:
    """Only where all of the table was read, and it has these columns."""
    known = [{"path": "output.columns", "op": "contains", "value": column} for column in columns]
    whole = AllOf.model_validate({"all": [{"path": "output.truncated", "op": "==", "value": False}, *known]})
    return StepDependency(step=step, on=On.CONDITION, when=whole)


@dataclass(frozen=True)
class Address(Part):
    """A page that later clauses speak of."""

    url: str

    def build(self, to: Builder) -> None:
        to.page = self.url


@dataclass(frozen=True)
class PageTable(Part):
    """The table of a page that has this caption, with the browser of a device."""

    caption: str
    place: Mention
    url: str = ""

    def build(self, to: Builder) -> None:
        url = self.url or to.page
        if not url or len(self.place.names) != 1:
            raise decline("it is not said of which page the table is")
        name = self.place.names[0]
        step = to.step("table", "browser.table", {"url": url, "text": self.caption}, name)
        nouns = _NOUNS | {"one"}
        to.made.append(Made("records", (Entry(name, name, step, f"${{{step}.output.items}}"),), nouns))


@dataclass(frozen=True)
class Combined(Part):
    """The tables that were made before as one CSV file: some of the rows, in an order."""

    number: int | None
    goals: tuple[Target, ...]
    kept: tuple[str, Op, int | float] | None
    order: tuple[str, Literal["asc", "desc"]] | None

    limits = True

    def build(self, to: Builder) -> None:
        files = [made for made in to.made if made.kind == "file" and made.entries[0].value.endswith(".csv")]
        entries = [entry for made in files for entry in made.entries]
        if len(entries) < 2 or (self.number is not None and self.number != len(entries)):
            raise decline("it is not clear which tables should be one")
        reads = [
            to.step("read", "csv.read", {"path": one.value, "limit": ROWS}, one.device, one.step) for one in entries
        ]
        items: Json = [f"${{{read}.output.items}}" for read in reads]
        columns = [one[0] for one in (self.kept, self.order) if one is not None]
        edges = tuple(_complete(read, *columns) for read in reads)
        if self.kept is not None:
            column, op, value = self.kept
            arguments: JsonObject = {"items": items, "by": column, "op": op, "value": value}
            step = to.anywhere("kept", "data.filter", arguments, edges)
            items, edges = f"${{{step}.output.items}}", ()
        if self.order is not None:
            by, direction = self.order
            ranked: JsonObject = {"items": items, "by": by, "order": direction, "keep_empty": True}
            step = to.anywhere("sort", "data.rank", ranked, edges)
            items, edges = f"${{{step}.output.items}}", ()
        if self.kept is None and self.order is None:
            step = to.anywhere("merge", "data.merge", {"items": items}, edges)
            items = f"${{{step}.output.items}}"
        for goal in self.goals:
            for name in to.goals(goal):
                if goal.path is None or not goal.path.endswith(".csv"):
                    raise decline("it is not said into which CSV file the table goes")
                written = to.step("table", "csv.write", {"path": goal.path, "items": items}, name)
                nouns = frozenset({"table", "it", "list"})
                to.made.append(Made("file", (Entry(name, name, written, goal.path),), nouns))


@dataclass(frozen=True)
class Own(Part):
    """Each device downloads a page of its own under one path."""

    path: str
    pairs: tuple[tuple[Mention, str], ...]
    all: Mention

    def build(self, to: Builder) -> None:
        named = [name for place, _ in self.pairs for name in place.names]
        if len(set(named)) != len(self.pairs) or not set(named) <= set(self.all.names):
            raise decline("it is not clear which device downloads what")
        entries = []
        for (place, url), name in zip(self.pairs, named, strict=True):
            del place
            step = to.step("download", "http.download", {"url": url, "path": self.path}, name)
            entries.append(Entry(name, name, step, self.path))
        to.made.append(Made("file", tuple(entries), frozenset({"files", "them", "lists", "tables", "copies"})))


def records(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    if match("with all [the|its|their|of the] columns", piece) is not None:
        return Remark()
    return _rows(piece) or _address(piece) or _captioned(piece) or _combined(piece) or _own(piece)


def _rows(piece: Piece) -> Part | None:
    for compared, op in _OPS:
        for pattern in (
            f"{_TAKE} [all] the (rows|records|lines|entries) of the table {{t:plain}} (in|of) "
            f"{{f:file}} on {{d:device}} "
            f"(whose|where) [the] {{c:plain}} is {compared} {{n:number}}",
            f"{_TAKE} [all] the (rows|records|lines|entries) (of|in|from) {{f:file}} on {{d:device}} "
            f"(whose|where) [the] "
            f"{{c:plain}} is {compared} {{n:number}}",
        ):
            slots = match(pattern, piece)
            if slots is None:
                continue
            value = slots["n"][0].value
            path = literal(slots, "f")
            if not isinstance(value, (int, float)) or ("t" not in slots and not path.endswith(".csv")):
                continue
            table = _plain(slots, "t") if "t" in slots else ""
            return Rows(path, mention(slots, "d", piece), table, _plain(slots, "c"), op, value)
    return None


def _plain(slots: Slots, name: str) -> str:
    token = slots[name][0]
    return str(token.value if token.value is not None else token.text)


def _address(piece: Piece) -> Part | None:
    for pattern in (
        "{u:url} (has|holds|shows|contains) (several|many|some|two|{n:number}|a few) tables",
        "there are (several|many|some|{n:number}|a few) tables (on|at|in) {u:url}",
    ):
        slots = match(pattern, piece)
        if slots is not None and "n" not in slots:
            return Address(literal(slots, "u"))
    return None


def _captioned(piece: Piece) -> Part | None:
    for pattern in (
        f"{_TAKE} the (one|table) [that is] (called|named|titled|headed) {{q:quoted}} (with|in|by) the browser (on|of) "
        "{d:device}",
        f"{_TAKE} the table [that is] (called|named|titled|headed) {{q:quoted}} (of|on|at|from) [the page] {{u:url}} "
        "(with|in|by) the browser (on|of) {d:device}",
        f"{_TAKE} the table {{q:quoted}} (of|on|at|from) [the page] {{u:url}} (with|in|by) the "
        f"browser (on|of) {{d:device}}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            url = literal(slots, "u") if "u" in slots else ""
            return PageTable(literal(slots, "q"), mention(slots, "d", piece), url)
    return None


def _combined(piece: Piece) -> Part | None:
    what = "(the {n:number}|them|all of them|these|those|the tables|the lists)"
    heads = (f"(combine|merge|join) {what} [together]", f"put {what} together")
    tries = (match(f"{head}{more}", piece) for head in heads for more in (" {goal:any} , {more:any}", " {goal:any}"))
    slots = next((one for one in tries if one is not None), None)
    if slots is None:
        return None
    goals = targets(Piece(piece.line, slots["goal"]))
    kept: tuple[str, Op, int | float] | None = None
    order: tuple[str, Literal["asc", "desc"]] | None = None
    for one in elements(Piece(piece.line, slots.get("more", ()))):
        limit, sorting = _limit(one), _order(one)
        if (limit is None) == (sorting is None) or (limit and kept) or (sorting and order):
            return None
        kept, order = kept or limit, order or sorting
    number = slots["n"][0].value if "n" in slots else None
    if goals is None:
        return None
    return Combined(number if isinstance(number, int) else None, goals, kept, order)


def _limit(piece: Piece) -> tuple[str, Op, int | float] | None:
    for compared, op in _OPS:
        slots = match(
            f"[but] only (the|those) {{what:word}} (with|whose|where) [a|the] {{c:plain}} [is] {compared} {{n:number}}",
            piece,
        )
        if slots is not None and isinstance(slots["n"][0].value, (int, float)):
            return _plain(slots, "c"), op, slots["n"][0].value
    return None


def _order(piece: Piece) -> tuple[str, Literal["asc", "desc"]] | None:
    """`the cheapest first`: by price; `the highest revenue first`."""
    slots = match("[with] the {adjective:word} [{noun:plain}] first", piece)
    if slots is None:
        return None
    adjective = slots["adjective"][0].text.casefold()
    noun = _plain(slots, "noun") if "noun" in slots else ""
    by = noun
    if adjective in _PRICES:
        # Only where the request speaks of prices is there a column to go by.
        said = re.search(r"\bprices?\b", piece.line.text.casefold()) is not None
        by = "price" if said and noun in ("", "price", *_ARTICLES) else ""
    if not by or adjective not in _MOST | _LEAST:
        return None
    return by, "desc" if adjective in _MOST else "asc"


def _own(piece: Piece) -> Part | None:
    slots = match(
        "(let|have) {d:device} (fetch|download|get) (its|their) own {what:words} (into|as|to) {f:file} [:] {rest:any}",
        piece,
    )
    if slots is None:
        return None
    pairs = []
    for one in elements(Piece(piece.line, slots["rest"])):
        pair = match("{d:device} from {u:url}", one)
        if pair is None:
            return None
        pairs.append((mention(pair, "d", one), literal(pair, "u")))
    return Own(literal(slots, "f"), tuple(pairs), mention(slots, "d", piece)) if pairs else None
