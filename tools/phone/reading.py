"""Looks at the phone: its screen as a tree, the app in front, its packages. What skills read back with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.phone import dumps
from tools.phone.screens import tree
from tools.phone.session import Session
from tools.uitree import UiNode

DUMP_BYTES: Final = 8 << 20
DUMP_TRIES: Final = 3
SETTLE_S: Final = 10.0
LOOK_S: Final = 0.3


async def screen(session: Session) -> UiNode:
    """What is on the screen. Raises ToolError(UNAVAILABLE) where it never stands still, or is off."""
    path = f"/data/local/tmp/asterism-{secrets.token_hex(8)}.xml"
    line = f"uiautomator dump {path} && cat {path}; rm -f {path}"
    for _ in range(DUMP_TRIES):
        ran = await session.shell(line, keep=DUMP_BYTES)
        if "</hierarchy>" in ran.out:
            if ran.dropped:
                raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, "the screen has more elements than can be read")
            return tree(ran.out)
    message = f"the screen cannot be read ({ran.said}): it may be off, or moving all the time; wake it or wait"
    raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True)


async def front(session: Session) -> tuple[str, str]:
    """Package and activity that have the screen. Raises ToolError(TOOL_FAILED) where the phone does not say."""
    for words in (("activity", "activities"), ("window",)):
        found = dumps.front(await session.said("dumpsys", *words, keep=DUMP_BYTES))
        if found is not None:
            return found
    raise ToolError(ErrorCode.TOOL_FAILED, "the phone does not say which app is in front")


async def packages(session: Session, *, own: bool = False) -> list[str]:
    """Names of the packages that are there, in order; `own`: those that were installed on top of the system."""
    text = await session.said("pm", "list", "packages", *(("-3",) if own else ()), keep=DUMP_BYTES)
    return sorted(line.removeprefix("package:").strip() for line in text.splitlines() if line.startswith("package:"))


async def until(true: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it comes true within SETTLE_S seconds: screens take a moment."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SETTLE_S
    while not await true():
        if loop.time() >= end:
            return False
        await asyncio.sleep(LOOK_S)
    return True
