"""Skills that copy files to and from the phone: by `adb push` and `pull`, with their hashes compared at both ends.

Nothing unfinished gets the target's name: here it is staged beside it, on the phone a `.part` is moved over it.
"""

from __future__ import annotations

import os
import posixpath
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Artifact, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import repeated
from tools.errors import ToolError, printable
from tools.phone.session import Session
from tools.phone.verbs import PhonePath, verb
from tools.staging import staged
from tools.streams import digest
from tools.threads import in_thread

COPY_S: Final = 3600.0
HASH_S: Final = 600.0
LIST_BYTES: Final = 4 << 20


class PhoneFiles(Output):
    path: str
    names: list[str]
    truncated: bool


class Pulled(Output):
    path: str
    size_bytes: int
    sha256: str
    artifact: str


class Pushed(Output):
    path: str
    size_bytes: int
    sha256: str


@verb(
    "phone.files",
    examples=(
        "what is in /sdcard/Download on the phone",
        "list the photos on my phone",
        "show the files in /sdcard/DCIM",
    ),
)
async def files(session: Session, *, path: PhonePath = "/sdcard") -> PhoneFiles:
    """List the names in a folder of the phone.

    Args:
        path: Absolute path of the folder.
    """
    kind, _ = await _status(session, path)
    if kind != "directory":
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{path}` is no folder of the phone")
    text = await session.said("ls", "-1", "-A", "--", path, keep=LIST_BYTES)
    names = [printable(line) for line in text.splitlines()]
    budget = Budget(room(session.context))
    kept = [name for name in names if budget.take(name)]
    return PhoneFiles(path=path, names=kept, truncated=len(kept) < len(names))


@verb(
    "phone.pull",
    risk=Risk.WRITE,
    timeout_s=COPY_S + 60,
    examples=(
        "copy /sdcard/Download/report.pdf from the phone to report.pdf",
        "get the photo /sdcard/DCIM/IMG_0001.jpg from my phone",
        "pull /sdcard/log.txt off the phone",
        "download the file notes.txt from the phone",
    ),
)
async def pull(session: Session, *, source: PhonePath, target: WorkspacePath, overwrite: bool = True) -> Pulled:
    """Copy a file of the phone into the workspace, and make it an artifact that other devices can fetch.

    Args:
        source: Absolute path of a file on the phone.
        target: File of the workspace that it becomes.
        overwrite: Whether a file of this name may be replaced.
    """
    if target.endswith("/"):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{target}` names a folder: add the file's name")
    context = session.context
    size, sha256 = await _measured(session, source)
    if size > context.limits.file_bytes:
        raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"`{source}` has {size:,} bytes, which is more than is allowed")
    with (
        context.workspace.locate(target, write=True, parents=True) as place,
        staged(place.folder, overwrite=overwrite, same=repeated(context)) as stage,
    ):
        said = await session.adb("pull", source, f"./{place.name}", seconds=COPY_S, folder=stage.folder)
        if said.code != 0:
            raise ToolError(ErrorCode.TOOL_FAILED, f"`{source}` was not copied: {_last(said.text + said.complaint)}")
        descriptor = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=stage.folder)
        with os.fdopen(descriptor, "rb") as file:
            arrived, length = await in_thread(context, lambda: digest(context, file))
            if arrived != sha256:
                message = f"what arrived of `{source}` is not what the phone has: it was changed, or cut; try again"
                raise ToolError(ErrorCode.HASH_MISMATCH, message, retryable=True)
            artifact, _ = await context.artifacts.publish(Path(f"/proc/self/fd/{file.fileno()}"), name=place.name)
    return Pulled(path=place.path, size_bytes=length, sha256=sha256, artifact=artifact)


@verb(
    "phone.push",
    risk=Risk.DESTRUCTIVE,
    timeout_s=COPY_S + 60,
    examples=(
        "copy report.pdf to the phone",
        "put song.mp3 into /sdcard/Music on my phone",
        "push config.json to /sdcard/config.json",
        "send the file from the laptop to the phone's Download folder",
    ),
)
async def push(
    session: Session,
    *,
    target: PhonePath,
    source: WorkspacePath | None = None,
    artifact: Artifact | None = None,
) -> Pushed:
    """Copy a file to the phone. A file of that name there is replaced, once the whole of the new one has arrived.

    Args:
        target: Absolute path on the phone: a file, or a folder that is there.
        source: File of the workspace; this or `artifact`.
        artifact: SHA-256 of what another device has published.
    """
    async with content(session, source, artifact) as (file, name):
        path = await _into(session, target, name)
        folder, base = posixpath.split(path)
        async with put(session, file, folder or "/") as (remote, sha256):
            ran = await session.say("mv", "-f", "--", remote, path)
            if ran.code != 0:
                raise ToolError(ErrorCode.TOOL_FAILED, f"`{path}` was not written: {ran.said}")
    size, there = await _measured(session, path)
    if there != sha256:
        raise ToolError(
            ErrorCode.HASH_MISMATCH, f"`{base}` on the phone is not what was sent: try again", retryable=True
        )
    return Pushed(path=path, size_bytes=size, sha256=sha256)


