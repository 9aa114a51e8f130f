"""What a request says that asks for nothing: greetings, politeness, reasons, asides, remarks after the fact.

A request is written out as one line in which each token that is no plain word stands as a mark (`@` a device, `#` a
literal, `9` a number); patterns over that line find what may go. A pattern can only take plain words, so no literal,
number or device is ever lost, and the open part of a pattern stops at a word that limits or demands something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from agents.embedded.chaff_words import (
    ASIDES,
    ENDS,
    GERUND,
    HEDGES,
    IDLE,
    LEADS,
    MACROS,
    OCCASIONS,
    OPENERS,
    PROHIBITIONS,
    REASONS,
    REDUNDANT,
    REMARKS,
    RENAMES,
    SAME,
)
from agents.embedded.clauses import ACTION_STARTS, VERBS
from agents.embedded.lazy import Lazy
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token

DASHES = frozenset({"-", "--", "–", "—", "...", "…"})
Table = tuple[Lazy, ...]
Line = tuple[str, dict[int, int], dict[int, int]]
"""A request as a line, and the token that begins, and ends, at an offset of it."""
_NAMES = {Kind.DEVICE: "@", Kind.NUMBER: "9", Kind.SIZE: "9", Kind.DURATION: "9", Kind.PERCENT: "9"}
_EDGE = "[.;!?:,()–]"
_BEGIN = rf"(?:(?<=^ )|(?<={_EDGE} ))"
_END = rf"(?= (?:{_EDGE} |$))"


def _each(table: Iterable[str], before: str, after: str) -> Table:
    """One pattern per row of a table; spaces in a row are spaces of the line."""
    return tuple(Lazy((row,), before, after, MACROS) for row in table)


_SEARCHED = re.compile(" (?:search|look|grep|scan|hunt|seek|comb|sift|filter|mention|mentions|occurrences|lines) ")
# Row by row, so that each is compiled once: one pattern of all rows that fit would be another one for each request.
_HEDGES = _each(HEDGES, "(?<= )", "(?= )")
_ASIDES = _each(ASIDES, "(?<= )", "(?= )")
_LEADS = _each(LEADS, _BEGIN, "(?= )")
_ENDS = _each(ENDS, "(?<= )", _END)
_REPEATED = (_LEADS, _ENDS)
_REASONS = _each(REASONS, "(?<= )", _END)
_OCCASIONS = tuple(Lazy((row,), "(?<= )", _END, MACROS) for row in OCCASIONS)
_REMARKS = _each(REMARKS, _BEGIN, _END)
_FORBIDDEN = _each(PROHIBITIONS, _BEGIN, _END)
_IDLE = _each(IDLE, "(?<= )", _END)
_OPENERS = _each(OPENERS, "", "(?= (?:[.;:,–!]|so|but) )")
_REDUNDANT = tuple(
    (Lazy((row,), _BEGIN, _END, MACROS), re.compile(said), re.compile(unsaid)) for row, said, unsaid in REDUNDANT
)
_RENAMES = tuple((Lazy((row,), "(?<= )", "(?= )", MACROS), word) for row, word in RENAMES)


def without_chaff(tokens: Sequence[Token], names: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens that carry the demand, in their order. What is dropped is plain words and sentence marks only.

    `names` are words that no pattern may take, such as the names of devices.
    """
    return list(_without_chaff(tuple(tokens), names))


# Gates, grammars and the check of what a plan covers ask for the same words, one after the other.
@lru_cache(maxsize=64)
def _without_chaff(tokens: tuple[Token, ...], names: frozenset[str]) -> tuple[Token, ...]:
    kept = list(tokens)
    # Behind a search "for" names what is looked for, and no occasion.
    occasions = () if _SEARCHED.search(line_of(kept)[0]) else _OCCASIONS
    kept = _all(kept, (_ASIDES, _LEADS, _REASONS, occasions, _REMARKS, _ENDS), names)
    if not any(token.word and token.lemma in ACTION_STARTS for token in kept):
        kept = _all(kept, (_HEDGES,), names)
    kept = _said_once(_all(kept, (_LEADS, _ENDS), names), names)
    return tuple(_tidy(_all(_opened(_tidy(kept), names), (_LEADS, _ENDS), names)))


def _said_once(tokens: list[Token], names: frozenset[str]) -> list[Token]:
    """Without what repeats the demand in other words (`the average ..., one number is enough`)."""
    line = line_of(tokens, names)
    for lazy, said, unsaid in _REDUNDANT:
        pattern = lazy.on(line[0])
        found = pattern.search(line[0]) if pattern is not None else None
        if pattern is not None and found and said.search(line[0][: found.start()]) and not unsaid.search(line[0]):
            tokens = _drop(tokens, pattern, line)
            line = line_of(tokens, names)
    return tokens


def trimmed(tokens: Sequence[Token], names: frozenset[str]) -> list[Token]:
    """Without the politeness around a request, so that what stands before it or behind it is its own words."""
    return list(_trimmed(tuple(tokens), names))


@lru_cache(maxsize=64)
def _trimmed(tokens: tuple[Token, ...], names: frozenset[str]) -> tuple[Token, ...]:
    return tuple(_tidy(_all(list(tokens), (_ASIDES, _LEADS, _ENDS), names)))


