"""A command of a simulated phone at work, and the ends that it reads from and writes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from devices.simulated.phone.state import SimulatedPhone


class Terminal(Protocol):
    """A command's ends."""

    async def read(self) -> bytes:
        """Input; nothing at its end."""

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None: ...


@dataclass
class Call:
    """One command at work: its words, the phone, and its ends."""

    phone: SimulatedPhone
    words: list[str]
    terminal: Terminal

    @property
    def arguments(self) -> list[str]:
        return self.words[1:]

    async def say(self, text: str) -> None:
        await self.terminal.write(text.encode("utf-8", "surrogateescape"))

    async def fail(self, text: str, code: int = 1) -> int:
        await self.terminal.write((text + "\n").encode("utf-8", "surrogateescape"), "err")
        return code


Command = Callable[[Call], Awaitable[int]]


class Memory:
    """Ends that keep what is written; `given` is what is read."""

    def __init__(self, given: bytes = b"") -> None:
        self._given = [given] if given else []
        self.out = bytearray()
        self.err = bytearray()

    async def read(self) -> bytes:
        return self._given.pop() if self._given else b""

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None:
        (self.out if stream == "out" else self.err).extend(data)
