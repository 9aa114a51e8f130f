"""The skill that reads systemd's journal."""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.arguments import Output, Regex
from tools.bounds import Budget, room
from tools.errors import ToolError, printable
from tools.host.machine import HostContext, Word, ask, failed
from tools.skill import skill
from tools.trees import iso

Priority = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
PRIORITIES: tuple[Priority, ...] = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
MESSAGE_CHARACTERS = 4_000
# As systemd.time(7) reads it: a date with a time, a word, or an amount of time ago.
Moment = Annotated[
    str,
    Field(
        max_length=60, pattern=r"^(\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?|now|today|yesterday|-?\d+ ?[a-z]+( ago)?)?$"
    ),
]
_ISO = re.compile(r"^(\d{4}-\d\d-\d\d)T")


class Entry(Output):
    time: str
    unit: str
    source: str
    priority: Priority
    pid: int | None
    message: str


class Journal(Output):
    entries: list[Entry]
    count: int
    truncated: bool


@skill(
    "journal.read",
    timeout_s=120,
    examples=(
        "show the journal of the unit nginx",
        "which errors are in the systemd journal since yesterday?",
        "journalctl -u ssh -n 50",
        "read the journal since 2026-11-20 08:00 with priority err",
    ),
)
async def read(
    context: HostContext,
    *,
    unit: Word | None = None,
    since: Moment = "",
    until: Moment = "",
    priority: Priority | None = None,
    pattern: Regex | None = None,
    lines: Annotated[int, Field(ge=1, le=10_000)] = 200,
) -> Journal:
    """Read the journal of systemd, the newest entries, oldest first.

    Args:
        unit: Only entries of this unit; `nginx` is nginx.service.
        since: Only entries from then on: a date with a time (the device's), `today`, `yesterday`, or `2 hours ago`.
        until: Only entries up to then.
        priority: Only entries of this priority and graver ones.
        pattern: Only entries whose message matches this regular expression.
        lines: How many entries at most.
    """
    found = await entries(context, unit=unit, since=since, until=until, priority=priority, pattern=pattern, lines=lines)
    budget = Budget(room(context))
    kept = [one for one in reversed(found) if budget.take(one)][::-1]
    return Journal(entries=kept, count=len(found), truncated=len(kept) < len(found))


async def entries(
    context: HostContext,
    *,
    unit: str | None = None,
    since: str = "",
    until: str = "",
    priority: str | None = None,
    pattern: str | None = None,
    lines: int = 200,
) -> list[Entry]:
    """As `journal.read`. Raises ToolError."""
    command = ["journalctl", "--no-pager", "--quiet", "--output=json", "--utc", f"--lines={lines}"]
    if context.machine.journal is not None:
        command.append(f"--directory={context.machine.journal}")
    for option, value in (("unit", unit), ("since", _moment(since)), ("until", _moment(until)), ("grep", pattern)):
        if value:
            command.append(f"--{option}={value}")
    if priority:
        command.append(f"--priority={priority}")
    said = await ask(context, *command, keep=16 << 20)
    # 1 without a word: nothing of the kind is there.
    if said.code and said.complaint.strip():
        if "Failed to parse timestamp" in said.complaint:
            raise ToolError(
                ErrorCode.BAD_ARGUMENTS, "`since` and `until` are such as `2026-11-20 08:00`, `2 hours ago`"
            )
        raise failed("journalctl", said)
    return parse(said.text)


def _moment(text: str) -> str:
    return _ISO.sub(r"\1 ", text)


def parse(text: str) -> list[Entry]:
    """Entries from journalctl's JSON lines; a line that was cut is left out."""
    found = []
    for line in text.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict):
            found.append(_entry(one))
    return found


def _entry(one: dict[str, Json]) -> Entry:
    number = _text(one.get("PRIORITY"))
    stamp, pid = _text(one.get("__REALTIME_TIMESTAMP")), _text(one.get("_PID")) or _text(one.get("SYSLOG_PID"))
    return Entry(
        time=iso(int(stamp) / 1e6) if stamp.isdigit() else "",
        unit=_text(one.get("_SYSTEMD_UNIT")) or _text(one.get("UNIT")),
        source=_text(one.get("SYSLOG_IDENTIFIER")) or _text(one.get("_COMM")),
        priority=PRIORITIES[int(number)] if number.isdigit() and int(number) < 8 else "info",
        pid=int(pid) if pid.isdigit() else None,
        message=_text(one.get("MESSAGE"))[:MESSAGE_CHARACTERS],
    )


def _text(value: Json) -> str:
    """A field; one that is no text comes as a list of bytes, one that is there several times as a list of texts."""
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            value = bytes(part for part in value if isinstance(part, int) and 0 <= part < 256).decode(
                "utf-8", "replace"
            )
        else:
            value = value[0] if value else ""
    return printable(value) if isinstance(value, str) else ""
