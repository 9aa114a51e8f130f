"""Stops of this grammar: what is missing, in a sentence that says how to go on."""

from __future__ import annotations

from agents.embedded.outcome import Stop, decline


class Missing(Exception):
    """A frame applies but lacks a value that only the person can give; another reading may still have it."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(str(stop))
        self.stop = stop


def missing(reason: str) -> Missing:
    """What a frame raises where it is sure of the skill and not of its arguments."""
    return Missing(decline(reason))
