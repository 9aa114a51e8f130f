"""Workbooks, PDF, charts, HTML: made, read back, bounded. By real workers."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.context import ToolLimits
from tools.deferred import written
from tools.documents import catalog, skills, working
from tools.documents.work import portable
from tools.documents.work.jobs import WorkError
from tools.fake import FakeToolContext
from tools.registry import Registry

pytestmark = pytest.mark.slow
ITEMS = [{"city": "Köln =SUM(A1)", "t": 3, "u": 2.5}, {"city": "=1+1", "t": -4, "u": None}]


async def test_a_workbook(call: Call, refused: Refused, workspace: Path) -> None:
    written = await call("xlsx.write", path="a.xlsx", items=ITEMS, sheet="Tot[als]")
    assert (written["sheet"], written["columns"], written["rows"]) == ("Tot_als_", ["city", "t", "u"], 2)
    read = await call("xlsx.read", path="a.xlsx")
    # A text that looks like a formula is a text.
    assert read["items"] == [ITEMS[0], {"city": "=1+1", "t": -4, "u": ""}]
    assert (read["sheets"], read["count"], read["truncated"]) == (["Tot_als_"], 2, False)
    assert (await call("xlsx.read", path="a.xlsx", limit=1))["truncated"] is True
    error = await refused(ErrorCode.NOT_FOUND, "xlsx.read", path="a.xlsx", sheet="Other")
    assert "Tot_als_" in error.message
    (workspace / "b.xlsx").write_bytes((workspace / "a.xlsx").read_bytes()[:1000])
    await refused(ErrorCode.BAD_ARGUMENTS, "xlsx.read", path="b.xlsx")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 a workbook", "it does not begin with %PDF-"),
        (b"%PDF-1.4\n1 0 obj\n<<", "damaged, or was cut off"),
        (b"%PDF-1.4\nxref\n0 1\ntrailer\n<< /Root 1 0 R /Size 1 >>\nstartxref\n9\n%%EOF", "damaged, or was cut off"),
    ],
)
def test_a_pdf_that_is_broken(data: bytes, says: str) -> None:
    with pytest.raises(WorkError, match=says) as caught:
        portable.read(io.BytesIO(data), first=1, last=0, characters=1_000)
    assert caught.value.code == "bad_arguments"


async def test_a_workbook_that_is_a_bomb(refused: Refused, workspace: Path) -> None:
    with zipfile.ZipFile(workspace / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 200_000_000)
    await refused(ErrorCode.OUTPUT_TOO_LARGE, "xlsx.read", path="bomb.xlsx")


async def test_a_worker_that_takes_too_much_ends_alone(
    registry: Registry, context: FakeToolContext, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call("xlsx.write", path="a.xlsx", items=ITEMS)
    context.limits = ToolLimits(memory_bytes=8 << 20)
    with pytest.raises(Exception, match=r"memory|worked on"):
        await registry.call("xlsx.read", {"path": "a.xlsx"}, context)
    context.limits = ToolLimits()
    monkeypatch.setattr(working, "SECONDS", 0.01)
    with pytest.raises(Exception, match="longer than"):
        await registry.call("xlsx.read", {"path": "a.xlsx"}, context)
    assert context.peak_memory_bytes > 0


def _words(process: psutil.Process) -> str:
    """Its command line; none of one that has ended meanwhile, as a launcher's first steps do."""
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def _workers() -> list[str]:
    """Command lines of the workers of documents below this process, which has other children too."""
    found = map(_words, psutil.Process().children(recursive=True))
    return [words for words in found if "worker.py" in words]


async def test_a_cancelled_document_leaves_nothing(
    registry: Registry, context: FakeToolContext, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "a.pdf").write_bytes(b"old")
    sections = [{"heading": str(n), "content": [{"a": n, "b": m} for m in range(200)]} for n in range(100)]
    arguments = {"path": "a.pdf", "title": "long", "sections": sections}
    call = asyncio.ensure_future(registry.call("pdf.write", arguments, context))  # type: ignore[arg-type]
    while not _workers():
        await asyncio.sleep(0.01)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert _workers() == []
    assert (os.listdir(workspace), (workspace / "a.pdf").read_bytes()) == (["a.pdf"], b"old")


