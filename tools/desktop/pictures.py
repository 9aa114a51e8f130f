"""What a part of the display shows, as a PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.uitree import Bounds

if TYPE_CHECKING:
    from Xlib.display import Display

# Asked for in strips: one answer of a whole screen would be copied many times while it comes.
STRIP_BYTES: Final = 1 << 20
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_DEPTHS: Final = (24, 32)
_RED: Final = 0xFF0000


def within(part: Bounds, width: int, height: int) -> Bounds:
    """What of a part is on a screen of this size. Raises ToolError(BAD_ARGUMENTS) where nothing is."""
    found = Bounds(
        left=max(0, part.left), top=max(0, part.top), right=min(part.right, width), bottom=min(part.bottom, height)
    )
    if found.empty:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"that is outside of the screen, which is {width}x{height}")
    return found


def picture(display: Display, part: Bounds) -> bytes:
    """A PNG of a part of the screen, without the mouse's arrow. Raises ToolError(TOOL_FAILED) for few colours."""
    screen = display.screen()
    visual = next(
        one for depth in screen.allowed_depths for one in depth.visuals if one.visual_id == screen.root_visual
    )
    if screen.root_depth not in _DEPTHS or visual.red_mask != _RED or display.display.info.image_byte_order != 0:
        message = f"the display has {screen.root_depth} bits a pixel, and pictures are taken of 24: change its mode"
        raise ToolError(ErrorCode.TOOL_FAILED, message)
    width, height = part.right - part.left, part.bottom - part.top
    return _png(width, height, _rows(display, part))


def _rows(display: Display, part: Bounds) -> Iterator[bytes]:
    """The lines of the picture, as PNG wants them, several at once."""
    from Xlib import X

    root = display.screen().root
    width = part.right - part.left
    step = max(1, STRIP_BYTES // (4 * width))
    for top in range(part.top, part.bottom, step):
        lines = min(step, part.bottom - top)
        data = bytes(root.get_image(part.left, top, width, lines, X.ZPixmap, 0xFFFFFFFF).data)
        colours = bytearray(3 * width * lines)
        for place in range(3):
            colours[place::3] = data[2 - place : 4 * width * lines : 4]
        yield b"".join(b"\0" + colours[at : at + 3 * width] for at in range(0, len(colours), 3 * width))


def _png(width: int, height: int, rows: Iterator[bytes]) -> bytes:
    packing = zlib.compressobj(6)
    packed = b"".join(packing.compress(one) for one in rows) + packing.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
