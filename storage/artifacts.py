"""Contents of artifacts as files under their SHA-256: `<folder>/ab/cdef...`, fanned out over 256 folders.

    begin ──> Incoming.write ... ──> finish: hash verified, synced, renamed to its name
                     └─ close, or a crash ──> the partial file stays; begin again goes on behind what is there

A content has its name only when it is whole, so whatever can be opened is right. Every method blocks on the disk: call
them off the event loop (`asyncio.to_thread`). Different contents are independent of one another, and one content has
one writer at a time.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

DIGEST = re.compile(r"[0-9a-f]{64}")
READ_BYTES = 1 << 20
DEFAULT_LIMIT_BYTES = 8 << 30


class ArtifactError(Exception):
    """A content cannot be taken or given. `code` is stable.

    `artifact_too_large`, `artifact_unknown`, `artifact_busy` (another transfer of this content is under way),
    `hash_mismatch`, `bad_offset`, `storage_full`, `storage_unavailable`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ArtifactFiles:
    """The artifact store under `folder`, which is made when it is first written to."""

    def __init__(self, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes

    def begin(self, sha256: str, size: int) -> Incoming | None:
        """A writer that goes on where an earlier one left off; None where the content is here already.

        Raises ArtifactError(`artifact_too_large`, `artifact_busy`, `storage_unavailable`).
        """
        path = self.path(sha256)
        if not 0 <= size <= self._limit:
            raise ArtifactError("artifact_too_large", f"An artifact has at most {self._limit} bytes.")
        if path.is_file():
            return None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return Incoming(path, sha256, size)
        except OSError as error:
            raise _storage_error(error) from error

    def open(self, sha256: str, offset: int = 0) -> Outgoing:
        """A reader that stands at `offset`. Raises ArtifactError(`artifact_unknown`, `bad_offset`)."""
        try:
            file = self.path(sha256).open("rb")
        except FileNotFoundError as error:
            raise ArtifactError("artifact_unknown", f"No artifact {sha256} is stored here.") from error
        except OSError as error:
            raise _storage_error(error) from error
        outgoing = Outgoing(file)
        if not 0 <= offset <= outgoing.size:
            outgoing.close()
            raise ArtifactError("bad_offset", f"The artifact has {outgoing.size} bytes; {offset} lies behind its end.")
        outgoing.seek(offset)
        return outgoing

    def came(self, sha256: str) -> int:
        """How many bytes there are of a content that is still coming in."""
        try:
            return _partial(self.path(sha256)).stat().st_size
        except FileNotFoundError:
            return 0

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> bool:
        """Remove a content and what there is of it in part; whether it was here whole."""
        path = self.path(sha256)
        _partial(path).unlink(missing_ok=True)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def discard(self, sha256: str) -> int:
        """Remove a content that is here whole, and leave alone what is still coming in; how many bytes it had."""
        path = self.path(sha256)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        return size

    def sweep(self, before: float) -> int:
        """Remove what came in part and was not gone on with since `before`, a Unix time; how many there were."""
        removed = 0
        for part in self._folder.glob("??/*.part"):
            try:
                if part.stat().st_mtime < before:
                    part.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # Finished in the meantime.
        return removed

    def path(self, sha256: str) -> Path:
        """Where a content lies, or would. Raises ArtifactError for what is no SHA-256: no path can be smuggled in."""
        if not DIGEST.fullmatch(sha256):
            raise ArtifactError("artifact_unknown", "An artifact is named by 64 hexadecimal digits.")
        return self._folder / sha256[:2] / sha256[2:]


class Incoming:
    """A content on its way in; `offset` is how many of its `size` bytes are here."""

    def __init__(self, path: Path, sha256: str, size: int) -> None:
        self.size = size
        self._path = path
        self._sha256 = sha256
        self._partial = _partial(path)
        self._file: BinaryIO | None = _open_alone(self._partial)
        try:
            self._hash, self.offset = _read_again(self._file, size)
        except OSError:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """Take the bytes at `offset`. Raises ArtifactError(`artifact_too_large`, `storage_full`)."""
        file = self._opened()
        if self.offset + len(data) > self.size:
            raise ArtifactError("artifact_too_large", f"More than the {self.size} bytes came that were announced.")
        try:
            _write_all(file, data)
        except OSError as error:
            self._cut_back()
            raise _storage_error(error) from error
        self._hash.update(data)
        self.offset += len(data)

    def finish(self) -> None:
        """Verify and keep. Raises ArtifactError(`hash_mismatch`), after which nothing of it is left."""
        file = self._opened()
        if self.offset != self.size:
            raise ArtifactError("bad_offset", f"{self.size - self.offset} bytes are still to come.")
        if self._hash.hexdigest() != self._sha256:
            self._partial.unlink(missing_ok=True)
            self.close()
            raise ArtifactError("hash_mismatch", f"What came is not the content {self._sha256}: send it again.")
        try:
            os.fsync(file.fileno())
            self._partial.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise _storage_error(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Leave off; what came stays for a resume. Safe to call twice."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ArtifactError("storage_unavailable", "This transfer has ended.")
        return self._file

    def _cut_back(self) -> None:
        """Part of a write may have come to the disk: what is there must be what was hashed."""
        try:
            self._opened().truncate(self.offset)
            self._opened().seek(self.offset)
        except OSError:
            self.close()


class Outgoing:
    """A stored content, open for reading."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def seek(self, offset: int) -> None:
        self._file.seek(offset)

    def read(self, size: int = READ_BYTES) -> bytes:
        """The next bytes, at most `size`; empty at the end."""
        try:
            return self._file.read(size)
        except OSError as error:
            raise _storage_error(error) from error

    def read_at(self, offset: int, size: int) -> bytes:
        """Bytes from anywhere; does not move the place of `read`."""
        try:
            return os.pread(self._file.fileno(), size, offset)
        except OSError as error:
            raise _storage_error(error) from error

    def close(self) -> None:
        self._file.close()


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _open_alone(path: Path) -> BinaryIO:
    """The file for reading and writing, unbuffered, locked against other writers. Raises ArtifactError, OSError."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The writer before us may have finished and renamed it in the meantime.
        if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
            raise BlockingIOError
    except BlockingIOError as error:
        file.close()
        raise ArtifactError("artifact_busy", "This content is being transferred already: try again.") from error
    except BaseException:
        file.close()
        raise
    return file


def _read_again(file: BinaryIO, size: int) -> tuple[hashlib._Hash, int]:
    """Hash what an earlier transfer left. More than the whole cannot be of this content: begin anew."""
    digest = hashlib.sha256()
    if os.fstat(file.fileno()).st_size > size:
        file.truncate(0)
    offset = 0
    while data := file.read(READ_BYTES):
        digest.update(data)
        offset += len(data)
    return digest, offset


def _write_all(file: BinaryIO, data: bytes) -> None:
    """An unbuffered write may take only part."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(error: OSError) -> ArtifactError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ArtifactError("storage_full", "The disk of the artifact store is full: make room, then send it again.")
    return ArtifactError("storage_unavailable", f"The artifact store cannot be used: {error.strerror or error}.")
