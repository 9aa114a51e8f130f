"""csv.read and csv.write: what is written is read back; what is no CSV file is said."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.tabular import headings, table, typed

ITEMS = [
    {"name": 'a "quoted", one', "n": 1, "in": {"side": 2.5}},
    {"name": "two\nlines = ünï", "n": None, "extra": True},
]


async def test_what_is_written_is_there(call: Call, workspace: Path) -> None:
    written = await call("csv.write", path="out/a.csv", items=ITEMS)
    assert (written["columns"], written["rows"]) == (["name", "n", "in.side", "extra"], 2)
    assert (workspace / "out" / "a.csv").read_text() == (
        'name,n,in.side,extra\n"a ""quoted"", one",1,2.5,\n"two\nlines = ünï",,,true\n'
    )
    read = await call("csv.read", path="out/a.csv")
    assert read["items"] == [
        {"name": 'a "quoted", one', "n": 1, "in.side": 2.5, "extra": ""},
        {"name": "two\nlines = ünï", "n": "", "in.side": "", "extra": "true"},
    ]
    assert (read["count"], read["truncated"]) == (2, False)


async def test_other_files_are_read_as_people_write_them(call: Call, workspace: Path) -> None:
    (workspace / "a.csv").write_bytes("Größe;Wert;Wert\r\n007;1,5;2\r\n\r\nx\r\n".encode("latin-1"))
    read = await call("csv.read", path="a.csv")
    assert read["columns"] == ["Größe", "Wert", "Wert 2"]
    assert read["items"] == [{"Größe": "007", "Wert": "1,5", "Wert 2": 2}, {"Größe": "x", "Wert": "", "Wert 2": ""}]
    (workspace / "b.csv").write_bytes(b"\xef\xbb\xbfa\tb\n1\t2\n")
    assert (await call("csv.read", path="b.csv"))["items"] == [{"a": 1, "b": 2}]
    assert (await call("csv.read", path="b.csv", heading=False))["count"] == 2


async def test_a_long_file_is_cut_and_counted(call: Call, workspace: Path) -> None:
    (workspace / "a.csv").write_text("n,text\n" + "".join(f"{n},{'x' * 100}\n" for n in range(50_000)))
    read = await call("csv.read", path="a.csv", limit=100_000)
    assert (read["count"], read["truncated"]) == (50_000, True)
    assert 1000 < len(read["items"]) < 10_000  # type: ignore[arg-type]


async def test_what_is_no_csv_file(call: Call, refused: Refused, workspace: Path) -> None:
    for content in (b"a,b\n\0\0\n", b'"' + b"x" * 5_000_000, "a,b\n".encode("utf-16")):
        (workspace / "a.csv").write_bytes(content)
        await refused(ErrorCode.BAD_ARGUMENTS, "csv.read", path="a.csv")
    (workspace / "a.csv").write_bytes(b"")
    assert (await call("csv.read", path="a.csv"))["count"] == 0
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "csv.read", path="../a.csv")
    await refused(ErrorCode.BAD_ARGUMENTS, "csv.write", path="a\n.csv", items=[])
    await refused(ErrorCode.BAD_ARGUMENTS, "csv.write", path="a.csv", items=[{"a": 1}, 2])
    await refused(ErrorCode.ALREADY_EXISTS, "csv.write", path="a.csv", items=[1], overwrite=False)
    assert os.listdir(workspace) == ["a.csv"]


async def test_a_link_that_leads_out_is_not_written_through(refused: Refused, workspace: Path) -> None:
    (workspace.parent / "outside").mkdir()
    (workspace / "link").symlink_to(workspace.parent / "outside")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "csv.write", path="link/a.csv", items=[1])
    assert await asyncio.to_thread(lambda: list((workspace.parent / "outside").iterdir())) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-1.50", -1.5), ("1,234,567", 1234567), ("1,234.5", 1234.5), ("0", 0)]
    + [(one, one) for one in ("007", "1,234", "1.", "2026-01-02", "1e5", "", "--1", "12 %")],
)
def test_numbers_are_what_can_be_nothing_else(text: str, value: object) -> None:
    assert typed(text) == value
    assert type(typed(text)) is type(value)


def test_columns_have_names_and_no_name_twice() -> None:
    assert headings(["a", "", "a", "a  b"]) == ["a", "column 2", "a 2", "a b"]
    assert table([[1, 2], [3]]) == (["column 1", "column 2"], [[1, 2], [3]])
    assert table([1, "x"]) == (["value"], [[1], ["x"]])
