"""Noun phrases: which thing they mean, from their first word to their last; None where they mean none."""

from __future__ import annotations

from agents.embedded.flow.builder import Thing
from agents.embedded.flow.narrowing import of_noun, page_table
from agents.embedded.flow.nouns import before, files, measure, pages
from agents.embedded.flow.references import reference
from agents.embedded.flow.values import value
from agents.embedded.kinds.line import Piece, once


@once
def thing(piece: Piece) -> Thing | None:
    """The thing that all of the piece means."""
    found = reference(piece) or before(piece) or measure(piece) or pages(piece) or files(piece)
    return found or page_table(piece) or value(piece) or of_noun(piece)
