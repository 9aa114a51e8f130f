"""What seeds bring: every fault, every thing that people do; and that what a lost device had is done elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

from tests.simulation.checker import check
from tests.simulation.run import quiet
from tests.simulation.scenario import ANY_FAULT, DISK, FITS, LINE, MOODS, WIRE, scenario
from tests.simulation.world import History, play


def test_seeds_bring_every_fault_and_everything_that_people_do() -> None:
    scenarios = [scenario(seed) for seed in range(1000)]
    faults = {fault.kind for one in scenarios for fault in one.faults}
    assert faults == {*ANY_FAULT, *DISK, *FITS, *LINE, *WIRE, "lose device"}
    runs = [run for one in scenarios for run in one.runs]
    assert {what for run in runs for _, what, _ in run.actions} == {"cancel", "retry", "edit", "undo", "watch"}
    assert {run.policy.get("unknown") for run in runs} == {None, "ask", "fail"}
    assert {run.policy.get("parallel") for run in runs} == {None, 1, 2, 3}
    assert any(run.twice is not None for run in runs)
    assert any("deadline_s" in data for run in runs for _, what, data in run.actions if what == "edit")
    steps = [step for run in runs for step in run.steps]
    assert {key for step in steps for key in step["timeouts"]} == {"queue_s", "run_s", "heartbeat_s", "hedge_s"}
    assert any("verify" in step for step in steps)


@pytest.mark.slow
def test_what_a_lost_device_had_is_done_elsewhere() -> None:
    quiet()
    seeds = [seed for seed in range(800) if Random(seed).choice(MOODS).lost]
    moved = 0
    for seed in seeds:
        history = play(scenario(seed))
        assert check(history) == []
        lost = next(fault.target for fault in history.scenario.faults if fault.kind == "lose device")
        for before, after in _moves(history):
            assert before != lost or after != lost
            moved += before == lost
    assert moved > 5


def _moves(history: History) -> Iterator[tuple[str, str]]:
    """(from, to) of every task that was lost, and later done."""
    for log in history.durable.events.values():
        device: dict[str, str] = {}
        lost: dict[str, str] = {}
        for row in log.values():
            body = json.loads(row.body)
            if row.type == "task_dispatched":
                device[body["task"]] = body["device"]
            elif row.type == "attempt_ended" and body["outcome"] in ("lost", "unknown"):
                lost[body["task"]] = device[body["task"]]
            elif row.type == "attempt_ended" and body["outcome"] == "succeeded" and body["task"] in lost:
                yield lost.pop(body["task"]), device[body["task"]]
