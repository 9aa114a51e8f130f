"""Skills that open pages, and keep track of those that are open."""

from __future__ import annotations

from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output, Uri
from tools.browser.session import NAVIGATE_S, Session
from tools.browser.verbs import Page, TabName, address, line, place, verb
from tools.errors import ToolError

TITLE_S: Final = 3.0
CLOSE_S: Final = 15.0


class OpenTab(Output):
    tab: str
    url: str
    title: str
    current: bool


class OpenTabs(Output):
    tabs: list[OpenTab]
    running: bool


class Closed(Output):
    closed: list[str]


@verb(
    "browser.open",
    examples=(
        "open https://example.com in the browser",
        "go to https://news.example.org on the desktop",
        "browse to http://localhost:3000",
        "show https://example.com/report in the browser",
    ),
)
async def open_(session: Session, *, url: Uri, tab: TabName | None = None) -> Page:
    """Open a page in the browser, and wait until its text is there.

    Args:
        url: Address of the page, http or https.
        tab: An open tab that goes there; by default a new one does.
    """
    async with session.tab(tab, url) as found:
        return await place(session, found)


@verb(
    "browser.back",
    examples=("go back in the browser", "back to the previous page", "return to the page before in the browser"),
)
async def back(session: Session, *, tab: TabName | None = None) -> Page:
    """Go back to the page that the tab showed before.

    Args:
        tab: Which tab; by default the one that was used last.
    """
    async with session.tab(tab) as found:
        talk = await session.soon(found.page.context.new_cdp_session(found.page))
        history = await session.soon(talk.send("Page.getNavigationHistory"))
        await session.soon(talk.detach())
        at = history["currentIndex"] - 1
        url = str(history["entries"][at]["url"]) if at >= 0 else ""
        if not url.startswith(("http:", "https:")):
            raise ToolError(ErrorCode.CONFLICT, "this tab has shown no page before: open one")
        seconds = session.seconds(NAVIGATE_S)
        await session.navigate(found, lambda: found.page.go_back(wait_until="commit", timeout=seconds * 1000), url)
        return await place(session, found)


@verb(
    "browser.tabs",
    examples=("which tabs are open in the browser", "list the browser's tabs", "what pages are open on the desktop"),
)
async def tabs(session: Session) -> OpenTabs:
    """List the open tabs. A browser that does not run has none, and is not started for that."""
    mine = session.browser.tabs.current(session.context.attempt.run)
    found: list[OpenTab] = []
    with session.translated(None):
        for one in session.browser.tabs.all():
            if not one.used:
                continue
            try:
                title = line(await session.soon(one.page.title(), TITLE_S))
            except ToolError:
                title = ""  # a page that is busy has a tab all the same
            url = address(one.page.url)
            found.append(OpenTab(tab=one.id, url=url, title=title, current=one is mine))
    return OpenTabs(tabs=found, running=session.browser.running)


@verb(
    "browser.close",
    risk=Risk.WRITE,
    examples=("close the tab", "close the browser", "close all tabs of the browser", "close tab t2 in the browser"),
)
async def close(session: Session, *, tab: TabName | None = None, all: bool = False) -> Closed:
    """Close a tab, with what was typed there and not sent.

    Args:
        tab: Which tab; by default the one that was used last.
        all: Close every tab, and end the browser.
    """
    browser = session.browser
    if all:
        names = [one.id for one in browser.tabs.all() if one.used]
        await browser.end()
        return Closed(closed=names)
    # Not through its lock: a tab that is busy for ever can be closed.
    found = browser.tabs.get(tab) if tab is not None else browser.tabs.current(session.context.attempt.run)
    if found is None:
        return Closed(closed=[])
    with session.translated(None):
        await session.soon(found.close(), CLOSE_S)
    return Closed(closed=[found.id])
