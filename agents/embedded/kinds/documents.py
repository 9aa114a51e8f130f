"""Documents: what is in them, and one made of another: a workbook of a table, a chart, a PDF, a web page.

What is read for another document is read whole: the writing waits for a reading that left nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.embedded.kinds.acts import Act, Choice, Convert, Missing, Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import name_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

ROWS: Final = 100_000
BYTES: Final = 16 << 20
TABLES: Final = {".csv": "csv.read", ".xlsx": "xlsx.read"}
PROSE: Final = (".md", ".txt")
CHARTS: Final = ("bar", "line", "pie", "scatter")
WRITERS: Final = {
    ".xlsx": "xlsx.write", ".csv": "csv.write", ".html": "html.write", ".pdf": "pdf.write", ".png": "chart.make",
}  # fmt: skip
UNNAMED: Final = (".pdf", ".xlsx", ".csv", ".png")
"""Documents that may be asked for without a name, which is then that of their source; a chart's is asked for."""
TITLED: Final = (".html", ".pdf", ".png")
NAME: Final = r"(?:<q\d+> |[^<>, ]+ )"


def sheet(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"path": text_of(slots, "path", piece)}
    if not str(out["path"]).casefold().endswith(".xlsx"):
        return None
    if "sheet" in slots:
        out["sheet"] = name_of(slots, "sheet", piece)
        if out["sheet"] is None:
            return None
    return out


def prose(slots: Slots, piece: Piece, world: World) -> Filled:
    path = text_of(slots, "path", piece)
    return {"path": path} if path.casefold().endswith(PROSE) else None


ORDINALS: Final = {
    name: at
    for at, name in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1
    )
}


def pdf(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"path": text_of(slots, "path", piece)}
    if "first" in slots:
        first, last = number_of(slots, "first"), number_of(slots, "last")
        if not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last:
            return None
        out |= {"first": first, "last": last}
    if "top" in slots:
        out |= {"first": 1, "last": number_of(slots, "top")}
    if "nth" in slots:
        nth = ORDINALS.get(said(slots, "nth")[0])
        if nth is None:
            return None
        out |= {"first": nth, "last": nth}
    if "page" in slots:
        page = number_of(slots, "page")
        if not isinstance(page, int) or page < 1:
            return None
        out |= {"first": page, "last": page}
    return out if str(out["path"]).casefold().endswith(".pdf") else None


_BOOK: Final = "[the] [workbook|spreadsheet|excel file|file|excel workbook]"
_DOC: Final = "[the] [pdf] [file|document]"
ORDERS: Final = (
    Order(
        "xlsx.read",
        asks=(
            f"(read|load|open|get) [the] (sheet|worksheet) {{sheet:thing}} (of|in|from) {_BOOK} {{path:file}}",
            f"what is in [the] (sheet|worksheet) {{sheet:thing}} of {_BOOK} {{path:file}}",
            "(read|load|open) [the] (workbook|spreadsheet|excel file|excel workbook) {path:file}",
            f"(what|which) (sheets|worksheets|tabs) (does|has) {_BOOK} {{path:file}} [have|got|contain]",
            f"(what|which) (sheets|worksheets|tabs) are [there] (in|of) {_BOOK} {{path:file}}",
        ),
        nouns=(
            f"(sheet|worksheet) {{sheet:thing}} (of|in|from) {_BOOK} {{path:file}}",
            f"rows of [the] (sheet|worksheet) {{sheet:thing}} (of|in|from) {_BOOK} {{path:file}}",
            f"(rows|table) (of|in|from) {_BOOK} {{path:file}}",
        ),
        fill=sheet,
    ),
    Order(
        "file.read",
        asks=("(read|show|print|open) [me] [the] (markdown|text) (file|document) {path:file}",),
        fill=prose,
    ),
    Order(
        "pdf.read",
        asks=(
            f"read {_DOC} {{path:file}}",
            f"what does {_DOC} {{path:file}} say",
            f"how many pages (does|has) {_DOC} {{path:file}} [have|got]",
            f"how many pages are (there in|in) {_DOC} {{path:file}}",
            f"(extract|pull|get) [the] text (out of|from|of|in) {_DOC} {{path:file}}",
        ),
        nouns=(
            f"number of pages (of|in) {_DOC} {{path:file}}",
            f"[whole|full] (text|content|contents) (of|in|from) {_DOC} {{path:file}}",
            f"[text of] page {{page:number}} (of|from|in) {_DOC} {{path:file}}",
            f"[text of] [the] {{nth:word}} page (of|from|in) {_DOC} {{path:file}}",
            f"[text of] [the] first {{top:number}} pages (of|from|in) {_DOC} {{path:file}}",
            f"[text of] pages {{first:number}} (to|through|-|and) {{last:number}} (of|from|in) {_DOC} {{path:file}}",
        ),
        fill=pdf,
    ),
)


