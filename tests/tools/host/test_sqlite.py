"""SQL over SQLite: a real database file, read only unless a statement is to change it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "


@pytest.fixture(autouse=True)
def shop(workspace: Path) -> Path:
    path = workspace / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, price REAL, data BLOB);"
        "CREATE VIEW cheap AS SELECT * FROM orders WHERE price < 2;"
        "INSERT INTO orders (item, price, data) VALUES ('pen', 1.5, x'00ff'), ('ink', 4, null), "
        "('paper, A4', 3.25, null);"
    )
    connection.close()
    return path


async def test_rows_are_items(call: Call) -> None:
    statement = "SELECT id, item, data, id FROM orders WHERE price < ?"
    found = await call("sql.query", database="sqlite:shop.db", statement=statement, parameters=[4])
    assert found["columns"] == ["id", "item", "data", "id_2"]
    assert found["rows"] == [
        {"id": 1, "item": "pen", "data": "AP8=", "id_2": 1},
        {"id": 3, "item": "paper, A4", "data": None, "id_2": 3},
    ]
    assert (found["count"], found["truncated"]) == (2, False)


async def test_rows_are_bounded(call: Call, registry: Registry, workspace: Path) -> None:
    cut = await call("sql.query", database="shop.db", statement="SELECT * FROM orders", max_rows=2)
    assert (cut["count"], cut["truncated"]) == (2, True)
    small = FakeToolContext(workspace, limits=ToolLimits(output_bytes=10_000))
    many = {"database": "shop.db", "statement": ENDLESS + "SELECT x, 'text' FROM n", "max_rows": 100_000}
    found = await registry.call("sql.query", many, small)
    assert isinstance(found, dict)
    assert found["truncated"] is True


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "/* a */ -- b\n drop table orders",
        "COPY orders TO PROGRAM 'sh'",
        "VACUUM INTO 'copy.db'",
        "ATTACH 'other.db' AS o",
        "",
    ],
)
async def test_what_is_no_query_is_refused(refused: Refused, statement: str) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "sql.query", database="shop.db", statement=statement)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("WITH x AS (SELECT 1) DELETE FROM orders", ErrorCode.DENIED),
        ("PRAGMA query_only = OFF", ErrorCode.DENIED),
        ("PRAGMA journal_mode = WAL", ErrorCode.DENIED),
        ("SELECT load_extension('x')", ErrorCode.DENIED),
        ("SELECT 1; DELETE FROM orders", ErrorCode.BAD_ARGUMENTS),
    ],
)
async def test_a_query_cannot_write(refused: Refused, shop: Path, statement: str, code: ErrorCode) -> None:
    before = (shop.parent / shop.name).read_bytes()
    await refused(code, "sql.query", database="shop.db", statement=statement)
    assert (shop.parent / shop.name).read_bytes() == before


async def test_files_outside_cannot_be_reached(refused: Refused, workspace: Path, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "secret.db").close()
    os.symlink(tmp_path / "secret.db", workspace / "link.db")
    for name in ("../secret.db", "link.db", f"sqlite:///{tmp_path}/secret.db"):
        await refused(ErrorCode.OUTSIDE_WORKSPACE, "sql.query", database=name, statement="SELECT 1")
    await refused(ErrorCode.NOT_FOUND, "sql.query", database="none.db", statement="SELECT 1")
    assert not (workspace / "none.db").exists()
    (workspace / "text.db").write_text("no database, but text that is long enough to be told from one" * 10)
    await refused(ErrorCode.BAD_ARGUMENTS, "sql.query", database="text.db", statement="SELECT * FROM x")


async def test_an_endless_query_ends(registry: Registry, workspace: Path) -> None:
    short = FakeToolContext(workspace, limits=ToolLimits(seconds=0.2))
    with pytest.raises(ToolError) as caught:
        await registry.call("sql.query", {"database": "shop.db", "statement": ENDLESS + "SELECT max(x) FROM n"}, short)
    assert caught.value.code is ErrorCode.TIMEOUT


async def test_a_statement_changes_all_or_nothing(call: Call, refused: Refused) -> None:
    statement = "UPDATE orders SET price = price * ? RETURNING id"
    done = await call("sql.execute", database="shop.db", statement=statement, parameters=[2])
    assert (done["changed"], done["rows"]) == (3, [{"id": 1}, {"id": 2}, {"id": 3}])
    await call("sql.execute", database="shop.db", statement="CREATE UNIQUE INDEX u ON orders (item)")
    twice = "INSERT INTO orders (item) VALUES ('new'), ('pen')"
    await refused(ErrorCode.TOOL_FAILED, "sql.execute", database="shop.db", statement=twice)
    found = await call("sql.query", database="shop.db", statement="SELECT count(*) AS n FROM orders")
    assert found["rows"] == [{"n": 3}]
    for word in ("COMMIT", "ATTACH 'x.db' AS x", "BEGIN"):
        await refused(ErrorCode.BAD_ARGUMENTS, "sql.execute", database="shop.db", statement=word)
    await refused(ErrorCode.TOOL_FAILED, "sql.execute", database="shop.db", statement="VACUUM INTO 'copy.db'")


async def test_a_failed_statement_leaves_no_new_file(refused: Refused, workspace: Path) -> None:
    await refused(ErrorCode.TOOL_FAILED, "sql.execute", database="new.db", statement="INSERT INTO none VALUES (1)")
    assert not (workspace / "new.db").exists()


async def test_tables_and_export(call: Call, context: FakeToolContext, workspace: Path) -> None:
    found = await call("sql.tables", database="shop.db")
    names = {one["name"]: (one["kind"], one["columns"][0]["name"]) for one in found["tables"]}  # type: ignore
    assert names == {"orders": ("table", "id"), "cheap": ("view", "id")}
    made = await call("sql.export", database="shop.db", statement="SELECT id, item FROM orders", path="out/orders.csv")
    written = (workspace / "out/orders.csv").read_bytes()
    assert written == b'id,item\r\n1,pen\r\n2,ink\r\n3,"paper, A4"\r\n'
    assert context.artifacts.content[str(made["artifact"])] == written
    assert (made["rows"], made["size_bytes"]) == (3, len(written))
