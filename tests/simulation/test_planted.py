"""The checker is able to fail: each planted bug is found by seeds in order; without one, the same seeds are clean."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.simulation.checker import check
from tests.simulation.planted import PLANTS, planted
from tests.simulation.run import COLLECT, quiet
from tests.simulation.scenario import scenario
from tests.simulation.world import play

CLEAN = 60


@pytest.fixture(autouse=True)
def _calm() -> Iterator[None]:
    quiet()
    gc.disable()  # a world is one big knot, collected as a whole when it has ended
    yield
    gc.enable()
    gc.collect()


def _first(within: int) -> int | None:
    """The first seed in which something is wrong."""
    for seed in range(within):
        if check(play(scenario(seed))):
            return seed
        if seed % COLLECT == COLLECT - 1:
            gc.collect()
    return None


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_found(name: str) -> None:
    with planted(name) as plant:
        found = _first(plant.within)
    assert found is not None, f"not found in {plant.within} seeds: {plant.what}"
    assert check(play(scenario(found))) == [], "it is the bug that the seed found, and nothing else"


@pytest.mark.slow
def test_without_a_planted_bug_the_same_seeds_are_clean() -> None:
    assert _first(CLEAN) is None


def test_there_are_enough_bugs_and_each_is_told() -> None:
    assert len(PLANTS) >= 18
    assert all(plant.what and plant.within <= 20_000 for plant in PLANTS.values())


def test_a_plant_leaves_nothing_behind() -> None:
    from orchestrator.core.machine import _HANDLERS
    from orchestrator.runtime.engine import Engine

    before = (dict(_HANDLERS), dict(Engine.__dict__))
    for name in PLANTS:
        with planted(name):
            pass
    assert (dict(_HANDLERS), dict(Engine.__dict__)) == before
