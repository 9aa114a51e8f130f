"""Which picture of a graph or a timeline a client wants: by `?format=`, else by `Accept`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from orchestrator.api.problems import Problem
from orchestrator.core import render as pictures
from orchestrator.core import render_timeline as timelines
from orchestrator.core.timeline import TimelineView
from orchestrator.core.views import GraphView, TaskView

MEDIA_TYPES = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "mermaid": "text/vnd.mermaid; charset=utf-8",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "svg": "image/svg+xml",
}
"""Of two that a client likes alike, the first."""
DRAW: dict[str, Callable[[GraphView, Iterable[TaskView]], str]] = {
    "text": pictures.text,
    "mermaid": pictures.mermaid,
    "dot": pictures.dot,
    "svg": pictures.svg,
}
DRAW_TIMELINE: dict[str, Callable[[TimelineView], str]] = {
    "text": timelines.text,
    "mermaid": timelines.mermaid,
    "svg": timelines.draw,
}


def media_types(drawn: Mapping[str, object]) -> dict[str, str]:
    """JSON, and what can be drawn, with their media types."""
    return {name: kind for name, kind in MEDIA_TYPES.items() if name == "json" or name in drawn}


def render(view: GraphView, tasks: Iterable[TaskView], format: str | None, accept: str) -> tuple[str, str]:
    """The content and its media type; pictures say of each of the `tasks` what it waits for. Raises Problem."""
    chosen = format or _accepted(accept, "graph", media_types(DRAW))
    return view.model_dump_json() if chosen == "json" else DRAW[chosen](view, tasks), MEDIA_TYPES[chosen]


def render_timeline(view: TimelineView, format: str | None, accept: str) -> tuple[str, str]:
    """The content and its media type. Raises Problem."""
    chosen = format or _accepted(accept, "timeline", media_types(DRAW_TIMELINE))
    return view.model_dump_json() if chosen == "json" else DRAW_TIMELINE[chosen](view), MEDIA_TYPES[chosen]


def _accepted(accept: str, what: str, offered: Mapping[str, str]) -> str:
    """The best of the offered formats for an Accept header (RFC 9110, 12.5.1); JSON where there is none.

    Of several ranges that fit a format the most specific one gives its weight. Of formats of the same weight one that
    is named comes before one that a wildcard covers, then the one that the header has first.
    """
    ranges = _ranges(accept) if accept.strip() else {"*/*": (1.0, 0)}
    found: list[tuple[float, int, int, str]] = []
    for name, media_type in offered.items():
        kind = media_type.partition(";")[0]
        wider = (kind, f"{kind.partition('/')[0]}/*", "*/*")
        fits = next(((level, ranges[one]) for level, one in enumerate(wider) if one in ranges), None)
        if fits is not None and fits[1][0] > 0:
            level, (weight, place) = fits
            found.append((-weight, level, place, name))
    if not found:
        kinds = ", ".join(media_type.partition(";")[0] for media_type in offered.values())
        raise Problem("not_acceptable", f"A {what} is to be had as {kinds}.")
    return min(found, key=lambda one: one[:3])[3]


def _ranges(accept: str) -> dict[str, tuple[float, int]]:
    """Weight and place of each media range; parameters other than the weight are not looked at."""
    found: dict[str, tuple[float, int]] = {}
    for place, part in enumerate(accept.split(",")):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        found.setdefault(kind, (_weight(parameters), place))
    return found


def _weight(parameters: list[str]) -> float:
    """From 0 to 1; what is no such number does not ask for anything."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = float(parameter[2:])
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
