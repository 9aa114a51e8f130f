"""Clauses about programs, archives, charts, messages and what can be switched."""

from __future__ import annotations

from dataclasses import replace

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Comparison,
    Count,
    Deleted,
    Drawn,
    FileAt,
    Files,
    Give,
    Packed,
    Part,
    Read,
    Reading,
    Ref,
    Reported,
    Run,
    Same,
    Set,
    Text,
    Thing,
    To,
    Told,
    Unpacked,
    Verified,
)

# --- programs, archives, backups -------------------------------------------------------------------------------------


@rule("runs", "{c:q} [{f:folders}]", "[the] (command|script|program) {c:q} [{f:folders}]")
def _command(c: str, f: Files | None = None) -> Run:
    return Run(((c, f),))


@rule("tool", "{t:w}", "{t:q}")
def _tool(t: str) -> str | None:
    return t if t.casefold() in ("python3", "python", "sh", "bash", "node", "perl", "ruby") else None


@rule(
    "deed",
    "(run|execute|start|launch|call) {x:ref} [there] (with|using|by) {t:tool}",
    "(run|execute|start|launch|call) {x:files} (with|using|by) {t:tool}",
    "(%let) {x:ref} (run|executed) there (with|by) {t:tool}",
)
def _run_with(x: Thing, t: str) -> Run:
    return Run(((t, x),))  # type: ignore[arg-type]


@rule("folders", "in {f:files}", "in {f:located} (%and) {r:folders}")
def _folders(f: Files | FileAt, r: Files | None = None) -> Files:
    return Files((*(f.files if isinstance(f, Files) else (f,)), *(r.files if r is not None else ())))


@rule("deed", "(run|execute|start|launch|call) {r:runs} [there]")
def _run(r: Run) -> Run:
    return r


@rule(
    "deed",
    "(pack|zip|archive|compress|bundle|tar|zip up|pack up) {x:np} [up] [each] {t:tos}",
    "{x:np} (%be) (packed|zipped|archived|compressed|bundled) [up] {t:tos}",
)
def _pack(x: Thing, t: tuple[To, ...]) -> Packed:
    return Packed(x, t)


@rule(
    "deed",
    "(take|make|create|do) a (backup|back-up) of {x:np} {t:tos}",
    "back up {x:np} {t:tos}",
    "(%want) {x:np} in (one|a) backup [with checksums] [,] {t:png}",
    "(%want) {x:np} backed up {t:tos}",
    "(take|make|create) a backup with checksums of {x:np} {t:tos}",
)
def _backup(x: Thing, t: tuple[To, ...]) -> Packed:
    return Packed(x, t, backup=True)


@rule("deed", "(take|make|create) a verified backup of {x:np} {t:tos}")
def _checked_backup(x: Thing, t: tuple[To, ...]) -> Packed:
    return Packed(x, t, backup=True, checked=True)


@rule("tos", "into {p:w} on {d:d}", "(on|to) {d:d} into {p:w}")
def _into(p: str, d: Mention) -> tuple[To, ...]:
    return To(path=p), To(place=d, prep="on")


@rule("tos", "into {p:w}")
def _into_bare(p: str) -> tuple[To, ...]:
    return (To(path=p),)


@rule("deed", "(unpack|extract|unzip|untar) {x:np} {t:tos}", "{x:np} (%be) (unpacked|extracted|unzipped) {t:tos}")
def _unpack(x: Thing, t: tuple[To, ...]) -> Unpacked:
    return Unpacked(x, t)


@rule("deed", "restore {x:np} [{t:tos}]", "{x:np} (%be) restored {t:tos}")
def _restore(x: Thing, t: tuple[To, ...] = ()) -> Unpacked:
    return Unpacked(x, t, backup=True)


@rule(
    "deed",
    "(verify|check|test) [the] [backup|archive|copy] {x:files}",
    "(verify|check) {x:ref} [against its (manifest|checksums)]",
    "(make sure|check) that {x:ref} is (%good)",
    "(make sure|check|see|find out) (whether|if) {x:ref} is (%good)",
)
def _verify(x: Thing) -> Verified:
    return Verified(x)


@rule(
    "deed",
    "(make sure|check|verify|confirm) that {a:fact} (equals|is|is the same as|matches|agrees with|is "
    "equal to) {b:fact}",
    "(compare) {a:fact} with {b:fact}",
)
def _same(a: Thing, b: Thing) -> Same:
    return Same(a, b)


