"""Clauses: where a request is cut, and how each part follows the one before."""

from __future__ import annotations

import pytest

from agents.embedded.clauses import merge_words, segment
from agents.embedded.tokens import tokenise


def cut(text: str) -> list[tuple[str, str, str]]:
    clauses = segment(merge_words(tokenise(text)))
    return [(clause.link, clause.mark, " ".join(token.text for token in clause.tokens)) for clause in clauses]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("list a and b", [("start", "", "list a and b")]),
        ("list a and count b", [("start", "", "list a"), ("and", "", "count b")]),
        ("list a, count b, and sort c", [("start", "", "list a"), ("and", "", "count b"), ("and", "", "sort c")]),
        ("list a, then count b", [("start", "", "list a"), ("then", "", "count b")]),
        ("list a. After that count b.", [("start", "", "list a"), ("then", "", "count b")]),
        ("list a; meanwhile count b", [("start", "", "list a"), ("parallel", "", "count b")]),
        ("first, list a", [("start", "", "list a")]),
        (
            "if x is y, list a, otherwise count b",
            [("start", "if", "x is y"), ("and", "", "list a"), ("and", "else", "count b")],
        ),
        ("list a if x is y", [("start", "", "list a"), ("and", "if", "x is y")]),
        ("list a unless x is y", [("start", "", "list a"), ("and", "unless", "x is y")]),
        ("if x is full delete a", [("start", "if", "x is full"), ("and", "", "delete a")]),
        ("check if x is y", [("start", "", "check if x is y")]),
    ],
)
def test_cuts(text: str, parts: list[tuple[str, str, str]]) -> None:
    assert cut(text) == parts


def test_verbs_of_two_words_are_one_token() -> None:
    assert [token.lemma for token in merge_words(tokenise("back up a and find out how many b"))] == [
        "backup", "a", "and", "tell", "howmany", "b",
    ]  # fmt: skip
