"""Results and comparisons as text, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from orchestrator.cli.benching import wording
from orchestrator.cli.benching.comparing import Changed, Comparison, Group
from orchestrator.cli.benching.results import Results, TaskResult
from orchestrator.cli.benching.summary import Failures, Summary
from orchestrator.cli.output import answer, line, table

WIDE = 80
MOST = 12
"""Failures of one kind, and changes, that are shown; the page and `--json` have all."""


def lines(results: Sequence[TaskResult]) -> Iterator[str]:
    """A summary for the terminal."""
    for under, some in (("", [one for one in results if not one.fault]), ("under faults: ", _faulted(results))):
        if some:
            checks, held = sum(len(one.checks) for one in some), sum(one.done for one in some)
            yield f"{under}{sum(one.success for one in some)} of {len(some)} tasks, {held} of {checks} subtasks"


def _faulted(results: Sequence[TaskResult]) -> list[TaskResult]:
    return [one for one in results if one.fault]


def show(found: Results, summary: Summary) -> None:
    """One file of results."""
    for told in wording.about(found):
        answer(textwrap.fill(line(told), WIDE))
    answer("")
    table(("", "ALL", "95 %"), [*wording.headline(summary), *wording.effort(summary)])
    for head, rows in (("CATEGORY", summary.by_category), ("LEVEL", summary.by_level), ("PART", summary.by_part)):
        if rows:
            answer("")
            table((head, *wording.ROW_HEAD[1:]), [wording.row(one) for one in rows])
    if summary.faults:
        answer("")
        table(wording.FAULT_HEAD[:-1], [wording.fault(one)[:-1] for one in summary.faults])
    for group in summary.failures:
        _show_failures(group)


def _show_failures(group: Failures) -> None:
    answer(f"\nNot done, {line(group.kind)}: {len(group.failures)}")
    for one in group.failures[:MOST]:
        under = f" [{one.fault}]" if one.fault else ""
        answer(cut(f"  {one.task}{under}: {one.why}"))
    if len(group.failures) > MOST:
        answer(f"  and {len(group.failures) - MOST} more")


def overview(summaries: Sequence[Summary]) -> None:
    """Several files, a line each."""
    rows = [(cut(one.name, 18), *wording.row(one.total)[1:]) for one in summaries]
    table(("RESULTS", *wording.ROW_HEAD[1:]), rows)


def cut(text: str, wide: int = WIDE) -> str:
    """A line that is no longer than this."""
    text = line(text)
    return text if len(text) <= wide else text[: wide - 1] + "…"


def show_comparison(found: Comparison) -> None:
    """What changed from one file to the other."""
    answer(f"old: {line(found.old)}, new: {line(found.new)}")
    for remark in found.remarks:
        answer(f"Note: {line(remark)}.")
    if found.only_old or found.only_new:
        answer(f"Left out: {found.only_old} runs that only the old file has, {found.only_new} only the new one.")
    for group in found.groups:
        _show_group(group)
    answer("")
    for regression in found.regressions:
        answer(f"Worse: {line(regression)}")
    if not found.regressions:
        answer("No significant regression.")


def _show_group(group: Group) -> None:
    answer(f"\n{group.name}: {wording.counted(group.tasks, 'task')}, {wording.counted(group.pairs, 'pair')} of runs")
    success, subtasks = group.success, group.subtasks
    shares = (wording.percent(group.old), wording.percent(group.new))
    rows = [
        ("tasks done", *shares, points(success.value), f"{points(success.low)} to {points(success.high)}"),
        ("subtasks done", "", "", points(subtasks.value), f"{points(subtasks.low)} to {points(subtasks.high)}"),
    ]
    if group.ratio is not None:
        sums = (sum(one.old_s for one in group.times), sum(one.new_s for one in group.times))
        interval = f"x {group.ratio.low:.2f} to {group.ratio.high:.2f}"
        times = (wording.seconds(sums[0]), wording.seconds(sums[1]))
        rows.append((f"time, {len(group.times)} done in both", *times, f"x {group.ratio.value:.2f}", interval))
    table(("", "OLD", "NEW", "CHANGE", "95 %"), rows)
    answer(f"better {len(group.better)}, worse {len(group.worse)}: p = {group.p:.3g} (McNemar, exact)")
    _show_changes("better", group.better)
    _show_changes("worse", group.worse)


def _show_changes(word: str, changes: Sequence[Changed]) -> None:
    for one in changes[:MOST]:
        under = f" [{one.fault}]" if one.fault else ""
        told = {(0.0, 1.0): "now done", (1.0, 0.0): "no longer done"}.get((one.old, one.new), word)
        answer(cut(f"  {told}: {one.task}{under}: {one.why}"))
    if len(changes) > MOST:
        answer(f"  and {len(changes) - MOST} more that are {word}")


def points(share: float) -> str:
    """A difference of shares, in percentage points."""
    return f"{share * 100:+.1f}"
