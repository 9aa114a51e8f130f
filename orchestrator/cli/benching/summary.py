"""What a file of results says, in numbers. Pure.

A task that ran several times counts once: its shares and times are means over its repeats, and intervals are over
tasks, because repeats of one task, and subtasks of one task, are not independent of each other. Runs under a fault
count in the table of faults alone (faulted.py). Times are of runs that were done: one that declines at once is not
fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from orchestrator.cli.benching.faulted import FaultRow, fault_rows
from orchestrator.cli.benching.results import Results, TaskResult
from orchestrator.cli.benching.state import Part
from orchestrator.cli.benching.statistics import Interval, bootstrap, mean, median, pass_all, pass_at, wilson

MAX_K = 10


class Row(Part):
    """Results of one kind: `share` of its tasks done, `held` of `checks` subtasks; `seconds` and `width` are means."""

    name: str
    tasks: int
    runs: int
    done: int
    share: Interval | None
    held: int
    checks: int
    subtasks: Interval | None
    seconds: float | None
    width: float | None


class Saving(Part):
    """Time against one task at a time, over tasks wider than 1 that were done. Seconds are sums of the tasks' means.

    `share` is the mean over tasks of the part of the sequential time that was saved; `slower` tasks took longer.
    `pairs` are (task, seconds one at a time, seconds).
    """

    tasks: int
    sequential_s: float
    seconds: float
    share: Interval | None
    slower: int
    pairs: tuple[tuple[str, float, float], ...]


class Effort(Part):
    """What it took, in sums over runs. Cost in US dollars of the runs whose cost is known; `cost_unknown` others."""

    attempts: int
    edits: int
    repeated: int
    writes: int
    rungs: dict[str, int]
    tokens: int
    cost_usd: float
    cost_unknown: int
    bytes_moved: int
    bytes_out: int


class Failure(Part):
    """One run that was not done, and why."""

    task: str
    repeat: int
    fault: str
    why: str


class Failures(Part):
    """Failures of one kind: an error code, `asked`, `end state`, `writes` or `other`."""

    kind: str
    failures: tuple[Failure, ...]


class Summary(Part):
    """All of it. `pass_at[k - 1]` is pass@k, `pass_all[k - 1]` pass^k, for k up to the repeats that every task has."""

    name: str
    total: Row
    by_category: tuple[Row, ...]
    by_level: tuple[Row, ...]
    by_part: tuple[Row, ...]
    pass_at: tuple[float, ...]
    pass_all: tuple[float, ...]
    mean_s: Interval | None
    median_s: Interval | None
    planning_s: float | None
    width: float | None
    parallelism: float | None
    widths: tuple[float, ...]
    saving: Saving | None
    effort: Effort
    faults: tuple[FaultRow, ...]
    failures: tuple[Failures, ...]


def summarized(found: Results) -> Summary:
    """The numbers of one file."""
    plain = [one for one in found.results if not one.fault]
    at, all_ = _passes(plain)
    times = [mean([one.seconds for one in runs]) for runs in by_task(one for one in plain if one.success)]
    widths = [mean([one.width for one in runs]) for runs in by_task(one for one in plain if one.width > 0)]
    side_by_side = [mean([one.parallelism for one in runs]) for runs in by_task(r for r in plain if r.parallelism > 0)]
    return Summary(
        name=named(found),
        total=_row("all", plain),
        by_category=_rows(plain, lambda one: one.category),
        by_level=_rows(plain, lambda one: f"level {one.level}"),
        by_part=_rows(plain, lambda one: one.part),
        pass_at=at,
        pass_all=all_,
        mean_s=bootstrap(times),
        median_s=bootstrap(times, median),
        planning_s=mean([one.planning_s for one in plain]) if plain else None,
        width=mean(widths) if widths else None,
        parallelism=mean(side_by_side) if side_by_side else None,
        widths=tuple(widths),
        saving=_saving(plain),
        effort=_effort(plain),
        faults=fault_rows(found.results),
        failures=_failures(found.results),
    )


def named(found: Results) -> str:
    """What tells one file of results from another: who planned, and what was switched off."""
    return f"{found.planner}, {found.ablation}" if found.ablation else found.planner


def by_task(results: Iterable[TaskResult]) -> list[list[TaskResult]]:
    """The runs of each task, in the order in which tasks first appear."""
    found: dict[str, list[TaskResult]] = {}
    for one in results:
        found.setdefault(one.task, []).append(one)
    return list(found.values())


def _rows(results: Sequence[TaskResult], key: Callable[[TaskResult], str]) -> tuple[Row, ...]:
    names = sorted({key(one) for one in results})
    return tuple(_row(name, [one for one in results if key(one) == name]) for name in names)


def _row(name: str, results: Sequence[TaskResult]) -> Row:
    tasks = by_task(results)
    checks, held = sum(len(one.checks) for one in results), sum(one.done for one in results)
    times = [mean([one.seconds for one in runs]) for runs in by_task(one for one in results if one.success)]
    widths = [mean([one.width for one in runs]) for runs in by_task(one for one in results if one.width > 0)]
    return Row(
        name=name,
        tasks=len(tasks),
        runs=len(results),
        done=sum(one.success for one in results),
        share=wilson(mean([mean([one.success for one in runs]) for runs in tasks]), len(tasks)) if tasks else None,
        held=held,
        checks=checks,
        subtasks=wilson(held / checks, len(tasks)) if checks else None,
        seconds=mean(times) if times else None,
        width=mean(widths) if widths else None,
    )


def _passes(results: Sequence[TaskResult]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    tasks = [(len(runs), sum(one.success for one in runs)) for runs in by_task(results)]
    most = range(1, min([runs for runs, _ in tasks] + [MAX_K]) + 1 if tasks else 1)
    at = tuple(mean([pass_at(k, runs, done) for runs, done in tasks]) for k in most)
    return at, tuple(mean([pass_all(k, runs, done) for runs, done in tasks]) for k in most)


def _saving(results: Sequence[TaskResult]) -> Saving | None:
    wide = [one for one in results if one.success and one.widest > 1 and one.sequential_s is not None]
    pairs = tuple(
        (runs[0].task, mean([one.sequential_s or 0.0 for one in runs]), mean([one.seconds for one in runs]))
        for runs in by_task(wide)
    )
    if not pairs:
        return None
    return Saving(
        tasks=len(pairs),
        sequential_s=sum(one for _, one, _ in pairs),
        seconds=sum(one for _, _, one in pairs),
        share=bootstrap([1 - own / one for _, one, own in pairs if one > 0]),
        slower=sum(own > one for _, one, own in pairs),
        pairs=pairs,
    )


def _effort(results: Sequence[TaskResult]) -> Effort:
    rungs: dict[str, int] = {}
    for one in results:
        rungs[one.rung or "none"] = rungs.get(one.rung or "none", 0) + 1
    return Effort(
        attempts=sum(one.attempts for one in results),
        edits=sum(one.edits for one in results),
        repeated=sum(one.repeated for one in results),
        writes=sum(one.writes for one in results),
        rungs=rungs,
        tokens=sum(one.tokens for one in results),
        cost_usd=sum(one.cost_usd for one in results if one.cost_usd is not None),
        cost_unknown=sum(one.cost_usd is None for one in results),
        bytes_moved=sum(one.bytes_moved for one in results),
        bytes_out=sum(one.bytes_out for one in results),
    )


def _failures(results: Sequence[TaskResult]) -> tuple[Failures, ...]:
    kinds: dict[str, list[Failure]] = {}
    for one in results:
        if not one.success:
            failure = Failure(task=one.task, repeat=one.repeat, fault=one.fault, why=one.why)
            kinds.setdefault(kind(one), []).append(failure)
    largest = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Failures(kind=name, failures=tuple(found)) for name, found in largest)


def kind(one: TaskResult) -> str:
    """What kind of failure it is. The explanation begins with a code where the run failed, else with a check's name."""
    failing = [check for check in one.checks if check.why]
    if any(one.why.startswith(f"{check.name}: ") for check in failing):
        return "end state"
    if one.why.startswith("asked: "):
        return "asked"
    if (code := re.match(r"([a-z_]+): ", one.why)) is not None:
        return code[1]
    if failing:
        return "end state"
    return "writes" if one.writes > one.max_writes else "other"
