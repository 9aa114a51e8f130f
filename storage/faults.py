"""Database drivers' errors as `StoreError`: a stable code, whether trying again can help, and what to do.

database_busy          another program holds it           wait, or stop that program
database_full          no room on the disk                make room; writing goes on by itself
database_read_only     no right to write                  change the rights
database_unavailable   no server, no folder, no answer    start it, or correct the URL
database_taken         another owner was there        end, and start again
database_exists        something is there already     name another place, or say that it may go
database_newer         written by a newer version         upgrade
database_foreign       not ours                           name another database
database_corrupt       damaged                            restore a copy
conflict               the row is there already           one transaction only
unstorable             the database refuses the values    one transaction only
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from orchestrator.core.ports import StoreError

ISOLATED = frozenset({"conflict", "unstorable"})
"""Faults of one transaction, not of the database: the others of its group are written without it."""

REMEDIES = {
    "database_busy": "Stop the other program that uses the database, or wait for it.",
    "database_full": "Make room on the disk; writing goes on by itself.",
    "database_read_only": "Give this user the right to write to the file and its folder.",
    "database_unavailable": "Check that the database is there and can be reached.",
    "database_corrupt": "Restore a copy of the database, or name another with --db or ASTERISM_DATABASE.",
    "database_foreign": "Name another database with --db or ASTERISM_DATABASE.",
}
RETRYABLE = frozenset({"database_busy", "database_full", "database_unavailable"})

_SQLITE = {
    sqlite3.SQLITE_BUSY: "database_busy",
    sqlite3.SQLITE_LOCKED: "database_busy",
    sqlite3.SQLITE_FULL: "database_full",
    sqlite3.SQLITE_READONLY: "database_read_only",
    sqlite3.SQLITE_PERM: "database_read_only",
    sqlite3.SQLITE_CANTOPEN: "database_unavailable",
    sqlite3.SQLITE_IOERR: "database_unavailable",
    sqlite3.SQLITE_PROTOCOL: "database_busy",
    sqlite3.SQLITE_NOTADB: "database_foreign",
    sqlite3.SQLITE_CORRUPT: "database_corrupt",
    sqlite3.SQLITE_CONSTRAINT: "conflict",
    sqlite3.SQLITE_TOOBIG: "unstorable",
    sqlite3.SQLITE_MISMATCH: "unstorable",
}

# By SQLSTATE, or by its class (the first two characters).
_POSTGRES = {
    "23": "conflict",
    "22": "unstorable",
    "54": "unstorable",
    "08": "database_unavailable",
    "57": "database_unavailable",
    "28": "database_unavailable",
    "3D": "database_unavailable",
    "40": "database_busy",
    "53": "database_unavailable",
    "53100": "database_full",
    "55": "database_busy",
    "25006": "database_read_only",
    "42501": "database_read_only",
    "XX": "database_corrupt",
}
_POSTGRES_REMEDIES = {
    "28": "Check the user and the password in the database's URL.",
    "3D": "Create the database first, or correct its name in the URL.",
    "53": "The server has no room for one more connection, or no memory: raise its limits.",
}


def store_error(error: BaseException) -> StoreError:
    """The `StoreError` that says what a driver's or SQLAlchemy's error means; our own errors stay as they are."""
    if isinstance(error, StoreError):
        return error
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str) and state:
        return _from_postgres(state, cause)
    if isinstance(cause, (OSError, SQLAlchemyError)) or (isinstance(error, DBAPIError)):
        return make("database_unavailable", _sentence(cause))
    if isinstance(cause, ImportError):
        remedy = "Install it: pip install 'asterism[postgres]'."
        return make(
            "database_unavailable", f"A database driver is missing ({cause.name}).", remedy=remedy, retryable=False
        )
    # No fault of the database, so trying again is useless: whoever asked for it is told.
    return make("unstorable", f"It cannot be stored: {type(cause).__name__}, {cause}.")


def make(code: str, message: str, *, remedy: str | None = None, retryable: bool | None = None) -> StoreError:
    """A `StoreError` with its code's usual remedy and retryability."""
    return StoreError(
        code,
        message,
        remedy=REMEDIES.get(code, "") if remedy is None else remedy,
        retryable=code in RETRYABLE if retryable is None else retryable,
    )


def _from_sqlite(error: sqlite3.Error) -> StoreError:
    number = getattr(error, "sqlite_errorcode", None)
    if number is None:
        # The driver's own refusals: too many bytes, a closed connection, text that is not Unicode.
        unstorable = isinstance(error, (sqlite3.DataError, sqlite3.InterfaceError))
        return make("unstorable" if unstorable else "database_unavailable", _sentence(error))
    # The lower byte is the primary code; a disk that is full shows as an I/O error too.
    return make(_SQLITE.get(number & 0xFF, "database_unavailable"), _sentence(error))


def _from_postgres(state: str, error: BaseException) -> StoreError:
    code = _POSTGRES.get(state) or _POSTGRES.get(state[:2], "database_unavailable")
    # A wrong password or name stays wrong.
    retryable = None if state[:2] not in ("28", "3D") else False
    return make(code, _sentence(error), remedy=_POSTGRES_REMEDIES.get(state[:2]), retryable=retryable)


def _sentence(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    name = type(error).__name__
    first = text[0] if text else name
    return "The database says: " + first.rstrip(".") + "."
