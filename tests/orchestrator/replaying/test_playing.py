"""Recording a real run and playing it again: by the command line, at both speeds, from frames and from the record."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.main import main
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from orchestrator.replaying.lines import FrameLine, PresenceLine
from orchestrator.replaying.loop import FastLoop
from orchestrator.replaying.record import of_record
from orchestrator.replaying.recording import Recording, read
from orchestrator.replaying.stage import play
from orchestrator.replaying.verdict import judge, judged
from tests.support.recorded import record

FOLDER = Path(__file__).parents[2] / "replay"
FILES = sorted(FOLDER.glob("*.jsonl.gz"))
Out = pytest.CaptureFixture[str]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "data-flow-with-artifacts"])
def test_a_run_that_is_recorded_now_plays_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "system").mkdir()
    path = asyncio.run(record(name, tmp_path / "system", tmp_path))
    recording = read(path)
    sides = {line.direction for line in recording.frames}
    assert sides == {"up", "down"}
    assert judge(recording).same


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_the_events_alone_are_enough_to_play_a_run(path: Path) -> None:
    one = read(path)
    header = one.header.model_copy(update={"frames": False, "fleet": "later", "models": (), "capabilities": {}})
    bare = Recording(header, tables=one.tables, devices=one.devices, events=one.events)
    assert judge(bare).findings == ()


def test_it_takes_its_time_where_that_is_asked_for() -> None:
    one = read(FOLDER / "edited-by-a-person.jsonl.gz")
    began = time.monotonic()
    assert judged(one, play(one, "recorded")).findings == ()
    ends = [event.at for event in one.events if event.body.type == "attempt_ended"]
    assert time.monotonic() - began >= ends[-1] - one.header.at


def test_a_loop_whose_time_jumps_waits_for_threads_and_for_nothing_else() -> None:
    async def work() -> tuple[float, str]:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(3600.0)
        late = loop.time()
        return late, await asyncio.to_thread(lambda: "done") + str(loop.time() == late)

    with asyncio.Runner(loop_factory=FastLoop) as runner:
        assert runner.run(work()) == (3600.0, "doneTrue")


def test_a_device_that_was_away_stays_away() -> None:
    one = read(FOLDER / "fallback-branch.jsonl.gz")
    one.devices = [line.model_copy(update={"online": line.name != "beta"}) for line in one.devices]
    verdict = judge(one)
    assert not verdict.same
    assert any("spare" in (finding.task or "") for finding in verdict.findings)


def test_a_device_that_comes_late_is_waited_for() -> None:
    """As it would be: the task that only it can do begins when it is there."""
    one = read(FOLDER / "fallback-branch.jsonl.gz")
    one.devices = [line.model_copy(update={"online": line.name != "beta"}) for line in one.devices]
    beta = next(line for line in one.devices if line.name == "beta")
    one.presences.append(PresenceLine(at=0.0, name="beta", what="joined", device=beta))
    assert judge(one).findings == ()


def test_an_artifact_whose_bytes_are_not_in_the_recording_counts_as_there() -> None:
    one = read(FOLDER / "data-flow-with-artifacts.jsonl.gz")
    one.frames = [
        line if isinstance(line, FrameLine) else line.model_copy(update={"data": None}) for line in one.frames
    ]
    assert judge(one).findings == ()


def test_a_request_that_is_refused_departs() -> None:
    one = read(FOLDER / "fallback-branch.jsonl.gz")
    plan = Plan.model_validate({"steps": [{"id": "a", "skill": "no.such"}]})
    one.header = one.header.model_copy(update={"request": Request(plan=plan)})
    verdict = judge(one)
    assert [finding.kind for finding in verdict.findings] == ["refused"]


def test_a_run_without_events_is_no_recording() -> None:
    with pytest.raises(Exception, match="does not begin with its submission"):
        of_record([], [])


# --- the command line ----------------------------------------------------------------------------------------------


def test_replay_tells_what_is_the_same(capsys: Out) -> None:
    assert main(["bench", "replay", str(FOLDER / "plain.jsonl.gz"), str(FOLDER / "parallel.jsonl.gz")]) == 0
    assert "2 runs, 0 of them depart" in capsys.readouterr().out


def test_replay_tells_where_a_run_departs(tmp_path: Path, capsys: Out) -> None:
    from orchestrator.replaying.recording import write

    one = read(FOLDER / "plain.jsonl.gz")
    other = one.header.request.model_copy(update={"text": "read other.txt on alpha"})
    changed = replace(one, header=one.header.model_copy(update={"request": other}))
    write(changed, tmp_path / "one.jsonl")
    assert main(["bench", "replay", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["runs"][0]["findings"][0]["kind"]) == (False, "plan")
    assert main(["bench", "replay", str(tmp_path / "one.jsonl")]) == 1
    assert "[plan]" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["bench", "replay"], ["bench", "record", "--out", "x"]])
def test_what_is_not_said_is_asked_for(words: list[str], capsys: Out) -> None:
    assert main(words) == 2
    assert "[usage]" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "said"), [("{}", "Unable to extract tag"), ("{", "Invalid JSON")])
def test_what_is_no_recording_is_refused(text: str, said: str, tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "one.jsonl").write_text(text)
    assert main(["bench", "replay", str(tmp_path / "one.jsonl")]) == 2
    assert f"no line of a recording: {said}" in capsys.readouterr().err
