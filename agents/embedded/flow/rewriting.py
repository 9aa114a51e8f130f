"""Other words for the same: rules that turn one form of a clause into another one, token by token.

A rule never makes up a literal or a device: what a slot has read is moved as it is, and only words are put in or left
out. A word that is put in has the place of what it stands for, so that the order of the request stays known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from agents.embedded.flow.lexicon import PARTICIPLES
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import SLOTS, compiled
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token

Slots = Mapping[str, tuple[Token, ...]]
ROUNDS: Final = 8
"""How often a clause is rewritten at most: each rule takes words away or brings it nearer to one form."""


@dataclass(frozen=True)
class Rule:
    """`pattern` and what it `becomes`: words, and slots as `{x}`. A slot `p` is a participle; `{p}` is its verb.

    `only`: one of these words has to be there, so that most rules need no regular expression.
    """

    pattern: str
    becomes: str
    only: tuple[str, ...] = ()
    where: Callable[[Slots], bool] | None = field(default=None, compare=False)

    def whole(self, piece: Piece) -> Piece | None:
        """The whole piece in its other form; None where it has not this one."""
        if self.only and not any(f" {word} " in f" {piece.said}" for word in self.only):
            return None
        found = _regex(self.pattern).fullmatch(piece.said)
        if found is None:
            return None
        slots = {name: piece.between(*found.span(name)) for name, text in found.groupdict().items() if text}
        if self.where is not None and not self.where(slots):
            return None
        return self._written(piece, slots, piece.tokens)

    def anywhere(self, piece: Piece) -> Piece | None:
        """The piece with the first place that has this form in the other one."""
        if self.only and not any(f" {word} " in f" {piece.said}" for word in self.only):
            return None
        for found in _regex(self.pattern).finditer(piece.said):
            begin, end = found.span()
            if begin == end or begin not in piece.starts:
                continue
            slots = {name: piece.between(*found.span(name)) for name, text in found.groupdict().items() if text}
            if self.where is not None and not self.where(slots):
                continue
            inner = self._written(piece, slots, piece.between(begin, end))
            if inner is not None:
                tokens = piece.tokens
                at = piece.starts.index(begin)
                return Piece(piece.line, (*tokens[:at], *inner.tokens, *tokens[at + len(piece.between(begin, end)) :]))
        return None

    def _written(self, piece: Piece, slots: Slots, of: Sequence[Token]) -> Piece | None:
        out: list[Token] = []
        for slot, word in _parts(self.becomes):
            if slot == "p":
                verb = PARTICIPLES.get(" ".join(one.text.casefold() for one in slots["p"]))
                if verb is None:
                    return None
                out += [_word(one, of, out) for one in verb.split()]
            elif slot:
                out += slots.get(slot, ())
            else:
                out.append(_word(word, of, out))
        return Piece(piece.line, tuple(out))


def rewritten(piece: Piece, whole: Sequence[Rule], anywhere: Sequence[Rule]) -> Piece:
    """The piece in the form that no rule changes any more."""
    for _ in range(ROUNDS):
        before = piece
        for rule in anywhere:
            piece = rule.anywhere(piece) or piece
        for rule in whole:
            found = rule.whole(piece)
            if found is not None:
                piece = found
                break
        if piece is before or not piece.tokens:
            break
    return piece


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """As `compiled`, in which a slot `{p:word}` is a participle that has a verb."""
    forms = "|".join(f"{re.escape(one)} " for one in sorted(PARTICIPLES, key=lambda one: (-len(one), one)))
    return re.compile(compiled(pattern).pattern.replace(f"(?P<p>{SLOTS['word']})", f"(?P<p>{forms})"))


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((slot, word) for slot, word in re.findall(r"\{(\w+)\}|([^\s{}]+)", text))


def _word(text: str, of: Sequence[Token], before: Sequence[Token]) -> Token:
    """A word that was not said, at the end of what stands before it, else where the form begins."""
    at = before[-1].end if before else min(one.start for one in of)
    return Token(Kind.PUNCT if text in ",:" else Kind.WORD, text, lemma(text), at, at)
