"""The tabs of a browser: each with a name, the run that opened it, and what happened in it unasked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tools.browser.guard import Origin, origin_of
from tools.errors import ToolError, printable

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Dialog, Download, Page

MAX_TABS: Final = 12
AGAIN_S: Final = 0.5
"""After so long a browser is told again to close a tab."""


@dataclass(eq=False)
class Tab:
    """`named`: the address of this device that a request opened here. `landed`: where that came to be, with `status`.

    `loaded`: all of the page's text had come. `accept`: what a page's own question is answered; `said`: what it asked.
    `wanted`: who waits for a download.
    """

    id: str
    page: Page
    run: str = ""
    used: int = 0
    named: Origin | None = None
    status: int | None = None
    landed: str = ""
    loaded: bool = True
    crashed: bool = False
    accept: bool = False
    said: str = ""
    wanted: asyncio.Future[Download] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """Close it, however long that takes. Raises Playwright's Error.

        Chromium forgets at times that it was told so while a page was just coming (150 does, one time in five): it is
        told again.
        """
        from playwright.async_api import Error

        closing = asyncio.ensure_future(self.page.close())
        try:
            while not (await asyncio.wait([closing], timeout=AGAIN_S))[0]:
                with contextlib.suppress(Error, TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        talk = await self.page.context.new_cdp_session(self.page)
                        await talk.send("Page.close")
            closing.result()
        finally:
            closing.cancel()


class Tabs:
    """All tabs, in the order in which they came."""

    def __init__(self) -> None:
        self._tabs: dict[Page, Tab] = {}
        self._count = 0
        self._clock = 0
        self._tasks: set[asyncio.Future[None]] = set()

    def watch(self, context: BrowserContext) -> None:
        """Take in the tabs that open from now on, and forget those that close.

        The one that is there stays empty and is nobody's: a browser ends with its last tab.
        """
        context.on("page", self._came)

    def all(self) -> list[Tab]:
        return list(self._tabs.values())

    def named(self) -> set[Origin]:
        """The addresses that requests named, of tabs that are still there."""
        return {tab.named for tab in self._tabs.values() if tab.named is not None and _shows(tab.page.url, tab.named)}

    def get(self, id: str) -> Tab | None:
        return next((tab for tab in self._tabs.values() if tab.id == id), None)

    def of(self, page: Page) -> Tab:
        """The tab of a page that the browser has opened."""
        return self._tabs.get(page) or self._opened(page)

    def current(self, run: str) -> Tab | None:
        """The one that the run used last, else the one that anybody did. A tab with nothing in it is none."""
        shown = [tab for tab in self._tabs.values() if tab.used]
        own = [tab for tab in shown if tab.run == run]
        return max(own or shown, key=lambda tab: tab.used, default=None)

    def touch(self, tab: Tab, run: str = "") -> None:
        self._clock += 1
        tab.used, tab.run = self._clock, run or tab.run

    def surplus(self) -> list[Tab]:
        """The tabs beyond MAX_TABS that were not used for longest."""
        free = sorted((tab for tab in self._tabs.values() if not tab.lock.locked()), key=lambda tab: tab.used)
        return free[: max(0, len(self._tabs) - MAX_TABS)]

    def forget(self) -> None:
        for tab in self._tabs.values():
            if tab.wanted is not None and not tab.wanted.done():
                tab.wanted.cancel()
        self._tabs.clear()

    def _opened(self, page: Page) -> Tab:
        if page in self._tabs:
            return self._tabs[page]
        self._count += 1
        tab = self._tabs[page] = Tab(f"t{self._count}", page)
        page.on("close", self._closed)
        page.on("crash", lambda _: self._crashed(tab))
        page.on("dialog", lambda dialog: self._later(self._asked(tab, dialog)))
        page.on("download", lambda download: self._later(self._downloaded(tab, download)))
        self._later(self._inherit(tab))
        return tab

    def _came(self, page: Page) -> None:
        self._opened(page)

    def _closed(self, page: Page) -> None:
        self._tabs.pop(page, None)

    def _crashed(self, tab: Tab) -> None:
        tab.crashed = True
        self._later(tab.close())

    async def _inherit(self, tab: Tab) -> None:
        """What a page opened belongs to the run that used the page."""
        opener = await tab.page.opener()
        parent = self._tabs.get(opener) if opener is not None else None
        if parent is not None and not tab.used:
            self._clock += 1
            tab.run, tab.used = parent.run, self._clock
            # The one that was used stays the current one: what opened by itself is looked at where it is asked for.
            self.touch(parent)

    async def _asked(self, tab: Tab, dialog: Dialog) -> None:
        """Answer a page's question: it would stand still, else."""
        tab.said = printable(" ".join(dialog.message.split()))[:500]
        await (dialog.accept() if tab.accept else dialog.dismiss())

    async def _downloaded(self, tab: Tab, download: Download) -> None:
        """Hand a download to who waits for it; one that nobody asked for is stopped."""
        waiting = tab.wanted or next((one.wanted for one in self._tabs.values() if one.wanted is not None), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(download)
        else:
            await download.cancel()

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(_carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _shows(url: str, named: Origin) -> bool:
    try:
        return origin_of(url) == named
    except ToolError:
        return False


async def _carefully(work: Coroutine[None, None, None]) -> None:
    """The tab may be gone meanwhile, which is no fault."""
    from playwright.async_api import Error

    with contextlib.suppress(Error):
        await work
