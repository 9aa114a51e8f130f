"""The reading of a sheet: everything behind the head must be an attribute, or an aside that demands nothing."""

from __future__ import annotations

import re

from agents.embedded.kube.asides import Aside, aside, fits
from agents.embedded.kube.segments import segments
from agents.embedded.kube.sheet.head import Head, head, named
from agents.embedded.kube.sheet.reading import Step, attribute_at, finished, merged
from agents.embedded.kube.sheet.sheets import TABLE, Sheet
from agents.embedded.kube.tokens import tokenise

_SKIP = re.compile(
    r"(?:[\s,;()•|*{}]|[.:!](?=\s|$|\))|(?:-|–|—|/)(?=\s)|(?<![\w-])(?:and|with|plus|also|has|having|gets|its|the|a|an|"
    r"please|pls|thanks|thank you|thx|cheers|containing|holding|consisting of|as follows)(?![\w-]))+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^;\n.!]*(?:[.](?=\S)[^;\n.!]*)*")
_NO_ASIDE = re.compile(
    r"[\d=`\"'/{}%$|<>\\]|\b(?:if|unless|except|excluding|instead|or|then|after|before|when|until|only on|tls|https|"
    r"udp|root|secure|every|each|all other|(?:must|should|shall|needs?|has to|have to)"
    r"(?! (?:keep|stay|remain|survive|not be|never be|be left|be kept)))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:\b(?:untouched|unchanged|as is|as-is|as they are|as it is|alone|stays?|keeps?|remains?|nothing|no|not|only|"
    r"is|are|was|were|will|must|because|since)\b|n't\b)",
    re.IGNORECASE,
)
"""What an aside has: a statement or an assurance, and not just words that may be an attribute."""
_CONDITION = re.compile(
    r"(?<![\w-])(?:if|unless|except|excluding|otherwise|provided|assuming|whenever|suppose|pretend)(?![\w-])",
    re.IGNORECASE,
)
_LITERAL = re.compile(
    r"(?<![\w-])(?:pass(?:word|wd)?|token|api-?key|user(?:name)?|key|[A-Z][A-Z0-9_]+)\s?[=:]\s?[^\s,;]", re.I
)


def sheet(text: str, writes: frozenset[str]) -> tuple[Step, ...]:
    """The steps of a request that is written like a sheet; () where it is none, or one that is not understood whole."""
    top = head(text)
    if top is None or _CONDITION.search(text):
        return ()
    found = [call for one in TABLE.get((top.kind, top.mood), ()) for call in _read(one, top, text, writes)]
    distinct = [call for at, call in enumerate(found) if call not in found[:at]]
    return (distinct[0],) if len(distinct) == 1 else ()


def reveals(text: str) -> bool:
    """Whether the sheet of a secret says a value of it, which would stay on record."""
    top = head(text)
    return top is not None and top.kind == "secret" and _LITERAL.search(text, top.end) is not None


def _read(one: Sheet, top: Head, text: str, writes: frozenset[str]) -> list[Step]:
    call: dict[str, object] = dict(one.fixed)
    at = top.end
    if top.namespace and one.scoped:
        call["namespace"] = top.namespace
    elif top.namespace:
        return []
    if one.named:
        name, at = named(text, at)
        if name:
            call[one.named] = name
    asides: list[Aside] = []
    while at < len(text):
        skipped = _SKIP.match(text, at)
        if skipped:
            at = skipped.end()
            continue
        said, end = attribute_at(one.attributes, text, at)
        if said is not None:
            if not merged(call, said):
                return []
            at = end
            continue
        rest = _aside(text, at)
        if rest is None:
            return []
        asides += rest[0]
        at = rest[1]
    ready = finished(one, call)
    if ready is None or fits(asides, [(one.skill, ready)], writes):
        return []
    return [(one.skill, ready)]


def _aside(text: str, at: int) -> tuple[list[Aside], int] | None:
    """The rest of a sentence that demands nothing, and its end; None where it may demand something."""
    found = _SENTENCE.match(text, at)
    if found is None or _NO_ASIDE.search(found[0]) or not _ASIDE.search(found[0]):
        return None
    told = [aside(piece) for piece in segments(tokenise(found[0]))]
    return ([one for one in told if one is not None], found.end()) if told and None not in told else None
