"""Draws a timeline: as text, as a Mermaid Gantt chart and as SVG, from a `TimelineView`.

Everything that somebody wrote is sanitised, and escaped for the form that it goes into, so that it can only be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from orchestrator.core import svg
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.timeline import Span, SpanKind, TimelineRow, TimelineView

S = TaskStatus
TITLE_LIMIT: Final = 60  # characters
COLUMNS: Final = 60  # characters of a text's bar
NOWHERE: Final = "not started"

_MARKS: Final[dict[SpanKind, str]] = {
    "planning": "~",
    "question": "?",
    "waiting": ".",
    "backoff": ":",
    "approval": "a",
    "attempt": "=",
    "unknown": "?",
}
_WORDS: Final[dict[SpanKind, str]] = {
    "planning": "planning",
    "question": "waits for an answer",
    "waiting": "waits for a device",
    "backoff": "waits for its next attempt",
    "approval": "waits for approval",
    "attempt": "attempt",
    "unknown": "outcome unknown",
}
_ENDS: Final[dict[str, TaskStatus]] = {
    "succeeded": S.SUCCEEDED,
    "failed": S.FAILED,
    "cancelled": S.CANCELLED,
    "lost": S.FAILED,
    "unknown": S.UNKNOWN,
    "hedged": S.CANCELLED,
    "unconfirmed": S.UNKNOWN,
}


# --- text ------------------------------------------------------------------------------------------------------


def text(view: TimelineView) -> str:
    """A bar a task, by device: `=` an attempt, `!` its end where it failed, `.` waits, `:` backs off, `a` waits for

    approval, `?` outcome unknown.

    ASCII, at most 60 columns of bar; the shortest span has a column of its own.
    """
    lines = [_summary(view)]
    rows = [("", _bar(view, view.spans), "planning, questions")] if view.spans else []
    width = max((len(_label(row)) for row in view.rows), default=7)
    width = min(max(width, 7), 32)
    for _, bar, name in rows:
        lines.append(f"  {name:<{width}} |{bar}|")
    for device, members in _groups(view):
        lines.append(f"{device}:")
        for row in members:
            note = "" if row.status is S.SUCCEEDED else f" {row.status.value}"
            lines.append(f"  {svg.cut(_label(row), width):<{width}} |{_bar(view, row.spans)}|{_length(row)}{note}")
    return "\n".join(lines) + "\n"


def _bar(view: TimelineView, spans: tuple[Span, ...]) -> str:
    whole = max(_end(view) - view.start, 1e-9)
    cells = [" "] * COLUMNS
    last = 0
    for span in spans:
        # A column belongs to the span that came first, as long as there are columns.
        first = min(max(int((span.start - view.start) / whole * COLUMNS), last), COLUMNS - 1)
        last = min(max(math.ceil((_until(span, view) - view.start) / whole * COLUMNS), first + 1), COLUMNS)
        cells[first:last] = _MARKS[span.kind] * (last - first)
        if span.kind == "attempt" and span.outcome not in ("", "succeeded"):
            cells[last - 1] = "!"
    return "".join(cells)


def _length(row: TimelineRow) -> str:
    attempts = [span for span in row.spans if span.kind == "attempt"]
    spent = sum(span.end - span.start for span in attempts if span.end is not None)
    tries = f", {len(attempts)} attempts" if len(attempts) > 1 else ""
    return f" {_seconds(spent)}{tries}" if attempts else ""


def _summary(view: TimelineView) -> str:
    size = "1 task" if len(view.rows) == 1 else f"{len(view.rows)} tasks"
    name = _clean(view.run)
    return f"{name}: {view.state.value}, {size}, {_seconds(view.end - view.start)}"


# --- Mermaid ---------------------------------------------------------------------------------------------------


def mermaid(view: TimelineView) -> str:
    """A Mermaid Gantt chart: a section a device, a bar an attempt or a wait. Times are milliseconds from the start."""
    lines = ["gantt", "    dateFormat x", "    axisFormat %M:%S"]
    for device, members in _groups(view):
        if not any(row.spans for row in members):
            continue  # an empty section is an error to some versions
        lines.append(f"    section {_plain(device)}")
        for row in members:
            lines += [f"    {_bar_name(row, span)} :{_bar_kind(span)}{_ms(view, span)}" for span in row.spans]
    return "\n".join(lines) + "\n"


def _bar_name(row: TimelineRow, span: Span) -> str:
    what = "" if span.kind == "attempt" and span.attempt < 2 else f" - {_tell(span)}"
    return _plain(f"{row.task}{what}")


def _bar_kind(span: Span) -> str:
    if span.kind != "attempt":
        return "active, " if span.kind in ("approval", "question") else ""
    return "done, " if span.outcome == "succeeded" else "crit, " if span.outcome else "active, "


def _ms(view: TimelineView, span: Span) -> str:
    start = round((span.start - view.start) * 1000)
    return f"{start}, {max(round((_until(span, view) - view.start) * 1000), start + 1)}"


def _plain(words: str) -> str:
    """Only what a Gantt chart takes for text: it knows no escapes, and a colon, a hash or a semicolon ends a name."""
    return "".join(char if char.isalnum() or char in " ._-@/+=()" else " " for char in _clean(words)).strip() or "-"


# --- SVG -------------------------------------------------------------------------------------------------------

_LEFT: Final = 250  # pixels of the names
_AXIS: Final = 700  # pixels of the time
_RIGHT: Final = 70
_ROW: Final = 24
_TOP: Final = 64
_LEGEND: Final[tuple[tuple[SpanKind, str, str], ...]] = (
    ("attempt", "succeeded", "attempt"),
    ("attempt", "failed", "failed attempt"),
    ("waiting", "", "waits for a device"),
    ("backoff", "", "backs off"),
    ("approval", "", "waits for approval"),
    ("unknown", "", "outcome unknown"),
)


def draw(view: TimelineView) -> str:
    """A self-contained SVG: a row a task, by device, with a bar for each attempt and lines for what it waited for."""
    groups = _groups(view)
    count = sum(len(members) + 1 for _, members in groups) + bool(view.spans)
    bottom = _TOP + count * _ROW + 6
    lines = svg.head(_summary(view), _LEFT + _AXIS + _RIGHT, bottom + 44)
    lines.append(f'<text class="strong" x="16" y="26" font-size="14">{svg.escape(_summary(view))}</text>')
    lines += _axis(view, bottom)
    y = _TOP
    if view.spans:
        lines += _svg_row(view, "planning, questions", view.spans, y, None)
        y += _ROW
    for device, members in groups:
        lines.append(f'<path class="rule" d="M12 {y + 2}H{_LEFT + _AXIS + _RIGHT - 12}"/>')
        lines.append(f'<text class="strong" x="16" y="{y + 17}">{svg.escape(svg.cut(device, 34))}</text>')
        y += _ROW
        for row in members:
            lines += _svg_row(view, _label(row), row.spans, y, row)
            y += _ROW
    return "\n".join([*lines, *_legend(bottom + 14), "</svg>"]) + "\n"


def _axis(view: TimelineView, bottom: int) -> Iterator[str]:
    whole = max(_end(view) - view.start, 1e-3)
    step = _step(whole)
    for number in range(int(whole / step) + 1):
        x = _LEFT + number * step / whole * _AXIS
        yield f'<path class="rule" d="M{x:.1f} {_TOP - 8}V{bottom}"/>'
        at = f'x="{x:.1f}" y="{_TOP - 14}" text-anchor="middle"'
        yield f'<text class="dim small" {at}>{_seconds(number * step)}</text>'


def _step(whole: float) -> float:
    """A round step of time that makes at most eight of the whole."""
    for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800):
        if whole / step <= 8:
            return step
    return 3600 * 2.0 ** max(0, math.ceil(math.log2(whole / 3600 / 8)))


def _svg_row(view: TimelineView, name: str, spans: tuple[Span, ...], y: int, row: TimelineRow | None) -> Iterator[str]:
    about = "" if row is None else f"{_label(row)}, {_clean(row.skill)}, {row.status.value}"
    yield f'<g class="row"><title>{svg.escape(about or name)}</title>'
    if row is not None:
        yield svg.shape(row.status, 16, y + 5)
    yield f'<text class="{"" if row else "dim"}" x="36" y="{y + 16}">{svg.escape(svg.cut(name, 29))}</text></g>'
    for span in spans:
        yield _svg_span(view, span, y, "" if row is None else row.device)


def _svg_span(view: TimelineView, span: Span, y: int, device: str) -> str:
    whole = max(_end(view) - view.start, 1e-3)
    x1 = _LEFT + (span.start - view.start) / whole * _AXIS
    x2 = max(_LEFT + (_until(span, view) - view.start) / whole * _AXIS, x1 + 2)
    told = f"{_tell(span)}, {_seconds(_until(span, view) - span.start)}"
    return f"<g><title>{svg.escape(told)}</title>{_figure(span, x1, x2, y, device)}</g>"


def _figure(span: Span, x1: float, x2: float, y: int, device: str = "") -> str:
    """An attempt is a bar, waiting a line, a back-off dots, a ladder for a person's word, waves for not known."""
    middle = y + 12
    if span.kind in ("waiting", "planning"):
        return f'<path class="line idle" d="M{x1:.1f} {middle}H{x2:.1f}M{x1:.1f} {middle - 4}v8"/>'
    if span.kind == "backoff":
        return f'<path class="dots bad" d="M{x1 + 2:.1f} {middle}H{max(x2 - 2, x1 + 3):.1f}"/>'
    if span.kind in ("approval", "question"):
        rungs = "".join(f"M{x1 + 4 + 6 * n:.1f} {middle - 5}v10" for n in range(max(1, int((x2 - x1 - 2) / 6))))
        return f'<path class="line ask" d="M{x1:.1f} {middle - 5}H{x2:.1f}M{x1:.1f} {middle + 5}H{x2:.1f}{rungs}"/>'
    if span.kind == "unknown":
        waves = "".join("q3 -6 6 0t6 0" for _ in range(max(1, int((x2 - x1) / 12))))
        return f'<path class="line ask" d="M{x1:.1f} {middle}{waves}"/>'
    return _attempt(span, x1, x2, y, device)


