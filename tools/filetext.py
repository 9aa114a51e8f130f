"""Skills for the lines of text files: head, tail, sort, count, replace."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Glob, Lines, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError
from tools.files import encoded
from tools.paths import shown
from tools.places import Place, open_file, replacing
from tools.regexes import Regex
from tools.skill import skill
from tools.streams import blocks, chunks, decode
from tools.trees import Tree, fits

# Whole files in memory, for what needs all of it.
WHOLE_BYTES = 64 << 20


class SomeLines(Output):
    path: str
    text: str
    lines: list[str]
    count: int
    truncated: bool


class Counted(Output):
    path: str
    lines: int
    words: int
    bytes: int
    files: int


class Replaced(Output):
    path: str
    replacements: int


@skill(
    "file.head",
    examples=(
        "show the first 20 lines of app.log",
        "head data.csv",
        "how does users.csv begin?",
        "print the top 5 lines of the report",
        "give me the first line of VERSION",
    ),
)
def head(context: ToolContext, *, path: WorkspacePath, lines: Lines = 10) -> SomeLines:
    """Return the first lines of a text file.

    Args:
        path: File to read.
        lines: How many lines.
    """
    with context.workspace.locate(path) as place, open_file(place) as file:
        found: list[str] = []
        for block in blocks(context, file):
            found += _split(decode(block))
            if len(found) >= lines:
                break
        return _some_lines(context, place.path, found[:lines])


@skill(
    "file.tail",
    examples=(
        "show the last 50 lines of app.log",
        "tail syslog",
        "what are the latest entries in access.log?",
        "print the end of the build log",
        "give me the last line of results.csv",
        "what happened last in error.log?",
    ),
)
def tail(context: ToolContext, *, path: WorkspacePath, lines: Lines = 10) -> SomeLines:
    """Return the last lines of a text file.

    Args:
        path: File to read.
        lines: How many lines.
    """
    with context.workspace.locate(path) as place, open_file(place) as file:
        data = _last(context, file, lines)
        return _some_lines(context, place.path, _split(decode(data))[-lines:], keep="end")


@skill(
    "file.sort",
    examples=(
        "sort names.txt",
        "sort the lines of scores.txt by number, highest first",
        "list the unique lines of ips.txt in order",
        "show words.txt sorted backwards",
        "put the lines of todo.txt in alphabetical order",
    ),
)
def sort(
    context: ToolContext, *, path: WorkspacePath, reverse: bool = False, numeric: bool = False, unique: bool = False
) -> SomeLines:
    """Return the lines of a text file in sorted order; the file stays as it is.

    Args:
        path: File to sort.
        reverse: Largest or last first.
        numeric: By the number that each line begins with.
        unique: Each line once.
    """
    with context.workspace.locate(path) as place, open_file(place) as file:
        found = _split(decode(_whole(context, place, file)))
        if unique:
            found = list(dict.fromkeys(found))
        found.sort(key=_number if numeric else None, reverse=reverse)
        return _some_lines(context, place.path, found)


@skill(
    "file.count",
    timeout_s=600,
    examples=(
        "how many lines does app.log have?",
        "count the words in essay.txt",
        "wc -l data.csv",
        "how many lines of Python are in src?",
        "count the lines of all log files",
        "how long is the document notes.md in words?",
    ),
)
def count(context: ToolContext, *, path: WorkspacePath, files: Glob = "*") -> Counted:
    """Count the lines, words and bytes of a file, or of all files in a folder.

    Args:
        path: File or folder to count.
        files: Which files of a folder, such as `*.py`.
    """
    with context.workspace.locate(path) as place:
        if not place.is_folder():
            lines, words, size = _measure(context, place)
            return Counted(path=place.path, lines=lines, words=words, bytes=size, files=1)
    with context.workspace.open_folder(path) as (folder, top):
        found = [
            _measure(context, thing.place)
            for thing in Tree(context, folder, top)
            if thing.is_file and fits(files, shown(thing.place.name), thing.below)
        ]
        lines, words, size = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0)
        return Counted(path=top.path, lines=lines, words=words, bytes=size, files=len(found))


@skill(
    "file.replace",
    risk=Risk.WRITE,
    # Replacing foo by foobar twice gives foobarbar.
    idempotent=False,
    examples=(
        "replace foo with bar in config.txt",
        "change port 8080 to 9090 in app.yaml",
        "in notes.md, substitute colour for color everywhere",
        "swap http:// for https:// in links.txt",
        "set debug=true to debug=false in settings.ini",
        "search and replace staging by production in deploy.env",
    ),
)
def replace(context: ToolContext, *, path: WorkspacePath, find: str, replace: str, regex: bool = False) -> Replaced:
    r"""Replace every occurrence of a text in a file.

    Args:
        path: File to change.
        find: Text to look for, or with `regex` a regular expression.
        replace: Text to put there; with `regex` it may hold groups such as `\1`.
        regex: Whether `find` is a regular expression.
    """
    if not find:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "`find` is empty: say which text to replace")
    with context.workspace.locate(path, write=True) as place:
        with open_file(place) as file:
            data = _whole(context, place, file)
        if regex:
            changed, number = _replace_pattern(context, data, find, replace)
        else:
            changed, number = data.replace(encoded(find), encoded(replace)), data.count(encoded(find))
        if number:
            check_cancelled(context)
            with replacing(place) as target:
                target.write(changed)
        return Replaced(path=place.path, replacements=number)


def _some_lines(context: ToolContext, path: str, lines: list[str], keep: str = "begin") -> SomeLines:
    """As many lines as fit, twice: as a list and as one text."""
    budget = Budget(room(context))
    kept: list[str] = []
    for line in reversed(lines) if keep == "end" else lines:
        if not budget.take(line, times=2):
            break
        kept.append(line)
    if keep == "end":
        kept.reverse()
    return SomeLines(path=path, text="\n".join(kept), lines=kept, count=len(kept), truncated=len(kept) < len(lines))


def _split(text: str) -> list[str]:
    """Lines, without their ends; a newline at the end begins no line."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _last(context: ToolContext, file: BinaryIO, lines: int) -> bytes:
    """The end of a file that holds so many lines, read backwards; at most WHOLE_BYTES."""
    position = size = file.seek(0, os.SEEK_END)
    data = b""
    while position and data.count(b"\n") <= lines and size - position < WHOLE_BYTES:
        check_cancelled(context)
        step = min(1 << 16, position)
        position -= step
        file.seek(position)
        data = file.read(step) + data
    return data


