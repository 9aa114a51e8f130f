"""Retrieval: the nearest skills by their own phrases."""

from __future__ import annotations

import pytest

from agents.embedded.paraphrases import PHRASES
from agents.embedded.retrieval import Index, rank_of
from agents.embedded.tokens import tokenise
from tests.support.embedded_fleet import skills

INDEX = Index(skills().values(), PHRASES)


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("how much RAM is available", "system.memory"),
        ("erase notes.txt", "file.delete"),
        ("zip the folder x", "archive.create"),
        ("which processes eat the CPU", "process.list"),
        ("wget https://a.b/c", "http.download"),
    ],
)
def test_paraphrases_find_their_skill(text: str, skill: str) -> None:
    assert INDEX.query(tokenise(text))[0].skill == skill


def test_nonsense_finds_nothing() -> None:
    assert INDEX.query(tokenise("xyzzy plugh")) == []


def test_scores_lie_between_nothing_and_one() -> None:
    scored = INDEX.query(tokenise("list the files in the folder logs"))
    assert all(0 < entry.score <= 1.0001 for entry in scored)
    own, other = rank_of("file.list", scored)
    assert own >= other


def test_paraphrases_speak_of_skills_that_exist() -> None:
    assert set(PHRASES) <= set(skills())
