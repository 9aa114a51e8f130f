"""How an output reads whose skill has no words of its own: by the names, units and kinds of its fields.

What only keeps the books is left out: whether a list was cut short where it was not, counters at zero, fields that are
empty. Times become local ISO times, numbers stand with their units, lists of records become small tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from agents.units import counted, number
from agents.wording import LINE, Shape, bounded, one_line, words
from orchestrator.core.sanitize import sanitize
from protocol.vocabulary import Json, JsonObject

SUBJECTS: Final = ("sensor", "actuator", "name", "title", "app", "path", "id")
MEASURED: Final = frozenset({"value", "min", "max", "mean", "median", "first", "last", "low", "high", "state"})
"""What a `unit` beside it is the unit of."""
COUNTERS: Final = frozenset({"rejected", "dropped", "missed", "skipped", "remaining", "duplicates", "errors"})
BOOKS: Final = frozenset({"sha256", "digest", "artifact", "retained", "next", "serial", "session"})
"""For the program that goes on with it, and nobody else; told where there is nothing besides."""
TIMES: Final = re.compile(r"(^|_)(at|since|until|time|started|ended|modified|created|updated|expires|seen)(_at)?$")
AGES: Final = (946_684_800.0, 4_102_444_800.0)
"""Unix times from 2000 to 2100: nothing else that a field of time holds is as large."""
NUMBERED: Final = frozenset({"uid", "gid", "pid", "ppid", "port", "line", "number", "status", "revision", "year"})
"""Numbers that name something: no thousands in them."""
UNITS: Final = {"_c": "°C", "_ms": "ms", "_mv": "mV", "_ma": "mA", "_dbm": "dBm", "_px": "px"}
COLUMNS, ROWS, CELL, FLAT = 7, 30, 48, 8


def fields(output: JsonObject, skill: str) -> Shape:
    """The shape of an output, from what its fields are called."""
    kept = _kept(output)
    subject = next((key for key in SUBJECTS if isinstance(kept.get(key), str) and len(kept) > 1), None)
    lead = f"{one_line(kept.pop(subject), 200)}: " if subject is not None else ""
    flat = {key: value for key, value in kept.items() if not isinstance(value, (dict, list)) or _short(value)}
    deep = {key: value for key, value in kept.items() if key not in flat}
    said = list(dict.fromkeys(_said(key, value, output) for key, value in flat.items()))
    cut = " (cut short)" if output.get("truncated") is True else ""
    line = lead + ", ".join(said[:FLAT])
    alone = not line and len(deep) == 1
    details = [*said[FLAT:], *(row for key, value in deep.items() for row in _nested(key, value, alone))]
    line = line or ", ".join(_count(key, value) for key, value in deep.items() if isinstance(value, list))
    shown = sanitize((line or _empty(output)) + cut, multiline=False, limit=LINE * 2)
    return Shape("plain" if skill.startswith(("data.", "text.")) else "fact", shown, bounded(details))


def _count(key: str, value: list[Json]) -> str:
    name = _name(key)
    return counted(len(value), name.removesuffix("s"), name)


def _empty(output: JsonObject) -> str:
    """Of an output that has nothing in it: what there is none of."""
    lists = [key for key, value in output.items() if value == []]
    return f"no {_name(lists[0])}" if lists else "nothing"


def _kept(record: JsonObject) -> JsonObject:
    """What of a record is for people; all of it where nothing would be left."""
    lists = [value for value in record.values() if isinstance(value, list)]
    kept: JsonObject = {
        key: value
        for key, value in record.items()
        if not (
            value in ("", None, [], {})
            or key in BOOKS
            or key == "truncated"
            or (key in COUNTERS and value == 0)
            or (key == "count" and len(lists) == 1 and value == len(lists[0]))
            or (key == "total" and len(lists) == 1 and value == len(lists[0]))
            or (key == "unit" and MEASURED & record.keys())
        )
    }
    left: JsonObject = {key: value for key, value in record.items() if key in BOOKS and value not in ("", None)}
    return kept or left


def _short(value: Json) -> bool:
    """A list that a line can hold."""
    return isinstance(value, list) and len(value) <= 3 and all(isinstance(one, (str, int, float)) for one in value)


def _said(key: str, value: Json, record: Mapping[str, Json]) -> str:
    """A field in words: `battery 84 %`, `21.5 °C`, `not confirmed`, `at 2026-11-22T10:00:00+01:00`."""
    name = _name(key)
    if isinstance(value, bool):
        return name if value else f"not {name}"
    said = _value(key, value, record)
    if key in ("value", "text", "state") or name == said:
        return said
    if key == "seconds":
        return f"over {said}"
    return f"{name} {said}"


def _value(key: str, value: Json, record: Mapping[str, Json]) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if TIMES.search(key) and AGES[0] <= value <= AGES[1]:
            return datetime.fromtimestamp(value).astimezone().isoformat(timespec="seconds")
        if key in NUMBERED and isinstance(value, int):
            return str(value)
        unit = record.get("unit")
        if key in MEASURED and isinstance(unit, str):
            return f"{number(value)} {one_line(unit, 20)}".strip()
        if key.endswith("per_s"):
            return f"{number(value)}/s"
        suffix = next((one for one in UNITS if key.endswith(one)), None)
        if suffix is not None:
            return f"{number(value)} {UNITS[suffix]}"
    return words(value, key)


def _nested(key: str, value: Json, alone: bool) -> list[str]:
    """The lines of a field that holds more than one value; without its name where it is `alone`."""
    if isinstance(value, dict):
        inner = _kept(value)
        return [f"{_name(key)}: " + ", ".join(_said(name, one, value) for name, one in inner.items())]
    if not isinstance(value, list):
        return [f"{_name(key)}: {words(value, key)}"]
    records = [one for one in value if isinstance(one, dict)]
    rows = _table(records) if len(records) == len(value) else _items(value)
    return rows if alone else [f"{_name(key)}:", *(f"  {row}" for row in rows)]


def _items(value: Sequence[Json]) -> list[str]:
    rest = len(value) - ROWS
    return [*(one_line(one) for one in value[:ROWS]), *([f"... and {number(rest)} more"] if rest > 0 else [])]


def _table(records: Sequence[JsonObject]) -> list[str]:
    """Aligned columns under their names: those in which a record says something, and not all say the same nothing."""
    shown = [_kept(one) for one in records[:ROWS]]
    names = list(dict.fromkeys(name for one in shown for name in one))[:COLUMNS]
    rows = [[_name(name) for name in names]]
    rows += [[_cell(name, one) for name in names] for one in shown]
    widths = [max(len(row[at]) for row in rows) for at in range(len(names))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, f"... and {number(len(records) - len(shown))} more"] if len(records) > len(shown) else lines


def _cell(name: str, record: JsonObject) -> str:
    value = record.get(name)
    if value in ("", None, [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(_value(name, value, record), CELL)


def _name(key: str) -> str:
    plain = one_line(key, 80)
    for unit in ("_bytes", "_percent", "_seconds", "_s", "_per", *UNITS):
        plain = plain.removesuffix(unit)
    return plain.replace("_", " ")
