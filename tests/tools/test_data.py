"""data.*: computation over earlier results."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.tools.conftest import Call, Refused

LINES: list[Json] = [
    "2026-11-20T10:00:00Z ERROR checkout: card declined",
    "2026-11-20T10:30:00Z ERROR checkout: timeout",
    "2026-11-21T11:00:00Z WARN payments: slow",
    "no format at all",
]
FANOUT: list[Json] = [
    {"device": "alpha", "task": "disk@alpha", "output": {"free_bytes": 500, "hash": "aa"}},
    {"device": "beta", "task": "disk@beta", "output": {"free_bytes": 900, "hash": "bb"}},
    {"device": "gamma", "task": "disk@gamma", "output": {"free_bytes": 100, "hash": "aa"}},
]


def counts(found: dict[str, Json]) -> dict[str, int]:
    assert isinstance(found["counts"], list)
    return {one["key"]: one["count"] for one in found["counts"] if isinstance(one, dict)}  # type: ignore[misc]


async def test_count_lines_by_what_they_say(call: Call) -> None:
    found = await call("data.count_by", items=LINES, by="service")
    assert found == {
        "counts": [{"key": "checkout", "count": 2}, {"key": "payments", "count": 1}],
        "total": 4,
        "other": 1,
    }
    assert counts(await call("data.count_by", items=LINES, by="level")) == {"ERROR": 2, "WARN": 1}
    assert counts(await call("data.count_by", items=LINES, by="day")) == {"2026-11-20": 2, "2026-11-21": 1}
    assert counts(await call("data.count_by", items=LINES, by="hour")) == {"2026-11-20 10:00": 2, "2026-11-21 11:00": 1}


async def test_count_what_a_fan_out_gave(call: Call) -> None:
    """`${collect[*].output.lines}` is a list of lists."""
    found = await call("data.count_by", items=[LINES[:1], LINES[1:], []], by="service")
    assert (counts(found), found["total"]) == ({"checkout": 2, "payments": 1}, 4)


async def test_count_the_lines_of_whole_results(call: Call) -> None:
    """`${collect[*]}` and `${collect[*].output}`, where somebody meant the lines."""
    results: list[Json] = [{"lines": LINES[:2], "count": 2}, {"device": "b", "output": {"lines": LINES[2:]}}]
    found = await call("data.count_by", items=results, by="service")
    assert (counts(found), found["total"]) == ({"checkout": 2, "payments": 1}, 4)
    assert (await call("data.count_by", items=results, by="device"))["total"] == 2


async def test_count_by_line_extension_and_path(call: Call) -> None:
    assert counts(await call("data.count_by", items=["b", "a", "b", 1])) == {"b": 2, "1": 1, "a": 1}
    files: list[Json] = ["a/x.LOG", {"path": "y.log"}, ".bashrc", "Makefile", {"size": 1}]
    found = await call("data.count_by", items=files, by="extension")
    assert (counts(found), found["other"]) == ({".log": 2, "(none)": 2}, 1)
    assert counts(await call("data.count_by", items=FANOUT, by="output.hash")) == {"aa": 2, "bb": 1}
    assert counts(await call("data.count_by", items=FANOUT, by="device"))["beta"] == 1
    matches: list[Json] = [{"path": "a.log", "line": 1, "text": str(LINES[0])}]
    assert counts(await call("data.count_by", items=matches, by="service")) == {"checkout": 1}
    assert counts(await call("data.count_by", items=matches, by="path")) == {"a.log": 1}


async def test_count_by_pattern(call: Call, refused: Refused) -> None:
    found = await call("data.count_by", items=LINES, pattern=r"(?:ERROR|WARN) (\w)")
    assert (counts(found), found["other"]) == ({"c": 2, "p": 1}, 1)
    await refused(ErrorCode.BAD_ARGUMENTS, "data.count_by", items=LINES, pattern="(")


async def test_count_returns_the_most_frequent(call: Call) -> None:
    found = await call("data.count_by", items=["a", "b", "b", "c"], limit=1)
    assert found == {"counts": [{"key": "b", "count": 2}], "total": 4, "other": 2}


async def test_rank(call: Call) -> None:
    found = await call("data.rank", items=FANOUT, by="output.free_bytes")
    assert isinstance(found["ranked"], list)
    assert [one["value"] for one in found["ranked"] if isinstance(one, dict)] == [900, 500, 100]
    assert isinstance(found["best"], dict)
    assert isinstance(found["worst"], dict)
    assert (found["best"]["device"], found["worst"]["device"], found["count"]) == ("beta", "gamma", 3)
    found = await call("data.rank", items=FANOUT, by="output.free_bytes", order="asc", limit=1)
    assert isinstance(found["best"], dict)
    assert found["best"]["device"] == "gamma"
    assert found["ranked"] == [{"item": found["best"], "value": 100}]
    assert found["items"] == [found["best"]]
    assert found["worst"] == FANOUT[1]


async def test_rank_values_nothing_and_a_mixture(call: Call) -> None:
    assert (await call("data.rank", items=[[3, 1], 2]))["best"] == 3
    assert await call("data.rank", items=[]) == {
        "ranked": [], "items": [], "best": None, "worst": None, "count": 0, "skipped": 0,
    }  # fmt: skip
    # What has no value is left out, not ranked last.
    found = await call("data.rank", items=[*FANOUT, {"device": "delta", "output": {}}], by="output.free_bytes")
    assert found["count"] == 3
    assert (await call("data.rank", items=[5, "n/a", 7, None], order="asc"))["best"] == 5
    assert (await call("data.rank", items=["2026-01-02", "2026-01-10"]))["best"] == "2026-01-10"


async def test_merge(call: Call) -> None:
    assert await call("data.merge", items=[["b", "a"], "b", [1]]) == {"items": ["b", "a", "b", 1], "count": 4}
    assert (await call("data.merge", items=[["b", "a"], "b"], unique=True))["items"] == ["b", "a"]
    assert (await call("data.merge", items=[["b", 10, "a"], 9], sort=True))["items"] == [9, 10, "a", "b"]
    assert (await call("data.merge", items=[{"a": 1, "b": 2}, {"b": 2, "a": 1}], unique=True))["count"] == 1


@pytest.mark.parametrize(
    ("op", "value", "kept"),
    [
        (">", 400, ["alpha", "beta"]),
        ("<=", 500, ["alpha", "gamma"]),
        ("==", 900, ["beta"]),
        ("!=", 900, ["alpha", "gamma"]),
        (">", "400", []),
        ("==", "900", []),
    ],
)
async def test_filter_numbers(call: Call, op: str, value: Json, kept: list[str]) -> None:
    found = await call("data.filter", items=FANOUT, by="output.free_bytes", op=op, value=value)
    assert isinstance(found["items"], list)
    assert [one["device"] for one in found["items"] if isinstance(one, dict)] == kept
    assert (found["count"], found["total"]) == (len(kept), 3)


async def test_filter_texts(call: Call, refused: Refused) -> None:
    assert (await call("data.filter", items=LINES, op="contains", value="timeout"))["count"] == 1
    assert (await call("data.filter", items=LINES, op="matches", value=r"^2026-\d+-21"))["items"] == [LINES[2]]
    assert (await call("data.filter", items=[["a"], [["a", "b"]]], op="contains", value="b"))["items"] == [["a", "b"]]
    assert (await call("data.filter", items=[{"k": 1}], op="contains", value="k"))["count"] == 1
    await refused(ErrorCode.BAD_ARGUMENTS, "data.filter", items=LINES, op="matches", value="(")
    await refused(ErrorCode.BAD_ARGUMENTS, "data.filter", items=LINES, op="matches", value=3)
    await refused(ErrorCode.BAD_ARGUMENTS, "data.filter", items=LINES, op="=~", value="x")


async def test_true_is_not_one(call: Call) -> None:
    assert (await call("data.filter", items=[1, True, 1.0], op="==", value=1))["items"] == [1, 1.0]
    assert (await call("data.filter", items=[1, True], op=">", value=0))["items"] == [1]


async def test_stats(call: Call, refused: Refused) -> None:
    assert await call("data.stats", items=FANOUT, by="output.free_bytes") == {
        "count": 3,
        "sum": 1500.0,
        "average": 500.0,
        "minimum": 100.0,
        "maximum": 900.0,
        "median": 500.0,
        "skipped": 0,
    }
    assert (await call("data.stats", items=[1, "2", True, None, [3]]))["sum"] == 4.0
    assert (await call("data.stats", items=[]))["average"] is None
    await refused(ErrorCode.BAD_ARGUMENTS, "data.stats", items=[1e308, 1e308])


async def test_compare(call: Call) -> None:
    found = await call("data.compare", items=FANOUT, by="output.hash")
    assert found == {
        "equal": False,
        "groups": [
            {"value": "aa", "devices": ["alpha", "gamma"], "count": 2},
            {"value": "bb", "devices": ["beta"], "count": 1},
        ],
        "count": 3,
    }
    assert (await call("data.compare", items=[FANOUT[0], FANOUT[0]]))["equal"] is True
    assert (await call("data.compare", items=["x", "x", "y"]))["groups"][0]["devices"] == ["#1", "#2"]  # type: ignore[index, call-overload]
    # What is missing differs from what is there.
    assert (await call("data.compare", items=[FANOUT[0], {"device": "d"}], by="output.hash"))["equal"] is False


@pytest.mark.parametrize("name", ["data.count_by", "data.rank", "data.merge", "data.stats", "data.compare"])
async def test_items_must_be_a_list(refused: Refused, name: str) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, name)
    await refused(ErrorCode.BAD_ARGUMENTS, name, items="a")
    await refused(ErrorCode.BAD_ARGUMENTS, name, items={"a": 1})


async def test_a_path_that_is_none_leads_nowhere(call: Call) -> None:
    for by in ("[", "..", "a..b", "[99999999999]", "output.[0]"):
        assert (await call("data.rank", items=FANOUT, by=by))["count"] == 0
