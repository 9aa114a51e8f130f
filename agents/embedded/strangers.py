"""Names that stand where devices stand, and are none: what they are taken for instead would be a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.embedded.chaff import line_of
from agents.embedded.devices import Directory, Place
from agents.embedded.outcome import ask, decline
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token

_LISTED = re.compile(
    r" (?:of|on|from|between|across|over|at|to|onto|compare) "
    r"((?:[a-z][a-z0-9_-]*(?: ,)?(?: (?:and|or|&))? ){1,4})(?=@ )"
)
_PARTS = re.compile(r"([a-z][a-z0-9_-]*) (?:, |and |or |& )+")


def known(token: Token) -> bool:
    """Whether a word is one of the language that this planner reads."""
    return _known(token.text.casefold(), token.lemma)


def _known(*forms: str) -> bool:
    # The lexicon is made of the frames' words, and frames make steps, which need this module.
    from agents.embedded.lexicon import known_words

    return any(form in known_words() for form in forms)


def refuse_strangers(tokens: Sequence[Token], directory: Directory) -> None:
    """Raises Stop for `of zeta, alpha and beta`: a list of devices that begins with one that is not known."""
    for listed in _LISTED.finditer(line_of(tokens)[0]):
        for part in _PARTS.findall(listed[1]):
            if not _known(part, lemma(part)):
                raise decline(f'there is no device "{part}"; the known devices are {directory.known}', [part])


def settle_misspelt(tokens: Sequence[Token], places: Sequence[Place], directory: Directory, *, changes: bool) -> None:
    """Raises Stop where a misspelt device may be another: no change rests on a guess, and `novah and nova` are two."""
    said = [places[int(token.value or 0)] for token in tokens if token.kind is Kind.DEVICE]
    exact = {name for place in said if not place.fuzzy for name in place.names}
    for place in (place for place in said if place.fuzzy):
        name = place.names[0]
        twice = name in exact
        if (changes or twice) and ask(f"Did you mean the device {name}?", ["yes", "no"], directory.answers) != "yes":
            raise decline("the device is not known", [place.text])
