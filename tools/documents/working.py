"""Has a worker process read or make a document: below the launcher, so that what is in a document costs the call only.

A document may be made to take all memory, or for ever. In a process of its own that ends the call, with its bounds on
memory, CPU seconds and output, and not the agent; and the libraries stay out of the agent's memory.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from platformdirs import user_cache_path

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.context import ToolContext
from tools.errors import ToolError
from tools.programs import run_program

WORKER: Final = str(Path(__file__).with_name("worker.py"))
SECONDS: Final = 240.0
KILLED: Final = 137


async def work(
    context: ToolContext,
    do: str,
    arguments: Mapping[str, Json],
    *,
    source: BinaryIO | None = None,
    target: BinaryIO | None = None,
    more: tuple[int, ...] = (),
) -> dict[str, Any]:
    """What the worker says of a job. `source` is read, `target` written; `more` are descriptors in the arguments.

    Raises ToolError: what the worker says, TIMEOUT, OUTPUT_TOO_LARGE, TOOL_FAILED.
    """
    job: dict[str, Json] = {"do": do, "arguments": dict(arguments)}
    for name, file in (("source", source), ("target", target)):
        if file is not None:
            job[name] = file.fileno()
    descriptor = os.memfd_create("asterism-job")
    try:
        _fill(descriptor, json.dumps(job).encode())
        fds = (descriptor, *more, *(file.fileno() for file in (source, target) if file is not None))
        said = await run_program(
            context,
            [sys.executable, "-I", WORKER, str(descriptor)],
            variables=_variables(),
            seconds=SECONDS,
            pass_fds=fds,
            keep=8 * context.limits.output_bytes,
        )
    finally:
        os.close(descriptor)
    try:
        found: dict[str, Any] = json.loads(said.text)
    except ValueError:
        raise _broken(said.code, said.complaint, said.dropped) from None
    if "error" in found:
        raise ToolError(ErrorCode(found["error"]), str(found["message"]))
    return found


def _fill(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _broken(code: int, complaint: str, dropped: bool) -> ToolError:
    if dropped:
        return ToolError(ErrorCode.OUTPUT_TOO_LARGE, "the document holds more than a result may: ask for less of it")
    if code == KILLED or "MemoryError" in complaint:
        return ToolError(ErrorCode.OUTPUT_TOO_LARGE, "the document takes more memory or time than is allowed")
    last = next((line for line in reversed(complaint.splitlines()) if line.strip()), f"exit code {code}")
    return ToolError(ErrorCode.TOOL_FAILED, f"the document could not be worked on: {last.strip()[:300]}")


def _variables() -> dict[str, str]:
    """`MPLCONFIGDIR` keeps matplotlib's list of fonts, which takes seconds to make."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": str(user_cache_path("asterism") / "matplotlib"),
        "OPENBLAS_NUM_THREADS": "1",
    }
