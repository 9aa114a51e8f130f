"""Rows of a SQLite file's table that have a value: exported in an order, and reported on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.sums import beside
from agents.embedded.flow.things import ROWS, Before, Entry, FileAt, Made, Table
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject

_DATABASES: Final = (".db", ".sqlite", ".sqlite3")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WRITERS: Final = {"xlsx": "xlsx.write", "csv": "csv.write"}
_NO_VALUES: Final = ("not", "above", "below", "over", "under", "empty", "missing", "null", "unknown")
_ON_TOP: Final = "(on top|first|at the top)"


@dataclass(frozen=True)
class HasTable(Part):
    """A fact: a database has a table that later clauses speak of."""

    file: FileAt
    table: str

    def build(self, to: Builder) -> None:
        names = to.names(self.file)
        if len(names) != 1:
            raise decline("it is not said which of the databases is meant", [self.file.path])
        entry = Entry(names[0], names[0], None, self.file.path)
        to.tables[(names[0], self.file.path)] = Table(self.table)
        to.made.append(Made("file", (entry,), frozenset({"database"}), unit=self.table))


@dataclass(frozen=True)
class Exports(Part):
    """The rows whose column is a word, as a table of its own; `by` the order, that column's largest or smallest first.

    All are written or none: more rows than a skill returns are not cut off.
    """

    column: str
    value: str
    place: Mention
    path: str
    by: str = ""
    order: str = ""

    def build(self, to: Builder) -> None:
        base = to.before(Before("database"))
        ending = self.path.rpartition(".")[2].casefold()
        if ending not in _WRITERS or len(self.place.names) != 1:
            raise decline(f"the rows cannot be put into {self.path}", [self.path])
        [entry] = base.entries
        sql = f"SELECT * FROM {base.unit} WHERE {self.column} = '{self.value}'"
        sql += f" ORDER BY {self.by} {self.order}" if self.by else ""
        query: JsonObject = {"database": f"sqlite:{entry.value}", "statement": sql, "max_rows": ROWS}
        rows = to.step("rows", "sql.query", query, entry.device)
        whole = Compare.model_validate({"path": "output.truncated", "op": "==", "value": False})
        edges = (StepDependency(step=rows, on=On.CONDITION, when=whole),)
        [name] = self.place.names
        items: JsonObject = {"path": self.path, "items": f"${{{rows}.output.rows}}"}
        step = to.step("table", _WRITERS[ending], items, name, edges=edges)
        found = Made("records", (Entry(self.by, name, rows, f"${{{rows}.output.rows}}"),), frozenset({"rows", "ones"}))
        to.made += [found, Made("file", (Entry(name, name, step, self.path),), frozenset({"table", "file", "it"}))]


@dataclass(frozen=True)
class Reports(Part):
    """How many rows were exported and the sum of the column that they are ordered by, as a PDF beside them."""

    path: str

    def build(self, to: Builder) -> None:
        rows = to.before(Before("ones")).entries[0]
        file = to.before(Before("table")).entries[0]
        if not rows.label or not self.path.endswith(".pdf"):
            raise decline("it is not clear what adds up to what")
        path = beside(to, self.path)
        stats = to.step("sum", "data.stats", {"items": rows.value, "by": rows.label}, file.device, file.step)
        count, total = f"${{{stats}.output.count}}", f"${{{stats}.output.sum}}"
        title = self.path.removesuffix(".pdf")
        content: JsonObject = {"count": count, rows.label: total}
        arguments: JsonObject = {"path": path, "title": title, "sections": [{"heading": "Sum", "content": content}]}
        step = to.step("report", "pdf.write", arguments, file.device)
        to.made.append(Made("file", (Entry(file.device, file.device, step, path),), frozenset({"report"})))


def databases(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _has(piece) or _exports(piece) or _reports(piece)


def _has(piece: Piece) -> Part | None:
    slots = match("{f:file} on {d:device} (has|holds|keeps) (our|the|all|my) {what:word} in the table {t:word}", piece)
    slots = slots or match("{f:file} on {d:device} is a sqlite (file|database) with (a|the) table {t:word}", piece)
    if slots is None or not literal(slots, "f").endswith(_DATABASES):
        return None
    table = piece.source(slots["t"])
    return HasTable(FileAt(literal(slots, "f"), mention(slots, "d", piece)), table) if _NAME.fullmatch(table) else None


def _exports(piece: Piece) -> Part | None:
    head = (
        "(export|write|save) (the ones|those|all) (whose|where) {c:word} is {v:word} (to|into) {f:file} on {d:device}"
    )
    slots = match(f"{head} [,] with the {{most:word}} {{by:word}} {_ON_TOP}", piece) or match(head, piece)
    if slots is None:
        return None
    column, value = piece.source(slots["c"]), piece.source(slots["v"])
    by = piece.source(slots["by"]) if "by" in slots else ""
    most = slots["most"][0].text.casefold() if "most" in slots else ""
    order = {"highest": "DESC", "largest": "DESC", "lowest": "ASC", "smallest": "ASC"}.get(most, "")
    known = all(_NAME.fullmatch(one) for one in (column, value, by) if one)
    if (
        not known
        or value.casefold() in ("not", "above", "below", "over", "empty", "missing")
        or bool(by) != bool(order)
    ):
        return None
    return Exports(column, value, mention(slots, "d", piece), literal(slots, "f"), by, order)


def _reports(piece: Piece) -> Part | None:
    slots = match(
        "(make|write) [me] (a|an) {f:file} (next to|beside) it (that says|saying|with) how many there are "
        "and what they add up to",
        piece,
    )
    return None if slots is None else Reports(literal(slots, "f"))
