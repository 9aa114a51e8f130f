"""The files of a simulated phone: in memory, by absolute path."""

from __future__ import annotations

import fnmatch
import posixpath
import time
from dataclasses import dataclass, field


class FilesError(Exception):
    """What the phone says of a file, as its C library does."""


@dataclass
class File:
    data: bytes
    mode: int = 0o660
    modified: int = field(default_factory=lambda: int(time.time()))


class Files:
    """`/sdcard` and `/data/local/tmp` can be written, as over ADB; the rest is read-only."""

    writable = ("/storage/emulated/0", "/data/local/tmp")

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._folders = {"/"}
        for folder in (*self.writable, "/system/bin", "/proc", "/data/data"):
            self._make(folder)
        for name in ("Download", "DCIM", "Documents", "Pictures"):
            self._make(f"/storage/emulated/0/{name}")

    @staticmethod
    def real(path: str) -> str:
        """The path without links and dots."""
        path = posixpath.normpath("/" + path)
        path = "/" + path.lstrip("/")
        if path == "/sdcard" or path.startswith("/sdcard/"):
            path = "/storage/emulated/0" + path[len("/sdcard") :]
        return path

    def find(self, path: str) -> File | str | None:
        """The file; a folder's path; or None."""
        real = self.real(path)
        return self._files.get(real) or (real if real in self._folders else None)

    def children(self, path: str) -> list[str]:
        real = self.real(path).rstrip("/") + "/"
        names = {one[len(real) :] for one in (*self._files, *self._folders) if one.startswith(real) and one != real}
        return sorted(name for name in names if name and "/" not in name)

    def glob(self, pattern: str) -> list[str]:
        """Names that fit; in the last component alone."""
        folder, _, last = pattern.rpartition("/")
        found = [name for name in self.children(folder or "/") if fnmatch.fnmatchcase(name, last)]
        return [f"{folder}/{name}" for name in found]

    def write(self, path: str, data: bytes, *, mode: int = 0o660, modified: int | None = None) -> None:
        """Raises FilesError."""
        real = self._writable(path)
        if real in self._folders:
            raise FilesError("Is a directory")
        if posixpath.dirname(real) not in self._folders:
            raise FilesError("No such file or directory")
        self._files[real] = File(data, mode, int(time.time()) if modified is None else modified)

    def make_folder(self, path: str) -> None:
        self._make(self._writable(path))

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Raises FilesError."""
        real = self._writable(path)
        if real in self._folders:
            if not recursive:
                raise FilesError("Is a directory")
            inside = real + "/"
            self._files = {one: file for one, file in self._files.items() if not one.startswith(inside)}
            self._folders = {one for one in self._folders if one != real and not one.startswith(inside)}
        elif self._files.pop(real, None) is None:
            raise FilesError("No such file or directory")

    def move(self, source: str, target: str) -> None:
        """Raises FilesError."""
        file = self._files.get(self._writable(source))
        if file is None:
            raise FilesError("No such file or directory")
        if self.real(target) in self._folders:
            target = f"{target}/{posixpath.basename(source)}"
        self.write(target, file.data, mode=file.mode, modified=file.modified)
        self.remove(source)

    def _make(self, path: str) -> None:
        while path != "/":
            self._folders.add(path)
            path = posixpath.dirname(path)

    def _writable(self, path: str) -> str:
        real = self.real(path)
        if not any(real == room or real.startswith(room + "/") for room in self.writable):
            raise FilesError("Permission denied")
        return real
