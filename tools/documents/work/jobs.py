"""How the parts of a worker fail: with a code of the protocol's, as text, and a sentence."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

UNPACKED_BYTES = 1 << 30
RATIO = 200
FREE_BYTES = 100 << 20


class WorkError(Exception):
    """`code` is one of the protocol's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_zip(file: BinaryIO, what: str) -> None:
    """Raises WorkError for what is no ZIP archive, or one that unpacks to far more than it is."""
    size = file.seek(0, 2)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            total = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise WorkError("bad_arguments", f"this is no {what}") from None
    if total > UNPACKED_BYTES or (total > FREE_BYTES and total > RATIO * max(1, size)):
        raise WorkError("output_too_large", f"the {what} unpacks to {total:,} bytes, which is more than is allowed")
    file.seek(0)


def printable(text: str) -> str:
    """Without control characters and halves of characters, line ends aside."""
    return "".join(one for one in text if one in "\n\t" or one.isprintable() or one in "\u00a0\u200c\u200d")
