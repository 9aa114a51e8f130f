"""Tables of which a flow speaks: where they are and their columns, and the table that was computed of them last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.things import ROWS, Entry, Table
from agents.embedded.kinds.line import Piece
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DATABASES: Final = ("db", "sqlite", "sqlite3")
PLAIN: Final = ("csv", "json", "jsonl")
NOUNS: Final = words(
    "table tables result results outcome sums totals list rows records it them that those numbers counts what"
)
"""Words by which a table that was computed is spoken of."""


def names_of(piece: Piece) -> tuple[str, ...] | None:
    """`a, b and c`: names of columns; None where one is no name."""
    found: list[str] = []
    open_ = False
    for token in piece.tokens:
        low = token.text.casefold()
        if low in (",", "and"):
            open_ = False
        elif open_ or not (token.word or token.kind is Kind.QUOTED):
            return None
        else:
            found.append(said(token))
            open_ = True
    return tuple(found) if found and len(set(found)) == len(found) else None


def said(token: Token) -> str:
    return str(token.value) if token.kind is Kind.QUOTED else token.text


def ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].casefold()


def column(word: str, known: Iterable[str], *, exact: bool = False) -> str:
    """The column that a word means: `amounts` is `amount`. Raises Stop where it is none of those that are known."""
    columns = list(known)
    singular = word[:-1] if word.endswith("s") and not word.endswith("ss") and not exact else word
    if not columns:
        return singular
    for one in columns:
        if one.casefold() in (word.casefold(), singular.casefold()) or one.casefold() == f"{word.casefold()}s":
            return one
    raise decline(f"there is no column {word}", [word])


def table_of(to: Builder, entry: Entry) -> Table:
    return to.tables.get((entry.device, entry.value), Table())


def known_columns(to: Builder, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The columns that all of the tables have, as far as they were said."""
    found = [table_of(to, one).columns for one in entries]
    first = next((one for one in found if one), ())
    return tuple(one for one in first if all(not other or one in other for other in found))


def sources(to: Builder, number: int | None = None) -> tuple[Entry, ...]:
    """The tables that were spoken of last. Raises Stop where there are none, or not so many."""
    for made in reversed(to.made):
        if made.kind == "file" and all(ending(one.value) in (*PLAIN, *DATABASES, "xlsx") for one in made.entries):
            if number is not None and number != len(made.entries):
                break
            return made.entries
        if made.kind == "records":
            break
    raise decline("it is not clear which tables are meant")


def read(to: Builder, entry: Entry, where: tuple[tuple[str, str, Json], ...] = ()) -> str:
    """A reference to the rows of one table that fit all conditions (column, operator, value)."""
    kind = ending(entry.value)
    if kind in PLAIN:
        conditions: list[Json] = [{"column": name, "op": op, "value": value} for name, op, value in where]
        arguments: JsonObject = {"path": entry.value, "limit": ROWS}
        if conditions:
            arguments["where"] = conditions
        return f"${{{to.step('rows', 'table.select', arguments, entry.device, entry.step)}.output.items}}"
    if kind in DATABASES:
        return _queried(to, entry, where)
    step = to.step("read", "xlsx.read", {"path": entry.value, "limit": ROWS}, entry.device, entry.step)
    items = f"${{{step}.output.items}}"
    for name, op, value in where:
        kept: JsonObject = {"items": items, "by": name, "op": op, "value": value}
        items = f"${{{to.step('rows', 'data.filter', kept, entry.device)}.output.items}}"
    return items


def _queried(to: Builder, entry: Entry, where: tuple[tuple[str, str, Json], ...]) -> str:
    table = checked(to, entry, *(name for name, _, _ in where))
    tests = [f"{name} {'=' if op == '==' else op} ?" for name, op, _ in where]
    sql = f"SELECT * FROM {table}" + (f" WHERE {' AND '.join(tests)}" if tests else "")
    arguments: JsonObject = {"database": f"sqlite:{entry.value}", "statement": sql, "max_rows": ROWS}
    if where:
        arguments["parameters"] = [value for _, _, value in where]
    return f"${{{to.step('rows', 'sql.query', arguments, entry.device, entry.step)}.output.rows}}"


def checked(to: Builder, entry: Entry, *columns: str) -> str:
    """The name of the table in a database. Raises Stop where it was not said, or a name is none of SQL's."""
    table = table_of(to, entry).name
    for name in (table, *columns):
        if not NAME.fullmatch(name):
            raise decline(f"it is not said which table of {entry.value} is meant", [entry.value])
    return table
