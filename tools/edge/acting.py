"""Skills that change something: an actuator, or a topic that the owner lets be written."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.edge.context import EdgeContext
from tools.edge.reading import Topic, no_wildcard
from tools.errors import ToolError, printable
from tools.skill import skill

ActuatorName = Annotated[str, Field(min_length=1, max_length=500)]
Setting = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=65_536)]


class Done(Output):
    actuator: str
    value: str
    state: str | None
    confirmed: bool
    seconds: float
    note: str


class Sent(Output):
    topic: str
    size_bytes: int
    sent: bool
    message: int
    note: str


@skill(
    "edge.set",
    risk=Risk.WRITE,
    timeout_s=120,
    examples=(
        "open the greenhouse window",
        "switch the pump off",
        "set the heating to 21",
        "turn on the light in the barn",
        "close the valve",
    ),
)
async def set(
    context: EdgeContext,
    *,
    actuator: ActuatorName,
    value: Setting,
    confirm_s: Annotated[float, Field(gt=0, le=60, json_schema_extra={"format": "seconds"})] | None = None,
) -> Done:
    """Set an actuator, and read back that it did.

    Args:
        actuator: Name of a declared actuator, or its topic.
        value: What to set it to: one of the values that its owner declared, or a number within its bounds.
        confirm_s: How long to wait for its state, in seconds; by default what the owner declared.
    """
    box = context.edge.box
    one = box.declared.find_actuator(actuator)
    found = await box.set(one, value, confirm_s or one.confirm_s)
    nobody = "" if found.heard else "; the broker says that nobody listens to its topic"
    if found.confirmed is False:
        says = "said nothing" if found.state is None else f"says `{printable(found.state)[:80]}`"
        message = (
            f"{one.name} was told {found.value}, and its state {says} after {found.seconds:.1f} s: "
            f"unconfirmed{nobody}. Look whether it is there, or set it again"
        )
        raise ToolError(ErrorCode.TIMEOUT, message)  # a person looks: told again, a toggle would turn back
    note = f"it has no state to read: nobody knows whether it did{nobody}" if found.confirmed is None else ""
    return Done(
        actuator=one.name,
        value=found.value,
        state=found.state,
        confirmed=bool(found.confirmed),
        seconds=found.seconds,
        note=note,
    )


@skill(
    "edge.publish",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=60,
    examples=(
        "publish on to lab/lamp",
        "send a message to the topic home/announce",
        "write 5 to lab/setpoint and let the broker keep it",
        "tell lab/display that dinner is ready, also later if the broker is down",
    ),
)
async def publish(
    context: EdgeContext,
    *,
    topic: Topic,
    payload: Text,
    retain: bool = False,
    hold_s: Annotated[float, Field(ge=0, le=604_800, json_schema_extra={"format": "seconds"})] = 0.0,
) -> Sent:
    """Publish a message to a topic that the owner allows.

    Args:
        topic: Topic to write; those of actuators are set with edge.set.
        payload: The message.
        retain: Whether the broker keeps it for those who come later.
        hold_s: Where the broker is away, keep the message on disk and send it within so many seconds.
    """
    no_wildcard(topic)
    edge = context.edge
    actuator = next((one for one in edge.box.declared.actuator if topic in (one.set, one.state)), None)
    if actuator is not None:
        message = f"{printable(topic)} belongs to the actuator {actuator.name}: use edge.set, which knows its values"
        raise ToolError(ErrorCode.DENIED, message)
    if topic.startswith("$") or not edge.box.declared.writable(topic):
        message = f"the owner lets nobody write to {printable(topic)}: they may, by [allow] in the sensors file"
        raise ToolError(ErrorCode.DENIED, message)
    broker, data = edge.box.mqtt(), payload.encode()
    if len(data) > broker.settings.max_payload_bytes:
        message = f"the message has {len(data):,} bytes, {broker.settings.max_payload_bytes:,} are allowed"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    if not broker.online and hold_s > 0 and edge.sender is not None:
        number = await edge.store.wait(topic, data, retain=retain, until=time.time() + hold_s)
        edge.sender.wake()
        note = f"the broker is away; it is sent when it is back within {hold_s:g} s, and the history says so"
        return Sent(topic=topic, size_bytes=len(data), sent=False, message=number, note=note)
    heard = await broker.publish(topic, data, retain=retain)
    note = "" if heard else "the broker says that nobody listens to this topic"
    return Sent(topic=topic, size_bytes=len(data), sent=True, message=0, note=note)
