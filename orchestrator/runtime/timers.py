"""One timer queue for all deadlines: a heap beside a table, so that a deadline that was met costs nothing later."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

K = TypeVar("K")


class TimerQueue(Generic[K]):
    """Deadlines by key; setting a key again moves it. Times are Unix seconds, passed in."""

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: K, at: float) -> None:
        """Fire `key` at a time, instead of when it was to fire before."""
        self._at[key] = at
        self._number += 1
        heapq.heappush(self._heap, (at, self._number, key))
        # Met deadlines stay in the heap until they come up; thrown out before they are the most of it.
        if len(self._heap) > 64 + 2 * len(self._at):
            self._heap = [entry for entry in self._heap if self._at.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def cancel(self, key: K) -> None:
        """Forget a key; a key that is not set is no error."""
        self._at.pop(key, None)

    def next(self) -> float | None:
        """When the next key fires."""
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[K]:
        """The keys whose time has come, earliest first; they are then set no more."""
        fired: list[K] = []
        while (at := self.next()) is not None and at <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            fired.append(key)
        return fired
