"""A request as typed tokens with their spans: words, quoted text, paths, globs, URLs, numbers with their units.

One regular expression without nested repetition reads the text from left to right, so time is linear in its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from agents.embedded.text import lemma
from agents.embedded.units import DURATIONS, NUMBER_WORDS, SIZES
from agents.embedded.wordset import words


class Kind(StrEnum):
    WORD = "word"
    QUOTED = "quoted"
    PATH = "path"
    GLOB = "glob"
    URL = "url"
    HOST = "host"
    NUMBER = "number"
    SIZE = "size"
    DURATION = "duration"
    PERCENT = "percent"
    TIME = "time"
    LABEL = "label"
    SIGN = "sign"
    PUNCT = "punct"
    DEVICE = "device"


LITERALS = frozenset(
    {
        Kind.QUOTED,
        Kind.PATH,
        Kind.GLOB,
        Kind.URL,
        Kind.HOST,
        Kind.NUMBER,
        Kind.SIZE,
        Kind.DURATION,
        Kind.PERCENT,
        Kind.TIME,
        Kind.LABEL,
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written, `lemma` its compared form, `value` what a literal means (bytes, seconds, percent).

    `start` and `end` are offsets into the normalised request.
    """

    kind: Kind
    text: str
    lemma: str
    start: int
    end: int
    value: str | int | float | None = None

    @property
    def word(self) -> bool:
        return self.kind is Kind.WORD


