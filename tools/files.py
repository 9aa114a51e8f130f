"""Skills for one file: read, write, append, describe, hash."""

from __future__ import annotations

import codecs
import hashlib
import os
import pwd
import stat as status
from typing import Literal

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Bytes, FileType, Output, WorkspacePath
from tools.bounds import fit, room
from tools.context import ToolContext, repeated
from tools.errors import ToolError
from tools.paths import shown
from tools.places import Place, open_file, sync_folder
from tools.skill import skill
from tools.streams import digest
from tools.trees import file_type, iso


class FileText(Output):
    path: str
    text: str
    size_bytes: int
    truncated: bool


class Written(Output):
    path: str
    size_bytes: int
    sha256: str


class Appended(Output):
    path: str
    size_bytes: int


class FileFacts(Output):
    path: str
    name: str
    type: FileType
    size_bytes: int
    modified: str
    mode: str
    owner: str
    target: str | None = None


class FileHash(Output):
    path: str
    algorithm: str
    hash: str
    size_bytes: int


@skill(
    "file.read",
    examples=(
        "show me notes.txt",
        "read the file config/app.yaml",
        "what does README.md say?",
        "print the contents of /etc/hostname",
        "cat settings.json on the server",
        "open todo.md and tell me what is in it",
        "display the first 2000 bytes of dump.sql",
    ),
)
def read(context: ToolContext, *, path: WorkspacePath, offset: Bytes = 0, max_bytes: Bytes = 65536) -> FileText:
    """Read the text of a file.

    Args:
        path: File to read.
        offset: Byte to begin at.
        max_bytes: Most bytes to return; more is cut off and flagged.
    """
    limit = min(max_bytes, context.limits.output_bytes)
    with context.workspace.locate(path) as place, open_file(place) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        data = file.read(limit)
        more = bool(file.read(1))
        # A character that the end cuts in two is left for the next read.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(data, final=not more)
        text, cut = fit(text, room(context))
        return FileText(path=place.path, text=text, size_bytes=size, truncated=more or cut)


@skill(
    "file.write",
    risk=Risk.WRITE,
    examples=(
        "write 'hello' to greeting.txt",
        "save the report as reports/today.md on my workstation",
        "create a file called todo.txt with the text buy milk",
        "store the result in out/summary.json",
        "put these lines into hosts.txt",
        "overwrite motd.txt with 'maintenance tonight'",
        "make an empty file named marker",
    ),
)
def write(context: ToolContext, *, path: WorkspacePath, text: str, overwrite: bool = True) -> Written:
    """Write a text to a file, making its folders where they are missing.

    Args:
        path: File to write.
        text: What the file will hold.
        overwrite: Whether a file of this name may be replaced.
    """
    data = encoded(text)
    sha256 = hashlib.sha256(data).hexdigest()
    overwrite = overwrite or done_before(context, path, sha256)
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        file.write(data)
        return Written(path=place.path, size_bytes=len(data), sha256=sha256)


@skill(
    "file.append",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "append 'done' to log.txt",
        "add a line to notes.md saying call Bob",
        "put today's total at the end of totals.csv",
        "add 10.0.0.7 db to the bottom of hosts.txt",
        "extend the changelog with 'fixed the login page'",
    ),
)
def append(context: ToolContext, *, path: WorkspacePath, text: str) -> Appended:
    """Add a text to the end of a file, making the file where it is missing.

    Args:
        path: File to add to.
        text: What to add; end it with a newline where it is a line.
    """
    data = encoded(text)
    with context.workspace.locate(path, write=True, parents=True) as place:
        new = place.kind() is None
        with open_file(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        if new:
            sync_folder(place.folder)
        return Appended(path=place.path, size_bytes=size)


@skill(
    "file.stat",
    examples=(
        "how big is backup.tar.gz?",
        "when was config.yaml last changed?",
        "does the file data/input.csv exist?",
        "who owns report.pdf?",
        "give me the size and date of app.log",
        "what are the permissions of run.sh?",
    ),
)
def stat(context: ToolContext, *, path: WorkspacePath) -> FileFacts:
    """Tell the size, type, owner, permissions and time of change of a file or folder.

    Args:
        path: File or folder to look at; a link is described, not followed.
    """
    with context.workspace.locate(path, follow=False) as place:
        found = place.stat()
        return FileFacts(
            path=place.path,
            name=place.path.rpartition("/")[2],
            type=file_type(found.st_mode),
            size_bytes=found.st_size,
            modified=iso(found.st_mtime),
            mode=status.filemode(found.st_mode),
            owner=_owner(found.st_uid),
            target=_target(place, found.st_mode),
        )


@skill(
    "file.hash",
    timeout_s=3600,
    examples=(
        "what is the sha256 of image.iso?",
        "checksum backup.tar.gz",
        "compute the md5 of data.bin",
        "hash release.zip on every server",
        "give me the sha1 sum of app.jar",
        "is config.yaml the same on all devices?",
    ),
)
def hash_(
    context: ToolContext,
    *,
    path: WorkspacePath,
    algorithm: Literal["sha256", "sha1", "md5", "sha512"] = "sha256",
) -> FileHash:
    """Compute the checksum of a file.

    Args:
        path: File to hash.
        algorithm: Which checksum.
    """
    with context.workspace.locate(path) as place, open_file(place) as file:
        value, size = digest(context, file, algorithm)
        return FileHash(path=place.path, algorithm=algorithm, hash=value, size_bytes=size)


def encoded(text: str) -> bytes:
    """`text` as UTF-8. Raises ToolError(BAD_ARGUMENTS) for half characters, which JSON can carry and files cannot."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the text holds half a character, which no file can") from None


def done_before(context: ToolContext, path: str, sha256: str) -> bool:
    """Whether this is a repetition, and the earlier attempt has left the file as it is to be."""
    if not repeated(context):
        return False
    try:
        with context.workspace.open_read(path) as (file, _):
            return digest(context, file)[0] == sha256
    except ToolError:
        return False  # not there, or no file: what follows says so


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _target(place: Place, mode: int) -> str | None:
    return shown(os.readlink(place.name, dir_fd=place.folder)) if status.S_ISLNK(mode) else None
