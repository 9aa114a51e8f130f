"""Documents: what is in them, and one made of another: a workbook of a table, a chart, a PDF, a web page.

What is read for another document is read whole: the writing waits for a reading that left nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.kinds.acts import Act, Choice, Convert, Missing, Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import name_of
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from protocol.vocabulary import JsonObject

ROWS: Final = 100_000
BYTES: Final = 16 << 20
TABLES: Final = {".csv": "csv.read", ".xlsx": "xlsx.read"}
PROSE: Final = (".md", ".txt")
CHARTS: Final = ("bar", "line", "pie", "scatter")


def sheet(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"path": text_of(slots, "path", piece)}
    if not str(out["path"]).casefold().endswith(".xlsx"):
        return None
    if "sheet" in slots:
        out["sheet"] = name_of(slots, "sheet", piece)
        if out["sheet"] is None:
            return None
    return out


def pdf(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"path": text_of(slots, "path", piece)}
    if "first" in slots:
        first, last = number_of(slots, "first"), number_of(slots, "last")
        if not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last:
            return None
        out |= {"first": first, "last": last}
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
            "(read|load) [the] (workbook|spreadsheet|excel file|excel workbook) {path:file}",
        ),
        nouns=(
            f"(sheet|worksheet) {{sheet:thing}} (of|in|from) {_BOOK} {{path:file}}",
            f"rows of [the] (sheet|worksheet) {{sheet:thing}} (of|in|from) {_BOOK} {{path:file}}",
            f"(rows|table) (of|in|from) {_BOOK} {{path:file}}",
        ),
        fill=sheet,
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
            f"[text of] pages {{first:number}} (to|through|-) {{last:number}} of {_DOC} {{path:file}}",
        ),
        fill=pdf,
    ),
)


@dataclass(frozen=True, slots=True)
class _Form:
    """Ways to ask for one kind of document out of another."""

    goal: str
    patterns: tuple[str, ...]


_TURN: Final = "(write|save|convert|turn|export|store|make|transform)"
_FILE: Final = (
    "[the] [table|file|csv file|csv|workbook|spreadsheet|markdown file|text file|notes|document|excel file] {f:path}"
)
_NAMED: Final = "[(called|named|as|at) {goal:path}]"
_MAKE: Final = "(make|create|write|produce|generate|build|draw|plot|render) [me] [a|an|the]"
_AS: Final = "(as|in|into|to|called|named|and save it as|and store it as|and save it in|and call it)"
_OF: Final = "(of|from|out of|for|with)"
FORMS: Final = (
    _Form(
        ".xlsx",
        (
            f"{_TURN} {_FILE} (as|to|into) [an|a|the] [excel file|excel workbook|workbook|spreadsheet|"
            "xlsx file] [called|named] {goal:path}",
            f"{_MAKE} (workbook|spreadsheet|excel file) {_OF} {_FILE} {_AS} {{goal:path}}",
        ),
    ),
    _Form(".csv", (f"{_TURN} {_FILE} (as|to|into) [a|the] [csv file|csv] [called|named] {{goal:path}}",)),
    _Form(
        ".html",
        (
            f"{_TURN} {_FILE} (as|to|into) [a|the] [web page|html file|html page|page] [called|named] {{goal:path}}",
            f"{_MAKE} (web page|html page|html file) {_OF} {_FILE} {_AS} {{goal:path}}",
        ),
    ),
    _Form(
        ".pdf",
        (
            f"{_MAKE} pdf [report|file|document|version] {_OF} {_FILE} [{_AS} {{goal:path}}]",
            f"{_TURN} {_FILE} (into|to|as) [a] pdf [report|file|document] {_NAMED}",
            f"{_TURN} {_FILE} (as|to|into) {{goal:path}}",
        ),
    ),
    _Form(
        ".png",
        (
            f"{_MAKE} {{kind:word}} (chart|graph|plot|diagram) {_OF} {_FILE} "
            f"[{_AS} [the] [file|picture|image] {{goal:path}}]",
            f"{_MAKE} {{kind:word}} (chart|graph|plot|diagram) of [the] {{y:word}} (by|per|over|against) [the] "
            f"{{x:word}} {_OF} {_FILE} {_AS} [the] [file|picture|image] {{goal:path}}",
        ),
    ),
)


def deed(world: World, piece: Piece) -> Convert | None:
    """`write prices.csv as prices.xlsx`, `make a bar chart of sales.csv as sales.png`. Raises Missing."""
    bare = piece.placeless()
    for form in FORMS:
        for pattern in form.patterns:
            slots = match(pattern, bare)
            found = _made(form.goal, slots, bare, world) if slots is not None else None
            if found is not None:
                return found
    return None


def _made(ending: str, slots: Slots, piece: Piece, world: World) -> Convert | None:
    path = text_of(slots, "f", piece)
    source = next((one for one in (*TABLES, *PROSE) if path.casefold().endswith(one)), None)
    goal = text_of(slots, "goal", piece) if "goal" in slots else ""
    if source is None or (goal and not goal.casefold().endswith(ending)) or source == ending:
        return None
    more: JsonObject = {}
    if ending == ".png":
        kind = said(slots, "kind")[0]
        if kind not in CHARTS or source not in TABLES:
            return None
        if not goal:
            raise Missing("a chart needs the name of its picture: say `as NAME.png`")
        more = {"kind": kind}
        if "x" in slots:
            x, y = name_of(slots, "x", piece, most=1), name_of(slots, "y", piece, most=1)
            if x is None or y is None:
                return None
            more |= {"x": x, "y": [y]}
    skill = {".xlsx": "xlsx.write", ".csv": "csv.write", ".html": "html.write", ".pdf": "pdf.write"}.get(
        ending, "chart.make"
    )
    if skill not in world.skills or (ending in {".xlsx", ".csv"} and source not in TABLES):
        return None
    if ending == ".html" and source in TABLES:
        return None
    if not goal:
        # A name that nobody said replaces nothing.
        goal, more = f"{path[: -len(source)]}{ending}", {**more, "overwrite": False}
    reads = _reading(source, path)
    if reads.skill not in world.skills:
        return None
    whole = "items" if source in TABLES else "text"
    return Convert(reads, skill, {"path": goal, **more}, whole, path, piece.places)


def _reading(source: str, path: str) -> Act:
    if source in TABLES:
        return Act(TABLES[source], (Choice({"path": path, "limit": ROWS}),))
    return Act("file.read", (Choice({"path": path, "max_bytes": BYTES}),))
