"""The service `sync:`: files to and from the phone, in the first version of the protocol, with the second's stat."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from devices.simulated.adb.streams import ClosedError, Stream
from devices.simulated.phone.files import File, FilesError
from devices.simulated.phone.state import SimulatedPhone

CHUNK: Final = 64 << 10
_HEAD: Final = struct.Struct("<4sI")
_STAT: Final = struct.Struct("<4sIII")
_STAT2: Final = struct.Struct("<4sIQQIIIIQqqq")
_ENTRY: Final = struct.Struct("<4sIIII")
S_IFDIR: Final = 0o040000
S_IFREG: Final = 0o100000
ENOENT: Final = 2


async def serve_sync(stream: Stream, phone: SimulatedPhone, moved: Callable[[int], None]) -> None:
    """Answer requests until the host is done. `moved` hears of every piece of content."""
    while True:
        word, size = _HEAD.unpack(await stream.read_exactly(_HEAD.size))
        if word == b"QUIT":
            return
        path = (await stream.read_exactly(size)).decode("utf-8", "surrogateescape")
        if word == b"STAT":
            mode, length, when = _status(phone, path)
            await stream.write(_STAT.pack(word, mode, length, when))
        elif word in (b"STA2", b"LST2"):
            mode, length, when = _status(phone, path)
            error = 0 if mode else ENOENT
            await stream.write(_STAT2.pack(word, error, 1, 1, mode, 1, 2000, 2000, length, when, when, when))
        elif word == b"LIST":
            await _list(stream, phone, path)
        elif word == b"RECV":
            await _receive(stream, phone, path, moved)
        elif word == b"SEND":
            await _send(stream, phone, path, moved)
        else:
            raise ClosedError


def _status(phone: SimulatedPhone, path: str) -> tuple[int, int, int]:
    """Mode, size and time; all zero where nothing is."""
    found = phone.files.find(path)
    if found is None:
        return 0, 0, 0
    if isinstance(found, File):
        return S_IFREG | found.mode, len(found.data), found.modified
    return S_IFDIR | 0o771, 4096, 0


async def _list(stream: Stream, phone: SimulatedPhone, path: str) -> None:
    for name in phone.files.children(path):
        mode, size, when = _status(phone, f"{path.rstrip('/')}/{name}")
        raw = name.encode("utf-8", "surrogateescape")
        await stream.write(_ENTRY.pack(b"DENT", mode, size, when, len(raw)) + raw)
    await stream.write(_ENTRY.pack(b"DONE", 0, 0, 0, 0))


async def _receive(stream: Stream, phone: SimulatedPhone, path: str, moved: Callable[[int], None]) -> None:
    """The host receives a file."""
    found = phone.files.find(path)
    if not isinstance(found, File):
        await _fail(stream, "No such file or directory" if found is None else "Is a directory")
        return
    for at in range(0, len(found.data), CHUNK):
        piece = found.data[at : at + CHUNK]
        await stream.write(_HEAD.pack(b"DATA", len(piece)) + piece)
        moved(len(piece))
    await stream.write(_HEAD.pack(b"DONE", 0))


async def _send(stream: Stream, phone: SimulatedPhone, target: str, moved: Callable[[int], None]) -> None:
    """The host sends a file. As on a phone, what came of it is there when the connection breaks off."""
    path, _, mode = target.rpartition(",")
    come, word = bytearray(), b""
    try:
        phone.files.write(path, b"", mode=int(mode) & 0o777)
        while True:
            word, size = _HEAD.unpack(await stream.read_exactly(_HEAD.size))
            if word == b"DONE":
                phone.files.write(path, bytes(come), mode=int(mode) & 0o777, modified=size)
                break
            come += await stream.read_exactly(size)
            phone.files.write(path, bytes(come), mode=int(mode) & 0o777)
            moved(size)
    except FilesError as error:
        await _fail(stream, str(error))
        # The host goes on sending until it reads that: as on a phone, all of it is taken before the end.
        while word != b"DONE":
            word, size = _HEAD.unpack(await stream.read_exactly(_HEAD.size))
            await stream.read_exactly(size if word == b"DATA" else 0)
        return
    await stream.write(_HEAD.pack(b"OKAY", 0))


async def _fail(stream: Stream, reason: str) -> None:
    raw = reason.encode()
    await stream.write(_HEAD.pack(b"FAIL", len(raw)) + raw)
