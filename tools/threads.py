"""Runs blocking tools beside the event loop, and stops them when their attempt is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tools import pulse
from tools.context import ToolContext

T = TypeVar("T")
# Longest wait for a cancelled thread to see it: between two looks at `cancelled` lies one chunk of work.
GRACE_S = 10.0
_POOL = ThreadPoolExecutor(max_workers=64, thread_name_prefix="asterism-tool")


async def in_thread(context: ToolContext, work: Callable[[], T]) -> T:
    """What `work` returns, run in a thread. When cancelled, returns only after the thread has stopped (or GRACE_S)."""
    loop = asyncio.get_running_loop()
    alive = pulse.Pulse(loop, lambda: context.progress(None), context.limits.beat_s)

    def pulsing() -> T:
        pulse.start(alive)
        try:
            return work()
        finally:
            pulse.stop()

    running = loop.run_in_executor(_POOL, pulsing)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        context.cancelled.set()
        await asyncio.wait([running], timeout=GRACE_S)
        if running.done() and not running.cancelled():
            running.exception()
        raise
