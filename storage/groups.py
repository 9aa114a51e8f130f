"""Transactions that become one: collapsed rows, and the JSON text in which they travel to the database.

Rows go as one JSON text a table, because one statement a group keeps the writer out of the interpreter lock's way: a
driver gives the lock up and asks for it again at every statement, and each time a busy main thread may keep it for
5 ms. Measured in `benchmarks/store.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count

from pydantic_core import to_json

from orchestrator.core.records import AttemptKey, DeliveryRow, OutboxRow, RunRow, TaskRow, Transaction

Row = tuple[str | int | float | None, ...]

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# A NUL, and not a backslash that is followed by the letters of one, as in the JSON of a body.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Group:
    """The rows of several transactions, in an order that gives what one after the other would give.

    The last row for a task or run wins (a run keeps its first `created`), a dispatch that was also settled is left
    out. `made` numbers dispatches in their order.
    """

    def __init__(self, transactions: Iterable[Transaction], made: count[int]) -> None:
        self.events: list[Row] = []
        tasks: dict[tuple[str, str], TaskRow] = {}
        runs: dict[str, RunRow] = {}
        outbox: dict[tuple[str, str, int], tuple[OutboxRow, int]] = {}
        settled: dict[tuple[str, str, int], AttemptKey] = {}
        deliveries: dict[str, DeliveryRow] = {}
        for one in transactions:
            self.events += [tuple(row) for row in one.events]
            for task in one.tasks:
                tasks[task.run, task.task] = task
            for run in one.runs:
                first = runs.get(run.run)
                runs[run.run] = run if first is None else run._replace(created=first.created)
            for row in one.outbox:
                outbox[row[:3]] = (row, next(made))
                settled.pop(row[:3], None)
            for key in one.settled:
                outbox.pop(key, None)
                settled[key] = key
            for delivery in one.deliveries:
                deliveries.setdefault(delivery.id, delivery)
        self.tasks: list[Row] = [tuple(row) for row in tasks.values()]
        self.runs: list[Row] = [_clean(row) for row in runs.values()]
        self.outbox: list[Row] = [(*row, number) for row, number in outbox.values()]
        self.settled: list[Row] = [tuple(key) for key in settled.values()]
        self.deliveries: list[Row] = [tuple(row) for row in deliveries.values()]

    def parameters(self) -> tuple[str, str, str, str, str, str]:
        """JSON arrays of rows: events, tasks, runs, outbox, deliveries, settled. Raises ValueError, see `text`."""
        kinds = (self.events, self.tasks, self.runs, self.outbox, self.deliveries, self.settled)
        events, tasks, runs, outbox, deliveries, settled = map(text, kinds)
        return events, tasks, runs, outbox, deliveries, settled


def text(rows: Sequence[Row]) -> str:
    """Rows as a JSON array of arrays. Raises ValueError for what a database cannot hold: NUL, lone surrogates."""
    if not rows:
        return "[]"
    packed = to_json(rows).decode()
    if "\\u0000" in packed and _NUL.search(packed):
        raise ValueError("The text holds a NUL character.")
    return packed


def storable(text: str) -> str:
    """`text` with U+FFFD for what no database can hold: NUL, lone surrogates."""
    return _UNSTORABLE.sub("�", text)


def _clean(row: RunRow) -> Row:
    """A run's texts come from people and models."""
    return tuple(storable(value) if isinstance(value, str) else value for value in row)
