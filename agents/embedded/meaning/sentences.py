"""Conditions, and whole sentences."""

from __future__ import annotations

from dataclasses import replace

from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.terms import rule
from agents.embedded.meaning.things import (
    Compared,
    Condition,
    Count,
    Deed,
    Each,
    Equal,
    Failed,
    Files,
    Give,
    Good,
    Holds,
    If,
    Other,
    Read,
    Reading,
    Ref,
    Rows,
    Thing,
    Total,
    Where,
)

# --- conditions ------------------------------------------------------------------------------------------------------


@rule(
    "cond",
    "{x:np} {k:cmp}",
    "{x:reading} {k:cmp}",
    "there (is|are|were) {k:cmp} [%row|of them|files|of those|messages]",
    "{k:cmp} of (them|those) (are|were) (there|found)",
    "it has {k:cmp} (%row)",
)
def _compared(k: tuple[str, int | float | str], x: Thing | None = None) -> Compared:
    return Compared(x if x is not None else Count(Ref("them")), *k)


@rule("cond", "{x:reading} is [now] (%over) {y:ref}", "{x:ref} is (%over) {y:ref}")
def _above_it(y: Ref, x: Thing) -> Compared:
    return Compared(x, ">", y)


@rule("cond", "{x:reading} is [now] (%under) {y:ref}", "{x:ref} is (%under) {y:ref}")
def _below_it(y: Ref, x: Thing) -> Compared:
    return Compared(x, "<", y)


@rule("warmth", "(warmer|hotter)")
def _warmer() -> str:
    return ">"


@rule("warmth", "(colder|cooler)")
def _colder() -> str:
    return "<"


@rule(
    "cond",
    "the greenhouse is [now] {a:warmth} than {y:ref} [now]",
    "it is [now] {a:warmth} than {y:ref} (in the greenhouse|there)",
)
def _temperature(a: str, y: Ref) -> Compared:
    return Compared(Reading(("greenhouse", "temperature")), a, y)


@rule("cond", "the greenhouse is [now] {a:warmth} than {v:n}", "it is [now] {a:warmth} than {v:n} in the greenhouse")
def _temperature_than(a: str, v: int | float) -> Compared:
    return Compared(Reading(("greenhouse", "temperature")), a, v)


@rule("cond", "{x:np} [together] (add up to|adds up to|come to|amount to|make|sum up to|total) [together] {k:cmp}")
def _adding(x: Thing, k: tuple[str, int | float | str]) -> Compared | None:
    return Compared(Total("sum", "", x), *k) if isinstance(x, Ref) else None


@rule("cond", "there (is|are|were) [%is] (%over) {v:n} {n:w}")
def _many(v: int | float, n: str = "") -> Compared:
    return Compared(Count(Ref("them"), n.casefold()), ">", v)


@rule("cond", "[the] {b:w} {v:w} {k:cmp}")
def _row_compared(b: str, v: str, k: tuple[str, int | float | str]) -> Compared:
    return Compared(Total("sum", "", Rows(None, (Where(b, "==", v),))), *k)


@rule(
    "cond",
    "(it|that|this|the backup|that backup|the archive|this backup|the copy|the file) (is|was|turns out "
    "to be|proves to be|turns out|looks|is still) (%good)",
    "all is well",
    "it verifies",
    "it is",
)
def _good() -> Good:
    return Good(True)


@rule(
    "cond",
    "(it|that|this|the backup|that backup|the archive|this backup|the copy|the file) (is|was|turns out "
    "to be|proves to be|turns out|looks) (%bad)",
    "(it|that|the backup|that backup|the archive) is not (%good)",
)
def _bad() -> Good:
    return Good(False)


@rule(
    "cond",
    "{x:files} (contains|has|says|holds|includes|mentions) (the line|the word|the text|a line|the words|) {t:q}",
    "{t:q} (is|stands|occurs|appears) in {x:files}",
    "there is a line {t:q} in {x:files}",
)
def _holds(x: Files, t: str) -> Holds:
    return Holds(x, t)


@rule(
    "cond",
    "{x:files} (does not|do not) (contain|have|say|hold|include|mention) (the line|the word|the text|a line|) {t:q}",
)
def _lacks(x: Files, t: str) -> Holds:
    return Holds(x, t, False)


