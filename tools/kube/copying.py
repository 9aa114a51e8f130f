"""`kube.copy_to` and `kube.copy_from`: files into and out of containers.

A container is not trusted: of what it sends as an archive, only what was asked for is taken, and nothing that leads out
of the target.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Annotated, BinaryIO, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.archives import unpack_one
from tools.arguments import WorkspacePath
from tools.context import ToolContext
from tools.errors import ToolError, printable
from tools.kube.arguments import MaybeName, Name, Namespace
from tools.kube.change import Draft
from tools.kube.commands import PIECE, place, run
from tools.kube.execution import failed, limit, operation
from tools.kube.objects import Manifest, label
from tools.kube.session import Session
from tools.kube.verbs import writes
from tools.kube.wording import bytes_said
from tools.staging import Stage, staged
from tools.unpack import Packed, bomb, entries, safe_link

MOST_BYTES: Final = 1 << 30
COPY_S: Final = 600.0
# Written beside the target and then moved: a copy that breaks off leaves the old file.
_RECEIVE: Final = (
    'set -e; t="$2"; if [ -d "$t" ]; then t="${t%/}/$3"; fi; '
    'trap \'rm -f "$t.part"\' EXIT; head -c "$1" > "$t.part"; wc -c < "$t.part"; mv -f "$t.part" "$t"; trap - EXIT'
)

PodPath = Annotated[str, Field(pattern=r"^/[^\x00-\x1f\x7f]*$", max_length=4096)]


@writes(
    "kube.copy_to",
    risk=Risk.DESTRUCTIVE,
    timeout_s=COPY_S + 60,
    idempotent=False,
    examples=(
        "copy app.conf to /etc/app.conf in pod web-1",
        "upload seed.sql into pod db-0 as /tmp/seed.sql",
        "put the file index.html into checkout under /www",
        "send config.json to the container app of pod api-0",
    ),
)
async def copy_to(
    session: Session,
    *,
    name: Name,
    source: WorkspacePath,
    target: PodPath,
    namespace: Namespace = "",
    container: MaybeName = "",
) -> Draft:
    """Copy a file of the workspace into a container. A file of that name there is replaced.

    Args:
        name: Pod; or a workload or service, of which the first ready pod is taken.
        source: File of the workspace; of a folder make an archive first.
        target: Absolute path in the container: a file, or a folder that is there.
        namespace: Its namespace; found out where it is left open.
        container: Which container, where the pod has several.
    """
    pod, chosen = await place(session, name, namespace, container)
    size, sha256 = await asyncio.to_thread(_measured, session.context, source)
    base = source.rstrip("/").rpartition("/")[2]
    command = ["sh", "-c", _RECEIVE, "sh", str(size), target, base]

    async def act() -> JsonObject:
        stdin = _content(session.context, source, sha256)
        arrived = bytearray()
        ran = await run(
            session, pod, chosen, command, seconds=limit(session, COPY_S), stdin=stdin, sink=arrived.extend, most=1000
        )
        if ran.code != 0 or arrived.strip() != str(size).encode():
            raise ToolError(ErrorCode.TOOL_FAILED, failed(ran, f"`{source}` was not copied"))
        return {"text": f"  {bytes_said(size)} copied, SHA-256 {sha256}", "bytes": size, "sha256": sha256}

    body: Json = {"command": list(command), "container": chosen, "sha256": sha256}
    one = replace(operation(session, pod, body), run=act)
    summary = (
        f"copy `{printable(source)}` ({bytes_said(size)}) to {printable(target)} in {label(pod)}, container {chosen}"
    )
    return Draft(summary, (one,), undo="a file that was replaced in the container is not kept")


@writes(
    "kube.copy_from",
    timeout_s=COPY_S + 60,
    examples=(
        "copy /var/log/app.log from pod web-1 to app.log",
        "download /data from pod db-0 into backup",
        "get the file /etc/nginx/nginx.conf out of checkout",
        "fetch /tmp/heap.hprof from pod api-0 as heap.hprof",
    ),
)
async def copy_from(
    session: Session,
    *,
    name: Name,
    source: PodPath,
    target: WorkspacePath,
    namespace: Namespace = "",
    container: MaybeName = "",
) -> Draft:
    """Copy a file or a folder of a container into the workspace. Files of these names there are replaced.

    Args:
        name: Pod; or a workload or service, of which the first ready pod is taken.
        source: Absolute path in the container.
        target: File or folder of the workspace that it becomes.
        namespace: Its namespace; found out where it is left open.
        container: Which container, where the pod has several.
    """
    pod, chosen = await place(session, name, namespace, container)
    folder, _, base = source.rstrip("/").rpartition("/")
    if not base or base in (".", ".."):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which file or folder: a path that ends in a name")
    command = ["tar", "cf", "-", "-C", folder or "/", "--", base]

    async def act() -> JsonObject:
        return await _fetched(session, pod, chosen, command, base, target)

    body: Json = {"command": list(command), "container": chosen, "target": target}
    one = replace(operation(session, pod, body), run=act)
    there = await asyncio.to_thread(_exists, session.context, target)
    warnings = (f"{printable(target)} is there: what it has of the same names is replaced",) if there else ()
    summary = f"copy {printable(source)} of {label(pod)}, container {chosen}, to `{printable(target)}`"
    return Draft(summary, (one,), warnings, undo="what was copied can be deleted in the workspace")


# --- Into a container -----------------------------------------------------------------------------------------------


def _measured(context: ToolContext, source: str) -> tuple[int, str]:
    """Bytes and SHA-256 of a file: the approval is for this very content."""
    state = hashlib.sha256()
    with context.workspace.open_read(source) as (file, _):
        size = os.fstat(file.fileno()).st_size
        if size > min(MOST_BYTES, context.limits.file_bytes):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{source}` has {bytes_said(size)}: that is too much to copy")
        while piece := file.read(1 << 20):
            state.update(piece)
    return size, state.hexdigest()


async def _content(context: ToolContext, source: str, sha256: str) -> AsyncIterator[bytes]:
    """The file's content. Raises ToolError(STALE_PREVIEW), before its last piece, where it is another by now."""
    state = hashlib.sha256()
    last = b""
    with context.workspace.open_read(source) as (file, _):
        while piece := await asyncio.to_thread(file.read, PIECE):
            state.update(piece)
            if last:
                yield last
            last = piece
    if state.hexdigest() != sha256:
        raise ToolError(ErrorCode.STALE_PREVIEW, f"`{source}` changed since it was previewed")
    if last:
        yield last


