"""Regular expressions from outside: right answers, bounded time, nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from protocol.errors import ErrorCode
from tools import regexes
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.regexes import Regex


def test_search_groups_and_replace(context: FakeToolContext) -> None:
    with Regex(context, r"a(\d)?") as regex:
        assert regex.search(["xa", "b", "a1\nx"]) == [0, 2]
        assert regex.groups(["a1", "a", "b"]) == ["1", None, None]
        assert regex.replace("a1 a2", r"<\1>") == ("<1> <2>", 2)
    with Regex(context, "É", ignore_case=True) as regex:
        assert regex.groups(["é!"]) == ["é"]


@pytest.mark.parametrize("pattern", ["(", "*", "a{2,1}", "(?P<x>a)(?P<x>b)", "[z-a]", "(?<=a+)b", "(" * 500])
def test_patterns_that_are_none(context: FakeToolContext, pattern: str) -> None:
    with pytest.raises(ToolError, match="not valid") as caught:
        Regex(context, pattern)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


@pytest.mark.parametrize(
    "work", [lambda regex: regex.search(["a" * 50 + "!"]), lambda regex: regex.replace("a" * 50 + "!", "")]
)
def test_a_match_without_end_is_killed(
    context: FakeToolContext, monkeypatch: pytest.MonkeyPatch, work: Callable[[Regex], object]
) -> None:
    monkeypatch.setattr(regexes, "PATIENCE_S", 0.1)
    with Regex(context, "^(a+)+$") as regex:
        with pytest.raises(ToolError, match="too long") as caught:
            work(regex)
        assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_a_match_is_cancelled(context: FakeToolContext) -> None:
    with Regex(context, "^(a+)+$") as regex:
        context.cancelled.set()
        with pytest.raises(ToolError) as caught:
            regex.search(["a" * 50 + "!"])
        assert caught.value.code is ErrorCode.CANCELLED


def test_a_worker_that_dies(context: FakeToolContext) -> None:
    with Regex(context, "a") as regex:
        regex._process.kill()
        regex._process.wait()
        with pytest.raises(ToolError, match="memory or time"):
            regex.search(["a" * 100] * 10_000)


def test_only_the_beginning_of_a_line_is_looked_at(context: FakeToolContext) -> None:
    with Regex(context, "b") as regex:
        assert regex.search(["a" * regexes.LINE_CHARACTERS + "b"]) == []


def test_descriptors_are_closed(context: FakeToolContext) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with Regex(context, "a") as regex:
        regex.search(["a"])
    with pytest.raises(ToolError):
        Regex(context, "(")
    assert len(os.listdir("/proc/self/fd")) == before
