"""Phrases behind a verb: where something goes, under which path, with which columns, in which order."""

from __future__ import annotations

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import Count, Ref, Thing, To


@rule("to", "(%on) [each of|all of|all] {d:d}", "(%on) the [other] (%folder) {d:d}")
def _place(d: Mention) -> To:
    return To(place=d, prep="on")


@rule(
    "to",
    "(with|using|via|through|by|by means of|with the browser on|using the browser on|in the browser on|"
    "with the browser of|in the browser of) {d:d}",
)
def _with(d: Mention) -> To:
    return To(place=d, prep="with")


@rule("to", "from there")
def _from_there() -> To:
    return To()


@rule("to", "from {d:d}")
def _from(d: Mention) -> To:
    return To(place=d, prep="from")


@rule("to", "there", "over there")
def _there() -> To:
    return To(place=Mention("there", there=True), prep="on")


@rule("to", "(%in) [the|a|an|one] [new|single|plain] [%fnoun] [called|named] {p:p}", ": {p:p}")
def _path(p: str) -> To:
    return To(path=p)


@rule("to", "(:|,|and|, and|in|into|to) {p:p} for [the] {w:w}", "(:|,|and|, and|in|into|to) {p:p} for [the] {w:low}")
def _path_for(p: str, w: str) -> To | None:
    return To(path=p, of=w) if w in ("first", "second", "third", "fourth") else None


@rule("to", "(:|,|and|, and|in|into|to) {p:p} for {d:d}")
def _path_of(p: str, d: Mention) -> To | None:
    return To(path=p, of=d.names[0]) if len(d.names) == 1 else None


@rule("to", "(%in) (the|a) [new] (%folder) [called|named] {p:name}")
def _folder(p: str) -> To:
    return To(path=p.rstrip("/") + "/")


@rule(
    "to",
    "[,] [with|using|under|having] [the] (columns|fields|headings) {c:cols}",
    "[,] with {c:cols}",
    "lpar [with] [the] [columns] {c:cols} [, one row for each server] rpar",
    ": [columns] {c:cols}",
    "[,] (columns|fields) [:] {c:cols}",
)
def _columns(c: tuple[str, ...]) -> To | None:
    return To(columns=c) if len(c) > 1 else None


@rule(
    "dir",
    "[in] (descending|decreasing|falling) [order]",
    "[with] [the] (%most) [one|ones|values|number|amount] (first|on top|at the top|at top|leading)",
    "from (highest|largest|most) to (lowest|smallest|least)",
)
def _down() -> str:
    return "desc"


@rule(
    "dir",
    "[in] (ascending|increasing|rising|alphabetical) [order]",
    "[with] [the] (%least) [one|ones] (first|on top|at the top)",
)
def _up() -> str:
    return "asc"


@rule(
    "to",
    "[,] [and] (sorted|ordered|ranked|arranged) (by|on) [the] [column] {c:col}",
    "[,] [and] (sorted|ordered|ranked|arranged) (by|on) [the] [column] {c:col} [,] {o:dir}",
)
def _sorted(c: str, o: str = "asc") -> To:
    return To(by=c, order=o)


@rule("to", "[,] {o:dir}", "lpar {o:dir} rpar", "[,] (sorted|ordered) {o:dir}")
def _order(o: str) -> To:
    return To(order=o)


@rule(
    "to",
    "[,] [with] [the] [one|%dev] [with|having] [the] (%most) {c:w} (first|on top|at the top|leading)",
    "lpar [the] (%most) {c:w} (first|on top) rpar",
)
def _most(c: str) -> To:
    return To(by=c, order="desc")


@rule("to", "[,] [with] [the] [one|%dev] [with|having] [the] (%least) {c:w} (first|on top|at the top|leading)")
def _least(c: str) -> To:
    return To(by=c, order="asc")


@rule(
    "to",
    "(next to|beside|alongside|right next to) (it|that|them|this|the workbook|the table|the file)",
    "in the same (folder|place|directory)",
)
def _near() -> To:
    return To(near=True)


@rule("to", "(under|with|at|to|by|in) the same (path|name|file|paths|names|place)")
def _same() -> To:
    return To(same=True)


@rule("to", "[,] (trying|with) up to {n:n} (times|attempts|tries)", "[,] (trying|try) (at most|up to) {n:n} times")
def _times(n: int) -> To | None:
    return To(times=n) if isinstance(n, int) else None


@rule(
    "to",
    "[,] [lpar] (where|with) {f:w} (is|being|stands for|standing for|means) {x:np} [rpar]",
    "[,] [lpar] {f:w} (being|standing for|is) {x:np} [rpar]",
)
def _fill(f: str, x: Thing) -> To | None:
    return To(fill=f, value=x) if f.isupper() else None


@rule(
    "to",
    "[,] [lpar] (where|with) {f:w} (is|being|stands for) (that number|the number|how many|the count) [rpar]",
    "[,] [lpar] {f:w} (being|is) (that number|the number|how many|the count) [rpar]",
)
def _fill_number(f: str) -> To | None:
    return To(fill=f, value=Ref("number")) if f.isupper() else None


@rule("to", "[,] [lpar] [where|with] {d:d} (is|being) (its|the|their) (name|names) [of (the|that|each) (%dev)] [rpar]")
def _fill_name(d: Mention) -> To | None:
    return To(fill=d.text, value=Ref("name")) if d.text.isupper() else None


@rule("to", "[,] (titled|with the title|headed|under the title) {t:q}")
def _title(t: str) -> To:
    return To(title=t)


@rule(
    "to",
    "[,] (one|a) (row|line) (for|per) (each|every) (%dev)",
    "[,] one (row|line) (for|per) {d:d}",
    "[,] one (a|per) line",
    "[,] one on each line",
    "[,] (each|all|respectively|one each|in each case|together|either)",
    "[,] nothing (but|else than) the (number|count|value|word)",
    "by {n:noun}",
)
def _nothing(d: Mention | None = None, n: str = "") -> To | None:
    return To() if not n else None


@rule("tos", "lpar {t:tos} rpar", "lpar {t:tos} rpar {r:tos}")
def _bracketed(t: tuple[To, ...], r: tuple[To, ...] = ()) -> tuple[To, ...]:
    return (*t, *r)


@rule("paths", "(,|and|, and) {p:p}", "(,|and|, and) {p:p} {r:paths}")
def _more_paths(p: str, r: tuple[To, ...] = ()) -> tuple[To, ...]:
    return (To(path=p), *r)


@rule("tos", "{a:to} {m:paths}", "{a:to} {m:paths} {r:tos}")
def _several_paths(a: To, m: tuple[To, ...], r: tuple[To, ...] = ()) -> tuple[To, ...] | None:
    return (a, *m, *r) if a.path else None


@rule("tos", "{a:to}", "{a:to} {r:tos}", "{a:to} (,|and|, and) {r:tos}")
def _tos(a: To, r: tuple[To, ...] = ()) -> tuple[To, ...]:
    return (a, *r)


__all__ = ["Count"]


@rule("to", "[,] and the rows {c:cols}", "[,] (one|a) row (each|for each) for {c:cols}")
def _rows(c: tuple[str, ...]) -> To:
    return To(rows=c)
