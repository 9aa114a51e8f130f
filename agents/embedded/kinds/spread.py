"""What is said once for two: a noun of two devices, an order for two services, a text for two numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agents.embedded.kinds.line import Line, shared
from agents.embedded.kinds.names import DAEMONS
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

_SERVICE_VERBS: Final = words("restart start stop bounce")
_TEXTING: Final = words("text sms")
_LIMITS: Final = words("if unless when whenever once not except but only without then it its")


def spread(line: Line) -> Line | None:
    """The line with its order, or its noun, said for each; None where there are no two to say it for."""
    return said_twice(line) or for_each_service(line) or for_each_number(line)


def said_twice(line: Line) -> Line | None:
    """`the notifications on my phone and on the desktop`: the noun for each of the two; None where it is not so."""
    tokens = list(line.tokens)
    for at, token in enumerate(tokens[:-1]):
        if token.kind is not Kind.DEVICE or at < 2 or tokens[at + 1].text.casefold() != "and":
            continue
        prep, noun, end = tokens[at - 1], tokens[at - 2], at + 2
        while end < len(tokens) and tokens[end].text.casefold() in {"the", "ones", "one", "those", "that"}:
            end += 1
        fits = prep.word and prep.text.casefold() in {"on", "of", "from"} and noun.word and noun.text.isalpha()
        again = [one.text.casefold() for one in tokens[end : end + 1]] == [prep.text.casefold()]
        if fits and again and tokens[end + 1 : end + 2] and tokens[end + 1].kind is Kind.DEVICE:
            return shared(replace(line, tokens=(*tokens[: at + 2], noun, *tokens[end:])))
    return None


def for_each_service(line: Line) -> Line | None:
    """`restart nginx and redis on alpha`: the order for each of the services; None where it is not so."""
    tokens = list(line.tokens)
    verbs = [at for at, token in enumerate(tokens) if token.word and token.text.casefold() in _SERVICE_VERBS]
    if len(verbs) != 1 or any(token.text.casefold() in _LIMITS for token in tokens):
        return None
    start = verbs[0] + 1
    while start < len(tokens) and tokens[start].text.casefold() in {"the", "both", "services", "service"}:
        start += 1
    names, at = [], start
    while at < len(tokens) and tokens[at].text.casefold() in DAEMONS:
        names.append(tokens[at])
        at += 1
        while at < len(tokens) and tokens[at].text.casefold() in {",", "and", "&"}:
            at += 1
    place = tokens[at : at + 2]
    if len(names) < 2 or len(place) != 2 or place[1].kind is not Kind.DEVICE:
        return None
    verb, joint = tokens[verbs[0]], next(one for one in tokens[start:at] if one.text.casefold() in {",", "and", "&"})
    spread = [one for name in names for one in (verb, name, *place, joint)][:-1]
    return shared(replace(line, tokens=(*tokens[: verbs[0]], *spread, *tokens[at + 2 :])))


def for_each_number(line: Line) -> Line | None:
    """`text "hi" to 5551111 and 5552222`: the message for each of the numbers."""
    tokens = list(line.tokens)
    low = [token.text.casefold() for token in tokens]
    at = low.index("to") if low.count("to") == 1 else 0
    begins = [one for one in range(at) if low[one] in _TEXTING or low[one : one + 1] == ["send"]]
    if not at or len(begins) != 1 or _LIMITS & set(low):
        return None
    numbers, end = list[Token](), at + 1
    while end < len(tokens) and _dialled(tokens[end]):
        numbers.append(tokens[end])
        end += 1
        if end + 1 < len(tokens) and low[end] in {"and", ",", "&"} and _dialled(tokens[end + 1]):
            end += 1
        else:
            break
    if len(numbers) < 2:
        return None
    order = tokens[begins[0] : at + 1]
    joint = next(one for one in tokens[at + 1 : end] if not _dialled(one))
    told = [one for number in numbers for one in (*order, number, joint)][:-1]
    return shared(replace(line, tokens=(*tokens[: begins[0]], *told, *tokens[end:])))


def _dialled(token: Token) -> bool:
    digits = token.text.removeprefix("+")
    return digits.isdigit() and len(digits) >= 5
