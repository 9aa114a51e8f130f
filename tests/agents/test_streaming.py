from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.streaming import MAX_CHARS, Watch, repeats

PLAN = '{"plan": {"steps": [{"id": "a}", "why": "\\"{"}]}}'


def watched(text: str, size: int = 1) -> Watch:
    """What a watch says of a text that comes in pieces of this size, up to its verdict."""
    watch = Watch()
    for start in range(0, len(text), size):
        if watch.feed(text[start : start + size]):
            break
    return watch


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "before", ["", "Sure: ", "```json\n", "<think>a {plan} </think>", "<thinking>{{{</thinking>\n"]
)
def test_a_whole_object_is_noticed(before: str, size: int) -> None:
    assert watched(before + PLAN, size).complete
    assert not watched(before + PLAN[:-1], size).complete


def test_talk_after_the_object_is_cut_but_its_end_is_waited_for() -> None:
    assert watched(PLAN + "\n```\nI hope it helps.").verdict == ""
    watch = watched(PLAN + " and so on" * 100)
    assert watch.verdict == "complete"
    assert len(watch.text) < len(PLAN) + 80


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("so it goes " * 1_000, "repeating"),
        ('{"plan": "' + "ab" * 1_000, "repeating"),
        ("".join(f"word{number} " for number in range(3_000)), "prose"),
        ('{"x": "' + "".join(f"{number:06}" for number in range(80_000)), "too_long"),
        ("".join(f'{{"id": "s{number}"}}, ' for number in range(40)), "complete"),
        ("[" + "".join(f'{{"id": "s{number}", ' for number in range(400)), ""),
        ("<think>" + "".join(f"{number} " for number in range(5_000)), ""),
        (" " * 2_000, "repeating"),
    ],
)
def test_verdicts(text: str, verdict: str) -> None:
    assert watched(text, 50).verdict == verdict


def test_an_object_that_is_none_goes_on() -> None:
    assert not watched("{x} and {y: 1}").complete


def test_a_period_of_just_too_much_is_no_repetition() -> None:
    long = "".join(chr(200 + number) for number in range(121))
    assert not repeats(long * 20)
    assert repeats(long[:120] * 20)
    assert not repeats("a" * 999)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)), st.data())
def test_any_object_in_any_pieces_is_complete_at_its_end_only(value: object, data: st.DataObject) -> None:
    text = json.dumps({"plan": value}, ensure_ascii=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    watch = Watch()
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        assert not watch.complete or start == len(text)
        watch.feed(text[start:end])
    assert watch.complete
    assert watch.text == text


def test_its_memory_and_work_are_bounded() -> None:
    watch = watched("".join(f"{number:07}{{" for number in range(60_000)), 1_000)
    assert watch.verdict == "too_long"
    assert len(watch.text) <= MAX_CHARS + 1_000
