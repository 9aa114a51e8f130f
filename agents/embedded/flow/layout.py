"""Where a table goes and how it looks: `into a.csv on desk (columns x and y, the highest y first)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.flow.line import part
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.places import targets
from agents.embedded.flow.relation import names_of, said
from agents.embedded.flow.things import Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.wordset import words

_MOST: Final = words("highest largest biggest most greatest longest dearest best top newest latest")
_LEAST: Final = words("lowest smallest least shortest cheapest fewest oldest earliest")
_TOP: Final = "(first|on top|at the top)"
_DOWN: Final = "(descending|in descending order|downwards|from high to low|from highest to lowest|from most to fewest)"
_UP: Final = "(ascending|in ascending order|upwards|alphabetically|from low to high|from lowest to highest|from a to z)"
_SORTED: Final = "(sorted|ordered|ranked|sort it|sort them|order them) by [the] [column] {c:plain}"
_NOUN: Final = (
    "[the|a|an|one|my|our] [new|single] [csv|excel] [file|workbook|table|spreadsheet|sheet|list] [called|named]"
)
_TO: Final = "(to|in|into|as|under|at)"
_BY: Final = "[(next to|beside) (it|that|them|the table|the file|the workbook|the csv)]"


@dataclass(frozen=True)
class Layout:
    """`columns` in order (none: as they are); `by` a column or "" for that with the numbers, where `order` is said."""

    columns: tuple[str, ...] = ()
    order: Literal["", "asc", "desc"] = ""
    by: str = ""


AS_IT_IS: Final = Layout()


@dataclass(frozen=True)
class Goal:
    """`near`: in the folder of what was made last, on its device."""

    target: Target
    layout: Layout = AS_IT_IS
    near: bool = False


def goal(piece: Piece) -> Goal | None:
    """All that the piece names, from its first word to its last; the file may be named before its layout or behind."""
    for cut in range(len(piece.tokens), 0, -1):
        one, two = _trimmed(part(piece, 0, cut)), part(piece, cut, len(piece.tokens))
        for place, rest in ((one, two), (_trimmed(two), one)):
            found = place_of(place) if place.tokens else None
            layout = layout_of(rest) if found is not None else None
            if found is not None and layout is not None:
                return Goal(found[0], layout, found[1])
    return None


def place_of(piece: Piece) -> tuple[Target, bool] | None:
    """One file with its device, and whether it is said to be beside another one."""
    for pattern in (
        f"[{_TO}] {_NOUN} {{f:file}} [(on|onto|at) {{d:device}}]",
        f"[{_TO}] {_NOUN} {{f:file}} {{there:device}}",
        f"(on|onto|to) {{d:device}} {_TO} {_NOUN} {{f:file}}",
        f"[{_TO}] {_NOUN} {{f:file}} (next to|beside) (it|that|them|the table|the file|the workbook|the csv|the list)",
        f"(next to|beside) (it|that|them|the table|the file|the workbook) {_TO} {_NOUN} {{f:file}}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        near = "next" in pattern
        name = "d" if "d" in slots else "there" if "there" in slots else ""
        place = mention(slots, name, piece) if name else None
        if name == "there" and place is not None and not place.there:
            return None
        return Target(literal(slots, "f"), place), near
    found = targets(piece)
    return (found[0], False) if found is not None and len(found) == 1 and found[0].path is not None else None


def layout_of(piece: Piece) -> Layout | None:
    """Columns and order, in any order of their own; an empty layout for nothing; None for anything else."""
    tokens = [token for token in piece.tokens if token.text not in "()" or not token.text]
    return _layout(Piece(piece.line, tuple(tokens)), Layout(), brackets=len(tokens) < len(piece.tokens))


def _layout(piece: Piece, known: Layout, *, brackets: bool) -> Layout | None:
    piece = _trimmed(piece)
    if not piece.tokens:
        return known
    for cut in range(len(piece.tokens), 0, -1):
        one, rest = _trimmed(part(piece, 0, cut)), part(piece, cut, len(piece.tokens))
        if not one.tokens:
            continue
        for found in _one(one, known, brackets=brackets):
            whole = _layout(rest, found, brackets=brackets)
            if whole is not None:
                return whole
    return None


def _one(piece: Piece, known: Layout, *, brackets: bool) -> Iterator[Layout]:
    if not known.columns:
        slots = match(
            "[with|in|using|having|and] [the|its] [two|three|four|{n:number}] (columns|column|fields) {c:any}", piece
        )
        slots = slots or (match("[with] {c:any}", piece) if brackets else match("with {c:any}", piece))
        names = names_of(Piece(piece.line, slots["c"])) if slots is not None else None
        number = slots["n"][0].value if slots is not None and "n" in slots else None
        if names and len(names) > 1 and number in (None, len(names)):
            yield Layout(names, known.order, known.by)
    order = _order(piece)
    if order is not None and (not known.order or (not known.by and order.by == "")):
        yield Layout(known.columns, order.order, order.by or known.by)
    elif order is not None and order.by == "" and known.by:
        yield Layout(known.columns, order.order, known.by)


def _order(piece: Piece) -> Layout | None:
    slots = match(
        f"[with|so that] [the one with|the ones with|those with|the] [the] {{adj:word}} [number of] [{{c:plain}}] "
        f"[is|are|comes|come] {_TOP}",
        piece,
    ) or match("[with] [the] {adj:word} frequent [{c:plain}] first", piece)
    if slots is not None:
        adjective = slots["adj"][0].text.casefold()
        by = said(slots["c"][0]) if "c" in slots else ""
        if adjective in _MOST | _LEAST and by.casefold() not in ("frequent", "ones", "one"):
            return Layout((), "desc" if adjective in _MOST else "asc", by)
        return Layout((), "desc" if adjective in _MOST else "asc") if adjective in _MOST | _LEAST else None
    for way, order in ((_DOWN, "desc"), (f"[{_UP}]", "asc")):
        slots = match(f"{_SORTED} {way}", piece) or match(f"{way} (of|by) [the] {{c:plain}}", piece)
        if slots is not None:
            return Layout((), "desc" if order == "desc" else "asc", said(slots["c"][0]))
    slots = match(f"{_SORTED} [,] [with] [the] {{adj:word}} {_TOP}", piece)
    if slots is not None and slots["adj"][0].text.casefold() in _MOST | _LEAST:
        order = "desc" if slots["adj"][0].text.casefold() in _MOST else "asc"
        return Layout((), "desc" if order == "desc" else "asc", said(slots["c"][0]))
    if match(_DOWN, piece) is not None:
        return Layout((), "desc")
    return None


def sorting(piece: Piece) -> Layout | None:
    """What follows `sort it`: `by amount`, `by name in descending order`; None where no order is said."""
    for way, order in ((_DOWN, "desc"), (f"[{_UP}]", "asc")):
        slots = match(f"by [the] [column] {{c:plain}} {way}", piece)
        if slots is not None:
            return Layout((), "desc" if order == "desc" else "asc", said(slots["c"][0]))
    slots = match(f"by [the] [column] {{c:plain}} [,] [with] [the] {{adj:word}} {_TOP}", piece)
    if slots is not None and slots["adj"][0].text.casefold() in _MOST | _LEAST:
        return Layout((), "desc" if slots["adj"][0].text.casefold() in _MOST else "asc", said(slots["c"][0]))
    return None


def _trimmed(piece: Piece) -> Piece:
    begin, end = 0, len(piece.tokens)
    while begin < end and piece.tokens[begin].text.casefold() in (",", "and", ";"):
        begin += 1
    while end > begin and piece.tokens[end - 1].text.casefold() in (",", "and", ";"):
        end -= 1
    return part(piece, begin, end)
