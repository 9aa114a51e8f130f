"""Evaluates the embedded planner on requests with known outcomes.

    python -m benchmarks.ladder.run [PART ...] [--items] [--coverage] [--json]

PART is `dev`, `test2`, or a pattern such as `dev*`; without one all parts are evaluated (see `evaluate.py`). What is
not right is listed for parts to tune on; of the others only totals and wrong accepts, unless `--items` is given.
Skills that no request covers are always named; `--coverage` shows the whole table. Exit code 1 where a plan was wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.evaluate import (
    Item,
    PartReport,
    Result,
    Verdict,
    coverage,
    evaluate,
    load,
    parts,
    told,
    uncovered,
)
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model

BARS = (
    "bars for requests never seen: 75 % planned and right, 0.5 % wrong, no wrong write, nothing accepted out of scope"
)


class Report(Model):
    """All parts. `coverage`: skill to part to requests; `uncovered`: side to skills without any."""

    parts: tuple[PartReport, ...]
    coverage: dict[str, dict[str, int]]
    uncovered: dict[str, list[str]]


def run(names: list[str], *, items: bool = False, quiet: bool = False) -> Report:
    planner, view = EmbeddedPlanner(), fleet()
    context = Context(view)
    planner.propose(Request(text="list files"), context)  # what is made once is made
    loaded = {part: load(part) for part in parts(names)}
    found = []
    for part, requests in loaded.items():
        show = not quiet and (items or part.startswith("dev"))
        found.append(
            evaluate(part, requests, lambda request: planner.propose(request, context), seen=_tell if show else None)
        )
        if not quiet:
            print(summary(found[-1]))
    table = coverage({part: load(part) for part in parts()}, view.skills)
    return Report(parts=tuple(found), coverage=table, uncovered=uncovered(table))


def _tell(item: Item, result: Result, verdict: Verdict) -> None:
    if verdict in ("declined", "asked"):  # what is wrong is listed with the totals
        print(f"{verdict:8} {item.id} {item.text}\n         {told(result)}")


def summary(report: PartReport) -> str:
    verdicts = ", ".join(f"{count} {name}" for name, count in report.verdicts.items())
    lines = [
        f"{report.part}: {report.requests} requests: {verdicts}",
        f"  in scope: {_share(report.planned_right)} of {report.in_scope} planned and right,"
        f" {_share(report.wrong_share)} wrong; out of scope or ambiguous: {report.out_of_scope_accepted} of"
        f" {report.out_of_scope} accepted, {report.other_refusal} refused in another way than expected;"
        f" wrong with a write: {report.wrong_with_write}",
        f"  planning: p50 {report.p50_ms:.1f} ms, p95 {report.p95_ms:.1f} ms (processor {report.p95_cpu_ms:.1f} ms)",
    ]
    lines += [f"  wrong accept {one.id}: {one.text}\n    {one.plan}" for one in report.wrong]
    return "\n".join(lines)


def _share(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def table(rows: Mapping[str, Mapping[str, int]]) -> str:
    names = list(next(iter(rows.values()), {}))
    head = f"{'skill':18}" + "".join(f"{name:>12}" for name in names)
    return "\n".join(
        [head, *(f"{skill:18}" + "".join(f"{row[name]:12}" for name in names) for skill, row in rows.items())]
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Evaluate the embedded planner.")
    parser.add_argument("parts", nargs="*", help="dev, test2, 'dev*' (default: all)")
    parser.add_argument("--items", action="store_true", help="list what is not right of test parts too")
    parser.add_argument("--coverage", action="store_true", help="show which skills how many requests cover")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    report = run(given.parts, items=given.items, quiet=given.json)
    if given.json:
        print(report.model_dump_json(indent=1))
    else:
        for side, bare in report.uncovered.items():
            print(f"skills that no {side} request covers: {', '.join(bare) or 'none'}")
        if given.coverage:
            print(table(report.coverage))
        print(BARS)
    return 1 if any(part.wrong for part in report.parts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
