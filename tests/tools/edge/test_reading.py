"""What is declared, what there is on the broker, and what a sensor says."""

from __future__ import annotations

import asyncio

import pytest

from protocol.errors import ErrorCode
from tests.support.mosquitto import Peer
from tests.tools.edge.conftest import Device

pytestmark = pytest.mark.slow


async def test_what_is_declared(box: Device) -> None:
    found = await box.call("edge.sensors")
    assert [one["name"] for one in found["sensors"]] == ["temperature", "humidity"]
    assert found["actuators"][0]["allowed"] == "open, closed"
    assert found["broker"]["online"] is True
    assert found["writable"] == ["lab/#"]


async def test_a_retained_value_is_read_at_once(box: Device, others: Peer) -> None:
    others.say("greenhouse/temp", "21.5", retain=True)
    found = await box.call("edge.read", sensor="temperature")
    assert (found["value"], found["unit"], found["retained"]) == (21.5, "°C", True)
    assert (await box.call("edge.read", sensor="greenhouse/temp"))["value"] == 21.5


async def test_a_value_inside_json(box: Device, others: Peer) -> None:
    others.say("greenhouse/air", '{"air": {"humidity": 61}}', retain=True)
    assert (await box.call("edge.read", sensor="Humidity"))["value"] == 61.0


async def test_a_value_that_comes_while_it_is_waited_for(box: Device, others: Peer) -> None:
    reading = asyncio.ensure_future(box.call("edge.read", sensor="lab/any", wait_s=10))
    while not reading.done():
        await asyncio.to_thread(others.say, "lab/any", "warm")
    assert (await reading)["value"] == "warm"


async def test_a_silent_sensor(box: Device) -> None:
    message = await box.refused(ErrorCode.TIMEOUT, "edge.read", sensor="temperature", wait_s=0.05)
    assert "silent" in message


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"not a number", "no number"),
        (b"\xff\xfe\x00", "no text"),
        (b"NaN", "no number"),
        (b"1e999", "no number"),
        (b"9999", "out of bounds"),
        (b"\x1b[2J" * 100, "no number"),
    ],
)
async def test_garbage_is_no_value(box: Device, others: Peer, payload: bytes, why: str) -> None:
    others.say("greenhouse/temp", payload, retain=True)
    message = await box.refused(ErrorCode.BAD_OUTPUT, "edge.read", sensor="temperature")
    assert why in message
    assert message.isprintable()


@pytest.mark.parametrize("payload", ["{", "[1, 2", '{"air": 3}', '{"air": {"humidity": [1]}}', "[" * 100_000])
async def test_garbage_is_no_json(box: Device, others: Peer, payload: str) -> None:
    others.say("greenhouse/air", payload, retain=True)
    await box.refused(ErrorCode.BAD_OUTPUT, "edge.read", sensor="humidity")


async def test_a_payload_of_ten_megabytes_never_comes(box: Device, others: Peer) -> None:
    """The broker keeps back what is larger than it was told; the sensor counts as silent, and that is said."""
    others.say("greenhouse/temp", b"x" * 10_000_000, retain=True)
    message = await box.refused(ErrorCode.TIMEOUT, "edge.read", sensor="temperature", wait_s=0.2)
    assert "262,144 bytes" in message
    assert box.edge.box.mqtt().online


async def test_an_unknown_sensor_is_told_with_those_that_are_there(box: Device) -> None:
    message = await box.refused(ErrorCode.NOT_FOUND, "edge.read", sensor="pressure")
    assert "humidity, temperature" in message


@pytest.mark.parametrize("topic", ["greenhouse/+", "a/#", "a/\x1b[2J", "a/\n"])
async def test_a_sensor_is_one_topic(box: Device, topic: str) -> None:
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.read", sensor=topic)


async def test_topics_are_discovered(box: Device, others: Peer) -> None:
    others.say("garbage/a", '{"x": 1}', retain=True)
    others.say("garbage/b", b"\x00\xff", retain=True)
    found = await box.call("edge.topics", filter="garbage/#", seconds=0.5)
    assert [(one["topic"], one["kind"], one["retained"]) for one in found["topics"]] == [
        ("garbage/a", "json", True),
        ("garbage/b", "binary", True),
    ]
    assert found["truncated"] is False


async def test_discovery_is_bounded(box: Device, others: Peer) -> None:
    others.say("garbage/a", "1", retain=True)
    others.say("garbage/b", "2", retain=True)
    found = await box.call("edge.topics", filter="garbage/#", seconds=0.3, limit=1)
    assert (found["count"], found["truncated"]) == (1, True)


async def test_sys_is_shown_only_when_asked_for(box: Device) -> None:
    everything = await box.call("edge.topics", seconds=0.2)
    assert not [one for one in everything["topics"] if one["topic"].startswith("$")]
    system = await box.call("edge.topics", filter="$SYS/broker/version", seconds=0.3)
    assert system["count"] == 1


@pytest.mark.parametrize("filter", ["a/#/b", "a+", "a\x00b"])
async def test_what_is_no_filter(box: Device, filter: str) -> None:
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.topics", filter=filter)
