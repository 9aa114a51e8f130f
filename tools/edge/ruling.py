"""Skills for what the box does by itself: rules and schedules. They are kept, and work without the orchestrator."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output, Seconds
from tools.edge.acting import ActuatorName, Setting
from tools.edge.calendar import Day, Schedule
from tools.edge.context import EdgeContext
from tools.edge.reading import SensorName
from tools.edge.rules import Op, Rule
from tools.errors import ToolError, printable
from tools.skill import skill

ThingName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]
ENDS = 8


class Kept(Output):
    name: str
    text: str
    kind: Literal["rule", "schedule", "recording"]


class Removed(Output):
    name: str
    removed: bool


class RuleInfo(Output):
    name: str
    text: str
    active: bool
    min_interval_s: float


class Rules(Output):
    rules: list[RuleInfo]
    count: int


class ScheduleInfo(Output):
    name: str
    text: str
    late_s: float


class Schedules(Output):
    schedules: list[ScheduleInfo]
    count: int


@skill(
    "edge.add_rule",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=(
        "when greenhouse/temp is above 30 open the window",
        "if the water level falls below 10 switch the pump on",
        "close the window whenever it gets colder than 15",
        "when the door says open set the light to on, at most once a minute",
        "keep the room below 22 with the fan",
    ),
)
async def add_rule(
    context: EdgeContext,
    *,
    sensor: SensorName,
    op: Op,
    value: float | str,
    actuator: ActuatorName,
    set: Setting,
    otherwise: Setting | None = None,
    hysteresis: Annotated[float, Field(ge=0, le=1e300)] = 0.0,
    for_s: Seconds = 0.0,
    min_interval_s: Seconds = 10.0,
    name: ThingName | None = None,
) -> Kept:
    """Have the box set an actuator whenever a sensor fits a condition, also without orchestrator and after restarts.

    Args:
        sensor: Name of a sensor, or any topic.
        op: How the sensor's value is compared.
        value: What it is compared with.
        actuator: Name of a declared actuator, or its topic.
        set: What the actuator is set to when the condition comes to hold.
        otherwise: What it is set to when the condition holds no more; by default nothing.
        hysteresis: How far the value must come back before the condition counts as over.
        for_s: How long the condition must hold first, in seconds.
        min_interval_s: Least time between two settings by this rule, in seconds.
        name: Name of the rule; by default made of the sensor and the actuator.
    """
    box = context.edge.box
    number = float(value) if isinstance(value, (int, float)) else _number(value)
    if op not in ("==", "!=") and not isinstance(number, float):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{printable(str(value))[:80]}` is no number to compare with {op}")
    one, what = box.declared.find_actuator(actuator), box.sensor(sensor)
    if what.topic is not None and what.topic == one.set:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the rule would hear its own commands: name a sensor")
    rule = Rule(
        name=name or _made_up(f"{what.name} {one.name}", context.edge.keeper.rules),
        sensor=sensor,
        op=op,
        value=number,
        actuator=one.name,
        set=one.check(set),
        otherwise=None if otherwise is None else one.check(otherwise),
        hysteresis=hysteresis,
        for_s=for_s,
        min_interval_s=min_interval_s,
    )
    known = _same(rule, [rule for rule, _ in context.edge.keeper.rules.values()], named=name is not None)
    if known is None:
        await context.edge.keeper.add_rule(rule)
    return Kept(name=known or rule.name, text=rule.text, kind="rule")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _made_up(text: str, taken: object) -> str:
    """A name that is free."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in " ._-") else "-" for one in text).strip(" -._")
    base = (plain or "rule")[:50]
    names = list(taken) if isinstance(taken, dict) else []
    number = next(number for number in range(1, 10_000) if (base if number == 1 else f"{base}-{number}") not in names)
    return base if number == 1 else f"{base}-{number}"


def _same(new: Rule | Schedule, known: list[Rule] | list[Schedule], *, named: bool) -> str | None:
    """The name of one that says the same: an attempt that is repeated adds nothing."""
    without = new.model_dump(exclude=None if named else {"name"})
    for one in known:
        if one.model_dump(exclude=None if named else {"name"}) == without:
            return one.name
    return None


@skill(
    "edge.rules",
    examples=("which rules does the box have?", "list the automations", "show the rules of the box"),
)
async def rules(context: EdgeContext) -> Rules:
    """List the rules that the box follows by itself."""
    found = [
        RuleInfo(name=name, text=rule.text, active=state.active, min_interval_s=rule.min_interval_s)
        for name, (rule, state) in sorted(context.edge.keeper.rules.items())
    ]
    return Rules(rules=found, count=len(found))


