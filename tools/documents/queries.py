"""Skills that compute over a table in a file, of any number of rows: only what was asked for goes into the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools import relations
from tools.arguments import JsonPath, Limit, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext, check_cancelled
from tools.documents.tables import WrittenRows, parsed_rows, write_rows
from tools.errors import ToolError
from tools.items import Op, holds, matching
from tools.jsonpath import Missing, ranking
from tools.records import Columns, Names
from tools.relations import GroupOrder, Measure, column_of, empty
from tools.skill import skill
from tools.tabular import table

JSON_BYTES: Final = 64 << 20
Order = Annotated[str, Field(pattern="^(asc|desc)$")]


class Where(BaseModel):
    """A row counts where the cell of `column` compares so with `value`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    column: JsonPath
    op: Op = "=="
    value: Json


Conditions = Annotated[list[Where], Field(max_length=10)]


class TableGroups(Output):
    """`total`: rows that were grouped, `rows`: of the file. `skipped`: cells that were empty or no number."""

    path: str
    items: list[dict[str, Json]]
    count: int
    rows: int
    total: int
    skipped: int
    skipped_values: list[str]
    truncated: bool


class TableRows(Output):
    """`count`: rows that fit, also where not all are returned, of `rows`. `unclear`: cells that cannot be compared."""

    path: str
    columns: list[str]
    items: list[dict[str, Json]]
    count: int
    rows: int
    unclear: int
    truncated: bool


class JoinedTable(WrittenRows):
    """`left_alone`, `right_alone`: rows of each table without a partner."""

    left_alone: int
    right_alone: int


class _Filter:
    """Which records fit, and how many cells could not be compared."""

    def __init__(self, context: ToolContext, where: list[Where]) -> None:
        self.context = context
        self.where = where
        self.unclear = 0

    def fits(self, item: Json) -> bool:
        return all(self._holds(item, one) for one in self.where)

    def _holds(self, item: Json, one: Where) -> bool:
        value = column_of(item, one.column)
        if one.op == "matches":
            return matching(self.context, [value], one.value)[0]
        if one.op in ("<", "<=", ">", ">=") and (empty(value) or isinstance(value, str) != isinstance(one.value, str)):
            self.unclear += 1
            return False
        return holds(value, one.op, one.value)


