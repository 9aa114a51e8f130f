"""Requests that want to see what a change would do, and nothing changed: `dry run: scale web to 3 in shop`.

What says so is taken out, and what remains is an order like any other, whose plan is a dry run.
"""

from __future__ import annotations

import re

from agents.embedded.kube.lexicon import VERBS

_WHO = r"(?:i|we|you|one|somebody|someone)"
_SHOWN = r"(?:the )?(?:diff|difference|changes?|preview|effects?|impact|result)"
_YET = r"(?: (?:yet|for now|for real|at this point|just yet))*"
_ANY = rf"(?:it|that|this|anything|any of (?:it|this|that)){_YET}"
_APART = r"\s*(?:[,;(–-]\s*)?"
_END = r"\)?(?=\s*(?:[.!?,;:)\n]|$))"
_FORBIDDING = (
    rf"{_APART}(?:\b(?:and|but) )?\bwithout (?:actually |really )?"
    rf"(?:applying|doing|changing|executing|making) {_ANY}{_END}",
    rf"{_APART}(?:\b(?:and|but) )?\b(?:do not|don't|dont) (?:actually |really )?"
    rf"(?:apply|execute|do|perform|change) {_ANY}{_END}",
)
_MARKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:^|(?<=[.!?\n] ))(?:please |just |do |make |as |only |a |an |this is )*"
        r"(?:dry[- ]?run|preview|rehearse|rehearsal)(?: (?:only|please|first|mode))*"
        r"(?: (?:of|for|to|and))?[ :,-]*(?=\w)",
        rf"{_APART}\b(?:(?:please|just|only|but|as|in|do|a|this is) )*dry[- ]?run(?: only| mode| please)*(?!:){_END}",
        rf"{_APART}\b(?:(?:just|only|but|as|a) )+preview(?: only| please)*{_END}",
        rf"{_APART}\bpreview only{_END}",
        r"\s--dry-run(?:=(?:client|server))?(?=\s|$)",
        *_FORBIDDING,
    )
)
_NOTHING = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _FORBIDDING)
_BARE = re.compile(r"(?<=[.!?])\s*(?:please|just|only)?\s*[.!]?\s*$", re.IGNORECASE)
"""What is left of a sentence that said nothing else."""
_ASKED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:please )?(?:(?:tell|show) me )?what (?:exactly )?(?:would|will) (?:happen|change|be changed|be different)"
        rf"(?: exactly)? if {_WHO} (?:were to )?(?P<verb>[a-z]+)\b",
        rf"^(?:please )?(?:(?:can|could) you )?(?:show|tell|give) (?:me |us )?{_SHOWN} "
        rf"(?:of|for|from|by|when|if) (?:{_WHO} (?:were to )?)?(?P<verb>[a-z]+)\b",
    )
)


def rehearsed(text: str) -> tuple[str, bool]:
    """The order without what makes it a dry run, and whether something did."""
    asked = _order(text)
    left, marks = asked or text, 0
    for pattern in _MARKS:
        left, count = pattern.subn("", left)
        marks += count
    left = _BARE.sub("", left).strip(" ?")
    if not left or not (marks or asked):
        return text, False
    first, space, others = left.partition(" ")
    return f"{_plain(first) if first.endswith('ing') else first}{space}{others}", True


def forbids(text: str) -> bool:
    """Whether the text says that nothing is to be changed, which fits a question as well as an order."""
    return any(pattern.search(text) for pattern in _NOTHING)


def _order(text: str) -> str:
    """`what would happen if I scaled web to 3?` as the order that it asks about; "" of anything else."""
    for pattern in _ASKED:
        found = pattern.match(text)
        if found is not None and (verb := _plain(found["verb"])):
            return f"{verb}{text[found.end() :]}"
    return ""


def _plain(word: str) -> str:
    """The order's form of a verb: `scaled` and `scaling` are `scale`; "" of what is no verb of an order."""
    low = word.casefold()
    forms = [low]
    for ending in ("ed", "ing"):
        if low.endswith(ending):
            stem = low.removesuffix(ending)
            forms = [stem[:-1], f"{stem}e", stem, low] if stem[-1:] == stem[-2:-1] else [f"{stem}e", stem, low]
    return next((form for form in forms if form in VERBS), "")
