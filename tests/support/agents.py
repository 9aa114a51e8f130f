"""Device agents for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from devices.agent import DeviceAgent
from devices.config import DeviceSettings
from devices.profile import probe
from tests.support.gateway import FakeGateway
from tools import server, testing
from tools.registry import Registry


class Running:
    """An agent and the word that stops it."""

    def __init__(self, agent: DeviceAgent) -> None:
        self.agent = agent
        self.stop = asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(agent.run(self.stop))

    async def end(self) -> None:
        """Stop it; raises what the agent raised."""
        self.stop.set()
        await self.task


def everything(*more: Registry) -> Registry:
    skills = server.registry()
    for registry in (testing.registry(), *more):
        skills.include(registry)
    return skills


@asynccontextmanager
async def running(
    settings: DeviceSettings, gateway: FakeGateway, registry: Registry | None = None
) -> AsyncIterator[Running]:
    """A connected agent, stopped in the end."""
    settings = replace(settings, url=gateway.url)
    one = Running(DeviceAgent(settings, registry or everything(), probe(settings.workspace)))
    try:
        await gateway.connected()
        yield one
    finally:
        one.stop.set()
        await asyncio.gather(one.task, return_exceptions=True)


Start = Callable[..., Awaitable[Running]]
