"""The forms in which a database may be named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.core.ports import StoreError
from storage.faults import make

Kind = Literal["memory", "sqlite", "postgresql"]


@dataclass(frozen=True)
class Location:
    """A parsed database URL: `path` for SQLite, `url` (with its driver) for PostgreSQL."""

    kind: Kind
    path: Path = Path()
    url: str = ""


def parse(url: str | os.PathLike[str]) -> Location:
    """Read `sqlite:///relative`, `sqlite:////absolute`, `postgresql://user@host/name`, `memory:` or a plain path.

    Raises StoreError(`database_unavailable`) for anything else.
    """
    text = os.fspath(url).strip()
    scheme, separator, rest = text.partition("://")
    if text in ("memory:", "memory://", ":memory:", "sqlite://", "sqlite:///:memory:"):
        return Location("memory")
    if not separator:
        if not text:
            raise _unusable("No database is named.")
        return Location("sqlite", path=Path(text).expanduser())
    driver = scheme.split("+")[0]
    if driver == "sqlite":
        return Location("sqlite", path=Path(_file(rest)).expanduser())
    if driver in ("postgresql", "postgres"):
        return Location("postgresql", url=f"postgresql+asyncpg://{rest}")
    raise _unusable(f"Databases of the kind {driver!r} are not supported.")


def _file(rest: str) -> str:
    if not rest.startswith("/") or len(rest) < 2:
        raise _unusable("A SQLite URL has three slashes and a path.")
    return rest[1:]


def _unusable(message: str) -> StoreError:
    remedy = "Give a path, sqlite:///path, or postgresql://user@host/database."
    return make("database_unavailable", message, remedy=remedy, retryable=False)
