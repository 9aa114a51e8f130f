"""file.head, file.tail, file.sort, file.count, file.replace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools import filetext
from tools.context import ToolLimits
from tools.fake import FakeToolContext
from tools.registry import Registry


@pytest.fixture
def numbers(workspace: Path) -> Path:
    path = workspace / "numbers.txt"
    path.write_text("".join(f"{number}\n" for number in range(1, 101)))
    return path


async def test_head(call: Call, numbers: Path) -> None:
    found = await call("file.head", path="numbers.txt", lines=3)
    assert found == {"path": "numbers.txt", "text": "1\n2\n3", "lines": ["1", "2", "3"], "count": 3, "truncated": False}
    assert (await call("file.head", path="numbers.txt"))["count"] == 10
    assert (await call("file.head", path="numbers.txt", lines=500))["count"] == 100


async def test_tail(call: Call, numbers: Path) -> None:
    assert (await call("file.tail", path="numbers.txt", lines=3))["lines"] == ["98", "99", "100"]
    assert (await call("file.tail", path="numbers.txt", lines=500))["count"] == 100


@pytest.mark.parametrize("name", ["file.head", "file.tail", "file.sort"])
@pytest.mark.parametrize(
    ("content", "lines"),
    [("", []), ("\n", [""]), ("a", ["a"]), ("a\n\n", ["a", ""]), ("a\r\nb\r\n", ["a", "b"]), ("\n\nb", ["", "", "b"])],
)
async def test_ends_of_lines(call: Call, workspace: Path, name: str, content: str, lines: list[str]) -> None:
    (workspace / "f").write_bytes(content.encode())
    assert (await call(name, path="f"))["lines"] == (sorted(lines) if name == "file.sort" else lines)


async def test_tail_of_a_large_file_reads_only_its_end(call: Call, workspace: Path) -> None:
    with (workspace / "big").open("wb") as file:
        file.truncate(3 << 30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + b"".join(b"line %d\n" % number for number in range(50_000)))
    found = await call("file.tail", path="big", lines=2)
    assert found["lines"] == ["line 49998", "line 49999"]


async def test_head_of_a_line_without_end(call: Call, workspace: Path) -> None:
    (workspace / "wide").write_bytes(b"x" * (3 << 20) + b"\nsecond\n")
    found = await call("file.head", path="wide", lines=2)
    # A line that does not fit leaves no holes: what comes after it is left out too.
    assert (found["lines"], found["truncated"]) == ([], True)
    (workspace / "wide").write_bytes(b"first\n" + b"x" * (3 << 20) + b"\nthird\n")
    assert (await call("file.head", path="wide", lines=3))["lines"] == ["first"]


async def test_tail_keeps_the_end_where_not_all_fits(registry: Registry, workspace: Path) -> None:
    (workspace / "f").write_text("".join(f"line {number}\n" for number in range(1000)))
    context = FakeToolContext(workspace, limits=ToolLimits(output_bytes=4000))
    found = await registry.call("file.tail", {"path": "f", "lines": 1000}, context)
    assert isinstance(found, dict)
    assert isinstance(found["lines"], list)
    assert found["lines"][-1] == "line 999"
    assert found["truncated"] is True


async def test_sort(call: Call, workspace: Path) -> None:
    (workspace / "f").write_text("10 b\n9 a\nnone\n9 a\n-1.5\n")
    assert (await call("file.sort", path="f"))["lines"] == ["-1.5", "10 b", "9 a", "9 a", "none"]
    assert (await call("file.sort", path="f", numeric=True, unique=True))["lines"] == ["none", "-1.5", "9 a", "10 b"]
    assert (await call("file.sort", path="f", numeric=True, reverse=True))["lines"][0] == "10 b"  # type: ignore[index]


async def test_sort_of_too_large_a_file(refused: Refused, numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filetext, "WHOLE_BYTES", 100)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.sort", path="numbers.txt")


async def test_count_a_file(call: Call, workspace: Path) -> None:
    (workspace / "f").write_text("one two\nthree\n\nfour")
    assert await call("file.count", path="f") == {"path": "f", "lines": 4, "words": 4, "bytes": 19, "files": 1}
    (workspace / "empty").write_text("")
    assert (await call("file.count", path="empty"))["lines"] == 0


async def test_count_across_pieces(call: Call, workspace: Path) -> None:
    """A word that lies across two pieces counts once."""
    (workspace / "f").write_bytes(b"x" * ((1 << 20) - 1) + b"yz " + b"w\n")
    assert (await call("file.count", path="f"))["words"] == 2


async def test_count_a_folder(call: Call, refused: Refused, workspace: Path) -> None:
    (workspace / "src/sub").mkdir(parents=True)
    (workspace / "src/a.py").write_text("a\nb\n")
    (workspace / "src/sub/b.py").write_text("c\n")
    (workspace / "src/c.txt").write_text("d\n")
    found = await call("file.count", path="src", files="*.py")
    assert (found["lines"], found["words"], found["files"]) == (3, 3, 2)
    assert (await call("file.count", path="src", files="*.md"))["files"] == 0
    await refused(ErrorCode.NOT_FOUND, "file.count", path="nothing")


async def test_replace_text(call: Call, workspace: Path) -> None:
    (workspace / "f").write_bytes(b"a.b a.b \xff a+b\n")
    assert await call("file.replace", path="f", find="a.b", replace="$1") == {"path": "f", "replacements": 2}
    assert (workspace / "f").read_bytes() == b"$1 $1 \xff a+b\n"


async def test_replace_by_pattern(call: Call, workspace: Path) -> None:
    (workspace / "f").write_text("port=80\nport=90\n")
    assert (await call("file.replace", path="f", find=r"port=(\d+)", replace=r"p=\1", regex=True))["replacements"] == 2
    assert (workspace / "f").read_text() == "p=80\np=90\n"


async def test_replace_nothing_leaves_the_file_alone(call: Call, workspace: Path) -> None:
    (workspace / "f").write_text("x")
    before = (workspace / "f").stat()
    assert (await call("file.replace", path="f", find="y", replace="z"))["replacements"] == 0
    assert (workspace / "f").stat().st_ino == before.st_ino


async def test_replace_bad_input(refused: Refused, workspace: Path) -> None:
    (workspace / "f").write_text("x")
    (workspace / "raw").write_bytes(b"\xff")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.replace", path="f", find="", replace="z")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.replace", path="f", find="(", replace="z", regex=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.replace", path="f", find="x", replace=r"\9", regex=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.replace", path="raw", find="x", replace="y", regex=True)
    await refused(ErrorCode.NOT_FOUND, "file.replace", path="nothing", find="x", replace="y")
    assert (workspace / "f").read_text() == "x"


async def test_head_and_tail_bad_input(refused: Refused, workspace: Path) -> None:
    for name in ("file.head", "file.tail", "file.sort"):
        await refused(ErrorCode.NOT_FOUND, name, path="nothing")
        await refused(ErrorCode.BAD_ARGUMENTS, name, path=".")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.head", path="x", lines=0)
