"""An event loop whose time jumps: where nothing is left to do now, it is the time of the next timer at once.

What runs in threads is waited for in real time, while the loop's own time stands still; so work costs no time here, and
the same work gives the same times. There must be no traffic with the outside: nobody would wait for it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Protocol, TypeVar

T = TypeVar("T")
FileKey = list[tuple[selectors.SelectorKey, int]]


class HasFileno(Protocol):
    """What has a descriptor."""

    def fileno(self) -> int: ...


FileDescriptorLike = int | HasFileno


class FastLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0."""

    def __init__(self) -> None:
        self._virtual = 0.0
        self._threads = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._virtual

    def jump(self, seconds: float) -> None:
        self._virtual += seconds

    @property
    def waits_for_threads(self) -> bool:
        return self._threads > 0

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        self._threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: asyncio.Future[T]) -> None:
        self._threads -= 1


class _Jumping(selectors.BaseSelector):
    """The loop's selector. Only the loop's own wake-up call is ever registered with it."""

    def __init__(self, loop: FastLoop) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()

    def register(self, fileobj: FileDescriptorLike, events: int, data: object = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def select(self, timeout: float | None = None) -> FileKey:
        if timeout is not None and timeout <= 0:
            return self._inner.select(0)
        if self._loop.waits_for_threads or timeout is None:
            return self._inner.select(None)
        found = self._inner.select(0)
        if not found:
            self._loop.jump(timeout)
        return found

    def close(self) -> None:
        self._inner.close()

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._inner.get_map()


class LoopClock:
    """Unix time that goes with the running loop's, from `anchor` on."""

    def __init__(self, at: float) -> None:
        self.anchor(at)

    def anchor(self, at: float) -> None:
        """It is that time now."""
        self._offset = at - asyncio.get_running_loop().time()

    def now(self) -> float:
        return self._offset + asyncio.get_running_loop().time()
