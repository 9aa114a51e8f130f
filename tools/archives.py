"""Skills for archives, tar and zip."""

from __future__ import annotations

from typing import Literal

from protocol.vocabulary import Risk
from tools.arguments import FileType, Glob, Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill

Format = Literal["tar.gz", "tar", "zip"]


class Archive(Output):
    path: str
    size_bytes: int
    files: int
    sha256: str


class Extracted(Output):
    path: str
    files: int
    size_bytes: int
    entries: list[str]
    truncated: bool


class Member(Output):
    path: str
    type: FileType
    size_bytes: int


class Contents(Output):
    path: str
    entries: list[Member]
    count: int
    total_bytes: int
    truncated: bool


@skill(
    "archive.create",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "zip the folder reports",
        "make a tar.gz of logs",
        "archive the project folder as project.zip",
        "compress data into backup.tar.gz",
        "pack all log files into logs.tar.gz",
        "back up the config folder as an archive",
    ),
)
def create(
    context: ToolContext,
    *,
    source: WorkspacePath,
    target: WorkspacePath,
    format: Format | None = None,
    files: Glob = "*",
) -> Archive:
    """Pack a file or a folder into an archive.

    Args:
        source: File or folder to pack.
        target: Archive to write; an earlier one is replaced.
        format: Kind of archive; by default what the target's name says.
        files: Which files of a folder, such as `*.log`.
    """
    raise NotImplementedError


@skill(
    "archive.extract",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "unzip photos.zip",
        "extract backup.tar.gz into restore",
        "unpack release.zip to the folder app",
        "untar logs.tar.gz",
        "decompress data.tgz here",
    ),
)
def extract(context: ToolContext, *, archive_path: WorkspacePath, target: WorkspacePath = ".") -> Extracted:
    """Unpack an archive into a folder; files of the same names are replaced.

    Args:
        archive_path: Archive to unpack.
        target: Folder to unpack into; made where it is missing.
    """
    raise NotImplementedError


@skill(
    "archive.list",
    timeout_s=600,
    examples=(
        "what is inside backup.zip?",
        "list the contents of logs.tar.gz",
        "which files does release.zip hold?",
        "show what is packed in data.tgz",
        "look into photos.zip without unpacking it",
    ),
)
def list_(context: ToolContext, *, archive_path: WorkspacePath) -> Contents:
    """List what an archive holds, without unpacking it.

    Args:
        archive_path: Archive to look into.
    """
    raise NotImplementedError
