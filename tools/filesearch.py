"""The skill that looks for lines in files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import BinaryIO

from protocol.errors import ErrorCode
from tools.arguments import Glob, Limit, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext
from tools.errors import ToolError
from tools.files import encoded
from tools.paths import shown
from tools.places import Place, open_file
from tools.regexes import Regex
from tools.skill import skill
from tools.streams import blocks, decode, is_binary
from tools.trees import Tree, fits

# `matches` repeats what `lines` holds, so there are fewer of them.
MATCHES = 1000
LINE_CHARACTERS = 2000
FILES = 1000


class Match(Output):
    path: str
    line: int
    text: str


class Matches(Output):
    matches: list[Match]
    lines: list[str]
    count: int
    files: list[str]
    truncated: bool


@skill(
    "file.search",
    timeout_s=600,
    examples=(
        "search for ERROR in the logs",
        "collect the ERROR lines from all .log files",
        "grep timeout in app.log",
        "which files mention the customer ACME?",
        "find lines with 'connection refused' under logs",
        "show every TODO in the source code",
        "look for failed logins in auth.log",
        "lines matching ^WARN.*disk in system.log",
    ),
)
def search(
    context: ToolContext,
    *,
    pattern: str,
    path: WorkspacePath = ".",
    files: Glob = "*",
    regex: bool = False,
    ignore_case: bool = False,
    limit: Limit = 10_000,
) -> Matches:
    """Search files for lines that hold a text.

    Args:
        pattern: Text to look for, or with `regex` a regular expression.
        path: File to search, or folder with its subfolders.
        files: Which files of a folder, such as `*.log`.
        regex: Whether `pattern` is a regular expression.
        ignore_case: Whether upper and lower case are the same.
        limit: Most lines to return.
    """
    collected = _Collected(context, limit)
    with ExitStack() as stack:
        find = _finder(context, stack, pattern, regex, ignore_case)
        place = stack.enter_context(context.workspace.locate(path))
        if not place.is_folder():
            with open_file(place) as file:
                _search_file(context, place, file, find, collected)
            return collected.result(incomplete=False)
        folder, top = stack.enter_context(context.workspace.open_folder(path))
        tree = Tree(context, folder, top)
        for thing in tree:
            if thing.is_file and fits(files, shown(thing.place.name), thing.below):
                _search_readable(context, thing.place, find, collected)
        return collected.result(incomplete=tree.incomplete)


# Takes a block of whole lines; the line numbers within it, from 0, and the lines that match.
Finder = Callable[[bytes], list[tuple[int, str]]]


class _Collected:
    """What was found, within the result's size. `count` goes on when no more lines fit."""

    def __init__(self, context: ToolContext, limit: int) -> None:
        self.limit = limit
        self.lines_budget = Budget(room(context) // 2)
        self.matches_budget = Budget(room(context) // 4)
        self.files_budget = Budget(room(context) // 4)
        self.matches: list[Match] = []
        self.lines: list[str] = []
        self.files: list[str] = []
        self.count = 0
        self.incomplete = False

    def add(self, place: Place, number: int, text: str) -> None:
        self.count += 1
        text = text[:LINE_CHARACTERS]
        if len(self.lines) < self.limit and self.lines_budget.take(text):
            self.lines.append(text)
            match = Match(path=place.path, line=number, text=text)
            if len(self.matches) < MATCHES and self.matches_budget.take(match):
                self.matches.append(match)
        new = not self.files or self.files[-1] != place.path
        if new and len(self.files) < FILES and self.files_budget.take(place.path):
            self.files.append(place.path)

    def result(self, *, incomplete: bool) -> Matches:
        return Matches(
            matches=self.matches,
            lines=self.lines,
            count=self.count,
            files=self.files,
            truncated=len(self.lines) < self.count or incomplete or self.incomplete,
        )


def _finder(context: ToolContext, stack: ExitStack, pattern: str, regex: bool, ignore_case: bool) -> Finder:
    if not pattern:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "`pattern` is empty: say which text to look for")
    if regex:
        worker = stack.enter_context(Regex(context, pattern, ignore_case=ignore_case))

        def by_pattern(block: bytes) -> list[tuple[int, str]]:
            lines = _lines(block)
            return [(index, lines[index]) for index in worker.search(lines)]

        return by_pattern
    needle, folded = encoded(pattern), pattern.casefold()

    def by_text(block: bytes) -> list[tuple[int, str]]:
        if not ignore_case and needle not in block:
            return []
        return [
            (index, line)
            for index, line in enumerate(_lines(block))
            if (folded in line.casefold() if ignore_case else pattern in line)
        ]

    return by_text


def _lines(block: bytes) -> list[str]:
    return [line.removesuffix("\r") for line in decode(block.removesuffix(b"\n")).split("\n")]


def _search_readable(context: ToolContext, place: Place, find: Finder, collected: _Collected) -> None:
    """One file of a tree; a file that is binary is passed over, one that cannot be read makes the result incomplete."""
    try:
        with open_file(place) as file:
            if not is_binary(file):
                _search_file(context, place, file, find, collected)
    except ToolError as error:
        if error.code not in (ErrorCode.DENIED, ErrorCode.NOT_FOUND):
            raise
        collected.incomplete = True


def _search_file(context: ToolContext, place: Place, file: BinaryIO, find: Finder, collected: _Collected) -> None:
    number = 1
    for block in blocks(context, file):
        for index, line in find(block):
            collected.add(place, number + index, line)
        number += block.count(b"\n")
