"""What tasks said, as functions of a connection. The writing ones may be run twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, or_, select

from orchestrator.core.records import LogChange, LogRow
from storage.groups import storable
from storage.tables import task_logs

_COLUMNS = [task_logs.c[name] for name in LogRow._fields]
_MINE = (task_logs.c.run, task_logs.c.task)


def listed(connection: Connection) -> list[LogRow]:
    """Every entry that is kept, a task's in their order."""
    rows = connection.execute(select(*_COLUMNS).order_by(*_MINE, task_logs.c.seq))
    return [LogRow(*row) for row in rows]


def write(connection: Connection, changes: Sequence[LogChange]) -> None:
    """See `Store.write_task_logs`."""
    for one in changes:
        gone = or_(task_logs.c.seq < one.first, task_logs.c.seq > one.after)
        mine = (task_logs.c.run == one.run) & (task_logs.c.task == one.task)
        connection.execute(delete(task_logs).where(mine & gone))
    rows = [row for one in changes for row in one.rows]
    if rows:
        connection.execute(insert(task_logs), [{**row._asdict(), "text": storable(row.text)} for row in rows])
