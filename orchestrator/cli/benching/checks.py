"""What must be so after a run: checks of the end state, each a subtask that is done or not.

A check looks at files, at the phone's inside, at what the broker and the site heard, at what a service answers; what a
device or a plan says of itself counts for nothing. Only a task that asks for words alone is judged by the answer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import re
import sqlite3
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Field, JsonValue

from devices.simulated.phone.files import File
from devices.simulated.phone.state import SimulatedPhone
from orchestrator.cli.benching.state import Part
from orchestrator.cli.benching.state import Path as RelativePath
from protocol.vocabulary import Name

MAGIC = {
    "png": b"\x89PNG\r\n\x1a\n",
    "pdf": b"%PDF-",
    "zip": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "gzip": b"\x1f\x8b",
    "sqlite": b"SQLite format 3\x00",
}
FETCH_S = 5.0
# What is wrong with a PDF is the verdict's to say; without a handler pypdf would also write it to stderr.
logging.getLogger("pypdf").addHandler(logging.NullHandler())
Numbers = tuple[float, ...]
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?!\w*\d)")


class Scene(Protocol):
    """Where the checks look. `said`: the run's answer; `state`: how it ended."""

    @property
    def site(self) -> str: ...

    @property
    def said(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def phone(self) -> SimulatedPhone: ...

    @property
    def greenhouse(self) -> Mapping[str, str]:
        """How sensors and actuators stand, by name."""

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Topic and payload of all that the broker was told since the task was set up."""

    @property
    def notified(self) -> str:
        """What the desktop's notification program was told since then."""

    def path(self, machine: str, path: str) -> Path: ...

    def at_first(self, machine: str, path: str) -> str | None:
        """The hex SHA-256 of what the file held when the task was set up."""


class NotSoError(Exception):
    """The check does not hold; the message says why, in one line."""


def _compiles(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from None
    return text


Pattern = Annotated[str, AfterValidator(_compiles)]


class _Check(Part):
    """`name` says what is checked, in a few words."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


class FileCheck(_Check):
    """A file of a machine, by any of these.

    `text` equals what it holds but for white space at the ends; `contains` and `lacks` are parts of it, case and all;
    `matches` is a regular expression that is found in it, `lines` the number of its lines that are not empty. `same_as`
    names another file (MACHINE:PATH) with the same bytes now, `was` one that had these bytes at first.
    """

    kind: Literal["file"] = "file"
    machine: Name
    path: RelativePath
    exists: bool = True
    text: str | None = None
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    matches: Pattern | None = None
    lines: int | None = None
    same_as: str | None = None
    was: str | None = None
    magic: Literal["png", "pdf", "zip", "xlsx", "gzip", "sqlite"] | None = None
    min_bytes: int = 0
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] | None = None
    folder: bool = False

    def judge(self, scene: Scene) -> None:
        path = scene.path(self.machine, self.path)
        if not self.exists:
            _so(not path.exists() and not path.is_symlink(), f"{self.machine}:{self.path} is there")
            return
        if self.folder:
            _so(path.is_dir(), f"{self.machine} has no folder {self.path}")
            return
        data = _data(scene, self.machine, self.path)
        _so(len(data) >= self.min_bytes, f"{self.path} has {len(data)} bytes, not {self.min_bytes}")
        if self.magic is not None:
            _so(data.startswith(MAGIC[self.magic]), f"{self.path} is no {self.magic}")
        if self.same_as is not None:
            _so(data == _data(scene, *_place(self.same_as)), f"{self.path} differs from {self.same_as}")
        if self.was is not None:
            _so(
                hashlib.sha256(data).hexdigest() == scene.at_first(*_place(self.was)),
                f"{self.path} is not what {self.was} was",
            )
        if self.mode is not None:
            found = path.stat().st_mode & 0o777
            _so(found == int(self.mode, 8), f"{self.path} has the mode {found:o}, not {self.mode}")
        self._judge_text(data, scene)

    def _judge_text(self, data: bytes, scene: Scene) -> None:
        if self.text is None and self.matches is None and self.lines is None and not (self.contains or self.lacks):
            return
        text = data.decode(errors="replace")
        if self.text is not None:
            _so(text.strip() == _sited(self.text, scene).strip(), f"{self.path} holds {_short(text)}")
        for part in self.contains:
            _so(_sited(part, scene) in text, f"{self.path} lacks {_short(part)}")
        for part in self.lacks:
            _so(part not in text, f"{self.path} holds {_short(part)}")
        if self.matches is not None:
            _so(re.search(self.matches, text, re.M) is not None, f"{self.path} does not match {self.matches}")
        if self.lines is not None:
            found = sum(1 for line in text.splitlines() if line.strip())
            _so(found == self.lines, f"{self.path} has {found} lines, not {self.lines}")


class NumbersCheck(_Check):
    """Numbers that must be found in a file or, without one, in the answer, as numbers of their own.

    A number may be written with separators of thousands, and be off by `within`.
    """

    kind: Literal["numbers"] = "numbers"
    machine: Name | None = None
    path: RelativePath = "-"
    are: Annotated[Numbers, Field(min_length=1)]
    within: Annotated[float, Field(ge=0)] = 0.0

    def judge(self, scene: Scene) -> None:
        text = scene.said if self.machine is None else _data(scene, self.machine, self.path).decode(errors="replace")
        _numbered(text, self.are, self.within, self.path if self.machine else "the answer")


class JsonCheck(_Check):
    """A JSON file: the value at `at` (`a.b.0`; empty: the whole) equals `equals`, or has `length` members."""

    kind: Literal["json"] = "json"
    machine: Name
    path: RelativePath
    at: str = ""
    equals: JsonValue = None
    within: float = 0.0
    length: int | None = None

    def judge(self, scene: Scene) -> None:
        try:
            value: JsonValue = json.loads(_data(scene, self.machine, self.path))
        except ValueError:
            raise NotSoError(f"{self.path} is not JSON") from None
        for part in filter(None, self.at.split(".")):
            value = _member(value, part, self.path)
        if self.length is not None:
            found = len(value) if isinstance(value, list | dict | str) else -1
            _so(found == self.length, f"{self.path} has {found} members at {self.at or 'its top'}, not {self.length}")
            return
        truth = isinstance(value, bool) or isinstance(self.equals, bool)  # which are numbers to Python, not to JSON
        if isinstance(value, int | float) and isinstance(self.equals, int | float) and not truth:
            same = abs(value - self.equals) <= self.within + 1e-9
        else:
            same = value == self.equals and isinstance(value, bool) == isinstance(self.equals, bool)
        _so(same, f"{self.path} has {_short(str(value))} at {self.at or 'its top'}")


class TableCheck(_Check):
    """A table: CSV, or the first sheet of an XLSX, by the file's name.

    `rows` counts them without the head; `columns` must all be there; `holds` are rows of which every given cell must
    be found in one row of the table (numbers as numbers); `sorted_by` a column, `descending` its order.
    """

    kind: Literal["table"] = "table"
    machine: Name
    path: RelativePath
    rows: int | None = None
    columns: tuple[str, ...] = ()
    holds: tuple[dict[str, str | float], ...] = ()
    sorted_by: str | None = None
    descending: bool = False

    def judge(self, scene: Scene) -> None:
        head, rows = _table(scene.path(self.machine, self.path), _data(scene, self.machine, self.path))
        for column in self.columns:
            _so(column in head, f"{self.path} has no column {column}")
        if self.rows is not None:
            _so(len(rows) == self.rows, f"{self.path} has {len(rows)} rows, not {self.rows}")
        for wanted in self.holds:
            there = any(all(_same(row.get(name, ""), cell) for name, cell in wanted.items()) for row in rows)
            _so(there, f"{self.path} has no row with {wanted}")
        if self.sorted_by is not None:
            keys = [_key(row.get(self.sorted_by, "")) for row in rows]
            _so(keys == sorted(keys, reverse=self.descending), f"{self.path} is not sorted by {self.sorted_by}")


class ArchiveCheck(_Check):
    """A zip or tar archive: `members` must be in it, by name or as the end of a path; `texts` are what members hold."""

    kind: Literal["archive"] = "archive"
    machine: Name
    path: RelativePath
    members: tuple[str, ...] = ()
    texts: dict[str, str] = {}
    count: int | None = None

    def judge(self, scene: Scene) -> None:
        found = _archive(_data(scene, self.machine, self.path), self.path)
        if self.count is not None:
            _so(len(found) == self.count, f"{self.path} has {len(found)} files, not {self.count}")
        for name in (*self.members, *self.texts):
            fits = [data for member, data in found.items() if member == name or member.endswith("/" + name)]
            _so(bool(fits), f"{self.path} has no {name}")
            if name in self.texts:
                _so(self.texts[name].encode() in fits[0], f"{name} in {self.path} lacks {_short(self.texts[name])}")


class PdfCheck(_Check):
    """A PDF with these words in its text, and these numbers, as `NumbersCheck` finds them."""

    kind: Literal["pdf"] = "pdf"
    machine: Name
    path: RelativePath
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    are: Numbers = ()
    within: Annotated[float, Field(ge=0)] = 0.0

    def judge(self, scene: Scene) -> None:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError

        try:
            pages = PdfReader(io.BytesIO(_data(scene, self.machine, self.path))).pages
            text = " ".join(" ".join(page.extract_text() for page in pages).split())
        except PyPdfError:
            raise NotSoError(f"{self.path} is no PDF") from None
        for part in self.contains:
            _so(part in text, f"{self.path} lacks {_short(part)}")
        for part in self.lacks:
            _so(part not in text, f"{self.path} holds {_short(part)}")
        _numbered(text, self.are, self.within, self.path)


class SqlCheck(_Check):
    """An SQLite file: what a query returns, row by row."""

    kind: Literal["sql"] = "sql"
    machine: Name
    path: RelativePath
    query: str
    rows: tuple[tuple[str | float | None, ...], ...]

    def judge(self, scene: Scene) -> None:
        _data(scene, self.machine, self.path)
        try:
            with sqlite3.connect(f"file:{scene.path(self.machine, self.path)}?mode=ro", uri=True) as database:
                found = tuple(database.execute(self.query).fetchall())
            database.close()
        except sqlite3.Error as error:
            raise NotSoError(f"{self.path}: {error}") from None
        _so(found == self.rows, f"{self.path} answers {_short(str(found))}")


class HttpCheck(_Check):
    """A service on loopback answers at `url` with `status` and `contains`; `status` 0: nobody answers."""

    kind: Literal["http"] = "http"
    url: Annotated[str, Field(pattern=r"^(http://(127\.0\.0\.1|localhost):|\{site\})")]
    status: int = 200
    contains: str = ""

    def judge(self, scene: Scene) -> None:
        try:
            with urllib.request.urlopen(_sited(self.url, scene), timeout=FETCH_S) as response:
                status, text = response.status, response.read(1_000_000).decode(errors="replace")
        except urllib.error.HTTPError as error:
            status, text = error.code, ""
        except OSError:
            status, text = 0, ""
        except HTTPException:
            raise NotSoError(f"{self.url} answers with something else than HTTP") from None
        _so(status == self.status, f"{self.url} answers with {status or 'nothing'}")
        _so(self.contains in text, f"{self.url} does not say {_short(self.contains)}")


class PhoneCheck(_Check):
    """The phone: a file by absolute path (`same_as` MACHINE:PATH, `contains`, `magic`), or what it was made to do.

    `texts` counts the text messages that it sent.
    """

    kind: Literal["phone"] = "phone"
    path: str | None = None
    exists: bool = True
    same_as: str | None = None
    contains: str | None = None
    magic: Literal["png", "pdf", "zip", "xlsx", "gzip"] | None = None
    sent: tuple[str, str] | None = None
    texts: Annotated[int, Field(ge=0)] | None = None
    note: str | None = None
    app: str | None = None
    front: str | None = None
    url: str | None = None

    def judge(self, scene: Scene) -> None:
        phone = scene.phone
        if self.path is not None:
            self._judge_file(scene, phone)
        sent = [(one.address.replace(" ", ""), one.body) for one in phone.messages if one.box == 2]
        if self.texts is not None:
            _so(len(sent) == self.texts, f"{len(sent)} text messages were sent, not {self.texts}")
        if self.sent is not None:
            number, text = self.sent
            _so(any(to == number and text in body for to, body in sent), f"no such text was sent: {_short(str(sent))}")
        if self.note is not None:
            _so(any(self.note in one for one in phone.notes), f"no note says {_short(self.note)}")
        if self.app is not None:
            _so((self.app in phone.apps) == self.exists, f"{self.app} is {'' if not self.exists else 'not '}installed")
        if self.front is not None:
            _so(phone.front == self.front, f"{phone.front} is in front")
        if self.url is not None:
            _so(phone.url == _sited(self.url, scene), f"the phone shows {phone.url or 'no page'}")

    def _judge_file(self, scene: Scene, phone: SimulatedPhone) -> None:
        found = phone.files.find(self.path or "")
        _so((found is not None) == self.exists, f"the phone has {'a' if not self.exists else 'no'} file {self.path}")
        data = found.data if isinstance(found, File) else b""
        if self.same_as is not None:
            _so(data == _data(scene, *_place(self.same_as)), f"{self.path} differs from {self.same_as}")
        if self.contains is not None:
            _so(self.contains.encode() in data, f"{self.path} lacks {_short(self.contains)}")
        if self.magic is not None:
            _so(data.startswith(MAGIC[self.magic]), f"{self.path} is no {self.magic}")


class EdgeCheck(_Check):
    """The greenhouse: how an actuator stands (`thing`, `is_`), or what the broker heard (`topic`, `payload`).

    `never`: it was not heard.
    """

    kind: Literal["edge"] = "edge"
    thing: str | None = None
    stands: str | None = None
    topic: str | None = None
    payload: str = ""
    never: bool = False

    def judge(self, scene: Scene) -> None:
        if self.thing is not None:
            found = scene.greenhouse.get(self.thing, "unknown")
            _so(found == self.stands, f"{self.thing} is {found}")
        if self.topic is not None:
            heard = any(topic == self.topic and self.payload in text for topic, text in scene.heard)
            _so(heard != self.never, f"{self.topic} was {'' if self.never else 'not '}told {_short(self.payload)}")


class NotifiedCheck(_Check):
    """A notification on the desktop with this text, or none (`never`)."""

    kind: Literal["notified"] = "notified"
    text: str
    never: bool = False

    def judge(self, scene: Scene) -> None:
        _so((self.text in scene.notified) != self.never, f"{'a' if self.never else 'no'} notification has this text")


class AnswerCheck(_Check):
    """The answer: parts of it, whatever their case; `state` how the run ended. For tasks that ask for words."""

    kind: Literal["answer"] = "answer"
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    matches: Pattern | None = None
    state: Literal["succeeded", "failed", "cancelled"] | None = None

    def judge(self, scene: Scene) -> None:
        said = scene.said.casefold()
        for part in self.contains:
            wanted = _sited(part, scene)
            _so(wanted.casefold() in said, f"the answer lacks {_short(wanted)}")
        for part in self.lacks:
            unwanted = _sited(part, scene)
            _so(unwanted.casefold() not in said, f"the answer has {_short(unwanted)}")
        if self.matches is not None:
            _so(re.search(self.matches, scene.said, re.M | re.I) is not None, f"the answer lacks /{self.matches}/")
        if self.state is not None:
            _so(scene.state == self.state, f"the run {scene.state}")


Check = Annotated[
    FileCheck
    | NumbersCheck
    | JsonCheck
    | TableCheck
    | ArchiveCheck
    | PdfCheck
    | SqlCheck
    | HttpCheck
    | PhoneCheck
    | EdgeCheck
    | NotifiedCheck
    | AnswerCheck,
    Field(discriminator="kind"),
]


def why_not(check: Check, scene: Scene) -> str:
    """Why a check does not hold; empty where it does."""
    try:
        check.judge(scene)
    except NotSoError as error:
        return str(error)
    return ""


def _so(true: bool, else_: str) -> None:
    if not true:
        raise NotSoError(else_)


def _place(text: str) -> tuple[str, str]:
    machine, _, path = text.partition(":")
    return machine, path


def _data(scene: Scene, machine: str, path: str) -> bytes:
    found = scene.path(machine, path)
    _so(found.is_file(), f"{machine} has no file {path}")
    return found.read_bytes()


def _numbered(text: str, wanted: Numbers, within: float, place: str) -> None:
    """Each number is in the text, as a number of its own. A comma may part thousands, or two numbers."""
    texts = (text, text.replace(",", " "))
    found = [float(one.replace(",", "")) for either in texts for one in _NUMBER.findall(either)]
    for number in wanted:
        _so(any(abs(one - number) <= within + 1e-9 for one in found), f"{number:g} is not among the numbers of {place}")


def _sited(text: str, scene: Scene) -> str:
    return text.replace("{site}", scene.site)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text[:80]}{'…' if len(text) > 80 else ''}”"


def _member(value: JsonValue, part: str, path: str) -> JsonValue:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
        return value[int(part)]
    raise NotSoError(f"{path} has no {part}")


def _table(path: Path, data: bytes) -> tuple[list[str], list[dict[str, str]]]:
    if path.suffix == ".xlsx":
        rows = _sheet(data, path.name)
    else:
        rows = list(csv.reader(io.StringIO(data.decode(errors="replace"))))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    _so(bool(rows), f"{path.name} is empty")
    return rows[0], [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]


def _sheet(data: bytes, name: str) -> list[list[str]]:
    import openpyxl

    try:
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise NotSoError(f"{name} is no workbook") from None
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _same(cell: str, wanted: str | float) -> bool:
    if isinstance(wanted, str):
        return cell.strip() == wanted
    try:
        return abs(float(cell.replace(",", "")) - wanted) < 0.005
    except ValueError:
        return False


def _key(cell: str) -> tuple[int, float, str]:
    try:
        return 0, float(cell.replace(",", "")), ""
    except ValueError:
        return 1, 0.0, cell


def _archive(data: bytes, path: str) -> dict[str, bytes]:
    try:
        if data.startswith(MAGIC["zip"]):
            with zipfile.ZipFile(io.BytesIO(data)) as zipped:
                return {one.filename: zipped.read(one) for one in zipped.infolist() if not one.is_dir()}
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            files = [one for one in packed if one.isfile()]
            return {one.name: opened.read() for one in files if (opened := packed.extractfile(one)) is not None}
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError):
        raise NotSoError(f"{path} is no archive that can be read") from None
