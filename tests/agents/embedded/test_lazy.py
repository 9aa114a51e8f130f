"""Patterns that are compiled when a text holds what they need find exactly what they find when always compiled."""

from __future__ import annotations

import random
import re

import pytest

from agents.embedded import chaff, rephrase
from agents.embedded.chaff_words import ALL
from agents.embedded.lazy import Lazy, needs_of
from agents.embedded.paraphrases import PHRASES


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("so that", {"so that"}),
        ("(?:because|since) of", {"because", "since"}),
        ("(?:really )?please", {"please"}),
        ("favou?r", {"favo"}),
        ("hm+", {"hm"}),
        ("(?:do )*go(?: (?:on|ahead))?", {"go"}),
        ("(?:very ){2}", {"very "}),
        ("(?:very ){0,2}", None),
        ("(?=now)then(?! or)", {"then"}),
        (r"[a-z]+ \w+", None),
        ("{i} wonder", {" wonder"}),
        ("{i}", None),
        ("{w}", None),
        ("a(?:b|[cd])", {"a"}),
        ("broken)", None),
        ("((?:so|such) that){0,2}(?:is|are) it", {" it"}),
        ("(?:so|(?:be|by)) \\w+", {"so", "be", "by"}),
    ],
)
def test_what_a_source_needs(source: str, needs: set[str] | None) -> None:
    assert needs_of(source) == needs


LAZY = [
    *(lazy for name, table in sorted(vars(chaff).items()) if name.isupper() and isinstance(table, tuple)
      for entry in table for lazy in (entry if isinstance(entry, tuple) else (entry,)) if isinstance(lazy, Lazy)),
    *(lazy for lazy, _ in rephrase._RULES),
]  # fmt: skip
PLAIN = [phrase for phrases in PHRASES.values() for phrase in phrases]
GLUE = [",", ".", "–", "@", "9", "#", "<path>", "<device>", "i", "we", "you", "it", "to", "so", "that", "please", "the"]
PHRASED = [
    "hi there ,",
    "could you please",
    "i would like to know",
    "would you mind telling me",
    "thanks a lot",
    "if possible",
    "because i need it",
    "so that we know",
    "for the audit",
    "i forgot which",
    "that would be great",
    "just curious",
    "as soon as possible",
    "no rush",
    "do you know",
    "the result goes to <device>",
    "i want to see",
    "so as to decide",
    "before i forget :",
    "don't need it anymore",
    "i am tired today",
    "we were hacked ;",
    "or not",
    "right",
    "sorry ,",
    "my boss is asking",
    "in order to plan",
    "the server is slow ,",
    "at all",
    "any chance you could",
    "right now",
    "by the way",
]


def lines() -> list[str]:
    """Requests with words of the tables put in, as lines."""
    chosen, known = random.Random(7), [*sorted(ALL)[::5], *GLUE * 8, *PHRASED * 8]
    found = []
    for phrase in PLAIN[::2]:
        words = phrase.casefold().split()
        for _ in range(chosen.randrange(6)):
            words.insert(chosen.randrange(len(words) + 1), chosen.choice(known))
        found.append(f" {' '.join(words)} ")
    return found


def found_by(pattern: re.Pattern[str] | None, line: str) -> list[tuple[int, int]]:
    return [found.span() for found in pattern.finditer(line)] if pattern is not None else []


def test_lazy_patterns_find_what_their_sources_find() -> None:
    assert len(LAZY) > 60
    matched, some = 0, lines()
    for lazy in LAZY:
        whole = lazy.compiled(lazy.rows)
        for line in some:
            spans = found_by(whole, line)
            matched += bool(spans)
            assert found_by(lazy.on(line), line) == spans, (lazy.rows, line)
    assert matched > 100


def test_rows_that_cannot_match_are_not_compiled() -> None:
    lazy = Lazy(("because of", "so that"), "(?<= )", "(?= )")
    assert lazy.on(" show the disk ") is None
    assert lazy.fitting(" show it so that i see ") == ("so that",)
