"""Skills that rearrange files: copy, move, make folders, delete."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output, WorkspacePath
from tools.context import ToolContext, check_cancelled, repeated
from tools.errors import ToolError
from tools.files import done_before
from tools.places import Place, enter, open_file, replacing, sync_folder
from tools.skill import skill
from tools.staging import Stage, remove, staged
from tools.streams import chunks, digest
from tools.trees import Found, Tree


class Transferred(Output):
    source: str
    path: str
    size_bytes: int
    files: int
    skipped: int


class Made(Output):
    path: str
    created: bool


class Deleted(Output):
    path: str
    deleted: int
    freed_bytes: int


@skill(
    "file.copy",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "copy app.conf to app.conf.bak",
        "make a copy of report.md in archive/",
        "duplicate the folder templates as templates-old",
        "back up data.db to backups/data.db",
        "cp notes.txt to shared/notes.txt",
        "copy the logs folder into backup",
    ),
)
def copy(context: ToolContext, *, source: WorkspacePath, target: WorkspacePath, overwrite: bool = False) -> Transferred:
    """Copy a file or a folder on the same device.

    Args:
        source: File or folder to copy.
        target: Its new name; a file goes into a folder that exists.
        overwrite: Whether files that exist may be replaced.
    """
    with _ends(context, source, target) as (origin, goal):
        if origin.is_folder():
            return _copy_folder(context, origin, goal, overwrite)
        if not overwrite and repeated(context):
            with open_file(origin) as file:
                overwrite = done_before(context, str(context.workspace.root / goal.path), digest(context, file)[0])
        return _copy_file(context, origin, goal, overwrite)


@skill(
    "file.move",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=3600,
    examples=(
        "move report.pdf to archive/",
        "rename draft.txt to final.txt",
        "mv old.log to logs/old.log",
        "put invoice.pdf into the folder 2026",
        "rename the folder tmp to scratch",
        "move all of inbox into done",
    ),
)
def move(context: ToolContext, *, source: WorkspacePath, target: WorkspacePath, overwrite: bool = False) -> Transferred:
    """Move or rename a file or a folder on the same device.

    Args:
        source: File or folder to move.
        target: Its new name; a file goes into a folder that exists.
        overwrite: Whether a file that exists may be replaced.
    """
    with _ends(context, source, target, moving=True) as (origin, goal):
        if goal.is_folder() or (goal.kind() is not None and (origin.is_folder() or not overwrite)):
            raise ToolError(
                ErrorCode.ALREADY_EXISTS, f"`{goal.path}` exists already: allow overwriting, or name another"
            )
        size = origin.stat().st_size if not origin.is_folder() else 0
        try:
            os.rename(origin.name, goal.name, src_dir_fd=origin.folder, dst_dir_fd=goal.folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return _move_across(context, origin, goal, overwrite)
        sync_folder(goal.folder)
        sync_folder(origin.folder)
        return Transferred(source=origin.path, path=goal.path, size_bytes=size, files=1, skipped=0)


@skill(
    "file.mkdir",
    risk=Risk.WRITE,
    examples=(
        "make a folder called reports",
        "create the directory data/raw",
        "mkdir backups/2026",
        "add a new folder named photos",
        "set up an empty folder for results",
    ),
)
def mkdir(context: ToolContext, *, path: WorkspacePath) -> Made:
    """Make a folder, with those above it; one that exists is left as it is.

    Args:
        path: Folder to make.
    """
    with context.workspace.locate(path, write=True, parents=True) as place:
        if place.is_folder():
            return Made(path=place.path, created=False)
        os.mkdir(place.name, dir_fd=place.folder)
        sync_folder(place.folder)
        return Made(path=place.path, created=True)


@skill(
    "file.delete",
    risk=Risk.DESTRUCTIVE,
    timeout_s=3600,
    examples=(
        "delete old.log",
        "remove the folder cache and everything in it",
        "rm -r build",
        "get rid of tmp.txt",
        "erase the file secrets.txt from the laptop",
        "throw away the downloads folder",
    ),
)
def delete(context: ToolContext, *, path: WorkspacePath, recursive: bool = False) -> Deleted:
    """Delete a file, or with `recursive` a folder with all that lies in it.

    Args:
        path: File or folder to delete; a link is deleted, not what it points to.
        recursive: Whether a folder that is not empty may go.
    """
    with context.workspace.locate(path, write=True, follow=False) as place:
        _not_the_root(place)
        if place.kind() is None and repeated(context):
            return Deleted(path=place.path, deleted=0, freed_bytes=0)
        if place.is_folder() and not recursive:
            with enter(place) as folder:
                if os.listdir(folder):
                    raise ToolError(
                        ErrorCode.BAD_ARGUMENTS,
                        f"`{place.path}` is a folder that is not empty: delete it with `recursive`",
                    )
        place.stat()
        count, freed = remove(place.folder, place.name, lambda: check_cancelled(context))
        sync_folder(place.folder)
        return Deleted(path=place.path, deleted=count, freed_bytes=freed)


def _not_the_root(place: Place) -> None:
    if place.name == ".":
        raise ToolError(ErrorCode.DENIED, "the workspace itself stays: name something in it")


@contextmanager
def _ends(context: ToolContext, source: str, target: str, *, moving: bool = False) -> Iterator[tuple[Place, Place]]:
    """Where from and where to. A file goes into a folder that exists; anything goes into one named with a slash."""
    locate = context.workspace.locate
    with locate(source, write=moving, follow=not moving) as origin:
        origin.stat()
        if moving:
            _not_the_root(origin)
        name = origin.path.rpartition("/")[2]
        with locate(target, write=True, parents=True) as goal:
            into = target.endswith("/") or (goal.is_folder() and not origin.is_folder())
        with locate(f"{target}/{name}" if into else target, write=True, parents=True) as goal:
            _apart(origin, goal)
            yield origin, goal


def _apart(origin: Place, goal: Place) -> None:
    """Raises where a thing would go onto or into itself. Paths of places hold no links, so they can be compared."""
    if origin.path == goal.path:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{origin.path}` is both source and target")
    if origin.is_folder() and (
        (origin.path == "." and goal.root == origin.root) or goal.path.startswith(origin.path + "/")
    ):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{origin.path}` cannot go into itself: `{goal.path}`")


def _pour(context: ToolContext, file: BinaryIO, target: BinaryIO) -> int:
    """Copy content, permissions and times into an open file; the bytes copied."""
    size = 0
    for piece in chunks(context, file):
        size += target.write(piece)
    target.flush()
    status = os.fstat(file.fileno())
    os.fchmod(target.fileno(), stat.S_IMODE(status.st_mode) & 0o777)
    os.utime(target.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
    return size


def _copy_file(context: ToolContext, origin: Place, goal: Place, overwrite: bool) -> Transferred:
    with open_file(origin) as file, replacing(goal, overwrite=overwrite) as target:
        size = _pour(context, file, target)
    return Transferred(source=origin.path, path=goal.path, size_bytes=size, files=1, skipped=0)


def _copy_folder(context: ToolContext, origin: Place, goal: Place, overwrite: bool) -> Transferred:
    new = goal.kind() is None
    # A folder in the way may be what an earlier attempt made: then its content tells.
    if not new and not ((overwrite or repeated(context)) and goal.is_folder()):
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"`{goal.path}` exists already: allow overwriting, or name another")
    if new:
        os.mkdir(goal.name, dir_fd=goal.folder)
    size = files = skipped = 0
    try:
        with (
            enter(origin) as source,
            enter(goal) as folder,
            staged(folder, overwrite=overwrite, same=repeated(context)) as stage,
        ):
            tree = Tree(context, source, origin)
            for thing in tree:
                copied = _copy_into(context, stage, thing)
                files, skipped, size = files + (copied is not None), skipped + (copied is None), size + (copied or 0)
            if tree.incomplete:
                raise ToolError(
                    ErrorCode.TOOL_FAILED, f"`{origin.path}` holds folders that cannot be read, or too much"
                )
    except BaseException:
        if new:
            with suppress(OSError):
                os.rmdir(goal.name, dir_fd=goal.folder)
        raise
    return Transferred(source=origin.path, path=goal.path, size_bytes=size, files=files, skipped=skipped)


def _copy_into(context: ToolContext, stage: Stage, thing: Found) -> int | None:
    """Copy one thing of a tree; its bytes, or None for what cannot be copied, such as a socket."""
    names = thing.names
    if thing.is_folder:
        stage.make_folder(names)
    elif thing.is_file:
        with open_file(thing.place) as file, stage.file(names) as target:
            return _pour(context, file, target)
    elif stat.S_ISLNK(thing.stat.st_mode):
        stage.link(names, os.readlink(thing.place.name, dir_fd=thing.place.folder))
    else:
        return None
    return 0


def _move_across(context: ToolContext, origin: Place, goal: Place, overwrite: bool) -> Transferred:
    """Between file systems: copy it whole, then delete the source."""
    if origin.is_folder():
        done = _copy_folder(context, origin, goal, overwrite)
        if done.skipped:
            raise ToolError(
                ErrorCode.TOOL_FAILED, f"`{origin.path}` was copied, not deleted: not all of it can be moved"
            )
    else:
        done = _copy_file(context, origin, goal, overwrite)
    remove(origin.folder, origin.name, lambda: check_cancelled(context))
    sync_folder(origin.folder)
    return done
