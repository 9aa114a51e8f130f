"""Rules, schedules and recordings at work: on a real broker, over restarts, and while it is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from protocol.errors import ErrorCode
from tests.support.mosquitto import Mosquitto, Peer, peer
from tests.tools.edge.conftest import Boxes, Device, Found
from tools.edge import broker as broker_module
from tools.edge import keeper, rules

pytestmark = pytest.mark.slow
WARM: Found = {"sensor": "temperature", "op": ">", "value": 30, "actuator": "window", "set": "open"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "BACKOFF_S", 0.02)
    monkeypatch.setattr(rules, "RETRY_S", 0.1)


@contextmanager
def obedient(port: int) -> Iterator[Peer]:
    """A window that does what it is told, and says so; what it was told is in `heard`."""
    with peer(port, "greenhouse/window/set") as found:

        def obey(client: object, userdata: object, message: object) -> None:
            found.heard.put((message.topic, message.payload))  # type: ignore[attr-defined]
            found.client.publish("greenhouse/window/state", message.payload, retain=True)  # type: ignore[attr-defined]

        found.client.on_message = obey
        yield found
        for topic in ("greenhouse/temp", "greenhouse/window/state"):
            found.say(topic, b"", retain=True)


@pytest.fixture
def window(running: Mosquitto) -> Iterator[Peer]:
    with obedient(running.port) as found:
        yield found


async def told(window: Peer) -> str:
    _, payload = await asyncio.to_thread(window.next)
    return payload.decode()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


# --- rules -----------------------------------------------------------------------------------------------------


async def test_a_rule_acts_and_is_noted(box: Device, window: Peer) -> None:
    found = await box.call("edge.add_rule", **WARM, otherwise="closed", hysteresis=2, min_interval_s=0)
    assert found["text"] == "when temperature > 30 (back by 2) set window open, otherwise closed"
    for value in ("29", "31", "29", "27"):
        await asyncio.to_thread(window.say, "greenhouse/temp", value, retain=True)
    assert [await told(window), await told(window)] == ["open", "closed"]
    entry = await box.noted(lambda body: body.get("set") == "closed")
    assert (entry["body"]["outcome"], entry["body"]["value"]) == ("confirmed", 27.0)
    assert (await box.call("edge.rules"))["rules"][0]["active"] is False
    await box.call("edge.remove_rule", name=found["name"])
    assert (await box.call("edge.rules"))["count"] == 0
    await box.refused(ErrorCode.NOT_FOUND, "edge.remove_rule", name="nothing")


async def test_a_rule_outlives_the_agent(boxes: Boxes, window: Peer) -> None:
    """It works after a restart, without anybody, and first makes sure that its last action was done."""
    box = await boxes.start()
    await box.call("edge.add_rule", **WARM, otherwise="closed", min_interval_s=0)
    await asyncio.to_thread(window.say, "greenhouse/temp", "35", retain=True)
    assert await told(window) == "open"
    await box.noted(lambda body: body.get("outcome") == "confirmed")
    await boxes.end()
    box = await boxes.start()
    assert (await box.call("edge.rules"))["rules"][0]["active"] is True
    assert await told(window) == "open"
    await asyncio.to_thread(window.say, "greenhouse/temp", "20", retain=True)
    assert await told(window) == "closed"
    assert window.heard.empty()


async def test_a_rule_whose_actuator_does_not_confirm_tries_again(box: Device, others: Peer) -> None:
    await box.call("edge.add_rule", **WARM, min_interval_s=0)
    await asyncio.to_thread(others.say, "greenhouse/temp", "35", retain=True)
    await box.noted(lambda body: body.get("outcome") == "unconfirmed")
    with peer(others.client.port, "greenhouse/window/set") as hears:
        assert [await told(hears), await told(hears)] == ["open", "open"]
    with obedient(others.client.port) as window:
        assert await told(window) == "open"
        await box.noted(lambda body: body.get("outcome") == "confirmed")
    outcomes = [entry["body"]["outcome"] for entry in (await box.call("edge.history"))["entries"]]
    assert outcomes == ["unconfirmed", "confirmed"]


async def test_a_rule_goes_on_when_the_broker_comes_back(boxes: Boxes, own: Mosquitto) -> None:
    boxes.port = own.port
    box = await boxes.start()
    await box.call("edge.add_rule", **WARM, min_interval_s=0)
    own.stop()
    await until(lambda: not box.edge.box.mqtt().online)
    own.start()
    with obedient(own.port) as window:
        await asyncio.to_thread(window.say, "greenhouse/temp", "35", retain=True)
        assert await told(window) == "open"


async def test_a_rule_for_a_broker_that_is_away_can_be_made(boxes: Boxes, own: Mosquitto) -> None:
    own.stop()
    boxes.port = own.port
    box = await boxes.start()
    await box.call("edge.add_rule", **WARM)
    own.start()
    with obedient(own.port) as window:
        await asyncio.to_thread(window.say, "greenhouse/temp", "35", retain=True)
        assert await told(window) == "open"


async def test_garbage_makes_no_rule_act(box: Device, window: Peer) -> None:
    await box.call("edge.add_rule", **WARM, min_interval_s=0)
    for payload in (b"\xff\xff", b"9999", b"hot", b"x" * 300_000, b"31"):
        await asyncio.to_thread(window.say, "greenhouse/temp", payload)
    assert await told(window) == "open"
    entry = await box.noted(lambda body: body.get("outcome") == "confirmed")
    assert entry["body"]["value"] == 31.0
    assert window.heard.empty()


async def test_rules_that_cannot_be(box: Device) -> None:
    await box.refused(ErrorCode.DENIED, "edge.add_rule", **{**WARM, "set": "half"})
    await box.refused(ErrorCode.NOT_FOUND, "edge.add_rule", **{**WARM, "actuator": "door"})
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.add_rule", **{**WARM, "value": "warm"})
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.add_rule", **{**WARM, "sensor": "greenhouse/window/set"})
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.add_rule", **{**WARM, "name": "a\x1b[2J"})


async def test_a_rule_that_is_added_again_is_the_same(box: Device) -> None:
    names = {(await box.call("edge.add_rule", **WARM))["name"] for _ in range(2)}
    assert len(names) == 1
    await box.call("edge.add_rule", **{**WARM, "value": 31})
    assert (await box.call("edge.rules"))["count"] == 2
    await box.refused(ErrorCode.ALREADY_EXISTS, "edge.add_rule", **{**WARM, "value": 33, "name": names.pop()})


@pytest.mark.parametrize(("moved", "waits"), [(0.0, 10.0), (-5.0, 5.0), (-1e6, 0.0), (1e6, 10.0)])
def test_an_interval_is_kept_over_a_restart_and_a_clock_that_jumps(moved: float, waits: float) -> None:
    """A clock that was set back (the last action lies ahead of it) begins the interval anew."""
    state = keeper._restored({"active": True, "acted": time.time() + moved})
    left = state.acted + 10.0 - time.monotonic()
    assert max(0.0, left) == pytest.approx(waits, abs=0.5)
    assert state.unsure


async def test_a_fault_of_ours_ends_the_device(box: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rules, "wake", broken)
    await box.call("edge.add_rule", **WARM)
    await until(lambda: any(task.done() for task in box.edge.work + box.edge.keeper.work))
    with pytest.raises(ZeroDivisionError):
        box.edge.check()


# --- schedules -------------------------------------------------------------------------------------------------


async def test_a_schedule_sets_its_actuator_again_and_again(box: Device, window: Peer) -> None:
    found = await box.call("edge.add_schedule", actuator="window", set="open", every_s=1)
    assert [await told(window), await told(window)] == ["open", "open"]
    await box.call("edge.remove_schedule", name=found["name"])
    assert (await box.call("edge.schedules"))["count"] == 0


async def test_a_timer_is_done_once_and_gone(boxes: Boxes, window: Peer) -> None:
    box = await boxes.start()
    await box.call("edge.add_schedule", actuator="window", set="closed", in_s=0.2)
    assert await told(window) == "closed"
    await box.noted(lambda body: body.get("outcome") == "confirmed" and "schedule" in body)
    await until(lambda: not box.edge.keeper.schedules)
    await boxes.end()
    box = await boxes.start()
    assert (await box.call("edge.schedules"))["count"] == 0


async def test_a_timer_that_the_box_slept_through_is_missed_and_told(boxes: Boxes, window: Peer) -> None:
    box = await boxes.start()
    await box.call("edge.add_schedule", actuator="window", set="closed", in_s=0.05, late_s=1, name="nap")
    await boxes.end()
    await asyncio.sleep(1.1)  # what it must be late by
    box = await boxes.start()
    entry = await box.noted(lambda body: body.get("schedule") == "nap")
    assert entry["body"]["outcome"] == "missed"
    assert window.heard.empty()


async def test_a_schedule_waits_for_the_broker_within_its_lateness(boxes: Boxes, own: Mosquitto) -> None:
    own.stop()
    boxes.port = own.port
    box = await boxes.start()
    await box.call("edge.add_schedule", actuator="window", set="open", in_s=0.05, late_s=60)
    await box.call("edge.add_schedule", actuator="window", set="closed", in_s=0.05, late_s=1)
    entry = await box.noted(lambda body: body.get("outcome") == "missed")
    assert "broker" in entry["body"]["why"]
    own.start()
    entry = await box.noted(lambda body: body.get("set") == "open")
    assert entry["body"]["outcome"] == "unconfirmed"


@pytest.mark.parametrize(
    "when", [{}, {"every_s": 5, "daily": "20:00"}, {"at": "yesterday"}, {"at": "2020-01-01T00:00"}, {"daily": "24:00"}]
)
async def test_schedules_that_cannot_be(box: Device, when: Found) -> None:
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.add_schedule", actuator="window", set="open", **when)


# --- recordings and the history --------------------------------------------------------------------------------


async def test_readings_are_recorded_without_anybody_and_read_once(boxes: Boxes, others: Peer) -> None:
    """What the broker retains comes again after the restart, and is no new reading."""

    async def recorded(box: Device, value: float) -> None:
        noted = asyncio.ensure_future(box.noted(lambda body: body.get("value") == value))
        while not noted.done():
            await asyncio.to_thread(others.say, "greenhouse/temp", str(value), retain=True)
            await asyncio.sleep(0.02)
        await noted

    box = await boxes.start()
    await box.call("edge.record", sensor="temperature", every_s=1)
    await recorded(box, 20.0)
    first = await box.call("edge.history", kind="reading")
    await boxes.end()
    box = await boxes.start()
    await recorded(box, 21.0)
    second = await box.call("edge.history", after=first["next"], kind="reading")
    assert [entry["body"]["value"] for entry in first["entries"] + second["entries"]] == [20.0, 21.0]
    assert (await box.call("edge.history", after=second["next"]))["count"] == 0
    await box.call("edge.stop_recording", sensor="temperature")
    await box.refused(ErrorCode.NOT_FOUND, "edge.stop_recording", sensor="temperature")


async def test_the_history_is_exported_as_a_file(box: Device) -> None:
    for number in range(42):
        await box.edge.store.note(time.time(), "reading", {"sensor": "x", "value": number})
    found = await box.call("edge.export_history", path="out/history.jsonl")
    assert (found["entries"], found["missed"]) == (42, 0)
    text = (box.context.workspace.root / "out/history.jsonl").read_text()
    assert len(text.splitlines()) == 42
    await box.refused(ErrorCode.OUTSIDE_WORKSPACE, "edge.export_history", path="../x")
