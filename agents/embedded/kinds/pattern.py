"""A small language of patterns over pieces: words, `(a|b)`, `[optional]`, `{slot:kind}` and `~macro`.

A pattern has to match a piece from its first token to its last: whatever it does not name has no place in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from agents.embedded.kinds.line import Piece, Written
from agents.embedded.kinds.needs import PART, Needs, needed
from agents.embedded.tokens import Token

_WORD: Final = r"(?:(?!(?:and|then|if|when|unless|otherwise|else) )[^<>, ]+ )"
_NO_START: Final = (
    r"(?:that|saying|about|of|in|at|on|after|before|every|tomorrow|tonight|later|me|us|by|once|as|<[dt]\d+>) "
)
SLOTS: Final[Mapping[str, str]] = {
    "quoted": r"<q\d+> ",
    "path": r"<p\d+> ",
    "file": r"<[pq]\d+> ",
    "url": r"<u\d+> ",
    "address": r"(?:<[uh]\d+> |localhost )",
    "name": rf"(?:<[qph]\d+> |{_WORD})",
    "place": rf"(?:<[qp]\d+> |{_WORD})",
    "plain": rf"(?:<q\d+> |{_WORD})",
    "state": r"(?:running |stopped |failed )",
    "errors": r"errors? ",
    "rest": rf"(?:<q\d+> |(?:{_WORD}|<[ncdt]\d+> ){{1,16}}?)",
    "number": r"<n\d+> ",
    "amount": r"<[nc]\d+> ",
    "quantity": r"<[ncdz]\d+> ",
    "duration": r"<d\d+> ",
    "time": r"<t\d+> ",
    "how": r"(?:double|right|middle)(?:-click|click| click) ",
    "point": r"<n\d+> (?:(?:, |x |and |/ )?<n\d+> )?",
    "filling": rf"(?:<[qncuhpt]\d+> |{_WORD})",
    "call": r"(?:<f\d+> (?:<n\d+> )*|(?:<n\d+> )+|<q\d+> )",
    "word": _WORD,
    "words": _WORD + "{1,6}?",
    "app": rf"(?:<[pqh]\d+> |{_WORD}{{1,3}}?)",
    "topic": r"<[pqg]\d+> ",
    "value": rf"(?:<[nqc]\d+> |{_WORD}{{1,2}}?)",
    "thing": rf"(?:<[pq]\d+> |{_WORD}+?)",
    "any": r"(?:(?!(?:then|if|when|unless|otherwise|else) )[^ ]+ )+?",
    "sentence": rf"(?:<q\d+> |(?!{_NO_START})(?:(?!: ){_WORD}|<[ncdt]\d+> ){{2,16}}?)",
    "device": r"<v\d+> ",
    "sign": r"<s\d+> ",
    "opened": r"\( ",
    "closed": r"\) ",
}
MACROS: Final[Mapping[str, str]] = {
    "~show": (
        "(show|tell|give|get|read|check|display|print|fetch|see|report|look up|look at|find out|query|retrieve|list|"
        "view|let me see|let me know|pull up|bring up|what is|what are|which are|i want to know|"
        "i want to see|i would like to know|i'd like to know|i'd like to see|i need to know|i need to see|need|"
        "i need|i want|tell me what is|tell me|show me what is|have a look at|"
        "(can|could|may|might) i (have|get|see)|list out|list up|dump|print out|"
        "read out|get out|let me have|i'd like|i would like|give us|find)"
    ),
    "~me": "[me|us] [about]",
    "~the": "[the current|the latest|all of the|all the|all my|the|my|our|a|an|its|all|any|current|some|latest]",
    "~now": "[now|right now|at the moment|currently|at present|just now|at this moment]",
}


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression over `Piece.said`. Raises KeyError for a kind of slot or a macro that there is not."""
    return re.compile(_translated(pattern))


def _translated(pattern: str) -> str:
    out: list[str] = []
    for slot, kind, macro, mark, word in PART.findall(pattern):
        if slot:
            out.append(f"(?P<{slot}>{SLOTS[kind]})")
        elif macro:
            out.append(_translated(MACROS[macro]))
        elif mark:
            out.append({"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|"}[mark])
        else:
            out.append(re.escape(word) + " ")
    return "".join(out)


@lru_cache(maxsize=4096)
def needs(pattern: str) -> Needs:
    """See `needs.py`. Most patterns are for other words than those that are there: told without compiling them."""
    return needed(pattern, SLOTS, MACROS)


Slots = Mapping[str, tuple[Token, ...]]


def match(pattern: str, piece: Piece) -> dict[str, tuple[Token, ...]] | None:
    """The tokens of each slot, where the whole piece fits the pattern."""
    written = piece.written
    if pattern in written.matched:
        known = written.matched[pattern]
    else:
        known = written.matched[pattern] = _matched(pattern, written, piece)
    return None if known is None else {**known}


def _matched(pattern: str, written: Written, piece: Piece) -> dict[str, tuple[Token, ...]] | None:
    words = written.words
    for one in needs(pattern):
        if one.isdisjoint(words):
            return None
    found = compiled(pattern).fullmatch(written.said)
    if found is None:
        return None
    return {name: piece.between(*found.span(name)) for name, text in found.groupdict().items() if text is not None}
