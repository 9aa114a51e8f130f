"""Every kind of check: what holds, and what does not, with the reason that is told."""

from __future__ import annotations

import hashlib
import io
import socketserver
import sqlite3
import tarfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from fpdf import FPDF
from pydantic import TypeAdapter, ValidationError

from devices.simulated.phone.state import App, SimulatedPhone, Sms
from orchestrator.cli.benching.checks import Check, why_not
from orchestrator.cli.benching.site import Page, website
from protocol.vocabulary import Json

CHECK: TypeAdapter[Check] = TypeAdapter(Check)


@dataclass
class Scene:
    """Machines are folders; the rest is given."""

    folder: Path
    site: str = "http://127.0.0.1:9"
    said: str = ""
    state: str = "succeeded"
    phone: SimulatedPhone = field(default_factory=SimulatedPhone)
    greenhouse: Mapping[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)
    notified: str = ""
    first: dict[tuple[str, str], str] = field(default_factory=dict)

    def path(self, machine: str, path: str) -> Path:
        return self.folder / machine / path

    def at_first(self, machine: str, path: str) -> str | None:
        return self.first.get((machine, path))

    def put(self, path: str, data: bytes | str, machine: str = "alpha") -> None:
        target = self.path(machine, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def why(scene: Scene, kind: str, **fields: Json) -> str:
    return why_not(CHECK.validate_python({"kind": kind, "name": "it", **fields}), scene)


def test_a_file_by_what_it_holds(scene: Scene) -> None:
    scene.put("a.txt", "one\n\ntwo {x}\n")
    here = {"machine": "alpha", "path": "a.txt"}
    assert why(scene, "file", **here, text="one\n\ntwo {x}", contains=["two"], lacks=["three"], lines=2) == ""
    assert why(scene, "file", **here, matches="^two") == ""
    mode = f"{scene.path('alpha', 'a.txt').stat().st_mode & 0o777:o}"
    assert why(scene, "file", **here, min_bytes=5, mode=mode) == ""
    for fields in (
        {"text": "one"},
        {"contains": ["One"]},
        {"lacks": ["two"]},
        {"lines": 3},
        {"matches": "^three"},
        {"min_bytes": 100},
        {"mode": "0123"},
        {"magic": "png"},
        {"folder": True},
        {"exists": False},
    ):
        assert why(scene, "file", **here, **fields), fields
    assert why(scene, "file", machine="alpha", path="b.txt") == "alpha has no file b.txt"
    assert why(scene, "file", machine="alpha", path="b.txt", exists=False) == ""


def test_a_file_by_another_and_by_what_it_was(scene: Scene) -> None:
    scene.put("a", "x")
    scene.put("a", "x", "beta")
    scene.first["alpha", "a"] = hashlib.sha256(b"x").hexdigest()
    assert why(scene, "file", machine="beta", path="a", same_as="alpha:a", was="alpha:a") == ""
    scene.put("a", "y", "beta")
    assert "differs" in why(scene, "file", machine="beta", path="a", same_as="alpha:a")
    assert "is not what" in why(scene, "file", machine="beta", path="a", was="alpha:a")
    assert "is not what" in why(scene, "file", machine="beta", path="a", was="alpha:never")


@pytest.mark.parametrize(
    ("text", "numbers", "holds"),
    [
        ("total 1,234.5 and 7", [1234.5, 7], True),
        ("v1.2.3", [1.2], False),
        ("a17b", [17], False),
        ("17 errors", [17], True),
        ("170 errors", [17], False),
        ("-3", [-3], True),
        ("2026-03-02", [5], False),
        ("mean 21.49", [21.5], False),
    ],
)
def test_numbers_are_whole_numbers_of_their_own(scene: Scene, text: str, numbers: list[float], holds: bool) -> None:
    scene.said = text
    assert (why(scene, "numbers", are=numbers) == "") is holds
    scene.put("n", text)
    assert (why(scene, "numbers", machine="alpha", path="n", are=numbers) == "") is holds


def test_numbers_within(scene: Scene) -> None:
    scene.said = "mean 21.49"
    assert why(scene, "numbers", are=[21.5], within=0.05) == ""


def test_json(scene: Scene) -> None:
    scene.put("a.json", '{"a": [{"b": 1.5}], "c": "x"}')
    here = {"machine": "alpha", "path": "a.json"}
    assert why(scene, "json", **here, at="a.0.b", equals=1.5) == ""
    assert why(scene, "json", **here, at="a", length=1) == ""
    assert why(scene, "json", **here, at="a.0.b", equals=1.4, within=0.2) == ""
    assert why(scene, "json", **here, at="a.0.b", equals=1.4)
    assert why(scene, "json", **here, at="a.1.b", equals=1.5) == "a.json has no 1"
    scene.put("a.json", "[true, 1]")
    assert why(scene, "json", **here, at="0", equals=True) == ""
    assert why(scene, "json", **here, at="0", equals=1)
    assert why(scene, "json", **here, at="1", equals=True)
    scene.put("a.json", "{")
    assert why(scene, "json", **here, equals=1) == "a.json is not JSON"


@pytest.mark.parametrize("path", ["t.csv", "t.xlsx"])
def test_a_table(scene: Scene, path: str) -> None:
    rows = [["name", "n"], ["b", 10], ["a", 9]]
    if path.endswith("csv"):
        scene.put(path, "".join(f"{a},{b}\n" for a, b in rows))
    else:
        book, out = openpyxl.Workbook(), io.BytesIO()
        for row in rows:
            book.active.append(row)
        book.save(out)
        scene.put(path, out.getvalue())
    here = {"machine": "alpha", "path": path}
    holds = [{"name": "a", "n": 9}]
    assert why(scene, "table", **here, rows=2, columns=["n"], holds=holds, sorted_by="n", descending=True) == ""
    for fields in ({"rows": 3}, {"columns": ["m"]}, {"holds": [{"name": "a", "n": 10}]}, {"sorted_by": "n"}):
        assert why(scene, "table", **here, **fields), fields


def test_a_workbook_that_is_none(scene: Scene) -> None:
    scene.put("t.xlsx", "no")
    assert why(scene, "table", machine="alpha", path="t.xlsx", rows=1) == "t.xlsx is no workbook"


def test_an_archive(scene: Scene) -> None:
    packed, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo("logs/a.log")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("logs/a.log", "abc")
    for path, data in (("a.tar.gz", packed), ("a.zip", zipped)):
        scene.put(path, data.getvalue())
        here = {"machine": "alpha", "path": path}
        assert why(scene, "archive", **here, members=["a.log"], texts={"logs/a.log": "b"}, count=1) == ""
        assert why(scene, "archive", **here, members=["b.log"])
        assert why(scene, "archive", **here, texts={"a.log": "x"})
        assert why(scene, "archive", **here, count=2)
    scene.put("a.zip", "PK\x03\x04 no")
    assert "no archive" in why(scene, "archive", machine="alpha", path="a.zip")


def test_a_pdf(scene: Scene) -> None:
    page = FPDF()
    page.add_page()
    page.set_font("helvetica")
    page.cell(text="Total 17")
    scene.put("a.pdf", bytes(page.output()))
    assert why(scene, "pdf", machine="alpha", path="a.pdf", contains=["Total 17"]) == ""
    assert why(scene, "pdf", machine="alpha", path="a.pdf", contains=["Total 18"])
    scene.put("a.pdf", "no")
    assert why(scene, "pdf", machine="alpha", path="a.pdf", contains=["x"]) == "a.pdf is no PDF"


def test_sql(scene: Scene) -> None:
    scene.put("a", "")
    database = sqlite3.connect(scene.path("alpha", "db"))
    with database:
        database.execute("CREATE TABLE t AS SELECT 1 AS n")
    database.close()
    here = {"machine": "alpha", "path": "db"}
    assert why(scene, "sql", **here, query="SELECT n FROM t", rows=[[1]]) == ""
    assert why(scene, "sql", **here, query="SELECT n FROM t", rows=[[2]])
    assert why(scene, "sql", **here, query="DELETE FROM t", rows=[])
    assert why(scene, "sql", machine="alpha", path="none", query="SELECT 1", rows=[[1]]) == "alpha has no file none"


def test_http(scene: Scene) -> None:
    with website() as site:
        site.show({"ok": Page(b"well", "text/plain"), "bad": Page(b"", "text/plain", fails=503)})
        scene.site = site.url
        assert why(scene, "http", url="{site}/ok", contains="well") == ""
        assert why(scene, "http", url="{site}/ok", contains="ill")
        assert why(scene, "http", url="{site}/bad", status=503) == ""
        assert why(scene, "http", url="{site}/bad") == "{site}/bad answers with 503"
    assert why(scene, "http", url="{site}/ok", status=0) == ""
    assert why(scene, "http", url="{site}/ok") == "{site}/ok answers with nothing"


def test_a_service_that_speaks_no_http_is_not_nobody(scene: Scene) -> None:
    class Babbles(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"220 what?\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Babbles) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        assert why(scene, "http", url=url, status=0) == f"{url} answers with something else than HTTP"
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("wrong", [{"matches": "("}, {"mode": "rwx"}])
def test_what_no_file_can_be_measured_by_is_no_check(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"regular expression|match pattern"):
        CHECK.validate_python({"kind": "file", "name": "it", "machine": "alpha", "path": "a", **wrong})


def test_the_phone(scene: Scene) -> None:
    phone = scene.phone
    phone.files.write("/sdcard/Download/a", b"x")
    scene.put("a", "x")
    phone.messages.append(Sms(2, "+49 30 1", "hello you", 0))
    phone.notes.append("milk and bread")
    phone.apps["org.a"] = App("org.a", "A", ".A")
    phone.front, phone.url = "org.a", f"{scene.site}/x"
    for good, bad in (
        ({"path": "/sdcard/Download/a", "same_as": "alpha:a", "contains": "x"}, {"path": "/sdcard/Download/b"}),
        ({"path": "/sdcard/Download/b", "exists": False}, {"path": "/sdcard/Download/a", "exists": False}),
        ({"sent": ["+49301", "hello"]}, {"sent": ["+49302", "hello"]}),
        ({"note": "milk"}, {"note": "eggs"}),
        ({"app": "org.a"}, {"app": "org.b"}),
        ({"app": "org.b", "exists": False}, {"app": "org.a", "exists": False}),
        ({"front": "org.a"}, {"front": "org.b"}),
        ({"url": "{site}/x"}, {"url": "{site}/y"}),
        ({"path": "/sdcard/Download/a"}, {"path": "/sdcard/Download/a", "magic": "png"}),
    ):
        assert why(scene, "phone", **good) == "", good
        assert why(scene, "phone", **bad), bad


def test_the_greenhouse(scene: Scene) -> None:
    scene.greenhouse, scene.heard = {"window": "open"}, [("lab/a", "on now")]
    assert why(scene, "edge", thing="window", stands="open") == ""
    assert why(scene, "edge", thing="window", stands="closed") == "window is open"
    assert why(scene, "edge", topic="lab/a", payload="on") == ""
    assert why(scene, "edge", topic="lab/a", payload="off", never=True) == ""
    assert why(scene, "edge", topic="lab/a", payload="on", never=True)
    assert why(scene, "edge", topic="lab/b")


def test_what_was_said(scene: Scene) -> None:
    scene.notified, scene.said = "summary: disk full", "Alpha has 3 errors"
    assert why(scene, "notified", text="disk full") == ""
    assert why(scene, "notified", text="disk full", never=True)
    assert why(scene, "notified", text="disk empty")
    assert why(scene, "answer", contains=["alpha"], lacks=["beta"], matches=r"\b3\b", state="succeeded") == ""
    for fields in ({"contains": ["beta"]}, {"lacks": ["ALPHA"]}, {"matches": r"\b4\b"}, {"state": "failed"}):
        assert why(scene, "answer", **fields), fields