_TOKEN = re.compile(
    r"""
    (?P<quoted>"(?P<q1>[^"\n]*)"|“(?P<q2>[^”\n]*)”|«(?P<q3>[^»\n]*)»|‘(?P<q4>[^’\n]*)’|`(?P<q5>[^`\n]*)`
        |(?<![\w])'(?P<q6>[^'\n]*(?:(?<=\w)'(?=\w)[^'\n]*)*)'(?!\w))
    |(?P<url>[a-z][a-z0-9+.-]{1,9}://[^\s"'<>`]+)
    |(?P<time>\d{1,2}:\d{2}(?!\d)(?:\s?[ap]m\b)?)
    |(?P<thousands>\d{1,3}(?:,\d{3})+)(?![\w,])
    |(?P<label>[A-Za-z][\w.-]*=[\w.-]+)
    |(?P<chunk>[^\s"“”«»`,;:()!?=<>]+(?:[?!][^\s"“”«»`,;:()!?=<>]+)*)
    |(?P<sign>>=|<=|≥|≤|>|<|==|=)
    |(?P<punct>[,;:()!?"“”«»`])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_NUMBER_UNIT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z%]+)")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|example|local|edu|gov|de|uk|eu)", re.IGNORECASE)
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_FILE = re.compile(r"[\w@%+~-]*(?:\.[\w@%+~-]+)*\.[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]{0,9}")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]?", re.IGNORECASE)
_COUNTING = DURATIONS.keys() | NUMBER_WORDS.keys() | {"a", "an"}
_BARE_FILES = words("makefile dockerfile readme license changelog gemfile procfile")
_NAMES_IN_CAPITALS = words("VERSION AUTHORS NOTICE COPYING")


def tokenise(text: str) -> list[Token]:
    """The tokens of a normalised request. Never raises; what is nothing else is a word or punctuation."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "chunk"
        start, end = found.span()
        if kind == "chunk":
            text = found[0]
            if text.isalpha():
                tokens.append(_word(text, start, end))
            elif text == "." and tokens and tokens[-1].end == start:
                tokens.append(Token(Kind.PUNCT, text, text, start, end))
            else:
                tokens.extend(_chunk(text, start))
        elif found["quoted"] is not None:
            inner = next(
                group
                for group in (found["q1"], found["q2"], found["q3"], found["q4"], found["q5"], found["q6"])
                if group is not None
            )
            tokens.append(Token(Kind.QUOTED, found[0], '"', start, end, inner))
        elif found["url"] is not None:
            tokens.extend(_url(found[0], start))
        elif found["time"] is not None:
            tokens.append(Token(Kind.TIME, found[0], found[0].casefold(), start, end, found[0]))
        elif found["thousands"] is not None:
            tokens.append(Token(Kind.NUMBER, found[0], found[0], start, end, int(found[0].replace(",", ""))))
        elif found["label"] is not None:
            tokens.extend(_chunk(found[0], start, label=True))
        else:
            tokens.append(Token(Kind.SIGN if kind == "sign" else Kind.PUNCT, found[0], found[0], start, end))
    return _units(tokens)


def _url(text: str, start: int) -> list[Token]:
    kept = text.rstrip(".,;:!?)")
    tokens = [Token(Kind.URL, kept, kept, start, start + len(kept), kept)]
    return tokens + _tail(text[len(kept) :], start + len(kept))


def _tail(rest: str, start: int) -> list[Token]:
    return [Token(Kind.PUNCT, mark, mark, start + at, start + at + 1) for at, mark in enumerate(rest)]


def _chunk(text: str, start: int, *, label: bool = False) -> list[Token]:
    """One run of characters without spaces: a word, a path, a number; sentence marks at its end stand alone."""
    kept = text.rstrip(".…'’") if not re.fullmatch(r"\.{1,2}|(.*/)?\.{1,2}", text) else text
    lead = len(kept) - len(kept.lstrip("'‘"))
    kept = kept[lead:]
    if not kept:
        return _tail(text, start)
    begin = start + lead
    token = (
        Token(Kind.LABEL, kept, kept.casefold(), begin, begin + len(kept), kept) if label else _classify(kept, begin)
    )
    return [token, *_tail(text[lead + len(kept) :].replace("'", ""), begin + len(kept))]


def _word(text: str, start: int, end: int) -> Token:
    """A run of nothing but letters: a word, or one of the files that need no ending."""
    if text.casefold() in _BARE_FILES or text in _NAMES_IN_CAPITALS:
        return Token(Kind.PATH, text, text.casefold(), start, end, text)
    return Token(Kind.WORD, text, lemma(text), start, end)


def _classify(text: str, start: int) -> Token:
    end = start + len(text)

    def make(kind: Kind, value: str | int | float | None = None) -> Token:
        return Token(kind, text, text.casefold(), start, end, value)

    if _IP.fullmatch(text):
        return make(Kind.HOST, text)
    if _NUMBER.fullmatch(text):
        return make(Kind.NUMBER, number(text))
    united = _NUMBER_UNIT.fullmatch(text)
    if united:
        typed = unit_token(number(united[1]), united[2])
        if typed is not None:
            return make(*typed)
    if text in {"/", "&", "+", "-", "--", "–", "—", "...", "…", "|"}:
        return make(Kind.PUNCT)
    bare = text.casefold()
    if bare in {"and/or", "i/o", "n/a"} or (_DOTTED.fullmatch(text) and len(text) <= 6):
        return Token(Kind.WORD, text, bare, start, end)
    if "*" in text or ("?" in text and "." in text):
        return make(Kind.GLOB, text)
    if "/" in text or text in {".", "..", "~"} or bare in _BARE_FILES:
        return make(Kind.PATH, text)
    if (_DOMAIN.fullmatch(text) and not text.casefold().endswith((".local", ".example"))) or (
        text.startswith("www.") and not text.endswith((".zip", ".gz", ".tgz", ".tar"))
    ):
        return make(Kind.HOST, text)
    if "." in text and _FILE.fullmatch(text) and not _DOTTED.fullmatch(text):
        return make(Kind.PATH, text)
    return Token(Kind.WORD, text, lemma(text), start, end)


def number(text: str) -> int | float:
    """A decimal number; `1,000` and `1.5` are read as English writes them."""
    if "," in text:
        head, _, tail = text.partition(",")
        return int(head + tail) if len(tail) == 3 else float(f"{head}.{tail}")
    return float(text) if "." in text else int(text[:15])


def unit_token(amount: int | float, unit: str) -> tuple[Kind, int | float] | None:
    """A number with its unit as (kind, value): bytes, seconds or percent; None where the unit is none of these."""
    low = unit.casefold()
    if low in {"%", "percent", "pct", "percents"}:
        return Kind.PERCENT, amount
    if low in SIZES and not (len(unit) == 1 and low == "m" and unit == "m"):
        return Kind.SIZE, round(amount * SIZES[low])
    if low in DURATIONS:
        return Kind.DURATION, amount * DURATIONS[low]
    return None


def _units(tokens: list[Token]) -> list[Token]:
    """Joins a number and the unit word after it; `a week` and `ten days` are durations too."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind is not Kind.NUMBER and token.lemma not in _COUNTING:
            joined.append(token)
            at += 1
            continue
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        amount = _amount(token)
        if amount is not None and after is not None and (after.word or after.text == "%"):
            typed = unit_token(amount, after.text)
            spelt_out = typed is not None and typed[0] is Kind.SIZE and len(after.text) > 2
            if typed is not None and (token.kind is Kind.NUMBER or typed[0] is Kind.DURATION or spelt_out):
                kind, value = typed
                text = f"{token.text} {after.text}"
                joined.append(Token(kind, text, text.casefold(), token.start, after.end, value))
                at += 2
                continue
        if (
            token.word
            and token.lemma in DURATIONS
            and len(token.lemma) > 3
            and at
            and tokens[at - 1].lemma in {"last", "past"}
        ):
            token = replace(token, kind=Kind.DURATION, value=DURATIONS[token.lemma])
        if token.word and token.lemma in NUMBER_WORDS and token.lemma != "one":
            token = replace(token, kind=Kind.NUMBER, value=NUMBER_WORDS[token.lemma])
        joined.append(token)
        at += 1
    return joined


def _amount(token: Token) -> int | float | None:
    if token.kind is Kind.NUMBER and isinstance(token.value, (int, float)):
        return token.value
    if token.word:
        return 1 if token.lemma in {"a", "an"} else NUMBER_WORDS.get(token.lemma)
    return None
