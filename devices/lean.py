"""Gives back the memory that only a start needs: for boxes that have little."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import re
import sys
from contextlib import suppress
from typing import Final

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)")
_CHANGED = ("Private_Dirty:", "Shared_Dirty:", "Anonymous:", "Swap:")
_DONTNEED = 4
_ARENA_MAX = -8


STARTED_S: Final = 0.5
TIDY_S: Final = 20.0
"""When memory that only the start needed is given back, and how often what work needed is."""


async def tidying() -> None:
    """Give back again and again, until cancelled."""
    await asyncio.sleep(STARTED_S)
    while True:
        give_back()
        await asyncio.sleep(TIDY_S)


def be_small() -> None:
    """From now on all threads share one heap: each would else keep free memory of its own."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return free heap to the system, and drop pages of libraries' code: the kernel reads back what is used again.

    Does nothing where the system is not Linux with glibc.
    """
    gc.collect()
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.malloc_trim(0)
        libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for start, size in _clean_code():
            libc.madvise(start, size, _DONTNEED)


def _clean_code() -> list[tuple[int, int]]:
    """Mapped code and constants that are as in their files: begin and bytes. What was changed in memory is left.

    A linker changes some when it loads them; after a fork such pages are shared, and what is swapped out is not there.
    """
    found: list[tuple[int, int]] = []
    place: tuple[int, int] | None = None
    with open("/proc/self/smaps") as file:
        for line in file:
            if (mapping := _MAPPING.match(line)) is not None:
                begin, end, rights, name = mapping.groups()
                code = rights in ("r-xp", "r--p") and name.startswith("/")
                place = (int(begin, 16), int(end, 16) - int(begin, 16)) if code else None
                found += [place] if place else []
            elif place and line.startswith(_CHANGED) and line.split()[1] != "0":
                found.remove(place)
                place = None
    return found
