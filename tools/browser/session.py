"""One attempt's way to the browser: its tab, its seconds, and what Playwright's errors mean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from protocol.errors import ErrorCode
from tools import addresses
from tools.browser.browser import Browser
from tools.browser.guard import origin_of
from tools.browser.tabs import Tab
from tools.context import ToolContext
from tools.errors import ToolError

if TYPE_CHECKING:
    from playwright.async_api import Page, Response

T = TypeVar("T")
NAVIGATE_S: Final = 60.0
ASK_S: Final = 30.0
STOP_S: Final = 2.0
LOAD_S: Final = 3.0
PARSE_S: Final = 20.0
"""How long a page that has begun to come may take, before it is read as far as it is there."""
_EMPTY: Final = "() => document.scripts.length > 0 && (document.body?.textContent ?? '').trim().length < 400"
_GONE: Final = ("has been closed", "Connection closed", "Target closed", "browser has disconnected")


@dataclass
class Session:
    """`acting`: a click or the like is on its way: nobody knows what became of it where the browser dies."""

    browser: Browser
    context: ToolContext
    acting: bool = False
    _tabs: list[Tab] = field(default_factory=list)

    # --- tabs --------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def tab(self, id: str | None = None, url: str | None = None) -> AsyncIterator[Tab]:
        """The tab that is meant, for this call alone: with a URL, that is opened first, in a new one by default."""
        if url is not None:
            origin_of(url)
            tab = self._named(id) if id is not None else await self.fresh()
        else:
            tab = self._named(id) if id is not None else self._current()
        async with tab.lock:
            self.browser.tabs.touch(tab, self.context.attempt.run)
            with self.translated(tab):
                try:
                    if url is not None:
                        await self._opened(tab, url, new=id is None)
                    yield tab
                except asyncio.CancelledError:
                    await self._halt(tab)
                    raise

    async def fresh(self) -> Tab:
        """A new tab; the one that was not used for longest goes where there are too many."""
        with self.translated(None):
            tab = self.browser.tabs.of(await self._new_page())
            self.browser.tabs.touch(tab, self.context.attempt.run)
            for one in self.browser.tabs.surplus():
                if one is not tab:
                    await self.soon(one.close())
            return tab

    async def _new_page(self) -> Page:
        """Of a browser that has just ended, too: nothing was begun, so it is started again."""
        from playwright.async_api import Error

        try:
            return await self.soon((await self.browser.context()).new_page())
        except Error:
            await self.browser.end()
            return await self.soon((await self.browser.context()).new_page())

    def _named(self, id: str) -> Tab:
        tab = self.browser.tabs.get(id)
        if tab is None:
            there = ", ".join(one.id for one in self.browser.tabs.all() if one.used) or "none"
            raise ToolError(ErrorCode.NOT_FOUND, f"there is no tab {id} (open: {there}): open the page again")
        return tab

    def _current(self) -> Tab:
        tab = self.browser.tabs.current(self.context.attempt.run)
        if tab is None:
            message = "no page is open: say which with `browser.open`, or with `url`"
            raise ToolError(ErrorCode.CONFLICT, message)
        return tab

    # --- going somewhere ---------------------------------------------------------------------------------------

    async def navigate(
        self, tab: Tab, go: Callable[[], Awaitable[Response | None]], url: str, *, drawn: bool = True
    ) -> Response | None:
        """Have the tab go to an address, and wait until its text is there, unless not `drawn`.

        Raises ToolError: DENIED, UNAVAILABLE, TIMEOUT, BAD_ARGUMENTS."""
        origin = origin_of(url)
        guard = self.browser.guard
        before = guard.number
        with guard.opening(origin):
            # Looked at first, so that the tab stays as it is where the answer is no.
            await guard.address(origin)
            from playwright.async_api import Error

            try:
                response = await go()
            except Error as error:
                self._refused(tab, before, error.message)
                raise
        tab.status = response.status if response is not None else None
        tab.landed, tab.loaded = tab.page.url, True
        landed = tab.page.url if response is None else response.url
        if landed.startswith("http"):
            there = origin_of(landed)
            for one in guard.since(before):
                if one.origin == there and tab.status in (403, 502):
                    raise one.error
            named = addresses.names_loopback(there[0]) or there == origin
            tab.named = there if named else None
        if drawn:
            await self._drawn(tab)
        return response

    async def _opened(self, tab: Tab, url: str, *, new: bool) -> None:
        """Go there; a tab that was made for that does not stay where that fails."""
        try:
            await self.navigate(tab, lambda: self.goto(tab, url), url)
        except BaseException:
            if new:
                await self.closed(tab)
            raise

    async def closed(self, tab: Tab) -> None:
        """Close a tab that nobody needs any more; that it does not close is no fault of the call."""
        from playwright.async_api import Error

        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(STOP_S):
                await tab.close()

    async def goto(self, tab: Tab, url: str) -> Response | None:
        seconds = self.seconds(NAVIGATE_S)
        return await self.soon(tab.page.goto(url, wait_until="commit", timeout=seconds * 1000), NAVIGATE_S + STOP_S)

    async def _drawn(self, tab: Tab) -> None:
        """Wait for the page's text; give it a moment for what it is made of, and one that scripts make, for those.

        A page that is too large, or never ends, is stopped where it is.
        """
        from playwright.async_api import Error

        try:
            await tab.page.wait_for_load_state("domcontentloaded", timeout=self.seconds(PARSE_S) * 1000)
        except _timeout():
            tab.loaded = False
            await self._halt(tab)
            return
        with contextlib.suppress(_timeout()):
            try:
                await tab.page.wait_for_load_state("load", timeout=LOAD_S * 1000)
                if await self.soon(tab.page.evaluate(_EMPTY)):
                    await tab.page.wait_for_load_state("networkidle", timeout=LOAD_S * 1000)
            except Error as error:
                if not self.browser.running or "Execution context was destroyed" not in error.message:
                    raise  # else it goes on to another page by itself

    def _refused(self, tab: Tab, before: int, said: str) -> None:
        """A tunnel that was not made is all that the browser tells of a refusal under TLS."""
        if "ERR_TUNNEL_CONNECTION_FAILED" in said or "ERR_PROXY" in said:
            for one in reversed(self.browser.guard.since(before)):
                raise one.error

    async def _halt(self, tab: Tab) -> None:
        """Stop what the page is loading: nobody waits for it any more."""
        from playwright.async_api import Error

        if not tab.page.is_closed():
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(STOP_S):
                    talk = await tab.page.context.new_cdp_session(tab.page)
                    await talk.send("Page.stopLoading")
                    await talk.detach()

    # --- waiting and failing -----------------------------------------------------------------------------------

    def seconds(self, most: float) -> float:
        """At most these, and no more than the attempt has."""
        return min(most, self.context.limits.seconds)

    async def soon(self, work: Awaitable[T], seconds: float = ASK_S) -> T:
        """The result of what has no time limit of its own: a page that is busy for ever answers nothing."""
        try:
            async with asyncio.timeout(self.seconds(seconds)):
                return await work
        except TimeoutError:
            message = "the page does not answer in time: it is busy; wait, open it again, or close it"
            raise ToolError(ErrorCode.TIMEOUT, message, retryable=True) from None

    async def act(self, work: Awaitable[T]) -> T:
        """Do what cannot be taken back. When cancelled, it is over before the attempt is."""
        self.acting = True
        doing = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing], timeout=STOP_S * 2)
            if doing.done() and not doing.cancelled():
                doing.exception()
            raise

    @contextlib.contextmanager
    def translated(self, tab: Tab | None) -> Iterator[None]:
        """Playwright's errors as ToolError."""
        from playwright.async_api import Error

        try:
            yield
        except Error as error:
            raise self._meaning(tab, error.message, isinstance(error, _timeout())) from None

    def _meaning(self, tab: Tab | None, said: str, late: bool) -> ToolError:
        first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
        first = first.partition(": ")[2] or first
        if tab is not None and tab.crashed:
            return self._ended("the page crashed (it may have run out of memory)")
        if not self.browser.running:
            return self._ended("the browser ended in the middle")
        if any(mark in said for mark in _GONE):
            if "Connection closed" in said:
                self.browser.lost()
                return self._ended("the browser ended in the middle")
            return self._ended("the tab was closed in the middle")
        if late:
            return ToolError(ErrorCode.TIMEOUT, f"the page takes too long: {first[:300]}", retryable=True)
        if "net::ERR_ABORTED" in said or "Download is starting" in said:
            message = "the address gives no page but a file, or nothing: `browser.download` fetches files"
            return ToolError(ErrorCode.CONFLICT, message)
        if "net::" in said:
            return ToolError(ErrorCode.UNAVAILABLE, f"the page cannot be opened: {first[:300]}", retryable=True)
        return ToolError(ErrorCode.TOOL_FAILED, f"the browser says: {first[:300]}")

    def _ended(self, why: str) -> ToolError:
        if self.acting:
            return ToolError(
                ErrorCode.LOST, f"{why}: whether it still took effect is not known; look at the page again"
            )
        return ToolError(ErrorCode.UNAVAILABLE, f"{why}: open the page again", retryable=True)


def _timeout() -> type[Exception]:
    from playwright.async_api import TimeoutError as LateError

    return LateError
