"""Skills that compute over earlier results as tables: group, join, some columns. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.vocabulary import Json
from tools import relations
from tools.arguments import Items, JsonPath, Limit, Output
from tools.context import ToolContext
from tools.jsonpath import flat
from tools.relations import GroupOrder, Measure
from tools.skill import skill

Columns = Annotated[list[JsonPath], Field(min_length=1, max_length=10)]
Names = Annotated[list[JsonPath], Field(max_length=500)]
Renamed = Annotated[dict[JsonPath, JsonPath], Field(max_length=500)]


class Grouped(Output):
    """`total`: records that were grouped. `skipped`: those whose cell was empty or no number; some as they were."""

    items: list[dict[str, Json]]
    count: int
    total: int
    skipped: int
    skipped_values: list[str]


class JoinedItems(Output):
    """`left_alone`, `right_alone`: records of each side without a partner."""

    items: list[dict[str, Json]]
    count: int
    left_alone: int
    right_alone: int


class Selected(Output):
    items: list[dict[str, Json]]
    count: int


@skill(
    "data.group",
    examples=(
        "the sum of amount per country",
        "add up the revenue for each product",
        "average price by category",
        "highest temperature for each station",
        "total amount by reason",
    ),
)
def group(
    context: ToolContext,
    *,
    items: Items,
    by: Columns,
    measure: Measure = "count",
    of: JsonPath | None = None,
    name: JsonPath | None = None,
    order: GroupOrder = "key",
    limit: Limit | None = None,
) -> Grouped:
    """Compute a count, sum, mean, median, minimum or maximum for each group of records.

    Args:
        items: Records, or lists of them.
        by: Columns whose values make a group.
        measure: What to compute; without `of`, a count is of records.
        of: Column with the numbers. Empty cells and texts in it are left out, and counted as skipped.
        name: Column of the result; by default the name of `of`, or `count`.
        order: By the groups' keys, or by the computed value.
        limit: Most groups to return, after ordering.
    """
    found = flat(items)
    for one in (*by, *([of] if of is not None else [])):
        relations.check_column(found, one)
    groups = relations.Groups(by, measure, of, name or of or "count")
    for item in found:
        groups.take(item)
    records = groups.records(order)
    return Grouped(
        items=records[:limit], count=len(records), total=groups.total, skipped=groups.skipped,
        skipped_values=groups.samples,
    )  # fmt: skip


@skill(
    "data.join",
    examples=(
        "join the orders with the customers on the customer id",
        "look up the city of each supplier in the other table",
        "match the rows of both tables by their key",
        "inner join of the two tables on id",
    ),
)
def join(
    context: ToolContext,
    *,
    left: Items,
    right: Items,
    on: JsonPath,
    right_on: JsonPath | None = None,
    keep_left: bool = False,
) -> JoinedItems:
    """Join two tables: each left record with the right ones of the same key.

    Args:
        left: Records, or lists of them.
        right: Records, or lists of them.
        on: Column with the key in the left records.
        right_on: Column with the key in the right records; by default the same.
        keep_left: Keep left records that have no partner.
    """
    one, two = flat(left), flat(right)
    relations.check_column(one, on)
    relations.check_column(two, right_on or on)
    found = relations.join(one, two, on, right_on or on, keep=keep_left)
    return JoinedItems(items=found.items, count=len(found.items), left_alone=found.left, right_alone=found.right)


@skill(
    "data.select",
    examples=(
        "only the columns name and city",
        "rename the column tot to total",
        "drop every column but id and price",
        "reorder the columns",
    ),
)
def select(context: ToolContext, *, items: Items, columns: Names = [], rename: Renamed = {}) -> Selected:  # noqa: B006
    """Keep some columns of records, in an order, or give columns other names.

    Args:
        items: Records, or lists of them.
        columns: Which columns, in this order; by default all.
        rename: Columns with the names that they get.
    """
    found = relations.select(flat(items), columns, rename)
    return Selected(items=found, count=len(found))