def _attempt(span: Span, x1: float, x2: float, y: int, device: str) -> str:
    status = _ENDS.get(span.outcome, S.RUNNING)
    tone = svg.TONES[status]
    bar = f'<rect class="box {tone}" x="{x1:.1f}" y="{y + 3}" width="{x2 - x1:.1f}" height="18" rx="3"/>'
    wide = x2 - x1
    mark = svg.shape(status, x2 - 17, y + 5, tone) if wide >= 22 else ""
    words = [f"#{span.attempt}"] if span.attempt > 1 else []
    words += [svg.cut(_clean(span.device), 18)] if span.device and span.device != device else []
    told = " ".join(words)
    room = wide - 26 >= 6.5 * len(told)
    name = f'<text class="small" x="{x1 + 6:.1f}" y="{y + 16}">{svg.escape(told)}</text>' if told and room else ""
    return bar + mark + name


def _legend(y: int) -> Iterator[str]:
    x = 36
    for kind, outcome, name in _LEGEND:
        span = Span(kind=kind, start=0, outcome=outcome)
        yield _figure(span, x, x + 30, y) + f'<text class="dim small" x="{x + 38}" y="{y + 16}">{name}</text>'
        x += 56 + int(6.2 * len(name))


# --- what all forms share --------------------------------------------------------------------------------------


def _groups(view: TimelineView) -> list[tuple[str, list[TimelineRow]]]:
    """The rows by device, which is how they come."""
    groups: list[tuple[str, list[TimelineRow]]] = []
    for row in view.rows:
        device = _clean(row.device) or NOWHERE
        if not groups or groups[-1][0] != device:
            groups.append((device, []))
        groups[-1][1].append(row)
    return groups


def _label(row: TimelineRow) -> str:
    title = _clean(row.title)
    return f"{row.task}: {title}" if title and title != row.task else row.task


def _tell(span: Span) -> str:
    parts = [f"{_WORDS[span.kind]} {span.attempt}" if span.attempt else _WORDS[span.kind]]
    parts += [f"on {_clean(span.device)}"] if span.device else []
    return " ".join([*parts, _clean(span.outcome)]).strip()


def _until(span: Span, view: TimelineView) -> float:
    return span.end if span.end is not None else _end(view)


def _end(view: TimelineView) -> float:
    """Where the picture ends: at the last event, or a little later where a span is only planned."""
    ends = [span.end for row in view.rows for span in row.spans if span.end is not None]
    return max([view.end, *ends])


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _clean(words: str) -> str:
    return sanitize(words, multiline=False, limit=TITLE_LIMIT)