@rule(
    "cond",
    "(it|that|this|the download|the address|that address|this address|the first address|that page|any "
    "of the downloads|one of the downloads|any of them|any download|one of them|the first|the page) "
    "(fails|fail|does not work|is down|can not be reached|is gone|is missing|failed) [after that|then]",
    "(that|it|any of these) (goes wrong|breaks)",
)
def _fails() -> Failed:
    return Failed()


@rule("cond", "(it|that|the page|the address|the download) still (fails|does not work|is down) [after that|then]")
def _still_fails() -> Failed:
    return Failed(still=True)


@rule(
    "cond",
    "not",
    "(it|that|this) (is not|does not|was not)",
    "(they|there) (are not|do not)",
    "that is not (so|the case|true)",
    "not so",
    "none (are|is|do)",
)
def _not() -> Other:
    return Other()


@rule("should", "{x:np} be {k:cmp}", "{x:reading} be {k:cmp}", "there be {k:cmp} [%row|of them]")
def _should(k: tuple[str, int | float | str], x: Thing | None = None) -> Compared:
    return Compared(x if x is not None else Count(Ref("them")), *k)


@rule("should", "(the address|it|the download|that) fail")
def _should_fail() -> Failed:
    return Failed()


@rule(
    "head",
    "(if|in case|provided|provided that|assuming|as long as|only if|but only if|but if|in the event "
    "that|in case that) {k:cond}",
    "(should|but should) {k:should}",
)
def _head(k: Condition) -> Condition:
    return k


@rule("head", "(when|only when|but only when) {k:cond}")
def _when(k: Condition) -> Condition | None:
    """Of what was computed; of a sensor it would be waited for."""
    sensed = isinstance(k, Compared) and isinstance(k.thing, Reading)
    return None if sensed or isinstance(k, Holds) else k


# --- sentences -------------------------------------------------------------------------------------------------------


@rule(
    "later",
    "then",
    "after that",
    "afterwards",
    "after this",
    "next",
    "finally",
    "lastly",
    "in the end",
    "at the end",
    "(once|when|after|as soon as) (that is done|that has happened|this is done|it is done|it has "
    "arrived|they are all there|both copies are there|both are there|all that is done|it is there|that "
    "has worked|done|they are there|all is done|all three have their file|that has been done|it is "
    "finished|all are there)",
    "before anything else",
    "first",
    "(once|when|after) (it|that|this|everything) (is|has been) (done|finished|there|ready|saved|copied)",
)
def _later() -> bool:
    return True


@rule("step", "{a:deed}", "{l:later} [,] {a:deed}", "(at the same time|meanwhile|in parallel) [,] {a:deed}")
def _step(a: Deed, l: bool = False) -> tuple[bool, Deed]:  # noqa: E741
    return l, a


@rule("lead", "(on|at) {d:d} ,", "on {d:d}")
def _lead(d: Mention) -> Mention:
    return d


@rule("lead", "(in|from|of|for|inside|within) {f:files} [,]")
def _lead_files(f: Files) -> Files:
    return f


@rule("steps", "{a:step}", "{a:step} (%sep) {r:steps}", "{a:step} {s:then} {r:steps}")
def _steps(
    a: tuple[bool, Deed], r: tuple[tuple[bool, Deed], ...] = (), s: object = None
) -> tuple[tuple[bool, Deed], ...]:
    return (a, *r)


@rule("then", "(and|,) then", "then")
def _then() -> bool:
    return True


@rule("steps", "{a:step} (, and|and|,) {b:more}", "{a:step} (, and|and|,) {b:more} (, and|and|,) {c:more}")
def _giving(a: tuple[bool, Deed], b: Give, c: Give | None = None) -> tuple[tuple[bool, Deed], ...] | None:
    if not isinstance(a[1], Give):
        return None
    return (a, (False, replace(b, more=True)), *(((False, replace(c, more=True)),) if c is not None else ()))


@rule("branch", "{s:steps}")
def _branch(s: tuple[tuple[bool, Deed], ...]) -> tuple[Deed, ...]:
    return tuple(deed for _, deed in s)


