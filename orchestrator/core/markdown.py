"""Text of devices, files and models as Markdown that is nothing but text: no link, picture or markup of theirs.

Chat clients show answers as Markdown, and some load a picture's address as soon as it is shown. What is plainly a
sentence stays as it is, with the names of tasks that it cites; all else goes into a code block or a code span. Nothing
is escaped with a backslash: before a bracket, many clients take it for the beginning of a formula.
"""

from __future__ import annotations

import re

# A line without what Markdown gives a meaning, and the tasks in brackets that it rests on.
_SENTENCE = re.compile(r"[^\n\r`*_~<>|\\$\[\]#&^\u2028\u2029]*(?:\[[A-Za-z0-9_.@-]{1,200}\])?")
# What is made a link without any markup.
_LINK = re.compile(r"://|www\.|@[^\s\]]*\.|\b(?:mailto|xmpp|javascript|data):", re.IGNORECASE)
# What makes a list, a rule or a block of the line that it begins.
_BEGINNING = re.compile(r"\s|(?:\d{1,9}[.)]|[-+=])(?:\s|$)|[-=]+$")
_TICKS = re.compile(r"`+")


def block(text: str) -> str:
    """`text` as it is where it is a sentence, else as a code block."""
    return text if _plain(text) else fenced(text)


def fenced(text: str, kind: str = "text") -> str:
    """`text` as a code block; `kind` is the language that clients may colour it by."""
    fence = "`" * max(3, 1 + _longest(text))
    return f"{fence}{kind}\n{text}\n{fence}"


def inline(text: str) -> str:
    """The same within a line, a table's cell too: as a code span. Line ends become spaces."""
    line = " ".join(text.splitlines())
    if _plain(line):
        return line
    ticks = "`" * (1 + _longest(line))
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{room}{line}{room}{ticks}"


def _plain(text: str) -> bool:
    return _SENTENCE.fullmatch(text) is not None and not _LINK.search(text) and not _BEGINNING.match(text)


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
