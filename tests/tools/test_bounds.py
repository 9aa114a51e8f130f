"""Results are cut to what may be sent, and say so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tools.bounds import Budget, fit, fit_ends, json_size

texts = st.text(max_size=300) | st.text(alphabet="\x00a\u2028é\n", max_size=300)


@given(text=texts, limit=st.integers(2, 400))
def test_fit_keeps_the_longest_beginning(text: str, limit: int) -> None:
    kept, cut = fit(text, limit)
    assert text.startswith(kept)
    assert json_size(kept) <= limit
    assert cut == (kept != text)
    if cut:
        assert json_size(text[: len(kept) + 1]) > limit


@given(text=texts, limit=st.integers(40, 400))
def test_fit_ends_keeps_both_ends(text: str, limit: int) -> None:
    kept, cut = fit_ends(text, limit)
    assert json_size(kept) <= limit
    assert cut == (kept != text)
    if cut:
        begin, _, end = kept.partition("\n[...]\n")
        assert text.startswith(begin)
        assert text.endswith(end)


def test_a_budget_leaves_no_holes() -> None:
    budget = Budget(10)
    assert budget.take("abc")
    assert not budget.take("abcdefghij")
    # A small one after a large one that did not fit does not fit either.
    assert not budget.take("a")
