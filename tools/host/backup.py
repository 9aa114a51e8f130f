"""Skills that back files up, check backups, and restore them.

A backup is a .tar.gz whose last entry, `asterism-manifest.json`, names every file with its size and SHA-256 as they
were packed. It is read back and compared before it gets its name; a restored file counts only with its hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat as status
import time
from typing import Annotated, BinaryIO, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.archives import unpack_one
from tools.arguments import Output, WorkspacePath
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError
from tools.pack import Packer, add, packer
from tools.paths import shown
from tools.skill import skill
from tools.staging import staged
from tools.streams import chunks, digest_written
from tools.trees import Found, Tree, iso
from tools.unpack import Packed, bound, entries

MANIFEST: Final = "asterism-manifest.json"
VERSION: Final = 1
MANIFEST_BYTES: Final = 64 << 20
SHOWN: Final = 20

Paths = Annotated[list[WorkspacePath], Field(min_length=1, max_length=200)]
Hashes = dict[str, tuple[str, int]]


class Backup(Output):
    """`sha256` is of the backup itself."""

    path: str
    sha256: str
    size_bytes: int
    files: int
    content_bytes: int


class Checked(Output):
    """`wrong` are files whose content is not what the manifest says, `missing` those that are not there."""

    path: str
    intact: bool
    made: str
    files: int
    content_bytes: int
    wrong: list[str]
    missing: list[str]
    unknown: list[str]


class Restored(Output):
    path: str
    files: int
    content_bytes: int


@skill(
    "backup.create",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "make a backup of the folder data with checksums",
        "create a verified backup of config and www as nightly.tar.gz",
        "back up reports with a manifest",
        "take a backup of the project folder that can be verified",
    ),
)
def create(context: ToolContext, *, paths: Paths, target: WorkspacePath, overwrite: bool = False) -> Backup:
    """Pack files and folders into a backup with a manifest of checksums, and check it before it gets its name.

    Args:
        paths: Files and folders to back up.
        target: Backup to write, a name that ends in .tar.gz.
        overwrite: Whether an earlier one of this name may be replaced.
    """
    if not target.endswith((".tar.gz", ".tgz")):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the backup's name must end in .tar.gz")
    with context.workspace.replace(target, overwrite=overwrite) as (file, goal):
        hashes: Hashes = {}
        with packer(context, file, "tar.gz") as archive:
            seen = _Hashing(archive, hashes)
            for path in paths:
                _add_all(context, seen, path, goal.path)
            _add_manifest(archive, hashes)
        sha256, size = digest_written(context, file)
        file.seek(0)
        found = _read(context, file)
        if found.hashes != hashes or found.manifest.files != hashes:
            raise ToolError(ErrorCode.TOOL_FAILED, "the backup, read back, is not what was packed: is the disk sound?")
        total = sum(length for _, length in hashes.values())
        return Backup(path=goal.path, sha256=sha256, size_bytes=size, files=len(hashes), content_bytes=total)


@skill(
    "backup.verify",
    timeout_s=3600,
    examples=(
        "verify the backup nightly.tar.gz",
        "is the backup of yesterday intact?",
        "check the checksums of backups/config.tar.gz",
        "test whether the backup can be restored",
    ),
)
def verify(context: ToolContext, *, backup_path: WorkspacePath) -> Checked:
    """Check every file of a backup against its manifest.

    Args:
        backup_path: The backup.
    """
    with context.workspace.open_read(backup_path) as (file, place):
        found = _read(context, file)
        wanted = found.manifest.files
        wrong = sorted(name for name in found.hashes if name in wanted and found.hashes[name] != wanted[name])
        missing = sorted(wanted.keys() - found.hashes.keys())
        unknown = sorted(found.hashes.keys() - wanted.keys())
        return Checked(
            path=place.path,
            intact=not (wrong or missing or unknown),
            made=found.manifest.made,
            files=len(wanted),
            content_bytes=sum(length for _, length in wanted.values()),
            wrong=wrong[:SHOWN],
            missing=missing[:SHOWN],
            unknown=unknown[:SHOWN],
        )


@skill(
    "backup.restore",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "restore the backup nightly.tar.gz into restored",
        "get the files of the backup config.tar.gz back",
        "restore backups/www.tar.gz to a new folder",
        "unpack the backup and check it",
    ),
)
def restore(context: ToolContext, *, backup_path: WorkspacePath, target: WorkspacePath) -> Restored:
    """Restore a backup into a folder, every file checked against the manifest; nothing that is there is replaced.

    Args:
        backup_path: The backup.
        target: Folder to restore into; files that are there already must be the very same.
    """
    with (
        context.workspace.open_read(backup_path) as (file, _),
        context.workspace.open_folder(target, make=True) as (folder, goal),
        staged(folder, overwrite=False, same=True) as stage,
    ):
        found = _Reading()
        total, packed = 0, os.fstat(file.fileno()).st_size
        with entries(context, file) as listed:
            for one in listed:
                if one.names == (MANIFEST,):
                    found.manifest = _manifest(one)
                    continue
                hashing = _HashingEntry(one)
                total += unpack_one(context, hashing.entry, stage, total, packed)
                if one.type == "file":
                    found.hashes[_name(one.names)] = (hashing.state.hexdigest(), hashing.size)
        if found.hashes != found.manifest.files:
            raise ToolError(
                ErrorCode.HASH_MISMATCH, "the backup is damaged, and nothing was restored: `backup.verify` tells where"
            )
        return Restored(path=goal.path, files=len(found.hashes), content_bytes=total)


class _Manifest:
    def __init__(self, files: Hashes, made: str) -> None:
        self.files = files
        self.made = made


class _Reading:
    """What a backup holds, and what it says that it holds."""

    def __init__(self) -> None:
        self.hashes: Hashes = {}
        self._manifest: _Manifest | None = None

    @property
    def manifest(self) -> _Manifest:
        if self._manifest is None:
            raise ToolError(
                ErrorCode.BAD_ARGUMENTS, "this is no backup of ours, or its end is missing: it has no manifest"
            )
        return self._manifest

    @manifest.setter
    def manifest(self, found: _Manifest) -> None:
        self._manifest = found


class _Hashing:
    """A packer that notes what it packs."""

    def __init__(self, archive: Packer, hashes: Hashes) -> None:
        self._archive = archive
        self._hashes = hashes

    def folder(self, names: tuple[str, ...], found: os.stat_result) -> None:
        self._archive.folder(names, found)

    def link(self, names: tuple[str, ...], found: os.stat_result, target: str) -> None:
        self._archive.link(names, found, target)

    def file(self, names: tuple[str, ...], found: os.stat_result, content: BinaryIO) -> None:
        if _name(names) in self._hashes or names == (MANIFEST,):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{shown('/'.join(names))}` would be in the backup twice")
        reader = _Reader(content, found.st_size)
        self._archive.file(names, found, reader)  # type: ignore[arg-type]
        self._hashes[_name(names)] = (reader.state.hexdigest(), found.st_size)


class _Reader(io.RawIOBase):
    """Content, hashed as it is read. One that shrinks meanwhile is filled up with zeros, as the archive's is."""

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._content = content
        self._left = size
        self.state = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._content.read(wanted) or b"\0" * wanted
        self._left -= len(data)
        self.state.update(data)
        return data


