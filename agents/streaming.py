"""Watches an answer while it is written, and says when the rest is not worth waiting for. Pure."""

from __future__ import annotations

import json
from typing import Literal

MAX_CHARS = 400_000
PROSE_CHARS = 8_000
TAIL_CHARS = 64
_LOOK_EVERY = 256
_WINDOW = 1_000
_PERIOD = 120

Verdict = Literal["", "complete", "too_long", "prose", "repeating"]


class Watch:
    """Takes the pieces of one answer in order. `text` is the answer so far.

    `complete` once a whole JSON object has been said. `verdict` says why to stop, empty to go on: the object is
    `complete` and the model goes on talking; the answer is `too_long` (400,000 characters); it is `prose` (8,000
    characters, thinking aside, without a brace); it is `repeating` the same up to 120 characters for the last 1,000.
    """

    def __init__(self) -> None:
        self.verdict: Verdict = ""
        self.complete = False
        self._parts: list[str] = []
        self._length = 0
        self._after = 0
        self._scan = _Scan()
        self._looked = 0
        self._recent = ""

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def feed(self, piece: str) -> Verdict:
        """The next piece; the verdict with it."""
        self._parts.append(piece)
        self._length += len(piece)
        self._recent = (self._recent + piece)[-_WINDOW:]
        if self.complete:
            self._after += len(piece)
        else:
            self._find(piece)
        self.verdict = self._judge()
        return self.verdict

    def _find(self, piece: str) -> None:
        for start, end in self._scan.feed(piece):
            if _is_object(self.text[start:end]):
                self.complete = True
                self._after = self._length - end
                return

    def _judge(self) -> Verdict:
        if self._length > MAX_CHARS:
            return "too_long"
        if self.complete:
            return "complete" if self._after > TAIL_CHARS else ""
        if self._scan.prose > PROSE_CHARS:
            return "prose"
        if self._length - self._looked >= _LOOK_EVERY:
            self._looked = self._length
            if repeats(self._recent):
                return "repeating"
        return ""


def repeats(text: str) -> bool:
    """Whether all of a text of at least 1,000 characters is one piece of at most 120, said again and again."""
    return len(text) >= _WINDOW and any(text[period:] == text[:-period] for period in range(1, _PERIOD + 1))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


class _Scan:
    """Finds where outermost braces open and close, strings and thinking blocks aside.

    `prose` counts the characters outside of both.
    """

    def __init__(self) -> None:
        self.prose = 0
        self._at = self._start = self._depth = 0
        self._string = self._escaped = self._thinking = False
        self._tag = ""

    def feed(self, piece: str) -> list[tuple[int, int]]:
        """(start, end) of each outermost pair of braces that closes in this piece."""
        found = []
        for char in piece:
            span = None
            if self._depth:
                span = self._inside(char)
            else:
                self._outside(char)
            self._at += 1
            if span is not None:
                found.append(span)
        return found

    def _outside(self, char: str) -> None:
        # A tag may come in several pieces.
        self._tag = (self._tag + char)[-11:]
        if self._thinking:
            self._thinking = not self._tag.endswith(("</think>", "</thinking>"))
        elif self._tag.endswith(("<think>", "<thinking>")):
            self._thinking = True
        elif char == "{":
            self._depth, self._start, self._tag = 1, self._at, ""
        else:
            self.prose += 1

    def _inside(self, char: str) -> tuple[int, int] | None:
        if self._string:
            self._string = self._escaped or char != '"'
            self._escaped = char == "\\" and not self._escaped
        elif char == '"':
            self._string = True
        elif char in "{}":
            self._depth += 1 if char == "{" else -1
            if self._depth == 0:
                return self._start, self._at + 1
        return None
