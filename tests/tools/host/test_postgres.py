"""SQL over a real PostgreSQL: queries that cannot write, statements of all or nothing, passwords that stay secret."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from protocol.errors import ErrorCode
from tests.support.postgres import PASSWORD, execute
from tests.tools.host.conftest import Call, Refused
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.host import declared
from tools.host.machine import Machine
from tools.registry import Registry

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def shop(machine: Machine, postgres_url: str, tmp_path: Path) -> str:
    """A database of the owner's, declared with its password in a file; its URL."""
    execute(postgres_url, "CREATE TABLE orders (id serial PRIMARY KEY, item text, price numeric, at timestamptz)")
    execute(
        postgres_url, "INSERT INTO orders (item, price, at) VALUES ('pen', 1.50, '2026-01-02T03:04Z'), ('ink', 4, null)"
    )
    parts = urlsplit(postgres_url)
    url = f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "wrong").write_text("wrong-horse\n")
    file = tmp_path / "databases.toml"
    file.write_text(
        f'[database.shop]\nurl = "{url}"\npassword_file = "{tmp_path}/password"\n'
        f'[database.look]\nurl = "{url}"\npassword_file = "{tmp_path}/password"\nread_only = true\n'
        f'[database.wrong]\nurl = "{url}"\npassword_file = "{tmp_path}/wrong"\n'
        f'[database.gone]\nurl = "postgresql://x@127.0.0.1:1/x"\n'
    )
    machine.databases = declared.load(file)
    assert PASSWORD not in repr(machine)
    return url


async def test_rows_are_items(call: Call) -> None:
    found = await call(
        "sql.query", database="shop", statement="SELECT id, item, price, at FROM orders WHERE price > $1 ORDER BY id",
        parameters=["0"],
    )  # fmt: skip
    assert found["rows"] == [
        {"id": 1, "item": "pen", "price": "1.50", "at": "2026-01-02T03:04:00+00:00"},
        {"id": 2, "item": "ink", "price": "4", "at": None},
    ]


async def test_a_query_cannot_write(refused: Refused, postgres_url: str) -> None:
    for statement in (
        "WITH x AS (DELETE FROM orders RETURNING 1) SELECT * FROM x",
        "SELECT nextval('orders_id_seq')",
        "EXPLAIN ANALYZE DELETE FROM orders",
    ):
        await refused(ErrorCode.DENIED, "sql.query", database="shop", statement=statement)
    for statement in ("COPY orders TO PROGRAM 'touch /tmp/x'", "SET TRANSACTION READ WRITE", "DELETE FROM orders"):
        await refused(ErrorCode.BAD_ARGUMENTS, "sql.query", database="shop", statement=statement)
    await refused(ErrorCode.TOOL_FAILED, "sql.query", database="shop", statement="SELECT 1; DELETE FROM orders")
    assert execute(postgres_url, "SELECT count(*) FROM orders")[0][0] == 2


async def test_rows_and_time_are_bounded(call: Call, registry: Registry, workspace: Path) -> None:
    cut = await call("sql.query", database="shop", statement="SELECT * FROM generate_series(1, 100000)", max_rows=10)
    assert (cut["count"], cut["truncated"]) == (10, True)
    short = FakeToolContext(workspace, limits=ToolLimits(seconds=1.5))
    with pytest.raises(ToolError) as caught:
        await registry.call("sql.query", {"database": "shop", "statement": "SELECT pg_sleep(60)"}, short)
    assert caught.value.code is ErrorCode.TIMEOUT


async def test_a_call_that_is_cancelled_ends_its_statement(
    registry: Registry, context: FakeToolContext, postgres_url: str
) -> None:
    arguments = {"database": "shop", "statement": "UPDATE orders SET item = item || pg_sleep(60)::text"}
    running = asyncio.ensure_future(registry.call("sql.execute", arguments, context))
    at_work = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'UPDATE orders%'"
    async with asyncio.timeout(20):
        while execute(postgres_url, at_work)[0][0] == 0:
            await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        while execute(postgres_url, at_work)[0][0] != 0:
            await asyncio.sleep(0.05)
    assert execute(postgres_url, "SELECT count(*) FROM orders WHERE item IN ('pen', 'ink')")[0][0] == 2


async def test_a_statement_changes_all_or_nothing(call: Call, refused: Refused, postgres_url: str) -> None:
    done = await call("sql.execute", database="shop", statement="UPDATE orders SET price = 2 RETURNING id")
    assert (done["changed"], len(done["rows"])) == (2, 2)  # type: ignore[arg-type]
    await refused(ErrorCode.TOOL_FAILED, "sql.execute", database="shop", statement="UPDATE orders SET id = 7")
    await refused(ErrorCode.BAD_ARGUMENTS, "sql.execute", database="shop", statement="COMMIT")
    await refused(ErrorCode.DENIED, "sql.execute", database="look", statement="DELETE FROM orders")
    assert sorted(execute(postgres_url, "SELECT id FROM orders")) == [(1,), (2,)]


async def test_tables_and_export(call: Call, workspace: Path) -> None:
    found = await call("sql.tables", database="shop")
    assert [(one["schema_name"], one["name"]) for one in found["tables"]] == [("public", "orders")]  # type: ignore
    await call("sql.export", database="shop", statement="SELECT id, price FROM orders ORDER BY id", path="o.csv")
    assert (workspace / "o.csv").read_text().splitlines() == ["id,price", "1,1.50", "2,4"]


async def test_a_wrong_password_and_a_server_that_is_away(refused: Refused) -> None:
    error = await refused(ErrorCode.DENIED, "sql.query", database="wrong", statement="SELECT 1")
    assert "wrong-horse" not in error.message
    error = await refused(ErrorCode.UNAVAILABLE, "sql.query", database="gone", statement="SELECT 1")
    assert error.retryable


async def test_a_url_has_no_password_and_gets_none_of_the_agents(
    refused: Refused, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    await refused(ErrorCode.DENIED, "sql.query", database=shop, statement="SELECT 1")
    error = await refused(
        ErrorCode.BAD_ARGUMENTS, "sql.query", database=shop.replace("@", ":hunter2@"), statement="SELECT 1"
    )
    assert "hunter2" not in error.message


async def test_hosts_that_are_not_spoken_to(refused: Refused) -> None:
    for host in ("169.254.169.254", "10.0.0.1"):
        await refused(ErrorCode.DENIED, "sql.query", database=f"postgresql://x@{host}/x", statement="SELECT 1")
