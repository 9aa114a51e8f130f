"""The words that skills of browsers are written in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from tools import verbs as shared
from tools.arguments import Output
from tools.browser.browser import Browser
from tools.browser.reading import visible
from tools.browser.session import Session
from tools.browser.tabs import Tab
from tools.context import ToolContext
from tools.errors import printable
from tools.registry import Registry
from tools.verbs import Verb, verb

__all__ = ["Page", "Selector", "TabName", "Words", "address", "place", "registry", "verb"]

_SECRET = re.compile(r"(?i)([?&#;](?:[\w.\-\[\]%]*(?:passw|pwd|secret|token|api_?key)[\w.\-\[\]%]*)=)[^&#;]+")
TabName = Annotated[str, Field(pattern=r"^t[1-9][0-9]{0,8}$")]
Words = Annotated[str, Field(min_length=1, max_length=1000)]
Selector = Annotated[str, Field(min_length=1, max_length=1000)]


class Page(Output):
    """`status` is of the HTTP response, where there was one. `loaded`: all of the page's text had come."""

    tab: str
    url: str
    title: str
    status: int | None
    loaded: bool


def registry(verbs: Iterable[Verb], browser: Callable[[], Browser]) -> Registry:
    """The skills of the verbs; `browser` is asked when one is called."""

    @asynccontextmanager
    async def opened(one: Verb, context: ToolContext) -> AsyncIterator[Session]:
        found = browser()
        async with found.used():
            yield Session(found, context)

    return shared.registry(verbs, opened)


async def place(session: Session, tab: Tab) -> Page:
    """Where a tab is."""
    title = await session.soon(tab.page.title())
    url = tab.page.url
    first = url == tab.landed
    status = tab.status if first else None
    return Page(tab=tab.id, url=address(url), title=line(title), status=status, loaded=tab.loaded or not first)


def address(url: str) -> str:
    """A page's URL without what lets somebody in: forms put passwords there, too."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return printable(_SECRET.sub(r"\1***", parts.geturl()))[:4000]


def line(text: str, most: int = 500) -> str:
    """A page's words on one line."""
    return printable(" ".join(visible(text).split()))[:most]
