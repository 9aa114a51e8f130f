"""Fills a folder all at once: files are made in a hidden folder inside it, and moved up when all is well."""

from __future__ import annotations

import ctypes
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO

from protocol.errors import ErrorCode
from tools.errors import ToolError, from_os_error
from tools.places import TEMPORARY, sync_folder
from tools.streams import CHUNK

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Stage:
    """The hidden folder. Names are given as the components below it, checked by the caller."""

    def __init__(self, folder: int) -> None:
        self.folder = folder

    @contextmanager
    def file(self, names: Sequence[str], *, mode: int = 0o666) -> Iterator[BinaryIO]:
        """A new file, open for writing; its folders are made. A name given twice replaces the earlier file."""
        with self._above(names) as above:
            self._clear(above, names[-1])
            with os.fdopen(os.open(names[-1], _NEW, mode & 0o777, dir_fd=above), "wb") as file:
                yield file

    def make_folder(self, names: Sequence[str]) -> None:
        with self._above([*names, "."]):
            pass

    def link(self, names: Sequence[str], target: str) -> None:
        """A symbolic link. The caller has made sure that it stays inside."""
        with self._above(names) as above:
            self._clear(above, names[-1])
            os.symlink(target, names[-1], dir_fd=above)

    @contextmanager
    def _above(self, names: Sequence[str]) -> Iterator[int]:
        with ExitStack() as stack:
            folder = self.folder
            for name in names[:-1]:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
                folder = os.open(name, _FOLDER, dir_fd=folder)
                stack.callback(os.close, folder)
            yield folder

    def _clear(self, folder: int, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


@contextmanager
def staged(folder: int, *, overwrite: bool, same: bool = False) -> Iterator[Stage]:
    """A stage inside an open folder; its content moves into the folder when the block ends well.

    Raises ToolError(ALREADY_EXISTS), before anything is moved, where a name is taken that may not be replaced: any
    name without `overwrite`, but with `same` one whose content is the very same.
    """
    name = f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    os.mkdir(name, 0o700, dir_fd=folder)
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
        try:
            yield Stage(inner)
            _compare(inner, folder, "", overwrite, same)
            _sync(inner)
            _merge(inner, folder)
        finally:
            os.close(inner)
    finally:
        remove(folder, name)
    sync_folder(folder)


def _sync(folder: int) -> None:
    """Make all files durable before any gets its name: once for all of them, not a wait for each."""
    try:
        ctypes.CDLL(None).syncfs(folder)
    except (OSError, AttributeError):
        os.sync()


def _mode(folder: int, name: str) -> int:
    """The mode of what is there, or 0."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def _compare(source: int, target: int, prefix: str, overwrite: bool, same: bool) -> None:
    """Raises where the merge would have to replace what it may not."""
    for name in sorted(os.listdir(source)):
        ours, theirs = _mode(source, name), _mode(target, name)
        if not theirs:
            continue
        if stat.S_ISDIR(ours) and stat.S_ISDIR(theirs):
            with _both(source, target, name) as (inner, outer):
                _compare(inner, outer, f"{prefix}{name}/", overwrite, same)
        elif stat.S_ISDIR(ours) or stat.S_ISDIR(theirs) or not (overwrite or (same and _same(source, target, name))):
            raise ToolError(ErrorCode.ALREADY_EXISTS, f"`{prefix}{name}` exists already in the target folder")


def _same(source: int, target: int, name: str) -> bool:
    """Whether two files, or two links, are the same."""
    modes = [stat.S_IFMT(_mode(folder, name)) for folder in (source, target)]
    if modes[0] != modes[1]:
        return False
    if modes[0] == stat.S_IFLNK:
        return os.readlink(name, dir_fd=source) == os.readlink(name, dir_fd=target)
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(os.fdopen(os.open(name, _READ, dir_fd=folder), "rb")) for folder in (source, target)
        )
        while (piece := one.read(CHUNK)) == other.read(CHUNK):
            if not piece:
                return True
        return False


def _merge(source: int, target: int) -> None:
    for name in sorted(os.listdir(source)):
        if stat.S_ISDIR(_mode(source, name)) and stat.S_ISDIR(_mode(target, name)):
            with _both(source, target, name) as (inner, outer):
                _merge(inner, outer)
        else:
            os.replace(name, name, src_dir_fd=source, dst_dir_fd=target)


@contextmanager
def _both(source: int, target: int, name: str) -> Iterator[tuple[int, int]]:
    with ExitStack() as stack:
        opened = []
        for folder in (source, target):
            opened.append(os.open(name, _FOLDER, dir_fd=folder))
            stack.callback(os.close, opened[-1])
        yield opened[0], opened[1]


def remove(folder: int, name: str, check: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """Delete a file, link or folder with all in it, never through a link. How many things went, and their bytes.

    `check` is called before each deletion, and may raise to stop there.
    """
    check()
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=folder)
        return 1, status.st_size if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 else 0
    count, freed = 1, 0
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        raise from_os_error(error, name) from error
    try:
        for one in os.listdir(inner):
            more, bytes_ = remove(inner, one, check)
            count, freed = count + more, freed + bytes_
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)
    return count, freed
