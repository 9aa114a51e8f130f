"""How a command that is nothing but a few REST calls is run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator.cli.client import Client
from orchestrator.cli.options import Common

T = TypeVar("T")


def call(common: Common | None, work: Callable[[Client], Awaitable[T]]) -> T:
    """What `work` returns, given a client under these options. Raises CommandError."""
    settings = (common or Common()).load().settings

    async def calling() -> T:
        async with Client(settings) as client:
            return await work(client)

    return asyncio.run(calling())
