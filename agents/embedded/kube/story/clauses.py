"""Sentences and clauses of a text, as stretches of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][)\"']))\s+(?=\S)|\s*[\n;]+\s*|(?<=\s[;:]\))\s+")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|incl|excl|etc|vs|approx|max|min|no|resp|Ms|Mr|Mrs|Dr)\.)$")
_CUT = re.compile(
    r",\s+(?:(?:and|but|so(?! that\b)|because|since|while|which|as)\s+)?|\s+[-–—]+\s+|:\s+|\s+(?:and|but"
    r"|so(?! that\b)|because)\s+"
    r"|\s+(?:since|before)\s+(?=(?:i|we|they|he|she|it|someone|somebody|nobody|people|you)\b)",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*(?:[,.]\s)?")
_TICKET = (
    r"(?:(?:ticket|case|change|incident|issue|story|task|jira|mr|pr|merge request|pull request|request)s?\s+)?"
    r"(?<![\w./=@-])(?:[A-Z]{2,}(?:-[A-Z]+)*(?:-|\s?[#!]|\s(?=\d{4}))\d{2,}(?:-\d+)*|[A-Z]{2,4}\d{5,}"
    r"|[#!]\d{2,}|(?<=case )\d{6,})"
    r"(?![\w./=-]\w|=)"
)
_REFERENCE = re.compile(_TICKET)
_KEPT_REFERENCE = re.compile(r"(?:\bto|=|\bis|\bvalue|\bwith|\bset|\bas)\s*['\"]?$", re.IGNORECASE)
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_LITERAL = re.compile(
    r"[=/:@]\w|\b(?:namespace|ns|-n|deployment|statefulset|daemonset|pod|service|cronjob|node)\b|\d\w*i\b"
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_NARROWING = re.compile(
    r"\b(?:only|except|not|no|don't|but|unless|if|all|each|every|also|and|or|with|without|until|after|when|then|please|"
    r"must|should|dry|force|same|to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a sentence, with the cut before it and the mark behind it."""

    text: str
    lead: str = ""
    end: str = ""


_ASIDE = re.compile(
    rf"\s*\((?:{_TICKET}[,;]?\s*)+\)|\s+(?:for|per|on|see|via|re|of|in|under)\s+{_TICKET}(?=[\s,.;:!?)]|$)"
    rf"|,\s*{_TICKET}(?=[,.;!?]|$)"
    rf"|(?:^|(?<=[.!?]\s)){_TICKET}(?:\s*:|,(?=[^:]*$))\s*"
)


def unreferenced(text: str) -> str:
    """The text without the tickets that it refers to aside: `(OPS-4412)`, `for OPS-4412`, `OPS-4412: ...`."""
    return _ASIDE.sub("", text)


def unbracketed(text: str) -> str:
    """The text without references to tickets, and without brackets that only add a word: `(yes, again)`."""

    def reference(found: re.Match[str]) -> str:
        return found[0] if _KEPT_REFERENCE.search(text[: found.start()]) else "the ticket"

    text = _REFERENCE.sub(reference, text)

    def bracket(found: re.Match[str]) -> str:
        said = found[1]
        if re.fullmatch(r"(?:the ticket\W*)+", said):
            return ""
        rest = said.replace("the ticket", "")
        lasting = _LITERAL.search(said) or _NAME.search(said) or _NARROWING.search(rest)
        counted = "the ticket" not in said and re.search(r"\d", said)
        return found[0] if lasting or counted else ""

    text = _BRACKET.sub(bracket, text)
    return re.sub(r"[,\s]+the ticket(?=[.!?]|$)", "", text)


def sentences(text: str) -> list[str]:
    """The sentences; a mark stays with what it ends."""
    out: list[str] = []
    at = 0
    for cut in _SENTENCE.finditer(text):
        if _ABBREVIATED.search(text[at : cut.start()]):
            continue
        out.append(text[at : cut.start()])
        at = cut.end()
    out.append(text[at:])
    return [one.strip() for one in out if one.strip()]


def clauses(sentence: str) -> list[Clause]:
    """The clauses of a sentence. Put together with their cuts they are the sentence again."""
    body = sentence.rstrip(".!? ")
    end = sentence[len(body) :].strip()
    out: list[Clause] = []
    at, lead = 0, ""
    for cut in _CUT.finditer(body):
        if _inside(body, cut.start()) or not body[at : cut.start()].strip():
            continue
        out.append(Clause(body[at : cut.start()], lead))
        at, lead = cut.end(), cut[0]
    out.append(Clause(body[at:], lead))
    return [Clause(one.text, one.lead, end if n == len(out) - 1 else "") for n, one in enumerate(out)]


def _inside(text: str, at: int) -> bool:
    """Whether the position is in brackets or quotes."""
    before = text[:at]
    return before.count("(") > before.count(")") or before.count('"') % 2 == 1 or before.count("`") % 2 == 1
