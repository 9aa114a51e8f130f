"""Two devices or more to choose from, in the words of a question that the grammar knows: `who has more memory, desk or
titan?`, `does desk or titan have more memory?` and `is the load higher on desk or on titan?` ask which of the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.chaff import line_of
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

SUPERLATIVES: Final = {
    "more": "most",
    "less": "least",
    "fewer": "fewest",
    "bigger": "biggest",
    "larger": "largest",
    "smaller": "smallest",
    "higher": "highest",
    "lower": "lowest",
    "longer": "longest",
    "shorter": "shortest",
    "greater": "greatest",
    "fuller": "fullest",
    "emptier": "emptiest",
    "busier": "busiest",
    "heavier": "heaviest",
    "lighter": "lightest",
    "hungrier": "hungriest",
    "older": "oldest",
    "newer": "newest",
    "faster": "fastest",
    "slower": "slowest",
    "hotter": "hottest",
    "cooler": "coolest",
    "idler": "idlest",
}
"""What of two is more, is the most of them."""
_MORE = "|".join(SUPERLATIVES)
_WHERE = r"(?:(?:on|at|of|from|the) )?@"
_EITHER = rf"(?P<either>{_WHERE}(?: , {_WHERE})*(?: ,)? or {_WHERE})"
_OF_TWO = (
    r"(?: of (?:them|the (?:two|three|lot)|these(?: two| three)?|those(?: two| three)?|both)"
    r"|(?: one| machine| device| box| server))?"
)
_REST = rf"(?P<rest>(?:[^ .;?!]+ )*?(?:the )?(?P<more>{_MORE}) (?:[^ .;?!,:–]+ )*?)"
_END = r"(?=[.?!;] |$)"
_PATTERNS: Final = (
    # who has more memory, desk or titan?
    re.compile(rf" (?P<who>who|which|what|whose)(?P<is>'s)?{_OF_TWO} {_REST}(?:[,:–;?] )?{_EITHER} {_END}"),
    # desk or titan: who has more memory?
    re.compile(rf" (?:between )?{_EITHER} [,:–?;] (?P<who>who|which|what|whose)(?P<is>'s)?{_OF_TWO} {_REST}{_END}"),
    # does desk or titan have more memory? is desk or titan busier?
    re.compile(rf" (?P<verb>does|do|is|are|has|have) {_EITHER} {_REST}{_END}"),
    # is the load higher on desk or on titan? where is the load higher, on desk or on titan?
    re.compile(rf" (?:where )?(?P<at>is|are|do|does) {_REST}(?:, )?{_EITHER} {_END}"),
)
_USING: Final = words("using burning eating consuming hogging taking chewing gobbling devouring occupying")
_FULL: Final = words("fullest emptiest")
_HAVING: Final = {"have": "has", "use": "uses", "run": "runs", "hold": "holds", "take": "takes"}


def which_of(tokens: Sequence[Token], names: frozenset[str]) -> list[Token]:
    """The tokens with a choice between devices as a question which of them. `names` are words that name devices."""
    if not any(token.word and token.lemma == "or" for token in tokens):
        return list(tokens)
    line, starts, ends = line_of(tokens, names)
    for pattern in _PATTERNS:
        for found in pattern.finditer(line):
            if _begins(tokens, starts.get(found.start() + 1)) and found.start("rest") in starts:
                return _asked(list(tokens), found, starts, ends)
    return list(tokens)


def _begins(tokens: Sequence[Token], at: int | None) -> bool:
    """A sentence begins at `at`, or a question behind `tell me`."""
    if at is None:
        return False
    before = tokens[at - 1] if at else None
    return before is None or before.kind is Kind.PUNCT or before.lemma in {"me", "us", "tell", "know", "see", "say"}


def _asked(tokens: list[Token], found: re.Match[str], starts: dict[int, int], ends: dict[int, int]) -> list[Token]:
    groups = found.groupdict()
    first = starts[found.start() + 1]
    last = max(starts[found.start("rest")] + len(found["rest"].split()), _end(found, "either", starts))
    near = tokens[first]
    either = [
        token
        for token in tokens[starts[found.start("either")] : _end(found, "either", starts)]
        if token.text.casefold() not in {"or", "on", "at", "of", "from", "the", ","}
    ]
    rest = _most(tokens[starts[found.start("rest")] : starts[found.start("rest")] + len(found["rest"].split())])
    asks = bool(groups.get("is")) or groups.get("verb") in {"is", "are"}
    if rest[0].lemma in _USING or (rest[0].lemma == "is" and len(rest) > 1 and rest[1].lemma in _USING):
        asks, rest = False, [_word(near, "uses"), *rest[1 + (rest[0].lemma == "is") :]]
    elif rest[-1].lemma in _FULL and all(token.lemma in {"is", "the"} for token in rest[:-1]):
        asks, rest = False, [_word(near, "has"), _word(near, "the"), rest[-1], _word(near, "disk")]
    lead = [_word(near, "on")] if groups.get("at") else []
    said = [*lead, _word(near, "which"), _word(near, "of"), *_listed(either)]
    if asks or groups.get("at"):
        said.append(_word(near, "is"))
    elif groups.get("verb") in {"has", "have"}:
        said.append(_word(near, "has"))
    return [*tokens[:first], *said, *rest, *tokens[last:]]


def _end(found: re.Match[str], name: str, starts: dict[int, int]) -> int:
    return starts[found.start(name)] + len(found[name].split())


def _listed(devices: Sequence[Token]) -> list[Token]:
    out = [devices[0]]
    for device in devices[1:]:
        out += [_word(device, "and"), device]
    return out


def _most(rest: Sequence[Token]) -> list[Token]:
    """The comparative as a superlative, the verb as it stands behind `which`."""
    out: list[Token] = []
    for at, token in enumerate(rest):
        low = token.text.casefold()
        if token.word and low in SUPERLATIVES:
            out += [] if at and rest[at - 1].lemma == "the" else [_word(token, "the")]
            out.append(_word(token, SUPERLATIVES[low]))
        elif token.word and at == 0 and low in _HAVING:
            out.append(_word(token, _HAVING[low]))
        else:
            out.append(token)
    return out


def _word(near: Token, text: str) -> Token:
    return replace(near, kind=Kind.WORD, text=text, lemma=lemma(text), value=None)
