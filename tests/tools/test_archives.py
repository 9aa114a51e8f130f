"""archive.create, archive.extract, archive.list; and archives that mean harm."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools import unpack
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry


@pytest.fixture
def tree(workspace: Path) -> Path:
    (workspace / "logs/sub").mkdir(parents=True)
    (workspace / "logs/empty").mkdir()
    (workspace / "logs/app.log").write_text("app")
    (workspace / "logs/run.sh").write_text("echo")
    (workspace / "logs/run.sh").chmod(0o755)
    (workspace / "logs/sub/ä.log").write_text("umlaut")
    (workspace / "logs/link").symlink_to("sub/ä.log")
    (workspace / "logs/out").symlink_to("/etc/passwd")
    os.utime(workspace / "logs/app.log", (0, 1_700_000_000))
    return workspace


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("name", ["logs.tar.gz", "logs.tgz", "logs.tar", "logs.zip"])
async def test_there_and_back(call: Call, tree: Path, name: str) -> None:
    made = await call("archive.create", source="logs", target=f"backup/{name}")
    assert (made["path"], made["files"]) == (f"backup/{name}", 3)
    assert made["size_bytes"] == (tree / "backup" / name).stat().st_size
    assert (await call("file.hash", path=f"backup/{name}"))["hash"] == made["sha256"]

    listed = await call("archive.list", archive_path=f"backup/{name}")
    assert listed["total_bytes"] == 13
    assert isinstance(listed["entries"], list)
    kinds = {str(one["path"]): one["type"] for one in listed["entries"] if isinstance(one, dict)}
    assert kinds["logs/sub/ä.log"] == "file"
    assert kinds["logs/empty"] == "directory"
    assert kinds["logs/link"] == "link"
    # What leads out does not go in.
    assert "logs/out" not in kinds

    found = await call("archive.extract", archive_path=f"backup/{name}", target="restored")
    assert (found["path"], found["files"], found["size_bytes"]) == ("restored", 3, 13)
    assert (tree / "restored/logs/sub/ä.log").read_text() == "umlaut"
    assert os.readlink(tree / "restored/logs/link") == "sub/ä.log"
    assert (tree / "restored/logs/run.sh").stat().st_mode & 0o111 == 0o111
    assert (tree / "restored/logs/empty").is_dir()
    assert abs((tree / "restored/logs/app.log").stat().st_mtime - 1_700_000_000) < 3
    assert sorted(os.listdir(tree / "restored")) == ["logs"]
    # Twice is the same as once.
    assert await call("archive.extract", archive_path=f"backup/{name}", target="restored") == found


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
async def test_the_same_files_give_the_same_bytes(call: Call, tree: Path, name: str) -> None:
    first = await call("archive.create", source="logs", target=name)
    second = await call("archive.create", source="logs", target=name)
    assert first == second


async def test_pack_some_files_of_a_folder(call: Call, tree: Path) -> None:
    await call("archive.create", source="logs", target="some.zip", files="*.log")
    with zipfile.ZipFile(tree / "some.zip") as archive:
        assert archive.namelist() == ["logs/app.log", "logs/sub/ä.log"]


async def test_pack_one_file_and_the_whole_workspace(call: Call, tree: Path) -> None:
    assert (await call("archive.create", source="logs/app.log", target="one.tar.gz"))["files"] == 1
    assert (await call("archive.create", source=".", target="all.zip"))["files"] == 4
    # The archive itself, from the last time, is not packed into itself.
    assert (await call("archive.create", source=".", target="all.zip"))["files"] == 4
    assert (await call("archive.create", source="logs", target="odd.name", format="zip"))["files"] == 3


@pytest.mark.parametrize("name", ["all.tar.gz", "all.zip"])
async def test_pack_several_things_beside_each_other(call: Call, refused: Refused, tree: Path, name: str) -> None:
    (tree / "a.txt").write_text("a")
    made = await call("archive.create", source="a.txt", also=["logs/sub", "logs/app.log"], target=name)
    assert made["files"] == 3
    await call("archive.extract", archive_path=name, target="out")
    found = sorted(str(one.relative_to(tree / "out")) for one in (tree / "out").rglob("*") if one.is_file())
    assert found == ["a.txt", "app.log", "sub/ä.log"]
    for more in (["logs/../a.txt"], ["."]):
        await refused(ErrorCode.BAD_ARGUMENTS, "archive.create", source="a.txt", also=more, target="b.zip")
    assert not (tree / "b.zip").exists()


async def test_extract_here_keeps_what_is_there(call: Call, tree: Path) -> None:
    await call("archive.create", source="logs", target="a.tar.gz")
    (tree / "logs/app.log").write_text("changed")
    (tree / "logs/new.log").write_text("new")
    await call("archive.extract", archive_path="a.tar.gz")
    assert (tree / "logs/app.log").read_text() == "app"
    assert (tree / "logs/new.log").read_text() == "new"


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, gzip.compress])
async def test_other_compressions(call: Call, workspace: Path, pack: Callable[[bytes], bytes]) -> None:
    tar_of(workspace / "plain.tar", (member("x.txt"), b"hello"))
    (workspace / "packed").write_bytes(pack((workspace / "plain.tar").read_bytes()))
    await call("archive.extract", archive_path="packed", target="out")
    assert (workspace / "out/x.txt").read_text() == "hello"


@pytest.mark.parametrize(
    "bad",
    [
        member("../evil"),
        member("/abs/evil"),
        member("a/../../evil"),
        member("a\x1bb"),
        member("link", tarfile.SYMTYPE, "../evil"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("d/link", tarfile.SYMTYPE, "x/../../evil"),
        member("hard", tarfile.LNKTYPE, "good"),
        member("hard", tarfile.LNKTYPE, "/etc/passwd"),
        member("device", tarfile.CHRTYPE),
        member("block", tarfile.BLKTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("/".join(["d"] * 80)),
    ],
    ids=lambda info: f"{info.name[:20]!r}-{info.type!r}",
)
async def test_a_tar_that_leads_out(refused: Refused, workspace: Path, tmp_path: Path, bad: tarfile.TarInfo) -> None:
    tar_of(workspace / "bad.tar", (member("good"), b"x"), (bad, b""))
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="bad.tar", target="out")
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="bad.tar")
    # Nothing of it came out, the good entry neither.
    assert os.listdir(workspace / "out") == []
    assert sorted(os.listdir(tmp_path)) == ["workspace"]


async def test_a_tar_that_writes_through_its_own_link(refused: Refused, workspace: Path) -> None:
    (workspace / "victim").mkdir()
    tar_of(
        workspace / "bad.tar",
        (member("d", tarfile.DIRTYPE), b""),
        (member("link", tarfile.SYMTYPE, "d"), b""),
        (member("link/file"), b"x"),
    )
    with pytest.raises(AssertionError):
        # Refused, with whatever code: an archive of ours never does that.
        await refused(ErrorCode.INTERNAL, "archive.extract", archive_path="bad.tar", target="out")
    assert os.listdir(workspace / "out") == []


async def test_extracting_over_a_link_to_outside(refused: Refused, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (workspace / "out").mkdir()
    (workspace / "out/d").symlink_to(tmp_path / "outside")
    tar_of(workspace / "a.tar", (member("d/file"), b"x"))
    await refused(ErrorCode.ALREADY_EXISTS, "archive.extract", archive_path="a.tar", target="out")
    assert os.listdir(tmp_path / "outside") == []


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "a\nb"])
async def test_a_zip_that_leads_out(refused: Refused, workspace: Path, name: str) -> None:
    with zipfile.ZipFile(workspace / "bad.zip", "w") as archive:
        archive.writestr("good", b"x")
        archive.writestr(name, b"x")
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="bad.zip", target="out")
    assert os.listdir(workspace / "out") == []


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644])
async def test_a_zip_with_links_and_devices(refused: Refused, workspace: Path, mode: int) -> None:
    info = zipfile.ZipInfo("entry")
    info.create_system, info.external_attr = 3, mode << 16
    with zipfile.ZipFile(workspace / "bad.zip", "w") as archive:
        archive.writestr(info, "../../etc/passwd")
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="bad.zip", target="out")


@pytest.mark.parametrize("format", ["tar.gz", "zip"])
async def test_a_bomb_by_ratio(refused: Refused, workspace: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "FREE_BYTES", 1 << 20)
    zeros = b"\0" * (4 << 20)
    if format == "zip":
        with zipfile.ZipFile(workspace / "bomb", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", zeros)
    else:
        tar_of(workspace / "bomb", (member("zeros"), zeros), mode="w:gz")
    error = await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="bomb", target="out")
    assert "200 times" in error.message
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="bomb")
    assert os.listdir(workspace / "out") == []


async def test_a_zip_that_lies_about_its_sizes(
    refused: Refused, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FREE_BYTES", 1 << 20)
    with zipfile.ZipFile(workspace / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (4 << 20))
    data = (workspace / "bomb.zip").read_bytes()
    (workspace / "bomb.zip").write_bytes(data.replace(struct.pack("<I", 4 << 20), struct.pack("<I", 10)))
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="bomb.zip", target="out")
    assert os.listdir(workspace / "out") == []


async def test_a_bomb_by_size(registry: Registry, workspace: Path) -> None:
    tar_of(workspace / "big.tar", (member("big"), b"x" * 20_000))
    context = FakeToolContext(workspace, limits=ToolLimits(file_bytes=10_000))
    with pytest.raises(ToolError, match="more than 10,000 bytes"):
        await registry.call("archive.extract", {"archive_path": "big.tar"}, context)


@pytest.mark.parametrize("format", ["tar", "zip"])
async def test_a_bomb_by_count(refused: Refused, workspace: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 10)
    if format == "zip":
        with zipfile.ZipFile(workspace / "many", "w") as archive:
            for number in range(11):
                archive.writestr(f"{number}", b"")
    else:
        tar_of(workspace / "many", *[(member(f"{number}"), b"") for number in range(11)])
    error = await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="many", target="out")
    assert "entries" in error.message


async def test_a_tar_header_out_of_all_proportion(refused: Refused, workspace: Path) -> None:
    """A long-name header is read into memory whole: one of 64 MB is refused before that."""
    header = member("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    header.size = 64 << 20
    (workspace / "bad.tar.gz").write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + b"a" * (64 << 20)))
    error = await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="bad.tar.gz")
    assert "proportion" in error.message


async def test_a_zip_directory_out_of_all_proportion(
    refused: Refused, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "MAX_DIRECTORY", 100)
    with zipfile.ZipFile(workspace / "many.zip", "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}", b"")
    error = await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="many.zip")
    assert "proportion" in error.message


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04 not really", b"\x1f\x8b broken", b"BZh broken", b"\0" * 600]
)
async def test_what_is_no_archive(call: Call, refused: Refused, workspace: Path, content: bytes) -> None:
    (workspace / "x").write_bytes(content)
    if content == b"\0" * 600:
        # Zeros are where a tar ends: an empty one.
        assert (await call("archive.list", archive_path="x"))["count"] == 0
        return
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="x")
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="x", target="out")


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
async def test_an_archive_cut_short(call: Call, refused: Refused, tree: Path, name: str) -> None:
    (tree / "logs/app.log").write_bytes(os.urandom(100_000))
    await call("archive.create", source="logs", target=name)
    data = (tree / name).read_bytes()
    (tree / name).write_bytes(data[: len(data) // 2])
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path=name, target="out")
    assert os.listdir(tree / "out") == []


async def test_an_encrypted_zip(refused: Refused, workspace: Path) -> None:
    with zipfile.ZipFile(workspace / "x.zip", "w") as archive:
        archive.writestr("a", b"secret")
    data = bytearray((workspace / "x.zip").read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    (workspace / "x.zip").write_bytes(data)
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.extract", archive_path="x.zip", target="out")


async def test_bad_input(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.create", source="logs", target="logs.rar")
    await refused(ErrorCode.NOT_FOUND, "archive.create", source="nothing", target="x.zip")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "archive.create", source="/etc", target="x.zip")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "archive.create", source="logs", target="../x.zip")
    await refused(ErrorCode.NOT_FOUND, "archive.extract", archive_path="nothing.zip")
    await refused(ErrorCode.BAD_ARGUMENTS, "archive.list", archive_path="logs")
    assert sorted(os.listdir(tree)) == ["logs"]


async def test_a_cancelled_one_leaves_nothing(
    call: Call, refused: Refused, tree: Path, context: FakeToolContext
) -> None:
    await call("archive.create", source="logs", target="a.tar.gz")
    context.cancelled.set()
    await refused(ErrorCode.CANCELLED, "archive.create", source="logs", target="b.tar.gz")
    await refused(ErrorCode.CANCELLED, "archive.extract", archive_path="a.tar.gz", target="out")
    assert sorted(os.listdir(tree)) == ["a.tar.gz", "logs", "out"]
    assert os.listdir(tree / "out") == []


@pytest.mark.parametrize(
    ("names", "target", "safe"),
    [
        (("a",), "b", True),
        (("a",), "./b/c", True),
        (("d", "a"), "../b", True),
        (("d", "a"), "..", True),
        (("a",), "..", False),
        (("d", "a"), "../../b", False),
        (("d", "a"), "x/../..", False),
        (("a",), "/b", False),
        (("a",), "", False),
    ],
)
def test_which_links_stay_inside(names: tuple[str, ...], target: str, safe: bool) -> None:
    assert unpack.safe_link(names, target) is safe
