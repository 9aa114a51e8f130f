"""What devices say is text in a chat client: a sentence, or a block in which nothing is a link, a picture or markup."""

from __future__ import annotations

import pytest

from orchestrator.core.markdown import block, inline

SENTENCES = [
    "",
    "3",
    "alpha: 3 lines [count]",
    "hello [echo]",
    "12.5 % of 80 GB are used (beta) [disk@beta]",
    "a - b, c/d",
]
ACTIVE = [
    "[click](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "see https://evil.example/a",
    "see HTTP://evil.example",
    "www.evil.example",
    "write to a@evil.example",
    "mailto:a@b",
    "[echo]: http://evil.example",
    "[click][echo]",
    "[echo]\n\n[echo]: //evil.example",
    "`code`",
    "**bold** and _so on_",
    "# heading",
    "    four spaces",
    "1. one",
    "- one",
    "---",
    "a\nb",
    "a & b",
    "$x$",
    r"\(x\)",
    "a | b",
    "from alpha [read@a.b]",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_stays_as_it_is(text: str) -> None:
    assert (block(text), inline(text)) == (text, text)


@pytest.mark.parametrize("text", ACTIVE)
def test_all_else_goes_into_a_block(text: str) -> None:
    assert block(text) == f"```text\n{text}\n```"
    line = inline(text)
    assert "\n" not in line
    assert line == "a b" or (line[0], line[-1]) == ("`", "`")


def test_no_text_ends_its_block() -> None:
    text = "a\n```\n[click](http://evil.example)\n````"
    assert block(text) == f"`````text\n{text}\n`````"
    assert inline("``a`") == "``` ``a` ```"
    assert inline("a\n[b](c)") == "`a [b](c)`"