@rule(
    "steps",
    "(read|measure|take|get|check) {x:reading} and {y:reading}",
    "(read|measure|take|get|check) {x:reading} and {y:reading} (%sep) {r:steps}",
)
def _sensed(x: Reading, y: Reading, r: tuple[tuple[bool, Deed], ...] = ()) -> tuple[tuple[bool, Deed], ...]:
    return ((False, Read(x)), (False, Read(y)), *r)


@rule(
    "aside",
    "before the (upgrade|update|migration|release|maintenance|weekend|holidays|meeting|night) [tonight|"
    "tomorrow|today] [,]",
    "for the (meeting|report|records|archive) [tonight|tomorrow|today] ,",
    "(today|for once) [,]",
)
def _aside() -> bool:
    return True


@rule("sentence", "{s:steps}", "and {s:steps}", "{x:aside} {s:steps}")
def _sentence(s: tuple[tuple[bool, Deed], ...], x: bool = False) -> tuple[object, ...]:
    return s


@rule("sentence", "{l:lead} {s:steps}")
def _led(l: Files | Mention, s: tuple[tuple[bool, Deed], ...]) -> tuple[object, ...]:  # noqa: E741
    return (("lead", l), *s)


@rule(
    "sentence",
    "{k:head} [, then|then|,] [only] {b:branch}",
    "{k:head} [, then|then|,] [only] {b:branch} (, otherwise|, or else|, else|, if not ,|and otherwise|"
    "otherwise) {o:branch}",
)
def _if(k: Condition, b: tuple[Deed, ...], o: tuple[Deed, ...] = ()) -> tuple[object, ...]:
    return ((False, If(k, b, o)),)


@rule("sentence", "{s:steps} [,] [but|and] {k:head} [, then|then|,] [only] {b:branch}")
def _then_if(s: tuple[tuple[bool, Deed], ...], k: Condition, b: tuple[Deed, ...]) -> tuple[object, ...]:
    return (*s, (False, If(k, b)))


@rule(
    "sentence",
    "{a:deed} [,] [but] [only] {k:head}",
    "{a:deed} [,] [but] [only] {k:head} (, otherwise|, or else|, else|otherwise|and otherwise|else) {o:branch}",
)
def _if_behind(a: Deed, k: Condition, o: tuple[Deed, ...] = ()) -> tuple[object, ...]:
    return ((False, If(k, (a,), o)),)


@rule("sentence", "(otherwise|else|or else|in any other case|in the other case) [,] [only] {b:branch}")
def _otherwise(b: tuple[Deed, ...]) -> tuple[object, ...]:
    return ((False, If(Other(), b)),)


@rule("sentence", "unless {k:cond} , {b:branch}")
def _unless(k: Condition, b: tuple[Deed, ...]) -> tuple[object, ...]:
    return ((False, If(k, (), b)),)


@rule(
    "sentence",
    "on {d:d} (with|where there are|that has|having) {k:cmp} [of (them|those)|lines|of these lines] , {b:branch}",
)
def _each(d: Mention, k: tuple[str, int | float | str], b: tuple[Deed, ...]) -> tuple[object, ...]:
    return ((False, Each(Compared(Ref("count"), *k), b, d)),)


@rule(
    "cond",
    "(they|the two|these|those|the checksums|the files|the copies|both) (differ|are different|do not "
    "match|are not the same|are not equal|do not agree)",
)
def _differ() -> Equal:
    return Equal(False)


@rule(
    "cond",
    "(they|the two|these|those|the checksums|the files|the copies|both) (are the same|are equal|match|"
    "are identical|agree)",
)
def _equal() -> Equal:
    return Equal(True)


@rule("cond", "(any|one|at least one) [one] of (them|those|these|the {n:noun}) {k:cmp}")
def _any(k: tuple[str, int | float | str], n: str = "") -> Compared | None:
    if k[0] not in (">", ">=", "<", "<="):
        return None
    return Compared(Total("maximum" if k[0] in (">", ">=") else "minimum", "", Ref("them")), *k)


@rule("sentence", "in (both|either|any|each) (case|cases) [,] {s:steps}")
def _in_any_case(s: tuple[tuple[bool, Deed], ...]) -> tuple[object, ...]:
    return s


@rule("step", "{a:deed} {l:later}")
def _after_all(a: Deed, l: bool) -> tuple[bool, Deed]:  # noqa: E741
    return l, a
