"""file.list, file.find, file.usage."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.tools.conftest import Call, Refused
from tools import trees
from tools.context import ToolLimits
from tools.fake import FakeToolContext
from tools.registry import Registry


@pytest.fixture
def tree(workspace: Path) -> Path:
    """logs/{app.log,old.log,sub/deep.log}, data.csv, .hidden, link"""
    (workspace / "logs/sub").mkdir(parents=True)
    (workspace / "logs/app.log").write_text("x" * 100)
    (workspace / "logs/old.log").write_text("x" * 10)
    (workspace / "logs/sub/deep.log").write_text("needle in the deep")
    (workspace / "data.csv").write_text("a,b\n")
    (workspace / ".hidden").write_text("")
    (workspace / "link").symlink_to("logs")
    os.utime(workspace / "logs/old.log", (0, time.time() - 10 * 86_400))
    return workspace


def names(found: dict[str, Json]) -> list[str]:
    entries = found["entries"]
    assert isinstance(entries, list)
    return [str(entry["path"]) for entry in entries if isinstance(entry, dict)]


async def test_list(call: Call, tree: Path) -> None:
    found = await call("file.list")
    assert names(found) == ["data.csv", "link", "logs"]
    assert (found["path"], found["count"], found["total_bytes"], found["truncated"]) == (".", 3, 4, False)
    entries = found["entries"]
    assert isinstance(entries, list)
    assert [entry["type"] for entry in entries if isinstance(entry, dict)] == ["file", "link", "directory"]


async def test_list_with_all_its_options(call: Call, tree: Path) -> None:
    assert names(await call("file.list", hidden=True)) == [".hidden", "data.csv", "link", "logs"]
    assert names(await call("file.list", path="logs", pattern="*.log")) == ["logs/app.log", "logs/old.log"]
    assert names(await call("file.list", path="logs", sort="size", order="desc", limit=1)) == ["logs/app.log"]
    assert names(await call("file.list", path="logs", sort="modified"))[0] == "logs/old.log"
    assert names(await call("file.list", recursive=True, pattern="*.log")) == [
        "logs/app.log",
        "logs/old.log",
        "logs/sub/deep.log",
    ]
    assert names(await call("file.list", recursive=True, pattern="logs/*.log")) == [
        "logs/app.log",
        "logs/old.log",
        "logs/sub/deep.log",
    ]
    assert names(await call("file.list", recursive=True, pattern="**/data.csv")) == ["data.csv"]


async def test_list_says_what_it_left_out(call: Call, tree: Path) -> None:
    found = await call("file.list", path="logs", limit=1)
    assert (found["count"], found["total_bytes"], found["truncated"]) == (3, 110, True)


async def test_what_is_as_large_or_as_old_as_the_last_is_named(call: Call, workspace: Path) -> None:
    for name, size, at in (("a", 5, 20), ("b", 5, 20), ("c", 5, 10), ("d", 1, 10)):
        (workspace / name).write_text("x" * size)
        os.utime(workspace / name, (at, at))
    for asked, taken, tied in (
        ({"sort": "size", "order": "desc", "limit": 1}, ["c"], ["b", "a"]),
        ({"sort": "size", "limit": 1}, ["d"], []),
        ({"sort": "modified", "order": "desc", "limit": 1}, ["b"], ["a"]),
        ({"sort": "modified", "limit": 1}, ["c"], ["d"]),
        ({"sort": "size", "order": "desc", "limit": 3}, ["c", "b", "a"], []),
        ({"limit": 1}, ["a"], []),
    ):
        for skill in ("file.list", "file.find"):
            found = await call(skill, **asked)
            assert (names(found), found["tied"]) == (taken, tied), asked


async def test_list_through_a_link_and_of_a_file(call: Call, tree: Path) -> None:
    assert names(await call("file.list", path="link")) == ["logs/app.log", "logs/old.log", "logs/sub"]
    assert names(await call("file.list", path="data.csv")) == ["data.csv"]


async def test_list_what_is_not_there(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.NOT_FOUND, "file.list", path="nothing")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.list", limit=0)
    await refused(ErrorCode.BAD_ARGUMENTS, "file.list", sort="colour")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "file.list", path="..")


async def test_names_that_are_no_text_are_listed_as_data(call: Call, workspace: Path) -> None:
    for name in (b"bad\xff", b"new\nline", b"esc\x1b[31m"):
        (workspace / os.fsdecode(name)).write_text("")
    assert names(await call("file.list")) == ["bad\\xff", "esc\x1b[31m", "new\nline"]


async def test_unfinished_files_are_not_listed(call: Call, workspace: Path) -> None:
    (workspace / ".asterism-00.tmp").write_text("half")
    assert (await call("file.list", hidden=True))["count"] == 0


async def test_a_listing_fits_the_result(registry: Registry, workspace: Path) -> None:
    for number in range(100):
        (workspace / f"{number:03}").write_text("")
    context = FakeToolContext(workspace, limits=ToolLimits(output_bytes=6000))
    found = await registry.call("file.list", {}, context)
    assert isinstance(found, dict)
    assert found["truncated"] is True
    assert found["count"] == 100
    assert 10 < len(names(found)) < 100
    assert names(found)[0] == "000"


async def test_find_by_each_rule(call: Call, tree: Path) -> None:
    assert names(await call("file.find", pattern="deep.log")) == ["logs/sub/deep.log"]
    assert names(await call("file.find", contains="needle")) == ["logs/sub/deep.log"]
    assert names(await call("file.find", type="directory")) == ["logs", "logs/sub"]
    assert names(await call("file.find", type="link")) == ["link"]
    assert names(await call("file.find", min_size_bytes=50)) == ["logs/app.log"]
    assert names(await call("file.find", max_size_bytes=0)) == [".hidden"]
    assert names(await call("file.find", older_than_s=86_400 * 7)) == ["logs/old.log"]
    newer = names(await call("file.find", newer_than_s=86_400, type="file"))
    assert newer == [".hidden", "data.csv", "logs/app.log", "logs/sub/deep.log"]
    found = await call("file.find", pattern="*.log", sort="size", order="desc")
    assert names(found) == ["logs/app.log", "logs/sub/deep.log", "logs/old.log"]
    assert (found["count"], found["total_bytes"]) == (3, 128)


async def test_find_content_across_pieces(call: Call, workspace: Path) -> None:
    (workspace / "big").write_bytes(b"x" * ((1 << 20) - 3) + b"needle" + b"x" * 10)
    assert names(await call("file.find", contains="needle")) == ["big"]


async def test_find_passes_over_what_cannot_be_read(call: Call, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    (workspace / "a").write_text("needle")
    assert names(await call("file.find", contains="needle")) == ["a"]
    assert names(await call("file.find", type="other")) == ["pipe"]


async def test_find_bad_input(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "file.find", path="data.csv")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.find", type="socket")
    await refused(ErrorCode.BAD_ARGUMENTS, "file.find", newer_than_s="1 day")


async def test_usage(call: Call, tree: Path) -> None:
    os.link(tree / "logs/app.log", tree / "same.log")
    found = await call("file.usage", limit=2)
    assert (found["files"], found["folders"], found["truncated"]) == (6, 2, False)
    # A second name takes no second space.
    assert found["bytes"] == 100 + 10 + 18 + 4
    assert found["largest"] == [
        {"path": "logs/app.log", "size_bytes": 100},
        {"path": "logs/sub/deep.log", "size_bytes": 18},
    ]


async def test_usage_bad_input(refused: Refused, tree: Path) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "file.usage", path="data.csv")
    await refused(ErrorCode.NOT_FOUND, "file.usage", path="nothing")


async def test_a_tree_is_bounded(call: Call, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (workspace / f"{number}").write_text("x")
    monkeypatch.setattr(trees, "MAX_ENTRIES", 3)
    found = await call("file.usage")
    assert (found["files"], found["truncated"]) == (3, True)


async def test_a_tree_that_is_too_deep(call: Call, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "1/2/3/4").mkdir(parents=True)
    monkeypatch.setattr(trees, "MAX_DEPTH", 2)
    found = await call("file.usage")
    assert (found["folders"], found["truncated"]) == (3, True)


async def test_a_walk_stops_when_cancelled(refused: Refused, tree: Path, context: FakeToolContext) -> None:
    context.cancelled.set()
    await refused(ErrorCode.CANCELLED, "file.usage")


async def test_links_to_outside_are_listed_and_not_entered(call: Call, workspace: Path) -> None:
    (workspace / "root").symlink_to("/")
    assert (await call("file.usage"))["files"] == 0
    assert names(await call("file.list", recursive=True)) == ["root"]
