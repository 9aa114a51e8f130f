"""table.group, table.select, table.join: tables in files."""

from __future__ import annotations

from pathlib import Path

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused

ORDERS = "order,customer,amount\n1,7,100\n2,8,50\n3,7,\n4,9,n/a\n5,7,20\n"
CUSTOMERS = "id,country\n7,Chile\n8,Kenya\n"


async def test_groups_of_a_csv_file(call: Call, workspace: Path) -> None:
    (workspace / "orders.csv").write_text(ORDERS)
    found = await call("table.group", path="orders.csv", by=["customer"], measure="sum", of="amount", order="desc")
    assert found["items"] == [
        {"customer": 7, "amount": 120}, {"customer": 8, "amount": 50}, {"customer": 9, "amount": None},
    ]  # fmt: skip
    assert (found["rows"], found["skipped"], found["skipped_values"]) == (5, 2, ["n/a"])
    some = await call(
        "table.group", path="orders.csv", by=["customer"], where=[{"column": "amount", "op": ">=", "value": 50}]
    )
    assert some["items"] == [{"customer": 7, "count": 1}, {"customer": 8, "count": 1}]
    assert some["total"] == 2


async def test_groups_of_json_files(call: Call, workspace: Path) -> None:
    (workspace / "a.json").write_text('{"records": [{"k": "x", "v": 1}, {"k": "x", "v": 2}]}')
    (workspace / "b.jsonl").write_text('{"k": "y", "v": 3}\n\n{"k": "x", "v": 4}\n')
    for path, items in (("a.json", [{"k": "x", "v": 3}]), ("b.jsonl", [{"k": "x", "v": 4}, {"k": "y", "v": 3}])):
        assert (await call("table.group", path=path, by=["k"], measure="sum", of="v"))["items"] == items


async def test_more_rows_than_a_result_could_hold(call: Call, workspace: Path) -> None:
    (workspace / "big.csv").write_text("name,n\n" + f"{'x' * 40},1\n" * 40_000)
    found = await call("table.group", path="big.csv", by=["name"], measure="sum", of="n")
    assert (found["items"], found["truncated"]) == ([{"name": "x" * 40, "n": 40_000}], False)
    rows = await call("table.select", path="big.csv", limit=100_000)
    assert (rows["count"], rows["truncated"]) == (40_000, True)


async def test_rows_that_fit_in_an_order(call: Call, workspace: Path) -> None:
    (workspace / "orders.csv").write_text(ORDERS)
    found = await call("table.select", path="orders.csv", by="amount", order="desc", columns=["order"])
    assert [one["order"] for one in found["items"]] == [4, 1, 2, 5, 3]  # type: ignore[index, call-overload, union-attr]
    found = await call("table.select", path="orders.csv", where=[{"column": "amount", "op": ">", "value": 20}], limit=1)
    assert found["items"] == [{"order": 1, "customer": 7, "amount": 100}]
    assert (found["count"], found["rows"], found["unclear"], found["truncated"]) == (2, 5, 2, False)


async def test_two_files_joined_into_one(call: Call, workspace: Path) -> None:
    (workspace / "orders.csv").write_text(ORDERS)
    (workspace / "customers.csv").write_text(CUSTOMERS)
    found = await call(
        "table.join", left="orders.csv", right="customers.csv", on="customer", right_on="id", path="out/all.csv"
    )
    assert (found["rows"], found["left_alone"], found["right_alone"]) == (4, 1, 0)
    assert (workspace / "out/all.csv").read_text().splitlines()[:2] == [
        "order,customer,amount,country", "1,7,100,Chile",
    ]  # fmt: skip


async def test_what_is_no_table(refused: Refused, workspace: Path) -> None:
    (workspace / "orders.csv").write_text(ORDERS)
    (workspace / "text.json").write_text('"no table"')
    (workspace / "bad.json").write_text("{")
    error = await refused(ErrorCode.BAD_ARGUMENTS, "table.group", path="orders.csv", by=["city"])
    assert "`customer`" in error.message
    await refused(ErrorCode.BAD_ARGUMENTS, "table.group", path="text.json", by=["k"])
    await refused(ErrorCode.BAD_ARGUMENTS, "table.group", path="bad.json", by=["k"])
    await refused(ErrorCode.NOT_FOUND, "table.group", path="none.csv", by=["k"])
