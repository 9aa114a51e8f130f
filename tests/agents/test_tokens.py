from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tokens import estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("a" * 7, 2), ("a" * 8, 3), ("é" * 7, 4), ("\ud800", 1)]
)
def test_an_estimate(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one: str, two: str) -> None:
    assert max(estimate_tokens(one), estimate_tokens(two)) <= estimate_tokens(one + two)
    assert estimate_tokens(one + two) <= estimate_tokens(one) + estimate_tokens(two)
