"""The event loop that a program of ours runs on. Apart, so that whoever needs no device imports none of its skills."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


def run(work: Coroutine[None, None, None]) -> None:
    """Run an event loop around `work`: uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)
