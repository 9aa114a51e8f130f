"""The words that skills of phones are written in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field

from tools import verbs as shared
from tools.context import ToolContext
from tools.phone.phone import Phone
from tools.phone.session import Session
from tools.registry import Registry
from tools.verbs import Verb, verb

__all__ = ["Package", "PhoneNumber", "PhonePath", "Pixel", "Verb", "Words", "registry", "verb"]

# Absolute, and nothing that acts on a terminal.
PhonePath = Annotated[str, Field(pattern=r"^/[^\x00-\x1f\x7f]*$", max_length=1024)]
Package = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$", max_length=255)]
Pixel = Annotated[int, Field(ge=0, le=100_000)]
PhoneNumber = Annotated[str, Field(pattern=r"^\+?[0-9 ()./*#-]{1,40}$")]
Words = Annotated[str, Field(min_length=1, max_length=1000)]


def registry(verbs: Iterable[Verb], phone: Callable[[], Phone]) -> Registry:
    """The skills of the verbs; `phone` is asked when one is called."""

    @asynccontextmanager
    async def opened(one: Verb, context: ToolContext) -> AsyncIterator[Session]:
        found = phone()
        if not one.alone:
            await found.check()
        yield Session(found, context)

    return shared.registry(verbs, opened)
