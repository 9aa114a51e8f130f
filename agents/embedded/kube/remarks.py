"""Pieces that are remarks whatever the order is: a reference, a warning, how gently, when somebody comes.

Each is known whole, by its form. What narrows, counts or names a thing of the plan has no form here; a name that is
said to be in use is kept, and held against the plan.
"""

from __future__ import annotations

import re

from agents.embedded.kube.asides import Aside
from agents.embedded.kube.segments import Segment
from agents.embedded.wordset import words

_NUMBERED = (
    r"(?:(?:see|ref|reference|re|per|as per|for|from|cf|the|our|audit|security|pentest|pen test|review|change|open) )*"
    r"(?:finding|ticket|incident|case|issue|change request|request|story|item|jira|rfc) (?:no |number |nr |# ?)?"
    r"(?:[a-z]+-)?\d+[a-z]?"
)
_CAREFUL = (
    r"(?:please )?(?:be )?(?:very |really )?careful(?: please| there| here)?|watch out|mind you|attention|heads up"
    r"|don't (?:worry|panic)|no (?:rush|hurry|worries)(?: please)?|you know the drill|thanks in advance|many thanks"
    r"|much appreciated|as discussed|as agreed|as always|as usual"
)
_ALONE = r"(?:and )?(?:only|just) (?:that|this)(?: one)?(?: please| pls| thanks| thx)?|nothing else(?: please| pls)?"
_GENTLY = (
    r"(?:please )?(?:one (?:pod|replica|instance) (?:after (?:the other|another)|at a time|by one)|pod by pod|gently"
    r"|gracefully|without downtime|no downtime|zero downtime)(?: please| pls)?"
)
_PERSON = (
    r"(?:the |our |a |my |some )?(?:\w+ ){0,2}(?:guy|guys|man|woman|team|people|folks|technician|vendor|engineer)s?"
)
_COMES = (
    rf"(?:{_PERSON}|he|she|they|someone|somebody) (?:comes?|arrives?|will be here|will come)"
    r"(?: here| there| in| over| on site)? (?:at|around|by) (?:\d{1,2}(?::\d\d)?(?: ?[ap]m)?|noon|midnight)"
)
_WHILE = (
    r"while (?:i|we|they|he|she) (?:\w+ ){0,2}(?:edit|editing|look|looking|test|testing|debug|debugging|check|checking"
    r"|investigate|investigating)\b[^=/\d]*"
)
_THEMSELVES = (
    r"(?:only )?(?:the )?(?:deployments?|statefulsets?|daemonsets?|services?|objects?|pods?|namespaces?|nodes?)"
    r"(?: objects?)? (?:themselves|itself|only)"
)
_IN_USE = re.compile(
    r"(?:but |and )?(?:the )?(?P<name>[a-z0-9][\w.-]*)(?: itself| one| though)? (?:is|are) "
    r"(?:still |very much |actually )?(?:live|in use|used|needed|in production|important|fine|correct|ok|okay|current)"
    r"(?: though| still| by \w+)?"
)
_PLAIN = tuple(re.compile(form) for form in (_NUMBERED, _CAREFUL, _ALONE, _COMES))
_ROLLING = re.compile(_GENTLY)
_MEANWHILE = re.compile(_WHILE)
_OWN = re.compile(_THEMSELVES)


def remark(piece: Segment) -> Aside | None:
    """The piece as a remark; None where it is none."""
    content = piece.content
    text = " ".join(token.text for token in content)
    low = " ".join(token.low for token in content)
    if any(form.fullmatch(low) for form in _PLAIN):
        return Aside(text)
    if _ROLLING.fullmatch(low):
        return Aside(text, rolling=True)
    if _MEANWHILE.fullmatch(low):
        return Aside(text, until=True)
    if _OWN.fullmatch(low):
        return Aside(text, own=True)
    return in_use(text)


def in_use(text: str) -> Aside | None:
    """`2023 is live`: a name that is kept; None of any other words."""
    used = _IN_USE.fullmatch(text.casefold())
    if used is None or used["name"] in _NO_NAMES:
        return None
    return Aside(text, kept=(used["name"],), words=frozenset({used["name"]}))


_NO_NAMES = words("it that this they he she there which what these those all both everything i we you")
