"""Regular expressions from outside, with a bound on time.

Python's `re` can take for ever on a hostile pattern, cannot be interrupted, and holds the interpreter meanwhile: the
device would miss its heartbeats. So matching happens in a process of its own, which is killed when it takes too long.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from protocol.errors import ErrorCode
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError

# Seconds for one batch of lines.
PATIENCE_S = 5.0
# Characters of a line that are looked at.
LINE_CHARACTERS = 10_000
_WORKER = str(Path(__file__).with_name("regex_worker.py"))


class Regex:
    """A compiled pattern in its process. For use in a thread; a context manager. Raises ToolError(BAD_ARGUMENTS)."""

    def __init__(self, context: ToolContext, pattern: str, *, ignore_case: bool = False) -> None:
        self._context = context
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Its complaints reach nobody: an error comes as an answer, a death as its end.
            stderr=subprocess.DEVNULL,
            env={},
            # A Ctrl-C at the agent's terminal is the agent's to answer.
            start_new_session=True,
        )
        try:
            self._ask({"pattern": pattern, "ignore_case": ignore_case})
        except BaseException:
            self.close()
            raise

    def search(self, texts: Sequence[str]) -> list[int]:
        """Indices of the texts in which the pattern is found."""
        found: list[int] = self._ask({"op": "search", "texts": _cut(texts)})["found"]
        return found

    def groups(self, texts: Sequence[str]) -> list[str | None]:
        """For each text what the first group matches (the whole match where there is no group), or None."""
        groups: list[str | None] = self._ask({"op": "groups", "texts": _cut(texts)})["groups"]
        return groups

    def replace(self, text: str, by: str) -> tuple[str, int]:
        """`text` with every match replaced, and how many there were."""
        answer = self._ask({"op": "replace", "texts": [text], "by": by})
        return str(answer["text"]), int(answer["count"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _discard(pipe)

    def __enter__(self) -> Regex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "the regular expression takes too much memory or time") from None
        answer: dict[str, Any] = json.loads(self._line())
        if "error" in answer:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, answer["error"])
        return answer

    def _line(self) -> bytes:
        """One line of the worker's, waited for in slices so that a cancelled task stops here."""
        assert self._process.stdout is not None
        pipe, deadline = self._process.stdout, time.monotonic() + PATIENCE_S
        received = bytearray()
        while not received.endswith(b"\n"):
            check_cancelled(self._context)
            if select.select([pipe], [], [], 0.05)[0]:
                piece = pipe.read1(1 << 20)  # type: ignore[attr-defined]
                if not piece:
                    raise ToolError(ErrorCode.BAD_ARGUMENTS, "the regular expression takes too much memory or time")
                received += piece
            elif time.monotonic() > deadline:
                raise ToolError(
                    ErrorCode.BAD_ARGUMENTS,
                    "the regular expression takes too long: make it simpler, or search for text",
                )
        return bytes(received)


def _cut(texts: Sequence[str]) -> list[str]:
    return [text[:LINE_CHARACTERS] for text in texts]


def _discard(pipe: IO[bytes]) -> None:
    """Close a pipe of a killed worker: what it did not read is still in the buffer, and cannot be written."""
    with suppress(BrokenPipeError):
        pipe.close()