@asynccontextmanager
async def put(
    session: Session, file: BinaryIO, folder: str, *, suffix: str = ".part"
) -> AsyncIterator[tuple[str, str]]:
    """The file's content on the phone, whole, under a name of our own in a folder: its path, and its SHA-256.

    What is left of it is removed in the end, as far as the phone is still there.
    """
    context = session.context
    sha256, _ = await in_thread(context, lambda: digest(context, file))
    remote = f"{folder.rstrip('/')}/.asterism-{secrets.token_hex(8)}{suffix}"
    try:
        local = f"/proc/self/fd/{file.fileno()}"
        said = await session.adb("push", local, remote, seconds=COPY_S, pass_fds=(file.fileno(),))
        if said.code != 0:
            raise ToolError(ErrorCode.TOOL_FAILED, f"the phone did not take it: {_last(said.text + said.complaint)}")
        if (await _measured(session, remote))[1] != sha256:
            raise ToolError(ErrorCode.HASH_MISMATCH, "what arrived is not what was sent: try again", retryable=True)
        yield remote, sha256
    finally:
        await _removed(session, remote)


async def _removed(session: Session, remote: str) -> None:
    """Remove what is ours. A phone that is gone keeps it, under a name that says whose it is."""
    try:
        await session.say("rm", "-f", "--", remote, seconds=10.0)
    except ToolError as error:
        if error.code not in (ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT):
            raise


@asynccontextmanager
async def content(session: Session, source: str | None, artifact: str | None) -> AsyncIterator[tuple[BinaryIO, str]]:
    """What is to be sent, open for reading, and a name for it. Raises ToolError where it is not one of the two."""
    if (source is None) == (artifact is None):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "name either a file of the workspace or an artifact")
    context = session.context
    if source is not None:
        with context.workspace.open_read(source) as (file, place):
            yield file, place.path.rpartition("/")[2]
        return
    import tempfile

    assert artifact is not None
    with tempfile.TemporaryFile(dir=context.workspace.root) as kept:
        await context.artifacts.save(artifact, Path(f"/proc/self/fd/{kept.fileno()}"))
        kept.seek(0)
        yield kept, ""


async def _into(session: Session, target: str, name: str) -> str:
    """The path of the file itself, where a folder was named."""
    found = await session.say("test", "-d", target)
    if found.code != 0:
        if target.endswith("/"):
            raise ToolError(ErrorCode.NOT_FOUND, f"there is no folder `{target}` on the phone")
        return target
    if not name:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{target}` is a folder: add the name that the file is to have")
    return f"{target.rstrip('/')}/{name}"


async def _status(session: Session, path: str) -> tuple[str, int]:
    """What a path of the phone is, in `stat`'s words, and its bytes. Raises ToolError: NOT_FOUND, DENIED."""
    ran = await session.say("stat", "-L", "-c", "%F|%s", "--", path)
    if ran.code != 0:
        if "denied" in ran.said.lower():
            raise ToolError(ErrorCode.DENIED, f"the phone does not let ADB see `{path}`")
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no `{path}` on the phone")
    kind, _, size = ran.out.strip().rpartition("|")
    return kind, int(size) if size.isdigit() else 0


async def _measured(session: Session, path: str) -> tuple[int, str]:
    """Bytes and SHA-256 of a file on the phone. Raises ToolError: NOT_FOUND, DENIED, BAD_ARGUMENTS."""
    kind, size = await _status(session, path)
    if not kind.startswith("regular"):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{path}` on the phone is a {printable(kind)}, not a file")
    ran = await session.say("sha256sum", "--", path, seconds=HASH_S)
    # A name with a backslash makes the line begin with one.
    found = re.match(r"\\?([0-9a-f]{64})\b", ran.out)
    if found is None:
        code = ErrorCode.DENIED if "denied" in ran.said.lower() else ErrorCode.TOOL_FAILED
        raise ToolError(code, f"`{path}` cannot be read on the phone: {ran.said}")
    return size, found[1]


def _last(text: str) -> str:
    """What adb complained of, else what it said last, without its progress."""
    if found := re.search(r"(?m)^adb: error: (.{1,300})", text):
        return found[1]
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip() and not line.startswith("[")]
    return lines[-1][:300] if lines else "adb does not say why"
