"""Reads archives that may be hostile: what leads out is refused, and so is what grows out of all proportion."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from protocol.errors import ErrorCode
from tools import paths
from tools.arguments import FileType
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError

MAX_ENTRIES = 100_000
MAX_DEPTH = 64
# Beyond this size, unpacked content may be so many times as large as the archive.
FREE_BYTES = 100 << 20
MAX_RATIO = 200
# A tar header that wants more at once is no honest one.
MAX_READ = 4 << 20
MAX_DIRECTORY = 32 << 20
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
# What Python's readers raise for what they cannot read, besides their own errors.
_UNREADABLE = (*_BROKEN, NotImplementedError, RuntimeError, struct.error, UnicodeError, ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class Packed:
    """An entry of an archive. `open` gives a file's content, in the archive's order. `target` is a link's."""

    names: tuple[str, ...]
    type: FileType
    size: int
    mode: int
    modified: float
    open: Callable[[], BinaryIO]
    target: str = ""


class Meter(io.RawIOBase):
    """Passes content on, counting: forward only, small reads, and never more than the limit."""

    def __init__(self, context: ToolContext, source: BinaryIO, packed: int) -> None:
        self._context = context
        self._source = source
        self._packed = packed
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET or offset < self._position:
            raise tarfile.ReadError("it goes backwards")
        while self._position < offset:
            if not self.read(min(offset - self._position, 1 << 20)):
                break
        return self._position

    def read(self, size: int = -1) -> bytes:
        check_cancelled(self._context)
        if size < 0 or size > MAX_READ:
            raise bomb("one of its headers is out of all proportion")
        data = self._source.read(size)
        self._position += len(data)
        bound(self._context, self._position, self._packed)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(min(len(buffer), MAX_READ))
        buffer[: len(data)] = data
        return len(data)


def bomb(why: str) -> ToolError:
    """The refusal of an archive that would flood the device."""
    return ToolError(ErrorCode.BAD_ARGUMENTS, f"the archive is refused: {why}")


def bound(context: ToolContext, unpacked: int, packed: int) -> None:
    """Raises where so many unpacked bytes are too many for so many packed ones."""
    if unpacked > context.limits.file_bytes:
        raise bomb(f"it unpacks to more than {context.limits.file_bytes:,} bytes")
    if unpacked > max(FREE_BYTES, packed * MAX_RATIO):
        raise bomb(f"it unpacks to more than {MAX_RATIO} times its size")


@contextmanager
def entries(context: ToolContext, file: BinaryIO) -> Iterator[Iterator[Packed]]:
    """The entries of an archive, tar (plain, gzip, bzip2, xz) or zip. Raises ToolError(BAD_ARGUMENTS)."""
    try:
        yield _counted(_zip(context, file) if zipfile.is_zipfile(file) and _begins_zip(file) else _tar(context, file))
    except ToolError:
        raise
    except OSError as error:
        # bzip2's complaints are OSErrors too; those of the system itself carry a number.
        if error.errno is not None:
            raise
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is not an archive that can be read: {error}") from error
    except _UNREADABLE as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is not an archive that can be read: {error}") from error


def _counted(found: Iterator[Packed]) -> Iterator[Packed]:
    for number, one in enumerate(found):
        if number >= MAX_ENTRIES:
            raise bomb(f"it holds more than {MAX_ENTRIES:,} entries")
        yield one


