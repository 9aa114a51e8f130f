"""Skills for firmware images: fetched where the right one is, put in place whole, the one before kept."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Artifact, Output, Uri, WorkspacePath
from tools.context import ToolContext
from tools.errors import ToolError, printable
from tools.http import must_be_there, pour
from tools.places import TEMPORARY, Place, sync_folder
from tools.skill import skill
from tools.streams import digest
from tools.threads import in_thread
from tools.web import get

PREVIOUS = ".previous"


class Image(Output):
    path: str
    size_bytes: int
    sha256: str
    changed: bool
    source: str
    previous: str
    previous_sha256: str
    failed: list[str]


@skill(
    "edge.update_firmware",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "update the firmware from https://example.com/fw.bin with this checksum",
        "install firmware 2.1 on the box, with the mirror as a fall-back",
        "download the new image to firmware.bin and check its hash",
    ),
)
async def update_firmware(
    context: ToolContext,
    *,
    url: Uri,
    sha256: Artifact,
    path: WorkspacePath = "firmware.bin",
    mirrors: Annotated[list[Uri], Field(max_length=10)] = [],  # noqa: B006
) -> Image:
    """Put a firmware image in place, once its checksum is right; the one before is kept beside it.

    Args:
        url: Where the image is, http or https.
        sha256: Its SHA-256, in hex.
        path: File of the image; the one before is kept under this name with .previous.
        mirrors: Other places, tried in turn where one fails or has another image.
    """
    there, size = await in_thread(context, lambda: _hash(context, path))
    if there == sha256:
        before = await in_thread(context, lambda: _hash(context, path + PREVIOUS))
        shown = path + PREVIOUS if before[0] else ""
        return Image(
            path=path,
            size_bytes=size,
            sha256=sha256,
            changed=False,
            source="",
            previous=shown,
            previous_sha256=before[0],
            failed=[],
        )
    failed: list[str] = []
    for number, source in enumerate([url, *mirrors], 1):
        try:
            final = await _fetch(context, source, sha256, path)
        except ToolError as error:
            # One that is about the target, or the end of the attempt, no mirror mends.
            if error.code in (ErrorCode.CANCELLED, ErrorCode.OUTSIDE_WORKSPACE):
                raise
            failed.append(f"source {number}: {error.message}"[:300])
            await context.log("info", failed[-1])
            continue
        after, size = await in_thread(context, lambda: _hash(context, path))
        if after != sha256:
            raise ToolError(ErrorCode.CONFLICT, f"`{path}` was changed by somebody else at the same time")
        return Image(
            path=path,
            size_bytes=size,
            sha256=after,
            changed=True,
            source=final,
            previous=path + PREVIOUS if there else "",
            previous_sha256=there,
            failed=failed,
        )
    raise ToolError(
        ErrorCode.HASH_MISMATCH if all("has the hash" in one for one in failed) else ErrorCode.UNAVAILABLE,
        f"no source had the image, and `{path}` is as it was: {'; '.join(failed)}"[:1900],
        retryable=True,
    )


async def _fetch(context: ToolContext, url: str, sha256: str, path: str) -> str:
    """Fetch, compare, and only then replace. The URL that it came from."""
    async with get(context, url) as (response, final):
        must_be_there(response)
        with context.workspace.replace(path) as (file, place):
            _, found = await pour(context, response, file)
            if found != sha256:
                message = f"what {printable(final)[:200]} has has the hash {found[:16]}…, not {sha256[:16]}…"
                raise ToolError(ErrorCode.HASH_MISMATCH, message)
            await in_thread(context, lambda: os.fsync(file.fileno()))
            _keep_previous(place)
    return final


def _keep_previous(place: Place) -> None:
    """Give the image that is there a second name, so that the one under the first can be replaced in one step."""
    temporary = f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        os.link(place.name, temporary, src_dir_fd=place.folder, dst_dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return  # the first image of all
    _rename(place.folder, temporary, place.name + PREVIOUS)


def _rename(folder: int, temporary: str, name: str) -> None:
    try:
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        # Where both are the same file already, the kernel's rename leaves both names.
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)


def _hash(context: ToolContext, path: str) -> tuple[str, int]:
    """Hash and size of what is there; nothing has none."""
    try:
        with context.workspace.open_read(path) as (file, _):
            return digest(context, file)
    except ToolError as error:
        if error.code is ErrorCode.NOT_FOUND:
            return "", 0
        raise


@skill(
    "edge.restore_firmware",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=600,
    examples=("go back to the firmware before", "restore the previous image", "undo the firmware update"),
)
def restore_firmware(context: ToolContext, *, path: WorkspacePath = "firmware.bin") -> Image:
    """Put the firmware image from before the last update back; the one that was in place is kept instead.

    Args:
        path: File of the image.
    """
    before, size = _hash(context, path + PREVIOUS)
    if not before:
        raise ToolError(ErrorCode.NOT_FOUND, f"no earlier image is kept for `{path}`")
    now, _ = _hash(context, path)
    with context.workspace.locate(path, write=True) as place:
        folder, name = place.folder, place.name
        current, earlier = (f"{TEMPORARY}{secrets.token_hex(8)}.tmp" for _ in range(2))
        if now:
            os.link(name, current, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        try:
            os.link(name + PREVIOUS, earlier, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            _rename(folder, earlier, name)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(current, dir_fd=folder)
            raise
        if now:
            _rename(folder, current, name + PREVIOUS)
        sync_folder(folder)
        shown = place.path
    return Image(
        path=shown,
        size_bytes=size,
        sha256=before,
        changed=before != now,
        source="",
        previous=shown + PREVIOUS if now else "",
        previous_sha256=now,
        failed=[],
    )
