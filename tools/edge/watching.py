"""Skills that follow a sensor for a while, and sum up on the box what came."""

from __future__ import annotations

import math
import time
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.context import living
from tools.edge.context import EdgeContext
from tools.edge.payload import Reading
from tools.edge.reading import SensorName, Window
from tools.errors import ToolError
from tools.skill import skill

Number = Annotated[float, Field(ge=-1e300, le=1e300)]


class Sample(Output):
    at: float
    value: Json


class Watched(Output):
    sensor: str
    unit: str
    seconds: float
    count: int
    crossed: bool
    crossing: Sample | None
    min: float | None
    max: float | None
    samples: list[Sample]
    rejected: int
    problem: str
    dropped: int
    gaps: int
    truncated: bool


class Aggregate(Output):
    sensor: str
    unit: str
    seconds: float
    count: int
    mean: float | None
    min: float | None
    max: float | None
    first: float | None
    last: float | None
    rate_per_s: float
    change_per_s: float | None
    rejected: int
    problem: str
    dropped: int
    gaps: int


class Summary:
    """Sums up readings as they come, in constant room."""

    def __init__(self) -> None:
        self.count = self.rejected = 0
        self.low, self.high = math.inf, -math.inf
        self.mean = 0.0
        self.first: Reading | None = None
        self.last: Reading | None = None
        self.first_at = self.last_at = 0.0
        self.problem = ""

    def take(self, reading: Reading) -> bool:
        """Whether it is a value."""
        if reading.value is None:
            self.rejected += 1
            self.problem = reading.problem
            return False
        self.count += 1
        if self.first is None:
            self.first, self.first_at = reading, time.monotonic()
        # By the monotonic clock: the box's own may jump in the middle of a window.
        self.last, self.last_at = reading, time.monotonic()
        number = reading.number
        if number is not None:
            self.low, self.high = min(self.low, number), max(self.high, number)
            # A running mean: a sum of large numbers would overflow.
            self.mean += (number - self.mean) / self.count
        return True


@skill(
    "edge.watch",
    timeout_s=3900,
    examples=(
        "watch the temperature for 30 seconds",
        "tell me when the greenhouse gets warmer than 30",
        "wait until the door sensor changes",
        "listen to home/meter/power for a minute",
        "follow the water level and stop when it falls below 10",
    ),
)
async def watch(
    context: EdgeContext,
    *,
    sensor: SensorName,
    seconds: Window = 30.0,
    above: Number | None = None,
    below: Number | None = None,
    stop: bool = True,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
) -> Watched:
    """Follow a sensor for some seconds, or until it passes a threshold.

    Args:
        sensor: Name of a sensor or actuator, or any topic.
        seconds: How long to follow it.
        above: Threshold that a value crosses by being greater.
        below: Threshold that a value crosses by being smaller.
        stop: Whether to stop at the first value beyond a threshold.
        limit: Most samples to return; counts and extremes are of all.
    """
    box = context.edge.box
    one = box.sensor(sensor)
    seen, samples, budget = Summary(), list[Sample](), Budget(room(context))
    crossing: Sample | None = None
    begun = time.monotonic()
    end = begun + seconds
    async with box.follow(one) as feed:
        with living(context) as alive:
            while (left := end - time.monotonic()) > 0 and not (stop and crossing):
                reading = await feed.next(min(left, context.limits.beat_s))
                alive.beat()
                if reading is None or not seen.take(reading):
                    continue
                sample = Sample(at=reading.at, value=reading.value)
                if len(samples) < limit and budget.take(sample.model_dump()):
                    samples.append(sample)
                if crossing is None and _beyond(reading, above, below):
                    crossing = sample
        gone, gaps = feed.dropped, feed.gaps
    return Watched(
        sensor=one.name if one.topic != sensor else sensor,
        unit=one.unit,
        seconds=time.monotonic() - begun,
        count=seen.count,
        crossed=crossing is not None,
        crossing=crossing,
        min=_finite(seen.low),
        max=_finite(seen.high),
        samples=samples,
        rejected=seen.rejected,
        problem=seen.problem,
        dropped=gone,
        gaps=gaps,
        truncated=seen.count > len(samples),
    )


def _beyond(reading: Reading, above: float | None, below: float | None) -> bool:
    number = reading.number
    if number is None:
        return False
    return (above is not None and number > above) or (below is not None and number < below)


@skill(
    "edge.aggregate",
    timeout_s=3900,
    examples=(
        "average temperature over the next minute",
        "minimum and maximum of the humidity for 30 seconds",
        "how many messages a second come on home/meter/power?",
        "mean, min and max of the water level over 10 seconds",
        "count the pulses of the counter for a minute",
    ),
)
async def aggregate(context: EdgeContext, *, sensor: SensorName, seconds: Window = 30.0) -> Aggregate:
    """Sum up a sensor's numbers over some seconds: mean, minimum, maximum, count, rate and change.

    Args:
        sensor: Name of a sensor, or any topic whose payload is a number.
        seconds: Length of the window. What the broker retained from before does not count.
    """
    box = context.edge.box
    one = box.sensor(sensor)
    seen, end = Summary(), time.monotonic() + seconds
    async with box.follow(one) as feed:
        with living(context) as alive:
            while (left := end - time.monotonic()) > 0:
                reading = await feed.next(min(left, context.limits.beat_s))
                alive.beat()
                if reading is None or reading.retained:
                    continue
                if reading.value is not None and reading.number is None:
                    reading = Reading(reading.at, None, f"`{str(reading.value)[:80]}` is no number")
                seen.take(reading)
        gone, gaps = feed.dropped, feed.gaps
    if not seen.count:
        why = f": {seen.problem}" if seen.problem else ""
        message = f"{sensor} gave no number in {seconds:g} s ({seen.rejected} messages were none{why})"
        raise ToolError(ErrorCode.TIMEOUT, message, retryable=True)
    first, last = seen.first, seen.last
    apart = seen.last_at - seen.first_at
    change = ((last.number or 0.0) - (first.number or 0.0)) / apart if first and last and apart > 0 else None
    return Aggregate(
        sensor=one.name if one.topic != sensor else sensor,
        unit=one.unit,
        seconds=seconds,
        count=seen.count,
        mean=seen.mean,
        min=_finite(seen.low),
        max=_finite(seen.high),
        first=first.number if first else None,
        last=last.number if last else None,
        rate_per_s=seen.count / seconds,
        change_per_s=change if change is None or math.isfinite(change) else None,
        rejected=seen.rejected,
        problem=seen.problem,
        dropped=gone,
        gaps=gaps,
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
