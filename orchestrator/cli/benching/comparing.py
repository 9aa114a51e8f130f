"""Two files of results, pair by pair. Pure.

A pair is one task under one fault, with the same repeat in both files. Success and subtasks are compared over tasks (a
task that ran several times counts once, with its share), times over tasks that were done in both, as ratios.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.cli.benching.results import Results, TaskResult
from orchestrator.cli.benching.state import Part
from orchestrator.cli.benching.statistics import Interval, bootstrap, geometric, mcnemar, mean
from orchestrator.cli.benching.summary import by_task, named
from orchestrator.cli.exits import CommandError

ALPHA = 0.05
SLOWER = 1.1
"""Times are a regression where the whole interval of their ratio lies above this: what is less is a machine's mood."""
Pair = tuple[TaskResult, TaskResult]


class Changed(Part):
    """A task whose share of done runs changed; `why` it is not done in the file where it is worse."""

    task: str
    fault: str
    old: float
    new: float
    why: str


class Timed(Part):
    """A task's mean seconds in both files."""

    task: str
    old_s: float
    new_s: float


class Group(Part):
    """Pairs without a fault, or all those with one.

    `old` and `new` are shares of tasks done, `success` and `subtasks` the difference new minus old, `p` the
    exact p-value that tasks became done or undone by chance. `ratio` is the geometric mean of new by old seconds.
    """

    name: str
    tasks: int
    pairs: int
    old: float
    new: float
    success: Interval
    subtasks: Interval
    p: float
    better: tuple[Changed, ...]
    worse: tuple[Changed, ...]
    times: tuple[Timed, ...]
    ratio: Interval | None


class Comparison(Part):
    """`remarks`: what else differs; `only_old`, `only_new`: runs without a partner; `regressions`: sentences."""

    old: str
    new: str
    groups: tuple[Group, ...]
    remarks: tuple[str, ...]
    only_old: int
    only_new: int
    regressions: tuple[str, ...]


def compared(old: Results, new: Results) -> Comparison:
    """The differences. Raises CommandError `not_comparable` where the tasks of both are not the same tasks."""
    differing = [name for name in ("suite", "version", "seed") if getattr(old, name) != getattr(new, name)]
    if differing:
        told = ", ".join(f"{name} {getattr(old, name)} and {getattr(new, name)}" for name in differing)
        raise CommandError("not_comparable", f"These results are not of the same tasks: {told}. Run one of them again.")
    pairs = _paired(old.results, new.results)
    if not pairs:
        raise CommandError("not_comparable", "The two files have no run of a task in common.")
    plain, faulted = [one for one in pairs if not one[0].fault], [one for one in pairs if one[0].fault]
    named_groups = (("without faults", plain), ("under faults", faulted))
    groups = tuple(_group(name, found) for name, found in named_groups if found)
    return Comparison(
        old=named(old),
        new=named(new),
        groups=groups,
        remarks=remarks(old, new),
        only_old=len(old.results) - len(pairs),
        only_new=len(new.results) - len(pairs),
        regressions=tuple(one for group in groups for one in regressions(group, times=_same_machine(old, new))),
    )


def remarks(old: Results, new: Results) -> tuple[str, ...]:
    """What else differs, so that it may be the reason."""
    kinds = (("planner", named(old), named(new)), ("Asterism", old.asterism, new.asterism))
    found = [f"{what} {was} and {is_}: differences may come from that" for what, was, is_ in kinds if was != is_]
    if not _same_machine(old, new):
        was, is_ = (f"{one.cpus} cores, Python {one.python}" for one in (old, new))
        found.append(f"other machines ({was}; {is_}): times are shown, and decide nothing")
    return tuple(found)


def regressions(group: Group, *, times: bool) -> list[str]:
    """What became significantly worse; times only where they count."""
    found = []
    if group.p < ALPHA and len(group.worse) > len(group.better):
        told = f"{len(group.worse)} tasks became worse and {len(group.better)} better"
        found.append(f"{group.name}: {told} (p = {group.p:.3g})")
    if times and group.ratio is not None and group.ratio.low > SLOWER:
        told = f"times are {group.ratio.value:.2f} times the old ones"
        found.append(f"{group.name}: {told} (95 %: {group.ratio.low:.2f} to {group.ratio.high:.2f})")
    return found


def _same_machine(old: Results, new: Results) -> bool:
    return (old.cpus, old.python) == (new.cpus, new.python)


def _paired(old: Sequence[TaskResult], new: Sequence[TaskResult]) -> list[Pair]:
    there = {(one.task, one.fault, one.repeat): one for one in new}
    keys = [(one.task, one.fault, one.repeat) for one in old]
    return [(one, there[key]) for one, key in zip(old, keys, strict=True) if key in there]


def _group(name: str, pairs: Sequence[Pair]) -> Group:
    tasks: dict[str, list[Pair]] = {}
    for pair in pairs:
        tasks.setdefault(pair[0].task, []).append(pair)
    old = [mean([one.success for one, _ in found]) for found in tasks.values()]
    new = [mean([one.success for _, one in found]) for found in tasks.values()]
    changes = list(zip(tasks.values(), old, new, strict=True))
    better = tuple(_changed(found, was, is_) for found, was, is_ in changes if is_ > was)
    worse = tuple(_changed(found, was, is_) for found, was, is_ in changes if is_ < was)
    times = tuple(_timed(pairs))
    return Group(
        name=name,
        tasks=len(tasks),
        pairs=len(pairs),
        old=mean(old),
        new=mean(new),
        success=_difference([is_ - was for was, is_ in zip(old, new, strict=True)]),
        subtasks=_difference([_held(found, 1) - _held(found, 0) for found in tasks.values()]),
        p=mcnemar(len(better), len(worse)),
        better=better,
        worse=worse,
        times=times,
        ratio=geometric([one.new_s / one.old_s for one in times if one.old_s > 0 and one.new_s > 0]),
    )


def _difference(values: Sequence[float]) -> Interval:
    found = bootstrap(values)
    assert found is not None  # a group has pairs
    return found


def _held(pairs: Sequence[Pair], side: int) -> float:
    """The share of subtasks that were done in one of the files."""
    return mean([pair[side].done / max(1, len(pair[side].checks)) for pair in pairs])


def _changed(pairs: Sequence[Pair], old: float, new: float) -> Changed:
    """Told with the pair that changed and, where repeats changed, its explanation."""
    pair = next(one for one in pairs if one[0].success != one[1].success and one[1].success == (new > old))
    return Changed(task=pair[0].task, fault=pair[0].fault, old=old, new=new, why=pair[0].why or pair[1].why)


def _timed(pairs: Sequence[Pair]) -> list[Timed]:
    """Of each task that was done in both, the largest change first."""
    done = [(old, new) for old, new in pairs if old.success and new.success]
    found = [
        Timed(task=old[0].task, old_s=mean([one.seconds for one in old]), new_s=mean([one.seconds for one in new]))
        for old, new in zip(by_task(old for old, _ in done), by_task(new for _, new in done), strict=True)
    ]
    return sorted(found, key=lambda one: -abs(one.new_s - one.old_s))
