"""file.read, file.write, file.append, file.stat, file.hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.context import ToolLimits
from tools.fake import FakeToolContext
from tools.registry import Registry


async def test_read(call: Call, workspace: Path) -> None:
    (workspace / "a.txt").write_text("héllo\n")
    assert await call("file.read", path="a.txt") == {
        "path": "a.txt",
        "text": "héllo\n",
        "size_bytes": 7,
        "truncated": False,
    }


async def test_read_a_part(call: Call, workspace: Path) -> None:
    (workspace / "a.txt").write_text("0123456789")
    found = await call("file.read", path="a.txt", offset=2, max_bytes=3)
    assert (found["text"], found["truncated"]) == ("234", True)
    found = await call("file.read", path="a.txt", offset=7, max_bytes=3)
    assert (found["text"], found["truncated"]) == ("789", False)
    assert (await call("file.read", path="a.txt", offset=99))["text"] == ""


async def test_read_does_not_cut_a_character_in_two(call: Call, workspace: Path) -> None:
    (workspace / "a.txt").write_text("aé")
    assert (await call("file.read", path="a.txt", max_bytes=2))["text"] == "a"


async def test_read_of_bytes_that_are_no_text(call: Call, workspace: Path) -> None:
    (workspace / "raw").write_bytes(b"a\xff\x00b")
    assert (await call("file.read", path="raw"))["text"] == "a\ufffd\x00b"


async def test_read_fits_the_result(registry: Registry, workspace: Path) -> None:
    """A control character takes six bytes as JSON: what is read is cut to what may be sent."""
    (workspace / "raw").write_bytes(b"\x01" * 10_000)
    context = FakeToolContext(workspace, limits=ToolLimits(output_bytes=10_000))
    found = await registry.call("file.read", {"path": "raw"}, context)
    assert isinstance(found, dict)
    assert found["truncated"] is True
    assert len(str(found["text"])) > 1000


async def test_read_a_file_of_5_gb_at_its_end(call: Call, workspace: Path) -> None:
    with (workspace / "big").open("wb") as file:
        file.truncate(5 << 30)
        file.seek(5 << 30)
        file.write(b"end")
    found = await call("file.read", path="big", offset=5 << 30)
    assert (found["text"], found["size_bytes"]) == ("end", (5 << 30) + 3)


async def test_read_what_is_not_there(refused: Refused, workspace: Path) -> None:
    (workspace / "folder").mkdir()
    error = await refused(ErrorCode.NOT_FOUND, "file.read", path="no/such")
    assert "no/such" in error.message
    await refused(ErrorCode.NOT_FOUND, "file.read", path="nothing")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.read", path="folder")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.read", path="folder", max_bytes="all")


async def test_a_message_never_carries_control_characters(refused: Refused, workspace: Path) -> None:
    (workspace / "link").symlink_to("bad\x1b[31mname")
    error = await refused(ErrorCode.NOT_FOUND, "file.read", path="link")
    assert "bad\\x1b[31mname" in error.message


async def test_write(call: Call, workspace: Path) -> None:
    text = "line\nläst\n"
    found = await call("file.write", path="new/folder/a.txt", text=text)
    assert (workspace / "new/folder/a.txt").read_text() == text
    assert found == {
        "path": "new/folder/a.txt",
        "size_bytes": 11,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    # Twice is the same as once.
    assert await call("file.write", path="new/folder/a.txt", text=text) == found


async def test_write_without_overwriting(call: Call, refused: Refused, workspace: Path) -> None:
    await call("file.write", path="a", text="one", overwrite=False)
    await refused(ErrorCode.ALREADY_EXISTS, "file.write", path="a", text="two", overwrite=False)
    assert (workspace / "a").read_text() == "one"


async def test_write_where_it_cannot(refused: Refused, workspace: Path) -> None:
    (workspace / "folder").mkdir()
    (workspace / "file").write_text("x")
    await refused(ErrorCode.ALREADY_EXISTS, "file.write", path="folder", text="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.write", path="file/below", text="x")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.write", path="../x", text="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.write", path="a", text="half \ud800")
    await refused(ErrorCode.ALREADY_EXISTS, "file.write", path=".", text="x")
    assert sorted(os.listdir(workspace)) == ["file", "folder"]


async def test_append(call: Call, workspace: Path) -> None:
    assert (await call("file.append", path="logs/a.txt", text="one\n"))["size_bytes"] == 4
    assert (await call("file.append", path="logs/a.txt", text="two\n"))["size_bytes"] == 8
    assert (workspace / "logs/a.txt").read_text() == "one\ntwo\n"


async def test_append_where_it_cannot(refused: Refused, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    (workspace / "link").symlink_to("/etc/motd")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.append", path="pipe", text="x")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.append", path="link", text="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.append", path=".", text="x")


async def test_stat(call: Call, workspace: Path) -> None:
    (workspace / "a.txt").write_text("12345")
    (workspace / "a.txt").chmod(0o640)
    os.utime(workspace / "a.txt", (0, 1_790_000_000))
    found = await call("file.stat", path="a.txt")
    assert (found["type"], found["size_bytes"], found["mode"]) == ("file", 5, "-rw-r-----")
    assert found["modified"] == "2026-09-21T14:13:20Z"
    assert found["target"] is None
    assert (await call("file.stat", path="."))["type"] == "directory"


async def test_stat_describes_a_link_and_does_not_follow(call: Call, workspace: Path) -> None:
    (workspace / "link").symlink_to("/etc/passwd")
    found = await call("file.stat", path="link")
    assert (found["type"], found["target"]) == ("link", "/etc/passwd")


async def test_stat_of_a_year_that_no_calendar_holds(call: Call, workspace: Path) -> None:
    (workspace / "a").write_text("")
    os.utime(workspace / "a", (0, -(2**40)))
    assert isinstance((await call("file.stat", path="a"))["modified"], str)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5", "sha512"])
async def test_hash(call: Call, workspace: Path, algorithm: str) -> None:
    data = bytes(range(256)) * 10_000
    (workspace / "a.bin").write_bytes(data)
    found = await call("file.hash", path="a.bin", algorithm=algorithm)
    assert found["hash"] == hashlib.new(algorithm, data).hexdigest()
    assert found["size_bytes"] == len(data)


async def test_hash_of_what_cannot_be_hashed(refused: Refused, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.hash", path="pipe")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.hash", path="pipe", algorithm="crc32")
