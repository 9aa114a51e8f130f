"""Skills for CSV files."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from itertools import zip_longest
from typing import Annotated, BinaryIO, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.arguments import Items, Limit, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError
from tools.skill import skill
from tools.streams import digest_written
from tools.tabular import MAX_COLUMNS, cell, headings, records, table, typed

LINE_BYTES: Final = 4 << 20
SAMPLE: Final = 64 << 10
Columns = Annotated[list[Annotated[str, Field(max_length=500)]], Field(min_length=1, max_length=MAX_COLUMNS)]
Delimiter = Literal[",", ";", "\t", "|"]


class Rows(Output):
    """`items`: a record a row, numbers as numbers. `count`: rows in the file, also where not all are returned."""

    path: str
    columns: list[str]
    items: list[dict[str, Json]]
    count: int
    truncated: bool


class WrittenRows(Output):
    path: str
    columns: list[str]
    rows: int
    size_bytes: int
    sha256: str


@skill(
    "csv.read",
    examples=(
        "read the CSV file prices.csv",
        "load sales.csv as a table",
        "what columns does data.csv have",
        "get the rows of measurements.csv",
    ),
)
def read(
    context: ToolContext,
    *,
    path: WorkspacePath,
    delimiter: Delimiter | None = None,
    heading: bool = True,
    limit: Limit = 1000,
) -> Rows:
    """Read a CSV file as records.

    Args:
        path: File to read; UTF-8, or else Latin-1.
        delimiter: What stands between cells; by default what the first line has most of.
        heading: The first line names the columns.
        limit: Most rows to return.
    """
    with context.workspace.open_read(path) as (file, place):
        sample = file.read(SAMPLE)
        file.seek(0)
        mark = delimiter or _delimiter(sample)
        found = _parsed(context, file, _encoding(sample), mark)
        first = next(found, [])
        columns = headings(first if heading else [""] * len(first))[:MAX_COLUMNS]
        budget = Budget(room(context) - sum(len(name) for name in columns) * 2)
        kept: list[dict[str, Json]] = []
        count = 0
        for row in found if heading or not first else _with(first, found):
            count += 1
            if count <= limit and not budget.spent:
                (made,) = records(columns, [[typed(one) for one in row]])
                if budget.take(made):
                    kept.append(made)
        return Rows(path=place.path, columns=columns, items=kept, count=count, truncated=len(kept) < count)


@skill(
    "csv.write",
    risk=Risk.WRITE,
    examples=(
        "save the table as prices.csv",
        "write the rows to a CSV file",
        "export the results as CSV into out.csv",
        "put the records into data.csv",
    ),
)
def write(
    context: ToolContext,
    *,
    path: WorkspacePath,
    items: Items,
    columns: Columns | None = None,
    delimiter: Delimiter = ",",
    overwrite: bool = True,
) -> WrittenRows:
    """Write records or lists as a CSV file (UTF-8, RFC 4180), and read it back.

    Args:
        path: File to write.
        items: A record or a list a row, or plain values; objects within records become columns of their own.
        columns: Which columns, in this order; by default all that the records have.
        delimiter: What stands between cells.
        overwrite: Whether a file of this name may be replaced.
    """
    names, rows = table(items, columns)
    return write_rows(context, path, names, rows, delimiter, overwrite=overwrite)


def parsed_rows(context: ToolContext, file: BinaryIO) -> tuple[list[str], Iterator[dict[str, Json]]]:
    """The columns of a CSV file with a heading, and its rows as records, numbers as numbers; read as they are taken."""
    sample = file.read(SAMPLE)
    file.seek(0)
    found = _parsed(context, file, _encoding(sample), _delimiter(sample))
    columns = headings(next(found, []))[:MAX_COLUMNS]
    return columns, records(columns, ([typed(one) for one in row] for row in found))


def write_rows(
    context: ToolContext, path: str, names: list[str], rows: list[list[Json]], delimiter: str, *, overwrite: bool
) -> WrittenRows:
    """Writes a CSV file and reads it back. Raises ToolError where it cannot, or where a file of this name is there."""
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        wanted = [names, *([cell(value) for value in row] for row in rows)]
        _write(context, file, wanted, delimiter)
        _read_back(context, file, wanted, delimiter)
        sha256, size = digest_written(context, file)
        return WrittenRows(path=place.path, columns=names, rows=len(rows), size_bytes=size, sha256=sha256)


def _write(context: ToolContext, file: BinaryIO, rows: list[list[str]], delimiter: str) -> None:
    class Lines:
        def write(self, text: str) -> int:
            return file.write(text.encode("utf-8", "replace"))

    writer = csv.writer(Lines(), delimiter=delimiter, lineterminator="\n")
    for number, row in enumerate(rows):
        if number % 1000 == 0:
            check_cancelled(context)
        writer.writerow(row)
    file.flush()


def _read_back(context: ToolContext, file: BinaryIO, wanted: list[list[str]], delimiter: str) -> None:
    """Raises ToolError(TOOL_FAILED) where the file does not say what was to be written."""
    with os.fdopen(os.dup(file.fileno()), "rb") as opened:
        opened.seek(0)
        for row, there in zip_longest(wanted, _parsed(context, opened, "utf-8", delimiter)):
            plain = None if row is None else [one.encode("utf-8", "replace").decode() for one in row]
            if plain != there and plain not in ([], [""]):
                raise ToolError(ErrorCode.TOOL_FAILED, "the file does not hold what was written into it: try again")


def _with(first: list[str], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def _encoding(sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        sample[:-4].decode("utf-8-sig") if len(sample) == SAMPLE else sample.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A character that the sample's end cuts in two is none of another encoding.
        if error.start < len(sample) - 8:
            return "latin-1"
    return "utf-8-sig"


def _delimiter(sample: bytes) -> str:
    line = sample.partition(b"\n")[0].decode("utf-8", "replace")
    return max((",", ";", "\t", "|"), key=line.count)


def _parsed(context: ToolContext, file: BinaryIO, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not empty. Raises ToolError(BAD_ARGUMENTS) for what is no CSV file."""
    if encoding == "utf-16":
        message = "the file is UTF-16: convert it to UTF-8 first"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    csv.field_size_limit(LINE_BYTES)
    try:
        for number, row in enumerate(csv.reader(_lines(file, encoding), delimiter=delimiter)):
            if number % 1000 == 0:
                check_cancelled(context)
            if row:
                yield row
    except csv.Error as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no CSV file: {error}") from None


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    first = True
    while line := file.readline(LINE_BYTES + 1):
        if len(line) > LINE_BYTES or b"\0" in line:
            raise ToolError(
                ErrorCode.BAD_ARGUMENTS, "this is no CSV file: it has a line of more than 4 MiB, or binary data"
            )
        yield line.decode(encoding if first or encoding == "latin-1" else "utf-8", "replace")
        first = False
