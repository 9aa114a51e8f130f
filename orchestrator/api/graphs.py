"""Which picture of a graph a client wants: by `?format=`, else by `Accept`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orchestrator.api.problems import Problem
from orchestrator.core import render as pictures
from orchestrator.core.views import GraphView, TaskView

MEDIA_TYPES = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "mermaid": "text/vnd.mermaid; charset=utf-8",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "svg": "image/svg+xml",
}
DRAW: dict[str, Callable[[GraphView, Iterable[TaskView]], str]] = {
    "text": pictures.text,
    "mermaid": pictures.mermaid,
    "dot": pictures.dot,
    "svg": pictures.svg,
}
_BY_TYPE = {media_type.partition(";")[0]: name for name, media_type in MEDIA_TYPES.items()}
_WILD = {"*/*": "json", "application/*": "json", "text/*": "text", "image/*": "svg"}


def render(view: GraphView, tasks: Iterable[TaskView], format: str | None, accept: str) -> tuple[str, str]:
    """The content and its media type; pictures say of each of the `tasks` what it waits for. Raises Problem."""
    chosen = format or _accepted(accept)
    if chosen == "json":
        return view.model_dump_json(), MEDIA_TYPES[chosen]
    return DRAW[chosen](view, tasks), MEDIA_TYPES[chosen]


def _accepted(accept: str) -> str:
    """The best of our formats for an Accept header; JSON where there is none."""
    best, found = 0.0, "" if accept.strip() else "json"
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        name = _BY_TYPE.get(kind) or _WILD.get(kind)
        weight = _weight(parameters)
        if name and weight > best:
            best, found = weight, name
    if not found:
        raise Problem("not_acceptable", f"A graph is to be had as {', '.join(_BY_TYPE)}.")
    return found


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
