"""Skills that carry files between devices, as artifacts: by hash, in chunks, never through a prompt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Artifact, Output, WorkspacePath
from tools.context import ToolContext
from tools.errors import ToolError
from tools.files import Written, done_before
from tools.skill import skill
from tools.threads import in_thread


class Published(Output):
    artifact: str
    name: str
    size_bytes: int


@skill(
    "artifact.publish",
    timeout_s=3600,
    examples=(
        "send report.pdf from the laptop to the server",
        "upload backup.tar.gz so that other devices can have it",
        "share data.csv with the edge box",
        "transfer the archive to my workstation",
        "make model.bin available to all devices",
    ),
)
async def publish(context: ToolContext, *, path: WorkspacePath) -> Published:
    """Make a file of this device available to other devices.

    Args:
        path: File to publish.
    """
    with context.workspace.open_read(path) as (file, place):
        name = place.path.rpartition("/")[2]
        sha256, size = await context.artifacts.publish(_opened(file), name=name)
        return Published(artifact=sha256, name=name, size_bytes=size)


@skill(
    "artifact.save",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "save the received file as report.pdf",
        "store the transferred archive in backups/",
        "put the file from the server into downloads/data.csv",
        "receive the published file on the workstation",
        "download the artifact to model.bin",
    ),
)
async def save(context: ToolContext, *, artifact: Artifact, path: WorkspacePath, overwrite: bool = True) -> Written:
    """Save a file that another device published.

    Args:
        artifact: SHA-256 of the published content.
        path: File to write.
        overwrite: Whether a file of this name may be replaced.
    """
    overwrite = overwrite or await in_thread(context, lambda: done_before(context, path, artifact))
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        size = await context.artifacts.save(artifact, _opened(file))
        if size > context.limits.file_bytes:
            raise ToolError(
                ErrorCode.ARTIFACT_TOO_LARGE, f"the file is larger than {context.limits.file_bytes:,} bytes"
            )
        # Here the disk may be slow: not on the event loop.
        await in_thread(context, lambda: os.fsync(file.fileno()))
        return Written(path=place.path, size_bytes=size, sha256=artifact)


def _opened(file: BinaryIO) -> Path:
    """A path to the very file that is open, whatever becomes of its name meanwhile."""
    return Path(f"/proc/self/fd/{file.fileno()}")
