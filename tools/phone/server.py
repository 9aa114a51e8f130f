"""What the agent itself asks an ADB server: its version, its phones, their state. The server's own protocol.

Source: AOSP, packages/modules/adb/SERVICES.TXT. Skills go through the `adb` program; this is for what is asked often,
and before it is known that the program may be run: an `adb` of another version would end the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

from protocol.errors import ErrorCode
from tools.errors import ToolError, printable

ASK_S = 5.0
CONNECT_S = 15.0
ANSWER_BYTES = 1 << 20
Address = tuple[str, int]


class ServerGoneError(ToolError):
    """Nobody answers at the address of the ADB server."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A phone that the server lists. `state` is adb's word: device, offline, unauthorized, recovery ..."""

    serial: str
    state: str
    details: dict[str, str] = field(default_factory=dict)


async def version(address: Address) -> int:
    """The server's version. Raises ServerGoneError, and ToolError(UNAVAILABLE) for a server that is no ADB server."""
    text = await _asked(address, "host:version", ASK_S)
    if not re.fullmatch(r"[0-9a-f]{4}", text):
        raise _strange(address)
    return int(text, 16)


async def attached(address: Address) -> list[Attached]:
    """The phones that the server knows, in its order."""
    lines = (line.split() for line in (await _asked(address, "host:devices-l", ASK_S)).splitlines())
    return [_attached(words) for words in lines if len(words) >= 2]


def _attached(words: list[str]) -> Attached:
    details = dict(word.split(":", 1) for word in words[2:] if ":" in word)
    state = "no permissions" if words[1] == "no" else words[1]
    return Attached(printable(words[0]), printable(state), {name: printable(text) for name, text in details.items()})


async def connect(address: Address, target: str) -> str:
    """Have the server connect to HOST:PORT; what it says to that. A connection that was dead is made anew."""
    with contextlib.suppress(ToolError):
        await _asked(address, f"host:disconnect:{target}", ASK_S)
    return await _asked(address, f"host:connect:{target}", CONNECT_S)


async def command(address: Address, serial: str, line: str, most: int = ANSWER_BYTES) -> str:
    """What a short reading command on the phone says. The line is the caller's own, never anybody else's text."""
    reader, writer = await _opened(address)
    try:
        async with asyncio.timeout(ASK_S):
            for service in (f"host:transport:{serial}", f"shell:{line}"):
                await _request(reader, writer, service)
            return (await _rest(reader, most)).decode("utf-8", "replace")
    except (TimeoutError, OSError, asyncio.IncompleteReadError):
        raise ToolError(ErrorCode.UNAVAILABLE, "the phone does not answer", retryable=True) from None
    finally:
        writer.transport.abort()


async def _rest(reader: asyncio.StreamReader, most: int) -> bytes:
    found = bytearray()
    while len(found) < most and (piece := await reader.read(most - len(found))):
        found += piece
    return bytes(found)


async def _asked(address: Address, service: str, seconds: float) -> str:
    reader, writer = await _opened(address)
    try:
        async with asyncio.timeout(seconds):
            await _request(reader, writer, service)
            size = int(await reader.readexactly(4), 16)
            return (await reader.readexactly(size)).decode("utf-8", "replace")
    except TimeoutError:
        message = f"the ADB server at {shown(address)} does not answer: end it with `adb kill-server` and try again"
        raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True) from None
    except (OSError, ValueError, asyncio.IncompleteReadError):
        raise _strange(address) from None
    finally:
        writer.transport.abort()


async def _opened(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(ASK_S):
            return await asyncio.open_connection(*address)
    except (OSError, TimeoutError):
        message = f"no ADB server answers at {shown(address)}"
        raise ServerGoneError(ErrorCode.UNAVAILABLE, message, retryable=True) from None


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, service: str) -> None:
    """Raises ToolError(UNAVAILABLE) with the server's words where it refuses."""
    raw = service.encode()
    writer.write(f"{len(raw):04x}".encode() + raw)
    await writer.drain()
    word = await reader.readexactly(4)
    if word == b"OKAY":
        return
    if word != b"FAIL":
        raise ValueError(word)
    size = int(await reader.readexactly(4), 16)
    said = (await reader.readexactly(size)).decode("utf-8", "replace")
    raise ToolError(ErrorCode.UNAVAILABLE, f"ADB says: {said[:300]}", retryable=True)


def _strange(address: Address) -> ToolError:
    message = f"what answers at {shown(address)} is no ADB server: name another address with --adb-server"
    return ToolError(ErrorCode.UNAVAILABLE, message)


def shown(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
