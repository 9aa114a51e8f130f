"""Evaluates the embedded planner on requests with known outcomes: `python -m benchmarks.ladder.run [dev] [test]`.

`dev.jsonl` is for tuning; of `test.jsonl` only totals are printed unless `--items` is given. Each line holds `text`,
perhaps `client`, and `expect`: `plan` with one or more acceptable `plans`, or `declined`, `asked`, `declined|asked`.
Right: the plan is isomorphic to an expected one, or the request was declined or asked about as expected (declining
what should be asked about, or the reverse, is counted as right too: both refuse to guess). Wrong: any other plan.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, expected, same
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import Risk

HERE = Path(__file__).parent


def judge(item: dict, result: Plan | Clarification | Declined) -> str:  # type: ignore[type-arg]
    """`right`, `wrong`, `declined` or `asked` (the last two for a request that could have been planned)."""
    if isinstance(result, Plan):
        if item["expect"] != "plan":
            return "wrong"
        view = fleet()
        got = actual(result, view)
        return "right" if any(same(expected(steps, view), got) for steps in item["plans"]) else "wrong"
    if item["expect"] == "plan":
        return "declined" if isinstance(result, Declined) else "asked"
    return "right"


def writes(result: Plan) -> bool:
    specs = fleet().skills
    return any(specs[step.skill].risk is not Risk.READ for step in result.steps)


def evaluate(part: str, *, items: bool) -> int:
    """Prints the totals of a part; the number of wrong plans."""
    planner, view = EmbeddedPlanner(), fleet()
    planner.propose(Request(text="list files"), Context(view))
    totals: Counter[str] = Counter()
    scope: Counter[str] = Counter()
    times, wrong_writes = [], 0
    rows = [json.loads(line) for line in (HERE / f"{part}.jsonl").read_text().splitlines()]
    for item in rows:
        started = time.perf_counter()
        result = planner.propose(Request(text=item["text"], client=item.get("client")), Context(view))
        times.append(time.perf_counter() - started)
        verdict = judge(item, result)
        totals[verdict] += 1
        scope["in scope" if item["expect"] == "plan" else "out of scope"] += 1
        scope[("planned and right" if item["expect"] == "plan" else "refused")] += verdict == "right"
        wrong_writes += verdict == "wrong" and isinstance(result, Plan) and writes(result)
        if items and verdict != "right":
            print(f"{verdict:8} {item['id']} {item['text']}\n         {_told(result)}")
    print(
        f"{part}: {len(rows)} requests: "
        + ", ".join(f"{totals[name]} {name}" for name in ("right", "wrong", "declined", "asked"))
    )
    print(
        f"  in scope: {scope['planned and right']} of {scope['in scope']} planned and right"
        f" ({scope['planned and right'] / scope['in scope']:.1%}); out of scope or ambiguous: {scope['refused']} of"
        f" {scope['out of scope']} refused or asked; wrong with a write: {wrong_writes}"
    )
    quantiles = statistics.quantiles(times, n=20)
    print(f"  planning: median {statistics.median(times) * 1e3:.1f} ms, p95 {quantiles[18] * 1e3:.1f} ms")
    return totals["wrong"]


def _told(result: Plan | Clarification | Declined) -> str:
    if isinstance(result, Plan):
        return " ; ".join(
            f"{s.id}={s.skill} {json.dumps(s.arguments)} {s.devices.model_dump(mode='json', exclude_defaults=True)}"
            f" {[(e.step, e.when.model_dump(mode='json') if e.when else None) for e in s.after]}"
            for s in result.steps
        )
    return result.reason + f" {list(result.unplaced)}" if isinstance(result, Declined) else result.question


def main(arguments: list[str]) -> int:
    parts = [name for name in arguments if not name.startswith("-")] or ["dev", "test"]
    wrong = [evaluate(part, items="--items" in arguments or part == "dev") for part in parts]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
