"""Skills that look: what is declared, what there is on the broker, and what a sensor says now."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.context import living
from tools.edge import payload, topics
from tools.edge.context import EdgeContext
from tools.edge.declared import Actuator, Sensor
from tools.errors import ToolError, printable
from tools.skill import skill

Window = Annotated[float, Field(gt=0, le=3600, json_schema_extra={"format": "seconds"})]
SensorName = Annotated[str, Field(min_length=1, max_length=500)]
Topic = Annotated[str, Field(min_length=1, max_length=500)]
MOST_TOPICS = 1000


class SensorInfo(Output):
    name: str
    where: str
    unit: str
    payload: str
    min: float | None
    max: float | None


class ActuatorInfo(Output):
    name: str
    where: str
    state: str
    allowed: str


class BrokerInfo(Output):
    address: str
    online: bool
    reason: str


class Declared(Output):
    sensors: list[SensorInfo]
    actuators: list[ActuatorInfo]
    broker: BrokerInfo | None
    writable: list[str]
    truncated: bool


class TopicInfo(Output):
    topic: str
    kind: str
    text: str
    size_bytes: int
    retained: bool
    messages: int
    declared: str


class Topics(Output):
    topics: list[TopicInfo]
    count: int
    messages: int
    seconds: float
    truncated: bool


class Value(Output):
    sensor: str
    value: Json
    unit: str
    at: float
    age_s: float | None
    retained: bool


@skill(
    "edge.sensors",
    examples=(
        "which sensors does the box have?",
        "list the sensors and actuators",
        "what can be measured on the edge box?",
        "what can I switch?",
        "is the MQTT broker connected?",
    ),
)
async def sensors(context: EdgeContext) -> Declared:
    """List the sensors and actuators that the owner declared, and whether the broker is there."""
    box = context.edge.box
    budget = Budget(room(context))
    found = [one for one in map(_sensor_info, box.declared.sensor) if budget.take(one.model_dump())]
    others = [one for one in map(_actuator_info, box.declared.actuator) if budget.take(one.model_dump())]
    broker = None
    if box.broker is not None:
        one = box.broker
        broker = BrokerInfo(address=one.settings.address, online=one.online, reason=one.reason)
    return Declared(
        sensors=found,
        actuators=others,
        broker=broker,
        writable=list(box.declared.allow.publish),
        truncated=budget.spent,
    )


def _sensor_info(one: Sensor) -> SensorInfo:
    low = one.min if one.min > float("-inf") else None
    high = one.max if one.max < float("inf") else None
    return SensorInfo(name=one.name, where=one.where, unit=one.unit, payload=one.payload, min=low, max=high)


def _actuator_info(one: Actuator) -> ActuatorInfo:
    state = one.state or str(one.state_path or one.path or one.ask or "")
    return ActuatorInfo(name=one.name, where=one.where, state=state, allowed=one.allowed)


@skill(
    "edge.topics",
    timeout_s=3900,
    examples=(
        "which MQTT topics are there?",
        "discover the MQTT topics",
        "what is published on the broker?",
        "list the topics of home/# for 10 seconds",
        "show the broker's $SYS topics",
    ),
)
async def discover(
    context: EdgeContext,
    *,
    filter: Topic = "#",
    seconds: Window = 2.0,
    limit: Annotated[int, Field(ge=1, le=MOST_TOPICS)] = 200,
) -> Topics:
    """Find out which topics there are on the broker: what it retains, and what comes within some seconds.

    Args:
        filter: Topics to listen to, with + and # as MQTT has them; # alone leaves out those that begin with $.
        seconds: How long to listen.
        limit: Most topics to name.
    """
    found: dict[str, TopicInfo] = {}
    budget = Budget(room(context))
    more, heard, end = False, 0, time.monotonic() + seconds
    async with context.edge.box.mqtt().listen(filter, limit=5000) as messages:
        with living(context) as alive:
            while (left := end - time.monotonic()) > 0:
                message = await messages.next(min(left, context.limits.beat_s))
                alive.beat()
                if message is None:
                    continue
                heard += 1
                before = found.get(message.topic)
                if before is None and len(found) >= limit:
                    more = True
                    continue
                kind, text = payload.peek(message.payload)
                declared = context.edge.box.declared.find_sensor(message.topic)
                one = TopicInfo(
                    topic=printable(message.topic)[:500],
                    kind=kind,
                    text=text,
                    size_bytes=len(message.payload),
                    retained=message.retained if before is None else before.retained,
                    messages=1 if before is None else before.messages + 1,
                    declared="" if declared is None else declared.name,
                )
                if before is not None or budget.take(one.model_dump(), 2):
                    found[message.topic] = one
        more = more or budget.spent or messages.dropped > 0
    return Topics(
        topics=[found[topic] for topic in sorted(found)],
        count=len(found),
        messages=heard,
        seconds=seconds,
        truncated=more,
    )


@skill(
    "edge.read",
    timeout_s=3900,
    examples=(
        "read the humidity sensor",
        "what does the sensor soil say?",
        "what is the value of the sensor door?",
        "read the topic home/meter/power",
    ),
)
async def read(context: EdgeContext, *, sensor: SensorName, wait_s: Window = 5.0) -> Value:
    """Tell what a sensor says now: the value that the broker retains, or the next one that comes.

    Args:
        sensor: Name of a sensor or actuator, or any topic.
        wait_s: How long to wait for a value, in seconds.
    """
    one = context.edge.box.sensor(sensor)
    with living(context):
        found = await context.edge.box.read(one, wait_s)
    if found is None:
        most = context.edge.box.mqtt().settings.max_payload_bytes
        message = (
            f"{printable(sensor)} was silent for {wait_s:g} s: it says nothing, does not exist, "
            f"or says more than {most:,} bytes at once"
        )
        raise ToolError(ErrorCode.TIMEOUT, message, retryable=True)
    if found.value is None:
        message = f"{printable(sensor)} says what is no value: {found.problem}"
        raise ToolError(ErrorCode.BAD_OUTPUT, message)
    return Value(
        sensor=one.name if one.topic != sensor else printable(sensor),
        value=found.value,
        unit=one.unit,
        at=found.at,
        age_s=None if found.retained else 0.0,
        retained=found.retained,
    )


def no_wildcard(topic: str) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for what is no single topic."""
    if why := topics.problem(topic):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no topic: {why}")
