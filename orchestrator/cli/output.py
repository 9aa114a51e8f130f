"""The command line's renderer: the one place that writes to the terminal.

Answers go to stdout, chatter to stderr. Whatever may come from a device, a file or a model is sanitised here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.core.sanitize import sanitize

if TYPE_CHECKING:
    from pydantic import BaseModel


def say(text: str) -> None:
    """A line of chatter."""
    if sys.stderr is not None:
        sys.stderr.write(sanitize(text) + "\n")
        sys.stderr.flush()


def answer(text: str) -> None:
    """What the command was asked for."""
    sys.stdout.write(sanitize(text).rstrip("\n") + "\n")
    sys.stdout.flush()


def line(text: str) -> str:
    """`text` made fit to stand within a line."""
    return sanitize(text, multiline=False)


def dump(value: object) -> None:
    """JSON on stdout: indented for a person, one line for a program. ASCII alone, so that no terminal acts on it."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=indent) + "\n")
    sys.stdout.flush()


def dump_model(model: BaseModel) -> None:
    """A view as JSON, the same object that REST gives."""
    dump(model.model_dump(mode="json"))


def dump_line(model: BaseModel) -> None:
    """A model as one line of JSON, on a terminal too, and at once."""
    sys.stdout.write(json.dumps(model.model_dump(mode="json"), ensure_ascii=True) + "\n")
    sys.stdout.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns on stdout, as wide as their widest cell."""
    clean = [[line(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in clean) for column in range(len(head))]
    for row in clean:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    sys.stdout.flush()


def ago(seconds: float) -> str:
    """A duration for people: 4 s, 3 min, 2 h, 5 d."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def size(amount: int) -> str:
    """Bytes for people: 512 B, 3.2 MB."""
    value, units = float(amount), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.1f} {units[0]}"
