"""Where a clause is about: the namespace that it names, taken out of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.embedded.kube.deeds.line import Line

_NAME = r"(?P<name>(?:N\d+|n\d+:\S+|U\d+:\S+) )"
_DET = r"(?:(?:the|our|my|your|that|this) )*"
_IN = r"(?:(?:over |up |down |all )?(?:in|inside|within|into|under|across|of|from|on|at|for|to) )"
_SPACE = r"Knamespace(?: (?:called|named|:|=|is))? "
_SURE = (
    rf"\( (?:-n|--namespace) {_NAME}\) ",
    rf"(?:-n|--namespace) {_NAME}",
    rf"[,(] (?:in )?{_DET}{_SPACE}{_NAME}(?:\) |(?=, |$))",
    rf"(?:, )?{_IN}{_DET}{_SPACE}{_NAME}",
    rf"(?:, )?{_IN}{_DET}{_NAME}Knamespace ",
    rf"(?<=\S )(?<!to )(?<!on )(?<!the ){_SPACE}{_NAME}",
    rf"^{_SPACE}{_NAME}(?:: |, |- )",
    rf"^{_DET}{_NAME}Knamespace (?:: |, |- )",
    rf"[,(] {_NAME}Knamespace (?:\) )?",
)
_LIKELY = (
    rf"{_DET}{_NAME}'s (?=Kresourcequota|Klimitrange)",
    rf"(?:, )?(?:over |up |down )?(?:in|inside|within|under) {_DET}{_NAME}(?!(?:of|from) {_DET}(?:N\d|n\d))",
    rf"\( {_NAME}\) ",
    rf"^{_NAME}: ",
    rf"K\w+ (?:N\d+|n\d+:\S+) (?P<cut>, {_NAME}(?:please )?)$",
)
_KEPT = rf"(?:on|to|from|off|of) {_DET}Knamespace |^(?:\S+ ){{1,4}}?(?:{_DET}Knamespace )"
_BACK = (
    r"(?:(?:, )?in (?:the|that|this) (?:same )?Knamespace |(?:, )?(?:in|over) there |(?:, )?samenamespace |"
    r"(?:, )?in it )"
)


def places(line: Line) -> Iterator[tuple[Line, str]]:
    """The ways to read the place: (the line without it, the namespace; "" where none is named)."""
    for keep in (False, True):
        found = _without(line, keep=keep)
        if found is not None:
            yield found
    yield line, ""


def _without(line: Line, *, keep: bool) -> tuple[Line, str] | None:
    """`keep`: a namespace behind a verb, `on` or `to` is what the clause is about, and no place."""
    names: set[str] = set()
    back = re.search(_BACK, line.text)
    if back:
        line = line.without(*back.span())
    patterns = (*_SURE[:3], *_SURE[6:], *_LIKELY) if keep else (*_SURE, *_LIKELY)
    for pattern in patterns:
        while hit := re.search(pattern, line.text):
            if keep and pattern in _LIKELY and re.search(_KEPT, line.text) is None:
                return None
            token = line.span(*hit.span("name"))[0]
            names.add(str(token.value).casefold() if hit["name"].startswith("N") and token.value else token.low)
            line = line.without(*hit.span("cut" if "cut" in hit.re.groupindex else 0))
            if len(names) > 1:
                return None
    return line, next(iter(names), "")
