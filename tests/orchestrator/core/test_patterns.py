"""Patterns in linear time: they mean what `re` means, and none of them takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core import patterns
from orchestrator.core.patterns import Pattern, PatternError

TEXTS = [
    "",
    "a",
    "ab",
    "abc",
    "ERROR: disk full",
    "x=12; y=345",
    "a.b",
    "line one\nline two\n",
    "ÄÖ ü",
    "a-b_c d",
    "]^\\",
]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "a|b",
        "^a",
        "c$",
        "^abc$",
        "^$",
        "two$",
        "a.c",
        "one.line",
        "[abc]+",
        "[^a]",
        "[]x]",
        "[^]]",
        "[a-c-]",
        r"[\d.]+",
        r"[\]\\^]",
        r"\d{2,3}",
        r"x=\d+; y=\d+",
        r"\bdisk\b",
        r"\Bisk",
        r"\w+\s\w+",
        r"\W\S\D",
        r"a\.b",
        "(?i)error",
        "(?i)[A-C]+$",
        "(?i)äö",
        "(?:ab|a)(?:c|bc)$",
        "a{2}",
        "a{,2}b",
        "a{x}",
        "b*?c",
        "()*",
        "(a*)*$",
        "(|a)b",
    ],
)
def test_a_pattern_means_what_it_means_to_re(pattern: str) -> None:
    for text in TEXTS:
        assert Pattern(pattern).search(text) == (re.search(pattern, text) is not None), text


atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", "^", "$", r"\b", "()"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, counts),
    )


@given(st.recursive(atoms, grown, max_leaves=6), st.lists(st.text(alphabet="ab1 \n", max_size=7), max_size=8))
def test_random_patterns_mean_what_they_mean_to_re(pattern: str, texts: list[str]) -> None:
    ours, theirs = Pattern(pattern), re.compile(pattern)
    for text in texts:
        assert ours.search(text) == (theirs.search(text) is not None), text


@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")  # what `re` may one day read as a set of sets
@given(st.text(alphabet="ab()[]{}|*+?^$.\\-,12?:idw", max_size=14))
def test_no_text_raises_anything_but_the_patterns_own_error(text: str) -> None:
    """And what is taken here, `re` takes too, and with the same meaning."""
    try:
        ours = Pattern(text)
    except PatternError:
        return
    theirs = re.compile(text)
    for sample in ("", "a", "ab12", "b{1}", "w-d"):
        assert ours.search(sample) == (theirs.search(sample) is not None), sample


@pytest.mark.parametrize(
    "wrong",
    [
        *("(", ")", "a)", "[a", "*", "a**", "a{2}{3}", "^*", "[b-a]", "a{3,2}", "\\", "[\\", "x|+"),
        *("(?=a)", "(?!a)", "(?<=a)", "(?P<n>a)", r"(a)\1", r"\p", "a(?i)"),
        *("a" * 501, "(a{99}){99}", "a{500}", "(" * 60 + ")" * 60, "a?" * 249),
    ],
)
def test_what_is_no_pattern_or_too_large_a_one(wrong: str) -> None:
    with pytest.raises(PatternError):
        Pattern(wrong)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "a*a*a*a*b",
        "x*y",
        ".*.*.*=.*z",
        "(?:a{0,9}){0,9}b",
        "(a?){30}b",
        "((){9999}){9999}b",
        "(.|a)*c$",
    ],
)
def test_no_pattern_takes_long(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: states looked at for each character, however the pattern is nested."""
    looked = 0
    reach = Pattern._reach

    def counted(self: Pattern, states: tuple[int, ...], place: patterns.Place) -> tuple[int, ...] | None:
        nonlocal looked
        looked += len(self._code)
        return reach(self, states, place)

    monkeypatch.setattr(Pattern, "_reach", counted)
    made = Pattern(pattern)
    made.search("a" * 20_000 + "!")
    assert len(made._code) <= patterns.MAX_STATES
    assert looked <= 20_000 + 20 * len(made._code)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "MAX_KNOWN", 50)
    made = Pattern("[a-z]*q[a-z]{9}z")
    text = "".join(chr(97 + (i * i) % 26) for i in range(3000))
    assert made.search(text) == (re.search("[a-z]*q[a-z]{9}z", text) is not None)
    assert len(made._closed) <= 52
    assert len(made._moved) <= 52
