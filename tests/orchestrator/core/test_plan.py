from __future__ import annotations

import pytest

from orchestrator.core.plan import Choice, Clarification

ASKED = Clarification(
    question="Which one?",
    choices=(
        Choice(label="the web server", value="alpha"),
        Choice(label="Beta", value="beta"),
        Choice(label="7", value="7"),
    ),
)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("alpha", "alpha"),
        (" The  web server ", "alpha"),
        ("1", "alpha"),
        ("2.", "beta"),
        ("3)", "7"),
        ("7", "7"),
        ("0", "0"),
        ("4", "4"),
        ("99999999999999999999", "99999999999999999999"),
        ("²", "²"),
        ("neither of them", "neither of them"),
    ],
)
def test_an_answer_names_a_choice_by_value_label_or_number(said: str, value: str) -> None:
    assert ASKED.value_of(said) == value


def test_a_question_without_choices_takes_any_answer() -> None:
    assert Clarification(question="Where?").value_of("1") == "1"