@contextmanager
def _records(context: ToolContext, path: str, columns: list[str]) -> Iterator[tuple[str, Iterator[dict[str, Json]]]]:
    """The records of a CSV or JSON file. Raises ToolError(BAD_ARGUMENTS) where one of the columns is not there."""
    with context.workspace.open_read(path) as (file, place):
        if place.path.casefold().endswith((".json", ".jsonl", ".ndjson")):
            if place.stat().st_size > JSON_BYTES:
                raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, "a JSON file of more than 64 MiB is not read as a table")
            found = _parsed_json(file.read(), lines=not place.path.casefold().endswith(".json"))
            for name in columns:
                relations.check_column(list(found), name)
            yield place.path, iter(found)
            return
        names, rows = parsed_rows(context, file)
        for name in columns:
            if name not in names:
                known = ", ".join(f"`{one}`" for one in names[:20])
                raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}` has no column `{name}`; there are: {known}")
        yield place.path, rows


def _parsed_json(data: bytes, *, lines: bool) -> list[dict[str, Json]]:
    try:
        text = data.decode("utf-8-sig")
        found = [json.loads(one) for one in text.splitlines() if one.strip()] if lines else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no JSON file: {error}") from None
    if isinstance(found, dict):
        lists = [one for one in found.values() if isinstance(one, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the JSON file is no list of records")
    return found


@skill(
    "table.group",
    examples=(
        "add up the amounts per product in sales.csv",
        "the average of price by category in articles.csv",
        "how many rows of orders.csv are there per customer",
        "sum the column amount of bookings.json by country",
    ),
)
def group(
    context: ToolContext,
    *,
    path: WorkspacePath,
    by: Columns,
    measure: Measure = "count",
    of: JsonPath | None = None,
    name: JsonPath | None = None,
    order: GroupOrder = "key",
    limit: Limit | None = None,
    where: Conditions = [],  # noqa: B006
) -> TableGroups:
    """Compute a count, sum, mean, median, minimum or maximum for each group of rows of a CSV or JSON file.

    Args:
        path: File to read: CSV with a heading, or JSON with a list of records (.json, .jsonl).
        by: Columns whose values make a group.
        measure: What to compute; without `of`, a count is of rows.
        of: Column with the numbers. Empty cells and texts in it are left out, and counted as skipped.
        name: Column of the result; by default the name of `of`, or `count`.
        order: By the groups' keys, or by the computed value.
        limit: Most groups to return, after ordering.
        where: Only rows that fit all of these.
    """
    needed = [*by, *([of] if of is not None else []), *(one.column for one in where)]
    groups = relations.Groups(by, measure, of, name or of or "count")
    fitting, rows = _Filter(context, where), 0
    with _records(context, path, needed) as (place, found):
        for item in found:
            rows += 1
            if fitting.fits(item):
                groups.take(item)
    records = groups.records(order)
    budget = Budget(room(context))
    kept = [one for one in records[:limit] if budget.take(one)]
    return TableGroups(
        path=place, items=kept, count=len(records), rows=rows, total=groups.total, skipped=groups.skipped,
        skipped_values=groups.samples, truncated=len(kept) < len(records[:limit]),
    )  # fmt: skip


@skill(
    "table.select",
    examples=(
        "the rows of orders.csv whose amount is above 500",
        "the columns name and city of customers.csv",
        "the ten rows of parts.csv with the highest price",
        "the records of people.json where the country is Chile",
    ),
)
def select(
    context: ToolContext,
    *,
    path: WorkspacePath,
    where: Conditions = [],  # noqa: B006
    columns: Names = [],  # noqa: B006
    by: JsonPath | None = None,
    order: Order = "asc",
    limit: Limit = 1000,
) -> TableRows:
    """Read the rows of a CSV or JSON file that fit conditions, in an order.

    Args:
        path: File to read: CSV with a heading, or JSON with a list of records (.json, .jsonl).
        where: Only rows that fit all of these.
        columns: Which columns, in this order; by default all.
        by: Column to order by; by default as in the file. Empty cells come last.
        order: `desc` puts the largest first.
        limit: Most rows to return, after ordering.
    """
    needed = [*columns, *([by] if by is not None else []), *(one.column for one in where)]
    fitting, rows = _Filter(context, where), 0
    kept: list[Json] = []
    with _records(context, path, needed) as (place, found):
        for item in found:
            rows += 1
            if fitting.fits(item):
                kept.append(item)
    if by is not None:
        kept.sort(key=lambda one: ranking(_cell(one, by)), reverse=order == "desc")
        kept.sort(key=lambda one: empty(_cell(one, by)))
    chosen = relations.select(kept[:limit], columns, {})
    budget = Budget(room(context))
    items = [one for one in chosen if budget.take(one)]
    names = list(columns) or list(dict.fromkeys(key for one in items for key in one))
    return TableRows(
        path=place, columns=names, items=items, count=len(kept), rows=rows, unclear=fitting.unclear,
        truncated=len(items) < len(kept[:limit]),
    )  # fmt: skip


def _cell(item: Json, name: str) -> Json:
    value = column_of(item, name)
    return None if isinstance(value, Missing) else value


@skill(
    "table.join",
    risk=Risk.WRITE,
    examples=(
        "join orders.csv with customers.csv on the customer id into joined.csv",
        "match the rows of parts.csv and suppliers.csv by supplier and save them as matched.csv",
    ),
)
def join(
    context: ToolContext,
    *,
    left: WorkspacePath,
    right: WorkspacePath,
    on: JsonPath,
    path: WorkspacePath,
    right_on: JsonPath | None = None,
    keep_left: bool = False,
    overwrite: bool = True,
) -> JoinedTable:
    """Join two tables (CSV or JSON files) into a CSV file: each left row with the right ones of the same key.

    Args:
        left: File with the first table.
        right: File with the second table, whose columns come behind those of the first.
        on: Column with the key in the first table.
        path: CSV file to write.
        right_on: Column with the key in the second table; by default the same.
        keep_left: Keep rows of the first table that have no partner.
        overwrite: Whether a file of this name may be replaced.
    """
    other = right_on or on
    with _records(context, left, [on]) as (_, one), _records(context, right, [other]) as (_, two):
        found = relations.join(one, two, on, other, keep=keep_left)
    check_cancelled(context)
    names, rows = table([*found.items])
    written = write_rows(context, path, names, rows, ",", overwrite=overwrite)
    return JoinedTable(**written.model_dump(), left_alone=found.left, right_alone=found.right)
