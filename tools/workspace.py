"""The folder that a device lets tasks work in, and the only way to its files.

Paths are relative to the workspace. The owner may allow more folders, read-only or not; those are named by their
absolute paths. No path is ever handed to the kernel whole: `locate` walks it one component at a time with openat and
O_NOFOLLOW, reads symlinks itself, and follows those that stay inside. So what is opened is what was checked, even
while someone swaps folders for links. A hard link or a mount that the owner made inside counts as inside.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from protocol.errors import ErrorCode
from tools import paths
from tools.errors import ToolError, from_os_error
from tools.places import Place, Root, enter, open_file, replacing

MAX_LINKS = 40
MAX_MADE = 4096
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Workspace:
    """The workspace at `root` (made where it is missing), and the folders that the owner allows besides."""

    def __init__(self, root: str | os.PathLike[str], extra: Sequence[Root] = ()) -> None:
        Path(root).mkdir(parents=True, exist_ok=True)
        self.home = Root.of(root, writable=True)
        self.roots = (self.home, *extra)

    @property
    def root(self) -> Path:
        """Real absolute path of the workspace."""
        return self.home.path

    @contextmanager
    def locate(self, path: str, *, write: bool = False, follow: bool = True, parents: bool = False) -> Iterator[Place]:
        """Where `path` leads. With `parents`, folders that are missing on the way are made.

        `follow` is about a link as the last component; on the way, links are followed if they stay inside.
        Raises ToolError: BAD_ARGUMENTS, OUTSIDE_WORKSPACE, NOT_FOUND (a folder on the way), DENIED (read-only).
        """
        root, todo = self.enter(paths.check(path))
        with ExitStack() as stack:
            place = _Walk(self, path, stack, parents and write).go(root, todo, follow)
            if write and not place.root.writable:
                raise ToolError(ErrorCode.DENIED, f"`{path}` is in a folder that the device's owner made read-only")
            yield place

    @contextmanager
    def open_read(self, path: str) -> Iterator[tuple[BinaryIO, Place]]:
        """A regular file, open for reading, and its place. Pipes, devices and folders are refused."""
        with self.locate(path) as place, open_file(place) as file:
            yield file, place

    @contextmanager
    def open_folder(self, path: str, *, make: bool = False) -> Iterator[tuple[int, Place]]:
        """A folder's descriptor, fit for listing, and its place. `make`: to write into; made where it is missing."""
        with self.locate(path, write=make, parents=make) as place:
            if make and place.kind() is None:
                with suppress(FileExistsError):
                    os.mkdir(place.name, dir_fd=place.folder)
            with enter(place) as folder:
                yield folder, place

    @contextmanager
    def replace(self, path: str, *, overwrite: bool = True) -> Iterator[tuple[BinaryIO, Place]]:
        """A file to write that takes the target's place, whole, when the block ends well; see `replacing`."""
        if path.endswith("/"):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{path}` names a folder: add the file's name")
        with (
            self.locate(path, write=True, parents=True) as place,
            replacing(place, overwrite=overwrite) as file,
        ):
            yield file, place

    def enter(self, path: str) -> tuple[Root, tuple[str, ...]]:
        """The root that a checked path begins at, and the components below it."""
        if path == "~" or path.startswith("~/"):
            raise paths.outside(path)
        if not path.startswith("/"):
            return self.home, paths.parts(path)
        absolute = paths.parts(path)
        for root in self.roots:
            own = root.path.parts[1:]
            if absolute[: len(own)] == own:
                return root, absolute[len(own) :]
        raise paths.outside(path)

    def show(self, root: Root, names: Sequence[str]) -> str:
        """How people name a place below a root."""
        below = "/".join(names)
        if root is self.home:
            return below or "."
        return str(root.path / below)


class _Walk:
    """One walk along a path. `stack` closes every folder that it opens."""

    def __init__(self, workspace: Workspace, path: str, stack: ExitStack, create: bool) -> None:
        self.workspace = workspace
        self.path = path
        self.stack = stack
        self.create = create
        self.links = 0
        self.made = 0

    def go(self, root: Root, todo: Sequence[str], follow: bool) -> Place:
        self._start(root)
        ahead = deque(todo)
        while ahead:
            name = ahead.popleft()
            if name == "..":
                self._up()
            elif not ahead and not (follow and self._target(name) is not None):
                shown = self.workspace.show(self.root, [*self.names, name])
                return Place(self.folders[-1], name, shown, self.root)
            else:
                self._step(name, ahead)
        return Place(self.folders[-1], ".", self.workspace.show(self.root, self.names), self.root)

    def _start(self, root: Root) -> None:
        try:
            folder = self._keep(os.open(root.path, _FOLDER))
        except FileNotFoundError:
            raise ToolError(ErrorCode.NOT_FOUND, "the device's workspace folder is gone") from None
        self.root, self.folders, self.names = root, [folder], list[str]()

    def _keep(self, descriptor: int) -> int:
        self.stack.callback(os.close, descriptor)
        return descriptor

    def _up(self) -> None:
        """`..` comes from links only: what the caller wrote has been worked out before."""
        if not self.names:
            raise paths.outside(self.path)
        self.names.pop()
        self.folders.pop()

    def _target(self, name: str) -> str | None:
        """Where a link points, or None where `name` is no link."""
        try:
            return os.readlink(name, dir_fd=self.folders[-1])
        except OSError:
            return None

    def _step(self, name: str, ahead: deque[str]) -> None:
        try:
            folder = os.open(name, _FOLDER, dir_fd=self.folders[-1])
        except FileNotFoundError:
            self._make(name)
            # Looked at anew: what is there now may be a link that someone was quicker to make.
            ahead.appendleft(name)
        except OSError as error:
            target = self._target(name)
            if target is None:
                raise from_os_error(error, self.path) from error
            self._splice(target, ahead)
        else:
            self.folders.append(self._keep(folder))
            self.names.append(name)

    def _make(self, name: str) -> None:
        self.made += 1
        if not self.create or not self.root.writable or self.made > MAX_MADE:
            raise ToolError(ErrorCode.NOT_FOUND, f"`{self.path}`: there is no folder `{name}`") from None
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self.folders[-1])

    def _splice(self, target: str, ahead: deque[str]) -> None:
        """Go on where a link points, by our own steps."""
        self.links += 1
        if self.links > MAX_LINKS:
            raise ToolError(ErrorCode.OUTSIDE_WORKSPACE, f"`{self.path}` leads through too many symbolic links")
        if not target.startswith("/"):
            ahead.extendleft(reversed([part for part in target.split("/") if part not in ("", ".")]))
            return
        try:
            root, below = self.workspace.enter(paths.check(target))
        except ToolError:
            raise paths.outside(self.path) from None
        self._start(root)
        ahead.extendleft(reversed(below))
