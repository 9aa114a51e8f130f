"""A request for a cluster as typed tokens: words with their canonical forms, and the literals that Kubernetes has.

Beside `agents.embedded.tokens`, whose literals are those of files and machines: `nginx:1.25`, `500m`, `app=web` and
`deploy/web` are one token here each. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from agents.embedded.kube.lexicon import KINDS, PHRASES, VERBS, phrase_at
from agents.embedded.text import lemma
from agents.embedded.units import DURATIONS, NUMBER_WORDS


class Shape(StrEnum):
    WORD = "word"
    NAME = "name"
    KEY = "key"
    QUOTED = "quoted"
    NUMBER = "number"
    QUANTITY = "quantity"
    DURATION = "duration"
    PERCENT = "percent"
    IMAGE = "image"
    PAIR = "pair"
    PATH = "path"
    URL = "url"
    IDENTITY = "identity"
    SCHEDULE = "schedule"
    FLAG = "flag"
    MARK = "mark"
    BAD = "bad"


LITERAL = frozenset(Shape) - {Shape.WORD, Shape.MARK}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written; `lemma` the canonical form of a word; `value` what a literal means (seconds, percent)."""

    shape: Shape
    text: str
    lemma: str
    start: int
    end: int
    value: str | int | float = ""
    low: str = field(init=False)
    word: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", self.text.casefold())
        object.__setattr__(self, "word", self.shape is Shape.WORD)


NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)
QUANTITY = re.compile(r"\d+(?:\.\d+)?(?:m|[kMGTPE]i?|Ki)")
_LOOSE_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(mi|gi|ki|ti|mb|gb|kb|tb|mib|gib|kib|tib|m|g|k)b?", re.IGNORECASE)
PAIR = re.compile(r"([A-Za-z0-9][\w./-]*)(==|!=|=)([^=\s]*)")
IMAGE = re.compile(
    r"(?:[a-z0-9.-]+(?::\d+)?/)*[a-z0-9][a-z0-9._-]*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{6,64})?", re.IGNORECASE
)
_SCHEDULE = re.compile(
    r"(?<![\w/])(?:[\d*][\d*/,-]*\s+){2,4}[\d*][\d*/,-]*(?![\w/])|@(?:hourly|daily|weekly|monthly|yearly|midnight)"
)
_TOKEN = re.compile(
    r"""
    (?P<quoted>"(?P<q1>[^"\n]*)"|“(?P<q2>[^”\n]*)”|`(?P<q3>[^`\n]*)`|(?<!\w)'(?P<q4>[^'\n]*)'(?!\w)|‘(?P<q5>[^’\n]*)’)
    |(?P<pairq>[A-Za-z0-9][\w./-]*=(?:"[^"\n]*"|'[^'\n]*'))
    |(?P<url>https?://[^\s"'<>`]+)
    |(?P<chunk>[^\s"“”`,;()?!]+)
    |(?P<mark>[,;()?!"“”`\n])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BAD = re.compile(r"[$|&<>\\{}^%~#\[\]*;]|^\.\.|/\.\.")
_ABBREVIATED = frozenset(
    {"incl.", "excl.", "e.g.", "i.e.", "etc.", "vs.", "approx.", "max.", "min.", "no.", "resp."}
) - {"no."}
_DASHES = frozenset({"-", "--", "–", "—", "...", "…", "->", "=>", "/", "+", "&", "~", "*", "=", ":", "•"})
_UNITS = {
    "mi": "Mi",
    "mb": "M",
    "mib": "Mi",
    "gi": "Gi",
    "gb": "G",
    "gib": "Gi",
    "ki": "Ki",
    "kb": "k",
    "kib": "Ki",
    "ti": "Ti",
    "tb": "T",
    "tib": "Ti",
    "g": "G",
    "k": "k",
}
_SPOKEN_UNITS = {
    "mebibyte": "Mi",
    "gibibyte": "Gi",
    "megabyte": "M",
    "gigabyte": "G",
    "meg": "M",
    "gig": "G",
    "mi": "Mi",
    "gi": "Gi",
    "mb": "M",
    "gb": "G",
    "mib": "Mi",
    "gib": "Gi",
    "millicore": "m",
    "millicpu": "m",
    "mcpu": "m",
    "megs": "M",
    "gigs": "G",
}


def tokenise(text: str) -> list[Token]:
    """The tokens of a normalised request. Never raises; what is no word and no known literal is BAD."""
    raw: list[Token] = []
    at = 0
    if text.isupper() and "=" not in text:
        text = text.casefold()
    text = re.sub(r"(?<=\w)\((e?s)\)", r"\1", text)
    for found in _SCHEDULE.finditer(text):
        if found[0].count("*") or found[0].startswith("@"):
            raw += _run(text, at, found.start())
            said = found[0].strip().rstrip(",")
            raw.append(Token(Shape.SCHEDULE, said, "", found.start(), found.start() + len(said), said))
            if found[0].endswith(","):
                raw.append(Token(Shape.MARK, ",", ",", found.end() - 1, found.end()))
            at = found.end()
    raw += _run(text, at, len(text))
    return _joined([_time(token, raw[n - 1]) if n else token for n, token in enumerate(raw)])


def _time(token: Token, before: Token) -> Token:
    """`cutoff = 20:00`, `the 14:00 release`: a time of day, and no image with a tag."""
    timed = token.shape is Shape.IMAGE and re.fullmatch(r"[012]?\d:[0-5]\d", token.text)
    if timed and (before.text == "=" or before.low in {"the", "a", "our", "this"}):
        return Token(Shape.WORD, token.text, token.text, token.start, token.end)
    return token


def _run(text: str, begin: int, end: int) -> list[Token]:
    out: list[Token] = []
    for found in _TOKEN.finditer(text, begin, end):
        start, stop = found.span()
        if found["quoted"]:
            inner = next((found[g] for g in ("q1", "q2", "q3", "q4", "q5") if found[g] is not None), "")
            out.append(_quoted(found[0], inner, start, stop))
        elif found["pairq"]:
            key, _, value = found[0].partition("=")
            out.append(Token(Shape.PAIR, f"{key}={value[1:-1]}", "", start, stop, f"{key}={value[1:-1]}"))
        elif found["url"]:
            out.append(Token(Shape.URL, found[0].rstrip(".,:"), "", start, stop, found[0].rstrip(".,:")))
        elif found["mark"]:
            out.append(Token(Shape.MARK, found[0], found[0], start, stop))
        else:
            out += _chunk(found[0], start)
    return out


def _quoted(text: str, inner: str, start: int, stop: int) -> Token:
    """Quoted text is data; where it is a pair or an image, it is read as one."""
    if PAIR.fullmatch(inner):
        return Token(Shape.PAIR, inner, "", start, stop, inner)
    return Token(Shape.QUOTED, text, "", start, stop, inner)


def _chunk(text: str, start: int) -> list[Token]:
    """One run without spaces; sentence marks at its end stand alone."""
    if text in _DASHES:
        return [Token(Shape.MARK, text, "-" if text in {"–", "—", "--"} else text, start, start + len(text))]
    if text.casefold() in _ABBREVIATED:
        return [Token(Shape.WORD, text.rstrip("."), text.casefold().rstrip("."), start, start + len(text))]
    kept = text.rstrip(".:…'’")
    lead = len(kept) - len(kept.lstrip("'‘"))
    kept, begin = kept[lead:], start + lead
    tail = [
        Token(Shape.MARK, mark, mark, begin + len(kept) + n, begin + len(kept) + n + 1)
        for n, mark in enumerate(text[lead + len(kept) :])
        if mark in ".:…"
    ]
    if not kept:
        return tail
    return [_classify(kept, begin), *tail]


def _classify(text: str, start: int) -> Token:
    end, low = start + len(text), text.casefold()

    def make(shape: Shape, value: str | int | float = "", form: str = "") -> Token:
        return Token(shape, text, form, start, end, value)

    if low.startswith("-") and len(low) > 1:
        return make(Shape.FLAG, text) if re.fullmatch(r"--?[a-z][a-z-]*(=[\w.:/-]+)?", low) else make(Shape.BAD)
    if low == "w/":
        return Token(Shape.WORD, "with", "with", start, end)
    if text.isalpha():
        return make(Shape.WORD, form=canonical(low))
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return make(Shape.NUMBER, float(text) if "." in text else int(text[:15]))
    if re.fullmatch(r"x\d{1,4}|\d{1,4}x", low):
        return make(Shape.NUMBER, int(low.strip("x")))
    if re.fullmatch(r"\d+(\.\d+)?%", text):
        return make(Shape.PERCENT, float(text[:-1]) if "." in text else int(text[:-1]))
    pair = PAIR.fullmatch(text)
    if pair and not re.search(r"[$|&;<>`\\]", text):
        return make(Shape.PAIR, text)
    if low.startswith("system:"):
        return make(Shape.IDENTITY, text)
    if "@" in text and re.fullmatch(r"[\w.+-]+@[\w.-]+", text):
        return make(Shape.IDENTITY, text)
    if _BAD.search(text):
        return make(Shape.BAD, text)
    return _shaped(text, low, make_args=(start, end))


def _shaped(text: str, low: str, make_args: tuple[int, int]) -> Token:
    start, end = make_args

    def make(shape: Shape, value: str | int | float = "", form: str = "") -> Token:
        return Token(shape, text, form, start, end, value)

    if QUANTITY.fullmatch(text):
        return make(Shape.QUANTITY, text)
    time = re.fullmatch(r"(\d+)(s|sec|secs|min|mins|h|hr|hrs|d)", low)
    if time:
        return make(Shape.DURATION, int(time[1]) * DURATIONS[time[2]])
    loose = _LOOSE_QUANTITY.fullmatch(text)
    if loose and loose[2].casefold() in _UNITS:
        return make(Shape.QUANTITY, loose[1] + _UNITS[loose[2].casefold()])
    possessive = re.fullmatch(r"(.+)['’]s", text)
    if possessive:
        inner = _classify(possessive[1], start)
        return Token(inner.shape, inner.text, inner.lemma, start, end, inner.value)
    parts = tuple(low.split("-"))
    if parts in PHRASES:
        return make(Shape.WORD, form=PHRASES[parts])
    if low.replace("'", "").isalpha() and "'" in low:
        return make(Shape.WORD, form=low)
    if low in KINDS or low in _HYPHENED:
        return make(Shape.WORD, form=canonical(low))
    if "/" in text:
        return make(Shape.IMAGE if ":" in text or "@" in text else Shape.PATH, text)
    if ":" in text and IMAGE.fullmatch(text):
        return make(Shape.IMAGE, text)
    if text.startswith(":") and re.fullmatch(r":[\w][\w.-]*", text):
        return make(Shape.IMAGE, text)
    if re.fullmatch(r"[A-Za-z][\w]*_[\w]*|_\w+", text):
        return make(Shape.KEY, text)
    if NAME.fullmatch(text):
        return make(Shape.NAME, text)
    return make(Shape.BAD, text)


_HYPHENED = frozenset(
    [
        "one-off",
        "one-time",
        "follow-up",
        "k8s",
        "w/o",
        "e.g.",
        "i.e.",
        "and/or",
        "read-write",
        "to-do",
        "mid-flight",
        "re-run",
        "re-create",
        "re-start",
        "roll-back",
    ]
)


def canonical(low: str) -> str:
    """The one form of a word: a kind, a verb, or its singular."""
    return KINDS.get(low) or VERBS.get(low) or _misspelt(low) or lemma(low)


_TYPED = tuple(form for form in KINDS if len(form) > 6)


@lru_cache(maxsize=4096)
def _misspelt(low: str) -> str:
    """The kind that a long word is one slip away from: a letter too many, missing, other, or two exchanged."""
    if len(low) < 6 or low in {"serviced", "servicing"}:
        return ""
    return next((KINDS[form] for form in _TYPED if one_slip(low, form)), "")


def one_slip(low: str, form: str) -> bool:
    """Whether one letter is too many, missing or other, or two are exchanged."""
    if abs(len(low) - len(form)) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(low, form, strict=False)) if a != b), min(len(low), len(form)))
    rest, other = low[same:], form[same:]
    swapped = len(rest) > 1 and rest[1::-1] + rest[2:] == other
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or swapped


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """Set phrases as one word, numbers with their units, number words as numbers."""
    out: list[Token] = []
    tokens = _parted(list(tokens))
    lows = [t.low if t.word else "\0" for t in tokens]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = phrase_at(lows, at) if token.word else None
        if found:
            last = tokens[at + found[0] - 1]
            out.append(
                Token(Shape.WORD, " ".join(t.text for t in tokens[at : at + found[0]]), found[1], token.start, last.end)
            )
            at += found[0]
            continue
        token = _number_word(token, tokens, at)
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        united = _united(token, after) if after is not None else None
        out.append(united or token)
        at += 2 if united else 1
    return out


_PARTED = {
    ("roll", "back"): "rollback",
    ("kick", "off"): "trigger",
    ("turn", "off"): "turnoff",
    ("switch", "off"): "turnoff",
    ("turn", "on"): "turnon",
    ("switch", "on"): "turnon",
    ("take", "off"): "takeoff",
    ("take", "away"): "takeoff",
    ("take", "out"): "takeoff",
    ("throw", "out"): "delete",
    ("throw", "away"): "delete",
    ("kick", "out"): "delete",
}
_PARTING = frozenset(verb for verb, _ in _PARTED)
_AFTER_PARTICLE = frozenset(
    ["to", "in", "for", "again", "now", "please", "pls", "on", "at", "until", "till", "from", "of", "the", "it"]
)


def _parted(tokens: list[Token]) -> list[Token]:
    """`roll checkout back to 3`: a verb and its particle with the object between them, as one word."""
    for at, token in enumerate(tokens):
        if not token.word or token.low not in _PARTING:
            continue
        for step in range(at + 2, min(at + 8, len(tokens))):
            one = _PARTED.get((token.low, tokens[step].low))
            after = tokens[step + 1] if step + 1 < len(tokens) else None
            if tokens[step].shape is Shape.MARK:
                break
            if one and (after is None or after.shape is Shape.MARK or after.low in _AFTER_PARTICLE):
                particle = tokens.pop(step)
                tokens[at] = Token(Shape.WORD, f"{token.text} {particle.text}", one, token.start, token.end)
                break
    return [_deploying(tokens, at) for at in range(len(tokens))]


def _deploying(tokens: Sequence[Token], at: int) -> Token:
    """`deploy` at the head of a clause is what is to be done; elsewhere it is short for a deployment."""
    token = tokens[at]
    if (
        token.low != "deploy"
        or at + 1 >= len(tokens)
        or (tokens[at + 1].shape is Shape.NAME and at + 2 < len(tokens) and tokens[at + 2].low in {"is", "has"})
    ):
        return token
    before = next(
        (
            t
            for t in reversed(tokens[:at])
            if t.low not in {"please", "pls", "you", "could", "can", "to", "would", "need", "want", "i", "we"}
        ),
        None,
    )
    if before is None or before.shape is Shape.MARK or before.low in {"then", "and"}:
        return Token(Shape.WORD, token.text, "deploy", token.start, token.end)
    return token


def _number_word(token: Token, tokens: Sequence[Token], at: int) -> Token:
    if not token.word:
        return token
    low = token.low
    value = 0 if low == "zero" else NUMBER_WORDS.get(low)
    if value is None or (low == "one" and not _counts_one(tokens, at)):
        return token
    return Token(Shape.NUMBER, token.text, low, token.start, token.end, value)


def _counts_one(tokens: Sequence[Token], at: int) -> bool:
    """`down to one`, `one replica`, `min one`: a number; `that one`: none."""
    before = tokens[at - 1].low if at else ""
    after = tokens[at + 1].low if at + 1 < len(tokens) else ""
    return before in {
        "to",
        "min",
        "max",
        "minimum",
        "least",
        "most",
        "between",
        "just",
        "only",
        "at",
        "with",
        "run",
    } or (
        lemma(after)
        in {"replica", "pod", "instance", "copy", "cpu", "core", "gig", "day", "hour", "minute", "week", "gb"}
        and before not in {"that", "this", "which", "the"}
    )


def _united(token: Token, after: Token) -> Token | None:
    low = after.low
    if token.shape is Shape.NUMBER and isinstance(token.value, (int, float)):
        text = f"{token.text} {after.text}"
        if low in {"percent", "pct", "%"} or after.text == "%":
            return Token(Shape.PERCENT, text, "", token.start, after.end, token.value)
        unit = _SPOKEN_UNITS.get(lemma(low)) or _SPOKEN_UNITS.get(low)
        if after.word and unit:
            return Token(Shape.QUANTITY, text, "", token.start, after.end, f"{token.value}{unit}")
        if after.word and low in DURATIONS and len(low) > 1:
            return Token(Shape.DURATION, text, "", token.start, after.end, token.value * DURATIONS[low])
    if token.word and token.low in {"a", "an", "last", "past"} and after.word and low in DURATIONS and len(low) > 2:
        return Token(Shape.DURATION, f"{token.text} {after.text}", "", token.start, after.end, DURATIONS[low])
    return None
