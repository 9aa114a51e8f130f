"""Typing, by `xdotool`: the text goes through a file without a name, for what is typed may be a password."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tools.desktop.session import Session

TYPE_S: Final = 300.0
DELAY_MS: Final = "8"
RARE_MS: Final = "80"
"""For a character that no key has: `xdotool` gives it one, and the program must look it up before it is taken back."""
_RUN: Final = re.compile(r"[ -~\n\t]+|[^ -~\n\t]+")


async def type_text(session: Session, text: str) -> None:
    """Type a text into what has the focus. Raises ToolError."""
    for run in _RUN.findall(text):
        with _unseen(run) as descriptor:
            delay = DELAY_MS if run.isascii() else RARE_MS
            words = ("xdotool", "type", "--clearmodifiers", "--delay", delay, "--file", f"/proc/self/fd/{descriptor}")
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
