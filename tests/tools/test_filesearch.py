"""file.search."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.context import ToolLimits
from tools.fake import FakeToolContext
from tools.registry import Registry


@pytest.fixture
def logs(workspace: Path) -> Path:
    (workspace / "logs").mkdir()
    (workspace / "logs/app.log").write_text("INFO start\nERROR disk full\nerror small\r\n")
    (workspace / "logs/web.log").write_text("ERROR (timeout)\n")
    (workspace / "logs/notes.txt").write_text("ERROR in the notes\n")
    (workspace / "logs/binary.log").write_bytes(b"ERROR\0\n")
    return workspace


async def test_search_a_tree(call: Call, logs: Path) -> None:
    found = await call("file.search", pattern="ERROR", files="*.log")
    assert found == {
        "matches": [
            {"path": "logs/app.log", "line": 2, "text": "ERROR disk full"},
            {"path": "logs/web.log", "line": 1, "text": "ERROR (timeout)"},
        ],
        "lines": ["ERROR disk full", "ERROR (timeout)"],
        "count": 2,
        "files": ["logs/app.log", "logs/web.log"],
        "truncated": False,
    }


async def test_search_a_file(call: Call, logs: Path) -> None:
    found = await call("file.search", pattern="error", path="logs/app.log", ignore_case=True)
    assert found["lines"] == ["ERROR disk full", "error small"]


async def test_a_text_is_no_pattern_unless_asked(call: Call, logs: Path) -> None:
    assert (await call("file.search", pattern="(timeout)"))["count"] == 1
    assert (await call("file.search", pattern="^ERROR.*(full|out)", regex=True))["count"] == 2
    assert (await call("file.search", pattern="^error", regex=True, ignore_case=True, files="app.log"))["count"] == 2


async def test_search_counts_what_it_does_not_return(call: Call, logs: Path) -> None:
    found = await call("file.search", pattern="ERROR", limit=1)
    assert (found["count"], found["lines"], found["truncated"]) == (3, ["ERROR disk full"], True)


async def test_line_numbers_across_blocks(call: Call, workspace: Path) -> None:
    (workspace / "big.log").write_text("".join(f"{number:030}\n" for number in range(1, 100_001)))
    found = await call("file.search", pattern=f"{77_777:030}")
    assert found["matches"] == [{"path": "big.log", "line": 77_777, "text": f"{77_777:030}"}]
    found = await call("file.search", pattern="0{24}077777$", regex=True)
    assert found["count"] == 1


async def test_search_fits_the_result(registry: Registry, workspace: Path) -> None:
    (workspace / "a.log").write_text("ERROR " + "x" * 5000 + "\n" + "ERROR again\n" * 1000)
    context = FakeToolContext(workspace, limits=ToolLimits(output_bytes=20_000))
    found = await registry.call("file.search", {"pattern": "ERROR"}, context)
    assert isinstance(found, dict)
    assert found["count"] == 1001
    assert found["truncated"] is True
    assert isinstance(found["lines"], list)
    assert len(found["lines"]) > 100
    assert len(str(found["lines"][0])) == 2000


async def test_a_hostile_pattern_is_stopped(refused: Refused, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.regexes.PATIENCE_S", 0.2)
    (workspace / "f").write_text("a" * 40 + "!\n")
    error = await refused(ErrorCode.BAD_ARGUMENTS, "file.search", pattern="(a+)+$", regex=True)
    assert "too long" in error.message


async def test_search_bad_input(refused: Refused, logs: Path) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "file.search", pattern="")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.search", pattern="(", regex=True)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.search")
    await refused(ErrorCode.NOT_FOUND, "file.search", pattern="x", path="nothing")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.search", pattern="x", path="/etc")


async def test_search_passes_over_pipes(call: Call, logs: Path) -> None:
    os.mkfifo(logs / "logs/pipe.log")
    assert (await call("file.search", pattern="ERROR", files="*.log"))["count"] == 2


async def test_search_stops_when_cancelled(refused: Refused, logs: Path, context: FakeToolContext) -> None:
    context.cancelled.set()
    await refused(ErrorCode.CANCELLED, "file.search", pattern="x")
