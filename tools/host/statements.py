"""What a SQL statement is, as far as it must be known before a database sees it; and how rows are taken. Pure."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError, printable

READS = ("select", "with", "values", "table", "show", "explain", "pragma")
CONTROLS = frozenset(
    (
        "begin", "commit", "rollback", "end", "start", "abort", "savepoint", "release", "prepare", "execute",
        "deallocate", "set", "reset", "discard", "attach", "detach", "listen", "notify", "load", "copy",
    )
)  # fmt: skip
_COMMENT = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# A row to take; False when no more are wanted.
Take = Callable[[Sequence[str], Sequence[object]], bool]


def verb(statement: str) -> str:
    """The first word, past comments and brackets, in small letters."""
    at = 0
    while found := _COMMENT.match(statement, at):
        at = found.end()
    word = _WORD.match(statement.lstrip("(") if at == 0 else statement[at:].lstrip("( \n\t"))
    return word[0].lower() if word else ""


def check_read(statement: str) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for what is no query: `COPY` writes files from a read-only transaction."""
    if verb(statement) not in READS:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, "`sql.query` takes a query (SELECT, WITH, EXPLAIN ...): `sql.execute` changes data"
        )


def check_write(statement: str) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for what would leave the one transaction that a call is."""
    word = verb(statement)
    if not word or word in CONTROLS:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{word.upper()}` is not for `sql.execute`: one call, one statement")


def value(found: object) -> Json:
    """A database's value as JSON: bytes in base64, times in ISO 8601, exact numbers as text."""
    if found is None or isinstance(found, (bool, int, str)):
        return found
    if isinstance(found, float):
        return found if math.isfinite(found) else str(found)
    if isinstance(found, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(found)).decode()
    if isinstance(found, (datetime, date, time)):
        return found.isoformat()
    if isinstance(found, timedelta):
        return found.total_seconds()
    if isinstance(found, (Decimal, UUID)):
        return str(found)
    if isinstance(found, (list, tuple, set, frozenset)):
        return [value(one) for one in found]
    if isinstance(found, dict):
        return {str(key): value(one) for key, one in found.items()}
    return printable(str(found))


def columns(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: the second `id` is `id_2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found
