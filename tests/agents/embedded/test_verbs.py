"""Everyday verbs stand for plain ones, only at the head and only before their kind of object."""

from __future__ import annotations

import pytest

from agents.embedded.tokens import tokenise
from agents.embedded.verbs import plain_verbs


def said(text: str) -> str:
    return " ".join(token.text for token in plain_verbs(tokenise(text), frozenset({"beta"})))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("jot down 'milk' in list.txt", "write 'milk' in list.txt"),
        ("please get shot of tmp/a.log", "please delete tmp/a.log"),
        ("on beta shove a.txt into done/", "on beta move a.txt into done/"),
        ("go through notes.txt on beta", "show notes.txt on beta"),
        ("whip up a fresh folder x/y", "create a fresh folder x/y"),
        ("wrap up the folder site into site.zip", "pack the folder site into site.zip"),
        ("take down process 4711", "kill process 4711"),
        ("tally the lines of a.csv", "count the lines of a.csv"),
        ("probe https://a.example/x", "fetch https://a.example/x"),
    ],
)
def test_a_verb_of_the_field_is_the_plain_one(text: str, plain: str) -> None:
    assert said(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "go through logs/app.log for errors",  # a search
        "shove a.txt into done/ from alpha",  # another device may be meant: nothing is taken away there
        "shoot the video",
        "destroy the evidence",
        "the junk folder on beta",
        "flip the switch",
        "drop the database",
        "whether to axe tmp/a.log is open, so keep it",
    ],
)
def test_other_objects_leave_the_verb_as_it_is(text: str) -> None:
    assert said(text) == " ".join(token.text for token in tokenise(text))


def test_what_kind_of_file_a_literal_is_says_no_more_than_file() -> None:
    assert said("size of the video trips/a.mp4 on beta") == "size of the file trips/a.mp4 on beta"
    assert said("the files in the video folder") == "the files in the video folder"
