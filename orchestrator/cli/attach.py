"""Piped standard input, attached to a request.

A pipe that somebody forgot to close looks like one that has not said anything yet. So without `--stdin` a silent pipe
is waited for a moment only, and said so; with it, until its end.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
import time

from orchestrator.cli.exits import CommandError
from orchestrator.cli.output import say

LIMIT = 200_000
"""Characters: what a request takes as its attachment."""
FIRST_S = 0.25
SILENCE_S = 5.0
_CHUNK = 1 << 16


class Attachment:
    """Reads in a thread of its own, from the start of the program on. `text` waits for it."""

    def __init__(self, *, wait: bool) -> None:
        self._wait = wait
        self._data = bytearray()
        self._note = ""
        self._thread: threading.Thread | None = None
        kind = _kind()
        if kind is not None:
            # Only pipes and sockets can stay silent.
            self._patient = wait or kind == "file"
            self._thread = threading.Thread(target=self._read, daemon=True, name="stdin")
            self._thread.start()

    def text(self) -> str:
        """What was piped in, empty where nothing was. Raises CommandError `bad_request` where it cannot be attached."""
        if self._thread is None:
            return ""
        self._thread.join()
        if self._note:
            say(self._note)
        if b"\0" in self._data:
            raise CommandError("bad_request", "Standard input is not text: put it in a file, and name the file.")
        text = self._data.decode("utf-8", "replace")
        if len(text) > LIMIT:
            message = f"Standard input has more than {LIMIT} characters: put it in a file, and name the file."
            raise CommandError("bad_request", message)
        return text

    def _read(self) -> None:
        patience = FIRST_S
        while len(self._data) <= 4 * LIMIT:
            if not self._patient and not _readable(patience):
                self._note = self._silence()
                return
            try:
                chunk = os.read(0, _CHUNK)
            except OSError:
                return  # closed meanwhile: the same as its end
            if not chunk:
                return
            self._data += chunk
            patience = SILENCE_S

    def _silence(self) -> str:
        if self._data:
            return f"Standard input went silent: {len(self._data)} bytes are attached. `--stdin` waits for its end."
        return "Standard input is open but silent: nothing is attached. `--stdin` waits for it, `</dev/null` closes it."


def _kind() -> str | None:
    """`pipe` or `file` where standard input can be attached; None for a terminal, a device, or none at all."""
    if sys.stdin is None or os.isatty(0):
        return None
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return "pipe"
    return "file" if stat.S_ISREG(mode) else None


def _readable(seconds: float) -> bool:
    """Whether standard input has something to read, or is at its end, within so many seconds."""
    deadline = time.monotonic() + seconds
    ready, _, _ = select.select([0], [], [], max(0.0, deadline - time.monotonic()))
    return bool(ready)
