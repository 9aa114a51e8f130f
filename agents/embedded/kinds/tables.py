"""What may be asked of the rows of a table in a file: some of them, an order, one value for each group, two joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.embedded.kinds.acts import Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

MEASURES: Final = {
    **dict.fromkeys(("sum", "total", "add", "totals"), "sum"),
    **dict.fromkeys(("average", "mean"), "mean"),
    "median": "median",
    **dict.fromkeys(("highest", "maximum", "max", "largest", "biggest", "greatest"), "maximum"),
    **dict.fromkeys(("lowest", "minimum", "min", "smallest", "least"), "minimum"),
}
MOST: Final = words("biggest highest largest most greatest descending dearest top")
LEAST: Final = words("smallest lowest least fewest ascending cheapest bottom")
ENDINGS: Final = (".csv", ".json", ".jsonl")
OPERATORS: Final = (
    ("(is above|is over|is more than|is greater than|is higher than|is larger than|exceeds|above|over)", ">"),
    ("(is below|is under|is less than|is lower than|is smaller than|below|under)", "<"),
    ("(is at least|at least|is not less than)", ">="),
    ("(is at most|at most|is not more than)", "<="),
    ("(contains|has)", "contains"),
    ("(is not|isn't)", "!="),
    ("(is|equals|is equal to|of)", "=="),
)
NO_COLUMNS: Final = words(
    "the a an it them they this that row rows line lines file table column columns record records entry entries value "
    "values number numbers each every all any not in of on from to by per with is are and or"
)
_FILE: Final = "[the] [file|table|csv file|csv|json file] {path:file}"
_COLUMN: Final = "[the] [column|field]"
_PER: Final = "(per|by|for each|for every|of each|of every|grouped by|broken down by)"
_ROWS: Final = "[all] [the] (rows|records|lines|entries)"
_IN: Final = "(of|in|from|out of)"
_ORDER: Final = (
    "[[,] [the] {order:word} [ones|one|values|value|sums|totals|amounts|first] first|[,] [sorted|ordered|in] "
    "{order_by:word} [order]]"
)
_MEASURE: Final = "{measure:word}"


def column(slots: Slots, slot: str, piece: Piece) -> str | None:
    (token,) = slots[slot]
    return text_of(slots, slot, piece) if _names(token) else None


def _names(token: Token) -> bool:
    return token.kind is Kind.QUOTED or (token.word and token.text.casefold() not in NO_COLUMNS)


def _path(slots: Slots, piece: Piece, slot: str = "path") -> str | None:
    path = text_of(slots, slot, piece)
    return path if path.casefold().endswith(ENDINGS) else None


def _order(slots: Slots) -> str | None:
    """`asc`, `desc`, or "" where no order is said; None for words that say none."""
    slot = next((one for one in ("order", "order_by") if one in slots), None)
    if slot is None:
        return ""
    word = said(slots, slot)[0]
    return "desc" if word in MOST else "asc" if word in LEAST else None


def grouped(slots: Slots, piece: Piece, world: World) -> Filled:
    path, by, order = _path(slots, piece), column(slots, "by", piece), _order(slots)
    if path is None or by is None or order is None:
        return None
    out: JsonObject = {"path": path, "by": [by], **({"order": order} if order else {})}
    if "of" not in slots:
        return {**out, "measure": "count"}
    of, measure = column(slots, "of", piece), MEASURES.get(said(slots, "measure")[0])
    return {**out, "measure": measure, "of": of} if of is not None and measure is not None else None


def added(slots: Slots, piece: Piece, world: World) -> Filled:
    return grouped({**slots, "measure": piece.tokens[:1]}, piece, world)


def picked(op: str) -> object:
    """Rows whose column fits a condition."""

    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        path, name, value = _path(slots, piece), column(slots, "column", piece), _value(slots["value"])
        if path is None or name is None or value is None or (op in "<>=" and not isinstance(value, (int, float))):
            return None
        return {"path": path, "where": [{"column": name, "op": op, "value": value}]}

    return fill


def _value(tokens: Sequence[Token]) -> Json:
    (token,) = tokens
    if token.kind in (Kind.NUMBER, Kind.QUOTED):
        return token.value
    fits = token.word and (token.text[:1].isupper() or token.text.casefold() in {"true", "false", "yes", "no", "open"})
    return token.text if fits else None


def some_columns(slots: Slots, piece: Piece, world: World) -> Filled:
    path = _path(slots, piece)
    names = [column(slots, one, piece) for one in ("a", "b", "c") if one in slots]
    return {"path": path, "columns": list(names)} if path is not None and None not in names else None


def ranked(slots: Slots, piece: Piece, world: World) -> Filled:
    """The rows with the most of a column, or all of them in its order."""
    path, by, order = _path(slots, piece), column(slots, "by", piece), _order(slots)
    if path is None or by is None or order is None:
        return None
    out: JsonObject = {"path": path, "by": by, "order": order or "asc"}
    return {**out, "limit": number_of(slots, "n")} if "n" in slots else out


def joined(slots: Slots, piece: Piece, world: World) -> Filled:
    left, right, goal = (_path(slots, piece, one) for one in ("left", "right", "goal"))
    on = column(slots, "on", piece)
    if left is None or right is None or goal is None or on is None or not goal.casefold().endswith(".csv"):
        return None
    return {"left": left, "right": right, "on": on, "path": goal}


def headed(slots: Slots, piece: Piece, world: World) -> Filled:
    """The names of the columns come with any reading: one row is enough."""
    path = text_of(slots, "path", piece)
    return {"path": path, "limit": 1} if path.casefold().endswith(".csv") else None


_INTO: Final = (
    "(into|as|to|and save it as|and save the result as|and save them as|and save the result in|and write the result "
    "to|and store it as|, save it as|, result in|giving|and put the result into|and put it into|and put it in)"
)
ORDERS: Final = (
    Order(
        "table.group",
        asks=(
            f"(sum|add|total|sum up|add up) {_COLUMN} {{of:plain}} {_PER} {_COLUMN} {{by:plain}} {_IN} {_FILE} "
            f"{_ORDER}",
            f"(sum|add|total|sum up|add up) {_COLUMN} {{of:plain}} {_IN} {_FILE} {_PER} {_COLUMN} {{by:plain}} "
            f"{_ORDER}",
        ),
        fill=added,
    ),
    Order(
        "table.group",
        nouns=(
            f"{_MEASURE} [of] {_COLUMN} {{of:plain}} {_PER} {_COLUMN} {{by:plain}} {_IN} {_FILE} {_ORDER}",
            f"{_MEASURE} [of] {_COLUMN} {{of:plain}} {_IN} {_FILE} {_PER} {_COLUMN} {{by:plain}} {_ORDER}",
        ),
        fill=grouped,
    ),
    Order(
        "table.group",
        asks=(
            f"how many (rows|records|entries|lines) (does|has) {_FILE} (have|contain|hold) {_PER} {_COLUMN} "
            f"{{by:plain}}",
            f"how many (rows|records|entries|lines) {_IN} {_FILE} are there {_PER} {_COLUMN} {{by:plain}}",
            f"how many (rows|records|entries|lines) are there {_PER} {_COLUMN} {{by:plain}} {_IN} {_FILE}",
            f"how many (rows|records|entries|lines) are there {_IN} {_FILE} {_PER} {_COLUMN} {{by:plain}}",
            f"(count|tally) {_ROWS} {_IN} {_FILE} {_PER} {_COLUMN} {{by:plain}} {_ORDER}",
            f"(count|tally) {_ROWS} {_PER} {_COLUMN} {{by:plain}} {_IN} {_FILE} {_ORDER}",
        ),
        nouns=(
            f"(number|count) of (rows|records|entries) {_PER} {_COLUMN} {{by:plain}} {_IN} {_FILE} {_ORDER}",
            f"(number|count) of (rows|records|entries) {_IN} {_FILE} {_PER} {_COLUMN} {{by:plain}} {_ORDER}",
        ),
        fill=grouped,
    ),
    *(
        Order(
            "table.select",
            nouns=(
                f"{_ROWS} {_IN} {_FILE} (where|whose|in which|with) {_COLUMN} {{column:plain}} {how} {{value:value}}",
                f"{_ROWS} (where|whose|in which|with) {_COLUMN} {{column:plain}} {how} {{value:value}} {_IN} {_FILE}",
            ),
            fill=picked(op),  # type: ignore[arg-type]
        )
        for how, op in OPERATORS
    ),
    Order(
        "table.select",
        nouns=tuple(
            f"[only|just] [the] {names} {_IN} {_FILE}"
            for names in (
                "(column|field) {a:plain}",
                "(columns|fields) {a:plain} and {b:plain}",
                "(columns|fields) {a:plain} , {b:plain} and {c:plain}",
            )
        ),
        fill=some_columns,
    ),
    Order(
        "table.select",
        asks=(f"(sort|order|rank) [the] [rows (of|in)] {_FILE} by {_COLUMN} {{by:plain}} {_ORDER}",),
        nouns=(
            f"[the] {{n:number}} (rows|records|entries) {_IN} {_FILE} with [the] {{order:word}} {_COLUMN} {{by:plain}}",
            f"[the] {{n:number}} (rows|records|entries) with [the] {{order:word}} {_COLUMN} {{by:plain}} {_IN} {_FILE}",
            f"{_ROWS} {_IN} {_FILE} [sorted|ordered] by {_COLUMN} {{by:plain}} {_ORDER}",
            f"[the] {{order:word}} {{n:number}} (rows|records|entries) {_IN} {_FILE} by {_COLUMN} {{by:plain}}",
        ),
        fill=ranked,
    ),
    Order(
        "table.join",
        asks=(
            "(join|combine|merge|match|link) [the] [tables|files|rows of] {left:file} (and|with|to) {right:file} "
            "(on|by|using|over|via|along) [the] [common|shared|same] [column|field|key] {on:plain} [column|field] "
            f"{_INTO} [the] [file] {{goal:file}}",
        ),
        fill=joined,
    ),
    Order(
        "csv.read",
        asks=(
            f"(what|which) columns (does|has) {_FILE} [have|got|contain|hold]",
            f"(what|which) columns are [there] (in|of) {_FILE}",
            f"how many columns (does|has) {_FILE} [have|got]",
        ),
        nouns=(
            f"(columns|column names|column headings|headings|header|heading row|names of the columns) {_IN} {_FILE}",
        ),
        fill=headed,
    ),
)
