"""SIGSTOP and SIGCONT: processes that hang past their lease and go on as if nothing had happened. They find out."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.kills import Plan, World, campaign, eventually, running
from tests.support.postgres import Server, execute
from tests.support.processes import Json, Processes, free_port
from tests.support.tcp_faults import proxy
from tests.support.zygote import Zygote, zygote

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
HEARTBEAT_S, LEASE_S = 0.5, 2.0
COMMAND = "touch {0}; while [ ! -e go ]; do sleep 0.02; done; echo {0} >> ledger"


@pytest.fixture(scope="module")
def launcher() -> Iterator[Zygote]:
    with zygote() as made:
        yield made


@dataclass
class Two:
    """An orchestrator and two devices."""

    world: World
    rest: Processes

    def hang(self, name: str) -> None:
        self.world.alive[name].signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        self.world.alive[name].signal(signal.SIGCONT)

    def work(self, device: str) -> Path:
        return self.world.folder / "work" / device

    def begun(self, device: str, name: str) -> None:
        eventually((self.work(device) / name).exists, f"{name} did not begin on {device}")

    def go(self) -> None:
        for device in self.world.devices:
            (self.work(device) / "go").touch()

    def ledger(self) -> Counter[str]:
        ledgers = [self.work(device) / "ledger" for device in self.world.devices]
        return Counter(line for path in ledgers if path.exists() for line in path.read_text().split())

    def bodies(self, run: str, *kinds: str) -> list[Json]:
        events: list[Json] = self.rest.get(f"/v1/runs/{run}/events?after=0")["events"]  # type: ignore[assignment]
        bodies: list[Json] = [event["body"] for event in events]  # type: ignore[misc]
        return [body for body in bodies if body["type"] in kinds]

    def until_seen(self, run: str, kind: str) -> None:
        eventually(lambda: bool(self.bodies(run, kind)), f"{kind} never came to pass")


@pytest.fixture
def two(tmp_path: Path, launcher: Zygote) -> Iterator[Two]:
    world = World(tmp_path, launcher, "", ["d0", "d1"], heartbeat_s=HEARTBEAT_S, lease_s=LEASE_S)
    with running(world):
        yield Two(world, Processes(tmp_path, port=world.port))
    assert not [name for name in ("up", "d0", "d1") if "Traceback" in world.said(name)]


def shell(id: str, device: str) -> Json:
    return {
        "id": id,
        "skill": "shell.run",
        "arguments": {"command": COMMAND.format(id)},
        "devices": {"names": [device]},
    }


def test_an_orchestrator_that_hangs_past_the_lease(two: Two) -> None:
    """The devices have left it; what they did meanwhile is taken, and no lease ran out but in its own dream."""
    run = two.rest.submit(shell("a", "d0"), shell("b", "d1"))
    two.begun("d0", "a")
    two.begun("d1", "b")
    two.world.mark()
    two.hang("up")
    two.go()
    eventually(lambda: two.ledger() == {"a": 1, "b": 1}, "the commands did not end")
    time.sleep(2 * LEASE_S)
    two.go_on("up")
    view = two.rest.wait(run)
    assert view["state"] == "succeeded", view
    assert len(two.bodies(run, "task_dispatched")) == len(two.bodies(run, "attempt_ended")) == 2
    assert two.ledger() == {"a": 1, "b": 1}


def test_a_device_that_hangs_and_has_what_may_be_repeated(two: Two) -> None:
    """It runs elsewhere; the late word of the first device changes nothing, and its epoch is another one."""
    first: Json = {"id": "a", "skill": "test.sleep", "arguments": {"seconds": 1.5}}
    run = two.rest.submit(first)
    two.until_seen(run, "task_dispatched")
    device = str(two.bodies(run, "task_dispatched")[0]["device"])
    before = two.rest.get(f"/v1/devices/{device}")["epoch"]
    two.hang(device)
    view = two.rest.wait(run)
    assert view["state"] == "succeeded", view
    ends = two.bodies(run, "attempt_ended")
    assert [(end["attempt"], end["outcome"]) for end in ends] == [(1, "lost"), (2, "succeeded")]
    assert two.bodies(run, "task_dispatched")[1]["device"] != device
    two.world.mark(device)
    two.go_on(device)
    two.world.until_met(device)
    assert two.rest.get(f"/v1/devices/{device}")["epoch"] > before  # type: ignore[operator]
    eventually(lambda: two.world.held(device) == 0, "a late result is held for ever")
    assert two.bodies(run, "attempt_ended") == ends


def test_a_device_that_hangs_and_has_what_may_not_be_repeated(two: Two) -> None:
    """A person is asked; before there is an answer the device comes back and says what became of it."""
    run = two.rest.submit(shell("a", "d0"))
    two.begun("d0", "a")
    two.hang("d0")
    view = two.rest.wait(run)
    assert (view["state"], view["tasks"][0]["status"]) == ("waiting", "unknown"), view  # type: ignore[index]
    two.go()
    two.go_on("d0")
    two.until_seen(run, "unknown_resolved")
    assert two.rest.wait(run)["state"] == "succeeded"
    assert two.ledger() == {"a": 1}
    assert len(two.bodies(run, "task_dispatched")) == 1


def test_a_device_that_comes_back_after_its_work_was_given_up(two: Two) -> None:
    """What was settled stays: a result from under a lease that has moved is no result."""
    run = two.rest.submit(shell("a", "d0"), revisions=0)
    two.begun("d0", "a")
    two.hang("d0")
    assert two.rest.wait(run)["state"] == "waiting"
    two.rest.post(f"/v1/runs/{run}/answers", {"answer": "failed"})
    view = two.rest.wait(run)
    assert view["state"] == "failed"
    two.go()
    two.world.mark("d0")
    two.go_on("d0")
    two.world.until_met("d0")
    eventually(lambda: two.world.held("d0") == 0, "a late result is held for ever")
    after = two.rest.wait(run)
    assert (after["state"], after["tasks"]) == (view["state"], view["tasks"])
    assert two.ledger()["a"] <= 1


def test_orchestrator_and_devices_that_hang_under_load(tmp_path: Path, launcher: Zygote) -> None:
    """Some for a moment, some for longer than the lease: nothing is lost, and nothing had twice."""
    report = campaign(Plan(kills=12, target="hang", seed=5), tmp_path, launcher)
    assert report.good, json.dumps(report.as_json(), indent=1)
    assert report.findings.looked_at["runs"] > 12


def test_an_orchestrator_that_hangs_while_another_one_takes_over(
    tmp_path: Path, launcher: Zygote, postgres_server: Server, postgres_url: str
) -> None:
    """With PostgreSQL. The first one's connections are cut meanwhile; when it goes on it writes nothing more."""
    world = World(tmp_path, launcher, postgres_url, ["d0"], heartbeat_s=HEARTBEAT_S, lease_s=4 * LEASE_S)
    with ExitStack() as stack:
        wire = stack.enter_context(proxy(("127.0.0.1", world.port)))
        world.urls["d0"] = wire.url
        stack.enter_context(running(world))
        one = Two(world, Processes(tmp_path, port=world.port))
        run = one.rest.submit(shell("a", "d0"))
        one.begun("d0", "a")
        one.hang("up")
        first = world.alive["up"]
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        execute(postgres_server.admin, f"{cut} '{postgres_url.rsplit('/', 1)[1]}'")
        world.port = free_port()
        world.alive["first"] = first
        world.start("up")
        world.until_ready()
        wire.target = ("127.0.0.1", world.port)
        wire.cut()
        world.until_met("d0")
        second = Two(world, Processes(tmp_path, port=world.port))
        second.go()
        assert second.rest.wait(run)["state"] == "succeeded"
        told = second.bodies(run, "task_dispatched", "attempt_ended", "run_ended")
        first.signal(signal.SIGCONT)
        # It finds out that the record is another's as soon as it has something to write.
        eventually(lambda: first.poll() is not None or not _accepts(one.rest), "the first one goes on as before")
        assert second.bodies(run, "task_dispatched", "attempt_ended", "run_ended") == told
        assert len(told) == 3
        assert second.ledger() == {"a": 1}


def _accepts(rest: Processes) -> bool:
    """Whether an orchestrator still takes requests."""
    try:
        rest.submit({"id": "a", "skill": "test.noop"})
    except (AssertionError, OSError):
        return False
    return True
