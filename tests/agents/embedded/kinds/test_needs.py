"""What a pattern needs: found without matching, and never more than a match has."""

from __future__ import annotations

from agents.embedded.kinds.line import Line
from agents.embedded.kinds.needs import needed
from agents.embedded.kinds.pattern import MACROS, SLOTS, compiled, match
from agents.embedded.kinds.reading import SHOWN, TABLES
from agents.embedded.tokens import tokenise


def needs(pattern: str) -> set[frozenset[str]]:
    return set(needed(pattern, SLOTS, MACROS))


def test_words_and_literals_are_needed_and_what_may_be_left_out_is_not() -> None:
    assert needs("read [the] {f:file} {w:words}") == {frozenset({"read"}), frozenset({"<p", "<q"})}
    assert needs("[please] {w:words}") == set()


def test_of_several_ways_one_is_needed_and_none_where_a_way_needs_nothing() -> None:
    assert needs("(show|look at) it") == {frozenset({"show", "look"}), frozenset({"it"})}
    assert needs("(show|{w:word}) it") == {frozenset({"it"})}
    assert needs("a|b c") == {frozenset({"a", "b"})}


def test_what_matches_has_all_that_is_needed() -> None:
    said = ("show me the battery of it", "read a.txt", 'type "x" into the field name', "what is the location now")
    pieces = [Line(one, tuple(tokenise(one)), ()).piece(0, len(tokenise(one))) for one in said]
    patterns = [one for order in TABLES for one in order.asks]
    patterns += [frame.replace("{noun}", noun) for order in TABLES for noun in order.nouns for frame in SHOWN]
    found = {
        (pattern, piece.said)
        for pattern in patterns
        for piece in pieces
        if compiled(pattern).fullmatch(piece.said) is not None
    }
    assert found
    assert found == {(one, piece.said) for one in patterns for piece in pieces if match(one, piece) is not None}
