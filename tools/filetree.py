"""Skills that look at folders: list, find, usage."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator

from protocol.errors import ErrorCode
from tools.arguments import Bytes, FileSort, FileType, Glob, Limit, Order, Output, Seconds, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext
from tools.errors import ToolError
from tools.files import encoded
from tools.paths import shown
from tools.places import open_file
from tools.skill import skill
from tools.streams import chunks
from tools.trees import Found as Thing
from tools.trees import Tree, fits, iso


class Entry(Output):
    path: str
    name: str
    type: FileType
    size_bytes: int
    modified: str


class Listing(Output):
    """`tied`: paths of what was left out although it is as large, or as old, as the last entry; ten at most."""

    path: str
    entries: list[Entry]
    count: int
    total_bytes: int
    truncated: bool
    tied: list[str] = []


class Found(Output):
    """`tied` as of a listing."""

    entries: list[Entry]
    count: int
    total_bytes: int
    truncated: bool
    tied: list[str] = []


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
    with context.workspace.locate(path) as place:
        if not place.is_folder():
            found = Thing(place, place.stat(), (place.path.rpartition("/")[2],))
            return _listing(context, place.path, [found], sort, order, limit, lambda: False)
    with context.workspace.open_folder(path) as (folder, place):
        tree = Tree(context, folder, place, hidden=hidden, recursive=recursive)
        wanted = (thing for thing in tree if fits(pattern, shown(thing.place.name), thing.below))
        return _listing(context, place.path, wanted, sort, order, limit, lambda: tree.incomplete)


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
    now = time.time()

    def wanted(thing: Thing) -> bool:
        age, size = now - thing.stat.st_mtime, thing.stat.st_size
        return (
            fits(pattern, shown(thing.place.name), thing.below)
            and (type is None or thing.type == type)
            # A folder's own size says nothing about what lies in it.
            and (min_size_bytes is None or (thing.is_file and size >= min_size_bytes))
            and (max_size_bytes is None or (thing.is_file and size <= max_size_bytes))
            and (newer_than_s is None or age <= newer_than_s)
            and (older_than_s is None or age >= older_than_s)
            and (needle is None or (thing.is_file and _holds(context, thing, needle)))
        )

    needle = None if contains is None else encoded(contains)
    with context.workspace.open_folder(path) as (folder, place):
        tree = Tree(context, folder, place)
        found = _listing(context, place.path, filter(wanted, tree), sort, order, limit, lambda: tree.incomplete)
    return Found(
        entries=found.entries,
        count=found.count,
        total_bytes=found.total_bytes,
        truncated=found.truncated,
        tied=found.tied,
    )


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
    files = folders = total = 0
    largest: list[tuple[int, str]] = []
    seen: set[tuple[int, int]] = set()
    with context.workspace.open_folder(path) as (folder, place):
        tree = Tree(context, folder, place)
        for thing in tree:
            folders += thing.is_folder
            if not thing.is_file:
                continue
            files += 1
            if thing.stat.st_nlink > 1 and (identity := (thing.stat.st_dev, thing.stat.st_ino)) in seen:
                continue  # another name of a file that was counted
            elif thing.stat.st_nlink > 1:
                seen.add(identity)
            total += thing.stat.st_size
            _keep_largest(largest, (thing.stat.st_size, thing.place.path), min(limit, 1000))
        top = [
            LargeFile(path=name, size_bytes=size) for size, name in sorted(largest, key=lambda one: (-one[0], one[1]))
        ]
        budget = Budget(room(context))
        return DiskUsage(
            path=place.path,
            bytes=total,
            files=files,
            folders=folders,
            largest=[one for one in top if budget.take(one)],
            truncated=tree.incomplete,
        )


def _keep_largest(heap: list[tuple[int, str]], one: tuple[int, str], limit: int) -> None:
    if len(heap) < limit:
        heapq.heappush(heap, one)
    else:
        heapq.heappushpop(heap, one)


TIED = 10
"""How many are named of what is as large, or as old, as the last entry."""

_KEYS: dict[str, Callable[[Entry], tuple[str | int, str]]] = {
    "name": lambda entry: (entry.path, ""),
    "size": lambda entry: (entry.size_bytes, entry.path),
    "modified": lambda entry: (entry.modified, entry.path),
}


def _listing(
    context: ToolContext,
    path: str,
    things: Iterable[Thing],
    sort: FileSort,
    order: Order,
    limit: int,
    incomplete: Callable[[], bool],
) -> Listing:
    """The first `limit` in order that fit the result; `count` and `total_bytes` are of all."""
    count = total = 0

    def entries() -> Iterator[Entry]:
        nonlocal count, total
        for thing in things:
            count += 1
            total += thing.stat.st_size if thing.is_file else 0
            yield entry(thing)

    choose = heapq.nlargest if order == "desc" else heapq.nsmallest
    key = _KEYS[sort]
    chosen = choose(limit + TIED, entries(), key=key)
    budget = Budget(room(context))
    kept = [one for one in chosen[:limit] if budget.take(one)]
    alike = [one for one in chosen[limit:] if kept and key(one)[0] == key(kept[-1])[0]]
    return Listing(
        path=path,
        entries=kept,
        count=count,
        total_bytes=total,
        truncated=len(kept) < count or incomplete(),
        tied=[one.path for one in alike if budget.take(one)],
    )


def entry(thing: Thing) -> Entry:
    """A thing as it is listed."""
    return Entry(
        path=thing.place.path,
        name=thing.below.rpartition("/")[2],
        type=thing.type,
        size_bytes=thing.stat.st_size if thing.is_file else 0,
        modified=iso(thing.stat.st_mtime),
    )


def _holds(context: ToolContext, thing: Thing, needle: bytes) -> bool:
    """Whether the file's content holds `needle`; a file that cannot be read does not."""
    tail = b""
    try:
        with open_file(thing.place) as file:
            for piece in chunks(context, file):
                if needle in tail + piece:
                    return True
                tail = (tail + piece)[-len(needle) :]
    except ToolError as error:
        if error.code is ErrorCode.CANCELLED:
            raise
    return not needle
