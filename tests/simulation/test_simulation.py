"""Seeds of the simulation; the same seed twice; and the stories that once went wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.checker import check
from tests.simulation.run import REPLAY, many, quiet
from tests.simulation.scenario import Scenario, scenario
from tests.simulation.shrink import shrink
from tests.simulation.world import play

SEEDS = int(os.environ.get("ASTERISM_SIM_SEEDS", "2000"))
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_goes_wrong_in_any_seed() -> None:
    assert many(0, SEEDS, os.cpu_count() or 1)


@pytest.mark.parametrize("path", sorted(REPLAY.glob("*.json")), ids=lambda path: path.stem)
def test_what_went_wrong_once_does_not_go_wrong_again(path: Path) -> None:
    quiet()
    assert check(play(Scenario.load(path))) == []


PRINT = """
import hashlib
from tests.simulation.run import quiet
from tests.simulation.scenario import scenario
from tests.simulation.world import play
quiet()
for seed in range(40):
    history = play(scenario(seed), tell=True)
    rows = repr([(run, sorted(log.items())) for run, log in history.durable.events.items()])
    print(seed, hashlib.sha256(("\\n".join(history.lines) + rows).encode()).hexdigest())
"""


def test_a_seed_gives_the_same_bytes_again_under_any_hash_seed() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", PRINT],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": number},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(set(told[0].split())) > 40  # and the seeds differ


def test_a_scenario_is_the_same_after_save_and_load() -> None:
    for seed in range(50):
        assert Scenario.from_json(scenario(seed).to_json()) == scenario(seed)


def test_a_failing_scenario_shrinks_to_what_it_needs() -> None:
    """With a checker that objects to any kill of the orchestrator, one such fault is what is left."""
    start = next(one for one in map(scenario, range(200)) if _kills(one) and len(one.faults) > 2 and len(one.runs) > 1)
    small = shrink(start, lambda one: _kills(one) > 0)
    assert (_kills(small), len(small.faults), len(small.runs), len(small.runs[0].steps)) == (1, 1, 1, 1)


def _kills(one: Scenario) -> int:
    return sum(fault.kind == "kill orchestrator" for fault in one.faults)
