"""A process that is killed as `kill -9` does it, and what becomes of all that it had started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psutil

PATIENCE_S = 30.0


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not what():
            await asyncio.sleep(0.01)


def ended(one: psutil.Process) -> bool:
    """Ended, if not reaped: who reaps orphans is the system's."""
    try:
        return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def killed(agent: asyncio.subprocess.Process) -> None:
    """Kill it, and see that all that it started ends."""
    started = psutil.Process(agent.pid).children(recursive=True)
    agent.kill()
    await agent.wait()
    await until(lambda: all(ended(one) for one in started))
