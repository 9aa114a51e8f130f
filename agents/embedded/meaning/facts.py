"""Clauses that say how things are: files, tables, pages, machines."""

from __future__ import annotations

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    FileAt,
    Files,
    Instead,
    Known,
    KnownColumns,
    KnownPages,
    Measured,
    Nothing,
    Pages,
    PageTable,
    Part,
    Read,
    Thing,
    To,
)

# --- facts -----------------------------------------------------------------------------------------------------------


@rule("cols", "[the] [column|field] {a:w}")
def _one(a: str) -> tuple[str, ...]:
    return (a,)


@rule("known", "[with|has|having|and] [the|a] (columns|column|fields|field) {c:cols}")
def _known_columns(c: tuple[str, ...]) -> tuple[str, ...]:
    return c


@rule(
    "deed",
    "[each of|all of] {d:d} [each|all|both] (has|have|keeps|keep|holds|hold) [a|an|its own|their own|"
    "the] [file|table|workbook|own] {f:p} [,] [with {k:known}]",
    "[each of|all of] {d:d} [each|all|both] (has|have|keeps|keep) [a|an|its own|the] [file|table|own] "
    "{f:p} [,] {k:known}",
)
def _each_has(d: Mention, f: str, k: tuple[str, ...] = ()) -> Known:
    return Known(Files((FileAt(f, d),)), k)


@rule(
    "deed",
    "[we have|there are|there is|you find|you will find] {f:files} [,] [all|each|both|all of them|both "
    "of them|each of them] [of them] {k:known}",
    "{f:files} (has|have|contains|holds) [the] [columns|fields|column] {k:cols}",
    "{f:files} (have|has) {k:known}",
    "on {d:d} there is {f:files} {k:known}",
    "{f:files} (both|each|all) (have|has) {k:known}",
)
def _have(f: Files, k: tuple[str, ...], d: Mention | None = None) -> Known | None:
    return Known(f, k) if d is None else None


@rule(
    "deed",
    "(on {d:d} there is|there is on {d:d}|{d:d} has) [a|the] [database|file] {f:p} (with|containing|"
    "that has|which has) (a|the) table {t:w} [{k:known}]",
    "[the] [database|file] {f:p} on {d:d} (holds|has|contains|is a sqlite file with|is a sqlite "
    "database with|is a database with) (a|the) table {t:w} [{k:known}]",
    "[the] [database|file] {f:p} on {d:d} (has|keeps|holds|contains) [our|all|the] {n:w} in the table "
    "{t:w} [{k:known}]",
    "[our|the] {n:w} are in the table {t:w} (of|in) {f:p} on {d:d} [{k:known}]",
)
def _database(d: Mention, f: str, t: str, k: tuple[str, ...] = (), n: str = "") -> Known:
    return Known(Files((FileAt(f, d),)), k, t)


@rule(
    "deed",
    "the {n:w} [of the {m:w}] (are|is) (in|kept in|stored in) {f:files}",
    "[there is|we have] [a|the] (file|log|backup|archive) {f:files}",
    "(there is|we have|we keep) {f:files}",
)
def _there_is(f: Files, n: str = "", m: str = "") -> Known:
    return Known(f)


@rule(
    "deed",
    "the {r:phrase} [for [the] {s:phrase}] (is|stands|is written|is kept|is given) [as] [the] [number|"
    "value|word|text|first line] in {f:files}",
    "[the] {r:phrase} is the (number|value|word|text|first line) (in|of) {f:files}",
)
def _stands_in(r: tuple[str, ...], f: Files, s: tuple[str, ...] = ()) -> Read:
    return Read(Part(f, "word", 0, tuple(one.casefold() for one in r)))


@rule(
    "deed",
    "the (number|count) of {n:w} [{m:w}] is in {f:files}",
    "{f:files} each (hold|holds|contain) a number",
    "{f:files} (holds|contains|has) (a|one|a single) (number|word|single word|value)",
)
def _number_in(f: Files, n: str = "", m: str = "") -> Read:
    return Read(Part(f, "word"))


@rule(
    "deed",
    "{f:files} (holds|contains|has) (a|one|a single|a single) [word|single word] [,] [either] (%state) or (%state)",
    "{f:files} (holds|contains|has|says) (a|one|a single) (word|single word) [,] [either] (%state) or (%state)",
    "{f:files} says [either] (%state) or (%state)",
)
def _state_in(f: Files) -> Read:
    return Read(Part(f, "word", 0, ("state",)))


@rule("deed", "(all|each|both|they all|these) [of them|of these|three|two] (have|has) {k:known}")
def _all_have(k: tuple[str, ...]) -> KnownColumns:
    return KnownColumns(k)


@rule("deed", "[the] [metrics|pages|figures] [at|on] {u:urls} [each|both|all] (has|have) (a|the) field {c:w}")
def _each_field(u: tuple[str, ...], c: str) -> KnownPages:
    return KnownPages(u, (c,))


