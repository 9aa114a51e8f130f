"""Skills for what runs at set times: the tables of cron.

An entry of ours stands in its user's table behind a line `# asterism: ID`; all other lines stay as they are, byte for
byte. The table is read back after every change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.context import repeated
from tools.errors import ToolError, printable
from tools.host.machine import HostContext, ask, failed
from tools.processes import without_secrets
from tools.skill import skill

MARK: Final = b"# asterism: "
NAMED: Final = ("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS: Final = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_VARIABLE = re.compile(r"^\s*[A-Za-z_]\w*\s*=")
_PART = re.compile(r"^(?:\*|(\w{1,3})(?:-(\w{1,3}))?)(?:/(\d{1,2}))?$")

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
User = Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")]
Schedule = Annotated[str, Field(min_length=5, max_length=200, pattern=r"^[@\w*,/ -]+$")]
Line = Annotated[str, Field(min_length=1, max_length=900, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]


class Entry(Output):
    """`id` is empty for an entry that is not ours. `user` is empty in the agent's own table."""

    id: str
    schedule: str
    command: str
    user: str
    table: str


class Entries(Output):
    entries: list[Entry]
    count: int
    truncated: bool


class Removed(Output):
    id: str
    removed: bool


@skill(
    "cron.list",
    examples=(
        "list the cron jobs",
        "what does cron run on the server?",
        "show the crontab of the user backup",
        "which cron entries are there?",
    ),
)
async def list_(context: HostContext, *, user: User = "", tables: Literal["all", "user", "system"] = "all") -> Entries:
    """List what cron runs: a user's table, and those of the system.

    Args:
        user: Whose table; by default the agent's own.
        tables: Which tables to look at.
    """
    found: list[Entry] = []
    if tables != "system":
        found += entries(await _table(context, user), user, "user")
    if tables != "user":
        for path in (context.machine.path("/etc/crontab"), *sorted(context.machine.path("/etc/cron.d").glob("*"))):
            if path.is_file() and not path.name.startswith("."):
                found += entries(path.read_bytes()[: 1 << 20], "", f"/{path.relative_to(context.machine.root)}")
    budget = Budget(room(context))
    kept = [one for one in found if budget.take(one)]
    return Entries(entries=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "cron.add",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "add the cron job nightly: run backup.sh every day at 3:00",
        "have cron run `make report` every Monday at 8",
        "run /opt/cleanup.sh hourly with cron",
        "put a cron entry every 5 minutes for check.sh",
    ),
)
async def add(context: HostContext, *, id: Id, schedule: Schedule, command: Line, user: User = "") -> Entry:
    """Have cron run a command at set times. An entry with the same id is replaced.

    Args:
        id: What the entry is called.
        schedule: Minute, hour, day of the month, month, day of the week, such as `0 3 * * *`; or `@daily` and so on.
        command: Command line for `sh`; where it holds a percent sign, that is written `\\%`.
        user: Whose table; by default the agent's own.
    """
    schedule = " ".join(check(schedule).split())
    before = await _table(context, user)
    after = with_entry(before, id, f"{schedule} {command}".encode())
    if after != before:
        await _write(context, user, after)
    found = [one for one in entries(await _table(context, user), user, "user") if one.id == id]
    if len(found) != 1 or found[0].schedule != schedule:
        raise ToolError(ErrorCode.CONFLICT, f"the table of cron was changed by somebody else meanwhile: look at `{id}`")
    return found[0]


@skill(
    "cron.remove",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "remove the cron job nightly",
        "delete the cron entry report",
        "cron should not run cleanup any more",
        "take the entry check out of the crontab",
    ),
)
async def remove(context: HostContext, *, id: Id, user: User = "") -> Removed:
    """Take out an entry that `cron.add` made; all others stay as they are.

    Args:
        id: What the entry is called.
        user: Whose table; by default the agent's own.
    """
    before = await _table(context, user)
    after = without_entry(before, id)
    if after == before:
        if repeated(context):
            return Removed(id=id, removed=False)
        raise ToolError(ErrorCode.NOT_FOUND, f"this table of cron has no entry called `{id}`: `cron.list` names them")
    await _write(context, user, after)
    if any(one.id == id for one in entries(await _table(context, user), user, "user")):
        raise ToolError(ErrorCode.TOOL_FAILED, f"crontab ended well, and `{id}` is still there")
    return Removed(id=id, removed=True)


