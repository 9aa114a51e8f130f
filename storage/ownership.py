"""One orchestrator to a SQLite file: a lock that the kernel takes back when its owner dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from orchestrator.core.ports import StoreError
from storage.faults import make


class OwnerLock:
    """An exclusive lock on the file `<database>.lock`, which holds the owner's process id.

    The lock belongs to the open file, not to the process: it holds within one process too, and programs started from
    it do not inherit it. The file itself stays: removing it would let two owners lock two files of one name.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Raises StoreError(`database_busy`), naming the owner, or `database_read_only`."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise make("database_read_only", f"{self.path} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            raise busy(f"process {owner}" if owner.isdigit() else "another process") from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Safe to call twice."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def busy(owner: str) -> StoreError:
    """The error of a second owner."""
    return make(
        "database_busy",
        f"Another orchestrator uses this database: {owner}.",
        remedy=f"Stop {owner}, reach it with --url, or name another database with --db or ASTERISM_DATABASE.",
    )
