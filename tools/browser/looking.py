"""Skills that read a page: its text, its elements, its links, a picture of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final, Literal

from tools.arguments import Bytes, Limit, Output, Uri
from tools.bounds import Budget, fit, json_size, room
from tools.browser.reading import Element, elements_of, fitting, frames, text_of, visible
from tools.browser.reading import ask as asked
from tools.browser.session import Session
from tools.browser.verbs import Page, TabName, Words, line, place, verb
from tools.uitree import State

PICTURE: Final = "page.png"
PICTURE_S: Final = 30.0
TALLEST: Final = 12_000
Role = Literal[
    "link", "button", "field", "choice", "checkbox", "radio", "switch", "slider", "tab", "menuitem", "option", "file",
    "heading", "text", "label", "image", "alert", "status",
]  # fmt: skip


class PageText(Page):
    text: str
    truncated: bool


class Found(Output):
    """`text` of a field is what it holds, and `(hidden)` where that is a secret; `description` is its label."""

    role: str
    text: str
    description: str
    id: str
    selector: str
    url: str
    states: list[State]


class Matches(Page):
    elements: list[Found]
    truncated: bool


class Link(Output):
    text: str
    url: str


class Links(Page):
    links: list[Link]
    count: int
    truncated: bool


class Picture(Page):
    artifact: str
    name: str
    size_bytes: int
    width: int
    height: int


@verb(
    "browser.read",
    examples=(
        "read the page in the browser",
        "what does https://example.com say in the browser",
        "read https://example.com/news as Markdown",
        "give me the text of the page that is open",
    ),
)
async def read(
    session: Session,
    *,
    url: Uri | None = None,
    tab: TabName | None = None,
    format: Literal["text", "markdown"] = "markdown",
    main: bool = False,
    max_bytes: Bytes = 131_072,
) -> PageText:
    """Read what a page shows, as text or Markdown. What is not visible, and what fields hold, is left out.

    Args:
        url: Address to open first, in a new tab; without it, the page that is open is read.
        tab: Which tab; by default the one that was used last.
        format: `markdown` keeps headings, lists, links and tables.
        main: Only the page's main part, where it names one.
        max_bytes: Most bytes of text to return; more is cut off and flagged.
    """
    async with session.tab(tab, url) as found:
        limit = min(max_bytes, room(session.context))
        said, cut = await text_of(session, found, limit=limit, markdown=format == "markdown", main=main)
        where = await place(session, found)
        text, shorter = fit(said, limit - json_size(where.model_dump()))
        return PageText(**dict(where), text=text, truncated=cut or shorter)


@verb(
    "browser.find",
    examples=(
        "is there a button Sign in on the page",
        "find the field Email in the browser",
        "which buttons does the page have",
        "does the page say Order confirmed",
    ),
)
async def find(
    session: Session,
    *,
    text: Words | None = None,
    role: Role | None = None,
    url: Uri | None = None,
    tab: TabName | None = None,
    limit: Limit = 200,
) -> Matches:
    """Find elements of a page by what they say. None is an answer, not an error.

    Args:
        text: What it says, its label, or its id; a whole text goes before a part of one.
        role: Kind of element.
        url: Address to open first, in a new tab.
        tab: Which tab; by default the one that was used last.
        limit: Most elements to return.
    """
    async with session.tab(tab, url) as found:
        every, cut = await elements_of(session, found)
        fits = fitting(every, id=text or "", role=role or "") if text else []
        fits = fits or fitting(every, text=text or "", role=role or "")
        where = await place(session, found)
        budget = Budget(room(session.context) - json_size(where.model_dump()))
        kept = [made for one in fits[:limit] if budget.take((made := described(one)).model_dump())]
        return Matches(**dict(where), elements=kept, truncated=cut or len(kept) < len(fits))


def described(one: Element) -> Found:
    """An element as skills return it."""
    node = one.node
    return Found(
        role=node.role, text=node.text, description=node.description, id=node.id, selector=one.selector,
        url=line(one.url, 2000), states=list(node.states),
    )  # fmt: skip


@verb(
    "browser.links",
    examples=(
        "list the links on the page",
        "which links does https://example.com have",
        "where does the page link to",
        "find the links to PDF files on the page",
    ),
)
async def links(
    session: Session,
    *,
    text: Words | None = None,
    url: Uri | None = None,
    tab: TabName | None = None,
    limit: Limit = 500,
) -> Links:
    """List the visible links of a page, in their order.

    Args:
        text: Only those that have this in their words or in their address.
        url: Address to open first, in a new tab.
        tab: Which tab; by default the one that was used last.
        limit: Most links to return.
    """
    async with session.tab(tab, url) as found:
        every: list[Link] = []
        cut = False
        for frame in await frames(session, found):
            said = await session.soon(asked(frame, "links", {"most": 20_000}))
            every += [Link(text=line(one["text"]), url=line(one["url"], 4000)) for one in said["links"]]
            cut = cut or bool(said["truncated"])
        wanted = visible(text or "").casefold()
        fits = [one for one in every if wanted in one.text.casefold() or wanted in one.url.casefold()]
        where = await place(session, found)
        budget = Budget(room(session.context) - json_size(where.model_dump()))
        kept = [one for one in fits[:limit] if budget.take(one.model_dump())]
        return Links(**dict(where), links=kept, count=len(fits), truncated=cut or len(kept) < len(fits))


@verb(
    "browser.screenshot",
    examples=(
        "take a screenshot of https://example.com",
        "screenshot the page in the browser",
        "take a picture of the web page and put it on the phone",
        "capture the whole page in the browser",
    ),
)
async def screenshot(
    session: Session, *, url: Uri | None = None, tab: TabName | None = None, full_page: bool = False
) -> Picture:
    """Take a picture of a page (PNG), as an artifact: `artifact.save` puts it into a file of any device.

    Args:
        url: Address to open first, in a new tab.
        tab: Which tab; by default the one that was used last.
        full_page: All of the page, as far as that is not taller than 12,000 pixels; else what a window shows.
    """
    async with session.tab(tab, url) as found:
        size = found.page.viewport_size or {"width": 1280, "height": 900}
        width, height = size["width"], size["height"]
        clip: dict[str, float] | None = None
        if full_page:
            script = "() => Math.max(document.documentElement.scrollHeight, document.body?.scrollHeight || 0)"
            height = min(max(height, int(await session.soon(found.page.evaluate(script)))), TALLEST)
            clip = {"x": 0, "y": 0, "width": width, "height": height}
        data = await session.soon(
            found.page.screenshot(
                type="png", full_page=full_page, clip=clip, timeout=session.seconds(PICTURE_S) * 1000,  # type: ignore[arg-type]
                animations="disabled", caret="hide",
            )
        )  # fmt: skip
        artifact, length = await _published(session, data)
        where = await place(session, found)
        return Picture(**dict(where), artifact=artifact, name=PICTURE, size_bytes=length, width=width, height=height)


async def _published(session: Session, data: bytes) -> tuple[str, int]:
    """The picture as an artifact. In the workspace's file system and without a name: nothing is left of it."""
    with tempfile.TemporaryFile(dir=session.context.workspace.root) as file:
        file.write(data)
        file.flush()
        return await session.context.artifacts.publish(Path(f"/proc/self/fd/{file.fileno()}"), name=PICTURE)
