"""Questions whose answer decides what follows: `is nginx running? if not, ...`, `less than 2 GB free? then ...`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agents.embedded.tokens import Kind, Token
from agents.embedded.words import LEADS
from agents.embedded.wordset import words

SHORT: Final[Mapping[tuple[str, ...], str]] = {
    ("if", "so"): "if",
    ("if", "yes"): "if",
    ("if", "that", "is", "the", "case"): "if",
    ("in", "that", "case"): "if",
    ("if", "not"): "unless",
    ("if", "no"): "unless",
    ("otherwise",): "unless",
    ("or", "else"): "unless",
}
LONG: Final[Mapping[tuple[str, ...], str]] = {
    **{("if", who, verb): "if" for who in ("it", "they", "there", "that") for verb in ("is", "does", "are", "do")},
    **{
        ("if", who, verb): "unless"
        for who in ("it", "they", "there", "that")
        for verb in ("isn't", "doesn't", "aren't", "don't", "isnt", "doesnt")
    },
    **{("if", who, verb, "not"): "unless" for who in ("it", "they", "there") for verb in ("is", "does", "are", "do")},
}
"""These end the condition: a comma, "then" or a polite word follows."""
CHECKS = words("check see tell verify know determine test find look confirm")
ASKS = words("is are does do has have")
STARTS = words(
    "less more over under above below fewer at not no none missing running still gone down up different identical same "
    "any nothing empty exceed exceeding isn't"
)
ENDS = frozenset({",", "?", ".", ";", ":", "-", "–", "—"})


def verdict(tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
    """(end, mark) of `if so` (`if`) and `if not` (`unless`), where nothing more of a condition follows."""
    for size in (5, 4, 3, 2, 1):
        form = tuple(_low(tokens, at + i) for i in range(size))
        end = at + size
        mark = SHORT.get(form) or LONG.get(form)
        if mark is None or end >= len(tokens):
            continue
        if form in SHORT or tokens[end].text in ENDS or tokens[end].lemma in {"then", "please", "just"}:
            return end, mark
    return None


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lemma if 0 <= at < len(tokens) and (tokens[at].word or tokens[at].text == "there") else ""


def asked(tokens: Sequence[Token]) -> tuple[Token, ...] | None:
    """What a yes-or-no question asks, as a condition says it; None for anything else."""
    kept = [token for token in tokens if token.kind is not Kind.PUNCT]
    at = 0
    while at < len(kept) and kept[at].word and kept[at].lemma in LEADS:
        at += 1
    if at < len(kept) and kept[at].lemma in CHECKS:
        at += 1
        while at < len(kept) and kept[at].lemma in {"me", "us", "out", "first", "please"}:
            at += 1
        return tuple(kept[at + 1 :]) if at < len(kept) and kept[at].lemma in {"if", "whether"} else None
    return tuple(kept[at:]) if at < len(kept) and kept[at].word and kept[at].lemma in ASKS else None


def fragment(tokens: Sequence[Token]) -> tuple[Token, ...] | None:
    """`less than 2 GB free`, `not running`: the rest of a question whose subject came before."""
    kept = [token for token in tokens if token.kind is not Kind.PUNCT]
    while kept and kept[0].lemma in {"and", "so", "now", "is", "it", "still", "are", "they"}:
        kept.pop(0)
    starts = bool(kept) and (kept[0].kind is Kind.SIGN or (kept[0].word and kept[0].lemma in STARTS))
    return tuple(kept) if starts and len(kept) <= 8 else None


def about(check: Sequence[Token], state: Sequence[Token]) -> tuple[Token, ...] | None:
    """`check for nginx on alpha` and `not running` together: `nginx not running on alpha`."""
    kept = [token for token in check if not (token.word and token.lemma in LEADS)]
    if len(kept) < 3 or kept[0].lemma not in CHECKS | {"search"} or not state or not state[0].word:
        return None
    start = 2 if kept[1].lemma in {"for", "on"} else 1 if kept[0].lemma == "search" else 0
    if not start:
        return None
    end = start
    while end < len(kept) and kept[end].kind is not Kind.DEVICE and kept[end].lemma not in {"on", "at"}:
        end += 1
    return (*kept[start:end], *state, *kept[end:])
