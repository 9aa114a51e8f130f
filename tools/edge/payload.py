"""What a message, a file or a line says: a value, or why it is none. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from protocol.vocabulary import Json
from tools.edge.declared import Sensor
from tools.errors import printable
from tools.jsonpath import Missing, is_number, walk

SHOWN = 120
DEPTH = 64
Value = float | str | bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a sensor, or `problem`: why what came is none. `at` is Unix seconds; `retained` as MQTT says it."""

    at: float
    value: Value | None
    problem: str = ""
    retained: bool = False

    @property
    def number(self) -> float | None:
        return float(self.value) if is_number(self.value) and isinstance(self.value, (int, float)) else None


def read(sensor: Sensor, data: bytes, at: float, *, retained: bool = False) -> Reading:
    """What `data` says of this sensor."""
    found = value_of(data, sensor.payload, sensor.prefix)
    if isinstance(found, Problem):
        return Reading(at, None, found.text, retained)
    if isinstance(found, float):
        found *= sensor.scale
        if not sensor.min <= found <= sensor.max:
            return Reading(at, None, f"{found:g} is out of bounds ({sensor.min:g} to {sensor.max:g})", retained)
    return Reading(at, found, "", retained)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a payload is no value."""

    text: str


def value_of(data: bytes, form: str, prefix: str = "") -> Value | Problem:
    """The value in a payload of this form."""
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        return Problem(f"{len(data):,} bytes that are no text")
    if prefix:
        if not text.startswith(prefix):
            return Problem(f"{_shown(text)} does not begin with {_shown(prefix)}")
        text = text[len(prefix) :].strip()
    if form == "text":
        return printable(text)
    if form == "number":
        return _number(text)
    if form == "auto":
        found = _number(text)
        return printable(text) if isinstance(found, Problem) else found
    return _in_json(text, form.partition(":")[2])


def _number(text: str) -> Value | Problem:
    try:
        found = float(text)
    except ValueError:
        return Problem(f"{_shown(text)} is no number")
    return found if math.isfinite(found) else Problem(f"{_shown(text)} is no number")


def _in_json(text: str, path: str) -> Value | Problem:
    try:
        found: Json | Missing = walk(json.loads(text, parse_constant=_refuse), path.removeprefix("$").removeprefix("."))
    except (ValueError, RecursionError):
        return Problem(f"{_shown(text)} is no JSON")
    if isinstance(found, Missing):
        return Problem(f"there is nothing at {path} in {_shown(text)}")
    if isinstance(found, bool):
        return found
    if isinstance(found, (int, float)):
        return _number(str(found))
    if isinstance(found, str):
        return printable(found)
    return Problem(f"{_shown(json.dumps(found))} is no single value")


def _refuse(name: str) -> float:
    raise ValueError(name)


def _shown(text: str) -> str:
    """A piece of what came, for people."""
    plain = printable(text[: SHOWN + 1])
    return f"`{plain[:SHOWN]}…`" if len(plain) > SHOWN else f"`{plain}`"


def peek(data: bytes, limit: int = SHOWN) -> tuple[str, str]:
    """What any payload looks like: its kind (number, json, text, binary, empty), and its beginning."""
    if not data:
        return "empty", ""
    piece = data[: limit * 4]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "binary", printable(piece.decode("utf-8", "replace"))[:limit]
    shown = printable(text[: limit + 1].strip())[:limit]
    if isinstance(_number(text.strip()), float):
        return "number", shown
    if text[:64].lstrip()[:1] in ("{", "["):
        try:
            json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return "text", shown
        return "json", shown
    return "text", shown
