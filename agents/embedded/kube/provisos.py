"""Provisos: `assuming the tests passed`, `but only on weekends`, `but wait for my go`.

What is done is done now. A request that wants it under a condition that nobody looks at, or at another time, is none
to do it now, whichever way its other words are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.embedded.kube.frames import head_of
from agents.embedded.kube.lexicon import CHANGES
from agents.embedded.kube.moods import mood
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.tokens import Token

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|weekdays?|workdays?"
_ANYWHERE = re.compile(
    r"\b(?:assuming|provided(?: that| nobody| no one| the| it| there)|(?:as|so) long as"
    rf"|only (?:if|when|once|after|during|while|on (?:{_DAY})|at night|outside)"
    r"|when (?:you get my|i (?:say|tell|give))|but wait|hold off"
    r"|(?:wait|waiting) for (?:my|our|his|her|the|their) (?:go|ok|okay|approval|sign|signal|word"
    r"|green|confirmation)|wait for \w+ first"
    r"|but not (?:yet|now|today|right now|immediately|before)|(?:except|other than) (?:on|at|if|when|during))\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bhas )(?<!\bhave )(?<!\bdid )(?<!\bdoes )(?<!\bdo )\bnot yet\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:as soon as|whenever|once (?:the|it|we|they|all|everything|\S*-\S*)|after (?:the|a|an|our|my|your|\w+ing)"
    r"|at (?:midnight|noon|night|\d{1,2}:\d\d|\d{1,2} ?[ap]m|\d{1,2} o'clock)|tomorrow(?! ?'s)|next (?:week|month)"
    rf"|on (?:{_DAY})|in (?:an|\d+|two|three|five|ten) (?:hours?|minutes?|days?|weeks?))\b",
    re.IGNORECASE,
)
_PUT_OFF = re.compile(
    rf"\b(?:later|tonight|this (?:evening|afternoon|weekend|night)|tomorrow|next (?:week|month|{_DAY})|(?:after|over) "
    r"(?:lunch|work|hours|midnight|dinner|the weekend)"
    rf"|(?:on|this|coming) (?:{_DAY})|in (?:half an|an?|\d+|a few|two|three|five|ten) "
    r"(?:hours?|minutes?|mins?|days?|weeks?)|hold off|when (?:i|we|you) (?:say|tell|give|get|have|are|'re)"
    r"|at (?:midnight|noon|night|\d{1,2}:\d\d|\d{1,2} ?[ap]m)"
    r"|on my (?:go|word|sign|signal|ok|command)|not (?:yet|now|today)|yet)\b(?!['’]s)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|`[^`\n]*`|(?<![\w])'[^'\n]*'(?![\w])")
"""Values: what they say is nobody's condition."""
_SCHEDULED = frozenset({"kube.create_cron_job", "kube.create", "kube.apply", "kube.patch", "kube.replace"})
"""Skills whose arguments may hold a time."""


def proviso(text: str, tokens: Sequence[Token], skills: set[str]) -> str:
    """The words that put off or condition a change; "" where there are none."""
    text = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    found = _ANYWHERE.search(text) or _NOT_YET.search(text)
    if found:
        return found[0]
    if skills & _SCHEDULED:
        return ""
    pieces = [piece for piece in segments(tokens) if piece.content]
    for piece in pieces:
        if _orders(piece) or len(pieces) == 1:
            found = _LATER.search(text[piece.content[0].start : piece.content[-1].end])
            if found:
                return found[0]
    return ""


def put_off(text: str, pieces: Sequence[Segment], skills: set[str]) -> str:
    """The words that set another time for what is ordered; "" where there are none. Of plans that a model made."""
    if skills & _SCHEDULED:
        return ""
    for piece in pieces:
        said = mood(piece)
        found = _PUT_OFF.search(text[piece.content[0].start : piece.content[-1].end])
        if said == "wish" and not any(token.lemma in CHANGES for token in piece.content):
            continue  # `we need the memory tomorrow`
        if said == "name" and len(pieces) > 1 and piece.tokens[-1].text in {":", "."}:
            continue  # a heading: `stocktake tonight:`
        if said == "name" and found and found.start() > len("please "):
            continue  # `kids go back to school next week`
        if found and said in {"change", "wish", "name", "stay"}:
            return found[0]
    return ""


def _orders(piece: Segment) -> bool:
    """Whether the piece begins with what it orders: what is told before an order says when something else was."""
    at, _ = head_of(piece.content)
    return mood(piece) == "change" and at < len(piece.content)
