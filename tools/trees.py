"""Walks a folder with all that lies in it: bounded, cancellable, never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from tools.arguments import FileType
from tools.context import ToolContext, check_cancelled
from tools.paths import shown
from tools.places import TEMPORARY, Place

MAX_ENTRIES = 1_000_000
# Every level keeps a descriptor open.
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A thing in a tree. `place` can be opened until the walk goes on. `names` lead to it from the tree's top."""

    place: Place
    stat: os.stat_result
    names: tuple[str, ...]

    @property
    def below(self) -> str:
        """Its path from the tree's top, as data."""
        return shown("/".join(self.names))

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.stat.st_mode)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.stat.st_mode)

    @property
    def type(self) -> FileType:
        return file_type(self.stat.st_mode)


def file_type(mode: int) -> FileType:
    """The type of file in a mode, as people say it."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"


def iso(seconds: float) -> str:
    """A Unix time as ISO 8601 in UTC, whole seconds; what no calendar holds becomes empty."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return ""


def fits(pattern: str, name: str, below: str) -> bool:
    """Whether a glob means this file: by its name, or where the pattern holds a slash by its path."""
    if "/" not in pattern:
        return fnmatchcase(name, pattern)
    pattern = pattern.removeprefix("./")
    return fnmatchcase(below, pattern) or (pattern.startswith("**/") and fnmatchcase(below, pattern[3:]))


class Tree:
    """The things below an open folder, each folder before what lies in it, by name.

    `incomplete` tells, after the walk, that something was passed over: too many, too deep, or not readable.
    """

    def __init__(
        self, context: ToolContext, folder: int, top: Place, *, hidden: bool = True, recursive: bool = True
    ) -> None:
        self._context = context
        self._folder = folder
        self._top = top
        self._hidden = hidden
        self._recursive = recursive
        self._seen = 0
        self.incomplete = False

    def __iter__(self) -> Iterator[Found]:
        return self._walk(self._folder, ())

    def _walk(self, folder: int, above: tuple[str, ...]) -> Iterator[Found]:
        for name in self._names(folder):
            check_cancelled(self._context)
            found = self._look(folder, name, above)
            if found is None:
                continue
            self._seen += 1
            if self._seen > MAX_ENTRIES:
                self.incomplete = True
                return
            yield found
            if found.is_folder and self._recursive:
                yield from self._enter(folder, found.names)

    def _names(self, folder: int) -> list[str]:
        return sorted(
            name
            for name in os.listdir(folder)
            if not name.startswith(TEMPORARY) and (self._hidden or not name.startswith("."))
        )

    def _look(self, folder: int, name: str, above: tuple[str, ...]) -> Found | None:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None  # deleted since the folder was read
        names = (*above, name)
        below, top = shown("/".join(names)), self._top.path
        path = below if top == "." else f"{top.rstrip('/')}/{below}"
        return Found(Place(folder, name, path, self._top.root), status, names)

    def _enter(self, folder: int, names: tuple[str, ...]) -> Iterator[Found]:
        if len(names) > MAX_DEPTH:
            self.incomplete = True
            return
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            inner = os.open(names[-1], flags, dir_fd=folder)
        except OSError:
            self.incomplete = True  # not ours to read, or another thing by now
            return
        try:
            yield from self._walk(inner, names)
        finally:
            os.close(inner)
