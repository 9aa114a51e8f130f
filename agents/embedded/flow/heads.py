"""Heads of noun phrases, without the files that they are of: `the number of lines that mention "x"`, `the sum of kwh`.

A head that is read without files is of what was named or made before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agents.embedded.flow.builder import Value
from agents.embedded.flow.columns import NO_COLUMNS
from agents.embedded.flow.counting import Counted, Found, Listed, Matched, Sized
from agents.embedded.flow.rows import MEASURES, OfColumn, RowCount, RowsOf, is_table, where
from agents.embedded.flow.things import Files
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.tokens import Kind

_THE: Final = "[the|a|an|all|all the|all of the|every|each|its|their|any|how]"
_LINE: Final = "(line|lines|entry|entries|message|messages|record|records|row|rows)"
_THAT: Final = "[that|which]"
_HOLD: Final = (
    "(contain|contains|containing|mention|mentions|mentioning|have|has|having|with|include|includes|including|hold|"
    "holds|holding|match|matches|matching|say|says|saying|read|reads|reading|show|shows|showing|carry|carrying)"
)
_BEGIN: Final = "(begin|begins|beginning|start|starts|starting) with"
_END: Final = "(end|ends|ending) (with|in)"
_TEXT: Final = "[the] [word|text|string|words|phrase|level] {t:plain} [in (it|them)]"
_COUNT: Final = "(number of|count of|how many|amount of|total number of|how many of the|number of all)"
_ARE: Final = "[there] [are|is|were] [there] [have|has|does|do]"
_LEVEL: Final = re.compile(r"[A-Z][A-Z0-9_-]+")
_ENDING: Final = re.compile(r"\.?[A-Za-z0-9]{1,8}")

_MATCHED: Final = (
    (f"{_LINE} {_THAT} {_HOLD} {_TEXT}", ""),
    (f"{_LINE} {_THAT} {_BEGIN} {_TEXT}", "^"),
    (f"{_LINE} {_THAT} {_END} {_TEXT}", "$"),
    (f"{{t:plain}} {_LINE}", ""),
    (f"{_LINE} of [the] level {{t:plain}}", ""),
)


def head_of(piece: Piece, of: Files | None) -> Value | None:
    """The value that the head means, of these files; without files, of those that were named or made before."""
    if of is not None and any(one.folder for one in of.files):
        return _of_folder(piece, of)
    return next((found for read in _READERS if (found := read(piece, of)) is not None), None)


def _matched(piece: Piece, of: Files | None) -> Value | None:
    for pattern, anchor in _MATCHED:
        for head, counts in ((f"{_THE} {_COUNT} [the] ", True), (f"{_THE} ", False)):
            slots = match(f"{head}{pattern} {_ARE}" if counts else f"{head}{pattern}", piece)
            if slots is None or of is None:
                continue
            token = slots["t"][0]
            text = str(token.value if token.value is not None else token.text)
            if token.kind is not Kind.QUOTED and not _LEVEL.fullmatch(token.text):
                continue  # `how many empty lines`: a word that lines have is written as they have it
            return Matched(of, text, anchor, counts=counts)
    slots = match(f"how often {_ARE} [the] [word|text] {{t:plain}} [occurs|appears|comes up|occur|appear]", piece)
    slots = slots or match("how often (say|says) {t:plain}", piece)
    if slots is None or of is None or not _LEVEL.fullmatch(slots["t"][0].text):
        return None
    return Matched(of, slots["t"][0].text, "", counts=True)


def _counted(piece: Piece, of: Files | None) -> Value | None:
    if of is None:
        return None
    for what, pattern in (
        ("lines", f"{_THE} {_COUNT} [the] lines {_ARE}"),
        ("lines", f"{_THE} line count"),
        ("words", f"{_THE} {_COUNT} [the] words {_ARE}"),
        ("words", f"{_THE} word count"),
    ):
        if match(pattern, piece) is not None:
            return Counted(of, what)
    if match(f"{_THE} {_COUNT} [the] (rows|records|data rows|entries) {_ARE}", piece) is not None:
        return RowCount(of) if all(one.path.endswith((".csv", ".xlsx")) for one in of.files) else None
    if match(f"{_THE} (size|sizes|file size|size in bytes|number of bytes|large|big)", piece) is not None:
        return Sized(of)
    return None


def _of_folder(piece: Piece, of: Files) -> Value | None:
    if match(f"{_THE} (size|total size|space|disk space|large|big)", piece) is not None:
        return Sized(of)
    slots = match(
        f"{_THE} {_COUNT} [the] files {_THAT} [whose name|whose names|with names] [that] "
        f"[(end|ends|ending) (in|with)|with the ending] [{{e:place}}] {_ARE}",
        piece,
    )
    if slots is None:
        slots = match(f"{_THE} {_COUNT} [the] {{e:place}} files {_ARE}", piece)
    if slots is None:
        return None
    if "e" not in slots:
        return Listed(of, "*")
    said = str(slots["e"][0].value or slots["e"][0].text)
    ending = said.casefold().removeprefix("*").removeprefix(".")
    return Listed(of, f"*.{ending}") if _ENDING.fullmatch(said.removeprefix("*")) else None


def _column(piece: Piece, of: Files | None) -> Value | None:
    if of is not None and not all(is_table(one.path, "table") for one in of.files):
        return None
    measures = "|".join(MEASURES)
    column = "{c:plain}"
    for pattern in (
        f"{_THE} ({measures}) [value|figure|number] (of|in|for) [the|all|all the] [column|field|values of|values in "
        f"the column] {column} [column]",
        f"{_THE} ({measures}) [value in] [the] [column] {column} [column|value]",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        token = slots["c"][0]
        name = str(token.value if token.value is not None else token.text)
        if token.kind is not Kind.QUOTED and name.casefold() in NO_COLUMNS:
            continue
        said = [token.text.casefold() for token in piece.tokens if token not in slots["c"]]
        measure = next(MEASURES[word] for word in said if word in MEASURES)
        return OfColumn(measure, name, of, named="column" in said or "field" in said)
    return None


def _rows(piece: Piece, of: Files | None) -> Value | None:
    for head, counts in (
        (f"{_THE} {_COUNT} [the] (rows|records|entries|lines)", True),
        ("[all|the|all the|only the|just the|every|those|all of the|any]", False),
    ):
        noun = "" if counts else " (row|rows|record|records|entry|entries|ones)"
        slots = match(f"{head}{noun} {{where:any}}", piece)
        if slots is None:
            continue
        kept = where(Piece(piece.line, slots["where"]))
        if kept is not None:
            rows = RowsOf(of, kept)
            return RowCount(of, kept) if counts else rows
    if of is not None and match("[all] [of] [the] (rows|records|data rows) [of data]", piece) is not None:
        return RowsOf(of, None) if all(one.path.endswith((".csv", ".xlsx")) for one in of.files) else None
    return None


def _found(piece: Piece, of: Files | None) -> Value | None:
    """What a file says: its text, its one word or number."""
    if of is None:
        return None
    if match("[the] (text|content|contents|whole text|complete text|full text)", piece) is not None:
        return Found(of, "text")
    if match("[the] (number|value|figure|temperature|limit|threshold)", piece) is not None:
        return Found(of, "number")
    if match("[the] (word|first line|name|line)", piece) is not None:
        return Found(of, "line")
    return None


_READERS: Final[tuple[Callable[[Piece, Files | None], Value | None], ...]] = (
    _matched, _counted, _column, _rows, _found,
)  # fmt: skip