def without_prohibitions(tokens: Sequence[Token]) -> tuple[list[Token], bool]:
    """(the tokens without "but don't change it" and its kin, whether something was forbidden).

    An `otherwise` that does nothing goes too: it forbids what no plan does.
    """
    kept = _all(list(tokens), (_IDLE,), frozenset())
    allowed = _all(kept, (_FORBIDDEN,), frozenset())
    return (_tidy(allowed), True) if len(allowed) < len(kept) else (_tidy(kept), False)


def _all(tokens: list[Token], tables: Sequence[Table], names: frozenset[str]) -> list[Token]:
    line = line_of(tokens, names)
    for table in tables:
        before = -1
        # What is polite stands one behind another: without the last of it, the next is the last.
        while len(tokens) != before:
            before = len(tokens)
            tokens, line = _once(tokens, line, table, names)
            if table not in _REPEATED:
                break
    return tokens


def _once(tokens: list[Token], line: Line, table: Table, names: frozenset[str]) -> tuple[list[Token], Line]:
    """The tokens that a table leaves, and their line."""
    for lazy in table:
        if not lazy.possible(line[0]):
            continue
        pattern = lazy.on(line[0])
        kept = tokens if pattern is None else _drop(tokens, pattern, line)
        if kept is not tokens:
            tokens, line = kept, line_of(kept, names)
    return tokens, line


def renamed(tokens: Sequence[Token]) -> list[Token]:
    """Plain words in the place of set phrases: `would you mind telling me` is `tell me`."""
    kept = list(tokens)
    line = line_of(kept)
    for lazy, word in _RENAMES:
        pattern = lazy.on(line[0])
        if pattern is not None:
            kept = _replace(kept, pattern, word)
            line = line_of(kept)
    return kept


def _opened(tokens: list[Token], names: frozenset[str]) -> list[Token]:
    """Without the story that a request opens with; of its devices a sentence of their own is kept: its topic."""
    line, _, ends = line_of(tokens, names)
    for lazy in _OPENERS:
        pattern = lazy.on(line)
        found = pattern.match(line, 1) if pattern is not None else None
        end = ends.get(found.end()) if found else None
        if end is None or end >= len(tokens):
            continue
        devices = [token for token in tokens[:end] if token.kind is Kind.DEVICE]
        mark = replace(tokens[end], kind=Kind.PUNCT, text=".", lemma=".")
        return [*devices, mark, *tokens[end + 1 :]] if devices else tokens[end + 1 :]
    return tokens


# --- the line ---------------------------------------------------------------------------------------------------------


def line_of(tokens: Sequence[Token], names: frozenset[str] = frozenset()) -> Line:
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    parts, at = [" "], 1
    for number, token in enumerate(tokens):
        text = "@" if token.word and token.text.casefold() in names else shown(token)
        starts[at] = number
        ends[at + len(text)] = number + 1
        parts += [text, " "]
        at += len(text) + 1
    return "".join(parts), starts, ends


def shown(token: Token) -> str:
    if token.kind is Kind.WORD:
        return token.text.casefold().replace("’", "'")
    if token.kind is Kind.PUNCT:
        return "–" if token.text in DASHES else token.text
    return _NAMES.get(token.kind, "#")


def _drop(tokens: list[Token], pattern: re.Pattern[str], line: Line) -> list[Token]:
    text, starts, ends = line
    gone: set[int] = set()
    for found in pattern.finditer(text):
        first, last = starts.get(found.start()), ends.get(found.end())
        if first is not None and last is not None:
            gone.update(range(first, last))
    return [token for at, token in enumerate(tokens) if at not in gone] if gone else tokens


def _replace(tokens: list[Token], pattern: re.Pattern[str], word: str) -> list[Token]:
    line, starts, ends = line_of(tokens)
    found = pattern.search(line)
    if found is None or found.start() not in starts or found.end() not in ends:
        return tokens
    first, last = starts[found.start()], ends[found.end()]
    begin, end = tokens[first].start, tokens[last - 1].end
    text = base_form(found[1]) if word in {GERUND, SAME} else word
    new = [Token(Kind.WORD, part, lemma(part), begin, end) for part in text.split()]
    return [*tokens[:first], *new, *_replace(tokens[last:], pattern, word)]


def base_form(gerund: str) -> str:
    """The verb of `telling`, `giving`, `running`, `looking up`."""
    first, _, rest = gerund.partition(" ")
    stem = first.removesuffix("ing")
    for form in (stem, stem + "e", stem[:-1]):
        if form in VERBS or form == "look":
            return f"{form} {rest}".strip()
    return gerund


def _tidy(tokens: Sequence[Token]) -> list[Token]:
    """Without marks that part nothing any more: at the start, and a comma or dash before another mark."""
    out: list[Token] = []
    for token in tokens:
        mark = token.kind is Kind.PUNCT and token.text in {",", ":", ";", ".", "!"} | DASHES
        if mark and not out:
            continue
        if mark and out[-1].kind is Kind.PUNCT and out[-1].text in {",", ":"} | DASHES:
            if token.text in {".", "!", ";"}:
                out[-1] = token
            continue
        if mark and out[-1].kind is Kind.PUNCT and out[-1].text in {".", "!", "?", ";"}:
            continue
        out.append(token)
    while out and out[-1].kind is Kind.PUNCT and out[-1].text in {",", ":", "-", "–", "—"}:
        out.pop()
    return out
