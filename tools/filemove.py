"""Skills that rearrange files: copy, move, make folders, delete."""

from __future__ import annotations

from protocol.vocabulary import Risk
from tools.arguments import Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


class Transferred(Output):
    source: str
    path: str
    size_bytes: int
    files: int


class Made(Output):
    path: str
    created: bool


class Deleted(Output):
    path: str
    deleted: int
    freed_bytes: int


@skill(
    "file.copy",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "copy app.conf to app.conf.bak",
        "make a copy of report.md in archive/",
        "duplicate the folder templates as templates-old",
        "back up data.db to backups/data.db",
        "cp notes.txt to shared/notes.txt",
        "copy the logs folder into backup",
    ),
)
def copy(context: ToolContext, *, source: WorkspacePath, target: WorkspacePath, overwrite: bool = False) -> Transferred:
    """Copy a file or a folder on the same device.

    Args:
        source: File or folder to copy.
        target: Its new name; a file goes into a folder that exists.
        overwrite: Whether files that exist may be replaced.
    """
    raise NotImplementedError


@skill(
    "file.move",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=3600,
    examples=(
        "move report.pdf to archive/",
        "rename draft.txt to final.txt",
        "mv old.log to logs/old.log",
        "put invoice.pdf into the folder 2026",
        "rename the folder tmp to scratch",
        "move all of inbox into done",
    ),
)
def move(context: ToolContext, *, source: WorkspacePath, target: WorkspacePath, overwrite: bool = False) -> Transferred:
    """Move or rename a file or a folder on the same device.

    Args:
        source: File or folder to move.
        target: Its new name; a file goes into a folder that exists.
        overwrite: Whether a file that exists may be replaced.
    """
    raise NotImplementedError


@skill(
    "file.mkdir",
    risk=Risk.WRITE,
    examples=(
        "make a folder called reports",
        "create the directory data/raw",
        "mkdir backups/2026",
        "add a new folder named photos",
        "set up an empty folder for results",
    ),
)
def mkdir(context: ToolContext, *, path: WorkspacePath) -> Made:
    """Make a folder, with those above it; one that exists is left as it is.

    Args:
        path: Folder to make.
    """
    raise NotImplementedError


@skill(
    "file.delete",
    risk=Risk.DESTRUCTIVE,
    timeout_s=3600,
    examples=(
        "delete old.log",
        "remove the folder cache and everything in it",
        "rm -r build",
        "get rid of tmp.txt",
        "erase the file secrets.txt from the laptop",
        "throw away the downloads folder",
    ),
)
def delete(context: ToolContext, *, path: WorkspacePath, recursive: bool = False) -> Deleted:
    """Delete a file, or with `recursive` a folder with all that lies in it.

    Args:
        path: File or folder to delete; a link is deleted, not what it points to.
        recursive: Whether a folder that is not empty may go.
    """
    raise NotImplementedError
