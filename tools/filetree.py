"""Skills that look at folders: list, find, usage."""

from __future__ import annotations

from tools.arguments import Bytes, FileSort, FileType, Glob, Limit, Order, Output, Seconds, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


class Entry(Output):
    path: str
    name: str
    type: FileType
    size_bytes: int
    modified: str


class Listing(Output):
    path: str
    entries: list[Entry]
    count: int
    total_bytes: int
    truncated: bool


class Found(Output):
    entries: list[Entry]
    count: int
    total_bytes: int
    truncated: bool


class LargeFile(Output):
    path: str
    size_bytes: int


class DiskUsage(Output):
    path: str
    bytes: int
    files: int
    folders: int
    largest: list[LargeFile]
    truncated: bool


@skill(
    "file.list",
    examples=(
        "list the files",
        "what is in the folder logs?",
        "show all .csv files in data",
        "ls -la reports",
        "list everything under src, also in subfolders",
        "which files are in my workspace?",
        "list the biggest files in downloads first",
        "show the newest files in backups",
    ),
)
def list_(
    context: ToolContext,
    *,
    path: WorkspacePath = ".",
    pattern: Glob = "*",
    recursive: bool = False,
    hidden: bool = False,
    sort: FileSort = "name",
    order: Order = "asc",
    limit: Limit = 1000,
) -> Listing:
    """List the files and folders in a folder.

    Args:
        path: Folder to list.
        pattern: Which names, such as `*.log`.
        recursive: Also what lies in its subfolders.
        hidden: Also names that begin with a dot.
        sort: What to sort by.
        order: Ascending or descending.
        limit: Most entries to return.
    """
    raise NotImplementedError


@skill(
    "file.find",
    timeout_s=600,
    examples=(
        "find all files named error.log",
        "find files larger than 100 MB",
        "which files changed in the last 24 hours?",
        "where is the file invoice.pdf?",
        "find .tmp files older than a week",
        "find every Python file that contains the word TODO",
        "look for empty files under data",
        "locate all folders called node_modules",
    ),
)
def find(
    context: ToolContext,
    *,
    path: WorkspacePath = ".",
    pattern: Glob = "*",
    contains: str | None = None,
    type: FileType | None = None,
    min_size_bytes: Bytes | None = None,
    max_size_bytes: Bytes | None = None,
    newer_than_s: Seconds | None = None,
    older_than_s: Seconds | None = None,
    sort: FileSort = "name",
    order: Order = "asc",
    limit: Limit = 1000,
) -> Found:
    """Find files below a folder by name, content, type, size or age.

    Args:
        path: Folder to search, with its subfolders.
        pattern: Which names, such as `*.log`.
        contains: Only files that hold this text.
        type: Only this type; without it, files, folders and links.
        min_size_bytes: Only files at least this large.
        max_size_bytes: Only files at most this large.
        newer_than_s: Only what changed within so many seconds.
        older_than_s: Only what has not changed for so many seconds.
        sort: What to sort by.
        order: Ascending or descending.
        limit: Most entries to return.
    """
    raise NotImplementedError


@skill(
    "file.usage",
    timeout_s=600,
    examples=(
        "how much space does the folder logs take?",
        "what are the 10 largest files?",
        "disk usage of the downloads folder",
        "how many files are in my workspace?",
        "du -sh data",
        "what is eating the space under projects?",
    ),
)
def usage(context: ToolContext, *, path: WorkspacePath = ".", limit: Limit = 10) -> DiskUsage:
    """Add up the size of a folder with all that lies in it, and name its largest files.

    Args:
        path: Folder to measure.
        limit: How many of the largest files to name.
    """
    raise NotImplementedError
