"""A recorded run: read, written, and cleaned of secrets. The file is JSON lines, compressed where its name ends in .gz.

No secret stands in one: every text of every line goes through the one redactor when it is written, and what the
orchestrator itself holds as secret is taken out by value. Proofs and tokens of devices are never taken in at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import JsonValue, ValidationError

from orchestrator.core.events import Event
from orchestrator.core.redact import redact, redact_json
from orchestrator.replaying.lines import (
    LINE,
    VERSION,
    ChunkLine,
    DeviceLine,
    End,
    EventLine,
    ExchangeLine,
    FrameLine,
    Header,
    Line,
    PresenceLine,
    SkillTable,
)
from protocol.vocabulary import JsonObject, SkillSpec

MAX_FILE_BYTES = 64 << 20
"""Of a recording as it is read, unpacked."""
MASK = "[redacted:secret]"


class RecordingProblem(Exception):
    """A recording cannot be read or written. `code` is `bad_recording`; the message names the file and the line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = "bad_recording"
        self.message = message


@dataclass
class Recording:
    """One run. Lists are in the order of time."""

    header: Header
    tables: dict[str, SkillTable] = field(default_factory=dict)
    devices: list[DeviceLine] = field(default_factory=list)
    exchanges: list[ExchangeLine] = field(default_factory=list)
    presences: list[PresenceLine] = field(default_factory=list)
    frames: list[FrameLine | ChunkLine] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    left_out: int = 0

    def skills(self, table: str) -> tuple[SkillSpec, ...]:
        """The skills of a table. Raises RecordingProblem where the file has none of that name."""
        found = self.tables.get(table)
        if found is None:
            raise RecordingProblem(f"the recording of {self.header.run} lacks the table of skills {table[:12]}")
        return found.skills

    @property
    def seconds(self) -> float:
        """From the submission to the last event."""
        return max(0.0, self.events[-1].at - self.header.at) if self.events else 0.0

    def lines(self) -> Iterator[Line]:
        """All of it in the order of the file, the end included."""
        head: list[Line] = [self.header, *self.tables.values(), *self.devices]
        timed: list[tuple[float, Line]] = [(one.at, one) for one in (*self.exchanges, *self.presences, *self.frames)]
        timed += [(event.at - self.header.at, EventLine(event=event)) for event in self.events]
        body = [line for _, line in sorted(timed, key=lambda pair: pair[0])]
        yield from head
        yield from body
        yield End(lines=len(head) + len(body), left_out=self.left_out)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self:
        """Raises RecordingProblem where the lines are no whole recording."""
        found: Self | None = None
        for count, line in enumerate(lines):
            if isinstance(line, Header):
                if found is not None:
                    raise RecordingProblem("the recording has two headers: a file holds one run")
                found = cls(line)
            elif found is None:
                raise RecordingProblem("the recording does not begin with its header")
            elif isinstance(line, End):
                if line.lines != count:
                    raise RecordingProblem(f"the recording has {count} lines and should have {line.lines}")
                found.left_out = line.left_out
                found._check()
                return found
            else:
                found._take(line)
        raise RecordingProblem("the recording breaks off: its last line is missing")

    def _take(self, line: Line) -> None:
        match line:
            case SkillTable():
                self.tables[line.id] = line
            case DeviceLine():
                self.devices.append(line)
            case ExchangeLine():
                self.exchanges.append(line)
            case PresenceLine():
                self.presences.append(line)
            case FrameLine() | ChunkLine():
                self.frames.append(line)
            case EventLine():
                self.events.append(line.event)

    def _check(self) -> None:
        if [event.seq for event in self.events] != list(range(1, len(self.events) + 1)):
            raise RecordingProblem(f"events of the run {self.header.run} are missing from its recording")
        if any(event.run != self.header.run for event in self.events):
            raise RecordingProblem("the recording holds events of another run than its header names")


def table_of(skills: Sequence[SkillSpec]) -> SkillTable:
    """A table under the hash of its JSON."""
    ordered = tuple(sorted(skills, key=lambda one: one.name))
    text = "\n".join(one.model_dump_json() for one in ordered)
    return SkillTable(id=hashlib.sha256(text.encode()).hexdigest(), skills=ordered)


# --- files ---------------------------------------------------------------------------------------------------------


def read(path: Path) -> Recording:
    """Raises RecordingProblem."""
    try:
        raw = _unpacked(path.read_bytes())
    except OSError as error:
        raise RecordingProblem(f"{path} cannot be read: {error.strerror}") from None
    except zlib.error as error:
        raise RecordingProblem(f"{path} cannot be read: {error}") from None
    if len(raw) > MAX_FILE_BYTES:
        raise RecordingProblem(f"{path} has more than {MAX_FILE_BYTES} bytes: that is no recording of a run")
    try:
        return Recording.of(_parsed(raw, path))
    except RecordingProblem as error:
        raise RecordingProblem(f"{path}: {error}" if str(path) not in error.message else error.message) from None


