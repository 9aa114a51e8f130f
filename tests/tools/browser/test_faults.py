"""What goes wrong with a browser: killed in the middle, busy for ever, cancelled, idle, not there, its agent killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.support.browsers import Bench, Site, attachment, bench, browsers, gone, needs_browser
from tools.browser import browser, finding, session, skills
from tools.browser.settings import BrowserSettings
from tools.errors import ToolError

pytestmark = [pytest.mark.slow, needs_browser]
BUSY = "<title>busy</title><button onclick='document.title = 1; for (;;);'>Spin</button>"


async def killed_during(
    own: Bench, monkeypatch: pytest.MonkeyPatch, doing: str, name: str, **arguments: Json
) -> ToolError:
    """The error of a call whose browser is killed while it is in `doing`, a method of the session."""
    begun, done = asyncio.Event(), getattr(session.Session, doing)

    async def told(self: session.Session, work: Awaitable[object], *more: float) -> object:
        begun.set()
        return await done(self, work, *more)

    monkeypatch.setattr(session.Session, doing, told)
    (process,) = own.processes()
    call = asyncio.ensure_future(own.registry.call(name, arguments, own.context))
    await begun.wait()
    process.kill()
    with pytest.raises(ToolError) as caught:
        await call
    return caught.value


async def test_a_browser_that_dies_is_started_again(own: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages |= {"/": BUSY, "/two": "<title>two</title>"}
    await own.call("browser.open", url=site.url())
    # A click that was on its way: nobody knows. Nothing is repeated unasked.
    error = await killed_during(own, monkeypatch, "act", "browser.click", text="Spin")
    assert (error.code, error.retryable) == (ErrorCode.LOST, False)
    await own.refused(ErrorCode.CONFLICT, "browser.read")
    assert (await own.call("browser.open", url=site.url("/two")))["title"] == "two"


async def test_reading_that_was_cut_may_be_done_again(own: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages |= {"/": "<title>a</title><script>onclick = () => { for (;;); }</script>", "/two": "<title>two</title>"}
    await own.call("browser.open", url=site.url())
    page = own.browser.tabs.all()[-1].page
    spinning = asyncio.ensure_future(page.evaluate("() => { for (;;); }"))
    error = await killed_during(own, monkeypatch, "soon", "browser.read")
    assert (error.code, error.retryable) == (ErrorCode.UNAVAILABLE, True)
    await asyncio.gather(spinning, return_exceptions=True)
    assert (await own.call("browser.read", url=site.url("/two")))["title"] == "two"


async def test_a_browser_that_died_between_two_calls(own: Bench, site: Site) -> None:
    site.pages["/"] = "<title>one</title>"
    await own.call("browser.open", url=site.url())
    (process,) = own.processes()
    process.kill()
    while own.browser.running:
        await asyncio.sleep(0.01)
    assert await own.call("browser.tabs") == {"tabs": [], "running": False}
    assert (await own.call("browser.open", url=site.url()))["title"] == "one"


async def test_a_page_that_is_busy_for_ever(own: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages["/"] = BUSY
    opened = await own.call("browser.open", url=site.url())
    monkeypatch.setattr(session.Session.soon, "__defaults__", (1.0,))
    await own.refused(ErrorCode.TIMEOUT, "browser.click", text="Spin")
    await own.refused(ErrorCode.TIMEOUT, "browser.read")
    assert len((await own.call("browser.tabs"))["tabs"]) == 1  # type: ignore[arg-type]
    assert (await own.call("browser.close"))["closed"] == [opened["tab"]]
    site.pages["/"] = "<title>fine</title>"
    assert (await own.call("browser.open", url=site.url()))["title"] == "fine"


async def test_a_page_that_never_comes_is_given_up_when_cancelled(own: Bench, site: Site) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(handler: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        site.ending.wait(60)

    site.pages |= {"/": "<title>one</title>", "/hang": hang}
    tab = (await own.call("browser.open", url=site.url()))["tab"]
    call = asyncio.ensure_future(own.call("browser.open", url=site.url("/hang"), tab=tab))
    await begun.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert call.cancelled()
    assert (await own.call("browser.read"))["title"] == "one"


async def test_a_browser_that_hangs_as_a_whole(own: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages |= {"/": "<title>one</title>", "/get": attachment(b"x", "x")}
    await own.call("browser.open", url=site.url())
    (process,) = own.processes()
    driver = process.parent()
    assert driver is not None
    hanging = [driver, *driver.children(recursive=True)]
    monkeypatch.setattr(session, "NAVIGATE_S", 0.2)
    monkeypatch.setattr(session, "STOP_S", 0.2)
    monkeypatch.setattr(session.Session.soon, "__defaults__", (0.5,))
    monkeypatch.setattr(browser, "CLOSE_S", 0.5)
    for one in hanging:
        one.suspend()
    await own.refused(ErrorCode.TIMEOUT, "browser.read")
    await own.refused(ErrorCode.TIMEOUT, "browser.download", url=site.url("/get"))
    await own.refused(ErrorCode.TIMEOUT, "browser.open", url=site.url())
    await own.call("browser.close", all=True)
    for one in [process, *hanging]:
        assert await asyncio.to_thread(gone, one), one
    monkeypatch.undo()
    assert (await own.call("browser.open", url=site.url()))["title"] == "one"


async def test_a_tab_closes_while_its_page_is_coming(own: Bench, site: Site) -> None:
    for _ in range(20):
        await own.refused(ErrorCode.NOT_FOUND, "browser.download", url=site.url("/none"))
    assert (await own.call("browser.tabs"))["tabs"] == []


async def test_it_ends_when_nobody_uses_it(tmp_path: Path, site: Site) -> None:
    site.pages["/"] = "<title>one</title>"
    async with bench(tmp_path, BrowserSettings(idle_s=0.2)) as own:
        await own.call("browser.open", url=site.url())
        (process,) = own.processes()
        while own.browser.running:
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(gone, process)
        await own.refused(ErrorCode.CONFLICT, "browser.read")


async def test_what_was_set_stays_over_a_restart(tmp_path: Path, site: Site) -> None:
    site.pages["/"] = "<script>document.title = localStorage.n = +(localStorage.n || 0) + 1</script>"
    for title in ("1", "2"):
        async with bench(tmp_path) as own:
            assert (await own.call("browser.open", url=site.url()))["title"] == title
            await own.browser.tabs.all()[-1].page.wait_for_timeout(300)
        assert own.processes() == []
    assert (tmp_path / "state" / "browser" / "profile").stat().st_mode & 0o077 == 0


async def test_without_a_browser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path, BrowserSettings(program="no-such-browser")) as own:
        error = await own.refused(ErrorCode.UNAVAILABLE, "browser.open", url="http://localhost/")
        assert "apt-get install chromium" in error.message
    monkeypatch.setenv("PATH", str(tmp_path))
    reasons = skills.withheld()
    assert set(reasons) == {one.name for one in skills.verbs()}
    assert "apt-get install chromium" in reasons["browser.open"]
    monkeypatch.setattr(finding, "has_library", lambda: False)
    assert "asterism[browser]" in skills.withheld()["browser.open"]


async def test_a_browser_that_does_not_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho cannot >&2\nexit 1\n")
    broken.chmod(0o755)
    async with bench(tmp_path, BrowserSettings(program=str(broken))) as own:
        error = await own.refused(ErrorCode.UNAVAILABLE, "browser.open", url="http://localhost/")
        assert "cannot be started" in error.message


AGENT = """
import asyncio, sys
from pathlib import Path
from tests.support.browsers import bench

async def main():
    async with bench(Path(sys.argv[1])) as own:
        await own.call("browser.open", url=sys.argv[2])
        print("open", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_agent_that_is_killed_leaves_no_browser(tmp_path: Path, site: Site, number: signal.Signals) -> None:
    site.pages["/"] = "<title>one</title>"
    agent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AGENT, str(tmp_path), site.url()), stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert agent.stdout is not None
    assert await agent.stdout.readline() == b"open\n"
    children = psutil.Process(agent.pid).children(recursive=True)
    (process,) = browsers(psutil.Process(agent.pid))
    assert process in children
    agent.send_signal(number)
    await agent.wait()
    for one in children:
        assert await asyncio.to_thread(gone, one), one


async def test_it_gets_none_of_the_agent_s_secrets(own: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TOKEN", "secret")
    site.pages |= {"/": "<a href=/x>x</a>", "/x": attachment(b"x", "x")}
    await own.call("browser.open", url=site.url())
    (process,) = own.processes()
    assert "ASTERISM_TOKEN" not in process.environ()
    assert ("--no-sandbox" in process.cmdline()) is (psutil.Process().uids().effective == 0)
