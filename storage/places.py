"""A SQLite database as files in a folder: what is refused before it is opened, and whether it is still in its place.

record.db        the database; its newest part may lie in
record.db-wal    the write-ahead log alone, until SQLite moves it over
record.db.lock   the owner's lock, see `ownership`
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from orchestrator.core.ports import StoreError
from storage.faults import make

MAGIC = b"SQLite format 3\0"


def uri(path: Path, mode: str) -> str:
    """The file as SQLite's URI, with the mode in which to open it."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def log_of(path: Path) -> Path:
    """The write-ahead log of a database."""
    return path.with_name(path.name + "-wal")


class Place:
    """The files that were opened, and whether they are the ones that the next start will find."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _identity(path)
        self._log = _identity(log_of(path))

    def check(self) -> None:
        """Raises StoreError(`database_unavailable`) while they are not; two calls of the kernel, 2 us."""
        found = _identity(self._path)
        if found != self._file:
            says = (
                "is gone: it was moved or removed" if found is None else "is another file than the one that was opened"
            )
            remedy = (
                "Put back the file that was moved: it goes on by itself. Or stop this orchestrator, and start again."
            )
            raise make("database_unavailable", f"{self._path} {says}.", remedy=remedy)
        if _identity(log_of(self._path)) != self._log:
            remedy = "Stop this orchestrator in good order (Ctrl-C, SIGTERM), which writes all of it into the database."
            raise make("database_unavailable", f"{log_of(self._path)} was moved or removed.", remedy=remedy)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def look_at(path: Path) -> None:
    """Refuse what SQLite would refuse with less to say, or would begin anew over what is left. Raises StoreError."""
    folder = path.parent
    if not folder.is_dir():
        remedy = f"Create the folder {folder}, or name another database with --db or ASTERISM_DATABASE."
        raise make(
            "database_unavailable", f"The folder of the database, {folder}, is missing.", remedy=remedy, retryable=False
        )
    if path.is_dir():
        raise make("database_foreign", f"{path} is a folder, not a database.")
    exists = path.exists()
    if not os.access(path if exists else folder, os.W_OK) or (exists and not os.access(folder, os.W_OK)):
        raise make("database_read_only", f"{path} cannot be written by this user.")
    refuse_left_over_log(path)
    if exists and path.stat().st_size:
        check_head(path)


def refuse_left_over_log(path: Path) -> None:
    """A log without its database: SQLite would throw it away, and with it what was recorded last. Raises StoreError."""
    log = log_of(path)
    if (path.exists() and path.stat().st_size) or not log.exists() or log.stat().st_size == 0:
        return
    state = "is empty" if path.exists() else "is missing"
    remedy = f"Put the database back beside it, restore a backup, or move {log.name} away to begin anew."
    raise make("database_corrupt", f"{path} {state}, but its write-ahead log is there.", remedy=remedy)


def check_head(path: Path) -> None:
    """Whether a file that is not empty begins as SQLite's do, and has the pages that it says. Raises StoreError."""
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(MAGIC):
        if MAGIC.startswith(head):
            raise _breaks_off(path)
        raise make("database_foreign", f"{path} is not a database.")
    if len(head) < 100:
        raise _breaks_off(path)


def _breaks_off(path: Path) -> StoreError:
    return make("database_corrupt", f"{path} breaks off in its first bytes.")
