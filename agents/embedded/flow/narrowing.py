"""Tables of web pages, and tables that are narrowed or sorted before they are put somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.rows import NOUNS, RowsOf, Where, where
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

_PAGE: Final = "[the page|the website|the site|the address] {u:url}"
_CALLED: Final = "[called|named|titled|headed|with the caption|with the title]"
_BROWSER: Final = "(with|in|using|by) the browser (on|of) {d:device}"
_OPPOSITE: Final = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_NO_ROWS: Final = words(
    "files file servers server machines machine devices device pages page lines line folders folder"
)


@dataclass(frozen=True)
class PageTable(Value):
    """The table of a page that has this caption, with the one browser there is or that of a device."""

    caption: str
    url: str
    place: Mention | None = None

    def realised(self, to: Builder) -> Made:
        names = self.place.names if self.place is not None else to.world.able("browser.table")
        if len(names) != 1:
            raise decline("it is not said with the browser of which device")
        [name] = names
        arguments: JsonObject = {"url": self.url, "text": self.caption}
        step = to.step("table", "browser.table", arguments, name)
        return Made("records", (Entry(name, name, step, f"${{{step}.output.items}}"),), NOUNS | {"one"})


@dataclass(frozen=True)
class Shown(Part):
    """A fact: a page has a table. With `place` alone: it is read with the browser there, which it has to be."""

    table: PageTable | None
    place: Mention | None = None

    def build(self, to: Builder) -> None:
        if self.table is not None:
            to.realised(self.table)
            return
        made = to.made[-1] if to.made else None
        if (
            made is None
            or made.kind != "records"
            or self.place is None
            or self.place.names != (made.entries[0].device,)
        ):
            raise decline("it is not clear which table should be read there")


@dataclass(frozen=True)
class Narrowed(Part):
    """Only some rows of what was read or named last go on."""

    kept: Where

    limits = True

    def build(self, to: Builder) -> None:
        to.realised(RowsOf(None, self.kept))


def page_table(piece: Piece) -> Value | None:
    for pattern in (
        f"[the] table {_CALLED} {{q:quoted}} (from|of|on|at|in) {_PAGE} [{_BROWSER}]",
        f"[the] {{q:quoted}} table (from|of|on|at|in) {_PAGE} [{_BROWSER}]",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            place = mention(slots, "d", piece) if "d" in slots else None
            return PageTable(literal(slots, "q"), literal(slots, "u"), place)
    return None


def narrowing(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    for pattern in (
        f"[on] {_PAGE} (there is|there's|has|shows|contains) (a|the|one) table {_CALLED} {{q:quoted}}",
        f"there (is|'s) (a|the) table {_CALLED} {{q:quoted}} (on|at|in) {_PAGE}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Shown(PageTable(literal(slots, "q"), literal(slots, "u")))
    slots = match(f"(read|get|take|open|fetch) (it|that|the table|that table) {_BROWSER}", piece)
    if slots is not None:
        return Shown(None, mention(slots, "d", piece))
    for head, keeps in (
        ("(keep|take|use) (only|just) [the|those] [{noun:word}]", True),
        ("(drop|remove|leave out|throw out|discard|filter out|skip) [all|all the|the|every|those] {noun:word}", False),
    ):  # fmt: skip
        slots = match(f"{head} {{where:any}}", piece)
        kept = where(Piece(piece.line, slots["where"])) if slots is not None else None
        if slots is None or kept is None or ("noun" in slots and slots["noun"][0].text.casefold() not in _ROWS):
            continue
        return Narrowed(kept if keeps else Where(kept.column, _OPPOSITE[kept.op], kept.value))
    return None


_ROWS: Final = words("row rows record records entry entries ones those lines members people articles orders")


def of_noun(piece: Piece) -> Value | None:
    """`everybody whose country is Portugal`, `the articles with a price above 3`: rows of the table named last."""
    slots = match(
        "(everybody|everyone|anybody|anyone|those|the ones|[all|all the|the|every|any] {noun:word}) {w:any}", piece
    )
    if slots is None or ("noun" in slots and slots["noun"][0].text.casefold() in _NO_ROWS):
        return None
    kept = where(Piece(piece.line, slots["w"]))
    return RowsOf(None, kept) if kept is not None else None
