"""Text that a request dictates without quotation marks: `make todo.txt that says: buy milk`.

All behind the colon is the text, word by word, so it is taken only where nothing behind it can be another wish: no
second sentence, no "then", no quotation, and no device unless one was named before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from agents.embedded.clauses import VERBS
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

LEADS: Final = words("say says saying read reads reading text content line sentence message note entry word following")
WRITING: Final = words("make create write add append put save note insert drop store leave place stick")
LONGEST: Final = 300
"""Most characters of a text that is dictated."""
_INTO: Final = words("in into onto inside to within under")
_BACK: Final = words("it them there this that")
_ON: Final = words("then afterwards afterward next finally please thanks thank otherwise unless")
_TO: Final = words("on onto from to at")


_SPEAKS: Final = re.compile(
    r"\s(?P<lead>saying|(?:that|which)\s+(?:says|reads)|reading|with\s+the\s+(?:text|words?|message|sentence|line|content))"
    r"\s+(?P<x>[^\s:\"'“”«»`][^:\n\"“”«»`]*?)[.!]?\s*$",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    r"\b(?:append|add|write|put|insert|save|note|jot\s+down)\s+(?P<said>the\s+(?:line|words|text|sentence|phrase|entry|note)"
    r"\s+(?P<x>[^\n:,;.\"'“”«»`]+?))\s+(?:to|in|into|onto|at\s+the\s+end\s+of|to\s+the\s+end\s+of)\s+(?:the\s+|file\s+|my\s+)*"
    r"(?P<path>[^\s,;]*\.\w+)",
    re.IGNORECASE,
)
# What people write into a file to try it out: words that carry no demand anywhere else, with a few behind them.
_TRIED: Final = (
    r"(?P<x>(?:hello|hi|hey|hiya|bye|goodbye|good\s+(?:morning|night|bye|luck)|thanks|thank\s+you|welcome|cheers)"
    r"(?:\s+[a-z']+){0,4}?|yes|no|ok|okay|yo|done|test|foo|bar|baz|foobar|blah|asdf|pong|hooray|wow|oops)"
)
_TRIES: Final = re.compile(
    r"\b(?:append|add|write|put|insert|save|store|note|jot\s+down)\s+(?P<said>" + _TRIED + r")"
    r"\s+(?:to|in|into|onto|at\s+the\s+end\s+of|to\s+the\s+end\s+of)\s+(?:the\s+|a\s+|new\s+|file\s+|my\s+)*"
    r"(?P<path>[^\s,;]*\.\w+)",
    re.IGNORECASE,
)
_HOLDS: Final = re.compile(r"\s(?P<lead>with|containing|contains|holding)\s+" + _TRIED + r"[.!]?\s*$", re.IGNORECASE)
_SOFT: Final = words("with containing contains holding contain text content")
_SPOKEN: Final = words("saying that which reading")
_NOT_FIRST: Final = words("of from that which whose in on at above below with it this these those same to for as")
_FACTS: Final = words(
    "count counts number numbers total size result results output report summary list uptime load memory disk cpu date "
    "time hostname version name names content contents line lines difference average sum checksum hash file files "
    "folder"
)


def dictated(text: str, tokens: Sequence[Token], names: Collection[str]) -> list[Token]:
    """The tokens with what is dictated as one quoted text; as they are where nothing is, or where it is not sure."""
    for at, token in enumerate(tokens):
        if token.text == ":" and at and tokens[at - 1].lemma in LEADS | _SOFT:
            said = text[token.end :].strip()
            before, behind = tokens[:at], tokens[at + 1 :]
            soft = tokens[at - 1].lemma in _SOFT and _of_facts(behind)
            if not soft and _is_dictation(before) and _is_text(said, before, behind, names):
                start = text.index(said, token.end)
                return [*before, Token(Kind.QUOTED, said, '"', start, start + len(said), said)]
    return _unmarked(text, list(tokens), names)


def _unmarked(text: str, tokens: list[Token], names: Collection[str]) -> list[Token]:
    """`a.txt saying good morning`, `append the line see you soon to a.txt`: text between two words that mark it.

    `write hello to a.txt`: what can be nothing else needs no mark.
    """
    for form, ends in ((_SPEAKS, True), (_BETWEEN, False), (_TRIES, False), (_HOLDS, True)):
        found = form.search(text)
        if found is None:
            continue
        first, last = found.span("x" if ends else "said")
        before = [token for token in tokens if token.end <= first]
        inside = [token for token in tokens if token.start < last and token.end > first]
        said = [token for token in inside if token.start >= found.start("x")]
        plain = said and all(token.kind in (Kind.WORD, Kind.NUMBER, Kind.PUNCT) for token in said)
        if not plain or said[0].lemma in _NOT_FIRST or any(token.lemma in names for token in said):
            continue
        spoken = ends and found["lead"].split()[0].casefold() in _SPOKEN
        short = form is _BETWEEN and len(said) < 2
        if (not spoken and _of_facts(said)) or short or _goes_on(said):
            continue
        behind = said[1:] if form in (_TRIES, _HOLDS) else said
        if (not ends or _is_dictation(before)) and _is_text(found["x"], before, behind, names):
            quoted = Token(Kind.QUOTED, found["x"], '"', first, last, found["x"])
            return [*before, quoted, *(token for token in tokens if token.start >= last)]
    return tokens


def _of_facts(said: Sequence[Token]) -> bool:
    """`with: the uptime of all servers`: what a skill would find out, and no text."""
    return any(token.text.casefold() in _FACTS for token in said)


def _goes_on(said: Sequence[Token]) -> bool:
    """`saying hello and send it to bob`, `saying hello into it`: something stands behind the text."""
    if len(said) > 2 and said[-2].lemma in _INTO and said[-1].lemma in _BACK:
        return True
    return any(one.lemma in {"and", ","} and other.lemma in VERBS for one, other in pairwise(said))


def _is_dictation(before: Sequence[Token]) -> bool:
    written = any(token.word and token.lemma in WRITING for token in before)
    return written and any(token.kind is Kind.PATH for token in before)


def _is_text(said: str, before: Sequence[Token], behind: Sequence[Token], names: Collection[str]) -> bool:
    if not said or len(said) > LONGEST or "\n" in said or any(token.kind is Kind.QUOTED for token in behind):
        return False
    if any(token.text in {".", ";", "!", "?"} for token in behind[:-1]) or any(
        t.lemma in _ON for t in behind if t.word
    ):
        return False
    placed = any(token.lemma in names for token in before)
    wanders = any(one.lemma in _TO and other.lemma in names for one, other in pairwise(behind))
    return placed or not wanders
