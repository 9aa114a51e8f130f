"""How long the acceptance checks take, and a plan from the cache: `python -m benchmarks.ladder.checks [--json]`.

Over the twelve devices of the evaluation, the requests of the development part that the embedded rung plans right.
Processor time, median and 95th percentile in milliseconds; the bars are 2 ms for the checks, 5 ms for a cache hit with
its checks. A request is read once over a fleet, by the rung that plans it or else by the first check; the checks of the
other proposals share that reading, and so do those of a repair.
"""

from __future__ import annotations

import glob
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from agents.cascade import Cascade
from agents.checks import allowed_fleet, check
from agents.embedded.planner import EmbeddedPlanner
from agents.plan_cache import PlanCache
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request

HERE = Path(__file__).parent
ROUNDS = 5


def plans() -> list[tuple[Request, Plan]]:
    """Requests with plans of the embedded rung that the checks accept."""
    planner, view = EmbeddedPlanner(), fleet()
    found = []
    for part in sorted(glob.glob(str(HERE / "dev*.jsonl"))):
        for line in Path(part).read_text().splitlines():
            item = json.loads(line)
            request = Request(text=item["text"], client=item.get("client"))
            plan = planner.propose(request, Context(view)) if item["expect"] == "plan" else None
            if isinstance(plan, Plan) and not check(plan, request, view):
                found.append((request, plan))
    return found


def timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of processor time of each call, round after round."""
    times = []
    for _ in range(ROUNDS):
        for call in calls:
            began = time.process_time()
            call()
            times.append((time.process_time() - began) * 1e3)
    return times


def summary(times: Sequence[float]) -> dict[str, float]:
    return {
        "calls": len(times),
        "median_ms": round(statistics.median(times), 3),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 3),
        "max_ms": round(max(times), 3),
    }


def figures() -> dict[str, dict[str, float]]:
    view, known = fleet(), plans()
    cache, cascade = PlanCache(), Cascade([])
    for request, plan in known:
        key = cache.key(request, view, ())
        if key is not None:
            cache.put(key, request, plan, rung="embedded", tier="embedded")

    def kept(request: Request) -> bool:
        """What may hold a secret is not kept."""
        key = cache.key(request, allowed_fleet(view, request), ())
        return key is not None and cache.get(key) is not None

    def hit(request: Request) -> None:
        within = allowed_fleet(view, request)
        key = cache.key(request, within, ())
        entry = cache.get(key) if key is not None else None
        assert entry is not None
        assert not cascade.findings(entry.plan, request, within, ())

    def checked(request: Request, plan: Plan) -> Callable[[], object]:
        return lambda: check(plan, request, view)

    def heard() -> Iterator[float]:
        """Each request a few times in a row, the first time aside."""
        for request, plan in known:
            check(plan, request, view)
            yield from timed([checked(request, plan)])

    return {
        "checks of a request that was read by a rung": summary(list(heard())),
        "checks of a request that is new": summary(timed([checked(*one) for one in known])),
        "cache hit": summary(timed([lambda request=request: hit(request) for request, _ in known if kept(request)])),
    }


def main(arguments: list[str]) -> int:
    found = figures()
    if "--json" in arguments:
        print(json.dumps(found, indent=2))
        return 0
    for name, row in found.items():
        print(
            f"{name}: {row['calls']:.0f} calls, median {row['median_ms']} ms, p95 {row['p95_ms']} ms, "
            f"longest {row['max_ms']} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
