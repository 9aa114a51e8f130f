"""Skills for the tables of a page."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.arguments import Limit, Output, Uri
from tools.bounds import Budget, fit, json_size, room
from tools.browser.reading import ask, frames, visible
from tools.browser.session import Session
from tools.browser.tabs import Tab
from tools.browser.verbs import Page, TabName, Words, line, place, verb
from tools.errors import ToolError
from tools.tabular import as_csv, headings, records, typed

MOST: Final = 200
PEEK: Final = 2_000


class Grid(Output):
    number: int
    caption: str
    columns: list[str]
    rows: int


class Grids(Page):
    """`rows` of a long table are those that were counted, up to 2,000."""

    tables: list[Grid]
    truncated: bool


class Table(Page):
    """`items`: a record a row, numbers as numbers. `csv`: the same as text, where that was asked for."""

    number: int
    caption: str
    columns: list[str]
    items: list[dict[str, Json]]
    csv: str
    count: int
    truncated: bool


@verb(
    "browser.tables",
    examples=("which tables are on the page", "list the tables of https://example.com", "does the page have tables"),
)
async def tables(session: Session, *, url: Uri | None = None, tab: TabName | None = None) -> Grids:
    """List the tables of a page: their captions, columns and numbers of rows.

    Args:
        url: Address to open first, in a new tab.
        tab: Which tab; by default the one that was used last.
    """
    async with session.tab(tab, url) as found:
        every, cut = await _grids(session, found, PEEK)
        where = await place(session, found)
        budget = Budget(room(session.context) - json_size(where.model_dump()))
        kept: list[Grid] = []
        for number, one in enumerate(every, 1):
            columns, rows = _parts(one)
            made = Grid(number=number, caption=line(one["caption"]), columns=columns, rows=len(rows))
            if budget.take(made.model_dump()):
                kept.append(made)
        return Grids(**dict(where), tables=kept, truncated=cut or len(kept) < len(every))


@verb(
    "browser.table",
    examples=(
        "extract the table from https://example.com/prices",
        "get the table on the page as CSV",
        "read the second table of the page",
        "pull the totals out of the table in the browser",
    ),
)
async def table(
    session: Session,
    *,
    url: Uri | None = None,
    tab: TabName | None = None,
    number: Annotated[int, Field(ge=1, le=MOST)] | None = None,
    text: Words | None = None,
    format: Literal["items", "csv"] = "items",
    limit: Limit = 1000,
) -> Table:
    """Extract one table of a page, as records or as CSV.

    Args:
        url: Address to open first, in a new tab.
        tab: Which tab; by default the one that was used last.
        number: Which table, counted from 1; needed where the page has several, unless `text` names it.
        text: What its caption, the heading above it, or its columns say.
        format: `items` for records, `csv` for text.
        limit: Most rows to return.
    """
    async with session.tab(tab, url) as found:
        every, _ = await _grids(session, found, limit)
        at = _chosen(every, number, text)
        where = await place(session, found)
        columns, rows = _parts(every[at])
        left = room(session.context) - json_size(where.model_dump()) - json_size(columns)
        made = list(records(columns, ([typed(cell) for cell in row] for row in rows)))[:limit]
        budget = Budget(left)
        kept = [one for one in made if budget.take(one)]
        truncated = bool(every[at]["truncated"]) or len(kept) < len(rows)
        written = ""
        if format == "csv":
            written, cut = fit(as_csv(columns, rows[:limit]), left)
            kept, truncated = [], bool(every[at]["truncated"]) or len(rows) > limit or cut
        return Table(
            **dict(where), number=at + 1, caption=line(every[at]["caption"]), columns=columns, items=kept, csv=written,
            count=len(rows), truncated=truncated,
        )  # fmt: skip


async def _grids(session: Session, tab: Tab, rows: int) -> tuple[list[dict[str, Any]], bool]:
    found: list[dict[str, Any]] = []
    cut = False
    for frame in await frames(session, tab):
        said = await session.soon(ask(frame, "tables", {"rows": rows, "most": MOST}))
        found += said["tables"]
        cut = cut or bool(said["truncated"])
    return found[:MOST], cut or len(found) > MOST


def _parts(one: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows; of several heading rows, the last says what the columns are."""
    rows = [[line(cell, 5000) for cell in row] for row in one["rows"]]
    heads = int(one["heads"])
    width = max((len(row) for row in rows), default=0)
    names = rows[heads - 1] if heads else []
    return headings([*names, *[""] * (width - len(names))]), rows[heads:]


def _chosen(every: list[dict[str, Any]], number: int | None, text: str | None) -> int:
    """The index of the table that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    if number is not None:
        if number > len(every):
            raise ToolError(ErrorCode.NOT_FOUND, f"the page has {len(every)} tables: `browser.tables` lists them")
        return number - 1
    wanted = visible(text or "").casefold()
    fits = [at for at, one in enumerate(every) if wanted in _said(one)]
    if not fits:
        message = "the page has no such table: `browser.tables` lists them" if every else "the page has no table"
        raise ToolError(ErrorCode.NOT_FOUND, message)
    if len(fits) > 1:
        shown = "; ".join(f"{at + 1} {line(every[at]['caption'], 60)}".strip() for at in fits[:10])
        message = f"the page has {len(fits)} such tables; say which by its number: {shown}"
        raise ToolError(ErrorCode.AMBIGUOUS, message)
    return fits[0]


def _said(one: dict[str, Any]) -> str:
    """Its caption and its headings."""
    cells = (cell for row in one["rows"][: one["heads"] or 1] for cell in row)
    return " ".join([one["caption"], *cells]).casefold()
