"""Reads files in pieces: big files never lie in memory whole, and every piece is a chance to stop."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from tools.context import ToolContext, check_cancelled

CHUNK = 1 << 20
# What a line may have before its rest is passed over.
LINE_BYTES = 1 << 20


def chunks(context: ToolContext, file: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """The content from here on. Raises ToolError(CANCELLED) between pieces."""
    while piece := file.read(size):
        check_cancelled(context)
        yield piece


def digest(context: ToolContext, file: BinaryIO, algorithm: str = "sha256") -> tuple[str, int]:
    """Checksum and size of the content from here on."""
    state, size = hashlib.new(algorithm, usedforsecurity=False), 0
    for piece in chunks(context, file):
        state.update(piece)
        size += len(piece)
    return state.hexdigest(), size


def digest_written(context: ToolContext, file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size of all that was written to a file that is open for reading too."""
    file.flush()
    state, size = hashlib.sha256(), 0
    while piece := os.pread(file.fileno(), CHUNK, size):
        check_cancelled(context)
        state.update(piece)
        size += len(piece)
    return state.hexdigest(), size


def blocks(context: ToolContext, file: BinaryIO) -> Iterator[bytes]:
    """The content in blocks of whole lines; only the last may lack its newline.

    Of a line longer than LINE_BYTES, the rest is left out.
    """
    rest, skipping = b"", False
    for piece in chunks(context, file):
        if skipping:
            _, newline, piece = piece.partition(b"\n")
            if not newline:
                continue
            yield rest + b"\n"
            rest, skipping = b"", False
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest += piece
        if len(rest) > LINE_BYTES:
            rest, skipping = rest[:LINE_BYTES], True
    if rest:
        yield rest


def is_binary(file: BinaryIO) -> bool:
    """Whether the beginning holds a zero byte, as text never does. Leaves the file at its beginning."""
    binary = b"\0" in file.read(8192)
    file.seek(0)
    return binary


def decode(data: bytes) -> str:
    """Text from outside; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")
