"""The words that skills of desktops are written in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field

from tools import verbs as shared
from tools.context import ToolContext
from tools.desktop.desktop import DISPLAY, Desktop
from tools.desktop.session import Session
from tools.registry import Registry
from tools.verbs import Verb, verb

__all__ = ["Pixel", "Role", "Verb", "Words", "registry", "verb"]

Pixel = Annotated[int, Field(ge=0, le=100_000)]
Words = Annotated[str, Field(min_length=1, max_length=1000)]
Role = Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")]


def registry(verbs: Iterable[Verb], desktop: Callable[[], Desktop]) -> Registry:
    """The skills of the verbs; `desktop` is asked when one is called."""

    @asynccontextmanager
    async def opened(one: Verb, context: ToolContext) -> AsyncIterator[Session]:
        found = desktop()
        if DISPLAY in one.needs:
            await found.check()
        yield Session(found, context)

    return shared.registry(verbs, opened)
