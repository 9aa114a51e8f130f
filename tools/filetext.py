"""Skills for the lines of text files: head, tail, sort, count, replace."""

from __future__ import annotations

from protocol.vocabulary import Risk
from tools.arguments import Glob, Lines, Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


@skill(
    "file.replace",
    risk=Risk.WRITE,
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
    raise NotImplementedError
