"""Skills for archives, tar and zip."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from typing import Annotated, BinaryIO

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import FileType, Glob, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext
from tools.errors import ToolError
from tools.pack import Format, Packer, add, packer
from tools.paths import shown
from tools.places import Place, open_file
from tools.skill import skill
from tools.staging import Stage, staged
from tools.streams import chunks, digest_written
from tools.trees import Found, Tree, fits
from tools.unpack import Packed, bound, entries

Paths = Annotated[list[WorkspacePath], Field(max_length=200)]


class Archive(Output):
    path: str
    size_bytes: int
    files: int
    sha256: str


class Extracted(Output):
    path: str
    files: int
    size_bytes: int
    entries: list[str]
    truncated: bool


class Member(Output):
    path: str
    type: FileType
    size_bytes: int


class Contents(Output):
    path: str
    entries: list[Member]
    count: int
    total_bytes: int
    truncated: bool


@skill(
    "archive.create",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "zip the folder reports",
        "make a tar.gz of logs",
        "archive the project folder as project.zip",
        "compress data into backup.tar.gz",
        "pack all log files into logs.tar.gz",
        "back up the config folder as an archive",
    ),
)
def create(
    context: ToolContext,
    *,
    source: WorkspacePath,
    target: WorkspacePath,
    format: Format | None = None,
    files: Glob = "*",
    also: Paths = [],  # noqa: B006 - copied by pydantic
) -> Archive:
    """Pack a file or a folder into an archive.

    Args:
        source: File or folder to pack.
        target: Archive to write; an earlier one is replaced.
        format: Kind of archive; by default what the target's name says.
        files: Which files of a folder, such as `*.log`.
        also: Further files and folders to pack beside it.
    """
    chosen = format or _format(target)
    with ExitStack() as stack, context.workspace.replace(target) as (file, goal):
        origins = [stack.enter_context(context.workspace.locate(one)) for one in (source, *also)]
        for origin in origins:
            origin.stat()
        names = [origin.path.rpartition("/")[2] for origin in origins]
        if len(set(names)) < len(names) or (also and "." in names):
            message = (
                "two of the things to pack would have the same name in the archive: pack the folder that holds them"
            )
            raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
        with packer(context, file, chosen) as archive:
            number = sum(_pack(context, archive, origin, goal, files) for origin in origins)
        sha256, size = digest_written(context, file)
        return Archive(path=goal.path, size_bytes=size, files=number, sha256=sha256)


@skill(
    "archive.extract",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "unzip photos.zip",
        "extract backup.tar.gz into restore",
        "unpack release.zip to the folder app",
        "untar logs.tar.gz",
        "decompress data.tgz here",
    ),
)
def extract(context: ToolContext, *, archive_path: WorkspacePath, target: WorkspacePath = ".") -> Extracted:
    """Unpack an archive into a folder; files of the same names are replaced.

    Args:
        archive_path: Archive to unpack.
        target: Folder to unpack into; made where it is missing.
    """
    with (
        context.workspace.locate(archive_path) as place,
        open_file(place) as file,
        context.workspace.open_folder(target, make=True) as (folder, goal),
        staged(folder, overwrite=True) as stage,
    ):
        return _unpack(context, file, stage, goal)


@skill(
    "archive.list",
    timeout_s=600,
    examples=(
        "what is inside backup.zip?",
        "list the contents of logs.tar.gz",
        "which files does release.zip hold?",
        "show what is packed in data.tgz",
        "look into photos.zip without unpacking it",
    ),
)
def list_(context: ToolContext, *, archive_path: WorkspacePath) -> Contents:
    """List what an archive holds, without unpacking it.

    Args:
        archive_path: Archive to look into.
    """
    budget = Budget(room(context))
    members: list[Member] = []
    count = total = 0
    with (
        context.workspace.locate(archive_path) as place,
        open_file(place) as file,
        entries(context, file) as found,
    ):
        for one in found:
            count, total = count + 1, total + one.size
            member = Member(path=shown("/".join(one.names)), type=one.type, size_bytes=one.size)
            if budget.take(member):
                members.append(member)
        return Contents(
            path=place.path, entries=members, count=count, total_bytes=total, truncated=len(members) < count
        )


_ENDINGS: tuple[tuple[str, Format], ...] = ((".tar.gz", "tar.gz"), (".tgz", "tar.gz"), (".tar", "tar"), (".zip", "zip"))


def _format(target: str) -> Format:
    for ending, format in _ENDINGS:
        if target.lower().endswith(ending):
            return format
    raise ToolError(
        ErrorCode.BAD_ARGUMENTS, "the archive's name must end in .tar.gz, .tgz, .tar or .zip, or give `format`"
    )


def _pack(context: ToolContext, archive: Packer, origin: Place, goal: Place, files: str) -> int:
    """Add a file, or a folder under its own name; how many files went in."""
    name = origin.path.rpartition("/")[2]
    top = () if origin.path == "." else (name,)
    if not origin.is_folder():
        return add(archive, Found(origin, origin.stat(), top), top)
    with context.workspace.open_folder(origin.path) as (folder, place):
        tree = Tree(context, folder, place)
        number = 0
        for thing in tree:
            # An earlier archive of the same name does not go into the new one.
            if thing.place.path == goal.path or not _wanted(thing, files):
                continue
            number += add(archive, thing, top + thing.names)
        if tree.incomplete:
            raise ToolError(ErrorCode.TOOL_FAILED, f"`{origin.path}` holds folders that cannot be read, or too much")
        return number


def _wanted(thing: Found, files: str) -> bool:
    """Folders go in for themselves only where all files do."""
    return files == "*" or (not thing.is_folder and fits(files, shown(thing.place.name), thing.below))


def _unpack(context: ToolContext, file: BinaryIO, stage: Stage, goal: Place) -> Extracted:
    packed = os.fstat(file.fileno()).st_size
    budget = Budget(room(context))
    names: list[str] = []
    number = total = 0
    with entries(context, file) as found:
        for one in found:
            size = unpack_one(context, one, stage, total, packed)
            if one.type != "file":
                continue
            number, total = number + 1, total + size
            name = shown("/".join(one.names))
            if budget.take(name):
                names.append(name)
    return Extracted(path=goal.path, files=number, size_bytes=total, entries=names, truncated=len(names) < number)


def unpack_one(context: ToolContext, one: Packed, stage: Stage, before: int, packed: int) -> int:
    """Write one entry into the stage; its bytes, counted as they come: what the archive says of them may be a lie."""
    if one.type == "directory":
        stage.make_folder(one.names)
        return 0
    if one.type == "link":
        stage.link(one.names, one.target)
        return 0
    size = 0
    with one.open() as content, stage.file(one.names, mode=0o666 | stat.S_IMODE(one.mode) & 0o111) as target:
        for piece in chunks(context, content):
            size += target.write(piece)
            bound(context, before + size, packed)
        target.flush()
        if one.modified > 0:
            os.utime(target.fileno(), (one.modified, one.modified))
    return size
