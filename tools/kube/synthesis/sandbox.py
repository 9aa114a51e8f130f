"""Runs a checked tool in a process of its own, and answers what it asks for.

The process gets an empty environment, limits that it cannot raise, and no descriptor but its pipes. Where the system
allows (Linux with `unshare`), it also runs in namespaces of its own without any network, process or mount to see. It
holds no credential: what it wants to know goes over the pipe to the device, which asks the cluster as the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.errors import ToolError
from tools.isolation import namespaces
from tools.kube.synthesis.check import Checked
from tools.kube.synthesis.names import BUILTINS, MODULES

SECONDS: Final = 30.0
MOST_QUESTIONS: Final = 200
MOST_LINE: Final = 8 << 20
MOST_RESULT: Final = 256 << 10
CHILD: Final = Path(__file__).with_name("child.py")
Answer = Callable[[str, JsonObject], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a tool returned, and how it was kept in: `isolated` says whether it had namespaces of its own."""

    value: Json
    isolated: bool
    asked: int
    stderr: str = field(default="", repr=False)


async def run(tool: Checked, arguments: JsonObject, answer: Answer, *, seconds: float = SECONDS) -> Ran:
    """Run `tool(client, arguments)`. Raises ToolError: TOOL_FAILED with its own error, TIMEOUT, OUTPUT_TOO_LARGE."""
    with tempfile.TemporaryDirectory(prefix="asterism-tool-") as folder:
        process = await asyncio.create_subprocess_exec(
            *namespaces(), sys.executable, "-I", "-S", "-B", str(CHILD),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            cwd=folder, env={}, limit=MOST_LINE, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                return await _served(process, tool, arguments, answer)
        except TimeoutError:
            raise ToolError(ErrorCode.TIMEOUT, f"the tool did not end within {seconds:g} s") from None
        except ValueError:
            raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, "the tool said more than it may") from None
        except (ConnectionError, BrokenPipeError):
            raise ToolError(ErrorCode.TOOL_FAILED, "the tool's process ended on its own") from None
        finally:
            await _end(process)


async def _served(process: asyncio.subprocess.Process, tool: Checked, arguments: JsonObject, answer: Answer) -> Ran:
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018 - both are pipes
    lists = {name: sorted(names) for name, names in MODULES.items()}
    order = {"code": tool.code, "arguments": arguments, "builtins": sorted(BUILTINS), "modules": lists}
    process.stdin.write(json.dumps(order).encode() + b"\n")
    asked = 0
    while True:
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise ToolError(ErrorCode.TOOL_FAILED, "the tool was ended by its limits (10 s of processor, 512 MB)")
        message = _message(line)
        if "done" in message:
            if len(line) > MOST_RESULT:
                raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"the tool's result has {len(line):,} bytes: return less")
            return Ran(message["done"], bool(namespaces()), asked)
        if "failed" in message:
            raise ToolError(ErrorCode.TOOL_FAILED, f"the tool failed: {str(message['failed'])[:600]}")
        asked += 1
        process.stdin.write(json.dumps(await _answered(message, answer, asked)).encode() + b"\n")


def _message(line: bytes) -> JsonObject:
    """What the process said. Whatever it has become: it speaks JSON objects, or is not listened to."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ToolError(ErrorCode.TOOL_FAILED, "the tool's process said something that is no message")
    return found


async def _answered(message: JsonObject, answer: Answer, asked: int) -> JsonObject:
    arguments = message.get("arguments")
    if asked > MOST_QUESTIONS:
        return {"error": f"it asked more than {MOST_QUESTIONS} times"}
    if not isinstance(arguments, dict):
        return {"error": "the question has no arguments"}
    try:
        value = await answer(str(message.get("ask")), arguments)
    except ToolError as error:
        return {"error": error.message}
    if len(json.dumps(value)) > MOST_LINE // 2:
        return {"error": "the answer is too large: ask for less"}
    return {"value": value}


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
