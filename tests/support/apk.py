"""Makes Android packages, as small as they can be: a zip with a binary manifest."""

from __future__ import annotations

import io
import struct
import zipfile


def manifest(
    package: str, version: str = "1.0", code: int = 1, *, utf8: bool = False, element: str = "manifest"
) -> bytes:
    """A binary AndroidManifest.xml of one element."""
    strings = ["package", "versionName", "versionCode", element, package, version]
    pool = _pool(strings, utf8=utf8)
    attributes = b"".join(
        (
            _attribute(0, 4, 3, 4),
            _attribute(1, 5, 3, 5),
            _attribute(2, -1, 0x10, code),
        )
    )
    # line, comment; namespace, name; where attributes begin, the size of one, how many; id, class and style
    body = struct.pack("<ii", 1, -1) + struct.pack("<iiHHHHHH", -1, 3, 20, 20, 3, 0, 0, 0) + attributes
    node = struct.pack("<HHI", 0x0102, 16, 8 + len(body)) + body
    return struct.pack("<HHI", 0x0003, 8, 8 + len(pool) + len(node)) + pool + node


def apk(package: str, version: str = "1.0", code: int = 1, *, utf8: bool = False) -> bytes:
    """A whole package."""
    return zipped({"AndroidManifest.xml": manifest(package, version, code, utf8=utf8), "classes.dex": b"dex\n035\0"})


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _attribute(name: int, raw: int, kind: int, value: int) -> bytes:
    return struct.pack("<iiiHBBi", -1, name, raw, 8, 0, kind, value)


def _pool(strings: list[str], *, utf8: bool) -> bytes:
    data, offsets = b"", []
    for one in strings:
        offsets.append(len(data))
        if utf8:
            raw = one.encode()
            data += bytes([len(one), len(raw)]) + raw + b"\0"
        else:
            data += struct.pack("<H", len(one)) + one.encode("utf-16-le") + b"\0\0"
    data += b"\0" * (-len(data) % 4)
    head = 28
    start = head + 4 * len(strings)
    pool = struct.pack("<5I", len(strings), 0, 0x100 if utf8 else 0, start, 0)
    return (
        struct.pack("<HHI", 0x0001, head, start + len(data)) + pool + struct.pack(f"<{len(strings)}I", *offsets) + data
    )
