"""Rows and columns of tables as things: `the rows whose stock is 0`, `how many rows`, `the mean of kwh`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.counting import NUMBER
from agents.embedded.flow.things import ROWS, Entry, Files, Made
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words
from orchestrator.core.conditions import AllOf
from orchestrator.core.plan import StepDependency
from orchestrator.core.references import escape
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

READ: Final = {"csv": "csv.read", "xlsx": "xlsx.read"}
DATABASES: Final = ("db", "sqlite", "sqlite3")
MEASURES: Final = {
    "sum": "sum",
    "total": "sum",
    "average": "average",
    "mean": "average",
    "median": "median",
    "maximum": "maximum",
    "highest": "maximum",
    "largest": "maximum",
    "biggest": "maximum",
    "max": "maximum",
    "greatest": "maximum",
    "minimum": "minimum",
    "lowest": "minimum",
    "smallest": "minimum",
    "min": "minimum",
}
OPS: Final = (
    ("(above|over|more than|greater than|higher than|larger than|bigger than|exceeding|beyond)", ">"),
    ("(below|under|less than|lower than|smaller than|fewer than)", "<"),
    ("(at least|no less than|not less than|not below)", ">="),
    ("(at most|no more than|not more than|not above|up to)", "<="),
    ("(exactly|equal to)", "=="),
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLUMN: Final = "[the|a|an] [column|field|value of] {c:plain} [column]"
_WHOSE: Final = "(whose|where|with|in which|for which|of which|having|that have|that has|which have|that are|which are)"
_IS: Final = "[is|are|was|reads|says|of|has]"
_NO_VALUES: Final = words(
    "above below over under more less at no not empty missing known unknown null higher lower greater larger smaller "
    "between about the a an one ones same different in on from since before after"
)
NOUNS: Final = frozenset({"rows", "records", "entries", "them", "those", "these", "table", "it", "result", "list"})


@dataclass(frozen=True, slots=True)
class Where:
    """Only rows whose column compares so."""

    column: str
    op: str
    value: int | float | str


def where(piece: Piece) -> Where | None:
    """`whose stock is above 0`, `with an amount of 5000 or more`, `whose state is "left"`."""
    for compared, op in OPS:
        for pattern in (
            f"{_WHOSE} {_COLUMN} {_IS} {compared} {{n:number}}",
            f"{_WHOSE} (more|greater|higher) than {{n:number}} [in] {_COLUMN}" if op == ">" else "",
        ):
            slots = match(pattern, piece) if pattern else None
            if slots is not None:
                return _where(slots, op)
    for tail, op in (("or (more|above|higher|over|greater)", ">="), ("or (less|below|lower|fewer|under)", "<=")):
        slots = match(f"{_WHOSE} {_COLUMN} {_IS} {{n:number}} {tail}", piece)
        if slots is not None:
            return _where(slots, op)
    for pattern, op in (
        (f"{_WHOSE} {_COLUMN} (is|are|was) (not|other than) {{n:value}}", "!="),
        (f"{_WHOSE} {_COLUMN} (isn't|is different from|differs from) {{n:value}}", "!="),
        (f"{_WHOSE} {_COLUMN} (is|are|was|reads|says|equals|has the value|=) {{n:value}}", "=="),
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return _where(slots, op)
    return None


def _where(slots: dict[str, tuple], op: str) -> Where | None:  # type: ignore[type-arg]
    column, value = slots["c"][0], slots["n"]
    name = str(column.value if column.value is not None else column.text)
    if len(value) != 1 or (column.kind is not Kind.QUOTED and not _NAME.fullmatch(name)):
        return None
    [token] = value
    if token.kind is Kind.NUMBER and isinstance(token.value, (int, float)) and not token.text.isalpha():
        return Where(name, op, token.value)
    if token.kind is Kind.QUOTED:
        return Where(name, op, str(token.value))
    plain = token.kind is Kind.WORD and token.text.casefold() not in _NO_VALUES
    return Where(name, op, token.text) if plain else None


@dataclass(frozen=True)
class RowsOf(Value):
    """The rows of tables, or only some; without files, of the tables that were named or made last."""

    files: Files | None
    kept: Where | None

    def realised(self, to: Builder) -> Made:
        entries = []
        for entry, step, path, edges in tables(to, self.files, self._columns()):
            value = f"${{{step}.{path}}}"
            if self.kept is not None:
                arguments: JsonObject = {"items": value, "by": self.kept.column, "op": self.kept.op}
                arguments["value"] = escape(self.kept.value) if isinstance(self.kept.value, str) else self.kept.value
                step = to.step("rows", "data.filter", arguments, entry.device, edges=edges)
                value = f"${{{step}.output.items}}"
            entries.append(Entry(entry.label, entry.device, step, value))
        known = _tables_before(to).columns if self.files is None else ()
        return Made("records", tuple(entries), NOUNS, columns=known)

    def _columns(self) -> Sequence[str]:
        return (self.kept.column,) if self.kept is not None else ()


@dataclass(frozen=True)
class RowCount(Value):
    """How many rows tables have, or how many of them compare so."""

    files: Files | None
    kept: Where | None = None

    def realised(self, to: Builder) -> Made:
        rows = RowsOf(self.files, self.kept).realised(to)
        entries = []
        for entry in rows.entries:
            assert entry.step is not None
            to.answers.append(entry.step)
            entries.append(Entry(entry.label, entry.device, entry.step, f"${{{entry.step}.output.count}}"))
        return Made("number", tuple(entries), NUMBER, "rows", about="rows")


@dataclass(frozen=True)
class OfColumn(Value):
    """The sum, the mean and the like of a column of each table. `named`: the word `column` was said."""

    measure: str
    column: str
    files: Files | None
    named: bool = False

    def realised(self, to: Builder) -> Made:
        if self.files is None and not self.named and self.column not in _tables_before(to).columns:
            raise decline(f"no table was named that has a column {self.column}", [self.column])
        entries = []
        for entry, step, path, edges in tables(to, self.files, (self.column,)):
            items: JsonObject = {"items": f"${{{step}.{path}}}", "by": self.column}
            stats = to.step(self.measure, "data.stats", items, entry.device, edges=edges)
            to.answers.append(stats)
            entries.append(Entry(entry.label, entry.device, stats, f"${{{stats}.output.{self.measure}}}"))
        said = {word for word, measure in MEASURES.items() if measure == self.measure}
        more = {f"{word}s" for word in said} | {self.column, "value", "values"}
        return Made("number", tuple(entries), NUMBER | frozenset(said | more), about=self.column)


def tables(
    to: Builder, files: Files | None, columns: Sequence[str]
) -> list[tuple[Entry, str, str, tuple[StepDependency, ...]]]:
    """Each table: where it is, the step that reads it, the path of its rows, and edges that hold where all was read
    and it has the columns. Raises Stop where there are none, or they are of another kind."""
    made = to.realised(files) if files is not None else _tables_before(to)
    found: list[tuple[Entry, str, str, tuple[StepDependency, ...]]] = []
    for entry in made.entries:
        ending = entry.value.rpartition(".")[2].casefold()
        if made.kind == "records":
            if entry.step is None:
                raise decline("it is not clear which table is meant")
            path = entry.value.removeprefix(f"${{{entry.step}.").removesuffix("}")
            found.append((entry, entry.step, path, ()))
        elif ending in READ:
            arguments: JsonObject = {"path": entry.value, "limit": ROWS}
            step = to.step("read", READ[ending], arguments, entry.device, entry.step, once=True)
            found.append((entry, step, "output.items", (_complete(step, columns),)))
        elif ending in DATABASES and _NAME.fullmatch(made.unit):
            query: JsonObject = {
                "database": f"sqlite:{entry.value}",
                "statement": f"select * from {made.unit}",
                "max_rows": ROWS,
            }
            step = to.step("rows", "sql.query", query, entry.device, once=True)
            found.append((entry, step, "output.rows", (_complete(step, columns),)))
        else:
            raise decline(f"{entry.value} is no table that is read here", [entry.value])
    return found


def _tables_before(to: Builder) -> Made:
    """The tables that were named or made last. Raises Stop where there are none, or it could be others."""
    for made in reversed(to.made):
        if made.kind == "records" and made.entries[0].step is not None:
            return made
        if made.kind == "file" and all(is_table(entry.value, made.unit) for entry in made.entries):
            return made
    raise decline("it is not clear which table is meant")


def is_table(path: str, table: str = "") -> bool:
    ending = path.rpartition(".")[2].casefold()
    return ending in READ or (ending in DATABASES and bool(table))


def _complete(step: str, columns: Sequence[str]) -> StepDependency:
    """Only where all of the table was read, and it has these columns."""
    known = [{"path": "output.columns", "op": "contains", "value": column} for column in columns]
    whole = AllOf.model_validate({"all": [{"path": "output.truncated", "op": "==", "value": False}, *known]})
    return StepDependency(step=step, on=On.CONDITION, when=whole)


def merged(to: Builder, made: Made) -> Json:
    """The rows of all devices as one list."""
    if len(made.entries) == 1:
        return made.entries[0].value
    items: list[Json] = [entry.value for entry in made.entries]
    step = to.anywhere("merge", "data.merge", {"items": items})
    return f"${{{step}.output.items}}"
