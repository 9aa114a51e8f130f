"""A result once more, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Literal

from orchestrator.core.things import answering
from orchestrator.core.views import RunView
from protocol.vocabulary import Json

Row = dict[str, str]
CELL = 60


def rows(view: RunView) -> list[Row]:
    """The rows of what answered: of lists of records each record, else one row with the plain values of each task.

    The device is a column where there are several.
    """
    found: list[tuple[str, Row]] = []
    for task in answering(view):
        cells = [{name: _cell(value) for name, value in record.items()} for record in _records(task.output)]
        found += [(task.device or "", row) for row in cells]
    several = len({device for device, _ in found}) > 1
    return [{"device": device, **row} if several else row for device, row in found]


def _records(output: Json) -> list[dict[str, Json]]:
    if isinstance(output, list):
        listed = [row for row in output if isinstance(row, dict)]
        return listed or [{"value": value} for value in output]
    if not isinstance(output, dict):
        return [] if output is None else [{"value": output}]
    for value in output.values():
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            return [row for row in value if isinstance(row, dict)]
    return [output]


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def columns(found: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in found for name in row))


def text(view: RunView, form: Literal["json", "csv"]) -> str:
    """The result as text for a program; the caller sanitises it."""
    if form == "json":
        outputs = {task.id: task.output for task in answering(view)}
        return json.dumps(next(iter(outputs.values())) if len(outputs) == 1 else outputs, indent=2)
    found = rows(view)
    written = io.StringIO()
    writer = csv.DictWriter(written, columns(found), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return written.getvalue()


def table_of(view: RunView) -> tuple[list[str], list[list[str]]]:
    """Heads and cells, each cell cut to what a line takes."""
    found = rows(view)
    names = columns(found)
    return names, [[_cut(row.get(name, "")) for name in names] for row in found]


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= CELL else flat[: CELL - 1] + "…"
