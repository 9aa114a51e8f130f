"""A second attempt, after one whose outcome is unknown: what the first has done is no error, and is not done twice."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.messages import AttemptRef
from tests.tools.conftest import Call, Refused
from tools.fake import FakeArtifactPort, FakeToolContext


@pytest.fixture
def again(context: FakeToolContext) -> None:
    """From here on it is the second attempt."""
    context.attempt = AttemptRef(run="run", task="task", attempt=2)


@pytest.fixture
def tree(workspace: Path) -> Path:
    (workspace / "src/sub").mkdir(parents=True)
    (workspace / "src/sub/a.txt").write_text("a")
    (workspace / "src/link").symlink_to("sub")
    return workspace


async def test_write_without_overwriting(call: Call, refused: Refused, tree: Path, again: None) -> None:
    (tree / "mine").write_text("text")
    (tree / "theirs").write_text("other")
    assert (await call("file.write", path="mine", text="text", overwrite=False))["size_bytes"] == 4
    await refused(ErrorCode.ALREADY_EXISTS, "file.write", path="theirs", text="text", overwrite=False)


async def test_copy_a_file(call: Call, refused: Refused, tree: Path, again: None) -> None:
    assert (await call("file.copy", source="src/sub/a.txt", target="b.txt"))["files"] == 1
    assert (await call("file.copy", source="src/sub/a.txt", target="b.txt"))["files"] == 1
    (tree / "b.txt").write_text("other")
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src/sub/a.txt", target="b.txt")


async def test_copy_a_folder(call: Call, refused: Refused, tree: Path, again: None) -> None:
    first = await call("file.copy", source="src", target="dst")
    assert await call("file.copy", source="src", target="dst") == first
    (tree / "dst/sub/a.txt").write_text("b")
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src", target="dst")
    assert (tree / "dst/sub/a.txt").read_text() == "b"
    (tree / "dst/sub/a.txt").write_text("a")
    (tree / "dst/link").unlink()
    (tree / "dst/link").symlink_to("elsewhere")
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src", target="dst")


async def test_delete(call: Call, tree: Path, again: None) -> None:
    assert (await call("file.delete", path="src", recursive=True))["deleted"] == 4
    assert (await call("file.delete", path="src", recursive=True))["deleted"] == 0


async def test_stop(call: Call, again: None) -> None:
    assert await call("process.stop", pid=2**31 - 1) == {"stopped": [], "count": 0}
    assert (await call("process.stop", name="no-process-has-this-name"))["count"] == 0


async def test_save(call: Call, refused: Refused, context: FakeToolContext, workspace: Path, again: None) -> None:
    assert isinstance(context.artifacts, FakeArtifactPort)
    sha256 = hashlib.sha256(b"x").hexdigest()
    context.artifacts.content[sha256] = b"x"
    for _ in range(2):
        await call("artifact.save", artifact=sha256, path="x", overwrite=False)
    (workspace / "x").write_text("y")
    await refused(ErrorCode.ALREADY_EXISTS, "artifact.save", artifact=sha256, path="x", overwrite=False)
    assert os.listdir(workspace) == ["x"]
