"""Runs under a fault against the same tasks without one, of the same file. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.cli.benching.results import TaskResult
from orchestrator.cli.benching.state import Part
from orchestrator.cli.benching.statistics import Interval, bootstrap, mean, wilson


class FaultRow(Part):
    """What became of tasks under one fault.

    Of `runs`, the fault struck in `struck`, and `compared` of those are of tasks that were done without it: all else is
    over these. `recovered` were done all the same, `partial` failed and say which device is gone. `asked`: so often
    a person was asked whether something had been done. `added_s` is the mean time that those which recovered took
    longer, `repeated` the attempts beyond those without the fault, `lost` of `held` the subtasks that held without the
    fault, and not with it.
    """

    fault: str
    runs: int
    struck: int
    compared: int
    recovered: int
    partial: int
    asked: int
    share: Interval | None
    added_s: Interval | None
    repeated: int
    lost: int
    held: int


def fault_rows(results: Sequence[TaskResult]) -> tuple[FaultRow, ...]:
    """A row for each fault, in the order in which they first appear."""
    plain = [one for one in results if not one.fault]
    faults = dict.fromkeys(one.fault for one in results if one.fault)
    return tuple(_row(fault, [one for one in results if one.fault == fault], plain) for fault in faults)


def _row(fault: str, runs: Sequence[TaskResult], plain: Sequence[TaskResult]) -> FaultRow:
    struck = [one for one in runs if sum(one.injected.values()) > 0]
    pairs = [(one, usual) for one in struck if (usual := _usual(one, plain)) is not None and usual.success]
    recovered = [(one, usual) for one, usual in pairs if one.success]
    tasks = len({one.task for one, _ in pairs})
    return FaultRow(
        fault=fault,
        runs=len(runs),
        struck=len(struck),
        compared=len(pairs),
        recovered=len(recovered),
        partial=sum(one.partial for one, _ in pairs),
        asked=sum(one.asked for one, _ in pairs),
        share=wilson(len(recovered) / len(pairs), tasks) if pairs else None,
        added_s=bootstrap(_by_task([(one.task, one.seconds - usual.seconds) for one, usual in recovered])),
        repeated=sum(max(0, one.repeated - usual.repeated) for one, usual in pairs),
        lost=sum(len(holding(usual) - holding(one)) for one, usual in pairs),
        held=sum(usual.done for _, usual in pairs),
    )


def _usual(one: TaskResult, plain: Sequence[TaskResult]) -> TaskResult | None:
    """The same task without a fault: the same repeat, else the first."""
    same = [other for other in plain if other.task == one.task]
    return next((other for other in same if other.repeat == one.repeat), same[0] if same else None)


def _by_task(values: Sequence[tuple[str, float]]) -> list[float]:
    found: dict[str, list[float]] = {}
    for task, value in values:
        found.setdefault(task, []).append(value)
    return [mean(one) for one in found.values()]


def holding(one: TaskResult) -> set[str]:
    """The names of the checks that hold."""
    return {check.name for check in one.checks if not check.why}
