"""Ctrl-C and SIGTERM for commands with worlds of machines: the first one ends them cleanly, the second at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from orchestrator.cli.exits import CommandError
from orchestrator.cli.lead import Interrupts

T = TypeVar("T")


def until_interrupted(work: Coroutine[object, object, T]) -> T:
    """The work's result, on an event loop of its own. Raises CommandError `cancelled` once all it began has ended."""

    async def watched() -> T:
        Interrupts().install()
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise CommandError("cancelled", "Stopped; nothing is left at work.") from None
