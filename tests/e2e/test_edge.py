"""Orchestrator, edge agent, Mosquitto and a small greenhouse, all processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto, Peer, mosquitto, peer
from tests.support.processes import Json, Processes, Program, eventually, processes

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SENSORS = """
[broker]
host = "127.0.0.1"
port = {port}

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"
unit = "°C"

[[actuator]]
name = "window"
set = "greenhouse/window/set"
state = "greenhouse/window/state"
values = ["open", "closed"]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path.with_name(tmp_path.name + "-broker")) as found:
        yield found


@pytest.fixture
def greenhouse(broker: Mosquitto) -> Iterator[Peer]:
    """The greenhouse at work; what its window says of itself is heard."""
    program = subprocess.Popen([sys.executable, "-m", "tests.support.greenhouse", str(broker.port)], cwd=ROOT)
    try:
        with peer(broker.port, "greenhouse/window/state") as found:
            yield found
    finally:
        program.kill()
        program.wait()


def edge(world: Processes, broker: Mosquitto) -> Program:
    """The edge agent, not waited for."""
    path = world.folder / "sensors.toml"
    path.write_text(SENSORS.replace("{port}", str(broker.port)))
    world.workspace("box").mkdir(parents=True, exist_ok=True)
    places = ["--workspace", str(world.workspace("box")), "--state-dir", str(world.folder / "state" / "box")]
    return world.start("device", "edge", "--name", "box", "--url", world.url, *places, "--sensors", str(path))


def step(skill: str, **arguments: object) -> Json:
    return {"id": "a", "skill": skill, "arguments": arguments, "devices": {"names": ["box"]}}


def result(world: Processes, skill: str, **arguments: object) -> Json:
    """The output of one task on the box, which must succeed."""
    view = world.wait(world.submit(step(skill, **arguments)))
    assert view["state"] == "succeeded", view
    found: Json = view["tasks"][0]["output"]  # type: ignore[index]
    return found


def until_says(window: Peer, *states: str) -> None:
    """Wait until the window has said these, in this order."""
    for state in states:
        while window.next()[1] != state.encode():
            pass


def offered(world: Processes) -> set[str]:
    return {str(one["name"]) for one in world.get("/v1/devices/box")["skills"]}  # type: ignore[attr-defined]


def test_a_greenhouse_is_read_ruled_and_goes_on_by_itself(
    world: Processes, broker: Mosquitto, greenhouse: Peer
) -> None:
    orchestrator = world.up()
    agent = edge(world, broker)
    world.online("box")
    said = world.get("/v1/devices/box")["profile"]["edge"]  # type: ignore[index]
    assert [one["name"] for one in (*said["sensors"], *said["actuators"])] == ["temperature", "window"]
    assert isinstance(result(world, "edge.read", sensor="temperature")["value"], float)
    summed = result(world, "edge.aggregate", sensor="temperature", seconds=0.5)
    assert int(str(summed["count"])) > 5
    assert float(str(summed["min"])) <= float(str(summed["mean"])) <= float(str(summed["max"]))
    done = result(world, "edge.set", actuator="window", value="closed")
    assert (done["state"], done["confirmed"]) == ("closed", True)

    # The rule, while everybody is there; then without the orchestrator; then over a crash of the agent.
    rule = {"sensor": "temperature", "op": ">", "value": 30, "hysteresis": 3, "min_interval_s": 0}
    result(world, "edge.add_rule", **rule, actuator="window", set="open", otherwise="closed")
    until_says(greenhouse, "open", "closed")
    orchestrator.kill()
    until_says(greenhouse, "open", "closed")
    agent.kill()
    agent = edge(world, broker)
    until_says(greenhouse, "open", "closed")

    # All that was done meanwhile is told, each once.
    world.up()
    world.online("box")
    first = result(world, "edge.history", kind="rule", limit=3)
    rest = result(world, "edge.history", kind="rule", after=first["next"], limit=1000)
    numbers = [entry["number"] for page in (first, rest) for entry in page["entries"]]  # type: ignore[attr-defined]
    assert len(numbers) >= 6
    assert numbers == sorted(set(numbers))
    assert (first["missed"], rest["missed"]) == (0, 0)

    # The broker goes, and the orchestrator hears of it; it comes back, and so do the skills.
    broker.stop()
    eventually(lambda: "edge.read" not in offered(world), "the skills are still offered")
    assert "edge.rules" in offered(world)
    broker.start()
    eventually(lambda: "edge.read" in offered(world), "the skills did not come back")
    eventually(lambda: "broker is back" in agent.said, agent.said)
    assert agent.said.count("broker lost") == 1


