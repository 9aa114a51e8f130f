"""file.copy, file.move, file.mkdir, file.delete."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.fake import FakeToolContext


@pytest.fixture
def tree(workspace: Path) -> Path:
    (workspace / "src/sub").mkdir(parents=True)
    (workspace / "src/a.txt").write_text("a")
    (workspace / "src/run.sh").write_text("echo")
    (workspace / "src/run.sh").chmod(0o755)
    (workspace / "src/sub/b.txt").write_text("bb")
    (workspace / "src/link").symlink_to("sub/b.txt")
    os.mkfifo(workspace / "src/pipe")
    return workspace


async def test_copy_a_file(call: Call, tree: Path) -> None:
    os.utime(tree / "src/run.sh", (0, 1_000_000))
    found = await call("file.copy", source="src/run.sh", target="new/copy.sh")
    assert found == {"source": "src/run.sh", "path": "new/copy.sh", "size_bytes": 4, "files": 1, "skipped": 0}
    copied = (tree / "new/copy.sh").stat()
    assert (copied.st_mode & 0o777, copied.st_mtime) == (0o755, 1_000_000)


async def test_copy_a_file_into_a_folder(call: Call, tree: Path) -> None:
    assert (await call("file.copy", source="src/a.txt", target="src/sub"))["path"] == "src/sub/a.txt"
    assert (await call("file.copy", source="src/a.txt", target="fresh/"))["path"] == "fresh/a.txt"


async def test_copy_a_folder(call: Call, tree: Path) -> None:
    found = await call("file.copy", source="src", target="dst")
    assert (found["files"], found["size_bytes"], found["skipped"]) == (5, 7, 1)
    assert (tree / "dst/sub/b.txt").read_text() == "bb"
    assert os.readlink(tree / "dst/link") == "sub/b.txt"
    assert not (tree / "dst/pipe").exists()
    assert sorted(os.listdir(tree / "dst")) == ["a.txt", "link", "run.sh", "sub"]


async def test_copy_a_folder_onto_another(call: Call, refused: Refused, tree: Path) -> None:
    (tree / "dst/sub").mkdir(parents=True)
    (tree / "dst/sub/b.txt").write_text("old")
    (tree / "dst/sub/c.txt").write_text("stays")
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src", target="dst")
    assert (tree / "dst/sub/b.txt").read_text() == "old"
    await call("file.copy", source="src", target="dst", overwrite=True)
    assert (tree / "dst/sub/b.txt").read_text() == "bb"
    assert (tree / "dst/sub/c.txt").read_text() == "stays"


async def test_copy_a_folder_in_which_a_file_is_in_the_way(refused: Refused, tree: Path) -> None:
    (tree / "dst").mkdir()
    (tree / "dst/sub").write_text("a file")
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src", target="dst", overwrite=True)
    # Seen before anything was moved.
    assert os.listdir(tree / "dst") == ["sub"]


async def test_copy_onto_what_exists(call: Call, refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.ALREADY_EXISTS, "file.copy", source="src/a.txt", target="src/run.sh")
    await call("file.copy", source="src/a.txt", target="src/run.sh", overwrite=True)
    assert (tree / "src/run.sh").read_text() == "a"


async def test_copy_bad_input(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.NOT_FOUND, "file.copy", source="nothing", target="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.copy", source="src/a.txt", target="src/a.txt", overwrite=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.copy", source="src", target="src/inner")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.copy", source=".", target="inner", overwrite=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.copy", source="src/pipe", target="x")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.copy", source="src", target="../x")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.copy", source="/etc/hostname", target="x")
    assert sorted(os.listdir(tree)) == ["src"]


async def test_a_cancelled_copy_leaves_nothing(refused: Refused, tree: Path, context: FakeToolContext) -> None:
    context.cancelled.set()
    await refused(ErrorCode.CANCELLED, "file.copy", source="src", target="dst")
    await refused(ErrorCode.CANCELLED, "file.copy", source="src/a.txt", target="b.txt")
    assert sorted(os.listdir(tree)) == ["src"]


async def test_names_that_are_no_text_are_copied(call: Call, workspace: Path) -> None:
    (workspace / "src").mkdir()
    (workspace / "src" / os.fsdecode(b"bad\xff")).write_text("x")
    await call("file.copy", source="src", target="dst")
    assert os.listdir(os.fsencode(workspace / "dst")) == [b"bad\xff"]


async def test_move_and_rename(call: Call, tree: Path) -> None:
    found = await call("file.move", source="src/a.txt", target="done/a2.txt")
    assert (found["source"], found["path"], found["size_bytes"]) == ("src/a.txt", "done/a2.txt", 1)
    assert not (tree / "src/a.txt").exists()
    await call("file.move", source="src", target="renamed")
    assert (tree / "renamed/sub/b.txt").read_text() == "bb"
    assert (await call("file.move", source="renamed/run.sh", target="done"))["path"] == "done/run.sh"


async def test_move_a_link_and_not_what_it_points_to(call: Call, tree: Path) -> None:
    (tree / "out").symlink_to("/etc/hostname")
    await call("file.move", source="out", target="moved")
    assert os.readlink(tree / "moved") == "/etc/hostname"


async def test_move_bad_input(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.NOT_FOUND, "file.move", source="nothing", target="x")
    await refused(ErrorCode.ALREADY_EXISTS, "file.move", source="src/a.txt", target="src/run.sh")
    await refused(ErrorCode.ALREADY_EXISTS, "file.move", source="src/sub", target="src/run.sh", overwrite=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.move", source="src", target="src/sub/src")
    await refused(ErrorCode.DENIED, "file.move", source=".", target="x")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.move", source="src/a.txt", target="../x")


async def test_move_between_file_systems(call: Call, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rename cannot do it: copied whole, then deleted."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", refuse)
    (tree / "src/pipe").unlink()
    assert (await call("file.move", source="src", target="dst"))["files"] == 5
    assert not (tree / "src").exists()
    assert (tree / "dst/sub/b.txt").read_text() == "bb"


async def test_move_between_file_systems_never_loses_what_cannot_go(
    refused: Refused, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", refuse)
    await refused(ErrorCode.TOOL_FAILED, "file.move", source="src", target="dst")
    assert (tree / "src/pipe").exists()


async def test_mkdir(call: Call, refused: Refused, tree: Path) -> None:
    assert await call("file.mkdir", path="x/y/z") == {"path": "x/y/z", "created": True}
    assert await call("file.mkdir", path="x/y/z") == {"path": "x/y/z", "created": False}
    assert await call("file.mkdir", path=".") == {"path": ".", "created": False}
    await refused(ErrorCode.ALREADY_EXISTS, "file.mkdir", path="src/a.txt")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.mkdir", path="src/a.txt/below")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.mkdir", path="../x")


async def test_delete(call: Call, tree: Path) -> None:
    assert await call("file.delete", path="src/sub/b.txt") == {"path": "src/sub/b.txt", "deleted": 1, "freed_bytes": 2}
    assert (await call("file.delete", path="src/sub"))["deleted"] == 1
    found = await call("file.delete", path="src", recursive=True)
    assert (found["deleted"], found["freed_bytes"]) == (5, 5)
    assert os.listdir(tree) == []


async def test_delete_a_link_and_not_what_it_points_to(call: Call, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/keep").write_text("x")
    (tree / "src/out").symlink_to(tmp_path / "outside")
    (tree / "out").symlink_to(tmp_path / "outside")
    await call("file.delete", path="out")
    await call("file.delete", path="src", recursive=True)
    assert (tmp_path / "outside/keep").exists()


async def test_delete_bad_input(refused: Refused, tree: Path) -> None:
    error = await refused(ErrorCode.BAD_ARGUMENTS, "file.delete", path="src")
    assert "recursive" in error.message
    await refused(ErrorCode.NOT_FOUND, "file.delete", path="nothing")
    await refused(ErrorCode.NOT_FOUND, "file.delete", path="nothing", recursive=True)
    await refused(ErrorCode.DENIED, "file.delete", path=".", recursive=True)
    await refused(ErrorCode.DENIED, "file.delete", path="src/..", recursive=True)
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.delete", path="..", recursive=True)
    assert (tree / "src/sub/b.txt").exists()
