"""A closer look at a plan that covers its request: whether what is used is used in the right place.

Coverage asks that each part of a request appears in the plan; here a part must appear in the slot, on the device, in
the order and in the direction that the request gives it. Every rule is one way in which careless plans go wrong, and
says nothing where it does not apply: these rules refuse, they never excuse. `tests/agents/test_mutants.py` shows what
they catch and what gets through.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.scrutiny import branches, graph, numbers, places, words
from agents.scrutiny.look import Doubt, Look, Told

__all__ = ["Doubt", "Look", "Told", "doubts"]


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything that stands in the wrong place."""
    yield from graph.doubts(look)
    yield from numbers.doubts(look)
    yield from words.doubts(look)
    yield from places.doubts(look)
    yield from branches.doubts(look)