@skill(
    "edge.remove_rule",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=("remove the rule temperature window", "delete the window rule", "stop the automation of the pump"),
)
async def remove_rule(context: EdgeContext, *, name: ThingName) -> Removed:
    """Remove a rule; what it has set stays as it is.

    Args:
        name: Name of the rule.
    """
    return await _remove(context, "rule", name, list(context.edge.keeper.rules))


async def _remove(context: EdgeContext, kind: str, name: str, known: list[str]) -> Removed:
    if not await context.edge.keeper.remove(kind, name):
        if context.attempt.attempt > 1:
            return Removed(name=name, removed=False)
        there = ", ".join(sorted(known)[:20]) or "none"
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no {kind} `{name}`; there are: {there}")
    return Removed(name=name, removed=True)


@skill(
    "edge.add_schedule",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=(
        "close the window every day at 20:00",
        "switch the pump on at 6:30 on mondays and fridays",
        "turn the light off in 10 minutes",
        "set the valve to closed every 2 hours",
        "open the vent once at 2027-01-05T08:00",
    ),
)
async def add_schedule(
    context: EdgeContext,
    *,
    actuator: ActuatorName,
    set: Setting,
    every_s: Annotated[float, Field(ge=1, le=31_536_000, json_schema_extra={"format": "seconds"})] | None = None,
    daily: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")] | None = None,
    days: Annotated[list[Day], Field(max_length=7)] = [],  # noqa: B006
    at: Annotated[str, Field(max_length=40)] | None = None,
    in_s: Annotated[float, Field(gt=0, le=31_536_000, json_schema_extra={"format": "seconds"})] | None = None,
    late_s: Annotated[float, Field(ge=1, le=86_400, json_schema_extra={"format": "seconds"})] = 300.0,
    name: ThingName | None = None,
) -> Kept:
    """Have the box set an actuator at certain times, also without orchestrator. Give every_s, daily, at or in_s.

    Args:
        actuator: Name of a declared actuator, or its topic.
        set: What to set it to.
        every_s: Every so many seconds.
        daily: Every day at this time of the box's clock, HH:MM.
        days: With daily: only on these days of the week.
        at: Once, at this date and time (ISO 8601; without a zone by the box's clock).
        in_s: Once, in so many seconds.
        late_s: How late it may be done, in seconds, where the box or its broker was away; later it is missed.
        name: Name of the schedule; by default made of the actuator.
    """
    if [every_s, daily, at, in_s].count(None) != 3:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say when, in one way: every_s, daily, at or in_s")
    one = context.edge.box.declared.find_actuator(actuator)
    once = time.time() + in_s if in_s is not None else None if at is None else _moment(at)
    if once is not None and once <= time.time():
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{printable(str(at))} is over by the box's clock")
    schedule = Schedule(
        name=name or _made_up(one.name, context.edge.keeper.schedules),
        actuator=one.name,
        set=one.check(set),
        every_s=every_s,
        daily=None if daily is None else daily.zfill(5),
        days=tuple(days),
        once=once,
        late_s=late_s,
    )
    known = _same(schedule, list(context.edge.keeper.schedules.values()), named=name is not None)
    if known is None:
        await context.edge.keeper.add_schedule(schedule)
    return Kept(name=known or schedule.name, text=schedule.text, kind="schedule")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        message = f"`{printable(text)}` is no date and time: write 2027-01-31T18:30"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message) from None


@skill(
    "edge.schedules",
    examples=("what is scheduled on the box?", "list the timers", "show the schedules"),
)
async def schedules(context: EdgeContext) -> Schedules:
    """List what the box does at certain times."""
    found = [
        ScheduleInfo(name=name, text=one.text, late_s=one.late_s)
        for name, one in sorted(context.edge.keeper.schedules.items())
    ]
    return Schedules(schedules=found, count=len(found))


@skill(
    "edge.remove_schedule",
    risk=Risk.WRITE,
    timeout_s=30,
    examples=("remove the schedule pump", "cancel the timer of the light", "delete the daily closing of the window"),
)
async def remove_schedule(context: EdgeContext, *, name: ThingName) -> Removed:
    """Remove a schedule.

    Args:
        name: Name of the schedule.
    """
    return await _remove(context, "schedule", name, list(context.edge.keeper.schedules))
