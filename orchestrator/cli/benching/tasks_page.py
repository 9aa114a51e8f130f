"""Every task of a page of results, to be opened: its checks, its numbers, and why it is not done. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from orchestrator.cli.benching import wording
from orchestrator.cli.benching.plots import clean
from orchestrator.cli.benching.results import TaskResult
from orchestrator.cli.benching.summary import by_task
from orchestrator.cli.output import size
from orchestrator.core.sanitize import sanitize


def tasks(results: Sequence[TaskResult]) -> Iterator[str]:
    """One block a task, in the order of the file; all its runs in it."""
    for runs in by_task(results):
        done = all(one.success for one in runs)
        first = next((one for one in runs if not one.success), runs[0])
        mark = '<span class="yes">done</span>' if done else '<span class="no">not done</span>'
        count = f" ({sum(one.success for one in runs)} of {len(runs)} runs done)" if len(runs) > 1 else ""
        what = f"{first.category}, level {first.level}, {first.part}, {wording.seconds(runs[0].seconds)}"
        yield f'<details class="{"done" if done else "undone"}"><summary>{mark}{count} <b>{clean(first.task)}</b> '
        yield f'<span class="soft">{clean(what)}</span></summary><div>'
        for one in runs:
            yield from _run(one, alone=len(runs) == 1)
        yield "</div></details>"


def _run(one: TaskResult, *, alone: bool) -> Iterator[str]:
    if not alone:
        under = f", fault {one.fault}" if one.fault else ""
        yield f"<h3>{clean(f'Run {one.repeat}{under}')}</h3>"
    if one.why:
        yield f'<p><span class="no">Why not:</span> {clean(one.why)}</p>'
    yield '<ul class="checks">'
    for check in one.checks:
        mark = '<span class="no">no</span>' if check.why else '<span class="yes">yes</span>'
        yield f"<li>{mark} {clean(check.name)}{': ' + clean(check.why) if check.why else ''}</li>"
    yield "</ul>"
    yield f'<p class="soft">{clean(", ".join(_numbers(one)))}</p>'
    if one.answer:
        yield f"<pre>{html.escape(sanitize(one.answer))}</pre>"


def _numbers(one: TaskResult) -> Iterator[str]:
    yield f"run {one.run or '-'} {one.state or 'without a state'}"
    yield f"rung {one.rung or 'none'}"
    yield wording.seconds(one.seconds)
    if one.sequential_s is not None:
        yield f"one task at a time {wording.seconds(one.sequential_s)}"
    yield f"width {one.width:.2f}"
    yield wording.counted(one.attempts, "attempt")
    yield f"{one.repeated} repeated"
    yield f"{wording.counted(one.writes, 'write')} of at most {one.max_writes}"
    yield wording.counted(one.edits, "edit")
    yield wording.counted(one.tokens, "token")
    yield "cost unknown" if one.cost_usd is None else f"{one.cost_usd:.4f} USD"
    yield f"{size(one.bytes_out)} sent to models"
    yield from (f"fault {name}: {count}" for name, count in one.injected.items())
    yield from (f"{name} {wording.seconds(busy)}" for name, busy in one.device_s.items())
