"""Puts everyday turns of composition into the words that the composer reads, by the table of idioms."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.idioms import IDIOMS
from agents.embedded.lazy import Lazy
from agents.embedded.statements import STATEMENTS
from agents.embedded.tokens import Kind, Token

_DEVICE, _ANY_DEVICE = "(<device>)", "(<device>|<here>)"
_RULES: Final = tuple(
    (Lazy((pattern.replace(_DEVICE, _ANY_DEVICE),), "(?<= )", "(?= )"), tuple(out.split()))
    for pattern, out in (*STATEMENTS, *IDIOMS)
)
_KINDS = {
    Kind.PATH: "<path>",
    Kind.DEVICE: "<device>",
    Kind.QUOTED: "<quoted>",
    Kind.NUMBER: "<number>",
    Kind.LABEL: "<label>",
    Kind.URL: "<url>",
}


def rephrase(tokens: Sequence[Token]) -> list[Token]:
    """The tokens after each rule in turn: what a rule exchanges are words, literals and devices stay as they are."""
    out = list(tokens)
    line, starts = _line(out)
    for lazy, written in _RULES:
        pattern = lazy.on(line)
        found = pattern.search(line) if pattern is not None else None
        while pattern is not None and found is not None:
            first, end = _number(starts, found.start()), _number(starts, found.end())
            fresh = _written(found, written, out, starts)
            out[first:end] = fresh
            line, starts = _line(out)
            found = pattern.search(line, starts[first + len(fresh)])
    return out


def _line(tokens: Sequence[Token]) -> tuple[str, list[int]]:
    """The tokens as one line with a blank before each, and the offset of each one's first character."""
    parts, starts, at = [], [], 0
    for token in tokens:
        text = _symbol(token)
        starts.append(at + 1)
        parts.append(f" {text}")
        at += len(text) + 1
    starts.append(at + 1)
    return "".join(parts) + " ", starts


def _symbol(token: Token) -> str:
    if token.word:
        return token.lemma
    if token.kind is Kind.DEVICE and token.text.casefold() == "there":
        return "there"
    if token.kind is Kind.DEVICE and token.text.casefold() in {"here", "this machine", "this computer"}:
        return "<here>"
    if token.kind is Kind.NUMBER and token.value == 0:
        return "<zero>"
    return token.text if token.kind in (Kind.PUNCT, Kind.SIGN) else _KINDS.get(token.kind, "<other>")


def _number(starts: Sequence[int], offset: int) -> int:
    return bisect_left(starts, offset)


def _written(
    found: re.Match[str], written: Sequence[str], tokens: Sequence[Token], starts: Sequence[int]
) -> list[Token]:
    """The tokens of a replacement; new words lie where the first word that they stand for lay."""
    at = tokens[_number(starts, found.start())]
    fresh: list[Token] = []
    for part in written:
        if part.isdigit():
            first, end = found.span(int(part))
            fresh.extend(tokens[_number(starts, first) : _number(starts, end)] if first >= 0 else ())
        else:
            kind = Kind.WORD if part.isalpha() else Kind.PUNCT
            fresh.append(replace(at, kind=kind, text=part, lemma=part, value=None))
    return fresh


def dropped(tokens: Sequence[Token]) -> frozenset[int]:
    """Where the words begin that an idiom stands for, and that the plan answers to by what the idiom means."""
    kept = {id(token) for token in rephrase(tokens)}
    return frozenset(token.start for token in tokens if token.word and id(token) not in kept)
