"""Requests changed in one place, with a known effect: for tests that a planner takes none of them for the original.

Each function gives variants of one text. What `forbidden` gives must not be planned at all; what `different` gives may
be planned, but not as the original is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

# Longer names before shorter ones.
DEVICES = ("office-pc", "epsilon", "galaxy", "alpha", "delta", "pixel", "titan", "beta", "desk", "gate", "kube", "nova")
_DEVICE = re.compile(rf"(?<![\w./-])(?:{'|'.join(DEVICES)})(?![\w-])(?!\.\w)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]+\"|(?<!\w)'[^']+'(?!\w)|`[^`]+`")
_ORDER = re.compile(
    r"(?:^|\b(?:please|and|then) )(copy|move|delete|remove|create|make|write|append|add|run|stop|kill|send|download|zip"
    r"|extract|unpack|rename|replace|change|save|show|list|count|compare|find|search|read|sort|rank|check)\b",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"(?<= )(files?|lines?|disk|memory|load|logs?|folder|uptime|processes|cpu|archive|script|network|size|words?)"
    r"(?=[ ,.?]|$)"
)
NOT_NOW = ("tomorrow", "every hour", "at midnight", "in 10 minutes", "on monday", "once a day", "later today")
NOT_OURS = (
    "and email it to bob",
    "and order a pizza",
    "and tell me the weather",
    "then turn off the lights",
    "and translate it to french",
    "and make it faster",
    "as root",
    "over ssh",
    "with a password",
)
UNSEEN = (
    "if it rains",
    "when bob gets home",
    "once ann agrees",
    "as soon as the build is green",
    "unless bob objects",
    "in case of fire",
)
ABOUT = ("how do I", "should I", "what if I", "how would you", "when did you", "do I need to", "is it ok to", "who can")
STRANGERS = ("zeta", "server 7", "wyoming")
MODIFIERS = ("encrypted", "external", "temperature", "blorfy")
VERBS = ("defragment", "encrypt", "translate", "paint", "blorf")


def forbidden(text: str) -> Iterator[tuple[str, str]]:
    """(family, variant that asks for what no plan may answer to)."""
    body = text.rstrip(" .!?")
    yield from (("not now", f"{body} {when}") for when in NOT_NOW)
    yield from (("not now", f"{when}, {text}") for when in NOT_NOW)
    yield from (("not ours", f"{body} {demand}") for demand in NOT_OURS)
    yield from (("unseen", f"{body} {condition}") for condition in UNSEEN)
    yield from (("unseen", f"{condition}, {text}") for condition in UNSEEN)
    order = _first(_ORDER, text, 1)
    if order is not None:
        begin, end = order
        yield from (("about", f"{about} {text[begin:]}") for about in ABOUT if begin == 0)
        yield from (("verb", text[:begin] + verb + text[end:]) for verb in VERBS)
    for found in _outside(_DEVICE, text):
        yield from (("stranger", text[: found.start()] + name + text[found.end() :]) for name in STRANGERS)


def different(text: str) -> Iterator[tuple[str, str]]:
    """(family, variant that asks for something else than the original)."""
    order = _first(_ORDER, text, 1)
    if order is not None:
        yield from (("negation", text[: order[0]] + no + text[order[0] :]) for no in ("don't ", "do not ", "never "))
    for found in _outside(_NOUN, text):
        yield from (("modifier", f"{text[: found.start()]}{word} {text[found.start() :]}") for word in MODIFIERS)
    for found in _outside(re.compile(r"(?<![\w./:-])\d+(?![\w./:-])"), text):
        yield "number", f"{text[: found.start()]}{int(found[0]) + 3}{text[found.end() :]}"
    for found in _outside(re.compile(r"(?<![\w/.*-])[a-z]\w*\.[a-z]{2,4}(?![\w./])"), text):
        yield "path", f"{text[: found.start()]}qq{text[found.start() :]}"
    for found in _QUOTED.finditer(text):
        yield "quotation", f"{text[: found.start() + 1]}qq {text[found.start() + 1 :]}"


def shuffled(texts: Sequence[str], chance: random.Random) -> str:
    """A request that nobody would make: parts of several, with words left out, doubled, exchanged and misspelt."""
    parts: list[str] = []
    for text in chance.sample(texts, chance.randint(1, 3)):
        words = text.split()
        begin = chance.randrange(len(words))
        parts += words[begin : begin + chance.randint(2, 14)]
        parts.append(
            chance.choice(("and", "then", ",", ".", ";", "?", "if", "unless", "otherwise", "-", ":", "but", ""))
        )
    for _ in range(chance.randint(0, 4)):
        _spoil(parts, chance)
    return " ".join(part for part in parts if part)[:1500] or "."


def _spoil(parts: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(parts))
    kind = chance.randrange(5)
    if kind == 0:
        parts[at] = ""
    elif kind == 1:
        parts.insert(at, chance.choice(parts))
    elif kind == 2:
        other = chance.randrange(len(parts))
        parts[at], parts[other] = parts[other], parts[at]
    elif kind == 3 and len(parts[at]) > 2:
        cut = chance.randrange(len(parts[at]) - 1)
        parts[at] = parts[at][:cut] + parts[at][cut + 1] + parts[at][cut] + parts[at][cut + 2 :]
    else:
        parts[at] += chance.choice(("", "s", "'", '"', "/", "...", "!", " it", " them", " there"))


def _first(pattern: re.Pattern[str], text: str, group: int) -> tuple[int, int] | None:
    return next((found.span(group) for found in _outside(pattern, text)), None)


def _outside(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What a pattern finds outside of quotations."""
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    for found in pattern.finditer(text):
        if not any(begin <= found.start() < end for begin, end in quoted):
            yield found
