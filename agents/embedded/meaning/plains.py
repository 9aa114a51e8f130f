"""Clauses, things and conditions that another grammar plans alone. They are asked where no other rule reads them."""

from __future__ import annotations

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Appended,
    Condition,
    Deed,
    Done,
    Files,
    Give,
    If,
    Plain,
    Ref,
    Rows,
    Share,
    Stands,
    Thing,
    To,
    Told,
    Union,
)


@rule("deed", "{x:clause}")
def _clause(x: Plain) -> Done:
    return Done(x)


@rule(
    "deed",
    "(%give) {x:plainly} {t:tos}",
    "(%want) {x:plainly} {t:tos}",
    "(%let) {x:plainly} (%given) {t:tos}",
    "{x:topic} (%be) (%given) {t:tos}",
    "{x:topic} (%goes) {t:tos}",
    "(%read) {x:plainly} {t:tos}",
)
def _give(x: Plain, t: tuple[To, ...]) -> Give:
    return Give(x, t)


@rule(
    "deed",
    "(text|sms) {x:plainly} to {g:texted}",
    "send {x:plainly} (as a text|as a text message|by text|by sms|as an sms) to {g:texted}",
    "send {x:plainly} to {g:texted} (as a text|as a text message|by text|by sms|as an sms)",
    "(text|sms) {g:texted} {x:plainly}",
    "(text|sms) {x:ref} to {g:texted}",
    "send {x:ref} (as a text|as a text message|by text|by sms|as an sms) to {g:texted}",
    "send {x:ref} to {g:texted} (as a text|as a text message|by text|by sms|as an sms)",
)
def _text(x: Thing, g: tuple[str, tuple[To, ...]]) -> Told:
    return Told("sms", x, g[0], g[1])


@rule(
    "deed",
    "(%show) {x:plainly} on {d:d}",
    "(%show) {x:plainly} as (a|an) (%note) (on|to) {d:d}",
    "send {x:plainly} to {d:d} as (a|an) (%note)",
)
def _show(x: Plain, d: Mention) -> Told:
    return Told("notify", x, "", (To(place=d, prep="on"),))


@rule("deed", "(text|sms|message|tell) {g:texted} [:] {x:text}", "(text|sms|message) {g:texted} {x:ref}")
def _text_to(x: Thing, g: tuple[str, tuple[To, ...]]) -> Told:
    return Told("sms", x, g[0], g[1])


@rule("deed", "(notify|tell) me on {d:d} (with|:|that) {x:text}", "(notify|tell|inform) me on {d:d} {x:text}")
def _notify(x: Thing, d: Mention) -> Told:
    return Told("notify", x, "", (To(place=d, prep="on"),))


@rule(
    "deed",
    "(query|ask) [the] [database] {p:p} (on|of|at|from) {d:d} (with|for|using|:) {q:q}",
    "(query|run|execute) [the] [sql] [query|statement] {q:q} (on|against|in|over|from) [the] [database] {p:p} "
    "(on|of|at|from) {d:d}",
    "(run|execute|put) {q:q} (on|against|to|in) [the] database {p:p} (on|of|at) {d:d}",
)
def _query(p: str, d: Mention, q: str) -> Done | None:
    text = f'query the database {p} on {d.text} with "{q}"'
    return Done(Plain(text, text)) if '"' not in q and len(d.names) == 1 else None


@rule("style", "(into|in|to|as) (one|a|a single|one single) (list|file|text file|text)")
def _one_list() -> tuple[bool, bool]:
    return False, False


@rule("style", "(into|in|to|as) (one|a|a single|one single) sorted (list|file|text file|text)")
def _sorted_list() -> tuple[bool, bool]:
    return True, False


@rule("once", "(without|with no) (doubles|duplicates|repetitions)", "each [line|name|entry|one] [only] once")
def _once() -> bool:
    return True


@rule(
    "deed",
    "(merge|combine|join|unite|concatenate) [the] [(lines|names|entries) (of|in|from)] {x:files} {s:style} [{u:once}] "
    "{t:tos}",
    "(merge|combine|join|unite|concatenate) [the] [(lines|names|entries) (of|in|from)] {x:files} {s:style} {t:tos} "
    "[,] {u:once}",
)
def _merge_lines(x: Files, s: tuple[bool, bool], t: tuple[To, ...], u: bool = False) -> Give:
    return Give(Union(x, s[0], u), t)


@rule(
    "deed",
    "(merge|combine|join|unite|concatenate) [the] [%row] [(of|in|from)] {x:files} [together] {t:tos}",
    "(merge|combine|join|unite|concatenate) [the] [%row] [(of|in|from)] {x:files} (into|in|to) (one|a|a single) "
    "(table|list|file) {t:tos}",
)
def _merge_tables(x: Files, t: tuple[To, ...]) -> Give | None:
    tables = all(one.path.casefold().endswith((".csv", ".xlsx")) for one in x.files)
    several = len(x.files) > 1 or all(one.place is not None and len(one.place.names) > 1 for one in x.files)
    goals = [to.path for to in t if to.path]
    return Give(Rows(x), t) if tables and several and len(goals) == 1 and goals[0].endswith((".csv", ".xlsx")) else None


@rule("deed", "say {x:text} on {d:d}", "(write|put|print) {x:text} on the (screen|display) of {d:d}")
def _say(x: Thing, d: Mention) -> Told:
    return Told("notify", x, "", (To(place=d, prep="on"),))


@rule("deed", "(append|add) {x:ref} {t:tos}", "(append|add) {x:plainly} {t:tos}")
def _append(x: Thing, t: tuple[To, ...]) -> Appended:
    return Appended(x, t)


@rule("when", "(when|once|as soon as) (it|that|this|everything|all) is (there|done|finished|ready|saved|complete)")
def _when() -> bool:
    return True


@rule(
    "deed",
    "(tell|notify|inform|alert) me on {d:d} {w:when}",
    "let me know on {d:d} {w:when}",
    "(tell|notify|inform|alert) me {w:when} on {d:d}",
    "(%show) [me] [a|an] (%note) on {d:d} {w:when}",
)
def _notify_done(d: Mention, w: bool) -> Told:
    return Told("notify", Ref("done"), "", (To(place=d, prep="on"),))


@rule("cond", "{x:ref} is [now|still] (%over) {v:pc} [full|used|in use|charged]")
def _share_above(x: Ref, v: int | float) -> Share:
    return Share(x, ">", v)


@rule("cond", "{x:ref} is [now|still] (%under) {v:pc} [full|used|in use|charged]")
def _share_below(x: Ref, v: int | float) -> Share:
    return Share(x, "<", v)


@rule("should", "{x:stands}")
def _should(x: Plain) -> Condition:
    return Stands(x)


@rule("sentence", "{s:steps} (, and|, then|, and then|and then|;|, but) {a:deed} {k:head}")
def _last_if(s: tuple[tuple[bool, Deed], ...], a: Deed, k: Condition) -> tuple[object, ...]:
    """The condition is of the last deed alone, which stands apart."""
    return (*s, (False, If(k, (a,))))


@rule("cond", "{x:stands}")
def _stands(x: Plain) -> Condition:
    return Stands(x)
