"""Deleting runs that have ended, a little at a time, as functions of the writer's connection.

The runs' rows go first, in the transaction that notes in `meta` whose entries and which contents are still to go; the
entries follow, some thousand to a transaction, so that the writer is never held up for long. A crash in between leaves
the note, and whoever prunes next finishes by it. Entries go from the first on: what is left of a log cannot be folded
into a run that is open again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from storage.ledger import prune_entries
from storage.queries import ENDED
from storage.tables import PRUNING, artifacts, deliveries, events, idempotency, meta, outbox, runs, task_logs, tasks

ROWS = 5_000
INCREMENTAL = 2  # SQLite's number for it
PAGES = 2_000
"""Pages that SQLite gives back to the disk after a batch: 8 MB."""


class Rest(NamedTuple):
    """What is still to go: entries of `runs`, and `contents` of artifacts that no run has any more."""

    runs: list[str]
    contents: list[str]


def prunable(connection: Connection, before: float, keep: int, limit: int) -> list[str]:
    """Ended runs that have not changed since `before`, oldest first; never one of the newest `keep` ended ones."""
    ended = runs.c.status.in_(ENDED)
    query = select(runs.c.run).where(ended, runs.c.updated < before)
    if keep > 0:
        newest = select(runs.c.created).where(ended).order_by(runs.c.created.desc()).offset(keep - 1).limit(1)
        oldest_kept = connection.scalar(newest)
        if oldest_kept is None:
            return []
        query = query.where(runs.c.created < oldest_kept)
    return list(connection.scalars(query.order_by(runs.c.created, runs.c.run).limit(limit)))


def begin(connection: Connection, chosen: Sequence[str], before: float) -> tuple[list[str], Rest]:
    """Delete the chosen ones' rows, but for entries and tasks: the runs that were there and had ended, and the rest."""
    ended = select(runs.c.run).where(runs.c.run.in_(chosen), runs.c.status.in_(ENDED))
    gone = sorted(connection.scalars(ended)) if chosen else []
    rest = note(connection)
    if gone:
        mine = set(connection.scalars(select(artifacts.c.sha256).where(artifacts.c.run.in_(gone))))
        for table in (runs, outbox, artifacts, idempotency, deliveries, task_logs):
            connection.execute(delete(table).where(table.c.run.in_(gone)))
        others = set(connection.scalars(select(artifacts.c.sha256).where(artifacts.c.sha256.in_(mine)))) if mine else ()
        rest = Rest([*rest.runs, *gone], sorted({*rest.contents, *mine.difference(others)}))
        _write(connection, rest)
    # Keys whose run never began.
    known = select(runs.c.run)
    connection.execute(delete(idempotency).where(idempotency.c.created < before, idempotency.c.run.not_in(known)))
    prune_entries(connection, before)
    return gone, rest


def go_on(connection: Connection) -> tuple[int, Rest]:
    """Delete some thousand entries and tasks of what is still to go: how many, and what is then left."""
    rest, removed = note(connection), 0
    while rest.runs and removed < ROWS:
        run = rest.runs[0]
        first = connection.scalar(select(func.min(events.c.seq)).where(events.c.run == run))
        if first is not None:
            last = first + ROWS - removed
            removed += connection.execute(delete(events).where(events.c.run == run, events.c.seq < last)).rowcount
            continue
        some = select(tasks.c.task).where(tasks.c.run == run).limit(ROWS)
        found = connection.execute(delete(tasks).where(tasks.c.run == run, tasks.c.task.in_(some))).rowcount
        removed += found
        if found < ROWS:
            rest.runs.pop(0)
    _write(connection, rest)
    if connection.dialect.name == "sqlite":
        _give_back(connection)
    return removed, rest


def _give_back(connection: Connection) -> None:
    """Shorten the file by pages that are free; where the database was not made for it, they are used again only."""
    if connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() != INCREMENTAL:
        return
    free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    # The driver takes one step of a statement, and a step is a page.
    for _ in range(min(free, PAGES)):
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")


def finish(connection: Connection) -> None:
    """The contents are gone too."""
    _write(connection, Rest(note(connection).runs, []))


def note(connection: Connection) -> Rest:
    """What an earlier pruning has still to do."""
    found = connection.scalar(select(meta.c.value).where(meta.c.key == PRUNING))
    return Rest([], []) if found is None else Rest(**json.loads(found))


def _write(connection: Connection, rest: Rest) -> None:
    connection.execute(delete(meta).where(meta.c.key == PRUNING))
    if rest.runs or rest.contents:
        connection.execute(insert(meta).values(key=PRUNING, value=json.dumps(rest._asdict())))