# --- Out of a container ---------------------------------------------------------------------------------------------


async def _fetched(
    session: Session, pod: Manifest, container: str, command: list[str], base: str, target: str
) -> JsonObject:
    context = session.context
    most = min(MOST_BYTES, context.limits.file_bytes)
    # In the workspace's own file system, and without a name: nothing is left of it, however this ends.
    with tempfile.TemporaryFile(dir=context.workspace.root) as file:
        ran = await run(
            session, pod, container, command, seconds=limit(session, COPY_S), sink=partial(_write, file), most=most
        )
        if ran.code != 0:
            raise ToolError(ErrorCode.TOOL_FAILED, failed(ran, f"`{base}` was not copied"))
        file.flush()
        files, size = await asyncio.to_thread(_unpacked, context, file, base, target)
    text = f"  {files} file{'s' if files != 1 else ''}, {bytes_said(size)}, in `{printable(target)}`"
    return {"text": text, "files": files, "bytes": size, "path": target}


def _write(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)


def _exists(context: ToolContext, target: str) -> bool:
    try:
        with context.workspace.locate(target, write=True, parents=False) as found:
            return found.kind() is not None
    except ToolError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return False


def _unpacked(context: ToolContext, file: BinaryIO, base: str, target: str) -> tuple[int, int]:
    """Files and bytes that came out. The first entry says whether it is one file or a folder."""
    packed = os.fstat(file.fileno()).st_size
    file.seek(0)
    with entries(context, file) as found:
        first = next(found, None)
        if first is None or first.names != (base,):
            raise bomb("it does not begin with what was asked for")
        if first.type == "file":
            return _one_file(context, first, target)
        if first.type == "link":
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{base}` is a link to {printable(first.target)}: copy that")
        with (
            context.workspace.open_folder(target, make=True) as (folder, _),
            staged(folder, overwrite=True) as stage,
        ):
            number = size = 0
            for one in found:
                size += _inside(context, _below(one, base), stage, size, packed)
                number += one.type == "file"
            return number, size


def _inside(context: ToolContext, one: Packed | None, stage: Stage, before: int, packed: int) -> int:
    return unpack_one(context, one, stage, before, packed) if one is not None else 0


def _below(one: Packed, base: str) -> Packed | None:
    """The entry as it lies below the folder that was asked for; None for the folder itself."""
    if one.names[0] != base:
        raise bomb("it holds what was not asked for")
    names = one.names[1:]
    if one.type == "link" and not safe_link(names, one.target):
        raise bomb("a link in it leads out of the folder that it is copied to")
    return replace(one, names=names) if names else None


def _one_file(context: ToolContext, one: Packed, target: str) -> tuple[int, int]:
    size = 0
    with one.open() as content, context.workspace.replace(target) as (file, _):
        while piece := content.read(1 << 20):
            size += file.write(piece)
    return 1, size
