"""Pages of the web as sources: their status, a field of the JSON that they serve, their title and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline

_LOOK: Final = "(check|fetch|request|query|probe|poll|ping|call|look at|get|visit|test)"
_NOUNS: Final = frozenset({"pages", "page", "services", "service", "addresses", "statuses", "them", "those", "shops"})


def label(url: str) -> str:
    """How people speak of a page: the last part of its address, without its ending."""
    name = url.split("?")[0].rstrip("/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


@dataclass(frozen=True)
class Fetches(Part):
    """Pages are fetched, each where it is said, to look at their status (or, with `field`, at that field)."""

    pages: tuple[tuple[str, Mention | None], ...]
    field: str = ""

    def build(self, to: Builder) -> None:
        labels = [label(url) for url, _ in self.pages]
        if len(set(labels)) < len(labels):
            raise decline("the pages cannot be told apart by their names")
        entries = []
        for (url, place), name in zip(self.pages, labels, strict=True):
            if place is not None and len(place.names) != 1:
                raise decline(f"it is not clear which device is meant by {place.text}", [place.text])
            device = place.names[0] if place is not None else ""
            step = to.somewhere(name, "http.fetch", {"url": url}, device)
            path = f"output.data.{self.field}" if self.field else "output.status"
            entries.append(Entry(name, device, step, f"${{{step}.{path}}}"))
        kind = "number" if self.field else "status"
        nouns = _NOUNS | ({self.field, f"{self.field}s"} if self.field else set())
        to.made.append(Made(kind, tuple(entries), nouns, self.field or "status", about=self.field))  # type: ignore[arg-type]


def fetches(piece: Piece) -> Part | None:
    """`check the pages A, B and C`, `fetch A from alpha and B from beta`, `have alpha fetch A and beta B`."""
    slots = match(f"{_LOOK} [{{about:words}}] [:|at] {{first:url}} [{{rest:any}}]", piece)
    if slots is not None and _plain(slots.get("about", ())):
        found = _listed(Piece(piece.line, (*slots["first"], *slots.get("rest", ()))))
        if found is not None:
            return Fetches(found)
    slots = match(f"(have|let) {{d:device}} {_LOOK} {{u:url}} [,|and] [{{rest:any}}]", piece)
    if slots is None:
        return None
    first = (literal(slots, "u"), mention(slots, "d", piece))
    others = []
    for one in elements(Piece(piece.line, slots.get("rest", ()))):
        more = match(f"{{d:device}} [{_LOOK}] {{u:url}}", one)
        if more is None:
            return None
        others.append((literal(more, "u"), mention(more, "d", one)))
    return Fetches((first, *others))


def _plain(tokens: Sequence[object]) -> bool:
    """The words before the addresses name them: pages, services."""
    said = [getattr(token, "text", "").casefold() for token in tokens]
    plain = {"the", "our", "my", "these", "three", "two", "four", "five", "six", "health", "status", "of", "at", "all"}
    nouns = {"page", "pages", "address", "addresses", "services", "service", "sites", "urls", "endpoints", "shops"}
    return all(word in plain | nouns for word in said)


def _listed(piece: Piece) -> tuple[tuple[str, Mention | None], ...] | None:
    found: list[tuple[str, Mention | None]] = []
    for one in elements(piece):
        slots = match("{u:url} [(from|on|with|by) {d:device}]", one)
        if slots is None:
            return None
        found.append((literal(slots, "u"), mention(slots, "d", one) if "d" in slots else None))
    placed = [place for _, place in found if place is not None]
    # `A, B and C from alpha`: the one device at the end is that of all.
    if len(placed) == 1 and found[-1][1] is not None:
        found = [(url, placed[0]) for url, _ in found]
    elif placed and len(placed) < len(found):
        return None
    return tuple(found) if found else None


def fields(piece: Piece) -> Part | None:
    """`the metrics at A, B and C each have a field queue`, `read the field queue of A and B`."""
    for pattern in (
        "[the|our] {about:words} at {pages:any} [each|all] (have|has|contain|contains|hold|carry) (a|the) [json] field "
        "{field:plain}",
        "(read|fetch|get|take|look up) the [json] field {field:plain} (of|at|from|in) {pages:any}",
        "(read|fetch|get|take|look up) the [json] field {field:plain} (of|at|from|in) [each of] the pages {pages:any}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        found = _listed(Piece(piece.line, slots["pages"]))
        name = str(slots["field"][0].value or slots["field"][0].text)
        if found is not None and name.isidentifier():
            return Fetches(found, name)
    return None
