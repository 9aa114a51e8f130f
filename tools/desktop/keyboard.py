"""Typing, by `xdotool`: the text goes through a file without a name, for what is typed may be a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tools.desktop.session import Session

TYPE_S: Final = 300.0
DELAY_MS: Final = "8"


async def type_text(session: Session, text: str) -> None:
    """Type a text into what has the focus. Raises ToolError."""
    with _unseen(text) as descriptor:
        words = ("xdotool", "type", "--clearmodifiers", "--delay", DELAY_MS, "--file", f"/proc/self/fd/{descriptor}")
        await session.run(*words, seconds=TYPE_S, pass_fds=(descriptor,))


async def press_keys(session: Session, *keys: str) -> None:
    """Press keys, which are X's names, one after the other. Raises ToolError."""
    await session.run("xdotool", "key", "--clearmodifiers", "--delay", "30", *keys)


@contextmanager
def _unseen(text: str) -> Iterator[int]:
    """A text as a file that has no name and is in no command line; its descriptor."""
    descriptor = os.memfd_create("text")
    try:
        os.write(descriptor, text.encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
