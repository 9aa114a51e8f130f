"""data.group, data.join, data.select: earlier results as tables."""

from __future__ import annotations

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.tools.conftest import Call, Refused

SALES: list[Json] = [
    {"shop": "Oslo", "amount": 10},
    {"shop": "Bergen", "amount": 2.5},
    {"shop": "Oslo", "amount": ""},
    {"shop": "Bergen", "amount": "n/a"},
    {"shop": "Oslo", "amount": 5},
]
SHOPS: list[Json] = [{"id": "Oslo", "amount": 1, "country": "Norway"}, {"id": "Rome", "amount": 2, "country": "Italy"}]


async def test_sums_of_groups_say_what_was_left_out(call: Call) -> None:
    found = await call("data.group", items=SALES, by=["shop"], measure="sum", of="amount", name="sum", order="desc")
    assert found == {
        "items": [{"shop": "Oslo", "sum": 15}, {"shop": "Bergen", "sum": 2.5}],
        "count": 2,
        "total": 5,
        "skipped": 2,
        "skipped_values": ["n/a"],
    }


async def test_a_group_without_numbers_has_no_sum_and_comes_last(call: Call) -> None:
    rows: list[Json] = [{"k": "a", "v": ""}, {"k": "b", "v": -3}, {"k": "c", "v": 1}]
    for order in ("asc", "desc"):
        found = await call("data.group", items=rows, by=["k"], measure="sum", of="v", order=order)
        assert found["items"][-1] == {"k": "a", "v": None}  # type: ignore[index, call-overload]


async def test_every_measure_of_a_group(call: Call) -> None:
    rows: list[Json] = [[{"k": "a", "v": 4}, {"k": "a", "v": 1}], {"k": "a", "v": 1}, {"k": "a", "v": " "}]
    values = {
        one: (await call("data.group", items=rows, by=["k"], measure=one, of="v", name="n"))["items"][0]["n"]  # type: ignore[index, call-overload]
        for one in ("count", "sum", "mean", "median", "minimum", "maximum")
    }
    assert values == {"count": 3, "sum": 6, "mean": 2.0, "median": 1, "minimum": 1, "maximum": 4}
    assert (await call("data.group", items=rows, by=["k"]))["items"] == [{"k": "a", "count": 4}]


async def test_groups_of_a_column_that_is_not_there(refused: Refused) -> None:
    error = await refused(ErrorCode.BAD_ARGUMENTS, "data.group", items=SALES, by=["city"])
    assert "`shop`, `amount`" in error.message
    await refused(ErrorCode.BAD_ARGUMENTS, "data.group", items=SALES, by=["shop"], measure="sum")
    await refused(ErrorCode.BAD_ARGUMENTS, "data.group", items=SALES, by=["shop"], of="amount", name="shop")


async def test_join_tells_of_rows_without_a_partner(call: Call) -> None:
    found = await call("data.join", left=SALES, right=SHOPS, on="shop", right_on="id")
    assert found["items"] == [
        {"shop": "Oslo", "amount": amount, "amount (right)": 1, "country": "Norway"} for amount in (10, "", 5)
    ]
    assert (found["count"], found["left_alone"], found["right_alone"]) == (3, 2, 1)
    kept = await call("data.join", left=SALES, right=SHOPS, on="shop", right_on="id", keep_left=True)
    assert (kept["count"], kept["left_alone"]) == (5, 2)


async def test_join_compares_keys_as_they_are_written_and_no_empty_ones(call: Call) -> None:
    left: list[Json] = [{"id": 7}, {"id": "8"}, {"id": ""}]
    right: list[Json] = [{"id": "7", "x": 1}, {"id": 8.0, "x": 2}, {"id": "", "x": 3}, {"id": 7, "x": 4}]
    found = await call("data.join", left=left, right=right, on="id")
    assert found["items"] == [{"id": 7, "x": 1}, {"id": 7, "x": 4}, {"id": "8", "x": 2}]
    assert (found["left_alone"], found["right_alone"]) == (1, 1)


async def test_some_columns_under_other_names(call: Call, refused: Refused) -> None:
    found = await call("data.select", items=SALES[:1], columns=["amount", "shop"], rename={"shop": "place"})
    assert found == {"items": [{"amount": 10, "place": "Oslo"}], "count": 1}
    assert (await call("data.select", items=SALES[:1], rename={"shop": "s"}))["items"] == [{"s": "Oslo", "amount": 10}]
    await refused(ErrorCode.BAD_ARGUMENTS, "data.select", items=SALES, columns=["city"])
    await refused(ErrorCode.BAD_ARGUMENTS, "data.select", items=SALES, rename={"shop": "amount"})


async def test_statistics_and_ranks_say_how_many_were_left_out(call: Call) -> None:
    found = await call("data.stats", items=SALES, by="amount")
    assert (found["count"], found["sum"], found["skipped"]) == (3, 17.5, 2)
    ranked = await call("data.rank", items=SALES, by="amount")
    assert (ranked["count"], ranked["skipped"]) == (3, 2)
    assert (await call("data.rank", items=[3, 1, 2]))["skipped"] == 0
    whole = await call("data.rank", items=SALES, by="amount", keep_empty=True)
    assert [one["amount"] for one in whole["items"]] == [10, 5, 2.5, "", "n/a"]  # type: ignore[index, call-overload, union-attr]
