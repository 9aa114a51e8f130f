"""Skills for workbooks (XLSX)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.vocabulary import Json, Risk
from tools.arguments import Items, Limit, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext
from tools.documents.tables import Columns, WrittenRows
from tools.documents.working import work
from tools.jsonpath import canonical
from tools.skill import skill
from tools.streams import digest_written
from tools.tabular import MAX_COLUMNS, headings, records, table
from tools.threads import in_thread

Sheet = Annotated[str, Field(min_length=1, max_length=31)]


class SheetRows(Output):
    """`count`: rows in the sheet below its heading, also where not all are returned."""

    path: str
    sheet: str
    sheets: list[str]
    columns: list[str]
    items: list[dict[str, Json]]
    count: int
    truncated: bool


class WrittenSheet(WrittenRows):
    sheet: str


@skill(
    "xlsx.read",
    examples=(
        "read the workbook budget.xlsx",
        "open the Excel file sales.xlsx and get its rows",
        "what is in the sheet Totals of report.xlsx",
        "load the spreadsheet data.xlsx",
    ),
)
async def read(
    context: ToolContext,
    *,
    path: WorkspacePath,
    sheet: Sheet | None = None,
    heading: bool = True,
    formulas: bool = False,
    limit: Limit = 1000,
) -> SheetRows:
    """Read one sheet of a workbook (XLSX) as records.

    Args:
        path: Workbook to read.
        sheet: Name of the sheet; by default the first.
        heading: The first row that holds something names the columns.
        formulas: Give formulas instead of the values that they had when the workbook was saved.
        limit: Most rows to return.
    """
    given: dict[str, Json] = {
        "sheet": sheet or "", "limit": limit, "characters": 2 * room(context), "formulas": formulas,
    }  # fmt: skip
    with context.workspace.open_read(path) as (file, place):
        said = await work(context, "xlsx.read", given, source=file)
    rows: list[list[Json]] = said["rows"]
    width = min(MAX_COLUMNS, max((len(row) for row in rows), default=0))
    names = [str(one) if one is not None else "" for one in rows[0]] if rows and heading else []
    columns = headings([*names, *[""] * (width - len(names))][:MAX_COLUMNS])
    body = rows[1:] if heading else rows
    budget = Budget(room(context) - sum(len(name) for name in (*columns, *said["sheets"])) * 2)
    kept = [one for one in records(columns, body[:limit]) if budget.take(one)]
    count = max(0, int(said["count"]) - bool(heading))
    return SheetRows(
        path=place.path, sheet=said["sheet"], sheets=said["sheets"], columns=columns, items=kept, count=count,
        truncated=len(kept) < count,
    )  # fmt: skip


@skill(
    "xlsx.write",
    risk=Risk.WRITE,
    examples=(
        "save the table as an Excel file report.xlsx",
        "write the rows to a workbook",
        "export the results to results.xlsx",
        "make a spreadsheet of the records",
    ),
)
async def write(
    context: ToolContext,
    *,
    path: WorkspacePath,
    items: Items,
    columns: Columns | None = None,
    sheet: Sheet = "Sheet1",
    overwrite: bool = True,
) -> WrittenSheet:
    """Write records or lists as a workbook (XLSX) of one sheet, and read it back. No text becomes a formula.

    Args:
        path: Workbook to write.
        items: A record or a list a row, or plain values; objects within records become columns of their own.
        columns: Which columns, in this order; by default all that the records have.
        sheet: Name of the sheet.
        overwrite: Whether a file of this name may be replaced.
    """
    names, rows = table(items, columns)
    given: dict[str, Json] = {
        "sheet": sheet,
        "columns": list(names),
        "rows": [[_cell(one) for one in row] for row in rows],
    }
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        said = await work(context, "xlsx.write", given, target=file)
        sha256, size = await in_thread(context, lambda: digest_written(context, file))
        return WrittenSheet(
            path=place.path, sheet=said["sheet"], columns=names, rows=said["rows"], size_bytes=size, sha256=sha256
        )


def _cell(value: Json) -> Json:
    return canonical(value) if isinstance(value, (list, dict)) else value
