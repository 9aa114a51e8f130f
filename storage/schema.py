"""Whose database is this, and of which revision: create, upgrade, or refuse it.

Alembic is imported only for a database that an older version wrote: importing it would double the time to start.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select

from orchestrator.core.ports import StoreError
from storage.faults import make
from storage.tables import APPLICATION, REVISIONS, meta, metadata, version

NEIGHBOURS = frozenset({"checkpoints", "checkpoint_blobs", "checkpoint_writes", "checkpoint_migrations", "writes"})
"""Tables of the supervisor's checkpoints: they may share a database with ours."""


class State(StrEnum):
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"


def examine(connection: Connection) -> State:
    """What lies in the database. Raises StoreError where it is not ours, damaged, or of a newer revision."""
    names = set(inspect(connection).get_table_names()) - NEIGHBOURS
    if not names:
        return State.EMPTY
    if not _is_ours(connection, names):
        others = ", ".join(sorted(names)[:3])
        raise make("database_foreign", f"The database belongs to another program: it holds the tables {others}.")
    return _revision(connection, names)


def neighbours(connection: Connection) -> set[str]:
    """The tables of the supervisor's checkpoints that are there, but for the one that holds their revision."""
    return (set(inspect(connection).get_table_names()) & NEIGHBOURS) - {"checkpoint_migrations"}


def _is_ours(connection: Connection, names: set[str]) -> bool:
    if not {"meta", "alembic_version"} <= names:
        return False
    if not {"key", "value"} <= {column["name"] for column in inspect(connection).get_columns("meta")}:
        return False
    return connection.scalar(select(meta.c.value).where(meta.c.key == "application")) == APPLICATION


def _revision(connection: Connection, names: set[str]) -> State:
    found = connection.scalars(select(version.c.version_num)).all()
    if len(found) != 1:
        raise make("database_corrupt", "The database does not say of which revision its schema is.")
    if found[0] not in REVISIONS:
        raise _newer(found[0])
    if found[0] != REVISIONS[-1]:
        return State.OLDER
    missing = sorted(set(metadata.tables) - names)
    if missing:
        raise make("database_corrupt", f"The database lacks the table {missing[0]!r}.")
    return State.CURRENT


def _newer(revision: str) -> StoreError:
    return make(
        "database_newer",
        f"A newer version of Asterism wrote this database (schema {revision}; this program knows {REVISIONS[-1]}).",
        remedy="Upgrade Asterism, or name another database with --db or ASTERISM_DATABASE.",
    )


def prepare(connection: Connection, state: State) -> None:
    """Bring the schema up to date, inside the caller's transaction: all of it, or nothing."""
    if state is State.EMPTY:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(meta).values(key="application", value=APPLICATION))
        connection.execute(insert(version).values(version_num=REVISIONS[-1]))
    elif state is State.OLDER:
        upgrade(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run alembic's revisions on this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
