"""The few statements that are written by hand, for each kind of database: rows out of one JSON text."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Double, Table, Text

from storage.tables import deliveries, devices, events, outbox, runs, tasks

GROUP = (events, tasks, runs, outbox, deliveries)
_KEPT = {"runs": {"created", "owner", "owner_epoch"}, "outbox": {"made"}, "devices": {"first_seen"}}
"""Columns that an existing row keeps."""
_UNSENT = {"runs": {"owner", "owner_epoch"}}
"""Columns that a group's rows do not have."""


def columns(table: Table) -> list[Column[object]]:
    """The columns of a table that travel in a row, in their order."""
    return [column for column in table.columns if column.name not in _UNSENT.get(table.name, ())]


def upsert(table: Table, source: str) -> str:
    """Insert the rows of `source`; an existing row takes over their values. Events are only ever added; a delivery

    that is there stays as it is: it may have been sent meanwhile.
    """
    names = ", ".join(column.name for column in columns(table))
    statement = f"INSERT INTO {table.name} ({names}) {source}"
    if table is events:
        return statement
    if table is deliveries:
        return f"{statement} ON CONFLICT (id) DO NOTHING"
    keys = [column.name for column in table.primary_key]
    kept = {*keys, *_KEPT.get(table.name, ())}
    changes = ", ".join(f"{name} = excluded.{name}" for name in (c.name for c in columns(table)) if name not in kept)
    return f"{statement} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"


# --- SQLite ----------------------------------------------------------------------------------------------------


def _sqlite_rows(fields: Sequence[Column[object]], json: str) -> str:
    values = ", ".join(f"json_extract(value, '$[{index}]')" for index in range(len(fields)))
    # Without a WHERE, the parser takes the ON of an ON CONFLICT for a join's.
    return f"SELECT {values} FROM json_each({json}) WHERE true"


def sqlite_group() -> tuple[str, str, str]:
    """Statements to set up a connection (a view, its trigger), and the one statement that writes a group.

    Run outside of a transaction, that one statement is the transaction: parse, write, commit, without the interpreter
    lock. Its six parameters are JSON texts, see `Group.parameters`.
    """
    fields = (*(table.name for table in GROUP), "settled")
    view = f"CREATE TEMP VIEW group_rows AS SELECT {', '.join(f'NULL AS {name}' for name in fields)}"
    steps = [upsert(table, _sqlite_rows(columns(table), f"NEW.{table.name}")) for table in GROUP]
    keys = list(outbox.primary_key)
    steps.append(
        f"DELETE FROM outbox WHERE ({', '.join(key.name for key in keys)}) IN ({_sqlite_rows(keys, 'NEW.settled')})"
    )
    trigger = f"CREATE TEMP TRIGGER write_group INSTEAD OF INSERT ON group_rows BEGIN {'; '.join(steps)}; END"
    return view, trigger, "INSERT INTO group_rows VALUES (?, ?, ?, ?, ?, ?)"


SQLITE_EPOCHS = """
SELECT json_group_array(json_array(name, device, epoch)) FROM devices
WHERE name IN (SELECT value FROM json_each(?)) OR device IN (SELECT value FROM json_each(?))
"""


def sqlite_devices() -> str:
    """Upsert devices; one parameter."""
    return upsert(devices, _sqlite_rows(columns(devices), "?"))


# --- PostgreSQL ------------------------------------------------------------------------------------------------


def _postgres_value(column: Column[object], index: int) -> str:
    match column.type:
        case Text():
            return f"row->>{index}"
        case Double():
            return f"(row->>{index})::float8"
        case BigInteger():
            return f"(row->>{index})::bigint"
    raise TypeError(f"no cast for {column.type!r}")


def _postgres_rows(fields: Sequence[Column[object]], json: str) -> str:
    values = ", ".join(_postgres_value(field, index) for index, field in enumerate(fields))
    return f"SELECT {values} FROM jsonb_array_elements({json}::text::jsonb) AS row"


def postgres_group() -> str:
    """The one statement, and so the one transaction, that writes a group; its parameters as in `sqlite_group`."""
    steps = [upsert(table, _postgres_rows(columns(table), f"${n}")) for n, table in enumerate(GROUP, 1)]
    keys = list(outbox.primary_key)
    names = ", ".join(key.name for key in keys)
    settled = _postgres_rows(keys, f"${len(GROUP) + 1}")
    steps.append(f"DELETE FROM outbox USING ({settled}) AS gone ({names}) WHERE " + _same("outbox", "gone", keys))
    return "WITH " + ", ".join(f"step{n} AS ({step})" for n, step in enumerate(steps)) + " SELECT 1"


def _same(left: str, right: str, keys: Sequence[Column[object]]) -> str:
    return " AND ".join(f"{left}.{key.name} = {right}.{key.name}" for key in keys)


POSTGRES_EPOCHS = """
SELECT coalesce(json_agg(json_build_array(name, device, epoch)), '[]')::text FROM devices
WHERE name IN (SELECT jsonb_array_elements_text($1::text::jsonb))
OR device IN (SELECT jsonb_array_elements_text($2::text::jsonb))
"""


def postgres_devices() -> str:
    """Upsert devices; one parameter."""
    return upsert(devices, _postgres_rows(columns(devices), "$1"))
