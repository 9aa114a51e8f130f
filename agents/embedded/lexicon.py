"""All words that the grammar knows, gathered once: what a slip of the pen may be set right to."""

from __future__ import annotations

from functools import lru_cache

from agents.embedded import operators, slots, words
from agents.embedded.chaff_words import ALL as CHAFF_WORDS
from agents.embedded.clauses import ACTION_STARTS, THEN, VERBS
from agents.embedded.devices import GENERIC, KINDS, LABEL_ALIASES, OS_NAMES, PLURAL_WORDS
from agents.embedded.evidence import DATA_WORDS
from agents.embedded.grammar import FRAMES
from agents.embedded.paraphrases import PHRASES
from agents.embedded.retrieval import SYNONYMS
from agents.embedded.text import spoken
from agents.embedded.units import DURATIONS, NUMBER_WORDS, SIZES


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Lower-case words of the grammar and of the example phrases."""
    said = {word.casefold() for phrases in PHRASES.values() for phrase in phrases for word in spoken(phrase)}
    return grammar_words() | {word for word in said if word.isalpha() and word.isascii()}


@lru_cache(maxsize=1)
def grammar_words() -> frozenset[str]:
    """Lower-case words of frames, word tables, units and device nouns; no names, which stand in examples only."""
    found: set[str] = set()
    for frame in FRAMES:
        found |= frame.heads | frame.may | set().union(*frame.groups, set())
    for table in (words.FILLERS, words.LEADS, words.ASK, words.NEGATIONS, words.ADJECTIVES, VERBS, ACTION_STARTS):
        found |= table
    for pairs in (words.MULTI, ((form, "") for form in THEN)):
        found.update(word for forms, *_ in (pairs.items() if isinstance(pairs, dict) else pairs) for word in forms)
    for keys in (operators.DESC, operators.ASC, operators.SAME, operators.TOTAL, operators.AVERAGE):
        found |= set(keys)
    found |= slots.SKIPPED | slots.PREPOSITIONS | slots.ENDERS | GENERIC | PLURAL_WORDS | CHAFF_WORDS
    found |= frozenset().union(*DATA_WORDS.values())
    for mapping in (KINDS, LABEL_ALIASES, OS_NAMES, SYNONYMS, DURATIONS, NUMBER_WORDS, SIZES, operators.KEYS):
        found.update(mapping)
    return frozenset(word for word in found if word.isalpha() and word.isascii())
