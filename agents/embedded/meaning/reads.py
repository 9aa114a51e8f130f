"""Clauses in which a value is wanted, or a table is arranged."""

from __future__ import annotations

from dataclasses import replace

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Arranged,
    Count,
    FileAt,
    Files,
    Give,
    Group,
    Lines,
    Read,
    Reading,
    Ref,
    Rows,
    Text,
    Thing,
    To,
    Together,
    Total,
)

# --- values ----------------------------------------------------------------------------------------------------------


@rule("deed", "(%read) {x:np} [{t:tos}]", "{x:count}", "(look up|find out) {x:count}", "what is {x:np}")
def _read(x: Thing, t: tuple[To, ...] = ()) -> Read | None:
    return Read(x, t) if not isinstance(x, Text) else None


@rule("deed", "(is|are) [the] {r:phrase} (%state) [or (%state)]", "what is {x:reading}")
def _asked(r: tuple[str, ...] = (), x: Reading | None = None) -> Read:
    return Read(x if x is not None else Reading(r))


@rule(
    "deed", "(count|tally) [up] [how many|the number of] {x:lines}", "(count|tally) {x:rows}", "(count|tally) {x:found}"
)
def _count(x: Thing) -> Read:
    return Read(Count(x))


@rule(
    "deed",
    "how often does {f:files} (say|contain|have|mention|report) [the word] {t:lit}",
    "how many times does {f:files} (say|contain|have|mention) [the word] {t:lit}",
    "how often does {t:lit} (occur|appear|stand|come up) in {f:files}",
    "how many [of the] {t:lit} (lines|entries) (are|are there) in {f:files}",
    "how many lines (of|in) {f:files} (contain|say|have|mention) {t:lit}",
    "how many lines (contain|say|have|mention) {t:lit} in {f:files}",
    "how many (lines|entries) with {t:lit} (are|are there) in {f:files}",
    "how many lines does {f:files} have (with|that contain|containing|that say) {t:lit}",
    "how often does {f:file} (say|contain|have|mention) {t:lit} on {d:d}",
    "(count|tally) how often {f:files} (says|say|contains|contain) {t:lit}",
    "(count|tally) how often {t:lit} (occurs|appears|stands) in {f:files}",
)
def _how_often(f: Files | FileAt, t: str, d: Mention | None = None) -> Read:
    files = f if isinstance(f, Files) else Files((replace(f, place=d),))
    return Read(Count(Lines(files, t)))


@rule("deed", "(look|search) for {x:lines}", "(find|search|collect|gather|get|take|look up) {x:lines}")
def _search(x: Lines) -> Read:
    return Read(x)


@rule(
    "deed",
    "(count|tally) {x:lines} in what (each of them|each|they|it) (prints|print|says|printed)",
    "(count|tally) [the] (lines|line) (containing|with|that contain|that say) {t:lit} in (what each of "
    "them prints|what they print|their output|the output|their outputs|each output)",
)
def _count_printed(x: Lines | None = None, t: str = "") -> Read | None:
    text = x.text if x is not None and x.of is None else t
    return Read(Count(Lines(Ref("output"), text))) if text else None


@rule(
    "deed",
    "(count|tally) (%row|them) (by|per|for each) [the] {b:col} [{o:over}]",
    "(count|tally) the {n:w} (by|per|for each) [the] {b:col} [{o:over}]",
)
def _count_by(b: str, o: Thing | None = None, n: str = "") -> Read:
    return Read(Group("count", n, b, o))


@rule(
    "deed",
    "(add up|sum up|total|sum|add) {g:group}",
    "(add|sum) {g:group} up",
    "(compute|calculate|work out|determine) {g:group}",
)
def _sum_by(g: Group) -> Read:
    return Read(g)


@rule(
    "deed",
    "(add up|sum up|total|sum|add) [the] [two|three|four] {x:ref} [together|up]",
    "(add|sum) [the] [two|three|four] {x:ref} up",
)
def _sum(x: Ref) -> Read:
    return Read(Total("sum", "", x))


@rule(
    "deed",
    "(sort|order|rank) (%row|what is left|what remains|the rest|it|them|the table|the result) (by) "
    "[the] [column] {c:col} [{o:dir}]",
)
def _sort(c: str, o: str = "asc") -> Arranged:
    return Arranged((To(by=c, order=o),))


@rule("deed", "(take|get|find|select|read|export|fetch) {x:rows}")
def _take(x: Rows) -> Read:
    return Read(x)


@rule(
    "deed",
    "(sum|add up|total) [the] [values of] {c:w} [up] (of|in|from|over|across) {f:files}",
    "(sum|add up|total) [the] [values of] {c:w} (of|in|from|over|across) each of {f:files}",
)
def _sum_each(c: str, f: Files) -> Read | None:
    return Read(Total("sum", c, f, "each")) if len(f.files) == 1 else None


@rule(
    "deed",
    "(sum|add up|total) [the] [values of] [the] column {c:w} [up] (of|in|from|over|across) [each of] {f:files}",
)
def _sum_column(c: str, f: Files) -> Read | None:
    """The column is called just so."""
    return Read(Total("sum", c, f, "each column")) if len(f.files) == 1 else None


@rule("deed", "(drop|remove|leave out|throw out|skip|discard) {x:rows}")
def _drop(x: Rows) -> Arranged | None:
    return Arranged(dropped=x.where) if x.where and x.of is None else None


@rule("deed", "(keep|take|select|pick|filter) [only] {x:rows}")
def _keep(x: Rows) -> Arranged | None:
    return Arranged(kept=x.where) if x.where and x.of is None else None


@rule("deed", "(join|merge|combine|put) [all|all the|the] (rows|tables|them) [together] [{t:tos}]")
def _together(t: tuple[To, ...] = ()) -> Give:
    return Give(Rows(None), t)


@rule("deed", "(join|match|combine|merge) {x:beside}")
def _join(x: Together) -> Read:
    return Read(x)


@rule("deed", "(join|match|combine) {x:beside} {t:tos}")
def _join_there(x: Together, t: tuple[To, ...]) -> Give | None:
    return Give(x, t) if any(to.path for to in t) else None


@rule("deed", "(join|match|combine) {x:ref} {k:keys} [on {d:d}]")
def _join_them(x: Ref, k: tuple[str, str], d: Mention | None = None) -> Read:
    return Read(Together(None, None, *k), (To(place=d, prep="with"),) if d is not None else ())
