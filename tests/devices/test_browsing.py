"""A desktop's browser, through a real agent: offered where it can be used, withdrawn where it cannot, gone with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from structlog.testing import capture_logs

from devices import availability, desktop
from devices.config import DeviceSettings
from devices.errors import ConfigError
from protocol.errors import ErrorCode
from protocol.messages import Hello, SkillsChanged
from protocol.vocabulary import DeviceKind
from tests.support.browsers import browsers, gone, needs_browser, redirect, serving
from tests.support.gateway import FakeGateway
from tools.browser import finding, skills
from tools.browser.settings import BrowserSettings

pytestmark = [pytest.mark.slow, needs_browser]
SETTLED_S = 60.0
OURS = {one.name for one in skills.verbs()}


@asynccontextmanager
async def running(folder: Path, gateway: FakeGateway, chosen: BrowserSettings | None = None) -> AsyncIterator[None]:
    settings = DeviceSettings(
        name="desk", kind=DeviceKind.DESKTOP, url=gateway.url, workspace=folder / "work", state_dir=folder / "state",
        seed=7, browser=chosen,
    )  # fmt: skip
    stop = asyncio.Event()
    task = asyncio.ensure_future(desktop.run_device(settings, stop=stop))
    try:
        await gateway.connected()
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SETTLED_S)


def offered(gateway: FakeGateway) -> set[str]:
    last = [*gateway.of(Hello), *gateway.of(SkillsChanged)][-1]
    return {one.name for one in last.skills} & OURS


async def test_it_opens_and_reads_a_page_and_ends_with_the_agent(tmp_path: Path, gateway: FakeGateway) -> None:
    with serving() as site:
        site.pages["/"] = "<title>one</title><h1>Hello</h1>"
        async with running(tmp_path, gateway):
            assert offered(gateway) == OURS
            found = await gateway.output("browser.read", {"url": site.url()})
            assert isinstance(found, dict)
            assert (found["title"], found["text"]) == ("one", "# Hello")
            # No redirect leads to the agent's own gateway, on the same machine.
            site.pages["/gate"] = redirect(f"http://127.0.0.1:{urlsplit(gateway.url).port}/v1/devices")
            result = await gateway.result(await gateway.dispatch("browser.open", {"url": site.url("/gate")}))
            assert result.error is not None
            assert (result.error.code, "gateway" in result.error.message) == (ErrorCode.DENIED, True)
            (process,) = browsers(psutil.Process())
        assert await asyncio.to_thread(gone, process)


async def test_a_browser_that_is_gone_takes_its_skills_along(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability.run_watched, "__kwdefaults__", {"every_s": 0.05})
    program = tmp_path / "my-browser"
    program.symlink_to(str(finding.find_program()))
    with capture_logs() as logs:
        async with running(tmp_path, gateway, BrowserSettings(program=str(program))):
            assert offered(gateway) == OURS
            program.unlink()
            await gateway.until(lambda: offered(gateway) == set())
            result = await gateway.result(await gateway.dispatch("browser.tabs"))
            assert result.error is not None
            assert result.error.code is ErrorCode.UNAVAILABLE
            assert "apt-get install chromium" in result.error.message
            program.symlink_to(str(finding.find_program()))
            await gateway.until(lambda: offered(gateway) == OURS)
    assert (
        len([entry for entry in logs if entry["event"] == "skills are gone" and "browser.open" in entry["skills"]]) == 1
    )
    assert len([entry for entry in logs if entry["event"] == "skills are back"]) == 1


async def test_without_playwright_there_are_no_such_skills(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.sets.has_library", lambda: False)
    async with running(tmp_path, gateway):
        assert offered(gateway) == set()


def test_a_server_has_no_browser(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no browser"):
        DeviceSettings(name="s", workspace=tmp_path, browser=BrowserSettings())