@pytest.mark.parametrize("kind", ["bar", "line", "pie", "scatter", "histogram"])
async def test_a_chart(call: Call, workspace: Path, kind: str) -> None:
    items = [["a $x$", 1], ["b", "2.5"], ["c", 3]]
    found = await call("chart.make", path=f"{kind}.png", items=items, kind=kind, title="T", width=400, height=300)
    assert (found["series"], found["points"]) == (["value"], 3)
    data = (workspace / f"{kind}.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (400, 300) == (found["width"], found["height"])


async def test_what_cannot_be_drawn(refused: Refused, workspace: Path) -> None:
    bad = ErrorCode.BAD_ARGUMENTS
    await refused(bad, "chart.make", path="a.jpg", items=[1])
    await refused(bad, "chart.make", path="a.png", items=[])
    error = await refused(bad, "chart.make", path="a.png", items=[{"city": "x"}], y=["t"])
    assert "city" in error.message
    await refused(bad, "chart.make", path="a.png", items=[1, -2], kind="pie")
    await refused(bad, "chart.make", path="a.png", items=list(range(1000)), kind="bar")
    assert os.listdir(workspace) == []


async def test_a_report_with_tables_and_a_chart(call: Call, refused: Refused, workspace: Path) -> None:
    await call("chart.make", path="c.png", items=[["a", 1], ["b", 2]])
    sections = [
        {"heading": "Über alles", "content": "One paragraph.\nAnother one."},
        {"heading": "Table", "content": ITEMS},
        {"heading": "Facts", "content": {"disk_bytes": 2048, "list": ["x", 1]}},
        {"heading": "日", "image": "c.png"},
    ]
    written = await call("pdf.write", path="r.pdf", title="Report", sections=sections)
    assert (written["pages"], written["replaced"]) == (1, 1)
    read = await call("pdf.read", path="r.pdf")
    assert (read["title"], read["count"], read["truncated"]) == ("Report", 1, False)
    text = str(read["pages"][0]["text"])  # type: ignore[index,call-overload]
    for words in ("Über alles", "Another one.", "Köln =SUM(A1)", "-4", "disk_bytes: 2.0 KiB", "\u2022 x"):
        assert words in text
    assert (await call("pdf.read", path="r.pdf", max_bytes=50))["truncated"] is True
    await refused(ErrorCode.NOT_FOUND, "pdf.read", path="r.pdf", first=9)
    (workspace / "x.png").write_bytes(b"no picture")
    await refused(ErrorCode.BAD_ARGUMENTS, "pdf.write", path="r.pdf", title="R", sections=[{"image": "x.png"}])
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "pdf.write", path="r.pdf", title="R", sections=[{"image": "../x.png"}])
    assert (await call("pdf.read", path="r.pdf"))["title"] == "Report"


async def test_a_pdf_that_is_none_or_locked(refused: Refused, workspace: Path) -> None:
    from pypdf import PdfWriter

    (workspace / "a.pdf").write_bytes(os.urandom(5000))
    await refused(ErrorCode.BAD_ARGUMENTS, "pdf.read", path="a.pdf")
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    kept = io.BytesIO()
    writer.write(kept)
    (workspace / "b.pdf").write_bytes(kept.getvalue())
    await refused(ErrorCode.DENIED, "pdf.read", path="b.pdf")


async def test_html_and_back(call: Call, workspace: Path) -> None:
    markdown = "# Hi\n\n<script>alert(1)</script>\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    await call("html.write", path="p.html", markdown=markdown, title="A < B")
    page = (workspace / "p.html").read_text()
    assert "<script" not in page
    assert "<title>A &lt; B</title>" in page
    read = await call("html.read", path="p.html")
    assert (read["title"], read["text"]) == ("A < B", markdown)
    (workspace / "q.html").write_text("<p>kept<script>gone</script><style>gone</style>")
    assert (await call("html.read", path="q.html"))["text"] == "kept"


async def test_a_page_that_is_nested_too_deeply_is_refused(refused: Refused, workspace: Path) -> None:
    (workspace / "q.html").write_text("<p>kept" + "<div>" * 5000 + "deep")
    await refused(ErrorCode.BAD_ARGUMENTS, "html.read", path="q.html")


def test_the_file_of_the_skills_is_up_to_date() -> None:
    assert skills.FILE.read_bytes() == written(catalog.MODULES), "run `make docs`"


def test_what_lacks_its_library_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skills, "_has", lambda library: library != "fpdf")
    assert "pdf.write" not in skills.registry()
    assert "pdf.read" in skills.registry()
