"""Drivers' errors become codes."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from orchestrator.core.ports import StoreError
from storage.faults import store_error


class ServerError(Exception):
    """As a driver of PostgreSQL raises them."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("relation does not matter\nDETAIL: more than a line")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "code", "retryable"),
    [
        ("23505", "conflict", False),
        ("22P05", "unstorable", False),
        ("53100", "database_full", True),
        ("53300", "database_unavailable", True),
        ("57P01", "database_unavailable", True),
        ("40P01", "database_busy", True),
        ("28P01", "database_unavailable", False),
        ("3D000", "database_unavailable", False),
        ("25006", "database_read_only", False),
        ("XX001", "database_corrupt", False),
        ("99999", "database_unavailable", True),
    ],
)
def test_states_of_postgresql(state: str, code: str, retryable: bool) -> None:
    error = store_error(DBAPIError("INSERT", {}, ServerError(state)))
    assert (error.code, error.retryable) == (code, retryable)
    assert error.message == "The database says: relation does not matter."


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "database_busy"),
        (sqlite3.SQLITE_IOERR_FSYNC, "database_unavailable"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "database_read_only"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "database_corrupt"),
        (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, "conflict"),
    ],
)
def test_extended_codes_of_sqlite(number: int, code: str) -> None:
    error = sqlite3.OperationalError("trouble")
    error.sqlite_errorcode = number
    assert store_error(DBAPIError("INSERT", {}, error)).code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError("refused"), "database_unavailable"),
        (TimeoutError(), "database_unavailable"),
        (InvalidRequestError("gone"), "database_unavailable"),
        (ModuleNotFoundError("no asyncpg", name="asyncpg"), "database_unavailable"),
        (ValueError("surrogates not allowed"), "unstorable"),
        (AttributeError("a fault of ours"), "unstorable"),
        (DBAPIError("INSERT", {}, ServerError(None)), "database_unavailable"),
    ],
)
def test_other_errors(error: Exception, code: str) -> None:
    assert store_error(error).code == code


def test_a_fault_of_ours_is_not_tried_for_ever() -> None:
    assert not store_error(AttributeError("no such thing")).retryable


def test_our_own_errors_stay_as_they_are() -> None:
    error = StoreError("database_newer", "Newer.", remedy="Upgrade.")
    assert store_error(error) is error
