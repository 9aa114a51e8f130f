"""A request as the planner reads it: spelt as it was meant, its devices found, and without what asks for nothing.

The planner and the coverage check read a request by this one function, so that neither sees what the other does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agents.embedded.chaff import renamed, trimmed, without_chaff, without_prohibitions
from agents.embedded.choices import which_of
from agents.embedded.clauses import merge_words
from agents.embedded.devices import Directory, Place
from agents.embedded.dictation import dictated
from agents.embedded.lexicon import known_words
from agents.embedded.literals import literal
from agents.embedded.mentions import find_places
from agents.embedded.spelling import spell
from agents.embedded.tokens import Kind, Token, tokenise
from agents.embedded.topics import amounts_in_place, shown_in_place, subject_in_place
from agents.embedded.verbs import plain_verbs
from agents.embedded.voice import active


@dataclass(frozen=True, slots=True)
class Reading:
    """`tokens`: all that the request says, with its devices. `said`: what of it carries a demand.

    `unchanging`: the request forbids a change; a plan for it may only read.
    """

    tokens: tuple[Token, ...]
    said: tuple[Token, ...]
    places: tuple[Place, ...]
    unchanging: bool = False


def spelt(text: str, directory: Directory) -> list[Token]:
    """The words of a normalised request, set right, with set phrases and words of several parts joined."""
    return list(_spelt(text, names_of(directory)))


@lru_cache(maxsize=64)
def _spelt(text: str, names: frozenset[str]) -> tuple[Token, ...]:
    tokens = literal(text, dictated(text, tokenise(text), names), names)
    return tuple(merge_words(renamed(spell(plain_verbs(tokens, names), known_words(), names))))


def read(tokens: Sequence[Token], directory: Directory) -> Reading:
    """Finds devices, drops chaff, puts the subject into the demand. Raises Stop where a device cannot be told."""
    plain, unchanging = without_prohibitions(amounts_in_place(tokens))
    names = names_of(directory)
    placed, places = find_places(which_of(trimmed(active(plain, names), names), names), directory)
    placed = _described_once(placed, places)
    said = shown_in_place(without_chaff(subject_in_place(placed)))
    return Reading(tuple(placed), tuple(said), tuple(places), unchanging)


def _described_once(tokens: Sequence[Token], places: list[Place]) -> list[Token]:
    """`beta, the one in production`: what stands behind the comma says which device that is, and names no others."""
    out: list[Token] = []
    for token in tokens:
        if token.kind is Kind.DEVICE and len(out) > 1 and out[-1].text == "," and out[-2].kind is Kind.DEVICE:
            first, second = places[int(out[-2].value or 0)], places[int(token.value or 0)]
            if token.text.casefold().startswith("the one ") and set(first.names) < set(second.names):
                places[int(token.value or 0)] = replace(second, names=first.names, selector=first.selector)
                out.pop()
                continue
        out.append(token)
    return out


def names_of(directory: Directory) -> frozenset[str]:
    """The words that name devices and their labels."""
    return frozenset(part for name in directory.names for part in name.split()) | frozenset(directory.label_values)
