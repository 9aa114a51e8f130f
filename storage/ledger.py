"""The ledger of what goes out to models, as functions of a connection. The writing ones may be run twice."""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update

from orchestrator.core.egress import Closing, LedgerEntry, Outbound
from storage.faults import make
from storage.tables import egress, runs

KEPT_S = 172_800.0
"""Entries outlive their runs by two days: a day's budget counts what deleted runs have spent too."""


def open_entry(connection: Connection, outbound: Outbound) -> None:
    """Raises StoreError(`conflict`) where another request has this id."""
    body = outbound.model_dump_json()
    known = connection.scalar(select(egress.c.outbound).where(egress.c.id == outbound.id))
    if known is None:
        values = {"id": outbound.id, "run": outbound.run, "at": outbound.at, "outbound": body, "closing": ""}
        connection.execute(insert(egress).values(values))
    elif known != body:
        raise make("conflict", f"The ledger has an entry {outbound.id} already.")


def close_entry(connection: Connection, id: str, closing: Closing) -> None:
    """The first word about how a request ended stays."""
    mine = (egress.c.id == id) & (egress.c.closing == "")
    connection.execute(update(egress).where(mine).values(closing=closing.model_dump_json()))


def list_entries(connection: Connection, run: str | None, since: float, limit: int) -> list[LedgerEntry]:
    """Oldest first. Raises StoreError(`database_corrupt`) where an entry cannot be read."""
    query = select(egress.c.id, egress.c.outbound, egress.c.closing).where(egress.c.at >= since)
    if run is not None:
        query = query.where(egress.c.run == run)
    rows = connection.execute(query.order_by(egress.c.at, egress.c.id).limit(limit))
    return [entry(*row) for row in rows]


def entry(id: str, outbound: str, closing: str) -> LedgerEntry:
    """An entry from its row. Raises StoreError(`database_corrupt`)."""
    try:
        closed = Closing.model_validate_json(closing) if closing else None
        return LedgerEntry(outbound=Outbound.model_validate_json(outbound), closing=closed)
    except ValidationError as error:
        raise make(
            "database_corrupt", f"Entry {id} of the ledger cannot be read: {error.errors()[0]['msg']}."
        ) from error


def prune_entries(connection: Connection, before: float) -> int:
    """Delete the entries of runs that are no more, and of none, from two days before `before`: how many."""
    old = (egress.c.at < before - KEPT_S) & egress.c.run.not_in(select(runs.c.run))
    return connection.execute(delete(egress).where(old)).rowcount
