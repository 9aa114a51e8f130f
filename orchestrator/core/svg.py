"""What all our SVG pictures share: one style for light and dark, a shape for every state, and escaping.

A picture is one file with nothing outside it: no script, font, image or link. A state shows by shape and by colour, for
those who cannot tell the colours, and for paper.
"""

from __future__ import annotations

import html
from typing import Final

from orchestrator.core.tasks import TaskStatus

S = TaskStatus
TONES: Final[dict[TaskStatus, str]] = {
    S.PENDING: "idle",
    S.READY: "idle",
    S.WAITING: "ask",
    S.RUNNING: "live",
    S.CANCELLING: "ask",
    S.UNKNOWN: "ask",
    S.SUCCEEDED: "good",
    S.FAILED: "bad",
    S.SKIPPED: "idle",
    S.CANCELLED: "idle",
}
"""The colour of each status, as a class of the style sheet."""

_SHAPES: Final[dict[TaskStatus, str]] = {
    S.PENDING: "M3 7h.1M7 7h.1M11 7h.1",
    S.READY: "M7 2a5 5 0 1 0 .01 0z",
    S.WAITING: "M5 3v8M9 3v8",
    S.RUNNING: "M4 2.500l7 4.500-7 4.500z",
    S.CANCELLING: "M3.500 3.500h7v7h-7z",
    S.UNKNOWN: "M4.500 5a2.500 2.500 0 1 1 3.500 2.300q-1 .5-1 1.700M7 11.800h.1",
    S.SUCCEEDED: "M2.500 7.500l3 3.500 6-8",
    S.FAILED: "M3 3l8 8M11 3l-8 8",
    S.SKIPPED: "M3 3l4 4-4 4M8 3l4 4-4 4",
    S.CANCELLED: "M7 2a5 5 0 1 0 .01 0zM3.500 10.500l7-7",
}
"""Paths in a square of 14, stroked."""

_Palette = dict[str, tuple[str, str]]
_LIGHT: Final[_Palette] = {  # fill and line; text and dim text; rules and edges
    "page": ("#ffffff", "#ffffff"),
    "text": ("#18181b", "#52525b"),
    "rule": ("#e4e4e7", "#8b8b94"),
    "idle": ("#f4f4f5", "#71717a"),
    "live": ("#dbeafe", "#1d4ed8"),
    "ask": ("#fef3c7", "#b45309"),
    "good": ("#dcfce7", "#15803d"),
    "bad": ("#fee2e2", "#b91c1c"),
}
_DARK: Final[_Palette] = {
    "page": ("#18181b", "#18181b"),
    "text": ("#f4f4f5", "#a1a1aa"),
    "rule": ("#3f3f46", "#8b8b94"),
    "idle": ("#27272a", "#a1a1aa"),
    "live": ("#172554", "#60a5fa"),
    "ask": ("#451a03", "#fbbf24"),
    "good": ("#052e16", "#4ade80"),
    "bad": ("#450a0a", "#f87171"),
}


def head(title: str, width: int, height: int) -> list[str]:
    """The opening of a picture of this size in pixels, with its title, style and page."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<style>{_rules(_LIGHT)}{_FIXED}@media (prefers-color-scheme:dark){{{_rules(_DARK)}}}</style>",
        f'<path class="page" d="M0 0H{width}V{height}H0z"/>',
    ]


def shape(status: TaskStatus, x: float, y: float, tone: str | None = None) -> str:
    """The mark of a status, with its left top corner there, 14 pixels wide and high."""
    return f'<path class="mark {tone or TONES[status]}" transform="translate({x:g} {y:g})" d="{_SHAPES[status]}"/>'


def escape(text: str) -> str:
    """Text for an element or an attribute."""
    # The two characters below no XML document may hold, escaped or not.
    return html.escape(text.replace("\ufffe", "").replace("\uffff", ""))


def cut(text: str, limit: int) -> str:
    """At most so many characters, the last of which says that there were more."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


_FIXED: Final = (
    ".strong{font-weight:600}.small{font-size:10.5px}"
    ".edge,.mark{fill:none;stroke-width:1.2}.mark{stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}"
    ".loose{stroke-dasharray:5 4}.skipped .box,.pending .box,.cancelled .box{stroke-dasharray:4 3}"
    ".failed .box,.running .box{stroke-width:2.2}.rule{stroke-width:1;fill:none}"
    ".line{fill:none;stroke-width:2}.dots{fill:none;stroke-width:3;stroke-dasharray:1 5;stroke-linecap:round}"
)


def _rules(colours: _Palette) -> str:
    (page, _), (ink, dim), (rule, edge) = colours["page"], colours["text"], colours["rule"]
    rules = [
        f".page{{fill:{page}}}text{{fill:{ink}}}text.dim{{fill:{dim}}}",
        f".rule{{stroke:{rule}}}.edge{{stroke:{edge}}}.tip{{fill:{edge}}}",
        # Where an edge's words cross another edge, they stand on the page's colour.
        f"text.over{{stroke:{page};stroke-width:4px;paint-order:stroke;stroke-linejoin:round}}",
    ]
    for tone in ("idle", "live", "ask", "good", "bad"):
        fill, line = colours[tone]
        rules.append(f".box.{tone}{{fill:{fill};stroke:{line}}}.mark.{tone},.line.{tone},.dots.{tone}{{stroke:{line}}}")
    return "".join(rules)
