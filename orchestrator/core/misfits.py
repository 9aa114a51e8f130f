"""Where what people gave does not fit, in words that they know."""

from __future__ import annotations

from collections.abc import Iterable


def place(loc: Iterable[int | str]) -> str:
    """A place such as `steps.1.after.0.when.op`, without the names of validators that pydantic puts into it."""
    return ".".join(part for part in map(str, loc) if not part.endswith(("]", ")")))


def said(message: str) -> str:
    """What is wrong there, without the class of the exception."""
    return message.removeprefix("Value error, ")
