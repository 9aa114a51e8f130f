"""Skills for databases: read only, unless a statement was approved. Rows are items, as `data.*` takes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.arguments import Output, WorkspacePath
from tools.bounds import Budget, json_size, room
from tools.errors import ToolError
from tools.host import sqlite
from tools.host.declared import Database, named
from tools.host.machine import HostContext
from tools.host.statements import Take, check_read, check_write, columns, value
from tools.skill import skill
from tools.streams import digest_written
from tools.threads import in_thread

Target = Annotated[str, Field(min_length=1, max_length=1000)]
Statement = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]*$")]
Parameters = Annotated[list[Json], Field(max_length=1000)]
MaxRows = Annotated[int, Field(ge=1, le=100_000)]


class Table(Output):
    columns: list[str]
    rows: list[JsonObject]
    count: int
    truncated: bool


class Executed(Output):
    """`rows` are those that the statement returned (`RETURNING`)."""

    changed: int
    columns: list[str]
    rows: list[JsonObject]
    truncated: bool


class Exported(Output):
    path: str
    artifact: str
    rows: int
    size_bytes: int


class Column(Output):
    name: str
    type: str


class TableFacts(Output):
    schema_name: str
    name: str
    kind: str
    columns: list[Column]


class Tables(Output):
    tables: list[TableFacts]
    count: int
    truncated: bool


@skill(
    "sql.query",
    timeout_s=300,
    examples=(
        "query the database shop: select count(*) from orders",
        "run `select * from users` against app.db",
        "how many rows has the table orders of the database shop?",
        "run the SQL query select name from customers on sqlite:crm.db",
    ),
)
async def query(
    context: HostContext,
    *,
    database: Target,
    statement: Statement,
    parameters: Parameters = [],  # noqa: B006 - copied by pydantic
    max_rows: MaxRows = 1000,
) -> Table:
    """Run a SQL query and give its rows. Nothing can be changed by it.

    Args:
        database: A database that the owner declared, a SQLite file such as `sqlite:app.db`, or a PostgreSQL URL
            without a password.
        statement: One query.
        parameters: Values for the statement's placeholders: `?` in SQLite, `$1` in PostgreSQL.
        max_rows: Most rows to return.
    """
    check_read(statement)
    rows = _Rows(Budget(room(context)), max_rows)
    await _run(context, named(database, context.machine.databases), statement, parameters, rows.take, write=False)
    return Table(columns=rows.columns, rows=rows.rows, count=len(rows.rows), truncated=rows.more)


@skill(
    "sql.tables",
    timeout_s=120,
    examples=(
        "which tables does the database shop have?",
        "list the tables of app.db",
        "what is the schema of the database crm?",
        "show the columns of the tables in sqlite:app.db",
    ),
)
async def tables(context: HostContext, *, database: Target) -> Tables:
    """Tell the tables and views of a database with their columns.

    Args:
        database: As in `sql.query`.
    """
    target = named(database, context.machine.databases)
    rows: list[Sequence[object]] = []

    def take(_: Sequence[str], row: Sequence[object]) -> bool:
        rows.append(row)
        return len(rows) < 100_000

    await _run(context, target, _CATALOG[target.engine], (), take, write=False)
    found: dict[tuple[str, str], TableFacts] = {}
    for schema, name, kind, column, type_ in ((str(one or "") for one in row) for row in rows):
        table = found.setdefault((schema, name), TableFacts(schema_name=schema, name=name, kind=kind, columns=[]))
        table.columns.append(Column(name=column, type=type_))
    budget = Budget(room(context))
    kept = [one for one in found.values() if budget.take(one)]
    return Tables(tables=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "sql.export",
    risk=Risk.WRITE,
    timeout_s=1800,
    examples=(
        "export `select * from orders` of the database shop to orders.csv",
        "save the rows of the query as users.csv",
        "write the table customers of app.db into customers.csv",
        "dump the query result to report.csv",
    ),
)
async def export(
    context: HostContext,
    *,
    database: Target,
    statement: Statement,
    path: WorkspacePath,
    parameters: Parameters = [],  # noqa: B006
    overwrite: bool = True,
) -> Exported:
    """Write all rows of a SQL query into a CSV file, for other devices, too.

    Args:
        database: As in `sql.query`.
        statement: One query.
        path: CSV file to write.
        parameters: As in `sql.query`.
        overwrite: Whether a file of this name may be replaced.
    """
    check_read(statement)
    target = named(database, context.machine.databases)
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
        writer, count = csv.writer(text), 0

        def take(names: Sequence[str], row: Sequence[object]) -> bool:
            nonlocal count
            if count == 0:
                writer.writerow(columns(names))
            writer.writerow(["" if one is None else _cell(one) for one in row])
            count += 1
            if count % 1000 == 0 and file.tell() > context.limits.file_bytes:
                raise ToolError(
                    ErrorCode.LIMIT_EXCEEDED, f"the rows take more than {context.limits.file_bytes:,} bytes"
                )
            return True

        await _run(context, target, statement, parameters, take, write=False)
        text.detach()
        _, size = await in_thread(context, lambda: digest_written(context, file))
        sha256, _ = await context.artifacts.publish(
            Path(f"/proc/self/fd/{file.fileno()}"), name=place.path.rpartition("/")[2]
        )
    return Exported(path=place.path, artifact=sha256, rows=count, size_bytes=size)


@skill(
    "sql.execute",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    timeout_s=1800,
    examples=(
        "execute `update users set active = false` on the database shop",
        "insert a row into the table orders of app.db",
        "delete the old rows of the table events in the database shop",
        "create the table notes in sqlite:app.db",
    ),
)
async def execute(
    context: HostContext,
    *,
    database: Target,
    statement: Statement,
    parameters: Parameters = [],  # noqa: B006
) -> Executed:
    """Run one SQL statement that changes data, in a transaction of its own: all of it is done, or nothing.

    Args:
        database: As in `sql.query`; a SQLite file that is missing is made.
        statement: One statement.
        parameters: As in `sql.query`.
    """
    check_write(statement)
    target = named(database, context.machine.databases)
    if target.read_only:
        raise ToolError(ErrorCode.DENIED, f"the device's owner declared `{target.label}` read only")
    rows = _Rows(Budget(room(context)), 1000)
    changed = await _run(context, target, statement, parameters, rows.take, write=True)
    return Executed(changed=changed, columns=rows.columns, rows=rows.rows, truncated=rows.more)


_CATALOG = {
    "sqlite": (
        "SELECT '', s.name, s.type, c.name, c.type FROM sqlite_schema s JOIN pragma_table_info(s.name) c "
        "WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.name, c.cid"
    ),
    "postgresql": (
        "SELECT c.table_schema, c.table_name, t.table_type, c.column_name, c.data_type "
        "FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, c.ordinal_position"
    ),
}


class _Rows:
    """Rows as items, as many as fit."""

    def __init__(self, budget: Budget, most: int) -> None:
        self._budget = budget
        self._most = most
        self.columns: list[str] = []
        self.rows: list[JsonObject] = []
        self.more = False

    def take(self, names: Sequence[str], row: Sequence[object]) -> bool:
        if not self.columns:
            self.columns = columns(names)
            self._budget.left -= json_size(self.columns)
        one = dict(zip(self.columns, (value(cell) for cell in row), strict=True))
        self.more = len(self.rows) >= self._most or not self._budget.take(one)
        if not self.more:
            self.rows.append(one)
        return not self.more


async def _run(
    context: HostContext, target: Database, statement: str, parameters: Sequence[Json], take: Take, *, write: bool
) -> int:
    if target.engine == "sqlite":
        return await in_thread(context, lambda: sqlite.run(context, target, statement, parameters, take, write=write))
    from tools.host import postgres

    return await postgres.run(context, target, statement, parameters, take, write=write)


def _cell(one: object) -> Json:
    found = value(one)
    return str(found) if isinstance(found, (dict, list)) else found