def _whole(context: ToolContext, place: Place, file: BinaryIO) -> bytes:
    if os.fstat(file.fileno()).st_size > WHOLE_BYTES:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"`{place.path}` is larger than {WHOLE_BYTES >> 20} MiB: too large for this skill"
        )
    return file.read(WHOLE_BYTES)


def _number(line: str) -> float:
    """The number that a line begins with; lines without one come first, as with `sort -n`."""
    found = re.match(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)", line[:100])
    return float(found[0]) if found else float("-inf")


def _measure(context: ToolContext, place: Place) -> tuple[int, int, int]:
    """Lines, words and bytes. The last line counts without a newline too."""
    lines = words = size = 0
    last = b"\n"
    with open_file(place) as file:
        for piece in chunks(context, file):
            lines += piece.count(b"\n")
            words += len(piece.split()) - (not last.isspace() and not piece[:1].isspace())
            size += len(piece)
            last = piece[-1:]
    return lines + (last != b"\n"), words, size


def _replace_pattern(context: ToolContext, data: bytes, find: str, by: str) -> tuple[bytes, int]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Writing it back would change every byte that is not text.
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the file is not UTF-8 text: no regular expression fits it") from None
    with Regex(context, find) as regex:
        changed, number = regex.replace(text, by)
    return encoded(changed), number
