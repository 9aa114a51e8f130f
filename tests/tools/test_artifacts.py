"""artifact.publish, artifact.save."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.fake import FakeArtifactPort, FakeToolContext
from tools.registry import Registry


async def test_from_one_device_to_another(
    call: Call, context: FakeToolContext, registry: Registry, tmp_path: Path
) -> None:
    data = os.urandom(100_000)
    (context.workspace.root / "data.bin").write_bytes(data)
    published = await call("artifact.publish", path="data.bin")
    assert published == {
        "artifact": hashlib.sha256(data).hexdigest(),
        "name": "data.bin",
        "size_bytes": len(data),
    }
    other = FakeToolContext(tmp_path / "other", artifacts=context.artifacts)
    saved = await registry.call("artifact.save", {"artifact": published["artifact"], "path": "inbox/copy.bin"}, other)
    assert saved == {"path": "inbox/copy.bin", "size_bytes": len(data), "sha256": published["artifact"]}
    assert (tmp_path / "other/inbox/copy.bin").read_bytes() == data


async def test_publish_bad_input(refused: Refused, workspace: Path) -> None:
    (workspace / "link").symlink_to("/etc/passwd")
    os.mkfifo(workspace / "pipe")
    await refused(ErrorCode.NOT_FOUND, "artifact.publish", path="nothing")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "artifact.publish", path="link")
    await refused(ErrorCode.BAD_ARGUMENTS, "artifact.publish", path="pipe")
    await refused(ErrorCode.BAD_ARGUMENTS, "artifact.publish", path=".")


async def test_an_unknown_artifact_leaves_nothing(refused: Refused, workspace: Path) -> None:
    await refused(ErrorCode.UNKNOWN_ARTIFACT, "artifact.save", artifact="0" * 64, path="x")
    assert os.listdir(workspace) == []


async def test_a_cancelled_transfer_leaves_nothing(
    registry: Registry, context: FakeToolContext, workspace: Path
) -> None:
    begun = asyncio.Event()

    class Slow(FakeArtifactPort):
        async def save(self, sha256: str, path: Path) -> int:
            path.write_bytes(b"half of it")  # noqa: ASYNC240 - a test file
            begun.set()
            await asyncio.Event().wait()
            return 0

    context.artifacts = Slow()
    call = registry.call("artifact.save", {"artifact": "0" * 64, "path": "sub/x"}, context)
    task = asyncio.create_task(call)
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert os.listdir(workspace / "sub") == []


async def test_save_bad_input(refused: Refused, workspace: Path, context: FakeToolContext) -> None:
    content = b"x"
    sha256 = hashlib.sha256(content).hexdigest()
    assert isinstance(context.artifacts, FakeArtifactPort)
    context.artifacts.content[sha256] = content
    (workspace / "old").write_text("old")
    await refused(ErrorCode.ALREADY_EXISTS, "artifact.save", artifact=sha256, path="old", overwrite=False)
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "artifact.save", artifact=sha256, path="../x")
    await refused(ErrorCode.BAD_ARGUMENTS, "artifact.save", artifact=sha256.upper(), path="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "artifact.save", artifact="abc", path="x")
    assert (workspace / "old").read_text() == "old"
