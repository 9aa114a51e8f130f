"""A request as the planner reads it: spelt as it was meant, its devices found, and without what asks for nothing.

The planner and the coverage check read a request by this one function, so that neither sees what the other does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.embedded.chaff import renamed, trimmed, without_chaff
from agents.embedded.clauses import merge_words
from agents.embedded.devices import Directory, Place
from agents.embedded.lexicon import known_words
from agents.embedded.mentions import find_places
from agents.embedded.spelling import spell
from agents.embedded.tokens import Token, tokenise
from agents.embedded.topics import topics_in_place


@dataclass(frozen=True, slots=True)
class Reading:
    """`tokens`: all that the request says, with its devices. `said`: what of it carries a demand."""

    tokens: tuple[Token, ...]
    said: tuple[Token, ...]
    places: tuple[Place, ...]


def spelt(text: str, directory: Directory) -> list[Token]:
    """The words of a normalised request, set right, with set phrases and words of several parts joined."""
    return merge_words(renamed(spell(tokenise(text), known_words(), names_of(directory))))


def read(tokens: Sequence[Token], directory: Directory) -> Reading:
    """Finds devices and drops chaff. Raises Stop where a device that is spoken of cannot be told."""
    placed, places = find_places(trimmed(tokens, names_of(directory)), directory)
    return Reading(tuple(placed), tuple(topics_in_place(without_chaff(placed))), tuple(places))


def names_of(directory: Directory) -> frozenset[str]:
    """The words that name devices and their labels."""
    return frozenset(part for name in directory.names for part in name.split()) | frozenset(directory.label_values)
