"""The line as it was meant: slips of the pen set right, and without what asks for nothing.

Read only where the line as it was written has no reading: what somebody wrote on purpose is never set right.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from agents.embedded.chaff import renamed, without_chaff
from agents.embedded.kinds.line import Line, line_of, shared
from agents.embedded.kinds.needs import PART
from agents.embedded.kinds.pattern import MACROS
from agents.embedded.kinds.world import KIND_NOUNS, World, parts_of
from agents.embedded.lexicon import known_words
from agents.embedded.spelling import spell
from agents.embedded.tokens import Token
from agents.embedded.wordset import words

WHEN: Final = words("today tonight tomorrow yesterday later soon daily weekly hourly once first last")
"""Words that say of what, or when: where they would be dropped, nothing is."""


def mended(line: Line, world: World) -> Line | None:
    """The line with its words set right and its chaff dropped; None where nothing changes."""
    things = frozenset(world.words)
    names = frozenset(part for name in world.names for part in parts_of(name))

    def mend(tokens: list[Token]) -> list[Token]:
        # A capital within a sentence is a name's: it is spelt as it is spelt.
        proper = frozenset(one.text.casefold() for one in tokens[1:] if one.word and one.text[:1].isupper())
        return renamed(spell(tokens, known() | things, names | proper))

    whole = line_of(line.text, world, mend)
    plain = tuple(without_chaff(whole.tokens))
    if any(one.text.casefold() in WHEN for one in line.tokens) != any(one.text.casefold() in WHEN for one in plain):
        return None
    same = [one.text for one in plain] == [one.text for one in line.tokens]
    return shared(replace(whole, tokens=plain)) if plain and not same else None


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Lower-case words of the patterns, of the grammar of machines and of nouns for devices."""
    from agents.embedded.kinds.reading import TABLES

    patterns = [one for order in TABLES for one in (*order.asks, *order.nouns)]
    said = {word for pattern in (*patterns, *MACROS.values()) for *_, word in PART.findall(pattern)}
    nouns = {part for name in KIND_NOUNS for part in name.split()}
    return known_words() | {word for word in said | nouns if word.isalpha() and word.isascii()}
