"""Who listens to which topics, and what waits for them."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

SEEN = 10_000
WAITING_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `at` is when it came, in Unix seconds."""

    topic: str
    payload: bytes
    retained: bool
    at: float


class Subscription:
    """The messages of one listener, oldest first. `dropped` counts what did not fit, `gaps` lost connections."""

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self.gaps = 0
        self._waiting: deque[Message] = deque()
        self._limit = limit
        self._bytes = 0
        self._come = asyncio.Event()
        self._seen: set[str] = set()

    def take(self, message: Message) -> None:
        """A retained message is news only to who has heard nothing of that topic: others' subscribing repeats it."""
        if message.retained and message.topic in self._seen:
            return
        if len(self._seen) < SEEN:
            self._seen.add(message.topic)
        self._waiting.append(message)
        self._bytes += len(message.payload)
        while len(self._waiting) > self._limit or (self._bytes > WAITING_BYTES and len(self._waiting) > 1):
            self._bytes -= len(self._waiting.popleft().payload)
            self.dropped += 1
        self._come.set()

    def lost(self) -> None:
        """The connection went: what the broker retains may be news when it is back."""
        self.gaps += 1
        self._seen.clear()

    async def next(self, timeout: float | None = None) -> Message | None:
        """The next message, or None when there is none within so many seconds."""
        if not self._waiting:
            self._come.clear()
            if timeout is not None and timeout <= 0:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._come.wait()
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._bytes -= len(message.payload)
        return message


class Group:
    """The listeners of one topic filter, which is subscribed once, under a number."""

    def __init__(self, filter: str, number: int) -> None:
        self.filter = filter
        self.number = number
        self._members: list[Subscription] = []

    def join(self, limit: int) -> Subscription:
        one = Subscription(limit)
        self._members.append(one)
        return one

    def leave(self, one: Subscription) -> bool:
        """Whether nobody is left."""
        self._members.remove(one)
        return not self._members

    def take(self, message: Message) -> None:
        for one in self._members:
            one.take(message)

    def lost(self) -> None:
        for one in self._members:
            one.lost()