class _HashingEntry:
    """An entry whose content is hashed as it is unpacked."""

    def __init__(self, one: Packed) -> None:
        self.state = hashlib.sha256()
        self.size = 0
        self._one = one
        self.entry = Packed(one.names, one.type, one.size, one.mode, one.modified, self._open, one.target)

    def _open(self) -> BinaryIO:
        return _Tee(self._one.open(), self)  # type: ignore[return-value]


class _Tee(io.RawIOBase):
    def __init__(self, content: BinaryIO, into: _HashingEntry) -> None:
        self._content = content
        self._into = into

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        self._into.state.update(data)
        self._into.size += len(data)
        return data


def _name(names: tuple[str, ...]) -> str:
    return shown("/".join(names))


def _add_all(context: ToolContext, archive: _Hashing, path: str, goal: str) -> None:
    """A file, or a folder with all in it, under its path in the workspace."""
    with context.workspace.locate(path) as origin:
        found = origin.stat()
        top = () if origin.path == "." else tuple(origin.path.strip("/").split("/"))
        if not origin.is_folder():
            if not status.S_ISREG(found.st_mode):
                raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{origin.path}` is neither a file nor a folder")
            add(archive, Found(origin, found, top), top)
            return
    with context.workspace.open_folder(path) as (folder, place):
        tree = Tree(context, folder, place)
        for thing in tree:
            if thing.place.path != goal:  # an earlier backup of the same name does not go into the new one
                add(archive, thing, top + thing.names)
        if tree.incomplete:
            raise ToolError(ErrorCode.TOOL_FAILED, f"`{path}` holds folders that cannot be read, or too much")


def _add_manifest(archive: Packer, hashes: Hashes) -> None:
    files: Json = [{"path": name, "sha256": sha256, "bytes": size} for name, (sha256, size) in sorted(hashes.items())]
    data = json.dumps({"version": VERSION, "made": iso(time.time()), "files": files}, indent=0).encode()
    mode, now = status.S_IFREG | 0o644, int(time.time())
    archive.file((MANIFEST,), os.stat_result((mode, 0, 0, 1, 0, 0, len(data), now, now, now)), io.BytesIO(data))


def _read(context: ToolContext, file: BinaryIO) -> _Reading:
    """Every file's hash. Raises ToolError(BAD_ARGUMENTS) for what is no backup."""
    found, total, packed = _Reading(), 0, os.fstat(file.fileno()).st_size
    with entries(context, file) as listed:
        for one in listed:
            check_cancelled(context)
            if one.names == (MANIFEST,):
                found.manifest = _manifest(one)
            elif one.type == "file":
                state, size = hashlib.sha256(), 0
                with one.open() as content:
                    for piece in chunks(context, content):
                        state.update(piece)
                        size += len(piece)
                        bound(context, total + size, packed)
                total += size
                found.hashes[_name(one.names)] = (state.hexdigest(), size)
    _ = found.manifest
    return found


def _manifest(one: Packed) -> _Manifest:
    if one.size > MANIFEST_BYTES:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the backup's manifest is out of all proportion")
    with one.open() as content:
        data = content.read(MANIFEST_BYTES)
    try:
        said = json.loads(data)
        files = {str(file["path"]): (str(file["sha256"]), int(file["bytes"])) for file in said["files"]}
        return _Manifest(files, str(said["made"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the backup's manifest cannot be read") from None
