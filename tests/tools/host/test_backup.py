"""Backups: packed, read back, checked, restored; damaged ones are told and change nothing."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused


@pytest.fixture
def tree(workspace: Path) -> Path:
    (workspace / "data" / "deep").mkdir(parents=True)
    (workspace / "data" / "a.txt").write_text("alpha")
    (workspace / "data" / "deep" / "b.bin").write_bytes(bytes(range(256)) * 1000)
    (workspace / "data" / "empty").write_text("")
    os.symlink("a.txt", workspace / "data" / "link")
    return workspace / "data"


async def test_a_backup_is_made_checked_and_restored(call: Call, workspace: Path, tree: Path) -> None:
    made = await call("backup.create", paths=["data"], target="out/b.tar.gz")
    assert (made["files"], made["content_bytes"]) == (3, 256_005)
    checked = await call("backup.verify", backup_path="out/b.tar.gz")
    assert checked["intact"] is True
    restored = await call("backup.restore", backup_path="out/b.tar.gz", target="again")
    assert restored["files"] == 3
    assert (workspace / "again/data/deep/b.bin").read_bytes() == (tree / "deep/b.bin").read_bytes()
    assert os.readlink(workspace / "again/data/link") == "a.txt"
    # Once more into the same place is no harm.
    await call("backup.restore", backup_path="out/b.tar.gz", target="again")


async def test_what_is_there_is_not_replaced(call: Call, refused: Refused, tree: Path) -> None:
    await call("backup.create", paths=["data"], target="b.tar.gz")
    (tree / "a.txt").write_text("newer")
    await refused(ErrorCode.ALREADY_EXISTS, "backup.restore", backup_path="b.tar.gz", target=".")
    assert (tree / "a.txt").read_text() == "newer"
    await refused(ErrorCode.ALREADY_EXISTS, "backup.create", paths=["data"], target="b.tar.gz")


async def test_a_damaged_backup_is_told_and_restores_nothing(
    call: Call, refused: Refused, workspace: Path, tree: Path
) -> None:
    await call("backup.create", paths=["data"], target="b.tar.gz")
    data = bytearray(gzip.decompress((workspace / "b.tar.gz").read_bytes()))
    at = data.index(b"alpha")
    data[at : at + 5] = b"gamma"
    (workspace / "b.tar.gz").write_bytes(gzip.compress(bytes(data)))
    checked = await call("backup.verify", backup_path="b.tar.gz")
    assert (checked["intact"], checked["wrong"]) == (False, ["data/a.txt"])
    await refused(ErrorCode.HASH_MISMATCH, "backup.restore", backup_path="b.tar.gz", target="new")
    assert list((workspace / "new").iterdir()) == []


async def test_half_a_backup_and_an_archive_of_others(
    call: Call, refused: Refused, workspace: Path, tree: Path
) -> None:
    await call("backup.create", paths=["data"], target="b.tar.gz")
    whole = (workspace / "b.tar.gz").read_bytes()
    (workspace / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    await refused(ErrorCode.BAD_ARGUMENTS, "backup.verify", backup_path="half.tar.gz")
    await call("archive.create", source="data", target="plain.tar.gz")
    error = await refused(ErrorCode.BAD_ARGUMENTS, "backup.restore", backup_path="plain.tar.gz", target="new")
    assert "manifest" in error.message
    assert list((workspace / "new").iterdir()) == []


async def test_paths_outside_and_twice(refused: Refused, workspace: Path, tree: Path) -> None:
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "backup.create", paths=["/etc"], target="b.tar.gz")
    await refused(ErrorCode.BAD_ARGUMENTS, "backup.create", paths=["data", "data/a.txt"], target="b.tar.gz")
    assert not (workspace / "b.tar.gz").exists()
