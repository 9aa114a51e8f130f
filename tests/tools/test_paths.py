"""What a path may look like."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tools import paths
from tools.errors import ToolError


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (".", ()),
        ("a/b", ("a", "b")),
        ("./a//b/", ("a", "b")),
        ("a/../b", ("b",)),
        ("a/b/../..", ()),
        ("...", ("...",)),
        ("ä/日本 ", ("ä", "日本 ")),
    ],
)
def test_dots_are_worked_out(path: str, parts: tuple[str, ...]) -> None:
    assert paths.parts(paths.check(path)) == parts


@pytest.mark.parametrize("path", ["..", "../a", "a/../..", "a/../../b", "./../x"])
def test_leading_out_is_refused(path: str) -> None:
    with pytest.raises(ToolError) as caught:
        paths.parts(paths.check(path))
    assert caught.value.code is ErrorCode.OUTSIDE_WORKSPACE


@pytest.mark.parametrize(
    "path", ["", "a\0b", "a\nb", "\x1b[31m", "\x7f", "\x85", "\udcff", "a" * 256, "é" * 128, "a/" * 2100]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ToolError) as caught:
        paths.check(path)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_names_that_are_not_text_are_shown_as_data() -> None:
    assert paths.shown("ok.txt") == "ok.txt"
    assert paths.shown(b"bad\xff.txt") == "bad\\xff.txt"
    assert paths.shown("bad\udcff.txt") == "bad\\xff.txt"
