"""Packets of the ADB transport: a header of 24 bytes, then data."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import Final

HEADER: Final = struct.Struct("<6I")
CNXN: Final = 0x4E584E43
AUTH: Final = 0x48545541
OPEN: Final = 0x4E45504F
OKAY: Final = 0x59414B4F
WRTE: Final = 0x45545257
CLSE: Final = 0x45534C43
VERSION: Final = 0x01000001  # from this one on, nobody looks at checksums
MAX_DATA: Final = 256 << 10
AUTH_TOKEN: Final = 1


class WireError(Exception):
    """What came is no packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What the arguments mean depends on the command: stream ids, the version, a kind of authentication."""

    command: int
    arg0: int = 0
    arg1: int = 0
    data: bytes = b""

    def encoded(self) -> bytes:
        checksum = sum(self.data) & 0xFFFFFFFF if self.command in (CNXN, AUTH) else 0
        head = HEADER.pack(self.command, self.arg0, self.arg1, len(self.data), checksum, self.command ^ 0xFFFFFFFF)
        return head + self.data


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    """The next packet. Raises WireError, and IncompleteReadError at the end."""
    command, arg0, arg1, size, _, magic = HEADER.unpack(await reader.readexactly(HEADER.size))
    if magic != command ^ 0xFFFFFFFF or size > MAX_DATA:
        raise WireError(f"no packet: {command:#x} of {size} bytes")
    return Packet(command, arg0, arg1, await reader.readexactly(size))