TYPES: Final = {
    **dict.fromkeys(("excel", "workbook", "spreadsheet", "xlsx"), ".xlsx"),
    "csv": ".csv",
    **dict.fromkeys(("html", "webpage", "page"), ".html"),
    "pdf": ".pdf",
    **dict.fromkeys(("chart", "graph", "plot", "diagram", "png", "bars"), ".png"),
    "markdown": ".md",
}
"""Words for a kind of document, and how the names of such files end."""
_MAKING: Final = words(
    "make create write produce generate build draw plot render convert turn export save store transform print chart "
    "graph change put i'd like want i need would have get give me us visualise visualize typeset"
)
_LINKS: Final = words("as to into in from of out call called named using with for at under and it that")
_SMALL: Final = words(
    "the a an my our this file document table sheet worksheet text notes report version picture image web format "
    "new saved stored written made name column data numbers values on please"
)
_TITLE: Final = re.compile(
    r"(?:, |and |with |give it |whose |its |the |a )*(?:title |titled |entitled |headed |heading )"
    r"(?:should be |shall be |is |being |of |: |to be |reads |it )*(?P<title><q\d+> |(?:[^<>,;:]+? ){1,6}?)$"
)
_AXES: Final = (
    re.compile(
        rf"of (?:the )?(?:column )?(?P<y>{NAME})(?:by |per |over |against |versus |for each )(?:the )?(?P<x>{NAME})"
    ),
    re.compile(
        rf"(?:, |with |and |having )*(?:the )?(?P<x>{NAME})(?:on|along) (?:the )?x(?:-axis| axis)? "
        r"(?:, |and )*(?:the )?"
        rf"(?P<y>{NAME})(?:on|along) (?:the )?y(?:-axis| axis)? "
    ),
    re.compile(rf"(?:of |with )?(?:the )?column (?P<y>{NAME})(?=of |from |in )"),
)
_SHEET: Final = re.compile(rf"(?:sheet|worksheet|tab) (?P<sheet><q\d+> |(?:{NAME}){{1,3}}?)(?=of |in |from )")


def deed(world: World, piece: Piece) -> Convert | None:
    """`write prices.csv as prices.xlsx`, `make a bar chart of sales.csv as sales.png`: two files, or one and the kind
    of the other, between words that say nothing else. Raises Missing."""
    bare = piece.placeless()
    taken: dict[str, tuple[Token, ...]] = {}
    for pattern in (_TITLE, _SHEET, *_AXES):
        found = pattern.search(bare.said)
        if found is not None:
            slots = {name: bare.between(*found.span(name)) for name in found.groupdict()}
            if taken.keys() & slots.keys():
                continue
            taken |= slots
            bare = bare.without(bare.between(*found.span()))
    ends = _ends(bare)
    return _made(*ends, taken, bare, world) if ends is not None else None


