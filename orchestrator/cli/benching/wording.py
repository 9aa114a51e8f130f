"""Numbers of a summary as people read them: in the terminal and in a page the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from orchestrator.cli.benching.faulted import FaultRow
from orchestrator.cli.benching.results import Results
from orchestrator.cli.benching.statistics import Interval
from orchestrator.cli.benching.summary import Effort, Row, Summary
from orchestrator.cli.output import size

Line = tuple[str, str, str]
"""What, how much, and the 95 % interval or a remark."""
NONE = "-"
ROW_HEAD = ("", "TASKS", "DONE", "95 %", "SUBTASKS", "TIME", "WIDTH")
FAULT_HEAD = ("FAULT", "STRUCK", "RECOVERED", "PARTIAL", "ASKED", "ADDED", "AGAIN", "LOST", "95 %")
"""The interval is of what recovered. It comes last: a terminal leaves it out."""


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def between(share: Interval | None) -> str:
    """The interval of a share."""
    return NONE if share is None else f"{share.low * 100:.0f} to {share.high * 100:.0f} %"


def seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f} s" if abs(value) < 10 else f"{value:.1f} s"


def seconds_between(time: Interval | None) -> str:
    return NONE if time is None else f"{time.low:.2f} to {time.high:.2f} s"


def number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def counted(count: int, what: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def cost(effort: Effort) -> str:
    """US dollars. What nobody knows is not zero."""
    if not effort.cost_unknown:
        return f"{effort.cost_usd:.4f} USD" if effort.cost_usd else "0 USD"
    known = f"{effort.cost_usd:.4f} USD and " if effort.cost_usd else ""
    return f"{known}unknown for {counted(effort.cost_unknown, 'run')}"


def about(found: Results) -> Iterator[str]:
    """Where results come from, in two lines, and which tasks are not among them."""
    off = f", {found.ablation}" if found.ablation else ""
    yield f"{found.suite} version {found.version}, seed {found.seed}, planner {found.planner}{off}"
    began = datetime.fromtimestamp(found.began, UTC)
    where = f"Asterism {found.asterism}, Python {found.python}, {counted(found.cpus, 'core')}"
    yield f"{where}, {began:%Y-%m-%d %H:%M} UTC, {found.seconds:.0f} s in all"
    for why, names in _skipped(found):
        yield f"skipped ({why}): {', '.join(names)}"


def _skipped(found: Results) -> Iterator[tuple[str, list[str]]]:
    for why in dict.fromkeys(found.skipped.values()):
        yield why, [name for name, told in found.skipped.items() if told == why]


def headline(found: Summary) -> Iterator[Line]:
    """The few numbers that matter most."""
    yield "tasks done", _done(found.total), between(found.total.share)
    subtasks = found.total.subtasks
    share = f" ({percent(subtasks.value)})" if subtasks else ""
    yield "subtasks done", f"{found.total.held} of {found.total.checks}{share}", between(subtasks)
    if len(found.pass_at) > 1:
        last = len(found.pass_at)
        yield f"pass@1, pass@{last}", f"{percent(found.pass_at[0])}, {percent(found.pass_at[-1])}", "one of k is done"
        yield f"pass^{last}", percent(found.pass_all[-1]), "all of k are done"
    if found.mean_s is not None and found.median_s is not None:
        yield "time of a task, mean", seconds(found.mean_s.value), seconds_between(found.mean_s)
        yield "time of a task, median", seconds(found.median_s.value), seconds_between(found.median_s)
    yield "planning, mean", seconds(found.planning_s), ""
    yield "width of the graphs, mean", number(found.width), f"measured {number(found.parallelism)} at once"
    if (saving := found.saving) is not None:
        share = NONE if saving.share is None else percent(saving.share.value)
        yield "saved against one at a time", share, between(saving.share)
        told = f"{counted(saving.tasks, 'wide task')}, {saving.slower} slower"
        yield "", f"{seconds(saving.sequential_s)} to {seconds(saving.seconds)}", told


def effort(found: Summary) -> Iterator[Line]:
    """What the work took."""
    took = found.effort
    yield "attempts", f"{took.attempts:,}", f"{took.repeated:,} repeated"
    yield "edits of graphs", f"{took.edits:,}", ""
    yield "rungs", ", ".join(f"{name} {count}" for name, count in took.rungs.items()) or NONE, "runs"
    yield "tokens", f"{took.tokens:,}", ""
    yield "cost", cost(took), ""
    yield "artifacts made", size(took.bytes_moved), ""
    yield "sent to models", size(took.bytes_out), ""


def row(one: Row) -> tuple[str, ...]:
    """A line under ROW_HEAD."""
    subtasks = f"{one.held} of {one.checks}"
    return one.name, str(one.tasks), _done(one), between(one.share), subtasks, seconds(one.seconds), number(one.width)


def fault(one: FaultRow) -> tuple[str, ...]:
    """A line under FAULT_HEAD."""
    return (
        one.fault,
        f"{one.struck} of {one.runs}",
        f"{one.recovered} of {one.compared}",
        str(one.partial),
        str(one.asked),
        seconds(one.added_s.value if one.added_s else None),
        str(one.repeated),
        f"{one.lost} of {one.held}",
        between(one.share),
    )


def _done(one: Row) -> str:
    share = percent(one.share.value) if one.share is not None else NONE
    return f"{one.done} of {one.runs} ({share})" if one.runs else NONE
