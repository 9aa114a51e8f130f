"""Skills for PDF: the text of files, and reports."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.arguments import Bytes, Output, WorkspacePath
from tools.bounds import fit, json_size, room
from tools.context import ToolContext
from tools.documents.working import work
from tools.errors import ToolError
from tools.markdown import flatten, scalar
from tools.skill import skill
from tools.streams import digest_written
from tools.tabular import table
from tools.threads import in_thread

MAX_ROWS: Final = 2_000
MAX_IMAGES: Final = 50
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]


class PdfPage(Output):
    page: int
    text: str


class PdfText(Output):
    path: str
    title: str
    pages: list[PdfPage]
    count: int
    truncated: bool


class Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    heading: Annotated[str, Field(max_length=1000)] = ""
    content: Json = None
    image: WorkspacePath | None = None


class PdfReport(Output):
    """`replaced`: signs that the font has not, and that are shown as a question mark in a box."""

    path: str
    pages: int
    replaced: int
    size_bytes: int
    sha256: str


@skill(
    "pdf.read",
    examples=(
        "read the PDF invoice.pdf",
        "what does contract.pdf say",
        "get the text of the first two pages of paper.pdf",
        "pull the text out of report.pdf",
    ),
)
async def read(
    context: ToolContext,
    *,
    path: WorkspacePath,
    first: PageNumber = 1,
    last: PageNumber | None = None,
    max_bytes: Bytes = 131_072,
) -> PdfText:
    """Read the text of a PDF, page by page. A scanned page has none.

    Args:
        path: File to read.
        first: First page, counted from 1.
        last: Last page; by default the last there is.
        max_bytes: Most bytes of text to return; more is cut off and flagged.
    """
    limit = min(max_bytes, room(context))
    with context.workspace.open_read(path) as (file, place):
        given: dict[str, Json] = {"first": first, "last": last or 0, "characters": limit}
        said = await work(context, "pdf.read", given, source=file)
    pages: list[PdfPage] = []
    cut = bool(said["truncated"])
    left = limit
    for one in said["pages"]:
        text, shorter = fit(one["text"], max(2, left))
        pages.append(PdfPage(page=one["page"], text=text))
        left -= json_size(text) + 24
        cut = cut or shorter
        if left <= 0:
            cut = cut or one is not said["pages"][-1]
            break
    return PdfText(path=place.path, title=said["title"], pages=pages, count=said["count"], truncated=cut)


@skill(
    "pdf.write",
    risk=Risk.WRITE,
    examples=(
        "make a PDF report of the results",
        "write the summary as report.pdf",
        "save the findings as a PDF with the chart",
        "turn the table into a PDF",
    ),
)
async def write(
    context: ToolContext,
    *,
    path: WorkspacePath,
    title: Annotated[str, Field(min_length=1, max_length=1000)],
    sections: Annotated[list[Section], Field(max_length=500)] = [],  # noqa: B006
    overwrite: bool = True,
) -> PdfReport:
    """Write a report as a PDF with headings, texts, lists, tables and pictures, and read it back.

    Args:
        path: File to write.
        title: Heading of the whole report.
        sections: Its parts: a heading, any JSON as content, and a picture (PNG, JPEG) of the workspace, as of a chart.
        overwrite: Whether a file of this name may be replaced.
    """
    named = [one.image for one in sections if one.image is not None]
    if len(named) > MAX_IMAGES:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"a report has at most {MAX_IMAGES} pictures")
    with ExitStack() as stack:
        images: dict[str, Json] = {}
        for name in dict.fromkeys(named):
            file, _ = stack.enter_context(context.workspace.open_read(name))
            images[name] = file.fileno()
        parts: list[Json] = [{"heading": " ".join(one.heading.split()), "parts": _parts(one)} for one in sections]
        given: dict[str, Json] = {"title": " ".join(title.split()), "sections": parts, "images": images}
        target, place = stack.enter_context(context.workspace.replace(path, overwrite=overwrite))
        descriptors = tuple(one for one in images.values() if isinstance(one, int))
        said = await work(context, "pdf.write", given, target=target, more=descriptors)
        sha256, size = await in_thread(context, lambda: digest_written(context, target))
        return PdfReport(
            path=place.path, pages=said["pages"], replaced=said["replaced"], size_bytes=size, sha256=sha256
        )


def _parts(section: Section) -> Json:
    """What a section's content is made of, in the worker's words."""
    parts = _content(section.content)
    if section.image is not None:
        parts.append({"kind": "image", "image": section.image})
    found: list[Json] = list(parts)
    return found


def _content(value: Json) -> list[dict[str, Any]]:
    if value is None:
        return []
    if isinstance(value, list):
        return _listed(value)
    if isinstance(value, dict):
        plain = {key: one for key, one in value.items() if not isinstance(one, (dict, list))}
        parts = (
            [{"kind": "bullets", "lines": [f"{key}: {scalar(one, key)}" for key, one in plain.items()]}]
            if plain
            else []
        )
        for key, one in value.items():
            if isinstance(one, (dict, list)):
                parts += [{"kind": "text", "lines": [key]}, *_content(one)]
        return parts
    text = value if isinstance(value, str) else scalar(value)
    return [{"kind": "text", "lines": [line for line in text.splitlines() if line.strip()]}]


def _listed(items: list[Json]) -> list[dict[str, Any]]:
    if not items or not all(isinstance(item, (dict, list)) for item in items):
        return [{"kind": "bullets", "lines": [scalar(one) for one in items] or ["-"]}]
    columns, rows = table(items)
    if len(columns) > 12:
        lines = [
            "; ".join(f"{key}: {scalar(value, key)}" for key, value in flatten(item).items())
            for item in items
            if isinstance(item, dict)
        ]
        return [{"kind": "bullets", "lines": lines or [scalar(one) for one in items]}]
    if len(rows) > MAX_ROWS:
        message = f"a table of a PDF has at most {MAX_ROWS:,} rows: write a workbook or a CSV file"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    shown = [[scalar(value, name) for name, value in zip(columns, row, strict=False)] for row in rows]
    return [{"kind": "table", "columns": columns, "rows": [[*row, *[""] * (len(columns) - len(row))] for row in shown]}]
