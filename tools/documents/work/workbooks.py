"""Reads and writes workbooks (XLSX) with openpyxl."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from tools.documents.work.jobs import WorkError, check_zip, printable

CELL_CHARACTERS = 32_767
WIDEST = 60
Cell = str | int | float | bool | None
_BROKEN = (InvalidFileException, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError)


def read(source: BinaryIO, *, sheet: str, limit: int, characters: int, formulas: bool) -> dict[str, object]:
    """The rows of one sheet from its first that holds something, and how many there are."""
    check_zip(source, "workbook (XLSX)")
    try:
        book = load_workbook(source, read_only=True, data_only=not formulas, keep_links=False)
        names = [one.title for one in book.worksheets]
        name = _named(names, sheet)
        rows: list[list[Cell]] = []
        count, left = 0, characters
        for found in book[name].iter_rows(values_only=True):
            row = [_plain(one) for one in found]
            while row and row[-1] in (None, ""):
                row.pop()
            if not row and not rows:
                continue
            count += 1
            left -= sum(len(one) if isinstance(one, str) else 8 for one in row) + 8
            if count <= limit + 1 and left > 0:
                rows.append(row)
    except WorkError:
        raise
    except _BROKEN as error:
        raise WorkError("bad_arguments", f"the workbook is damaged: {str(error)[:200]}") from None
    return {"sheet": name, "sheets": names, "rows": rows, "count": count}


def _named(names: list[str], sheet: str) -> str:
    if not names:
        raise WorkError("not_found", "the workbook has no sheet with cells")
    if not sheet:
        return names[0]
    found = [one for one in names if one == sheet] or [one for one in names if one.casefold() == sheet.casefold()]
    if not found:
        raise WorkError("not_found", f"there is no sheet `{sheet}`; there are: {', '.join(names[:30])}")
    return found[0]


def _plain(value: object) -> Cell:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)


def write(target: BinaryIO, *, sheet: str, columns: list[str], rows: list[list[Cell]]) -> dict[str, object]:
    """A workbook of one sheet with a heading; texts stay texts, also those that look like formulas. Read back."""
    if len(rows) >= 1_048_576:
        raise WorkError("bad_arguments", "a sheet has at most 1,048,575 rows below its heading: write a CSV file")
    book = Workbook(write_only=True)
    page = book.create_sheet(_title(sheet))
    page.freeze_panes = "A2"
    lines: list[list[Cell]] = [[*columns], *rows]
    table = [[_kept(one) for one in row] for row in lines]
    for at in range(len(columns)):
        widest = max(len(str(row[at])) for row in table[:200] if at < len(row))
        page.column_dimensions[get_column_letter(at + 1)].width = min(WIDEST, widest + 2)
    for number, row in enumerate(table):
        cells = []
        for value in row:
            cell = WriteOnlyCell(page, value)
            if isinstance(value, str):
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        page.append(cells)
    kept = io.BytesIO()
    book.save(kept)
    target.write(kept.getvalue())
    target.flush()
    kept.seek(0)
    back = load_workbook(kept, read_only=True)
    there: Iterable[tuple[object, ...]] = back.worksheets[0].iter_rows(values_only=True)
    same = all(_even(list(found), row) for found, row in zip(there, table, strict=True))
    if not same:
        raise WorkError("tool_failed", "the workbook does not hold what was written into it")
    return {"sheet": page.title, "rows": len(rows)}


def _even(found: list[object], wanted: list[Cell]) -> bool:
    """An empty text is an empty cell."""
    row: list[object] = [None if one == "" else one for one in wanted]
    while row and row[-1] is None:
        row.pop()
    while found and found[-1] is None:
        found.pop()
    return found == row


def _title(text: str) -> str:
    kept = "".join("_" if one in "[]:*?/\\'" else one for one in printable(text)).strip()[:31]
    return kept or "Sheet1"


def _kept(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    if len(value) > CELL_CHARACTERS:
        raise WorkError("bad_arguments", f"a cell holds at most {CELL_CHARACTERS:,} characters")
    return printable(value)