def _ends(piece: Piece) -> tuple[Token, str, str] | None:
    """(the source, how the goal ends, the goal or ""); None where the words may say more than that."""
    files = [at for at, token in enumerate(piece.tokens) if token.kind in (Kind.PATH, Kind.QUOTED)]
    said = [token.text.casefold() for token in piece.tokens]
    free = {word for at, word in enumerate(said) if at not in files}
    if not 1 <= len(files) <= 2 or not free & _MAKING or not free <= _KNOWN | {","}:
        return None
    kinds = {TYPES[word] for word in free if word in TYPES}
    endings = {at: _ending(piece.tokens[at]) for at in files}
    if len(files) == 1:
        goals = kinds - {endings[files[0]]}
        return (piece.tokens[files[0]], min(goals), "") if len(goals) == 1 else None
    first, second = files
    between = said[first + 1 : second]
    back = bool({"of", "from"} & set(between))
    if not back and not {"as", "to", "into", "in", "call", "called", "named"} & set(between):
        return None
    source, goal = (second, first) if back and not {"as", "into", "to"} & set(between) else (first, second)
    if kinds - set(endings.values()):
        return None
    return piece.tokens[source], endings[goal], text_of({"goal": (piece.tokens[goal],)}, "goal", piece)


def _ending(token: Token) -> str:
    name = str(token.value).rsplit("/", 1)[-1]
    return f".{name.rpartition('.')[2].casefold()}" if "." in name else ""


_KNOWN: Final = _MAKING | _LINKS | _SMALL | set(TYPES) | set(CHARTS)


def _made(file: Token, ending: str, goal: str, taken: Slots, piece: Piece, world: World) -> Convert | None:
    path = text_of({"file": (file,)}, "file", piece)
    source = next((one for one in (*TABLES, *PROSE) if path.casefold().endswith(one)), None)
    if source is None or source == ending or ending not in WRITERS or not (goal or ending in UNNAMED):
        return None
    more: JsonObject = {}
    if "title" in taken:
        if ending not in TITLED or not _a_title(taken["title"]):
            return None
        more["title"] = text_of(taken, "title", piece)
    if {"x", "y"} & taken.keys() and ending != ".png":
        return None
    if ending == ".png":
        words = {"bar" if token.text.casefold() == "bars" else token.text.casefold() for token in piece.tokens}
        kinds = words & set(CHARTS)
        if len(kinds) != 1 or source not in TABLES:
            return None
        if not goal:
            raise Missing("a chart needs the name of its picture: say `as NAME.png`")
        more["kind"] = kinds.pop()
        for axis in ("x", "y"):
            name = name_of(taken, axis, piece, most=1) if axis in taken else None
            if axis in taken and name is None:
                return None
            more |= {axis: name if axis == "x" else [name]} if name is not None else {}
    elif {token.text.casefold() for token in piece.tokens} & set(CHARTS):
        return None
    skill = WRITERS[ending]
    if skill not in world.skills or (ending in {".xlsx", ".csv"} and source not in TABLES):
        return None
    if ending == ".html" and source in TABLES:
        return None
    if not goal:
        # A name that nobody said replaces nothing.
        goal, more = f"{path[: -len(source)]}{ending}", {**more, "overwrite": False}
    sheet = name_of(taken, "sheet", piece) if "sheet" in taken else None
    if "sheet" in taken and (source != ".xlsx" or sheet is None):
        return None
    reads = _reading(source, path, {"sheet": sheet} if sheet is not None else {})
    if reads.skill not in world.skills:
        return None
    whole = "items" if source in TABLES else "text"
    return Convert(reads, skill, {"path": goal, **more}, whole, path, piece.places)


def _a_title(tokens: Sequence[Token]) -> bool:
    """Quoted, or words that begin with a capital."""
    plain = tokens[0].text[:1].isupper() and not {"as", "to", "into"} & {one.text.casefold() for one in tokens}
    return plain or (len(tokens) == 1 and tokens[0].kind is Kind.QUOTED)


def _reading(source: str, path: str, more: JsonObject) -> Act:
    if source in TABLES:
        return Act(TABLES[source], (Choice({"path": path, **more, "limit": ROWS}),))
    return Act("file.read", (Choice({"path": path, "max_bytes": BYTES}),))
