"""Skills that carry files between devices, as artifacts: by hash, in chunks, never through a prompt."""

from __future__ import annotations

from protocol.vocabulary import Risk
from tools.arguments import Artifact, Output, WorkspacePath
from tools.context import ToolContext
from tools.files import Written
from tools.skill import skill


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
    raise NotImplementedError


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
    raise NotImplementedError
