"""Sets of skills that a device may have besides those of its kind, each with a part that comes and goes."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from devices.availability import Probe
from devices.config import DeviceSettings, agent_url
from tools.browser.finding import has_library
from tools.registry import Registry


@dataclass(frozen=True, slots=True)
class SkillSet:
    """Skills, and which of them cannot be used now and why."""

    registry: Registry
    probe: Probe


Source = Callable[[DeviceSettings], AbstractAsyncContextManager[SkillSet]]


async def _all_there() -> dict[str, str]:
    return {}


@asynccontextmanager
async def documents(settings: DeviceSettings) -> AsyncIterator[SkillSet]:
    """The skills for documents; none where their extra is not installed."""
    yield SkillSet(document_skills(), _all_there)


def document_skills() -> Registry:
    """As far as their libraries are there, which only workers load."""
    if not has_documents():
        return Registry()
    from tools.documents import skills

    return skills.registry()


def has_documents() -> bool:
    """Whether the extra is installed: then the libraries for workbooks are here."""
    return importlib.util.find_spec("openpyxl") is not None


@asynccontextmanager
async def browsing(settings: DeviceSettings) -> AsyncIterator[SkillSet]:
    """The skills of a browser; none where Playwright is not installed. The browser itself may come and go."""
    if not has_library():
        yield SkillSet(Registry(), _all_there)
        return
    from tools.browser import skills
    from tools.browser.browser import Browser
    from tools.browser.settings import BrowserSettings

    chosen = settings.browser or BrowserSettings()
    url = urlsplit(agent_url(settings.url))
    gateway = (url.hostname or "", url.port or (443 if url.scheme == "wss" else 80))
    browser = Browser.of(chosen, settings.state, private_network=settings.private_network, gateway=gateway)

    async def withheld() -> dict[str, str]:
        return skills.withheld(chosen.program)

    try:
        yield SkillSet(skills.registry(lambda: browser), withheld)
    finally:
        await browser.close()
