"""Turns of composition in other words; what is no turn stays as it is."""

from __future__ import annotations

import pytest

from agents.embedded.devices import Directory
from agents.embedded.mentions import find_places
from agents.embedded.rephrase import dropped, rephrase
from agents.embedded.tokens import Kind, Token, tokenise
from tests.support.embedded_fleet import three


def tokens(text: str) -> list[Token]:
    placed, _ = find_places(tokenise(text), Directory(three(), None, ()))
    return placed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uptime , the result goes to a.md", "uptime , , save it to a.md"),
        ("list it once that is done", "list it then"),
        ("get a.txt off alpha and put it on beta", "send a.txt from alpha to beta"),
        ("send a.txt over to beta under the same name", "send a.txt to beta"),
        ("run it , otherwise do nothing", "run it"),
        ("the status is not 200", "the status unequal 200"),
        ("show the folder out on alpha", "show the folder out on alpha"),
        ("the files that were written to a.log", "the files that were written to a.log"),
    ],
)
def test_in_other_words(text: str, words: str) -> None:
    assert " ".join(token.text for token in rephrase(tokens(text))) == words


def test_literals_and_devices_are_never_exchanged() -> None:
    said = tokens('grab "a b.txt" off alpha and drop it on beta as c.txt')
    kept = [token for token in said if token.kind is not Kind.WORD]
    assert [token for token in rephrase(said) if token.kind is not Kind.WORD] == kept


def test_what_an_idiom_stands_for_is_told_by_its_place() -> None:
    said = tokens("uptime , the result goes to a.md")
    assert {token.text for token in said if token.start in dropped(said)} == {"the", "result", "goes"}
