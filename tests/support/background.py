"""A whole Asterism in a thread of its own, for tests that call the command line or block otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx2

from orchestrator.core.views import RunView
from orchestrator.core.webhook_settings import WebhookSettings
from tests.support.system import System

T = TypeVar("T")
PATIENCE_S = 60.0


@dataclass
class Behind:
    """A system whose event loop runs elsewhere."""

    system: System
    loop: asyncio.AbstractEventLoop
    client: httpx2.Client

    @property
    def url(self) -> str:
        return self.system.url

    def do(self, work: Callable[[System], Awaitable[T]]) -> T:
        """Run something on the system's own loop; its result."""

        async def here() -> T:
            return await work(self.system)

        return asyncio.run_coroutine_threadsafe(here(), self.loop).result(PATIENCE_S)

    def call(self, work: Callable[[System], T]) -> T:
        """Call something on the system's own loop."""

        async def here(system: System) -> T:
            return work(system)

        return self.do(here)

    def run(self, *steps: dict[str, object], **policy: object) -> RunView:
        """Run a plan to its end, or to where it waits for a person."""

        async def here(system: System) -> RunView:
            return await system.app.wait(await system.submit(*steps, **policy), 30)

        return self.do(here)


@contextlib.contextmanager
def behind(
    folder: Path, *devices: str, database: str = "", webhooks: WebhookSettings | None = None
) -> Iterator[Behind]:
    """A started system with these server devices, stopped at the end."""
    started: Future[tuple[System, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        system = System(folder, database)
        # A busy machine must not look like a device that died.
        patient = {"heartbeat_s": 10.0, "lease_s": 25.0, "webhooks": webhooks or WebhookSettings()}
        system.settings = system.settings.model_copy(update=patient)
        await system.start()
        try:
            for name in devices:
                await system.device(name)
            stop = asyncio.Event()
            started.set_result((system, asyncio.get_running_loop(), stop))
            await stop.wait()
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise
        finally:
            await system.stop()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        system, loop, stop = started.result(PATIENCE_S)
        try:
            with httpx2.Client(base_url=system.url, timeout=PATIENCE_S) as client:
                yield Behind(system, loop, client)
        finally:
            loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join()
