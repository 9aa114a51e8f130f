"""Clauses in which something goes somewhere."""

from __future__ import annotations

from dataclasses import replace

from agents.embedded.flow.deliver import CONVERSIONS, kinds
from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Deed,
    FileAt,
    Files,
    Give,
    Pages,
    Read,
    Ref,
    Thing,
    To,
)

_TURNED_INTO = frozenset(target for _, target in CONVERSIONS)

# --- something goes somewhere ----------------------------------------------------------------------------------------


@rule(
    "deed",
    "(%give) [up|down|back|together] {x:np} [up|down|back|together|over] {t:tos}",
    "{x:np} [all] (%be) (%given) [up|down|back|together|over] {t:tos}",
    "(tell me|let me know|give me|report) {x:fact} {t:tos}",
    "(tell me|let me know|report) {x:count} {t:tos}",
    "(%give) {x:np} , {a:w} or {b:w} as the (sensor|box|device) (says|gives|reports) it , {t:tos}",
    "{x:np} (%goes) [back] {t:tos}",
    "(%want) {x:np} {t:tos}",
    "(%want) {x:np} [,] (%given) [together] {t:tos}",
    "(%let) {x:np} (%given) [together] {t:tos}",
)
def _give(x: Thing, t: tuple[To, ...], a: str = "", b: str = "") -> Give:
    return Give(x, t)


@rule("deed", "(%give) {t:tos} [,|:] {x:np}", "(%want) {t:tos} {x:np}")
def _give_there(x: Thing, t: tuple[To, ...]) -> Give | None:
    return Give(x, t) if not isinstance(x, Ref) else None


@rule(
    "deed",
    "{d:d} (should|is to|are to|has to|have to|must|shall|needs to|ought to) (get|have|receive) {x:np} [{t:tos}]",
    "{d:d} [each|all|both] (gets|needs|get|need|wants|receives) {x:np} [{t:tos}]",
    "(%let) {d:d} [each|all|both] (download|fetch|get|take|load|have) {x:np} [{t:tos}]",
    "{d:d} (is|are) to (download|fetch|get|take|load) {x:np} [{t:tos}]",
)
def _gets(d: Mention, x: Thing, t: tuple[To, ...] = ()) -> Give:
    return Give(x, (To(place=d, prep="on"), *t))


@rule("recipient", "(a|the) copy of {x:np}")
def _copy(x: Thing) -> Thing:
    return x


@rule(
    "deed",
    "{d:d} (should|is to|has to|must|shall|are to) (get|have|receive) {x:recipient} [{t:tos}]",
    "{d:d} (gets|needs|get|need|wants) {x:recipient} [{t:tos}]",
)
def _gets_copy(d: Mention, x: Thing, t: tuple[To, ...] = ()) -> Give:
    return Give(x, (To(place=d, prep="on"), *t))


@rule(
    "deed",
    "(give|send|hand|bring) {d:d} (a copy|it|them|a copy of it|a copy each) [{t:tos}]",
    "(give|send|hand|bring) {d:d} {x:recipient} [{t:tos}]",
)
def _give_device(d: Mention, x: Thing | None = None, t: tuple[To, ...] = ()) -> Give:
    return Give(x if x is not None else Ref("it"), (To(place=d, prep="on"), *t))


@rule("deed", "move {x:np} {t:tos}", "{x:np} (%be) moved {t:tos}")
def _move(x: Thing, t: tuple[To, ...]) -> Give:
    return Give(x, t, moved=True)


@rule("more", "{x:np} [goes|go] {t:tos}")
def _elided(x: Thing, t: tuple[To, ...]) -> Give:
    return Give(x, t)


@rule("more", "{d:d} (download|fetch|get|take|gets|needs|) {x:pages} {t:tos}")
def _elided_fetch(d: Mention, x: Pages, t: tuple[To, ...]) -> Give:
    return Give(x, (To(place=d, prep="on"), *t))


@rule("gives", "{a:more}", "{a:more} (%and) {r:gives}")
def _gives(a: Give, r: tuple[Give, ...] = ()) -> tuple[Give, ...]:
    return (a, *r)


@rule(
    "steps",
    "(%give) [these|the] [%row|files|pages|downloads|following] [{t:tos}] : {g:gives}",
    "(%give) [these|the] [%row|files|pages|downloads|following] [{t:tos}] : {g:gives} (%sep) {r:steps}",
)
def _list(
    g: tuple[Give, ...], t: tuple[To, ...] = (), r: tuple[tuple[bool, Deed], ...] = ()
) -> tuple[tuple[bool, Deed], ...] | None:
    if len(g) < 2 or any(to.path for to in t):
        return None
    all_ = tuple((False, replace(one, to=(*t, *one.to), more=number > 0)) for number, one in enumerate(g))
    return (*all_, *r)


@rule(
    "deed",
    "(%want|make|create|build|prepare|set up|%give) (a|an|one) (list|table|workbook|csv file|"
    "spreadsheet|csv) [{n:p}] [{s:tos}] [out] (of|from) (that|it|them|this|those) [,] {t:tos}",
    "(make|create|build) (a|an) (list|table|workbook|csv file|spreadsheet|csv) {n:p} {t:tos}",
)
def _table_of(n: str = "", s: tuple[To, ...] = (), t: tuple[To, ...] = ()) -> Give:
    return Give(Ref("table"), (*((To(path=n),) if n else ()), *s, *t))


@rule("deed", "(turn|convert|make) {x:ref} {t:tos}", "(turn|convert) {x:files} {t:tos}")
def _convert(x: Thing, t: tuple[To, ...]) -> Give | None:
    """A name that nothing is turned into would be a copy under it: `turn a.csv into json`, `into uppercase`."""
    goals = [to.path for to in t if to.path]
    if isinstance(x, Files):
        fitting = all(kinds(one.path, goal) in CONVERSIONS for one in x.files for goal in goals)
    else:
        fitting = all(kinds("", goal)[1] in _TURNED_INTO for goal in goals)
    return Give(x, t) if fitting else None


@rule("deed", "(get|fetch|pull|take|grab|download) {x:located}")
def _fetch(x: FileAt) -> Read | None:
    return Read(Files((x,))) if x.place is not None else None
