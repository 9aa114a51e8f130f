"""Results as one page that needs nothing but itself: no script, no request, all text escaped. Pure but for the style.

The style's hash is in the page's content security policy, which allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

from orchestrator.cli.benching import wording
from orchestrator.cli.benching.plots import Bar, bars, clean, histogram, scatter
from orchestrator.cli.benching.results import Results
from orchestrator.cli.benching.summary import Failures, Row, Summary
from orchestrator.cli.benching.tasks_page import tasks

Files = Sequence[tuple[Results, Summary]]
VERDICT = 3
"""Failures of one kind that are shown before the rest, which is among the tasks."""


def page(files: Files) -> str:
    """The whole page. It shows every file; with several, a table of all of them first."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    suites = ", ".join(dict.fromkeys(found.suite for found, _ in files))
    body = [f"<h1>Benchmark results: {clean(suites)}</h1>", *_overview(files)]
    for number, (found, summary) in enumerate(files):
        body += _file(f"f{number}", found, summary)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Benchmark results: {clean(suites)}</title><style>{style}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


@cache
def _style() -> str:
    return resources.files("orchestrator.cli.benching").joinpath("page.css").read_text(encoding="utf-8")


def _overview(files: Files) -> Iterator[str]:
    if len(files) > 1:
        yield table(("results", *wording.ROW_HEAD[1:]), [(one.name, *wording.row(one.total)[1:]) for _, one in files])
    yield (
        '<p class="soft">Intervals are of 95 %: Wilson&#39;s for shares, over tasks; bootstrap for times. Times are of '
        "tasks that were done. Runs under a fault count in the table of faults alone.</p>"
    )


def _file(name: str, found: Results, summary: Summary) -> Iterator[str]:
    yield f"<h2>{clean(summary.name)}</h2>"
    yield from (f'<p class="soft">{clean(told)}</p>' for told in wording.about(found))
    yield '<div class="cards">'
    yield from _cards(wording.headline(summary))
    yield "</div>"
    yield '<div class="plots">'
    yield from _plots(name, summary)
    yield "</div>"
    for head, rows in (("category", summary.by_category), ("level", summary.by_level), ("part", summary.by_part)):
        if rows:
            yield f"<h3>By {head}</h3>"
            yield table((head, *wording.ROW_HEAD[1:]), [wording.row(one) for one in rows])
    yield "<h3>What it took</h3>"
    yield table(("", "sum", ""), list(wording.effort(summary)))
    if summary.faults:
        yield "<h3>Faults</h3>"
        yield table(wording.FAULT_HEAD, [wording.fault(one) for one in summary.faults])
    yield from _failures(summary.failures)
    yield (
        '<section class="tasks"><h3>Tasks</h3><label class="filter"><input type="checkbox"> '
        "show only those that are not done</label>"
    )
    yield from tasks(found.results)
    yield "</section>"


def _cards(lines: Iterable[wording.Line]) -> Iterator[str]:
    for name, value, extra in lines:
        label = clean(name or "in seconds")
        yield f'<dl class="card"><dt>{label}</dt><dd class="value">{clean(value)}</dd>'
        yield f'<dd class="extra">{clean(extra)}</dd></dl>'


def _plots(name: str, summary: Summary) -> Iterator[str]:
    kinds = (("category", summary.by_category), ("level", summary.by_level))
    for kind, rows in kinds:
        if shown := _bars(rows):
            title = f"Tasks done by {kind}"
            yield figure(title, bars(f"{name}-{kind}", f"{title}, with 95 % intervals", shown))
    if summary.saving is not None:
        title = "Time of a run against one task at a time"
        axes = ("one task at a time, seconds", "as it ran, seconds")
        yield figure(title, scatter(f"{name}-time", title, *axes, summary.saving.pairs))
    if summary.widths:
        title = "Width of the graphs"
        plot = histogram(f"{name}-width", title, "tasks by the longest path", summary.widths)
        yield figure(title, plot)


def _bars(rows: Sequence[Row]) -> list[Bar]:
    return [
        (one.name, one.share.value, one.share.low, one.share.high, f"{one.done}/{one.runs}")
        for one in rows
        if one.share is not None
    ]


def _failures(groups: Sequence[Failures]) -> Iterator[str]:
    if groups:
        yield "<h3>Not done</h3>"
        rows = [
            (group.kind if not number else "", str(len(group.failures)) if not number else "", one.task, one.why)
            for group in groups
            for number, one in enumerate(group.failures[:VERDICT])
        ]
        yield table(("kind", "runs", "for example", "why"), rows, why=3)


def figure(title: str, plot: str) -> str:
    return f"<figure><figcaption>{clean(title)}</figcaption>{plot}</figure>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, why: int = -1) -> str:
    """A table that scrolls by itself where it is too wide; the column `why` holds prose."""
    top = "".join(f'<th scope="col">{clean(cell.lower())}</th>' for cell in head)
    body = "".join(
        "<tr>"
        + "".join(f"<td{' class=why' if n == why else ''}>{clean(cell)}</td>" for n, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
