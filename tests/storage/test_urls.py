"""The forms of a database's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.ports import StoreError
from storage.urls import Location, parse


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///record.db", "record.db"),
        ("sqlite:////var/lib/record.db", "/var/lib/record.db"),
        ("sqlite+pysqlite:///record.db", "record.db"),
        ("record.db", "record.db"),
        ("/var/lib/my record.db", "/var/lib/my record.db"),
        (Path("/var/record.db"), "/var/record.db"),
    ],
)
def test_sqlite(url: str | Path, path: str) -> None:
    assert parse(url) == Location("sqlite", path=Path(path))


def test_the_home_folder_may_be_abbreviated() -> None:
    assert parse("~/record.db").path == Path.home() / "record.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_postgresql_gets_its_driver(scheme: str) -> None:
    assert parse(f"{scheme}://me@host/db").url == "postgresql+asyncpg://me@host/db"


@pytest.mark.parametrize("url", ["memory:", "memory://", "sqlite://", "sqlite:///:memory:", ":memory:"])
def test_memory(url: str) -> None:
    assert parse(url).kind == "memory"


@pytest.mark.parametrize("url", ["", "mysql://host/db", "sqlite://record.db", "sqlite:///", "http://x"])
def test_anything_else_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse(url)
    assert caught.value.code == "database_unavailable"
    assert "sqlite:///path" in caught.value.remedy
    assert not caught.value.retryable
