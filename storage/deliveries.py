"""Webhooks that are to be sent, as functions of a connection. The writing ones may be run twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select, tuple_, update

from orchestrator.core.records import DeliveryRow, DueDeliveries
from storage.tables import deliveries

_COLUMNS = [deliveries.c[name] for name in DeliveryRow._fields]
_PENDING = deliveries.c.status == "pending"


def due(connection: Connection, now: float, without: Sequence[str], limit: int) -> DueDeliveries:
    """See `Store.due_deliveries`."""
    waiting = _PENDING & (deliveries.c.due <= now)
    if without:
        waiting &= deliveries.c.target.not_in(without)
    rows = connection.execute(select(*_COLUMNS).where(waiting).order_by(deliveries.c.due, deliveries.c.id).limit(limit))
    found = [DeliveryRow(*row) for row in rows]
    following = connection.scalar(select(func.min(deliveries.c.due)).where(_PENDING, deliveries.c.due > now))
    pending = connection.scalar(select(func.count()).select_from(deliveries).where(_PENDING)) or 0
    return DueDeliveries(found, following, pending)


def listed(
    connection: Connection, run: str | None, status: str | None, before: tuple[float, str] | None, limit: int
) -> list[DeliveryRow]:
    """See `Store.deliveries`."""
    query = select(*_COLUMNS).order_by(deliveries.c.created.desc(), deliveries.c.id.desc()).limit(limit)
    if run is not None:
        query = query.where(deliveries.c.run == run)
    if status is not None:
        query = query.where(deliveries.c.status == status)
    if before is not None:
        query = query.where(tuple_(deliveries.c.created, deliveries.c.id) < before)
    return [DeliveryRow(*row) for row in connection.execute(query)]


def one(connection: Connection, id: str) -> DeliveryRow | None:
    """The delivery, if there is one."""
    row = connection.execute(select(*_COLUMNS).where(deliveries.c.id == id)).one_or_none()
    return None if row is None else DeliveryRow(*row)


def write(connection: Connection, row: DeliveryRow) -> bool:
    """See `Store.write_delivery`."""
    values = {"status": row.status, "tries": row.tries, "due": row.due, "code": row.code}
    values["http_status"] = row.http_status
    changed = connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    return changed.rowcount > 0


def remove(connection: Connection, id: str) -> None:
    connection.execute(delete(deliveries).where(deliveries.c.id == id))
