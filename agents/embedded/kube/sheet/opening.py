"""How a sentence asks for something new: the words up to the kind: `could you set up a`, `there should be a`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, GENERIC, KINDS, NEGATIONS, VERBS
from agents.embedded.kube.names import NO_NAMES, NO_PLACES
from agents.embedded.kube.sheet.head import KIND, kind_named, named
from agents.embedded.kube.tokens import tokenise
from agents.embedded.kube.vocabulary import COMMON_NAMES, known

_VERB = (
    r"(?:create|make|add|set up|setup|spin up|stand up|bring up|put up|put in|put|provision|define|give|get|launch|"
    r"start|run|deploy|roll out|generate|build|register|introduce|configure|install|establish|open|prepare|produce|"
    r"have|throw in|place|arrange|reserve|hand|grant|whip up|knock up|cook up|kick off|draw up|write|lay out|"
    r"mint|issue|request|order|organi[sz]e|schedule|impose|enforce|slap|apply|attach)"
)
_POLITE = (
    r"(?:(?:please|pls|plz|kindly|just|also|now|then|quickly|simply|maybe|perhaps|so|and|ok|okay|hi|hey|hello|there|yo|"
    r"morning|good morning|team|folks|asap|today|really|urgently|still|only|probably|next|first|finally|afterwards|"
    r"to|go ahead and|mind|todo|task|ticket|request|plus|well|thanks|thx|kubectl|k)(?:\s*[,:!]\s*|\s+))"
)
_WHO = r"(?:you|u|ya|we|i|someone|somebody|anyone|anybody|they|he|she)"
_FOR = r"(?:(?:me|us|them|him|her|it|everyone|everybody)\s+)"
_WISH = (
    rf"(?:(?:can|could|would|will|may|might|shall|should)\s+{_WHO}\s+{_POLITE}*(?:be given\s+|have\s+|"
    rf"(?:be so kind as to|help (?:me|us)(?: to)?|mind)?\s*{_VERB}\s+)"
    r"|(?:i|we|they|he|she|you|one)(?:'d|'ll| would| will| do|'re going to| are going to)?\s+"
    rf"{_POLITE}*(?:like|love|need|want|require|wish for|must have|should have|have to have|ought to have|"
    rf"could do with)"
    rf"\s+{_POLITE}*(?:(?:you|someone|somebody)\s+to\s+)?(?:(?:see|{_VERB})\s+)?"
    r"|there\s+(?:should|must|shall|needs to|need to|has to|ought to|is to|'s to)\s+(?:also\s+|now\s+)?be\s+"
    rf"|let(?:\s+there\s+be|\s+(?:me|us)\s+have|'s\s+(?:have|{_VERB}))\s+"
    r"|(?:need|want|wanted|needed|wanting|require|required|missing|looking for|in need of|time for|how about)\s*:?\s+"
    rf"|{_VERB}\s+)"
)
_ARTICLE = (
    r"(?:(?:a|an|the|one|another|some|my|our|your|its|their|new|fresh|small|simple|plain|little|empty|dedicated|"
    r"separate|basic|standard|extra|additional|minimal|quick|single|own|proper|suitable|matching|brand-new|test|"
    r"kubernetes|k8s|generic|opaque|namespaced|following|corresponding|whole|nice|of)\s+)*"
)
_NAME = r"[a-z0-9][a-z0-9-]*[a-z0-9]"
_SUBJECT = rf"(?:(?:the|our|my)\s+)?(?:(?:namespace|ns)\s+)?(?P<subject>{_NAME})(?:\s+namespace)?"
_SOMEBODY = r"(?!no\b|nobody|don|never)(?:[a-z][\w'-]*\s+){1,6}?"
_GETS = (
    r"\s+(?:now\s+|also\s+|still\s+|urgently\s+)*(?:needs|wants|gets|requires|lacks|is missing|is to get|is to have|"
    r"(?:should|must|shall|has to|ought to|needs to|is supposed to)\s+(?:be given|get|have|receive)|could use)\s+"
)
_OPENING = re.compile(
    rf"(?:{_POLITE})*(?P<wish>{_SUBJECT}{_GETS}"
    rf"|(?:can|could)\s+{_SUBJECT.replace('<subject>', '<may>')}\s+(?:get|have|be given)\s+"
    rf"|{_SOMEBODY}{_GETS}|(?:can|could|may)\s+{_SOMEBODY}(?:get|have|be given)\s+"
    rf"|(?:{_WISH})(?:{_POLITE})*(?:{_SUBJECT.replace('<subject>', '<given>')}\s+(?=a\s|an\s|the\s|its\s|"
    rf"another\s)|{_FOR})?)?"
    rf"{_ARTICLE}(?P<kind>{KIND})(?![\w.-]|=)",
    re.IGNORECASE,
)
_NEW = re.compile(r"\b(?:also|plus|another|new|an?|please|pls|one|fresh|todo|task|request|ticket)\b", re.IGNORECASE)
_THERE = re.compile(
    r"(?<!create )(?<!make )(?<!add )(?<!set up )(?<!define )(?<!provision )(?<!generate )\b(?:the|our|"
    r"my|your|its|their)\s+$",
    re.IGNORECASE,
)
"""`give the namespace x ...`: one that is there already, unless the verb can only mean a new one."""
_BEGIN = re.compile(
    r"(?:^|(?<=[.!?;:,\n(—–])|(?<=\s-)|(?<=[\s](?=so\s|please\s|then\s|and\s|there\s+(?:should|must|shall|"
    r"needs|has|ought)\s)))\s*"
)
_CALLED = re.compile(
    rf"\s*(?:,\s*)?(?:\(?\s*(?:called|named|titled|by the name(?: of)?|with (?:the )?name|name[:=]?)\s+|"
    rf",\s+(?=[a-z0-9-]*[-0-9][a-z0-9-]*,))"
    rf"[`'\"]?(?P<name>{_NAME}(?:\.{_NAME})*)[`'\"]?(?![\w@=/-]|[.:]\w)",
)


class Opening(NamedTuple):
    """From `start` to `end` something new of a kind is asked for. `subject` is who is to get it, "" where nobody is.

    `bare`: no word asks for it: the kind just stands at the head.
    """

    start: int
    end: int
    kind: str
    name: str
    subject: str
    sure: bool
    bare: bool


def openings(text: str) -> Iterator[Opening]:
    """Every place where something new of a kind is asked for."""
    seen: set[int] = set()
    for begin in _BEGIN.finditer(text):
        found = _OPENING.match(text, begin.end())
        if found is None or found.start("kind") in seen:
            continue
        seen.add(found.start("kind"))
        new = found["wish"] or _NEW.search(text, begin.end(), found.start("kind"))
        bare = begin.end() == 0 and not new
        if not (bare or new):
            continue
        if found["wish"] and _THERE.search(text, begin.end(), found.start("kind")):
            continue
        kind = kind_named(found["kind"])
        called = _CALLED.match(text, found.end())
        name, end = (called["name"], called.end()) if called else named(text, found.end())
        if name.isdigit() or (not called and name.isalpha() and not shaped(name) and name not in COMMON_NAMES):
            name, end = "", found.end()
        subject = found["subject"] or found["may"] or found["given"] or ""
        stated = re.match(r"(?:\s+(?:in|of)\s+\S+)?\s+(?:is|are|has|have|was|does|keeps|isn't|can't)\b", text[end:])
        yield Opening(begin.end(), end, kind, name, subject.casefold(), bool(found["wish"]) or not stated, bare)


def no_place(name: str) -> bool:
    """Whether `in` this word is a way of speaking and no namespace: `in parallel`, `in the evening`."""
    if name in COMMON_NAMES:
        return False
    odd = FILLERS | NEGATIONS | CONDITIONS | GENERIC | NO_PLACES | NO_NAMES | KINDS.keys()
    return name in odd or (name in VERBS and not name.endswith("ing"))


def shaped(name: str) -> bool:
    """Whether a word can only be a name: by its hyphens and digits, or since the language has no such word."""
    if not name.isalpha():
        return True
    if name.endswith("ly"):
        return False
    (token, *_) = tokenise(name)
    return not known(token)
