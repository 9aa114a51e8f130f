"""The skill that looks for lines in files."""

from __future__ import annotations

from tools.arguments import Glob, Limit, Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


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
    raise NotImplementedError
