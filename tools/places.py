"""What a path leads to, and opening it: regular files only, and writing that is all or nothing."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from protocol.errors import ErrorCode
from tools.errors import ToolError, from_os_error

# Unfinished files begin with this; nothing else of ours does.
TEMPORARY = ".asterism-"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that tasks may use: its real absolute path."""

    path: Path
    writable: bool = False

    @classmethod
    def of(cls, path: str | os.PathLike[str], *, writable: bool = False) -> Root:
        return cls(Path(os.path.realpath(path)), writable)


@dataclass(frozen=True, slots=True)
class Place:
    """A name in an open folder: where a path leads. Valid while its `locate` lasts. The file need not exist.

    `name` is `.` for a root itself. `path` is how people name it.
    """

    folder: int
    name: str
    path: str
    root: Root

    def stat(self) -> os.stat_result:
        """Of the thing itself, never of what a link points to. Raises ToolError(NOT_FOUND)."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except OSError as error:
            raise from_os_error(error, self.path) from error

    def kind(self) -> int | None:
        """The file type bits (`stat.S_IFMT`), or None where there is nothing."""
        try:
            return stat.S_IFMT(os.stat(self.name, dir_fd=self.folder, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return None

    def is_folder(self) -> bool:
        return self.kind() == stat.S_IFDIR

    def open(self, flags: int, mode: int = 0o666) -> int:
        """A descriptor. Never follows a link, never waits for the other end of a pipe."""
        try:
            return os.open(self.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=self.folder)
        except OSError as error:
            raise from_os_error(error, self.path) from error


def _regular(place: Place, mode: int) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for what has no content of its own, such as a pipe or a device."""
    if not stat.S_ISREG(mode):
        noun = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}` is {noun}, not a file")


@contextmanager
def open_file(place: Place, flags: int = os.O_RDONLY) -> Iterator[BinaryIO]:
    """A regular file at `place`, unbuffered for writing, buffered for reading."""
    if not flags & os.O_CREAT or place.kind() is not None:
        # Before it is opened: opening a device can have an effect of its own.
        _regular(place, place.stat().st_mode)
    descriptor = place.open(flags)
    with os.fdopen(descriptor, "rb" if flags & os.O_ACCMODE == os.O_RDONLY else "wb") as file:
        _regular(place, os.fstat(descriptor).st_mode)
        yield file


@contextmanager
def enter(place: Place) -> Iterator[int]:
    """A descriptor of the folder at `place`, fit for listing."""
    if not place.is_folder():
        place.stat()
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}` is not a folder")
    descriptor = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def replacing(place: Place, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """A file beside `place` that takes its name, durable, when the block ends well; else nothing is left of it.

    Keeps the permissions of a file that is there. Raises ToolError(ALREADY_EXISTS) without `overwrite`.
    """
    mode = _replaceable(place, overwrite)
    temporary = f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    descriptor = os.open(
        temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=place.folder
    )
    try:
        with os.fdopen(descriptor, "w+b") as file:
            if mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(descriptor)
        commit(place, temporary, overwrite=overwrite)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=place.folder)


def _replaceable(place: Place, overwrite: bool) -> int | None:
    """The mode of the file that will be replaced, if there is one."""
    if place.kind() is None:
        return None
    if place.is_folder():
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"`{place.path}` is a folder")
    if not overwrite:
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"`{place.path}` exists already: allow overwriting, or name another")
    mode = place.stat().st_mode
    if not stat.S_ISLNK(mode):
        _regular(place, mode)
    return mode if stat.S_ISREG(mode) else None


def commit(place: Place, temporary: str, *, overwrite: bool) -> None:
    """Give a finished file in the same folder its name, and make the name durable."""
    if overwrite:
        os.replace(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    else:
        # link fails where the name is taken: a rename would replace what came there since we looked.
        try:
            os.link(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder, follow_symlinks=False)
        except OSError as error:
            raise from_os_error(error, place.path) from error
    sync_folder(place.folder)


def sync_folder(folder: int) -> None:
    """Make the names in a folder durable. `folder` may be a path-only descriptor."""
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
