"""Numbers that must be found in a text, as people and as programs write them."""

from __future__ import annotations

import pytest

from orchestrator.cli.benching.checks import NotSoError, _numbered


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("the sum is 48,213.55.", 48213.55),
        ("total: 1,234,567 bytes", 1234567),
        ("alpha,300,412", 412),
        ("alpha,12,34", 12),
        ("[1,2,30]", 30),
        ("low: -1.5 degrees", -1.5),
        ("2026-03-02", 2026),
    ],
)
def test_found(text: str, number: float) -> None:
    _numbered(text, (number,), 0.0, "the text")


@pytest.mark.parametrize(("text", "number"), [("alpha,12,34", 123), ("v1.25", 25), ("item12", 12), ("412", 41)])
def test_not_a_number_of_its_own(text: str, number: float) -> None:
    with pytest.raises(NotSoError, match="is not among the numbers of the text"):
        _numbered(text, (number,), 0.0, "the text")
