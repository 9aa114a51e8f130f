"""`asterism WORDS` on a pseudo-terminal of its own, which is also where its Ctrl-C comes from."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 60.0
CTRL_C, CTRL_D, TAB, ENTER = "\x03", "\x04", "\t", "\r"
_ACTS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]|\r")


class Terminal:
    """A process on a terminal. `seen` is all that it wrote, without escape sequences; `raw` with them."""

    def __init__(self, process: subprocess.Popen[bytes], ours: int) -> None:
        self.process = process
        self._ours = ours
        self._read = 0
        self.raw = b""

    @property
    def seen(self) -> str:
        return _ACTS.sub("", self.raw.decode("utf-8", "replace"))

    def expect(self, text: str) -> str:
        """Read until `text` comes, after what was expected before; what came until then."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.seen.find(text, self._read)) < 0:
            assert self._more(deadline), f"{text!r} never came:\n{self.seen[self._read :]}"
        passed = self.seen[self._read : found]
        self._read = found + len(text)
        return passed

    def insist(self, keys: str, text: str) -> None:
        """Type it until `text` comes: a signal right before readline waits is seen with the next one."""
        while text not in self.seen[self._read :]:
            self.send(keys)
            deadline = time.monotonic() + 1.0
            while text not in self.seen[self._read :] and self._more(deadline):
                pass
            assert self.process.poll() is None or text in self.seen, self.seen[self._read :]
        self.expect(text)

    def send(self, text: str) -> None:
        """Type it."""
        os.write(self._ours, text.encode())

    def say(self, line: str) -> None:
        self.send(line + ENTER)

    def code(self) -> int:
        """The exit code, once all is read."""
        deadline = time.monotonic() + PATIENCE_S
        while self._more(deadline):
            pass
        return self.process.wait(PATIENCE_S)

    def _more(self, deadline: float) -> bool:
        """Whether more has come; not once the program has let go of the terminal."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        try:
            chunk = os.read(self._ours, 65536) if ready else b""
        except OSError:  # Linux says so when the other end is closed
            chunk = b""
        self.raw += chunk
        return bool(chunk)


@contextlib.contextmanager
def terminal(*words: str, env: dict[str, str], cwd: Path, columns: int = 200) -> Iterator[Terminal]:
    """`asterism WORDS`, killed at the end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.main", *words],
        env={**env, "TERM": "xterm", "INPUTRC": os.devnull},
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
