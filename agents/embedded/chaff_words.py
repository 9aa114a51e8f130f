"""Every table of chaff, and the plain words in them."""

from __future__ import annotations

import re

from agents.embedded.chaff_macros import MACROS
from agents.embedded.chaff_polite import ASIDES, ENDS, GERUND, HEDGES, LEADS, RENAMES, SAME
from agents.embedded.chaff_stories import IDLE, OCCASIONS, OPENERS, PROHIBITIONS, REASONS, REDUNDANT, REMARKS

_SPELT = tuple(row for name, row in MACROS.items() if name not in {"person", "trouble", "label", "says"})
ALL = frozenset(
    word
    for table in (ASIDES, LEADS, ENDS, REASONS, OCCASIONS, REMARKS, OPENERS, PROHIBITIONS, IDLE, _SPELT)
    for row in table
    for word in re.findall(r"(?<![\\{])\b[a-z]{4,}\b(?!\})", row)
)
"""Every plain word of these tables, for the spelling; not whoever may say something: those are near to other words."""

__all__ = [
    "ALL",
    "ASIDES",
    "ENDS",
    "GERUND",
    "HEDGES",
    "IDLE",
    "LEADS",
    "MACROS",
    "OCCASIONS",
    "OPENERS",
    "PROHIBITIONS",
    "REASONS",
    "REDUNDANT",
    "REMARKS",
    "RENAMES",
    "SAME",
]
