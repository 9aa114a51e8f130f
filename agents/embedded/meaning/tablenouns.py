"""Noun phrases about tables: columns, rows, comparisons, groups, totals; and what any thing can be."""

from __future__ import annotations

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import NO_VALUES, rule
from agents.embedded.meaning.things import (
    Field,
    FileAt,
    Files,
    Group,
    Joined,
    Messages,
    PageTable,
    Ref,
    Rows,
    Sheet,
    Statuses,
    Text,
    Thing,
    Titles,
    Together,
    Total,
    Totals,
    Where,
)

# --- tables ----------------------------------------------------------------------------------------------------------


@rule(
    "col",
    "{c:w}",
    "the [column|field] {c:w}",
    "{c:q}",
    "(column|field) {c:w}",
    "the (values|value) of [the] [column] {c:w}",
    "(count|number)",
    "the [column] (count|number)",
)
def _col(c: str = "count") -> str:
    return c


@rule("cols", "{a:colname}", "{a:colname} (,|and|, and) {r:cols}")
def _cols(a: str, r: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    return (a, *r) if a not in r else None


@rule("colname", "{a:w}", "{a:q}", "{a:noun}", "the {a:w}")
def _colname(a: str) -> str:
    return a


@rule("colname", "{a:small}")
def _small(a: str) -> str:
    """`at` and the like, where columns are listed."""
    return a


@rule("colname", "{d:d}")
def _colname_device(d: Mention) -> str | None:
    """`server` as the name of a column was taken for a device."""
    return (
        d.text
        if d.text.casefold() in ("server", "machine", "device", "host", "phone", "computer", "box", "desktop")
        else None
    )


@rule("val", "{v:q}", "{v:n}", "{v:w}")
def _val(v: object) -> object:
    return v


@rule("cmp", "[%is] [equal to|exactly] {v:val}")
def _equal(v: int | float | str) -> tuple[str, int | float | str]:
    return "==", v


@rule(
    "cmp",
    "(is not|are not|does not equal|is other than|was not|is anything but|differs from|is different from) {v:val}",
)
def _unequal(v: int | float | str) -> tuple[str, int | float | str]:
    return "!=", v


@rule("cmp", "[%is] [now|currently|still] (%over) {v:n} [%unit]", "(exceeds|exceed|passes|is beyond) {v:n} [%unit]")
def _above(v: int | float) -> tuple[str, int | float]:
    return ">", v


@rule("cmp", "[%is] [now|currently|still] (%under) {v:n} [%unit]", "(is not|does not) (reach|come to) {v:n} [%unit]")
def _below(v: int | float) -> tuple[str, int | float]:
    return "<", v


@rule(
    "cmp",
    "[%is] [at least|no less than|not less than|not under|not below] {v:n} [%unit] or (more|above|over|higher|greater)",
    "[%is] (at least|no less than|not less than|not under|not below|no fewer than) {v:n} [%unit]",
    "reaches {v:n} [%unit]",
    "reach {v:n} [%unit]",
)
def _least(v: int | float) -> tuple[str, int | float]:
    return ">=", v


@rule(
    "cmp",
    "[%is] {v:n} or (less|fewer|below|under|lower)",
    "[%is] (at most|no more than|not more than|not over|not above|up to) {v:n} [%unit]",
    "(does not|do not) exceed {v:n} [%unit]",
)
def _at_most(v: int | float) -> tuple[str, int | float]:
    return "<=", v


@rule(
    "where",
    "(whose|where|in which|for which|of which|with|having|that have|which have) [the|a|an] [column|"
    "field] {c:w} [of] {k:cmp}",
    "(whose|where|in which|for which) [the|a|an] [column|field] {c:noun} [of] {k:cmp}",
    "(with|having|that have|which have) [a|an] {c:w} (of|that) {k:cmp}",
)
def _where(c: str, k: tuple[str, int | float | str]) -> Where | None:
    return Where(c, *k) if str(k[1]).casefold() not in NO_VALUES else None


@rule("wheres", "{a:where}", "{a:where} and {r:wheres}")
def _wheres(a: Where, r: tuple[Where, ...] = ()) -> tuple[Where, ...]:
    return (a, *r)


@rule(
    "rows",
    "[all|the|only the|only|every|all the|all of the|those|every one of the] (%row) {w:wheres}",
    "[only] those {w:wheres}",
)
def _rows(w: tuple[Where, ...]) -> Rows:
    return Rows(None, w)


@rule(
    "rows",
    "[all|the|only the|only|every|all the|those] (%row) (in|of|from) {f:source} {w:wheres}",
    "[all|the|only the|every|all the|those] (%row) {w:wheres} (in|of|from) {f:source}",
    "[all|the|every|all the|all of the] (%row) (in|of|from) {f:source}",
)
def _rows_of(f: Thing, w: tuple[Where, ...] = ()) -> Rows:
    return Rows(f, w)


@rule("rows", "(all|all the|the|all of the) (rows|records) [together]", "everything [together]")
def _all_rows() -> Rows:
    return Rows(None)


@rule("rows", "(all|the|every|only the|only) {n:w} {w:wheres}")
def _rows_called(n: str, w: tuple[Where, ...]) -> Rows:
    return Rows(None, w, n.casefold())


@rule("measured", "(sum|total)")
def _sum_word() -> str:
    return "sum"


@rule("measured", "(average|mean)")
def _mean_word() -> str:
    return "mean"


@rule("measured", "median")
def _median_word() -> str:
    return "median"


@rule("measured", "(highest|largest|biggest|maximum|greatest|higher|larger|bigger|greater)")
def _most_word() -> str:
    return "maximum"


@rule("measured", "(lowest|smallest|minimum|lower|smaller)")
def _least_word() -> str:
    return "minimum"


@rule(
    "over",
    "(over|across|of|from|for|in|on) [all of|all] {x:source}",
    "(over|across|from|for) (all|the) (three|two|four|five|of them)",
    "(over|across|from|for) all [of them]",
)
def _over(x: Thing | None = None) -> Thing | tuple[()]:
    return x if x is not None else Ref("them")


@rule("over", "(over|across|of|from|for|on) [all of|all] {d:d}")
def _over_devices(d: Mention) -> Ref:
    return Ref("them", 0, d)


@rule(
    "group",
    "[the] {m:measured} [of] [the] {c:col} (by|per|for each|for every|of each|in each) [the] {b:col} [{o:over}]",
    "[the] {c:col} (by|per) {b:col} [{o:over}]",
    "[the] {m:measured} (by|per|for each) {b:col} [{o:over}]",
)
def _group(b: str, c: str = "", m: str = "sum", o: Thing | None = None) -> Group | None:
    return Group(m, c, b, o) if c != b else None


@rule("group", "[the|a list of the|the list of the] {k:n} most (frequent|common) [ones|of them|{c:w}]")
def _top(k: int, c: str = "") -> Group | None:
    return Group("count", c, "", None, k) if isinstance(k, int) else None


@rule(
    "total",
    "(the|their|its) {m:measured} [value|number] (of|in|over) [all|all the|the] [column|values of|"
    "values in] {c:w} [{o:over}]",
    "(the|their) {m:measured} {c:w} [{o:over}]",
)
def _total(m: str, c: str, o: Thing | None = None) -> Total:
    return Total(m, c, o)


@rule(
    "total",
    "(the|their) {m:measured} (one|value|number|count)",
    "(the|their) {m:measured} [one|value|number|count] (of these|of those|of them|of the two|of the two values|of both|"
    "of the three|of all reasons)",
    "(the|their) {m:measured} of (the|these|those|both|all) [the] [two|three|four|of the] (values|"
    "numbers|counts|readings|results|temperatures)",
)
def _total_of(m: str) -> Total:
    return Total(m, "", None, "")


@rule("total", "the total of all {c:w}", "the {m:measured} of the [two|three] {c:w}")
def _total_all(c: str, m: str = "sum") -> Total:
    return Total(m, "", Ref("them"), c.casefold())


@rule(
    "pagetable",
    "[the] table {t:q} (from|on|of|in) [the page] {u:u}",
    "the table (called|named|headed|titled) {t:q} (from|on|of|in) [the page] {u:u}",
)
def _table(t: str, u: str) -> PageTable:
    return PageTable(t, u)


@rule("sheet", "[the] [sheet|worksheet|tab] {s:name} (of|in|from) {f:files}")
def _sheet(s: str, f: Files) -> Sheet | None:
    return Sheet(s, f) if len(f.files) == 1 and f.files[0].path.endswith(".xlsx") else None


@rule(
    "field",
    "[the] (field|value of|value|field called) {n:w} (of|from|in|on) {u:urls}",
    "[the] {n:w} (from|at) {u:urls}",
)
def _field(n: str, u: tuple[str, ...]) -> Field:
    return Field((n,), u)


@rule(
    "messages",
    "[every|all|each|all the|the] (text|texts|message|messages|text message|text messages|sms) [that|"
    "which] (came from|from|was sent by|were sent by) {c:call} (on|to|that are on|received on|on the "
    "phone) {d:d}",
    "[every|all|each|all the|the] (text|texts|message|messages|text message|text messages|sms) [that|"
    "which] {c:call} (has sent|sent|wrote|has written) to {d:d}",
)
def _messages(c: str, d: Mention) -> Messages:
    return Messages(c, d)


@rule("ref", "a (table|list)")
def _a_table() -> Ref:
    return Ref("table")


@rule("pagetable", "the (one|table) (called|named|headed|titled) {t:q}", "[the] table {t:q}")
def _table_there(t: str) -> PageTable:
    return PageTable(t, "")


@rule(
    "total",
    "(the whole|the total|the sum|the grand total) (for|of|over) (all|the three|the two|all three) [{n:w}]",
    "(their|the) (sum|total)",
    "(the sum|the total) of (all|them|all of them|the three|the two|both)",
    "the overall (sum|total)",
    "the (sum|total) (together|altogether|overall)",
)
def _whole(n: str = "") -> Total:
    return Total("sum", "", Ref("them"), "")


@rule("text", "{t:q}", "the (text|words|word|line|message|sentence) {t:q}")
def _text(t: str) -> Text:
    return Text(t)


@rule(
    "np",
    "{x:files}",
    "{x:pages}",
    "{x:ref}",
    "{x:lines}",
    "{x:part}",
    "{x:count}",
    "{x:fact}",
    "{x:rows}",
    "{x:group}",
    "{x:total}",
    "{x:pagetable}",
    "{x:sheet}",
    "{x:field}",
    "{x:messages}",
    "{x:text}",
    "{x:found}",
    "{x:titles}",
)
def _np(x: Thing) -> Thing:
    return x


@rule("titles", "[the] (title|titles|headings) (of|from) {u:urls}")
def _titles(u: tuple[str, ...]) -> Titles:
    return Titles(u)


@rule("joined", "[%the] (rows|tables|two|files) (joined|combined)")
def _joined() -> Joined:
    return Joined(None)


@rule("totals", "[the] {m:measured} and [the] {n:measured} [of the|of] {c:w}")
def _totals(m: str, n: str, c: str) -> Totals | None:
    return Totals((m, n), c) if m != n else None


@rule(
    "count",
    "(the number of|how many of|how many) [those|them|these|the pages|pages|the sites|of them] [that|which] "
    "(answer|answers|answered|respond|responded|reply|replied) with [the] [http] [status|code|status code] {n:n}",
)
def _answering(n: int) -> Statuses | None:
    return Statuses(n) if isinstance(n, int) else None


@rule(
    "count",
    "(the number of|how many of|how many) [those|them|these|the pages|pages|the sites|of them] [that|which] "
    "(do not|does not|did not) (answer|respond|reply) with [the] [http] [status|code|status code] {n:n}",
)
def _not_answering(n: int) -> Statuses | None:
    return Statuses(n, other=True) if isinstance(n, int) else None


@rule("np", "{x:totals}")
def _np_totals(x: Totals) -> Thing:
    return x


@rule("keys", "(on|by|over|via) [the] [column|key|field] {a:w}", "using [the] [column] {a:w} [as the key]")
def _key(a: str) -> tuple[str, str]:
    return a, a


@rule(
    "keys",
    "[(on|by|over|via) [the] [{k:w}] {m:w}] [,] [lpar] {a:w} in the (first|{x:w}) [,] [and] {b:w} in "
    "the (second|other|{y:w}) [rpar]",
    "[,] [lpar] where [the] {a:w} of the (first|{x:w}) (is|equals) [the] {b:w} of the (second|other|{y:w}) [rpar]",
    "[,] [lpar] {a:w} (is|being|holds|means) the {b:w} of the (second|other|{y:w}) [rpar]",
)
def _two_keys(a: str, b: str, k: str = "", m: str = "", x: str = "", y: str = "") -> tuple[str, str]:
    return a, b


@rule("np", "{x:beside}")
def _np_beside(x: Thing) -> Thing:
    return x


@rule("beside", "{f:located} [joined] (with|and|to) {g:located} [joined] {k:keys}")
def _beside(f: FileAt, g: FileAt, k: tuple[str, str]) -> Together:
    return Together(Files((f,)), Files((g,)), *k)
