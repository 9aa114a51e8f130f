"""Writes beside the log, as functions of the writer's connection, inside its transaction. Each may be run twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.core.records import ArtifactRecord, TokenRecord
from storage.faults import make
from storage.groups import text
from storage.queries import one_token, owner
from storage.statements import POSTGRES_EPOCHS, SQLITE_EPOCHS, postgres_devices, sqlite_devices
from storage.tables import OWNER, artifacts, devices, idempotency, meta, tokens

HIGHEST_SEEN = 1 << 52
"""A device that says it has obeyed a higher epoch is not believed: epochs must have room to rise."""

Epochs = Callable[[Sequence[str], Sequence[str]], list[tuple[str, str, int]]]


class Registration(NamedTuple):
    """A connect: see `Store.register_device`."""

    name: str
    device: str
    kind: str
    hello: str
    at: float
    seen: int = 0


def touch(connection: Connection) -> None:
    """Write something that matters to nobody: whether it can be written is what is asked."""
    connection.execute(update(meta).where(meta.c.key == "application").values(key="application"))


def take_over(connection: Connection) -> int:
    """Take the next owner's number, while holding the owner's lock."""
    number = owner(connection) + 1
    _insert_new(connection, meta, key=OWNER, value="0")
    connection.execute(update(meta).where(meta.c.key == OWNER).values(value=str(number)))
    return number


def remember_request(connection: Connection, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
    _insert_new(connection, idempotency, key=key, digest=digest, run=run, created=at)
    query = select(idempotency.c.digest, idempotency.c.run).where(idempotency.c.key == key)
    found = connection.execute(query).one()
    return found.digest, found.run


def register_devices(connection: Connection, connects: Sequence[Registration]) -> list[int]:
    """Epochs for many connects at once, in their order: each is above all that its name or device ever had."""
    on_postgres = connection.dialect.name == "postgresql"
    if on_postgres:
        connection.exec_driver_sql("LOCK TABLE devices IN SHARE ROW EXCLUSIVE MODE")
    names, ids = json.dumps([one.name for one in connects]), json.dumps([one.device for one in connects])
    found = connection.exec_driver_sql(POSTGRES_EPOCHS if on_postgres else SQLITE_EPOCHS, (names, ids)).scalar_one()
    by_name: dict[str, int] = {}
    by_device: dict[str, int] = {}
    for name, device, epoch in json.loads(found):
        by_name[name] = max(epoch, by_name.get(name, 0))
        by_device[device] = max(epoch, by_device.get(device, 0))
    epochs = raise_epochs(connects, by_name, by_device)
    rows = {
        (one.name, one.device): (one.name, one.device, one.kind, epoch, one.hello, one.at, one.at)
        for one, epoch in zip(connects, epochs, strict=True)
    }
    statement = postgres_devices() if on_postgres else sqlite_devices()
    connection.exec_driver_sql(statement, (text(list(rows.values())),))
    return epochs


def forget_device(connection: Connection, name: str) -> None:
    """The rows stay, for their epochs; a row without a hello is no device that is known."""
    connection.execute(update(devices).where(devices.c.name == name).values(hello=""))


def raise_epochs(connects: Sequence[Registration], by_name: dict[str, int], by_device: dict[str, int]) -> list[int]:
    """The epoch of each connect, given (and bringing up to date) the highest of each name and device."""
    epochs = []
    for one in connects:
        seen = one.seen if one.seen <= HIGHEST_SEEN else 0
        epoch = 1 + max(by_name.get(one.name, 0), by_device.get(one.device, 0), seen)
        by_name[one.name] = by_device[one.device] = epoch
        epochs.append(epoch)
    return epochs


def add_token(connection: Connection, record: TokenRecord) -> None:
    """Raises StoreError(`conflict`) where another token has this id."""
    _insert_new(connection, tokens, **record.model_dump())
    found = one_token(connection, record.id)
    if found is None or found.verifier != record.verifier:
        raise make("conflict", f"There is a token {record.id} already.")


def bind_token(connection: Connection, id: str, device: str) -> str | None:
    unbound = (tokens.c.id == id) & tokens.c.device.is_(None)
    connection.execute(update(tokens).where(unbound).values(device=device))
    found = one_token(connection, id)
    return None if found is None else found.device


def revoke_token(connection: Connection, id: str, at: float) -> bool:
    """Whether there is such a token; the time of its first revocation stays."""
    standing = (tokens.c.id == id) & tokens.c.revoked.is_(None)
    connection.execute(update(tokens).where(standing).values(revoked=at))
    return one_token(connection, id) is not None


def add_artifact(connection: Connection, record: ArtifactRecord) -> None:
    _insert_new(connection, artifacts, **record.model_dump())


def _insert_new(connection: Connection, table: Table, **values: object) -> None:
    """Insert a row unless its key is taken."""
    if connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(table).values(values).on_conflict_do_nothing())
    else:
        connection.execute(sqlite.insert(table).values(values).on_conflict_do_nothing())
