"""What a log line says of itself: service, level, hour, day. Knows the usual formats:

    2026-11-20T10:00:00Z ERROR checkout: card declined
    Nov 20 10:00:00 alpha sshd[812]: Failed password
    2026-11-20T10:00:00+00:00 alpha sshd[812]: Failed password
    10.0.0.7 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512
    time=2026-11-20T10:00:00Z level=error service=checkout msg="card declined"
    {"time": "2026-11-20T10:00:00Z", "level": "error", "service": "checkout"}

The expressions here are bounded: no line can make them slow.
"""

from __future__ import annotations

import json
import re
from typing import Literal

from protocol.vocabulary import Json

Field = Literal["service", "level", "hour", "day"]
FIELDS: tuple[Field, ...] = ("service", "level", "hour", "day")
LINE_CHARACTERS = 10_000

_LEVEL = r"TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC|SEVERE"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[0-9:.,]{0,20}(?:Z|[+-]\d\d:?\d\d)?"
_NAME = r"[A-Za-z0-9_][\w./@-]{0,99}"
_LEVEL_WORD = re.compile(rf"\b({_LEVEL})\b")
_LEVEL_ANY_CASE = re.compile(rf"(?i)\b({_LEVEL})\b")
_LEVEL_SERVICE = re.compile(
    rf"^\[?{_ISO}\]?\s{{1,9}}\[?(?:{_LEVEL})\]?:?\s{{1,9}}\[?({_NAME})\]?(?:\[\d{{1,9}}\])?\s{{0,9}}[:\]|-]",
    re.IGNORECASE,
)
_SERVICE_LEVEL = re.compile(rf"^\[?{_ISO}\]?\s{{1,9}}\[?({_NAME})\]?:?\s{{1,9}}\[?(?:{_LEVEL})\b", re.IGNORECASE)
_SYSLOG_DATE = r"[A-Z][a-z]{2}\s{1,2}\d{1,2} \d\d:\d\d:\d\d"
_SYSLOG = re.compile(rf"^(?:<\d{{1,3}}>)?(?:{_SYSLOG_DATE}|{_ISO})\s({_NAME})\s({_NAME})(?:\[\d{{1,9}}\])?:")
_ISO_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d):\d\d")
_SYSLOG_TIME = re.compile(r"^(?:<\d{1,3}>)?([A-Z][a-z]{2}\s{1,2}\d{1,2}) (\d\d):\d\d:\d\d")
_WEB_TIME = re.compile(r"\[(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):\d\d:\d\d")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KEYS: dict[str, tuple[str, ...]] = {
    "service": ("service", "service_name", "app", "application", "component", "logger", "unit", "program"),
    "level": ("level", "severity", "lvl", "loglevel", "priority"),
    "time": ("time", "timestamp", "@timestamp", "ts", "date", "datetime", "modified"),
}


def field(line: str, name: str) -> str | None:
    """What the line says of `name`: one of FIELDS, or any key that it carries as JSON or as key=value."""
    line = line[:LINE_CHARACTERS].strip()
    record = _json(line)
    if record is not None:
        return from_record(record, name)
    if name in ("hour", "day"):
        return _moment(line, name == "hour")
    for key in _KEYS.get(name, (name,)):
        if found := _pair(line, key):
            return found.upper() if name == "level" else found
    if name == "level":
        found_level = _LEVEL_WORD.search(line) or _LEVEL_ANY_CASE.search(line[:200])
        return found_level[1].upper() if found_level else None
    return _service(line) if name == "service" else None


def from_record(record: dict[str, Json], name: str) -> str | None:
    """The same of a record's own keys."""
    kind = "time" if name in ("hour", "day") else name
    for key in _KEYS.get(kind, (kind,)):
        value = record.get(key)
        if value is None or isinstance(value, (dict, list)):
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        if kind == "time":
            return _moment(text, name == "hour")
        return text.upper() if name == "level" else text
    return None


def _json(line: str) -> dict[str, Json] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _pair(line: str, key: str) -> str | None:
    found = re.search(rf'(?<![\w.]){re.escape(key)}=(?:"([^"]{{0,200}})"|([^\s,;"]{{1,200}}))', line)
    return (found[1] or found[2]) if found else None


def _service(line: str) -> str | None:
    for pattern, group in ((_LEVEL_SERVICE, 1), (_SERVICE_LEVEL, 1), (_SYSLOG, 2)):
        if found := pattern.match(line):
            return str(found[group])
    return None


def _moment(line: str, hour: bool) -> str | None:
    """`2026-11-20`, or with the hour `2026-11-20 10:00`; syslog's old format has no year."""
    if found := _ISO_TIME.search(line):
        day, at = found.groups()
    elif found := _WEB_TIME.search(line):
        number, month, year, at = found.groups()
        if month not in _MONTHS:
            return None
        day = f"{year}-{_MONTHS.index(month) + 1:02}-{number}"
    elif found := _SYSLOG_TIME.match(line):
        day, at = " ".join(found[1].split()), found[2]
    else:
        return None
    return f"{day} {at}:00" if hour else day
