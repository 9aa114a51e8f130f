"""Slips are set right towards words of the grammar only, and never in names, paths or quoted text."""

from __future__ import annotations

import pytest

from agents.embedded.lexicon import known_words
from agents.embedded.spelling import spell
from agents.embedded.tokens import Kind, tokenise


def spelt(text: str, names: frozenset[str] = frozenset()) -> str:
    return " ".join(token.text for token in spell(tokenise(text), known_words(), names))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("whcih srevers", "which servers"),
        ("cheksum of memroy", "checksum of memory"),
        ("shwo teh uptime", "show the uptime"),
        ("lsit the proceses", "list the processes"),
        ("realy availible", "really available"),
        ("dont u know whats up", "don't you know what's up"),
        ("gimme em pls", "give me them please"),
        ("w/o a restart, b/c of it", "without a restart , because of it"),
        ("a.txt -> b.txt", "a.txt to b.txt"),
        ("a.zip -> unzip it", "a.zip , unzip it"),
        ("uptime @ beta", "uptime on beta"),
    ],
)
def test_what_is_meant(typed: str, meant: str) -> None:
    assert spelt(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "shared",
        "from form",
        "clocks and blocks",
        "a folder called memroy",
        "the process srever",
        "containing cheksum",
        '"whcih"',
        "memroy.txt",
        "MEMROY",
        "lgo",
    ],
)
def test_what_stays_as_it_is(typed: str) -> None:
    assert spelt(typed) == typed


def test_names_of_the_fleet_are_never_changed() -> None:
    assert spelt("srever", frozenset({"srever"})) == "srever"
    assert spelt("alhpa", frozenset({"alpha"})) == "alhpa"


def test_devices_behind_and_between_marks() -> None:
    names = frozenset({"alpha", "beta"})
    assert spelt("load @beta", names) == "load on beta"
    assert spelt("load on alpha/beta", names) == "load on alpha and beta"
    assert spelt("list alpha/docs", names) == "list alpha/docs"


def test_offsets_stay_those_of_the_request() -> None:
    tokens = spell(tokenise("gimme whcih"), known_words(), frozenset())
    assert [(token.start, token.end) for token in tokens] == [(0, 5), (0, 5), (6, 11)]
    assert all(token.kind is Kind.WORD for token in tokens)
