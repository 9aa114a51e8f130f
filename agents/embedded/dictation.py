"""Text that a request dictates without quotation marks: `make todo.txt that says: buy milk`.

All behind the colon is the text, word by word, so it is taken only where nothing behind it can be another wish: no
second sentence, no "then", no quotation, and no device unless one was named before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

LEADS: Final = words("say says saying read reads reading text content line sentence message note entry word following")
WRITING: Final = words("make create write add append put save note insert drop store leave place stick")
LONGEST: Final = 300
"""Most characters of a text that is dictated."""
_ON: Final = words("then afterwards afterward next finally please thanks thank otherwise unless")
_TO: Final = words("on onto from to at")


def dictated(text: str, tokens: Sequence[Token], names: Collection[str]) -> list[Token]:
    """The tokens with what is dictated as one quoted text; as they are where nothing is, or where it is not sure."""
    for at, token in enumerate(tokens):
        if token.text == ":" and at and tokens[at - 1].lemma in LEADS:
            said = text[token.end :].strip()
            before, behind = tokens[:at], tokens[at + 1 :]
            if _is_dictation(before) and _is_text(said, before, behind, names):
                start = text.index(said, token.end)
                return [*before, Token(Kind.QUOTED, said, '"', start, start + len(said), said)]
    return list(tokens)


def _is_dictation(before: Sequence[Token]) -> bool:
    written = any(token.word and token.lemma in WRITING for token in before)
    return written and any(token.kind is Kind.PATH for token in before)


def _is_text(said: str, before: Sequence[Token], behind: Sequence[Token], names: Collection[str]) -> bool:
    if not said or len(said) > LONGEST or "\n" in said or any(token.kind is Kind.QUOTED for token in behind):
        return False
    if any(token.text in {".", ";", "!", "?"} for token in behind[:-1]) or any(
        t.lemma in _ON for t in behind if t.word
    ):
        return False
    placed = any(token.lemma in names for token in before)
    wanders = any(one.lemma in _TO and other.lemma in names for one, other in pairwise(behind))
    return placed or not wanders