@rule(
    "deed",
    "(delete|remove|erase|get rid of|clear away) {x:np} [there]",
    "{x:np} (%be) (deleted|removed|erased)",
    "(delete|remove) the original on {d:d}",
)
def _delete(x: Thing | None = None, d: Mention | None = None) -> Deleted:
    return Deleted(x if x is not None else Ref("original", 0, d))


# --- charts ----------------------------------------------------------------------------------------------------------


@rule("kind", "bar", "(bar chart|bar graph|bar diagram|column chart)")
def _bar() -> str:
    return "bar"


@rule("kind", "line", "(line chart|line graph|line plot)")
def _line() -> str:
    return "line"


@rule("kind", "(pie|pie chart|pie diagram)")
def _pie() -> str:
    return "pie"


@rule("kind", "histogram")
def _histogram() -> str:
    return "histogram"


@rule("png", "{p:p} [{t:tos}]", ", {p:p} [, {t:tos}]", "{t:tos}", "(,|and) {t:tos}")
def _png(p: str = "", t: tuple[To, ...] = ()) -> tuple[To, ...]:
    return (To(path=p), *t) if p else t


@rule(
    "deed",
    "(%draw) [me] [a|an|the|one] {k:kind} [of [the] (that table|table|rows|result|it|that|them|this|those|"
    "numbers|totals|sums)] {t:png}",
    "(%draw) (it|that|them|this|those|the table|the result|the results|the rows|the totals|that table|the sums|the "
    "counts) "
    "as (a|an) {k:kind} {t:png}",
)
def _draw(k: str, t: tuple[To, ...]) -> Drawn:
    return Drawn(k, None, t)


@rule(
    "deed",
    "(%draw) [a|an|the] {k:kind} of [the] [column] {c:w} [(in|of|from) {f:files}] {t:png}",
    "(%draw) [a|an|the] {k:kind} of [the] [column] {c:w} (in|of|from) {f:files}",
    "(%draw) [the] [column] {c:w} as (a|an) {k:kind} {t:png}",
    "(%draw) [the] [column] {c:w} (by|over|against|per) {b:w} as (a|an) {k:kind} {t:png}",
    "(%draw) [a|an|the] {k:kind} of [the] [column] {c:w} (by|over|against|per) {b:w} {t:png}",
)
def _draw_column(k: str, c: str, t: tuple[To, ...] = (), f: Files | None = None, b: str = "") -> Drawn:
    return Drawn(k, f, t, c, b)


# --- telling, switching ----------------------------------------------------------------------------------------------


@rule(
    "deed",
    "(%show) [me] [a|an|the|one] (%note) [%that] {x:np} (on|at) {d:d}",
    "(%show) [me] [a|an|the|one] (%note) (on|at|to) {d:d} [%that|that reads] {x:np}",
    "(%show) {x:np} as (a|an) (%note) (on|at) {d:d}",
    "(%show) {x:text} on {d:d}",
    "notify (me on|) {d:d} (of|with|:) {x:np}",
    "(%show) [me] [a|an|the] (%note) [%that] {x:np}",
    "(%show) [me] (a|an|the) (%note) (on|at) {d:d} (that reads|that says|reading|saying) {x:np} [{t:tos}]",
    "(%show) (a|the) (%note) {x:np} there",
    "(%show) the same (words|text|message|thing) on {d:d}",
    "(let|have) {d:d} (show|display) [a|the] [%note] {x:text}",
    "(%show) {x:text} there",
)
def _notify(x: Thing | None = None, d: Mention | None = None, t: tuple[To, ...] = ()) -> Told:
    where = (To(place=d, prep="on"),) if d is not None else ()
    return Told("notify", x if x is not None else Ref("same"), "", (*where, *t))


@rule(
    "deed",
    "(%show) [me] [a|an|the|one] (%note) [%that] {x:text} (on|at) {d:d} {t:tos}",
    "(%show) {x:text} as (a|an) (%note) (on|at) {d:d} {t:tos}",
)
def _notify_filled(x: Text, d: Mention, t: tuple[To, ...]) -> Told:
    return Told("notify", x, "", (To(place=d, prep="on"), *t))


@rule("deed", "tell me on {d:d} (with|by|in) a (%note) {x:count} : {q:text}")
def _tell_count(d: Mention, x: Count, q: Text) -> Told:
    return Told("notify", q, "", (To(place=d, prep="on"), To(fill="N", value=x)))


