"""Faults of the network between real processes: noticed in time, sessions resumed, nothing repeated."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.kills import Plan, World, campaign, eventually, running
from tests.support.processes import Json, Processes
from tests.support.tcp_faults import Wire, proxy
from tests.support.zygote import Zygote, zygote

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
HEARTBEAT_S, LEASE_S = 1.0, 8.0
SLACK_S = 4.0  # of a machine with other things to do; still before the lease ends


@pytest.fixture(scope="module")
def launcher() -> Iterator[Zygote]:
    with zygote() as made:
        yield made


@dataclass
class Wired:
    """An orchestrator and the device d0, which speaks to it through a proxy."""

    world: World
    wire: Wire
    rest: Processes

    @property
    def online(self) -> bool:
        return bool(self.rest.get("/v1/devices/d0")["online"])

    def epoch(self) -> object:
        return self.rest.get("/v1/devices/d0")["epoch"]

    def seconds_until(self, online: bool) -> float:
        began = time.monotonic()
        eventually(lambda: self.online is online, f"d0 is not {'here' if online else 'away'}")
        return time.monotonic() - began

    def ledger(self) -> list[str]:
        path = self.world.folder / "work" / "d0" / "ledger"
        return path.read_text().split() if path.exists() else []

    def attempts(self, run: str) -> Counter[str]:
        events: list[Json] = self.rest.get(f"/v1/runs/{run}/events?after=0")["events"]  # type: ignore[assignment]
        bodies: list[Json] = [event["body"] for event in events]  # type: ignore[misc]
        return Counter(str(body["task"]) for body in bodies if body["type"] == "task_dispatched")


@pytest.fixture
def wired(tmp_path: Path, launcher: Zygote) -> Iterator[Wired]:
    world = World(tmp_path, launcher, "", ["d0"], heartbeat_s=HEARTBEAT_S, lease_s=LEASE_S)
    with ExitStack() as stack:
        wire = stack.enter_context(proxy(("127.0.0.1", world.port)))
        world.urls["d0"] = wire.url
        stack.enter_context(running(world))
        yield Wired(world, wire, Processes(tmp_path, port=world.port))
    assert "Traceback" not in world.said("up") + world.said("d0")


def append(id: str, *after: str) -> Json:
    arguments = {"path": "ledger", "text": f"{id}\n"}
    return {"id": id, "skill": "file.append", "arguments": arguments, "after": [{"step": name} for name in after]}


def shell(id: str, command: str, *after: str) -> Json:
    arguments = {"command": f"{command}; echo {id} >> ledger"}
    return {"id": id, "skill": "shell.run", "arguments": arguments, "after": [{"step": name} for name in after]}


def begun(wired: Wired) -> None:
    place = wired.world.folder / "work" / "d0" / "begun"
    eventually(place.exists, "the command did not begin")


def done_once(wired: Wired, run: str, *ids: str) -> None:
    view = wired.rest.wait(run)
    assert view["state"] == "succeeded", view
    assert Counter(wired.ledger()) == dict.fromkeys(ids, 1)
    assert wired.attempts(run) == dict.fromkeys(ids, 1)


def test_a_cut_is_noticed_at_once(wired: Wired) -> None:
    wired.wire.closed = True
    wired.wire.cut()
    assert wired.seconds_until(False) < 2 * HEARTBEAT_S  # before a heartbeat could be missed
    wired.wire.heal()
    wired.seconds_until(True)


def test_a_connection_that_flaps_in_the_middle_of_work(wired: Wired) -> None:
    """Each time the device comes back, its session goes on, and the command that runs is not disturbed."""
    run = wired.rest.submit(
        append("a"), shell("b", "touch begun; while [ ! -e go ]; do sleep 0.02; done", "a"), append("c", "b")
    )
    begun(wired)
    for _ in range(8):
        wired.world.mark()
        wired.wire.cut()
        wired.world.until_met("d0")
    (wired.world.folder / "work" / "d0" / "go").touch()
    done_once(wired, run, "a", "b", "c")


def test_a_result_that_is_made_while_nobody_hears_it(wired: Wired) -> None:
    run = wired.rest.submit(shell("a", "touch begun; while [ ! -e go ]; do sleep 0.02; done"), append("b", "a"))
    begun(wired)
    wired.wire.closed = True
    wired.wire.cut()
    wired.seconds_until(False)
    (wired.world.folder / "work" / "d0" / "go").touch()
    eventually(lambda: wired.ledger() == ["a"], "the command did not end")
    wired.wire.heal()
    done_once(wired, run, "a", "b")


def test_a_device_that_is_not_heard_any_more(wired: Wired) -> None:
    """Half-open: what it says is lost. The gateway misses two heartbeats; the device is told, and comes again."""
    wired.world.mark()
    wired.wire.swallow = "up"
    assert wired.seconds_until(False) < 2 * HEARTBEAT_S + SLACK_S
    run = wired.rest.submit(append("a"))
    wired.wire.heal()
    wired.world.until_met("d0")
    done_once(wired, run, "a")


def test_a_device_that_hears_nothing_any_more(wired: Wired) -> None:
    """Half-open the other way: what is dispatched is lost on the way, and sent again once the device has noticed."""
    wired.world.mark()
    wired.wire.swallow = "down"
    run = wired.rest.submit(append("a"), shell("b", "true", "a"))
    eventually(lambda: wired.wire.swallowed > 0, "nothing was dispatched")
    wired.wire.heal()
    began = time.monotonic()
    wired.world.until_met("d0")
    # Three heartbeats until the device gives up a gateway that is silent, and then its first back-off.
    assert time.monotonic() - began < 3 * HEARTBEAT_S + 0.5 + SLACK_S
    done_once(wired, run, "a", "b")


def test_a_network_that_stalls_and_goes_on(wired: Wired) -> None:
    epoch = wired.epoch()
    wired.wire.stalled = True
    run = wired.rest.submit(append("a"), append("b", "a"))
    time.sleep(HEARTBEAT_S)  # less than anybody would miss
    wired.wire.heal()
    done_once(wired, run, "a", "b")
    assert wired.epoch() == epoch


def test_a_network_that_stalls_for_good(wired: Wired) -> None:
    wired.wire.stalled = True
    assert wired.seconds_until(False) < 2 * HEARTBEAT_S + SLACK_S
    run = wired.rest.submit(append("a"))
    wired.wire.heal()
    done_once(wired, run, "a")


def test_a_slow_and_narrow_network(wired: Wired) -> None:
    """200 ms each way and 100 kB/s: a new connection's registration alone takes its time. Nothing is given up."""
    wired.wire.delay_s, wired.wire.bytes_per_s = 0.2, 100_000.0
    wired.world.mark()
    wired.wire.cut()
    wired.world.until_met("d0")
    run = wired.rest.submit(*(append(f"s{n}") for n in range(20)), append("end", *(f"s{n}" for n in range(20))))
    done_once(wired, run, *(f"s{n}" for n in range(20)), "end")


def test_many_faults_under_load(tmp_path: Path, launcher: Zygote) -> None:
    """Cuts, half-open and stalled connections, each mended within the lease: every run ends as without them."""
    report = campaign(Plan(kills=40, target="network", seed=7), tmp_path, launcher)
    assert report.good, json.dumps(report.as_json(), indent=1)
    assert report.findings.looked_at["runs"] > 40
