"""How long an edit batch takes: 10 edits on a graph of 10,000 tasks. The bar is 10 ms.

    python -m benchmarks.edits [--tasks 10000] [--rounds 30] [--json]

Shapes: a chain, layers of 100 that depend on two of the layer before, a fan-out with a join over all of it. Batches:
tasks put in the middle of edges (the usual revision), edges against the order of addition, and changed arguments.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
from collections.abc import Callable
from time import perf_counter

from orchestrator.core.edits import AddDependency, AddTask, ChangeTask, Edit, EditBatch, RemoveDependency
from orchestrator.core.graph import TaskGraph
from orchestrator.core.tasks import Dependency, Task

BAR_MS = 10.0
Shape = Callable[[int], list[Task]]


def task(id: str, *after: str, group: str | None = None) -> Task:
    """A no-op task after others."""
    depends_on = tuple(Dependency(task=upstream) for upstream in after)
    return Task(id=id, skill="test.echo", arguments={"value": id}, depends_on=depends_on, group=group)


def chain(size: int) -> list[Task]:
    return [task(f"t{i}", *([f"t{i - 1}"] if i else [])) for i in range(size)]


def layers(size: int) -> list[Task]:
    return [task(f"t{i}", *(f"t{i - back}" for back in (100, 101) if i >= 101)) for i in range(size)]


def fan(size: int) -> list[Task]:
    members = [task(f"t{i}", *(["t0"] if i else []), group="t" if i else None) for i in range(size - 1)]
    return [*members, task(f"t{size - 1}", *(member.id for member in members))]


def between(graph: TaskGraph, size: int, round: int) -> list[Edit]:
    """Five tasks, each put into an edge near the beginning: behind them lies most of the graph."""
    edits: list[Edit] = []
    for id in [id for id in list(graph)[50 + 20 * round :] if graph[id].depends_on][:5]:
        upstream = graph[id].depends_on[0].task
        new = f"n{round}.{id}"
        edits += [
            AddTask(task=task(new, upstream)),
            AddDependency(task=id, dependency=Dependency(task=new)),
        ]
    return edits


def against(graph: TaskGraph, size: int, round: int) -> list[Edit]:
    """Five new tasks at the end, on each of which an old one comes to depend, and five old edges gone."""
    edits: list[Edit] = []
    for id in [id for id in list(graph)[size // 2 + 20 * round :] if graph[id].depends_on][:5]:
        new = f"x{round}.{id}"
        edits += [
            AddTask(task=task(new)),
            AddDependency(task=id, dependency=Dependency(task=new)),
            RemoveDependency(task=id, upstream=graph[id].depends_on[0].task),
        ]
    return edits[:10]


def changes(graph: TaskGraph, size: int, round: int) -> list[Edit]:
    return [ChangeTask(task=f"t{size // 2 + i}", arguments={"value": round}) for i in range(10)]


def measure(shape: Shape, batch: Callable[[TaskGraph, int, int], list[Edit]], size: int, rounds: int) -> list[float]:
    """Milliseconds of each round, on a graph that grows with the rounds."""
    added = tuple(AddTask(task=task) for task in shape(size))
    graph, _ = TaskGraph.empty().apply(EditBatch(base=0, edits=added), lambda _: True)
    times = []
    for round in range(rounds):
        asked = EditBatch(base=graph.version, edits=tuple(batch(graph, size, round)))
        gc.collect()
        began = perf_counter()
        graph, _ = graph.apply(asked, lambda _: True)
        times.append((perf_counter() - began) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for shape in (chain, layers, fan):
        for batch in (between, against, changes):
            times = sorted(measure(shape, batch, options.tasks, options.rounds))
            p50, worst = statistics.median(times), times[-1]
            rows.append({"shape": shape.__name__, "batch": batch.__name__, "p50_ms": p50, "max_ms": worst})
    if options.json:
        print(json.dumps({"tasks": options.tasks, "bar_ms": BAR_MS, "rows": rows}))
        return
    print(f"10 edits on {options.tasks} tasks, {options.rounds} rounds; bar {BAR_MS} ms")
    for row in rows:
        print(f"{row['shape']:<8} {row['batch']:<8} p50 {row['p50_ms']:6.2f} ms   max {row['max_ms']:6.2f} ms")


if __name__ == "__main__":
    main()
