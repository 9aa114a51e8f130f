"""Reads what a phone's services say: battery, notifications, the app in front, rows of content providers. Pure.

The words differ between versions of Android and makers; what cannot be read is left out, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.errors import printable

_FRONT = re.compile(r"(?:[tm]opResumedActivity|m?ResumedActivity)[=:] ?ActivityRecord\{\S+ u\d+ ([\w.]+)/([\w.$]+)")
_FOCUS = re.compile(r"mCurrentFocus=Window\{\S+ u\d+ ([\w.]+)/([\w.$]+)")
_STATUS = {"1": "unknown", "2": "charging", "3": "discharging", "4": "not charging", "5": "full"}
_HEALTH = {"2": "good", "3": "overheated", "4": "dead", "5": "over voltage", "6": "failed", "7": "cold"}
_RECORD = re.compile(r"(?m)^ {0,8}NotificationRecord\([^\n]{0,40}?: pkg=([\w.]+)")
_EXTRA = re.compile(r"(?m)^\s+android\.(title|text)=\w+ \((.*?)\)\s*$")
_WHEN = re.compile(r"(?m)^\s+(?:mCreationTimeMs|when)=(\d{10,16})")


@dataclass(frozen=True, slots=True)
class BatteryState:
    """Percent, degrees Celsius."""

    level: int
    status: str
    plugged: tuple[str, ...]
    temperature: float | None
    health: str

    @property
    def charging(self) -> bool:
        return self.status in ("charging", "full") and bool(self.plugged)


def battery(text: str) -> BatteryState | None:
    """What `dumpsys battery` says; None where it tells no level."""
    found = dict(re.findall(r"(?m)^\s+([A-Za-z ]+): (\S+)\s*$", text))
    level, scale = found.get("level", ""), found.get("scale", "100")
    if not level.isdigit() or not scale.isdigit() or int(scale) == 0:
        return None
    plugged = tuple(
        name[: -len(" powered")] for name, value in found.items() if name.endswith(" powered") and value == "true"
    )
    tenths = found.get("temperature", "")
    return BatteryState(
        min(100, int(level) * 100 // int(scale)), _STATUS.get(found.get("status", ""), "unknown"), plugged,
        int(tenths) / 10 if re.fullmatch(r"-?\d{1,4}", tenths) else None,
        _HEALTH.get(found.get("health", ""), "unknown"),
    )  # fmt: skip


def properties(text: str) -> dict[str, str]:
    """What `getprop` says. A value may have several lines."""
    found = re.findall(r"(?ms)^\[([^\]\n]+)\]: \[(.*?)\]$(?=\n\[|\s*\Z)", text)
    return {printable(name): printable(value) for name, value in found}


def front(text: str) -> tuple[str, str] | None:
    """Package and activity that have the screen, from `dumpsys activity activities` or `dumpsys window`."""
    found = _FRONT.search(text) or _FOCUS.search(text)
    if found is None:
        return None
    package, activity = found.groups()
    return package, package + activity if activity.startswith(".") else activity


def notifications(text: str) -> list[tuple[str, str, str, int | None]]:
    """Package, title, text and time (Unix milliseconds) of each notification that `dumpsys notification` lists."""
    found = []
    records = list(_RECORD.finditer(text))
    for number, record in enumerate(records):
        end = records[number + 1].start() if number + 1 < len(records) else len(text)
        body = text[record.end() : end]
        extras = {name: printable(value) for name, value in _EXTRA.findall(body)}
        when = _WHEN.search(body)
        found.append((record[1], extras.get("title", ""), extras.get("text", ""), int(when[1]) if when else None))
    return found


def rows(text: str, *names: str) -> list[dict[str, str]]:
    """Rows of `content query --projection A:B:...`, of which the last may hold anything, line ends too."""
    pattern = r"Row: \d+ " + ", ".join(rf"{name}=(.*{'?' if name != names[-1] else ''})" for name in names)
    pieces = (piece.rstrip("\n") for piece in re.split(r"(?m)^(?=Row: \d+ )", text))
    found = [row.groups() for piece in pieces if (row := re.fullmatch(pattern, piece, re.DOTALL))]
    return [{name: "" if value == "NULL" else value for name, value in zip(names, row, strict=True)} for row in found]


def mocked(text: str) -> tuple[float, float] | None:
    """The last location of the provider gps that `dumpsys location` tells, in degrees."""
    found = re.search(r"Location\[gps (-?\d+[.,]\d+)[, ](-?\d+[.,]\d+)", text)
    return None if found is None else (_degrees(found[1]), _degrees(found[2]))


def _degrees(text: str) -> float:
    return float(text.replace(",", "."))
