"""Writes archives. The same files give the same bytes: sorted, without the time of packing, without owners."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal, Protocol, cast

from tools.context import ToolContext, check_cancelled
from tools.places import open_file
from tools.streams import CHUNK
from tools.trees import Found
from tools.unpack import safe_link

Format = Literal["tar.gz", "tar", "zip"]
_FIRST_ZIP_TIME = 315_532_800  # 1980, where zip's calendar begins


class Packer(Protocol):
    """Adds things to an archive. `names` are the entry's, from the archive's top."""

    def folder(self, names: tuple[str, ...], status: os.stat_result) -> None: ...

    def file(self, names: tuple[str, ...], status: os.stat_result, content: BinaryIO) -> None: ...

    def link(self, names: tuple[str, ...], status: os.stat_result, target: str) -> None: ...


class _Watched(io.RawIOBase):
    """Content that stops being read once the task is cancelled, and has exactly the size that was announced."""

    def __init__(self, context: ToolContext, content: BinaryIO, size: int) -> None:
        self._context = context
        self._content = content
        self._left = size

    def read(self, size: int = -1) -> bytes:
        check_cancelled(self._context)
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._content.read(wanted)
        # A file that shrinks meanwhile, a log that is rotated: what is missing is filled up, not the archive lost.
        data = data or b"\0" * min(wanted, CHUNK)
        self._left -= len(data)
        return data


class TarPacker:
    def __init__(self, context: ToolContext, archive: tarfile.TarFile) -> None:
        self._context = context
        self._archive = archive

    def _info(self, names: tuple[str, ...], status: os.stat_result) -> tarfile.TarInfo:
        info = tarfile.TarInfo("/".join(names))
        info.mode = stat.S_IMODE(status.st_mode) & 0o777
        info.mtime = int(status.st_mtime)
        return info

    def folder(self, names: tuple[str, ...], status: os.stat_result) -> None:
        info = self._info(names, status)
        info.type = tarfile.DIRTYPE
        self._archive.addfile(info)

    def file(self, names: tuple[str, ...], status: os.stat_result, content: BinaryIO) -> None:
        info = self._info(names, status)
        info.size = status.st_size
        self._archive.addfile(info, cast(BinaryIO, _Watched(self._context, content, info.size)))

    def link(self, names: tuple[str, ...], status: os.stat_result, target: str) -> None:
        info = self._info(names, status)
        info.type, info.linkname = tarfile.SYMTYPE, target
        self._archive.addfile(info)


class ZipPacker:
    def __init__(self, context: ToolContext, archive: zipfile.ZipFile) -> None:
        self._context = context
        self._archive = archive

    def _info(self, names: tuple[str, ...], status: os.stat_result, end: str = "") -> zipfile.ZipInfo:
        moment = time.localtime(max(_FIRST_ZIP_TIME + 86_400, status.st_mtime))
        info = zipfile.ZipInfo("/".join(names) + end, (min(moment.tm_year, 2107), *moment[1:6]))
        info.external_attr = (status.st_mode & 0xFFFF) << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        return info

    def folder(self, names: tuple[str, ...], status: os.stat_result) -> None:
        self._archive.writestr(self._info(names, status, "/"), b"")

    def file(self, names: tuple[str, ...], status: os.stat_result, content: BinaryIO) -> None:
        info = self._info(names, status)
        source = _Watched(self._context, content, status.st_size)
        with self._archive.open(info, "w", force_zip64=status.st_size >= 1 << 31) as target:
            while piece := source.read(CHUNK):
                target.write(piece)

    def link(self, names: tuple[str, ...], status: os.stat_result, target: str) -> None:
        self._archive.writestr(self._info(names, status), target)


@contextmanager
def packer(context: ToolContext, file: BinaryIO, format: Format) -> Iterator[Packer]:
    """What adds to a new archive in an open file."""
    if format == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
            yield ZipPacker(context, zipped)
    elif format == "tar":
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            yield TarPacker(context, archive)
    else:
        with (
            gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            yield TarPacker(context, archive)


def add(archive: Packer, thing: Found, names: tuple[str, ...]) -> bool:
    """Add one thing of a tree; whether it was a file. Sockets, devices and links that lead out are left out."""
    if thing.is_folder:
        archive.folder(names, thing.stat)
    elif thing.is_file:
        with open_file(thing.place) as content:
            archive.file(names, os.fstat(content.fileno()), content)
        return True
    elif stat.S_ISLNK(thing.stat.st_mode):
        target = os.readlink(thing.place.name, dir_fd=thing.place.folder)
        if safe_link(names, target):
            archive.link(names, thing.stat, target)
    return False