def check(schedule: str) -> str:
    """`schedule`, where cron would take it. Raises ToolError(BAD_ARGUMENTS) naming the field that is wrong."""
    if schedule.startswith("@"):
        if schedule in NAMED:
            return schedule
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`schedule` is one of {', '.join(NAMED)}, or five fields")
    fields = schedule.split()
    if len(fields) != 5:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`schedule` has {len(fields)} fields, and five are needed")
    for text, (low, high), name in zip(fields, _RANGES, _FIELDS, strict=True):
        names = {"month": _MONTHS, "day of the week": _DAYS}.get(name, [])
        if not all(_fits(part, low, high, names) for part in text.split(",")):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{text}` is no {name} for cron: {low} to {high}, or `*`")
    return schedule


def _fits(part: str, low: int, high: int, names: list[str]) -> bool:
    found = _PART.match(part)
    if found is None or (found[3] is not None and int(found[3]) == 0):
        return False
    numbers = []
    for text in (found[1], found[2]):
        if text is None:
            continue
        if text.lower() in names:
            numbers.append(names.index(text.lower()) + low)
        elif text.isdigit():
            numbers.append(int(text))
        else:
            return False
    return all(low <= number <= high for number in numbers) and numbers == sorted(numbers)


def entries(table: bytes, user: str, name: str) -> list[Entry]:
    """What a table runs. Tables of the system name a user behind the schedule."""
    found, id = [], ""
    for raw in table.splitlines():
        line = raw.decode("utf-8", "backslashreplace").strip()
        if not line or line.startswith("#") or _VARIABLE.match(line):
            id = line.removeprefix(MARK.decode()).strip() if raw.startswith(MARK) else ""
            continue
        count = 1 if line.startswith("@") else 5
        words = line.split(None, count if name == "user" else count + 1)
        if len(words) > (count if name == "user" else count + 1):
            owner = user if name == "user" else words[count]
            said = without_secrets(printable(words[-1]))
            found.append(
                Entry(id=id, schedule=" ".join(words[:count]), command=said, user=owner, table=printable(name))
            )
        id = ""
    return found


@dataclass(frozen=True, slots=True)
class _Parts:
    before: bytes
    after: bytes
    there: bool


def _split(table: bytes, id: str) -> _Parts:
    """The table before and after an entry of ours; all of it before, where there is none."""
    lines = table.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.strip() == MARK + id.encode():
            return _Parts(b"".join(lines[:at]), b"".join(lines[at + 2 :]), True)
    return _Parts(table, b"", False)


def with_entry(table: bytes, id: str, line: bytes) -> bytes:
    """The table with this entry, in its old place or at the end."""
    parts = _split(table, id)
    before = parts.before + (b"\n" if parts.before and not parts.before.endswith(b"\n") else b"")
    return before + MARK + id.encode() + b"\n" + line + b"\n" + parts.after


def without_entry(table: bytes, id: str) -> bytes:
    parts = _split(table, id)
    return parts.before + parts.after


async def _table(context: HostContext, user: str) -> bytes:
    said = await ask(context, *context.machine.crontab, *_of(user), "-l", system=True)
    if said.code and "no crontab for" in said.complaint:
        return b""
    if said.code or said.dropped:
        raise failed("crontab", said)
    return said.out


async def _write(context: HostContext, user: str, table: bytes) -> None:
    said = await ask(context, *context.machine.crontab, *_of(user), "-", stdin=table, system=True)
    if said.code:
        raise failed("crontab", said)


def _of(user: str) -> tuple[str, ...]:
    return ("-u", user) if user else ()