def _unpacked(raw: bytes) -> bytes:
    """At most one byte more than the limit is unpacked: a small file may hold any size."""
    if raw[:2] != b"\x1f\x8b":
        return raw
    unpacker = zlib.decompressobj(wbits=31)
    return unpacker.decompress(raw, MAX_FILE_BYTES + 1)


def _parsed(raw: bytes, path: Path) -> Iterator[Line]:
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            yield LINE.validate_json(line)
        except ValidationError as error:
            if number == 1 and _version(line) not in (None, VERSION):
                message = f"{path} has the format {_version(line)}, and this program reads {VERSION}"
                raise RecordingProblem(message) from None
            first = error.errors(include_url=False, include_input=False)[0]
            place = "".join(f"{part}: " for part in [".".join(map(str, first["loc"]))] if part)
            message = f"line {number} of {path} is no line of a recording: {place}{first['msg']}"
            raise RecordingProblem(message) from None


def _version(line: bytes) -> object:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found.get("version") if isinstance(found, dict) else None


def write(recording: Recording, path: Path, secrets: Sequence[str] = ()) -> int:
    """Write it whole or not at all, for its owner alone; how many bytes. `secrets` are taken out by value.

    Raises RecordingProblem.
    """
    clean = line_cleaner(secrets)
    text = "".join(
        json.dumps(clean(LINE.dump_python(line, mode="json")), ensure_ascii=False) + "\n" for line in recording.lines()
    )
    raw = text.encode("utf-8", "surrogatepass")
    # No time in it: the same recording is the same file.
    data = gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError as error:
        raise RecordingProblem(f"the recording {path} cannot be written: {error.strerror}") from None
    return len(data)


def line_cleaner(secrets: Sequence[str] = ()) -> Callable[[JsonObject], JsonValue]:
    """As `cleaner`, for the lines of a recording.

    What a skill says of itself, and what a server was found to do, are no secrets, whatever their fields are called.
    The bytes of an artifact go where they hold one.
    """
    clean, known = cleaner(secrets), [one.encode() for one in secrets if one]

    def cleaned(line: JsonObject) -> JsonValue:
        if line["type"] == "skills":
            return masked(line, secrets)
        if line["type"] == "chunk" and isinstance(line["data"], str):
            content = base64.b64decode(line["data"])
            text = content.decode("utf-8", "replace")
            leaks = redact(text) != text or any(one in content for one in known)
            return {**line, "data": None} if leaks else line
        if line["type"] == "header":
            return {**_object(clean(line)), "capabilities": masked(line["capabilities"], secrets)}
        if line["type"] == "exchange":
            return clean(_opened(line, clean))
        return clean(line)

    return cleaned


def _opened(value: JsonValue, clean: Callable[[JsonValue], JsonValue]) -> JsonValue:
    """What is JSON inside of a text, cleaned as JSON: escapes in it hide where a word begins."""
    if isinstance(value, dict):
        return {name: _opened(item, clean) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, clean) for item in value]
    if not isinstance(value, str):
        return value
    return "\n".join(_document(line, clean) for line in value.split("\n"))


def _document(line: str, clean: Callable[[JsonValue], JsonValue]) -> str:
    """A line that is a JSON document, or an event that holds one; it stays as it is where nothing was found."""
    before = "data: " if line.startswith("data: ") else ""
    rest = line[len(before) :]
    if not rest.startswith(("{", "[")):
        return line
    try:
        inner = json.loads(rest)
    except ValueError:
        return line
    found = clean(inner)
    return line if found == inner else before + json.dumps(found, ensure_ascii=False)


def _object(value: JsonValue) -> JsonObject:
    assert isinstance(value, dict)
    return value


def cleaner(secrets: Sequence[str] = ()) -> Callable[[JsonValue], JsonValue]:
    """Takes secrets out of JSON. Doing it twice changes nothing more."""
    return lambda value: redact_json(masked(value, secrets) if secrets else value)


def masked(value: JsonValue, secrets: Sequence[str]) -> JsonValue:
    """JSON without these texts, the longest first."""
    known = sorted({one for one in secrets if one}, key=len, reverse=True)

    def walk(item: JsonValue) -> JsonValue:
        if isinstance(item, str):
            for one in known:
                item = item.replace(one, MASK)
            return item
        if isinstance(item, dict):
            return {name: walk(inner) for name, inner in item.items()}
        return [walk(inner) for inner in item] if isinstance(item, list) else item

    return walk(value)
