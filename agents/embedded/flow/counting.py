"""What is counted or read of files where they lie: lines, words, sizes, what a file says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.things import Entry, Files, Made
from agents.embedded.outcome import decline
from protocol.vocabulary import JsonObject

NUMBER: Final = frozenset(
    {"number", "numbers", "count", "counts", "result", "results", "it", "that", "value", "values"}
)


@dataclass(frozen=True)
class Matched(Value):
    """The lines that hold a text (`anchor`: `^` begin, `$` end with it), or how many they are."""

    files: Files
    text: str
    anchor: str = ""
    counts: bool = True

    def realised(self, to: Builder) -> Made:
        arguments: JsonObject = {"pattern": self.text}
        if self.anchor:
            escaped = re.escape(self.text)
            pattern = f"^{escaped}" if self.anchor == "^" else f"{escaped}$"
            arguments = {"pattern": pattern, "regex": True}
        path = "output.count" if self.counts else "output.lines"
        entries = entries_of(to, self.files, "count" if self.counts else "search", "file.search", path, arguments)
        if self.counts:
            return Made("number", entries, NUMBER, f"{self.text} lines", about=self.text)
        return Made("lines", entries, frozenset({"lines", "entries", "messages", "them", "those", "these", "result"}))


@dataclass(frozen=True)
class Counted(Value):
    """How many lines or words files have."""

    files: Files
    what: Literal["lines", "words"] | str

    def realised(self, to: Builder) -> Made:
        entries = entries_of(to, self.files, "count", "file.count", f"output.{self.what}")
        return Made("number", entries, NUMBER, self.what, about=self.what)


@dataclass(frozen=True)
class Sized(Value):
    """The size of files, or of folders with all that lies in them, in bytes."""

    files: Files

    def realised(self, to: Builder) -> Made:
        folders = any(one.folder for one in self.files.files)
        skill, path = ("file.usage", "output.bytes") if folders else ("file.stat", "output.size_bytes")
        entries = entries_of(to, self.files, "size", skill, path)
        return Made("number", entries, NUMBER | {"size", "sizes"}, "bytes", about="bytes")


@dataclass(frozen=True)
class Listed(Value):
    """How many files there are below folders, with their subfolders; `pattern`: only of such names."""

    files: Files
    pattern: str

    def realised(self, to: Builder) -> Made:
        arguments: JsonObject = {"pattern": self.pattern, "type": "file", "limit": 1}
        entries = entries_of(to, self.files, "count", "file.find", "output.count", arguments)
        return Made("number", entries, NUMBER | {"files"}, "files", about="files")


@dataclass(frozen=True)
class Found(Value):
    """What a file says: all of it, the number that it holds, or its first line."""

    files: Files
    what: Literal["text", "number", "line"]

    def realised(self, to: Builder) -> Made:
        nouns = frozenset({"it", "that", "text", "content"})
        if self.what == "text":
            entries = entries_of(to, self.files, "read", "file.read", "output.text", {"max_bytes": 4_000_000})
            return Made("text", entries, nouns)
        if self.what == "line":
            entries = entries_of(to, self.files, "read", "file.head", "output.lines[0]", {"lines": 1})
            return Made("text", entries, nouns | {"word", "line", "name", "first"})
        # A table of one cell: its number comes as a number.
        arguments: JsonObject = {"heading": False, "limit": 1}
        entries = entries_of(to, self.files, "read", "csv.read", "output.items[0].column 1", arguments)
        return Made("number", entries, NUMBER)


def entries_of(
    to: Builder, files: Files, name: str, skill: str, path: str, more: JsonObject | None = None
) -> tuple[Entry, ...]:
    """One step for each file on each device. They are labelled by device, by path where one device has several."""
    placed = [(one.path, device) for one in files.files for device in to.names(one)]
    if len(set(placed)) < len(placed):
        raise decline("a file is named twice")
    several = len({device for _, device in placed}) < len(placed)
    entries = []
    for file, device in placed:
        step = to.step(name, skill, {"path": file, **(more or {})}, device)
        to.answers.append(step)
        entries.append(Entry(file if several else device, device, step, f"${{{step}.{path}}}"))
    return tuple(entries)
