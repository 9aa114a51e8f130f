"""Which of a question's choices a person's words name."""

from __future__ import annotations

import pytest

from orchestrator.cli.steer import chosen
from orchestrator.core.plan import Choice, Clarification

ASKED = Clarification(
    question="Run it?", choices=(Choice(label="yes, run this plan", value="yes"), Choice(label="no", value="no"))
)
PLACES = Clarification(question="Where?", choices=(Choice(label="the Y", value="y"), Choice(label="N", value="nova")))


@pytest.mark.parametrize(
    ("asked", "said", "value"),
    [
        (ASKED, "1", "yes"),
        (ASKED, "y\n", "yes"),
        (ASKED, "Yes", "yes"),
        (ASKED, "YES, run this plan", "yes"),
        (ASKED, "N", "no"),
        (ASKED, "3", "3"),
        (ASKED, "sure?", "sure?"),
        (ASKED, "", ""),
        (PLACES, "y", "y"),
        (PLACES, "n", "nova"),
    ],
)
def test_a_choice_by_number_label_value_or_letter(asked: Clarification, said: str, value: str) -> None:
    assert chosen(asked, said) == value
