"""Durable tasks a second, end to end: REST, log, WebSockets, device agents, results on disk, acknowledged.

    python -m benchmarks.throughput [--db URL] [--quick]

A no-op skill, 100 device connections from one process, the orchestrator in another, SQLite with synchronous FULL.
Processor time is told beside: it says more than the rate where other programs run.
Time runs from the moment a run is accepted to the moment its end is on record, plan compilation included.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor

from benchmarks.support.rig import Rig, await_end, rig, submit


def independent(count: int) -> dict[str, object]:
    """So many tasks that wait for nothing."""
    return {"steps": [{"id": f"t{n}", "skill": "test.noop"} for n in range(count)]}


def layered(width: int, depth: int) -> dict[str, object]:
    """Layers of `width` tasks; each task waits for two of the layer before."""
    steps: list[dict[str, object]] = []
    for level in range(depth):
        for place in range(width):
            after = [f"t{level - 1}_{place}", f"t{level - 1}_{(place + 1) % width}"] if level else []
            edges = [{"step": name} for name in dict.fromkeys(after)]
            steps.append({"id": f"t{level}_{place}", "skill": "test.noop", "after": edges})
    return {"steps": steps}


def measure(made: Rig, plans: list[dict[str, object]]) -> float:
    """Tasks a second for plans submitted by ten clients at once, none of which waits for a run to end."""
    with made.client() as client:
        with ThreadPoolExecutor(10) as clients:
            runs = list(clients.map(lambda plan: submit(client, plan), plans))
        first, last = await_end(client, runs)
    count = sum(len(plan["steps"]) for plan in plans)  # type: ignore[arg-type,misc]
    return count / (last - first)


def costs(before: tuple[float, ...], after: tuple[float, ...], tasks: int) -> str:
    """Processor time a task, of all rounds; submitting and looking at the result included."""
    loop, rest, devices = ((end - start) / tasks * 1e6 for start, end in zip(before, after, strict=True))
    return f"event loop {loop:.0f} µs a task, other threads {rest:.0f}, devices {devices:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", default="")
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", default="", help="write cProfile files with this prefix")
    args = parser.parse_args()
    rounds = 1 if args.quick else 3
    cases = {
        "5,000 independent tasks in one run": [independent(5_000)],
        "50 runs of 100 tasks": [independent(100)] * 50,
        "graph 10 wide, 200 deep": [layered(10, 200)],
        "1,000 independent tasks": [independent(1_000)],
        "20,000 independent tasks": [independent(20_000)],
    }
    for name, plans in cases.items():
        if args.only and args.only not in name:
            continue
        rates = []
        with rig(db=args.db, profile=args.profile) as made:
            made.start_devices(100)
            measure(made, [independent(500)])  # warm
            before = made.processor_s()
            rates = [measure(made, plans) for _ in range(rounds)]
            tasks = rounds * sum(len(plan["steps"]) for plan in plans)  # type: ignore[arg-type,misc]
            cost = costs(before, made.processor_s(), tasks)
        shown = ", ".join(f"{rate:,.0f}" for rate in rates)
        print(f"{name:40} {sorted(rates)[len(rates) // 2]:>10,.0f} tasks/s   (rounds: {shown}; {cost})", flush=True)


if __name__ == "__main__":
    main()
