"""Plays seeds, and tells what is wrong.

    python -m tests.simulation.run --seeds N [--first K] [--jobs J]
    python -m tests.simulation.run --seed K            the whole story of one seed
    python -m tests.simulation.run --seed K --shrink   its smallest failing part, kept in tests/replay/
    python -m tests.simulation.run --file tests/replay/X.json
    python -m tests.simulation.run --matrix N          every fault at every boundary and message, see matrix.py, of the
                                                       story kept there and of N seeds' without their own faults

The exit code is 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import structlog

from tests.simulation.checker import check
from tests.simulation.matrix import EVERYTHING, whole
from tests.simulation.scenario import Scenario, scenario
from tests.simulation.shrink import shrink
from tests.simulation.world import play

COLLECT = 50
PORTION = 250
REPLAY = Path(__file__).parent.parent / "replay"


def quiet() -> None:
    """The parts' own logs say nothing here."""
    logging.disable(logging.CRITICAL)
    # Not cached: in the process of other tests that would silence loggers for good.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def failing(first: int, count: int) -> list[tuple[int, list[str]]]:
    """The seeds of a range with something wrong, and what."""
    quiet()
    found = []
    gc.disable()  # a world is one big knot, collected as a whole when it has ended
    for seed in range(first, first + count):
        problems = check(play(scenario(seed)))
        if problems:
            found.append((seed, problems))
        if seed % COLLECT == 0:
            gc.collect()
    gc.enable()
    return found


def story(told: Scenario) -> bool:
    """Play one scenario and write down everything. True where nothing is wrong."""
    quiet()
    history = play(told, tell=True)
    print(told.to_json())
    print("\n".join(history.lines))
    problems = check(history)
    print("\n".join(problems) or "nothing is wrong")
    return not problems


def kept(seed: int) -> Path:
    """The smallest failing part of a seed, as a file."""
    quiet()
    small = shrink(scenario(seed), lambda one: bool(check(play(one))))
    path = REPLAY / f"seed-{seed}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(small.to_json() + "\n")
    return path


def many(first: int, count: int, jobs: int) -> bool:
    """Play a range of seeds in so many processes. True where nothing is wrong."""
    began = time.perf_counter()
    starts = range(first, first + count, PORTION)
    counts = [min(PORTION, first + count - start) for start in starts]
    found: list[tuple[int, list[str]]] = []
    with ProcessPoolExecutor(jobs) as pool:
        for done, part in enumerate(pool.map(failing, starts, counts), 1):
            found += part
            for seed, problems in part:
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                print(f"seed {seed}: {problems[0]}{more}", flush=True)
            if done % 40 == 0:
                print(f"{done * PORTION} seeds, {len(found)} with something wrong", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    rate = count / seconds
    print(f"{count} seeds in {seconds:.1f} s ({rate:.0f}/s in {jobs} processes), {len(found)} with something wrong")
    return not found


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--matrix", type=int)
    given = parser.parse_args(words)
    if given.matrix is not None:
        quiet()
        seeds = range(given.first, given.first + given.matrix)
        return not whole((EVERYTHING, *(replace(scenario(seed), faults=(), heal=100.0) for seed in seeds)))
    if given.seed is not None and given.shrink:
        print(kept(given.seed))
        return 0
    if given.file is not None:
        return not story(Scenario.load(given.file))
    if given.seed is not None:
        return not story(scenario(given.seed))
    return not many(given.first, given.seeds, given.jobs)


if __name__ == "__main__":
    sys.exit(main())
