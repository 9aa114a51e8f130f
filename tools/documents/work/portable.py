"""Reads PDF files with pypdf, and writes reports with fpdf2."""

from __future__ import annotations

import os
import struct
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from tools.documents.work.jobs import WorkError, printable

MARGIN = 18
BODY, SMALL, HEADING, TITLE = 10.5, 9, 14, 20
HEAD = 1024
"""Bytes within which readers look for a PDF's mark."""
DAMAGE = (
    *(RecursionError, NotImplementedError, LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, OSError, struct.error, zlib.error),
)
"""What pypdf comes upon in a file that is not as it should be, besides its own errors."""


def read(source: BinaryIO, *, first: int, last: int, characters: int) -> dict[str, object]:
    """The text of pages `first` to `last` (0: the end), counted from 1."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(_opened(source))
        if reader.is_encrypted and not reader.decrypt(""):
            raise WorkError("denied", "the PDF is protected by a password: have its owner give one without")
        count = len(reader.pages)
        if first > max(1, count):
            raise WorkError("not_found", f"the PDF has {count} pages")
        pages: list[dict[str, object]] = []
        left, cut = characters, False
        for number in range(first, min(last or count, count) + 1):
            text = printable(reader.pages[number - 1].extract_text()).strip()
            cut = len(text) > left
            pages.append({"page": number, "text": text[:left]})
            left -= len(text)
            if left <= 0:
                cut = cut or number < min(last or count, count)
                break
        title = printable(str(reader.metadata.title or "")) if reader.metadata else ""
    except (PyPdfError, *DAMAGE) as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise WorkError("bad_arguments", f"this PDF is damaged, or was cut off: {reason}") from None
    return {"pages": pages, "count": count, "title": title[:500], "truncated": cut}


def _opened(source: BinaryIO) -> BinaryIO:
    """The same file, at its start. Raises WorkError where it is no PDF at all."""
    head = source.read(HEAD)
    source.seek(0)
    if not head:
        raise WorkError("bad_arguments", "this is no PDF: the file is empty")
    if b"%PDF-" not in head:
        raise WorkError("bad_arguments", "this is no PDF, whatever its name says: it does not begin with %PDF-")
    return source


@cache
def _fonts() -> tuple[Path, Path]:
    """DejaVu Sans, which comes with matplotlib: Latin, Greek, Cyrillic, Arabic and many signs."""
    found = find_spec("matplotlib")  # found only: loading it takes longer than a report
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"


class _Shown:
    """Texts as the font can show them; what it has no sign for becomes one that says so."""

    def __init__(self) -> None:
        from fontTools.ttLib import TTFont

        self._known = frozenset(TTFont(_fonts()[0]).getBestCmap())
        self.replaced = 0

    def __call__(self, text: str) -> str:
        out = []
        for one in printable(text).replace("\t", "    "):
            known = one == "\n" or ord(one) in self._known
            self.replaced += not known
            out.append(one if known else "\ufffd")
        return "".join(out)


def write(target: BinaryIO, *, title: str, sections: list[dict[str, Any]], images: dict[str, int]) -> dict[str, object]:
    """A report: `sections` hold a heading and parts, each of `kind` text, bullets, table or image. Read back."""
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    shown = _Shown()

    class Report(FPDF):
        def footer(self) -> None:
            self.set_y(-MARGIN + 4)
            self.set_font("DejaVu", size=8)
            self.cell(0, 6, f"{self.page_no()} / {{nb}}", align="C")

    pdf = Report(format="A4")
    for style, path in zip(("", "B"), _fonts(), strict=True):
        pdf.add_font("DejaVu", style=style, fname=path)
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_title(shown(title))
    pdf.add_page()

    def line(text: str, size: float, *, bold: bool = False, gap: float = 2) -> None:
        pdf.set_font("DejaVu", style="B" if bold else "", size=size)
        pdf.multi_cell(0, size * 0.5, shown(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(gap)

    line(title, TITLE, bold=True, gap=5)
    for section in sections:
        if section["heading"]:
            if pdf.will_page_break(25):
                pdf.add_page()
            line(section["heading"], HEADING, bold=True)
        for part in section["parts"]:
            if part["kind"] == "table":
                _table(pdf, shown, part["columns"], part["rows"])
            elif part["kind"] == "image":
                _image(pdf, images[part["image"]], part["image"])
            else:
                mark = "\u2022 " if part["kind"] == "bullets" else ""
                for text in part["lines"]:
                    line(mark + text, BODY, gap=1)
                pdf.ln(2)
    data = bytes(pdf.output())
    target.write(data)
    target.flush()
    return {"pages": _checked(data, [title, *(one["heading"] for one in sections)], shown), "replaced": shown.replaced}


def _table(pdf: Any, shown: _Shown, columns: list[str], rows: list[list[str]]) -> None:  # noqa: ANN401
    pdf.set_font("DejaVu", size=SMALL if len(columns) <= 6 else SMALL - 2)
    with pdf.table(first_row_as_headings=True, line_height=5, text_align="LEFT", padding=0.8) as table:
        for row in [columns, *rows]:
            cells = table.row()
            for text in row:
                cells.cell(shown(text))
    pdf.ln(4)


def _image(pdf: Any, descriptor: int, name: str) -> None:  # noqa: ANN401
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = 80_000_000
    try:
        with os.fdopen(os.dup(descriptor), "rb") as file, Image.open(file) as picture:
            picture.load()
            width = min(pdf.epw, picture.width * 25.4 / 96)
            height = width * picture.height / max(1, picture.width)
            if height > pdf.eph:
                width, height = width * pdf.eph / height, pdf.eph
            if pdf.will_page_break(height):
                pdf.add_page()
            pdf.image(picture.convert("RGB"), w=width)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise WorkError("bad_arguments", f"`{name}` is no picture that can be used: {str(error)[:150]}") from None
    pdf.ln(4)


def _checked(data: bytes, wanted: list[str], shown: _Shown) -> int:
    """The number of pages; what was written is read again, and holds the headings."""
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    known = shown.replaced
    said = "".join("".join(page.extract_text().split()) for page in reader.pages)
    missing = [one for one in wanted if "".join(shown(one).split()) not in said]
    shown.replaced = known
    if missing and known == 0 and not any(ord(one) > 0x58F for text in missing for one in text):
        raise WorkError("tool_failed", f"the PDF does not hold the heading {missing[0][:100]!r}")
    return len(reader.pages)