def _begins_zip(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(2) == b"PK"


def _names(name: str) -> tuple[str, ...]:
    """The components of an entry's name. Absolute names and `..` are refused, not mended."""
    if name.startswith("/") or ".." in name.split("/") or "\\" in name:
        raise bomb("an entry leads out of the folder that it is unpacked to")
    names = paths.parts(paths.check(name))
    if len(names) > MAX_DEPTH:
        raise bomb("its folders are too deep")
    return names


def safe_link(names: tuple[str, ...], target: str) -> bool:
    """Whether a link, at `names`, stays inside: so many `..` as lie above it, then names only.

    `..` after a name is refused: the name may be a link itself, and then `..` is not where it seems to be.
    """
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    return bool(target) and not target.startswith("/") and up < len(names) and ".." not in parts[up:]


def _checked_link(names: tuple[str, ...], target: str) -> str:
    if not safe_link(names, paths.check(target)):
        raise bomb("a link in it leads out of the folder that it is unpacked to")
    return target


# --- tar -------------------------------------------------------------------------------------------------------


def _plain(file: BinaryIO) -> BinaryIO:
    """The content behind gzip, bzip2 or xz, told by its first bytes."""
    file.seek(0)
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
    if magic.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(file))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(file))
    return file


def _tar(context: ToolContext, file: BinaryIO) -> Iterator[Packed]:
    meter = Meter(context, _plain(file), os.fstat(file.fileno()).st_size)
    with tarfile.open(fileobj=cast(BinaryIO, meter), mode="r:") as archive:
        while (member := archive.next()) is not None:
            # Kept members would fill the memory; this reader never goes back.
            archive.members.clear()  # type: ignore[attr-defined]
            if names := _names(member.name):
                yield _tar_entry(archive, member, names)


def _tar_entry(archive: tarfile.TarFile, member: tarfile.TarInfo, names: tuple[str, ...]) -> Packed:
    target = ""
    kind: FileType = "file"
    if member.isdir():
        kind = "directory"
    elif member.issym():
        kind, target = "link", _checked_link(names, member.linkname)
    elif not member.isreg():
        raise bomb("it holds a hard link, a device or a pipe")

    def open_() -> BinaryIO:
        return cast(BinaryIO, archive.extractfile(member))

    return Packed(names, kind, member.size if kind == "file" else 0, member.mode, float(member.mtime), open_, target)


# --- zip -------------------------------------------------------------------------------------------------------


def _zip(context: ToolContext, file: BinaryIO) -> Iterator[Packed]:
    packed = os.fstat(file.fileno()).st_size
    _check_directory(file, packed)
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_ENTRIES:
            raise bomb(f"it holds more than {MAX_ENTRIES:,} entries")
        bound(context, sum(member.file_size for member in members), packed)
        for member in members:
            check_cancelled(context)
            if names := _names(member.filename):
                yield _zip_entry(archive, member, names)


def _check_directory(file: BinaryIO, packed: int) -> None:
    """Refuse a list of entries that would fill the memory, before Python reads it whole."""
    start = max(0, packed - 66_000)
    file.seek(start)
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    size = int.from_bytes(end[at + 12 : at + 16], "little")
    locator = at - 20
    if locator >= 0 and end[locator : locator + 4] == b"PK\x06\x07":
        file.seek(int.from_bytes(end[locator + 8 : locator + 16], "little"))
        size = max(size % 0xFFFFFFFF, int.from_bytes(file.read(48)[40:48], "little"))
    if size > MAX_DIRECTORY:
        raise bomb("its list of entries is out of all proportion")


def _zip_entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo, names: tuple[str, ...]) -> Packed:
    mode = member.external_attr >> 16
    modified = _dos_time(member.date_time)

    def open_() -> BinaryIO:
        return cast(BinaryIO, archive.open(member))

    if member.is_dir():
        return Packed(names, "directory", 0, mode, modified, open_)
    if stat.S_ISLNK(mode):
        with archive.open(member) as content:
            target = content.read(paths.PATH_BYTES + 1).decode()
        return Packed(names, "link", 0, mode, modified, open_, _checked_link(names, target))
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise bomb("it holds a device or a pipe")
    return Packed(names, "file", member.file_size, mode, modified, open_)


def _dos_time(moment: tuple[int, int, int, int, int, int]) -> float:
    try:
        return time.mktime((*moment, 0, 0, -1))
    except (OverflowError, ValueError):
        return 0.0
