"""Following a sensor: windows, thresholds, sums at the edge, and the end in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from protocol.errors import ErrorCode
from tests.support.mosquitto import Mosquitto, Peer
from tests.tools.edge.conftest import Boxes, Device

pytestmark = pytest.mark.slow


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def listening(running: Mosquitto, topic: str) -> Callable[[], bool]:
    """Whether the broker has confirmed one more subscription to a topic than now."""
    before = running.said.count(f"asterism-box 1 {topic}")
    return lambda: running.said.count(f"asterism-box 1 {topic}") > before


async def say(others: Peer, *values: object, topic: str = "greenhouse/temp") -> None:
    for value in values:
        await asyncio.to_thread(others.say, topic, str(value))


async def test_a_window_is_summed_up_at_the_edge(box: Device, others: Peer, running: Mosquitto) -> None:
    others.say("greenhouse/temp", "79", retain=True)  # old: it does not count
    there = listening(running, "greenhouse/temp")
    window = asyncio.ensure_future(box.call("edge.aggregate", sensor="temperature", seconds=1.0))
    await until(there)
    await say(others, 20, 21, "rubbish", 25)
    found = await window
    assert [found[key] for key in ("count", "mean", "min", "max", "first", "last", "rejected")] == [
        3, 22.0, 20.0, 25.0, 20.0, 25.0, 1,
    ]  # fmt: skip
    assert found["rate_per_s"] == 3.0
    assert found["change_per_s"] > 0
    assert "rubbish" in found["problem"]


async def test_two_windows_over_the_same_topic_double_nothing(box: Device, others: Peer, running: Mosquitto) -> None:
    there = listening(running, "lab/x"), listening(running, "lab/#")
    count = asyncio.ensure_future(box.call("edge.aggregate", sensor="lab/x", seconds=1.0))
    topics = asyncio.ensure_future(box.call("edge.topics", filter="lab/#", seconds=1.0))
    await until(lambda: all(one() for one in there))
    await say(others, 1, 2, 3, topic="lab/x")
    assert (await count)["count"] == 3
    assert (await topics)["messages"] == 3


async def test_a_window_without_a_number(box: Device) -> None:
    await box.refused(ErrorCode.TIMEOUT, "edge.aggregate", sensor="temperature", seconds=0.05)


async def test_a_threshold_ends_the_watch(box: Device, others: Peer, running: Mosquitto) -> None:
    there = listening(running, "greenhouse/temp")
    watch = asyncio.ensure_future(box.call("edge.watch", sensor="temperature", seconds=20, above=30))
    await until(there)
    await say(others, 28, 29.5, 31, 40)
    found = await watch
    assert (found["crossed"], found["crossing"]["value"]) == (True, 31.0)
    assert [sample["value"] for sample in found["samples"]] == [28.0, 29.5, 31.0]
    assert found["seconds"] < 15


async def test_a_watch_of_a_silent_sensor_says_so(box: Device) -> None:
    found = await box.call("edge.watch", sensor="temperature", seconds=0.05)
    assert (found["count"], found["crossed"], found["min"]) == (0, False, None)


async def test_a_window_is_cancelled_in_the_middle(box: Device, others: Peer, running: Mosquitto) -> None:
    """Nothing is listened to any more, and the next window counts from nothing."""
    there = listening(running, "greenhouse/temp")
    window = asyncio.ensure_future(box.call("edge.aggregate", sensor="temperature", seconds=600))
    await until(there)
    await say(others, 20)
    window.cancel()
    with pytest.raises(asyncio.CancelledError):
        await window
    await until(lambda: "UNSUBSCRIBE from asterism-box" in running.said)
    assert box.edge.box.mqtt()._groups == {}
    there = listening(running, "greenhouse/temp")
    window = asyncio.ensure_future(box.call("edge.aggregate", sensor="temperature", seconds=0.5))
    await until(there)
    await say(others, 30)
    assert (await window)["count"] == 1


async def test_samples_are_bounded_and_counts_are_not(box: Device, others: Peer, running: Mosquitto) -> None:
    there = listening(running, "greenhouse/temp")
    watch = asyncio.ensure_future(box.call("edge.watch", sensor="temperature", seconds=1.0, limit=2))
    await until(there)
    await say(others, 1, 2, 3, 4)
    found = await watch
    assert (len(found["samples"]), found["count"], found["max"], found["truncated"]) == (2, 4, 4.0, True)


async def test_a_window_goes_on_when_the_broker_comes_back(boxes: Boxes, own: Mosquitto) -> None:
    """What was lost in between is told as a gap."""
    boxes.port = own.port
    box = await boxes.start()
    there = listening(own, "greenhouse/temp")
    watch = asyncio.ensure_future(box.call("edge.watch", sensor="temperature", seconds=20, above=30))
    await until(there)
    own.stop()
    await until(lambda: not box.edge.box.mqtt().online)
    own.start()
    await until(lambda: box.edge.box.mqtt().online)
    one = Peer(own.port)
    await say(one, 31)
    one.close()
    found = await watch
    assert (found["crossed"], found["gaps"]) == (True, 1)
