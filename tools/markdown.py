"""Writes JSON values as Markdown: tables for lists of objects, bullets for lists, sizes as people read them. Pure."""

from __future__ import annotations

import json

from protocol.vocabulary import Json
from tools.errors import printable

MAX_COLUMNS = 12


def render(value: Json, level: int = 3) -> str:
    """`value` as Markdown; headings within it begin at `level`."""
    if isinstance(value, str):
        return "\n".join(printable(line) for line in value.splitlines()) or "*empty*"
    if isinstance(value, list):
        return _list(value)
    if isinstance(value, dict):
        return _object(value, level)
    return scalar(value)


def scalar(value: Json, key: str = "") -> str:
    """A value on one line. `key` tells a number of bytes from a number."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (key == "bytes" or key.endswith("_bytes")):
        return size(value)
    if isinstance(value, (int, float)):
        return f"{value:,}" if isinstance(value, int) and abs(value) >= 100_000 and key != "pid" else f"{value}"
    if isinstance(value, str):
        return printable(" ".join(value.split()))
    return printable(json.dumps(value, ensure_ascii=False))


def size(number: int) -> str:
    """A number of bytes in the unit that fits."""
    amount = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _list(items: list[Json]) -> str:
    if not items:
        return "*none*"
    if all(isinstance(item, dict) and item for item in items):
        return _table([flatten(item) for item in items if isinstance(item, dict)])
    return "\n".join(f"- {scalar(item)}" for item in items)


def flatten(record: dict[str, Json], prefix: str = "") -> dict[str, Json]:
    """Objects within objects as columns: {"output": {"free": 1}} becomes {"output.free": 1}."""
    found: dict[str, Json] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value and prefix.count(".") < 3:
            found |= flatten(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def _table(rows: list[dict[str, Json]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))[:MAX_COLUMNS]
    lines = [_row([_title(column) for column in columns]), _row(["---"] * len(columns))]
    lines += [_row([scalar(row.get(column), column.rpartition(".")[2]) for column in columns]) for row in rows]
    return "\n".join(lines)


def _title(column: str) -> str:
    return printable(column.removeprefix("output.")).replace("_bytes", "").replace("_", " ")


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"


def _object(record: dict[str, Json], level: int) -> str:
    """Plain values as bullets, then each list or object under a heading of its own."""
    if not record:
        return "*none*"
    plain = {key: value for key, value in record.items() if not isinstance(value, (dict, list))}
    rest = {key: value for key, value in record.items() if isinstance(value, (dict, list))}
    parts = ["\n".join(f"- **{_title(key)}**: {scalar(value, key)}" for key, value in plain.items())] if plain else []
    for key, value in rest.items():
        inner = render(value, level + 1) if level < 6 else scalar(value)
        parts.append(f"{'#' * level} {_title(key)}\n\n{inner}")
    return "\n\n".join(parts)
