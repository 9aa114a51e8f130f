"""Text behind a colon is taken as it stands, but only where nothing in it can be another wish."""

from __future__ import annotations

import pytest

from agents.embedded.dictation import LONGEST, dictated
from agents.embedded.tokens import Kind, tokenise

NAMES = frozenset({"nova", "beta"})


def quoted(text: str) -> list[str]:
    return [str(t.value) for t in dictated(text, tokenise(text), NAMES) if t.kind is Kind.QUOTED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("make todo.txt on nova that says: water the plants", "water the plants"),
        ("add to log.csv on beta this line: 2025-03-01,Kim,desk on beta", "2025-03-01,Kim,desk on beta"),
        ("write notes/a.txt with the text: call Bob, then rest", None),
        ("write a.txt on beta with the text: one. delete b.txt", None),
        ("write a.txt with the text: hello on beta", None),
        ("show a.txt on beta, the line: hello", None),
        ("make a note on beta that says: hello", None),
        (f"write a.txt on beta with the text: {'x' * (LONGEST + 1)}", None),
        ("write a.txt on beta with the text:", None),
    ],
)
def test_dictation(text: str, said: str | None) -> None:
    assert quoted(text) == ([] if said is None else [said])


def test_a_quotation_behind_the_colon_stays_what_it_is() -> None:
    assert quoted("write a.txt on beta with the text: say 'hello'") == ["hello"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("write a.txt on beta saying back at noon", "back at noon"),
        ("make a note b.txt that says call the vet", "call the vet"),
        ("append the line over and out to a.txt", "over and out"),
        ("create c.txt with: figs, plums", "figs, plums"),
        ("append the line count to a.txt", None),
        ("write a.txt with the text of b.txt", None),
        ("write a.txt saying hello and send it to beta", None),
        ("create c.txt with: the uptime of everything", None),
        ("create c.txt with the text result of the search", None),
        ("show a.txt saying hello", None),
    ],
)
def test_text_between_words_that_mark_it(text: str, said: str | None) -> None:
    assert quoted(text) == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("write hello to a.txt", "hello"),
        ("put hello world into notes/a.txt on nova", "hello world"),
        ("append thank you all to b.txt", "thank you all"),
        ("create a file c.txt with goodbye", "goodbye"),
        ("write hello and delete b.txt", None),
        ("write yes to beta", None),
        ("write ok if a.txt is there to b.txt", None),
        ("hello, write the uptime to a.txt", None),
        ("write ok beta count to a.txt", None),
        ("write weather to a.txt", None),
        ("write done to a.txt", "done"),
        ("write test results to a.txt", None),
        ("write no of errors to a.txt", None),
    ],
)
def test_text_that_can_be_nothing_else(text: str, said: str | None) -> None:
    assert quoted(text) == ([] if said is None else [said])