@rule(
    "deed",
    "(both|each|all) [of them|of these|pages] (have|has) (a|the) field {c:w}",
    "in each [of them] there is (a|the) field {c:w}",
    "(all|each) [of them] (have|has) a {c:w}",
    "each [of them] has (a|the) field {c:w}",
    "both (have|has) [a|the] {c:w}",
)
def _fields(c: str) -> KnownPages:
    return KnownPages((), (c,))


@rule("deed", "{u:urls} (has|have) the (fields|field) {c:cols}")
def _page_fields(u: tuple[str, ...], c: tuple[str, ...]) -> KnownPages:
    return KnownPages(u, c)


@rule("deed", "{u:urls} has (several|some|two|three) tables")
def _has_tables(u: tuple[str, ...]) -> Read | None:
    return Read(Pages(u)) if len(u) == 1 else None


@rule("deed", "(take|read|get) {x:pagetable} [(with|using|in) the browser on {d:d}]")
def _take_table(x: PageTable, d: Mention | None = None) -> Read:
    return Read(x, (To(place=d, prep="with"),) if d is not None else ())


@rule(
    "deed", "(%read) {x:pageat}", "(%read) {x:pages} (from|on|with|via|using) {d:d}", "(%let) {d:d} (%read) {x:pages}"
)
def _read_pages(x: Pages, d: Mention | None = None) -> Read:
    return Read(Pages(x.urls, (d,) * len(x.urls)) if d is not None else x)


@rule(
    "deed",
    "[the page|the address] {u:u} [sometimes|often] (answers|responds|replies) with an error [for a "
    "moment|sometimes|now and then]",
    "[the page|the address] {u:u} (sometimes|often) fails [for a moment]",
)
def _flaky(u: str) -> Read:
    return Read(Pages((u,)))


@rule("deed", "{f:files} (got|is|was|has been) (damaged|broken|corrupted)")
def _damaged(f: Files) -> Known:
    return Known(f)


@rule("deed", "(on|at) [the] [page] {u:u} there is (a|the) table {t:q}", "[the] [page] {u:u} has (a|the) table {t:q}")
def _page_table(u: str, t: str) -> KnownPages:
    return KnownPages((u,), (), t)


@rule(
    "deed",
    "[with all [{k:n}] (up|fine|well) [,]] (nobody needs to be|no one needs to be|nobody has to be) "
    "(bothered|told|woken|disturbed)",
    "i am on duty [tonight|today]",
    "would like to sleep",
    "i am on duty [tonight|today] and would like to sleep , so here is what i need",
    "here is what i need",
    "leave {x:np} alone",
    "leave {r:words} alone",
    "that is all",
    "thanks",
    "thank you",
    "do nothing",
    "nothing [else] (happens|needs to be done|is to be done)",
    "i would like to sleep",
    "so that {n:w} is back",
    "[so] (that|the) {n:w} is back",
)
def _nothing(x: Thing | None = None, n: str = "", r: object = None, k: object = None) -> Nothing:
    return Nothing()


@rule("words", "the {a:w}", "the {a:w} {b:w}", "{a:w}", "{a:w} {b:w}")
def _words(a: str, b: str = "") -> tuple[str, ...]:
    return (a, b) if b else (a,)


# --- what a machine says, pages --------------------------------------------------------------------------------------


@rule(
    "deed",
    "on {d:d} , how full is the disk and how much memory is (available|free)",
    "(look|check|see) how full the disk is and how much memory is (available|free) on {d:d}",
)
def _measured(d: Mention) -> Read:
    return Read(Measured(("disk", "memory"), d))


@rule("deed", "(open|visit) {u:urls} (in|with) the browser on {d:d}")
def _opened(u: tuple[str, ...], d: Mention) -> Read | None:
    return Read(Pages(u)) if len(u) == 1 else None


@rule(
    "deed",
    "{d:d} that can not (get|fetch|reach|download) (it|them|the file|that) (is to|should|must|may|has "
    "to|shall) (take|use|fetch|get) {u:u} instead [, (under|with) the same (name|path)]",
    "take {u:u} [for that (%dev)] instead [for that (%dev)]",
    "(take|use|fetch|get) {u:u} [instead]",
)
def _instead(u: str, d: Mention | None = None) -> Instead:
    return Instead(u)


@rule(
    "asked",
    "{d:d} [(ask|fetch|get|query|check|call|poll|look at|request)] {u:u}",
    "{d:d} [(ask|fetch|get|query|check|call|poll|look at|request)] {u:u} (%and) {r:asked}",
)
def _asked(d: Mention, u: str, r: Pages | None = None) -> Pages:
    more = r if r is not None else Pages(())
    return Pages((u, *more.urls), (d, *more.places))


@rule("deed", "(%let) {x:asked}")
def _let_ask(x: Pages) -> Read:
    return Read(x)


@rule("deed", "(check|ask|query|poll|look at|test|try) [the] [pages|addresses|health pages] [:] {x:pages}")
def _check_pages(x: Pages) -> Read:
    return Read(x)


@rule("deed", "the table {t:w} (in|of) [the] [database|file] {f:p} on {d:d} (has|holds) {k:known}")
def _table_has(d: Mention, f: str, t: str, k: tuple[str, ...]) -> Known:
    return Known(Files((FileAt(f, d),)), k, t)
