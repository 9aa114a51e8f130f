from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.sanitize import sanitize


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain text, ümlauts, 日本語, 🎉", "plain text, ümlauts, 日本語, 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hgone", "gone"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1bPpayload\x1b\\after", "after"),
        ("\x1b]unended payload\nnext line", "\nnext line"),
        ("\x1bcreset", "reset"),
        ("cut \x1b[", "cut "),
        ("\x1b", ""),
        ("a\x00b\x07c\x08d\x7fe", "abcde"),
        ("rm \u202etxt.exe", "rm txt.exe"),
        ("a\u200bb\u2066c\u2069\ufeffd", "abcd"),
        ("tag\U000e0041s", "tags"),
        ("lone \ud800 half", "lone  half"),
        ("one\r\ntwo\rthree\x85four\u2028five", "one\ntwo\nthree\nfour\nfive"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_what_goes_and_what_stays(text: str, clean: str) -> None:
    assert sanitize(text) == clean


def test_one_line() -> None:
    assert sanitize("a\tb\r\n\r\nc", multiline=False) == "a b c"


@pytest.mark.parametrize(("limit", "cut"), [(5, "abcd…"), (6, "abcdef"), (1, "…"), (0, "…")])
def test_limit(limit: int, cut: str) -> None:
    assert sanitize("abcdef", limit=limit) == cut


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert sanitize("\x1b[" * 200_000) == ""
    assert sanitize("\x1b]" * 200_000) == ""


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_nothing_that_acts_is_left_and_twice_is_once(text: str) -> None:
    clean = sanitize(text)
    assert not [c for c in clean if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
    assert sanitize(clean) == clean


@given(st.text(max_size=200))
def test_one_line_has_no_break(text: str) -> None:
    assert len(sanitize(text, multiline=False).splitlines()) <= 1
