"""The device of kind desktop: a machine with a workspace, and the X11 session of whoever sits at it.

It offers what a server does, and sets of skills of its own. Each set says itself what of it cannot be used now: so a
machine without a display is a desktop without windows, until one is there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from devices.config import DeviceSettings
from devices.profile import probe
from devices.server import owned
from devices.serving import serve
from devices.sets import SkillSet, Source, browsing, documents
from protocol.vocabulary import DesktopProfile
from tools import server, testing
from tools.desktop import entries, skills, windows
from tools.desktop.desktop import Desktop
from tools.desktop.settings import DesktopSettings
from tools.errors import ToolError
from tools.host import skills as host
from tools.host.machine import Machine
from tools.uitree import cleaned


@asynccontextmanager
async def screen(settings: DeviceSettings) -> AsyncIterator[SkillSet]:
    """The skills of the X11 session."""
    desktop = Desktop(settings.desktop or DesktopSettings())

    async def withheld() -> dict[str, str]:
        return skills.withheld(await desktop.missing())

    try:
        yield SkillSet(skills.registry(lambda: desktop), withheld)
    finally:
        await desktop.close()


BROWSERS: Final = ("chromium", "google-chrome", "firefox", "firefox-esr", "brave-browser", "microsoft-edge", "epiphany")


@asynccontextmanager
async def machine(settings: DeviceSettings) -> AsyncIterator[SkillSet]:
    """The skills for the machine itself, as a server has them; but it supervises no services of its own."""
    found = Machine(databases=await asyncio.to_thread(owned, settings))

    async def withheld() -> dict[str, str]:
        return await asyncio.to_thread(host.withheld, found)

    yield SkillSet(host.registry(found, besides=False), withheld)


SOURCES: Final[tuple[Source, ...]] = (machine, screen, browsing, documents)


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Register, and work until `stop` is set or the orchestrator has drained the device. Raises AgentError."""
    async with AsyncExitStack() as stack:
        sets = [await stack.enter_async_context(one(settings)) for one in SOURCES]
        registry = server.registry()
        for one in sets:
            registry.include(one.registry)
        if settings.test_skills:
            registry.include(testing.registry())

        async def withheld() -> dict[str, str]:
            found: dict[str, str] = {}
            for reasons in await asyncio.gather(*(one.probe() for one in sets)):
                found.update(reasons)
            return found

        profile = probe(settings.workspace).model_copy(update={"desktop": await describe(settings)})
        await serve(settings, registry, profile, stop=stop, probe=withheld)


async def describe(settings: DeviceSettings) -> DesktopProfile:
    """What the desktop has when the agent starts; nothing of what is open on it."""
    desktop = Desktop(settings.desktop or DesktopSettings())
    try:
        sizes = await desktop.server.ask(windows.monitors)
    except ToolError:
        sizes = []
    finally:
        await desktop.close()
    known = await asyncio.to_thread(entries.entries, desktop.variables)
    return DesktopProfile(
        screens=tuple(f"{width}x{height}" for width, height in sizes[:32]),
        environment=cleaned(os.environ.get("XDG_CURRENT_DESKTOP", ""))[:500],
        browsers=tuple(one for one in BROWSERS if shutil.which(one) is not None),
        applications=tuple(dict.fromkeys(one.name for one in known))[:500],
    )
