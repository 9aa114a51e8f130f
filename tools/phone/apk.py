"""Reads of an Android package which app it is: its binary manifest, as far as the root element goes.

Source of the format: AOSP, frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h. What a package says is
data: sizes and offsets are checked before they are followed.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Final

from protocol.errors import ErrorCode
from tools.errors import ToolError, printable

MANIFEST: Final = "AndroidManifest.xml"
MANIFEST_BYTES: Final = 16 << 20
_XML: Final = 0x0003
_STRINGS: Final = 0x0001
_ELEMENT: Final = 0x0102
_UTF8: Final = 1 << 8
_TEXT: Final = 3
_NUMBERS: Final = (0x10, 0x11)
_STRING_LIMIT: Final = 32_767


@dataclass(frozen=True, slots=True)
class Apk:
    """The app that a package holds."""

    package: str
    version: str
    version_code: int


def read_apk(content: bytes | BinaryIO) -> Apk:
    """Raises ToolError(BAD_ARGUMENTS) for what is no Android package."""
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
            if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
                raise _no_package("its manifest is too large")
            with archive.open(MANIFEST) as file:
                manifest = file.read(MANIFEST_BYTES)
        return _root(manifest)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _no_package("it is no archive with a manifest") from None
    except (struct.error, IndexError, UnicodeDecodeError, ValueError):
        raise _no_package("its manifest cannot be read") from None


def _no_package(why: str) -> ToolError:
    return ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no Android package (APK): {why}")


def _root(data: bytes) -> Apk:
    """The attributes of the first element."""
    kind, head, _ = struct.unpack_from("<HHI", data)
    if kind != _XML:
        raise ValueError("no binary XML")
    strings: list[str] = []
    at = head
    while at + 8 <= len(data):
        kind, _, size = struct.unpack_from("<HHI", data, at)
        if size < 8 or at + size > len(data):
            raise ValueError("a chunk that leads out")
        if kind == _STRINGS:
            strings = _strings(data[at : at + size])
        elif kind == _ELEMENT:
            return _manifest(data[at : at + size], strings)
        at += size
    raise ValueError("no element")


def _manifest(chunk: bytes, strings: list[str]) -> Apk:
    (head,) = struct.unpack_from("<H", chunk, 2)
    _, name, start, size, count = struct.unpack_from("<iiHHH", chunk, head)
    if strings[name] != "manifest" or size < 20:
        raise ValueError("another element")
    found: dict[str, str] = {}
    for number in range(count):
        _, key, raw, _, _, kind, value = struct.unpack_from("<iiiHBBi", chunk, head + start + number * size)
        text = strings[raw] if raw >= 0 else strings[value] if kind == _TEXT else ""
        found.setdefault(strings[key], str(value & 0xFFFFFFFF) if kind in _NUMBERS else text)
    package = found.get("package", "")
    if not package or package != printable(package) or len(package) > 255:
        raise ValueError("no package's name")
    code = found.get("versionCode", "0")
    return Apk(package, printable(found.get("versionName", ""))[:200], int(code) if code.isdigit() else 0)


def _strings(chunk: bytes) -> list[str]:
    (head,) = struct.unpack_from("<H", chunk, 2)
    count, _, flags, start, _ = struct.unpack_from("<5I", chunk, 8)
    if count * 4 > len(chunk):
        raise ValueError("more strings than fit")
    offsets = struct.unpack_from(f"<{count}I", chunk, head)
    read = _utf8 if flags & _UTF8 else _utf16
    return [read(chunk, start + offset) for offset in offsets]


def _utf8(chunk: bytes, at: int) -> str:
    at += 2 if chunk[at] & 0x80 else 1  # its length in characters, which nobody needs
    size = chunk[at]
    at += 1
    if size & 0x80:
        size = (size & 0x7F) << 8 | chunk[at]
        at += 1
    return chunk[at : at + size].decode("utf-8", "replace")


def _utf16(chunk: bytes, at: int) -> str:
    (size,) = struct.unpack_from("<H", chunk, at)
    if size > _STRING_LIMIT:
        raise ValueError("a string that is too long")
    return chunk[at + 2 : at + 2 + size * 2].decode("utf-16-le", "replace")
