"""The grammar with its terminals: literals, devices, names."""

from __future__ import annotations

from typing import Final, cast

from agents.embedded.meaning import bridge
from agents.embedded.meaning.chart import Chart, Grammar, Meaning, Spans, Terminal
from agents.embedded.meaning.lexicon import NOUNS, PRONOUNS, SETS
from agents.embedded.meaning.text import Word
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words

FUNCTION: Final = words(
    "the a an and or of to in on at by for from with without as is are was were be been it its they "
    "them their that this these "
    "those there here which who whose where when while if unless otherwise else not no any all each "
    "every both more less "
    "than least most up down out into onto over under above below one ones then once after before so "
    "but only same other "
    "have has had do does did done should must shall will would can could may put save write copy file "
    "folder column columns "
    "row rows i you we me my our your he she what how many much first last also too sorted draw show"
)


NO_VALUES: Final = words(
    "empty missing null unknown known different valid invalid unique duplicate duplicated negative "
    "positive recent old new "
    "wrong right true false odd even zero set unset present absent"
)
"""Words that say how a value is, and are none themselves."""


def _word(chart: Chart, at: int) -> Word:
    return cast(Word, chart.tokens[at])


def _value(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    token = _word(chart, at).token
    return at + 1, str(token.value if token.value is not None else token.text)


def _path(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    return at + 1, _word(chart, at).token.text


def _number(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    token = _word(chart, at).token
    return (at + 1, token.value) if isinstance(token.value, (int, float)) else None


def _device(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    return at + 1, _word(chart, at).mention


def _plain(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    """A word that may be a name: of a column, a folder, a field."""
    word = _word(chart, at)
    ok = word.low and word.low not in FUNCTION and word.token.text[0].isalpha()
    return (at + 1, word.token.text) if ok else None


def _name(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    word = _word(chart, at)
    if word.token.kind in (Kind.PATH, Kind.GLOB):
        return at + 1, word.token.text
    return _value(chart, at) if word.token.kind is Kind.QUOTED else _plain(chart, at)


def _call(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    text = _word(chart, at).token.text
    at += 1
    while (
        at < len(chart.tokens) and _word(chart, at).token.kind is Kind.NUMBER and _word(chart, at).token.text.isdigit()
    ):
        text += _word(chart, at).token.text
        at += 1
    return at, text


def _seconds(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    found = _word(chart, at).token.value
    return (at + 1, float(found)) if isinstance(found, (int, float)) else None


def _low(chart: Chart, at: int) -> tuple[int, Meaning] | None:
    return at + 1, _word(chart, at).low


TERMINALS: Final[dict[str, tuple[Terminal, frozenset[str]]]] = {
    "q": (_value, frozenset({"<q>"})),
    "p": (_path, frozenset({"<p>"})),
    "u": (_value, frozenset({"<u>"})),
    "n": (_number, frozenset({"<n>"})),
    "pc": (_number, frozenset({"<pc>"})),
    "secs": (_seconds, frozenset({"<t>"})),
    "d": (_device, frozenset({"<d>"})),
    "w": (_plain, frozenset({"<w>"})),
    "name": (_name, frozenset({"<w>", "<p>", "<q>"})),
    "caps": (_plain, frozenset({"<caps>"})),
    "call": (_call, frozenset({"<call>"})),
    "low": (_low, words("first second third fourth")),
    "small": (_low, words("at from to by on in file row name path text first last folder size")),
    "pron": (_low, words(PRONOUNS)),
    "noun": (_low, words(NOUNS)),
}
SPANS: Final[dict[str, tuple[Spans, frozenset[str]]]] = {
    "clause": (bridge.clause, frozenset({"<w>"})),
    "plainly": (bridge.thing, frozenset({"<w>", "<d>"})),
    "topic": (bridge.topic, frozenset({"<w>", "<d>"})),
    "stands": (bridge.condition, frozenset({"<w>", "<d>", "<p>"})),
}
GRAMMAR: Final = Grammar(TERMINALS, SETS, SPANS)
rule = GRAMMAR.rule
