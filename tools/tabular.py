"""Rows and records: what a table on a page, in a CSV file and in a workbook have in common. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.jsonpath import canonical
from tools.markdown import flatten

MAX_COLUMNS: Final = 500
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}")
# 1,234 may be a number or, elsewhere, one with three decimals: only what can be nothing else counts.
_GROUPED = re.compile(r"-?[1-9]\d{0,2}((,\d{3})+\.\d{1,10}|(,\d{3}){2,4})")


def typed(text: str) -> Json:
    """A number where the text can be nothing else; `007`, `1,234` and dates stay text."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _GROUPED.fullmatch(text):
        plain = text.replace(",", "")
        return float(plain) if "." in plain else int(plain)
    return text


def headings(names: Sequence[str]) -> list[str]:
    """Column names, none empty and none twice."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = " ".join(name.split())[:200] or f"column {number}"
        unique, again = wanted, 2
        while unique in found:
            unique, again = f"{wanted} {again}", again + 1
        found.append(unique)
    return found


def records(columns: Sequence[str], rows: Iterable[Sequence[Json]]) -> Iterator[dict[str, Json]]:
    """A record a row; cells that a short row has not are empty, those beyond the columns are left out."""
    for row in rows:
        yield {name: row[at] if at < len(row) else "" for at, name in enumerate(columns)}


def table(items: Sequence[Json], columns: Sequence[str] | None = None) -> tuple[list[str], list[list[Json]]]:
    """Columns and rows of records, lists or plain values. Objects within records become columns of their own.

    Raises ToolError(BAD_ARGUMENTS) where the items are not of one kind, or have too many columns.
    """
    if items and all(isinstance(item, list) for item in items):
        rows = [list(item) for item in items if isinstance(item, list)]
        width = max(len(row) for row in rows)
        return _checked(list(columns) if columns else [f"column {n}" for n in range(1, width + 1)]), rows
    if all(isinstance(item, dict) for item in items):
        flat = [flatten(item) for item in items if isinstance(item, dict)]
        names = list(columns) if columns else list(dict.fromkeys(key for record in flat for key in record))
        return _checked(names), [[record.get(name) for name in names] for record in flat]
    if any(isinstance(item, (dict, list)) for item in items):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the items are records and other things: give rows of one kind")
    return _checked(list(columns) if columns else ["value"]), [[item] for item in items]


def _checked(columns: list[str]) -> list[str]:
    if len(columns) > MAX_COLUMNS:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"a table has at most {MAX_COLUMNS} columns")
    return columns


def cell(value: Json) -> str:
    """A value as a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return canonical(value)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Json]], delimiter: str = ",") -> str:
    """CSV with a heading line (RFC 4180, lines end in LF)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()
