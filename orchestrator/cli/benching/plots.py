"""Plots as SVG, to stand within a page: no style but classes, all text escaped, a title and a description each.

Sizes are in the units of the view box, WIDE across; a page scales them. Pure.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from itertools import count
from math import ceil

from orchestrator.cli.output import line

WIDE = 440
LEFT, RIGHT = 112, 52
ROW = 24
HIGH = 300
MARGIN = 46
Bar = tuple[str, float, float, float, str]
"""A name, a share, the ends of its interval, and what is written behind it."""
Point = tuple[str, float, float]


def clean(text: str) -> str:
    """Text that is no markup, and acts on nothing."""
    return html.escape(line(text))


def bars(name: str, title: str, rows: Sequence[Bar]) -> str:
    """Shares (0..1) as bars with their intervals as whiskers. `name` is the plot's id in its page."""
    span = WIDE - LEFT - RIGHT
    parts = []
    for number, (label, share, low, high, note) in enumerate(rows):
        y = number * ROW + 6
        at = [LEFT + span * min(1.0, max(0.0, one)) for one in (share, low, high)]
        middle = y + 7
        ends = f"M{at[1]:.1f} {y + 3}v8M{at[2]:.1f} {y + 3}v8"
        parts += [
            _text(LEFT - 8, middle + 4, label[:18], "end"),
            f'<rect class="track" x="{LEFT}" y="{y}" width="{span}" height="14" rx="2"/>',
            f'<rect class="bar" x="{LEFT}" y="{y}" width="{at[0] - LEFT:.1f}" height="14" rx="2"/>',
            f'<path class="whisker" d="M{at[1]:.1f} {middle}H{at[2]:.1f}{ends}"/>',
            _text(WIDE - RIGHT + 8, middle + 4, note, "start"),
        ]
    base = len(rows) * ROW + 4
    for tick in (0.0, 0.5, 1.0):
        parts.append(_text(LEFT + span * tick, base + 14, f"{tick * 100:.0f} %", "middle", "tick"))
    told = "; ".join(f"{label}: {share * 100:.0f} %, {note}" for label, share, _, _, note in rows)
    return _svg(name, title, told, base + 20, parts)


def scatter(name: str, title: str, x_label: str, y_label: str, points: Sequence[Point]) -> str:
    """Points of two times in seconds, over one scale, with the line on which both are the same."""
    most = nice(max([max(x, y) for _, x, y in points], default=1.0))
    span_x, span_y = WIDE - MARGIN - 16, HIGH - MARGIN - 12
    bottom = HIGH - MARGIN

    def place(x: float, y: float) -> tuple[float, float]:
        return MARGIN + span_x * x / most, bottom - span_y * y / most

    (x0, y0), (x1, y1) = place(0, 0), place(most, most)
    parts = [f'<path class="axis" d="M{x0:.1f} {y1:.1f}V{y0:.1f}H{x1:.1f}"/>']
    parts.append(f'<path class="same" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>')
    for tick in (0.0, most / 2, most):
        x, y = place(tick, tick)
        parts.append(_text(x, bottom + 15, f"{tick:g}", "middle", "tick"))
        parts.append(_text(MARGIN - 6, y + 4, f"{tick:g}", "end", "tick"))
    for label, x_value, y_value in points:
        x, y = place(x_value, y_value)
        told = clean(f"{label}: {x_value:.2f} s, {y_value:.2f} s")
        slower = " slower" if y_value > x_value else ""
        parts.append(f'<circle class="point{slower}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{told}</title></circle>')
    parts.append(_text((x0 + x1) / 2, HIGH - 10, x_label, "middle"))
    parts.append(_text(MARGIN + 8, y1 + 4, y_label, "start"))
    below = sum(y < x for _, x, y in points)
    return _svg(name, title, f"{below} of {len(points)} points lie below the line of equal times", HIGH, parts)


def histogram(name: str, title: str, x_label: str, values: Sequence[float], step: float = 0.5) -> str:
    """How many values lie in each interval of `step`, the lower end in it."""
    first = int(min(values, default=0.0) / step)
    bins = [0] * (int(max(values, default=0.0) / step) - first + 1)
    for value in values:
        bins[int(value / step) - first] += 1
    most, bottom, span = max(bins), HIGH - MARGIN - 60, WIDE - MARGIN - 16
    each = min(60.0, span / len(bins))
    parts = [f'<path class="axis" d="M{MARGIN} {bottom}h{span}"/>']
    for number, found in enumerate(bins):
        x, high = MARGIN + number * each, (bottom - 24) * found / max(1, most)
        if found:
            at = f'x="{x + 1:.1f}" y="{bottom - high:.1f}"'
            parts.append(f'<rect class="bar" {at} width="{each - 2:.1f}" height="{high:.1f}"/>')
            parts.append(_text(x + each / 2, bottom - high - 5, str(found), "middle", "tick"))
        if number % ceil(len(bins) / 12) == 0:
            parts.append(_text(x, bottom + 15, f"{(first + number) * step:g}", "middle", "tick"))
    parts.append(_text(MARGIN + span / 2, bottom + 36, x_label, "middle"))
    told = "; ".join(f"from {(first + n) * step:g}: {found}" for n, found in enumerate(bins) if found)
    return _svg(name, title, told, bottom + 44, parts)


def nice(most: float) -> float:
    """The next of 1, 2, 4, 5, 10 times a power of ten: where an axis ends."""
    if most <= 0:
        return 1.0
    found = (step * 10.0**power for power in count(-6) for step in (1, 2, 4, 5, 10))
    return next(one for one in found if one >= most)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{clean(text)}</text>'


def _svg(name: str, title: str, told: str, high: float, parts: Iterable[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {WIDE} {high:.0f}" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{clean(title)}</title><desc id="{name}-d">{clean(told)}</desc>{"".join(parts)}</svg>'
    )