@rule("texted", "{c:call} [{t:tos}]", "the number {c:call} [{t:tos}]")
def _goal(c: str, t: tuple[To, ...] = ()) -> tuple[str, tuple[To, ...]]:
    return c, t


@rule(
    "deed",
    "(text|sms) {x:np} to {g:texted}",
    "send {x:np} (as a text|as a text message|by text|by sms) to {g:texted}",
    "(send|write) (a|an|one) (text|text message|sms|message) to {g:texted} [%that] {x:np} [{v:tos}]",
    "send {g:texted} a (text|text message|sms|message) [{s:tos}] [%that] {x:np} [{v:tos}]",
)
def _sms(x: Thing, g: tuple[str, tuple[To, ...]], s: tuple[To, ...] = (), v: tuple[To, ...] = ()) -> Told:
    return Told("sms", x, g[0], (*g[1], *s, *v))


@rule("topics", "{a:p}", "{a:p} (%and) {r:topics}")
def _topics(a: str, r: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (a, *r)


@rule(
    "deed",
    "(%let) {d:d} publish {x:ref} to {p:topics} [, one each|, one to each]",
    "publish {x:ref} to {p:topics} [, one each|, one to each]",
)
def _publish_each(x: Ref, p: tuple[str, ...], d: Mention | None = None) -> Told | None:
    return (
        Told("publish", x, "\n".join(p), (To(place=d, prep="with"),) if d is not None else ()) if len(p) > 1 else None
    )


@rule(
    "deed",
    "(%let) {d:d} publish {x:np} to {p:p}",
    "publish {x:np} to [the] [topic] {p:p} [(on|from|with) {d:d}]",
    "{x:np} (%be) published to [the] [topic] {p:p} [(by|from) {d:d}]",
    "publish {x:np} (on|from|with) {d:d} to {p:p}",
)
def _publish(x: Thing, p: str, d: Mention | None = None) -> Told:
    return Told("publish", x, p, (To(place=d, prep="with"),) if d is not None else ())


@rule("deed", "(switch|set|turn|put) [the] {r:phrase} (accordingly|like that|as it says|to the same)")
def _set_to_it(r: tuple[str, ...]) -> Set:
    return Set(r, "", Ref("word"))


@rule(
    "phrase",
    "{a:w}",
    "{a:w} {r:phrase}",
    "the {r:phrase}",
    "{a:noun} [{r:phrase}]",
    "{a:w} (in|of) the {r:phrase}",
    "{a:w} {b:w} (in|of) the {r:phrase}",
)
def _phrase(a: str = "", r: tuple[str, ...] = (), b: str = "") -> tuple[str, ...] | None:
    found = tuple(one for one in (a, b, *r) if one)
    return found if len(found) < 5 else None


@rule("state", "(open|close|switch on|switch off|turn on|turn off|shut)")
def _state() -> str:
    return ""


@rule(
    "deed",
    "(set|turn|switch|put) [the] {r:phrase} (to|at) {x:ref} [, nothing else]",
    "(set|turn|switch|put) [the] {r:phrase} (to|at) the (number|value|word) in {f:files}",
    "[the] {r:phrase} (%be) set to {x:ref}",
)
def _set_to(r: tuple[str, ...], x: Ref | None = None, f: Files | None = None) -> Set:
    return Set(r, "", x if x is not None else Part(f, "word"))  # type: ignore[arg-type]


@rule("deed", "(set|turn) [the] {r:phrase} (to|at) {v:val}")
def _set(r: tuple[str, ...], v: object) -> Set:
    return Set(r, str(v))


@rule("deed", "(switch|turn|put) on [the] {r:phrase}", "(switch|turn|put) [the] {r:phrase} on")
def _on(r: tuple[str, ...]) -> Set:
    return Set(r, "on")


@rule("deed", "(switch|turn|put) off [the] {r:phrase}", "(switch|turn|put) [the] {r:phrase} off")
def _off(r: tuple[str, ...]) -> Set:
    return Set(r, "off")


@rule("deed", "open [the] {r:phrase}")
def _open(r: tuple[str, ...]) -> Set:
    return Set(r, "open")


@rule("deed", "(close|shut) [the] {r:phrase}")
def _close(r: tuple[str, ...]) -> Set:
    return Set(r, "closed")


@rule("reading", "[the] [current|present] {r:phrase}")
def _reading(r: tuple[str, ...]) -> Reading:
    return Reading(r)


@rule(
    "mean",
    "[the] {r:phrase} (over|for|during) {s:secs}",
    "[the] [greenhouse] (mean|average) [of] [the] {r:phrase} (over|for|during) {s:secs}",
)
def _mean_of(r: tuple[str, ...], s: float) -> Reading:
    return Reading(r, s)


@rule("deed", "average {x:mean}", "(measure|take|determine|read|compute|find) the (mean|average) [of] {x:mean}")
def _average(x: Reading) -> Read:
    return Read(x)


@rule("deed", "(%give) {x:reading} {t:tos}")
def _give_reading(x: Reading, t: tuple[To, ...]) -> Give:
    return Give(x, t)


@rule("more", "{x:reading} {t:tos}")
def _more_reading(x: Reading, t: tuple[To, ...]) -> Give:
    return Give(x, t)


@rule("deed", "(read|measure|take|get|check) {x:reading}", "(read|measure) {x:reading} and {y:reading}")
def _sense(x: Reading, y: Reading | None = None) -> Read | None:
    return Read(x) if y is None else None


@rule("inside", "[that|the] table", "it")
def _the_table() -> tuple[Thing, ...]:
    return ()


@rule("inside", "[that|the] table (and|, and) {x:total}", "it (and|, and) {x:total}")
def _table_and(x: Thing) -> tuple[Thing, ...]:
    return (x,)


@rule(
    "deed",
    "(%draw) {p:p} {t:tos} [,] (with|containing|holding|that has|showing) {i:inside}",
    "(%draw) (a|the) pdf [report] {p:p} {t:tos} [,] (with|containing|holding|that has|showing) {i:inside}",
)
def _report(p: str, t: tuple[To, ...], i: tuple[Thing, ...]) -> Reported | None:
    return Reported((To(path=p), *t), i) if p.endswith(".pdf") else None


@rule(
    "deed",
    "(%draw) [a|an|the] {k:kind} of [the] [column] {c:w} (in|of|from) {f:files} (and|, and) (%give) it {t:tos}",
    "(%draw) [a|an|the] {k:kind} of (it|them|that|this|the table|the result) (and|, and) (%give) it {t:tos}",
)
def _draw_and_keep(k: str, t: tuple[To, ...], c: str = "", f: Files | None = None) -> Drawn:
    return Drawn(k, f, t, c)


@rule("deed", "(verify|check) {x:ref} there")
def _verify_there(x: Ref) -> Verified:
    return Verified(replace(x, place=Mention("there", there=True)))


@rule(
    "deed",
    "(make|create|build) (a|an) (archive|zip|zip archive|tarball|zip file) (of|from|out of) {x:np} {t:tos}",
    "(make|create|build) (a|an) (archive|zip|zip archive|tarball|zip file) {p:p} (of|from|out of) {x:np}",
)
def _archive(x: Thing, t: tuple[To, ...] = (), p: str = "") -> Packed:
    return Packed(x, t or (To(path=p),))


@rule(
    "deed",
    "(tell|notify) me on {d:d} [(with|by|in) a (%note)] {x:count}",
    "(tell|notify) me on {d:d} [(with|by|in) a (%note)] {x:fact}",
    "(%show) {x:np} on {d:d} as (a|an) (%note)",
    "(%show) {x:count} on {d:d}",
    "(%show) {x:ref} on {d:d}",
)
def _tell_value(d: Mention, x: Thing) -> Told:
    return Told("notify", x, "", (To(place=d, prep="on"),))


@rule(
    "deed",
    "send [the] [text|message|text message|words] {x:text} (from|with|using|via) {d:d} to {g:texted}",
    "send [the] [text|message|text message|words] {x:text} to {g:texted} (from|with|using|via) {d:d}",
)
def _send(x: Thing, d: Mention, g: tuple[str, tuple[To, ...]]) -> Told | None:
    return Told("sms", x, g[0], (To(place=d, prep="with"),)) if not g[1] else None


@rule("deed", "(build|make|test|compile) {f:files} (with|using|by) {c:q}")
def _build_with(f: Files, c: str) -> Run | None:
    return Run(((c, f),)) if all(one.noun == "folder" for one in f.files) else None


@rule("deed", "compare [the] (%sha|checksums|hashes|sha-256 sums) of {x:files}", "compare {x:files} [by (%sha)]")
def _compare(x: Files) -> Comparison:
    return Comparison(x)
