"""Orchestrator, phone agent, real `adb` and a simulated phone, each a process of its own: a plan over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.support.phones import needs_adb
from tests.support.plans import outputs, step_on
from tests.support.processes import Processes, eventually, processes

pytestmark = [pytest.mark.slow, needs_adb]

step = partial(step_on, "pixel")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        found.up()
        found.workspace("pixel").mkdir(parents=True)
        places = ["--workspace", str(found.workspace("pixel")), "--state-dir", str(tmp_path / "state" / "pixel")]
        found.start("device", "phone", "--simulated", "--name", "pixel", "--url", found.url, *places)
        found.device("alpha")
        found.online("pixel", "alpha")
        yield found


def test_a_plan_over_a_phone_and_a_server(world: Processes) -> None:
    [pixel] = [one for one in world.get("/v1/devices")["devices"] if one["name"] == "pixel"]  # type: ignore[attr-defined]
    assert pixel["labels"]["simulated"] == "true"
    assert pixel["profile"]["phone"]["simulated"] is True
    assert pixel["profile"]["phone"]["battery"] == 84
    assert pixel["profile"]["os"] == "android (simulated)"
    (world.workspace("alpha") / "list.txt").write_text("milk; $(reboot)\n")
    run = world.submit(
        step("battery", "phone.battery"),
        step("open", "phone.open_app", app="notes"),
        step("type", "phone.type", "open", text="buy 100% milk", into="note"),
        step("save", "phone.tap", "type", text="Save"),
        step("shot", "phone.screenshot", "save"),
        step("keep", "artifact.save", "shot", device="alpha", artifact="${shot.output.artifact}", path="in/phone.png"),
        step("publish", "artifact.publish", device="alpha", path="list.txt"),
        step(
            "push", "phone.push", "publish", artifact="${publish.output.artifact}", target="/sdcard/Download/list.txt"
        ),
        step("pull", "phone.pull", "push", source="${push.output.path}", target="back.txt"),
        step("find", "phone.find", "save", text="buy 100% milk"),
        step("sms", "phone.sms", "shot", "find", number="+4915550001", text="Milk is on the list; see you"),
    )
    view = world.wait(run)
    assert view["state"] == "succeeded", view
    found = outputs(view)
    assert found["battery"]["percent"] == 84
    assert found["type"]["verified"] is True
    assert len(found["find"]["elements"]) == 1  # type: ignore[arg-type]
    assert (world.workspace("alpha") / "in" / "phone.png").read_bytes().startswith(b"\x89PNG")
    assert (world.workspace("pixel") / "back.txt").read_text() == "milk; $(reboot)\n"
    assert found["push"]["sha256"] == found["pull"]["sha256"]
    assert found["sms"]["number"] == "+4915550001"


def test_nobody_is_called_or_written_to_without_approval(world: Processes) -> None:
    run = world.submit(step("call", "phone.call", number="112"), approve="ask")
    view = world.wait(run)
    assert view["state"] == "waiting"
    [approval] = view["approvals"]  # type: ignore[misc]
    assert (approval["skill"], approval["arguments"]) == ("phone.call", {"number": "112"})  # type: ignore[index, call-overload]
    world.post(f"/v1/runs/{run}/approvals/{approval['id']}", {"granted": False})  # type: ignore[index, call-overload]
    assert world.wait(run)["state"] == "failed"
    calls = world.wait(world.submit(step("calls", "phone.calls")))
    assert all(one["number"] != "112" for one in outputs(calls)["calls"]["calls"])  # type: ignore[attr-defined, union-attr, index]


def test_a_cancelled_run_ends_what_it_does_on_the_phone(world: Processes) -> None:
    run = world.submit(step("wait", "phone.shell", command="sleep 600", timeout_s=900.0))
    world.until_event(run, "task_dispatched")
    world.post(f"/v1/runs/{run}/cancel", {})
    assert world.wait(run)["state"] == "cancelled"
    again = world.wait(world.submit(step("look", "phone.ui")))
    assert again["state"] == "succeeded"


def test_an_agent_that_is_killed_leaves_no_adb_behind(world: Processes) -> None:
    [agent] = [one for one in world.programs if "--simulated" in one.words]
    servers = [one for one in psutil.Process(agent.process.pid).children(recursive=True) if "nodaemon" in one.cmdline()]
    assert len(servers) == 2  # the launcher, and the ADB server below it
    agent.kill()
    eventually(lambda: not any(one.is_running() for one in servers), "the ADB server outlived its agent")


def test_a_phone_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    """`up` does not stand still for it, and says why."""
    with processes(tmp_path) as found:
        program = found.start("device", "phone", "--name", "p", "--url", found.url, "--adb-server", str(found.port))
        assert program.ended() == 3
        assert "no phone is there: plug one in" in program.said.lower()
        waiting = found.start(
            "device", "phone", "--name", "p", "--url", found.url, "--adb-server", str(found.port), "--serial", "GONE1",
            "--state-dir", str(tmp_path / "state"),
        )  # fmt: skip
        waiting.await_line("waiting for the phone")
        assert "the phone GONE1 is not there: plug it in" in waiting.said


def test_up_says_that_its_phone_is_simulated(tmp_path: Path) -> None:
    with processes(tmp_path) as found:
        program = found.up("--device", "phone", "--simulated")
        assert "device simulated-phone is SIMULATED: no phone is behind it" in program.said
        found.online("simulated-phone")
        eventually(lambda: "with simulated-phone" in program.answered, "up did not name its phone")
