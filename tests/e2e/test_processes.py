"""Real processes that are interrupted, killed and started again: nothing is lost, done twice, or left behind."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cli import call
from tests.support.processes import Json, Processes, below, eventually, processes

pytestmark = pytest.mark.slow
DEVICES = ("alpha", "beta", "gamma")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


def step(id: str, skill: str, device: str, **arguments: object) -> Json:
    return {"id": id, "skill": skill, "arguments": arguments, "devices": {"names": [device]}}


def after(one: Json, *others: str) -> Json:
    return {**one, "after": [{"step": other} for other in others]}


# --- the orchestrator is killed ------------------------------------------------------------------------------------


def work(number: int) -> list[Json]:
    """Ten tasks on three devices, of which none may be repeated but those that only read."""
    word = f"r{number}"
    alpha, beta, gamma = DEVICES
    return [
        step("one", "file.append", alpha, path="ledger", text=f"{word}.one\n"),
        step("two", "shell.run", beta, command=f"echo {word}.two >> ledger"),
        step("slow", "test.sleep", gamma, seconds=0.4),
        after(step("three", "file.append", gamma, path="ledger", text=f"{word}.three\n"), "one"),
        after(step("look", "file.read", alpha, path="ledger"), "one"),
        after(step("four", "shell.run", alpha, command=f"sleep 0.3; echo {word}.four >> ledger"), "two", "look"),
        after(step("five", "file.append", beta, path="ledger", text=f"{word}.five\n"), "slow", "three"),
        after(step("six", "file.append", alpha, path="ledger", text=f"{word}.six\n"), "four", "five"),
        after(step("seven", "shell.run", gamma, command=f"echo {word}.seven >> ledger"), "six"),
        after(step("end", "test.noop", beta), "seven"),
    ]


MOMENTS = [
    ("run_submitted", 1),
    ("graph_edited", 1),
    ("task_dispatched", 1),
    ("attempt_ended", 1),
    ("task_dispatched", 4),
    ("attempt_ended", 4),
    ("task_dispatched", 7),
    ("attempt_ended", 8),
    ("task_dispatched", 10),
    ("run_ended", 1),
]


def test_an_orchestrator_that_is_killed_again_and_again(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    orchestrator = world.up()
    for name in DEVICES:
        world.device(name)
    world.online(*DEVICES)
    runs = []
    for number, (kind, count) in enumerate(MOMENTS):
        run = world.submit(*work(number))
        runs.append(run)
        world.until_event(run, kind, count)
        orchestrator.kill()
        orchestrator = world.up()
    views = [world.wait(run) for run in runs]
    assert [view["state"] for view in views] == ["succeeded"] * len(MOMENTS), views
    _done_once(world)
    capsys.readouterr()
    for run in runs:
        _told_once(run, world, capsys)


def _done_once(world: Processes) -> None:
    ledger = Counter(line for name in DEVICES for line in (world.workspace(name) / "ledger").read_text().splitlines())
    words = ("one", "two", "three", "four", "five", "six", "seven")
    assert ledger == {f"r{number}.{word}": 1 for number in range(len(MOMENTS)) for word in words}


def _told_once(run: str, world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    """One start and one end of each attempt, one attempt of each task; and the log gives the state again."""
    assert call("events", run, "--json", "--url", world.url) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    for kind in ("task_dispatched", "attempt_ended"):
        told = Counter((body["task"], body["attempt"]) for body in (e["body"] for e in events) if body["type"] == kind)
        assert told == {(one["id"], 1): 1 for one in work(0)}, (run, kind)
    assert call("replay", run, "--json", "--url", world.url) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True


def test_an_orchestrator_that_is_killed_while_a_person_is_asked(world: Processes) -> None:
    orchestrator = world.up()
    world.device("alpha")
    world.online("alpha")
    speaks = world.submit(step("a", "shell.run", "alpha", command="echo said"))
    assert world.wait(speaks)["state"] == "succeeded"
    said = world.get(f"/v1/runs/{speaks}/tasks/a/log")
    assert [entry["text"] for entry in said["entries"]] == ["said"]  # type: ignore[attr-defined]
    with contextlib.closing(sqlite3.connect(world.database)) as record:
        eventually(lambda: record.execute("SELECT 1 FROM task_logs").fetchone() is not None, "the log is on record")
    run = world.submit(step("a", "file.append", "alpha", path="ledger", text="x\n"), approve="ask")
    before = world.wait(run)["approvals"]
    orchestrator.kill()
    orchestrator = world.up()
    assert world.get(f"/v1/runs/{speaks}/tasks/a/log") == said
    world.online("alpha")
    view = world.wait(run)
    assert (view["state"], view["approvals"]) == ("waiting", before)
    assert not (world.workspace("alpha") / "ledger").exists()
    world.post(f"/v1/runs/{run}/approvals/{before[0]['id']}", {"granted": True})  # type: ignore[index]
    orchestrator.kill()
    world.up()
    assert world.wait(run)["state"] == "succeeded"
    assert (world.workspace("alpha") / "ledger").read_text() == "x\n"


def test_an_orchestrator_that_is_killed_while_it_cancels(world: Processes) -> None:
    orchestrator = world.up()
    world.device("alpha")
    world.online("alpha")
    run = world.submit(step("a", "shell.run", "alpha", command="echo begun > begun; sleep 60; echo late > late"))
    eventually((world.workspace("alpha") / "begun").exists, "the command did not begin")
    world.post(f"/v1/runs/{run}/cancel", {})
    orchestrator.kill()
    world.up()
    assert world.wait(run)["state"] == "cancelled"
    assert not (world.workspace("alpha") / "late").exists()


# --- a device is killed --------------------------------------------------------------------------------------------


def test_a_device_that_is_killed_in_the_middle_of_its_work(world: Processes) -> None:
    """What only reads is run again; what may have had its effect is asked about, and never repeated unasked."""
    world.up()
    agent = world.device("alpha")
    world.online("alpha")
    ledger = world.workspace("alpha") / "ledger"
    reads = world.submit(step("a", "test.sleep", "alpha", seconds=1.0))
    writes = world.submit(step("a", "shell.run", "alpha", command="echo once >> ledger; exec sleep 60"))
    eventually(lambda: ledger.exists() and ledger.read_text() != "", "the command did not begin")
    world.until_event(reads, "task_dispatched")
    agent.kill()
    world.device("alpha")
    view = world.wait(writes)
    assert (view["state"], view["tasks"][0]["status"]) == ("waiting", "unknown"), view  # type: ignore[index]
    assert [choice["value"] for choice in view["questions"][0]["clarification"]["choices"]] == [  # type: ignore[index]
        "succeeded",
        "retry",
        "failed",
    ]
    assert world.wait(reads)["state"] == "succeeded"
    world.post(f"/v1/runs/{writes}/answers", {"answer": "succeeded"})
    assert world.wait(writes)["state"] == "succeeded"
    assert ledger.read_text() == "once\n"


def test_everything_is_killed_at_once(world: Processes) -> None:
    orchestrator = world.up()
    agents = [world.device(name) for name in DEVICES]
    world.online(*DEVICES)
    run = world.submit(*work(0))
    world.until_event(run, "attempt_ended", 2)
    for program in (orchestrator, *agents):
        program.process.kill()
    for program in (orchestrator, *agents):
        program.process.wait()
    world.up()
    for name in DEVICES:
        world.device(name)
    view = world.wait(run)
    while view["state"] == "waiting":  # what is not known is not repeated: give it up, and see that it was not
        # One at a time: a task that is given up may end the run, and with it the other questions.
        question = view["questions"][0]  # type: ignore[index]
        world.post(f"/v1/runs/{run}/answers", {"question": question["id"], "answer": "failed"})
        view = world.wait(run)
    assert view["state"] in ("succeeded", "failed")
    ledgers = [world.workspace(name) / "ledger" for name in DEVICES]
    lines = [line for ledger in ledgers if ledger.exists() for line in ledger.read_text().splitlines()]
    assert len(lines) == len(set(lines))


# --- signals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_with_devices_ends_clean_in_the_middle_of_work(world: Processes, number: int) -> None:
    orchestrator = world.up("--device", "server:alpha", "--device", "server:beta")
    command = "echo $$ > pid; sleep 600"
    world.submit(*(step(name, "shell.run", name, command=command) for name in ("alpha", "beta")))
    places = [world.folder / "home" / "devices" / name / "workspace" / "pid" for name in ("alpha", "beta")]
    eventually(lambda: all(place.exists() and place.read_text() for place in places), "the commands did not begin")
    orchestrator.interrupt(number)
    assert orchestrator.ended() == 0, orchestrator.said
    assert not [place for place in places if Path(f"/proc/{place.read_text().strip()}").exists()]
    eventually(lambda: below(world.folder) == [], "a process was left behind")


def test_up_is_interrupted_before_it_is_ready(world: Processes) -> None:
    """At any moment of its start: it ends clean, and the next one finds the database free."""
    for text in ("", "alpha"):
        program = world.start("up", "--port", str(world.port), "--device", "server:alpha")
        if text:
            eventually(lambda: bool(below(world.folder / "home" / "devices")), "no device was started")
        else:
            eventually(world.database.exists, "the database was not made")
        program.interrupt()
        assert program.ended() in (0, 8), program.said
        eventually(lambda: below(world.folder) == [], "a process was left behind")
    world.up()


def test_the_devices_of_a_killed_up_end_by_themselves(world: Processes) -> None:
    orchestrator = world.up("--device", "server:alpha", "--device", "edge:beta")
    world.submit(step("a", "shell.run", "alpha", command="echo $$ > pid; sleep 600"))
    place = world.folder / "home" / "devices" / "alpha" / "workspace" / "pid"
    eventually(lambda: place.exists() and place.read_text() != "", "the command did not begin")
    orchestrator.kill()
    eventually(lambda: below(world.folder) == [], "a device outlived its orchestrator")
    eventually(lambda: not Path(f"/proc/{place.read_text().strip()}").exists(), "a command outlived its device")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_device_is_interrupted(world: Processes, number: int) -> None:
    """While it looks for its orchestrator, while it idles, and while it works."""
    agent = world.device("alpha")
    agent.await_line("trying again")
    agent.interrupt(number)
    assert agent.ended() == 0, agent.said
    world.up()
    agent = world.device("alpha")
    world.online("alpha")
    agent.interrupt(number)
    assert agent.ended() == 0, agent.said
    agent = world.device("alpha")
    world.online("alpha")
    run = world.submit(step("a", "shell.run", "alpha", command="echo $$ > pid; sleep 600"), revisions=0)
    place = world.workspace("alpha") / "pid"
    eventually(lambda: place.exists() and place.read_text() != "", "the command did not begin")
    agent.interrupt(number)
    assert agent.ended() == 0, agent.said
    assert world.wait(run)["state"] in ("failed", "waiting")
    assert not Path(f"/proc/{place.read_text().strip()}").exists()


def _plan(world: Processes, *steps: Json) -> str:
    file = world.folder / "plan.json"
    file.write_text(json.dumps({"steps": steps}))
    return str(file)


@pytest.mark.parametrize("remote", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_is_interrupted_in_the_middle_of_work(world: Processes, number: int, remote: bool) -> None:
    """The run is cancelled, the work on the device stopped, and the exit code says so."""
    place = world.folder / "here"
    place.mkdir()
    if remote:
        world.up()
        world.device("alpha")
        world.online("alpha")
        place = world.workspace("alpha")
    work: Json = {"id": "a", "skill": "shell.run", "arguments": {"command": "echo $$ > pid; sleep 600; echo > late"}}
    words = ("run", "--plan", _plan(world, work), "--approve", "all", "--json", "--url", world.url)
    program = world.start(*words, cwd=place)
    pid = place / "pid"
    eventually(lambda: pid.exists() and pid.read_text() != "", f"the command did not begin: {program.said}")
    program.interrupt(number)
    assert program.ended() == 8, program.said
    view = json.loads(program.answered)
    assert (view["state"], view["error"]["code"]) == ("cancelled", "cancelled")
    eventually(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), "the command goes on")
    assert not (place / "late").exists()


def test_an_embedded_run_is_interrupted_before_its_work_begins(world: Processes) -> None:
    """While its device starts, once it says what it is, and at its first lines; then another one finds all free."""
    place = world.folder / "here"
    place.mkdir()
    words = ("run", "how much disk space is free?", "--url", world.url)
    for moment in ("device", "an embedded one", "run r", "plan: "):
        program = world.start(*words, cwd=place)
        if moment == "device":
            eventually(lambda: any("devices.main" in one for one in below(world.folder)), "no device was started")
        else:
            program.await_line(moment)
        program.interrupt()
        assert program.ended() in (0, 8), program.said  # it may have been quicker than we
        eventually(lambda: below(world.folder) == [], "a process was left behind")
    program = world.start(*words, cwd=place)
    assert program.ended() == 0, program.said


def test_a_run_that_waits_for_an_approval_that_nobody_is_there_to_give(world: Processes) -> None:
    """The command ends and says so; the run goes on waiting."""
    world.up()
    world.device("alpha")
    world.online("alpha")
    plan = _plan(world, step("a", "file.write", "alpha", path="a.txt", text="x"))
    program = world.start("run", "--plan", plan, "--json", "--url", world.url)
    assert program.ended() == 5, program.said
    view = json.loads(program.answered)
    assert (view["state"], view["error"]["code"]) == ("waiting", "needs_answer")
    assert world.wait(view["run"])["state"] == "waiting"
    assert not (world.workspace("alpha") / "a.txt").exists()


def test_an_orchestrator_goes_away_under_a_run_that_is_watched(world: Processes) -> None:
    """The watcher takes up where the stream broke off, and tells the end."""
    orchestrator = world.up()
    world.device("alpha")
    world.online("alpha")
    command = "echo x >> ledger; while [ ! -e go ]; do sleep 0.02; done"
    plan = _plan(world, step("a", "shell.run", "alpha", command=command))
    program = world.start("run", "--plan", plan, "--approve", "all", "--json", "--url", world.url)
    ledger = world.workspace("alpha") / "ledger"
    eventually(lambda: ledger.exists() and ledger.read_text() != "", "the command did not begin")
    orchestrator.kill()
    world.up()
    (ledger.parent / "go").touch()
    assert program.ended() == 0, program.said
    assert json.loads(program.answered)["state"] == "succeeded"
    assert ledger.read_text() == "x\n"


def test_a_second_interrupt_of_an_embedded_run_leaves_nothing_behind(world: Processes) -> None:
    place = world.folder / "here"
    place.mkdir()
    work: Json = {"id": "a", "skill": "shell.run", "arguments": {"command": "trap '' TERM; echo $$ > pid; sleep 600"}}
    words = ("run", "--plan", _plan(world, work), "--approve", "all", "--url", world.url)
    program = world.start(*words, cwd=place)
    pid = place / "pid"
    eventually(lambda: pid.exists() and pid.read_text() != "", f"the command did not begin: {program.said}")
    program.interrupt()
    program.await_line("again leaves at once")
    program.interrupt()
    assert program.ended() == 8, program.said
    eventually(lambda: below(world.folder) == [], "the device was left behind")
    eventually(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), "the command was left behind")


def test_an_embedded_run_that_is_killed_leaves_nothing_behind(world: Processes) -> None:
    place = world.folder / "here"
    place.mkdir()
    work: Json = {"id": "a", "skill": "shell.run", "arguments": {"command": "echo $$ > pid; sleep 600"}}
    words = ("run", "--plan", _plan(world, work), "--approve", "all", "--url", world.url)
    program = world.start(*words, cwd=place)
    pid = place / "pid"
    eventually(lambda: pid.exists() and pid.read_text() != "", f"the command did not begin: {program.said}")
    program.kill()
    eventually(lambda: below(world.folder) == [], "the device was left behind")
    eventually(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), "the command was left behind")


# --- a start that cannot be ----------------------------------------------------------------------------------------


def refused(world: Processes, code: str, *words: str) -> str:
    """`asterism up` says one sentence with a remedy and the code, and ends with 3."""
    program = world.start("up", "--port", "0", *words)
    assert program.ended() == 3, program.said
    lines = program.said.strip().splitlines()
    assert len(lines) == 1, program.said
    assert lines[0].startswith("asterism: ")
    assert lines[0].endswith(f"[{code}]")
    return lines[0]


def test_a_port_that_is_in_use(world: Processes) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        port = str(bound.getsockname()[1])
        program = world.start("up", "--port", port, "--device", "server:alpha")
        assert program.ended() == 3
    assert "[port_in_use]" in program.said
    assert "--port" in program.said


def _folder(world: Processes, name: str) -> Path:
    folder = world.folder / name
    folder.mkdir()
    return folder


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table recipes (name text)")
    connection.close()


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()


def _nothing(path: Path) -> None:
    pass


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("hello, world\n" * 100), "database_foreign"),
    "of another program": (_foreign, "database_foreign"),
    "half of its first bytes": (lambda path: path.write_bytes(b"SQLite fo"), "database_corrupt"),
    "a header and then noise": (lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xa5" * 8000), "database_"),
    "a folder": (lambda path: path.mkdir(), "database_foreign"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_database_that_is_none(world: Processes, case: str) -> None:
    breaking, code = BROKEN[case]
    path = _folder(world, "elsewhere") / "x.db"
    breaking(path)
    before = path.read_bytes() if path.is_file() else b""
    program = world.start("up", "--port", "0", "--db", f"sqlite:///{path}")
    assert program.ended() == 3, program.said
    [line] = program.said.strip().splitlines()
    assert f"[{code}" in line
    assert "--db" in line
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_databases_that_cannot_be_used(world: Processes) -> None:
    """Made by us, and then cut, of a newer version, locked by another program; and a folder that is not there."""
    path = _folder(world, "elsewhere") / "x.db"
    program = world.up("--db", f"sqlite:///{path}")
    assert "database_busy" in refused(world, "database_busy", "--db", f"sqlite:///{path}")
    program.interrupt()
    assert program.ended() == 0
    whole = path.read_bytes()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("begin exclusive")
        assert "Stop the other program" in refused(world, "database_busy", "--db", f"sqlite:///{path}")
        connection.execute("rollback")
    connection.close()
    _newer(path)
    assert "pgrade" in refused(world, "database_newer", "--db", f"sqlite:///{path}")
    path.write_bytes(whole[: len(whole) // 2])
    assert "--db" in refused(world, "database_corrupt", "--db", f"sqlite:///{path}")
    assert "nowhere" in refused(world, "database_unavailable", "--db", f"sqlite:///{world.folder}/nowhere/x.db")
    # Where nobody can make a file, whoever we are.
    refused(world, "database_read_only", "--db", "sqlite:////proc/asterism.db")
