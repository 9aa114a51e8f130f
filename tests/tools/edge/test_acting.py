"""Actuators are set and read back; what is not declared is not written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from protocol.errors import ErrorCode
from tests.support.mosquitto import Mosquitto, Peer, peer
from tests.tools.edge.conftest import GREENHOUSE, Boxes, Device
from tools.errors import ToolError

pytestmark = pytest.mark.slow


@pytest.fixture
def window(running: Mosquitto) -> Iterator[Peer]:
    """A window that does what it is told, and says so."""
    with peer(running.port, "greenhouse/window/set") as found:
        state = "greenhouse/window/state"

        def obey(client: object, userdata: object, message: object) -> None:
            found.heard.put((message.topic, message.payload))  # type: ignore[attr-defined]
            found.client.publish(state, message.payload.upper(), retain=True)  # type: ignore[attr-defined]

        found.say(state, "CLOSED", retain=True)
        found.client.on_message = obey
        yield found
        found.say(state, b"", retain=True)


async def test_an_actuator_confirms_by_its_state(box: Device, window: Peer) -> None:
    found = await box.call("edge.set", actuator="window", value="Open")
    assert (found["value"], found["state"], found["confirmed"], found["note"]) == ("open", "OPEN", True, "")
    assert window.next() == ("greenhouse/window/set", b"open")


async def test_an_actuator_that_does_not_confirm_is_no_success(box: Device, others: Peer) -> None:
    others.say("greenhouse/window/state", "closed", retain=True)
    message = await box.refused(ErrorCode.TIMEOUT, "edge.set", actuator="window", value="open")
    assert "unconfirmed" in message
    assert "`closed`" in message
    assert "nobody listens" in message


async def test_an_unconfirmed_actuator_is_not_told_again_by_itself(box: Device, others: Peer) -> None:
    others.say("greenhouse/window/state", "closed", retain=True)
    with pytest.raises(ToolError) as caught:
        await box.call("edge.set", actuator="window", value="open")
    assert not caught.value.retryable, "a toggle that was told twice would turn back"


async def test_an_actuator_that_speaks_json(boxes: Boxes, running: Mosquitto) -> None:
    lamp = """
[[actuator]]
name = "lamp"
set = "lamp/set"
state = "lamp"
tell = '{"state": "{value}"}'
payload = "json:state"
values = ["ON", "OFF"]
"""
    box = await boxes.start(GREENHOUSE + lamp)
    with peer(running.port, "lamp/set") as hears:
        setting = asyncio.ensure_future(box.call("edge.set", actuator="lamp", value="on", confirm_s=10))
        _, payload = await asyncio.to_thread(hears.next)
        assert payload == b'{"state": "ON"}'
        await asyncio.to_thread(hears.say, "lamp", b'{"state": "ON", "brightness": 254}')
        assert (await setting)["confirmed"] is True


async def test_an_actuator_without_a_state_says_that_nobody_knows(box: Device, running: Mosquitto) -> None:
    with peer(running.port, "greenhouse/heater/set") as heater:
        found = await box.call("edge.set", actuator="heater", value="21.5")
        assert (found["confirmed"], found["state"]) == (False, None)
        assert "nobody knows" in found["note"]
        assert heater.next() == ("greenhouse/heater/set", b"21.5")


@pytest.mark.parametrize(
    ("actuator", "value"),
    [("window", "half"), ("window", "open\n"), ("heater", "31"), ("heater", "nan"), ("heater", "x")],
)
async def test_values_that_are_not_declared_are_refused(box: Device, others: Peer, actuator: str, value: str) -> None:
    with peer(others.client.port, "greenhouse/+/set") as hears:
        await box.refused(ErrorCode.DENIED, "edge.set", actuator=actuator, value=value)
        others.say("greenhouse/probe/set", "last")
        assert hears.next() == ("greenhouse/probe/set", b"last")


async def test_an_actuator_that_is_not_declared(box: Device) -> None:
    message = await box.refused(ErrorCode.NOT_FOUND, "edge.set", actuator="door", value="open")
    assert "heater, window" in message


async def test_a_topic_that_the_owner_allows(box: Device, running: Mosquitto) -> None:
    with peer(running.port, "lab/lamp") as lamp:
        found = await box.call("edge.publish", topic="lab/lamp", payload="on")
        assert (found["sent"], found["note"]) == (True, "")
        assert lamp.next() == ("lab/lamp", b"on")
    assert "nobody listens" in (await box.call("edge.publish", topic="lab/nobody", payload="on"))["note"]


@pytest.mark.parametrize("topic", ["greenhouse/window/set", "greenhouse/window/state", "home/x", "$SYS/x"])
async def test_topics_that_may_not_be_written(box: Device, topic: str) -> None:
    await box.refused(ErrorCode.DENIED, "edge.publish", topic=topic, payload="1")


@pytest.mark.parametrize("topic", ["lab/#", "lab/+", "lab/\x00"])
async def test_topics_that_are_none(box: Device, topic: str) -> None:
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.publish", topic=topic, payload="1")


async def test_a_setting_is_cancelled_while_it_waits_for_its_state(boxes: Boxes, others: Peer) -> None:
    box = await boxes.start(GREENHOUSE.replace("confirm_s = 0.5", "confirm_s = 60"))
    with peer(others.client.port, "greenhouse/window/set") as hears:
        setting = asyncio.ensure_future(box.call("edge.set", actuator="window", value="open"))
        assert await asyncio.to_thread(hears.next) == ("greenhouse/window/set", b"open")
        setting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await setting
    assert box.edge.box.mqtt()._groups == {}
