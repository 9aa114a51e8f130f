"""Skills for the journal: what rules, schedules and messages came to, and the readings that are recorded."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject, Risk
from tools.arguments import Output, WorkspacePath
from tools.bounds import Budget, room
from tools.edge.context import EdgeContext
from tools.edge.reading import SensorName
from tools.edge.ruling import Kept, Removed
from tools.edge.store import Entry
from tools.errors import ToolError, printable
from tools.files import Written
from tools.skill import skill
from tools.streams import digest_written
from tools.threads import in_thread

Kind = Literal["rule", "schedule", "message", "reading", "recording"]
After = Annotated[int, Field(ge=0, le=2**53)]
PAGE = 1000


class Line(Output):
    number: int
    at: float
    kind: str
    body: JsonObject


class History(Output):
    entries: list[Line]
    count: int
    next: int
    missed: int
    more: bool


class Exported(Written):
    entries: int
    next: int
    missed: int


@skill(
    "edge.record",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=(
        "record the temperature every minute",
        "keep the readings of the meter while I am away",
        "log the water level every 10 seconds on the box",
    ),
)
async def record(
    context: EdgeContext,
    *,
    sensor: SensorName,
    every_s: Annotated[float, Field(ge=1, le=86_400, json_schema_extra={"format": "seconds"})] = 60.0,
) -> Kept:
    """Record a sensor's readings on the box from now on, also without the orchestrator; edge.history gives them.

    Args:
        sensor: Name of a sensor, or any topic.
        every_s: At most one reading every so many seconds.
    """
    keeper = context.edge.keeper
    name = context.edge.box.sensor(sensor).topic or context.edge.box.sensor(sensor).name
    if keeper.recordings.get(name) != every_s:
        await keeper.add_recording(name, every_s)
    return Kept(name=name, text=f"record {printable(name)} every {every_s:g} s", kind="recording")


@skill(
    "edge.stop_recording",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=(
        "stop recording the temperature",
        "end the recording of the meter",
        "no longer log the water level",
    ),
)
async def stop_recording(context: EdgeContext, *, sensor: SensorName) -> Removed:
    """End a recording; what it has recorded stays.

    Args:
        sensor: Name or topic of the sensor.
    """
    keeper = context.edge.keeper
    declared = context.edge.box.declared.find_sensor(sensor)
    names = [sensor] if declared is None else [sensor, declared.topic or declared.name]
    name = next((one for one in names if one in keeper.recordings), sensor)
    if not await keeper.remove("recording", name) and context.attempt.attempt == 1:
        there = ", ".join(sorted(keeper.recordings)[:20]) or "none"
        raise ToolError(ErrorCode.NOT_FOUND, f"`{printable(sensor)}` is not recorded; recorded are: {there}")
    return Removed(name=name, removed=True)


@skill(
    "edge.history",
    examples=(
        "what did the rules do?",
        "show the journal of the box",
        "what was recorded?",
        "what happened on the box since entry 120?",
        "show the history of the schedules",
    ),
)
async def history(
    context: EdgeContext,
    *,
    after: After = 0,
    kind: Kind | None = None,
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 200,
) -> History:
    """Tell what rules, schedules and messages came to, and what was recorded, from an entry on.

    Args:
        after: Number of the last entry that is known already; every entry has its own, and comes once.
        kind: Entries of one kind only.
        limit: Most entries to return.
    """
    entries, missed, last = await context.edge.store.journal(after, limit + 1, kind)
    budget = Budget(room(context))
    lines = [line for line in map(_line, entries[:limit]) if budget.take(line.model_dump())]
    more = len(entries) > len(lines)
    end = lines[-1].number if lines else after
    return History(entries=lines, count=len(lines), next=end if more else max(last, after), missed=missed, more=more)


def _line(entry: Entry) -> Line:
    return Line(number=entry.number, at=entry.at, kind=entry.kind, body=entry.body)


@skill(
    "edge.export_history",
    risk=Risk.WRITE,
    timeout_s=600,
    examples=(
        "save the recorded readings as readings.jsonl",
        "export the history of the box to a file",
        "write what the rules did to log.jsonl",
    ),
)
async def export_history(
    context: EdgeContext, *, path: WorkspacePath, after: After = 0, kind: Kind | None = None
) -> Exported:
    """Write the history to a file, one JSON object a line; artifact.publish then hands it on.

    Args:
        path: File to write; an earlier one is replaced.
        after: Number of the last entry that is known already.
        kind: Entries of one kind only.
    """
    count, end = 0, after
    with context.workspace.replace(path) as (file, place):
        entries, missed, last = await context.edge.store.journal(after, PAGE, kind)
        while entries:
            text = "".join(json.dumps(_line(one).model_dump()) + "\n" for one in entries)
            await in_thread(context, lambda text=text: file.write(text.encode()))  # type: ignore[misc]
            count, end = count + len(entries), entries[-1].number
            await context.progress(None, f"{count} entries")
            entries, _, _ = await context.edge.store.journal(end, PAGE, kind)
        sha256, size = await in_thread(context, lambda: digest_written(context, file))
        shown = place.path
    return Exported(path=shown, size_bytes=size, sha256=sha256, entries=count, next=max(end, last), missed=missed)
