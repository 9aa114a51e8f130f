"""Watching a command's end, on an event loop that remembers the numbers of connections that are gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tools.commands import MAX_REFUSED, feed, watch


class Remembering(asyncio.SelectorEventLoop):
    """Refuses some numbers, as uvloop does for a connection that it has not let go of."""

    def __init__(self, refused: int) -> None:
        super().__init__()
        self.left = refused

    def add_reader(self, fd: int, callback: Callable[..., object], *args: object) -> None:  # type: ignore[override]
        if self.left and fd > 10:
            self.left -= 1
            raise RuntimeError(f"File descriptor {fd} is used by transport <TCPTransport closed=True>")
        super().add_reader(fd, callback, *args)


def _watched(refused: int) -> tuple[int, int, list[bool]]:
    loop = Remembering(0)
    reading, writing = os.pipe()
    loop.left = refused
    before = len(os.listdir("/proc/self/fd"))
    seen: list[bool] = []

    def ready() -> None:
        seen.append(True)
        loop.remove_reader(descriptor)
        loop.stop()

    try:
        descriptor = watch(loop, reading, ready)
        os.write(writing, b"x")
        loop.run_forever()
        os.close(descriptor)
        return before, len(os.listdir("/proc/self/fd")), seen
    finally:
        os.close(writing)
        loop.close()


@pytest.mark.parametrize("refused", [0, 1, 5])
def test_a_refused_number_is_exchanged(refused: int) -> None:
    before, after, seen = _watched(refused)
    assert seen == [True]
    assert after == before - 1  # the one that was watched, and none beside it, was closed


def test_it_gives_up_in_the_end() -> None:
    loop = Remembering(0)
    reading, writing = os.pipe()
    loop.left = MAX_REFUSED + 1
    try:
        with pytest.raises(RuntimeError, match="used by transport"):
            watch(loop, reading, lambda: None)
    finally:
        os.close(writing)
        loop.close()


class _ClosedPipe:
    """What uvloop makes of the standard input of a command that has ended."""

    def write(self, data: bytes) -> None:
        raise RuntimeError("unable to perform operation on <WriteUnixTransport closed=True>; the handler is closed")

    async def drain(self) -> None:
        raise AssertionError("nothing was written")

    def close(self) -> None:
        raise RuntimeError("the handler is closed")


async def test_a_command_that_ended_before_it_was_given_its_input() -> None:
    process = SimpleNamespace(stdin=_ClosedPipe())
    await feed(process, b"input")  # type: ignore[arg-type]
