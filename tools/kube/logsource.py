"""One container's log as it is read: which lines are wanted, the last of them kept, nothing secret among them. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from tools.kube.concealing import KEY_LINE, Concealer
from tools.kube.objects import Manifest, name_of
from tools.kube.secrecy import HIDDEN

KEPT_CHARACTERS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of each log is wanted."""

    previous: bool
    since_s: float | None
    tail: int
    grep: str

    @property
    def needle(self) -> bytes:
        """What a line must hold to be looked at more closely; bytes know upper and lower case of ASCII only."""
        return self.grep.lower().encode() if self.grep.isascii() else b""

    def query(self, container: str) -> list[tuple[str, str]]:
        """Without a `grep` the server counts the lines; with one it sends them all."""
        found = [("container", container)]
        if self.previous:
            found.append(("previous", "true"))
        if self.since_s is not None:
            found.append(("sinceSeconds", str(max(1, round(self.since_s)))))
        if not self.grep:
            found.append(("tailLines", str(self.tail)))
        return found


@dataclass
class Source:
    """One container's log. `lines` hold the last that were wanted; `note` says what there is instead of lines."""

    pod: Manifest
    container: str
    lines: deque[str] = field(default_factory=deque)
    size: int = 0
    read: int = 0
    matched: int = 0
    dropped: bool = False
    note: str = ""
    concealer: Concealer = field(default_factory=Concealer)

    @property
    def name(self) -> str:
        return f"{name_of(self.pod)}/{self.container}"

    def take(self, raw: bytes, wanted: Wanted) -> str | None:
        """The line as it may be shown, where it is wanted; it is kept, and older ones go when they are too many."""
        self.read += len(raw) + 1
        if wanted.grep and wanted.needle not in raw.lower():
            self.concealer.pass_by(raw)
            return None
        line = self.concealer.line(raw)
        if self.concealer.began_inside:
            self._forget_key()
        # Once more: what is hidden cannot be found out by searching for it.
        if wanted.grep and wanted.grep.lower() not in line.lower():
            return None
        self.matched += 1
        self.lines.append(line)
        self.size += len(line) + 1
        while len(self.lines) > wanted.tail or self.size > KEPT_CHARACTERS:
            self.dropped = self.dropped or self.size > KEPT_CHARACTERS
            self.size -= len(self.lines.popleft()) + 1
        return line

    def _forget_key(self) -> None:
        """The log began in the middle of a private key: what was taken for lines of text was none."""
        for number in range(len(self.lines) - 1, -1, -1):
            if not KEY_LINE.match(self.lines[number]):
                return
            self.lines[number] = HIDDEN