def test_a_window_of_a_run_is_cancelled_in_the_middle(world: Processes, broker: Mosquitto, greenhouse: Peer) -> None:
    path = world.folder / "sensors.toml"
    path.write_text(SENSORS.replace("{port}", str(broker.port)))
    world.up("--device", "edge:box", "--sensors", str(path))
    run = world.submit(step("edge.aggregate", sensor="temperature", seconds=600))
    eventually(lambda: "asterism-box 1 greenhouse/temp" in broker.said, "nobody listens")
    world.post(f"/v1/runs/{run}/cancel", {})
    assert world.wait(run)["state"] == "cancelled"
    eventually(lambda: "UNSUBSCRIBE from asterism-box" in broker.said, "it still listens")


def test_a_wrong_password_ends_the_device_and_is_not_told(world: Processes, broker: Mosquitto) -> None:
    broker.stop()
    broker.settings = "allow_anonymous false\n"
    broker.start()
    secret = "hunter2-hunter2"
    (world.folder / "secret").write_text(secret)
    path = world.folder / "sensors.toml"
    line = f'username = "bob"\npassword_file = "{world.folder}/secret"\n'
    path.write_text(SENSORS.replace("port = {port}", f"port = {broker.port}\n{line}"))
    agent = world.start("device", "edge", "--name", "box", "--sensors", str(path), "--url", world.url)
    assert agent.ended() == 3, agent.said
    assert "password_file in [broker]" in agent.said
    assert secret not in agent.said + agent.answered


def waits(world: Processes, run: str) -> str:
    return " ".join(str(task["waiting_for"]) for task in world.get(f"/v1/runs/{run}")["tasks"])  # type: ignore[attr-defined]


def test_who_needs_what_is_away_is_told_why(world: Processes, broker: Mosquitto, greenhouse: Peer) -> None:
    world.up()
    edge(world, broker)
    world.device("alpha")
    world.online("alpha", "box")
    # A task waits for a skill that goes meanwhile, and goes on once it is back.
    until = step("shell.run", command="until [ -e go ]; do sleep 0.05; done")
    hold = {**until, "id": "hold", "devices": {"names": ["alpha"]}}
    read = {**step("edge.read", sensor="temperature"), "id": "read", "after": [{"step": "hold"}]}
    run = world.submit(hold, read)
    broker.stop()
    eventually(lambda: "edge.read" not in offered(world), "the skills are still offered")
    (world.workspace("alpha") / "go").touch()
    eventually(lambda: "box that can run edge.read: the broker" in waits(world, run), "nobody says why")
    broken = world.get("/v1/devices/box")["withheld"]
    assert set(broken) >= {"edge.read", "edge.set"}  # type: ignore[arg-type]

    asked = world.start("run", "open the window", "--url", world.url)
    assert asked.ended() == 4
    assert "box does not offer edge.set now" in asked.said
    assert "start it, or correct [broker] in the sensors file" in asked.said
    shown = world.start("skills", "--url", world.url)
    assert shown.ended() == 0
    assert "Not now on box: " in shown.said

    broker.start()
    assert world.wait(run)["state"] == "succeeded"
