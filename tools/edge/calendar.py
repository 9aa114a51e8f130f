"""When a schedule is due. Pure: `now` is Unix seconds by the box's clock, `passed` seconds that no clock's jump moves.

Clocks of small boxes jump: at the first NTP answer from 1970 to today, sometimes back. So an occurrence by the clock is
done once, by its own time and not by the moment; one that is late by more than `late_s` is missed, and said to be; and
while the clock is plainly not set, nothing is due by it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

DAY_S: Final = 86_400.0
CLOCK_SET: Final = 1_704_067_200.0  # 2024: a clock before that was never set
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Schedule(BaseModel):
    """Sets `actuator` to `set`: every `every_s` seconds, `daily` at HH:MM (local; on `days`), or `once` (Unix s)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    actuator: str
    set: str
    every_s: Annotated[float, Field(ge=1)] | None = None
    daily: str | None = None
    days: tuple[Day, ...] = ()
    once: float | None = None
    late_s: Annotated[float, Field(ge=1)] = 300.0

    @property
    def text(self) -> str:
        if self.every_s is not None:
            when = f"every {self.every_s:g} s"
        elif self.daily is not None:
            when = f"at {self.daily} " + (f"on {', '.join(self.days)}" if self.days else "every day")
        else:
            when = f"once at {datetime.fromtimestamp(self.once or 0).astimezone().isoformat(timespec='seconds')}"
        return f"set {self.actuator} {self.set} {when}"


class Due(BaseModel):
    """An occurrence: when it was to be (Unix seconds), and whether that is too long ago."""

    model_config = ConfigDict(frozen=True)

    at: float
    missed: bool


def due(schedule: Schedule, done: float, now: float, passed: float) -> Due | None:
    """The occurrence to take care of now, if any. `done`: the time of the last one; `passed`: seconds since it."""
    if schedule.every_s is not None:
        return Due(at=now, missed=False) if passed >= schedule.every_s else None
    if now < CLOCK_SET:
        return None
    at = schedule.once if schedule.once is not None else _latest(schedule, now)
    if at is None or at > now or at <= done:
        return None
    return Due(at=at, missed=now - at > schedule.late_s)


def sane(done: float, now: float) -> float:
    """The time of the last occurrence, where the clock was far ahead when it was noted: then what is past is past."""
    return now if now >= CLOCK_SET and done > now + DAY_S else done


def _latest(schedule: Schedule, now: float) -> float | None:
    """The last time before now that the schedule names."""
    assert schedule.daily is not None
    moment = time.fromisoformat(schedule.daily)
    today = datetime.fromtimestamp(now).date()
    for back in range(8):
        day = today - timedelta(days=back)
        at = datetime.combine(day, moment).timestamp()
        if at <= now and (not schedule.days or DAYS[day.weekday()] in schedule.days):
            return at
    return None
