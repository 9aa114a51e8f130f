"""Skills for tests and benchmarks, in a registry of their own: mounted by `--test-skills`, never by default."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import files, rehearsal
from tools.arguments import Bytes, Lines, Output, Seconds, WorkspacePath
from tools.context import ToolContext
from tools.errors import ToolError
from tools.registry import Registry
from tools.skill import skill

# JSON has no enums: strict validation would ask for the Python object.
Code = Annotated[ErrorCode, Field(strict=False)]


class Echo(Output):
    value: Json


class Slept(Output):
    seconds: float


class Flood(Output):
    lines: int
    text: str


@skill("test.noop", examples=("do nothing", "run a no-op", "echo 5 back", "send a no-op to every device"))
async def noop(context: ToolContext, *, value: Json = None) -> Echo:
    """Do nothing and return the value.

    Args:
        value: Anything; it comes back.
    """
    return Echo(value=value)


@skill("test.sleep", examples=("sleep for 3 seconds", "wait 10 s", "pause for a second", "idle for 0.5 seconds"))
async def sleep(context: ToolContext, *, seconds: Seconds) -> Slept:
    """Wait for some seconds, then say so.

    Args:
        seconds: How long to wait.
    """
    await asyncio.sleep(seconds)
    return Slept(seconds=seconds)


@skill("test.mark", examples=("mark the start", "note that it began", "leave a trace and wait", "count executions"))
async def mark(context: ToolContext, *, path: WorkspacePath, text: str, seconds: Seconds = 0.0) -> Slept:
    """Add a text to a file, then wait: the file tells how often it was done, where doing it again is no harm.

    Args:
        path: File to add to.
        text: What to add.
        seconds: How long to wait then.
    """
    await asyncio.to_thread(files.append, context, path=path, text=text)
    await asyncio.sleep(seconds)
    return Slept(seconds=seconds)


@skill("test.fail", examples=("fail on purpose", "break once", "raise an error", "pretend to fail"))
async def fail(
    context: ToolContext, *, code: Code = ErrorCode.TOOL_FAILED, message: str = "", retryable: bool = False
) -> Echo:
    """Fail in the way that was asked for.

    Args:
        code: Error code to fail with.
        message: What to say.
        retryable: Whether another attempt may help.
    """
    raise ToolError(code, message or "failed on purpose", retryable=retryable)


@skill(
    "test.flood",
    examples=("flood the log", "write 1000 log lines", "produce a lot of output", "log fast"),
)
async def flood(context: ToolContext, *, lines: Lines = 1000, bytes: Bytes = 0) -> Flood:
    """Write many log lines, and return a text of the given size.

    Args:
        lines: Log lines to write.
        bytes: Size of the returned text.
    """
    for number in range(lines):
        await context.log("stdout", f"line {number}")
        await context.progress((number + 1) / lines)
    return Flood(lines=lines, text="x" * bytes)


def registry() -> Registry:
    """All skills of this module, and the previewed write."""
    return Registry.of_modules(sys.modules[__name__], rehearsal)
