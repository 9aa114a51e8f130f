"""What a log says of why a process ended: the lines that tell, and what well-known ones mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

LINES: Final = 3
LONGEST: Final = 500
"""Characters of a line that are looked at."""
_TELLING: Final = re.compile(
    r"(?i)\b(fatal|panic|exception|traceback|errors?|err|critical|crit|emerg|abort(?:ed|ing)?|fail(?:ed|ure|s)?"
    r"|cannot|can't|could not|couldn't|unable|not set|unset|missing|required|undefined|invalid|denied|forbidden"
    r"|refused|no such|not found|unknown|killed|out of memory|timed? ?out|unauthorized|address already in use)\b"
)
_STRONG: Final = re.compile(
    r"(?i)\b(fatal|panic|critical|exception|not set|unset|missing|required|refused|denied|no such|forbidden)\b"
    r"|\w+Error\b"
)
_HARMLESS: Final = re.compile(r"(?i)\b(0 errors?|no errors?|errors?[=:] ?0|without errors?)\b")
_NAME: Final = r"[\"'`$]?\{?(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,})\}?[\"'`]?"
_ABSENT: Final = (
    r"(?:not (?:set|defined|provided|given|present|configured|found)|unset|missing|required|undefined|empty)"
)
_ENVIRONMENT: Final = (
    re.compile(
        rf"{_NAME}[:,]? (?:is |was |must be |has to be |env(?:ironment)? var(?:iable)? (?:is )?)*(?:{_ABSENT}|set\b)"
    ),
    re.compile(
        r"(?i:missing|unset|undefined|required|need|needs|requires|set|no)(?: [a-z]+){0,3}?"
        rf"(?: env(?:ironment)?(?: var(?:iable)?)?s?| variables?| settings?)?:? {_NAME}"
    ),
    re.compile(rf"KeyError: {_NAME}"),
    re.compile(rf"(?i:env(?:ironment)?(?: var(?:iable)?)?):? {_NAME}"),
    re.compile(r"(?P<name>[A-Z][A-Z0-9_]+): (?:parameter not set|unbound variable|parameter null or not set)"),
)
_CERTAIN: Final = (2, 4)
"""Of those patterns the ones that leave no doubt that the variable is missing."""
_WORDS: Final = frozenset(
    {"FATAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG", "PANIC", "HTTP", "TCP", "URL", "API", "DNS", "CRITICAL"}
)
_HOST: Final = re.compile(
    r"(?i)(?:no such host|name or service not known|could not translate host name|bad address|unknown host"
    r"|temporary failure in name resolution|getaddrinfo|name does not resolve|enotfound)"
)
_HOST_NAME: Final = re.compile(
    r"(?i)(?:lookup|host name|bad address|unknown host:?|resolve|enotfound|getaddrinfo)"
    r"\s+[\"'`]?([a-z0-9][a-z0-9.-]*[a-z0-9])"
)
_REFUSED: Final = re.compile(r"(?i)connection refused|ECONNREFUSED|connect: connection")
_ADDRESS: Final = re.compile(r"([a-z0-9][a-z0-9.-]*[a-z0-9]):(\d{2,5})\b")
_FILE: Final = re.compile(
    r"(?i)(?:can't open|cannot open|can't cd to|open|stat|no such file or directory:?|cannot access)"
    r"\s+[\"'`]?(/[^\s\"'`:]+)"
)
LISTENING: Final = re.compile(
    r"(?i)\b(?:listen(?:ing|s)?|serving|started|running|bound|available|ready)\b[^\n]{0,60}?"
    # Two digits after a colon are a time's, but for port 80.
    r"(?:\bports?\b[\s:=(]*|:|\blistening (?:on|at) )(\d{3,5}|80)\b(?![.:\d])"
)


class Meaning(NamedTuple):
    """What a log says: `code` is environment, host, refused, file, permission or port; `what` the name in it."""

    code: str
    what: str
    line: str


def telling(lines: Sequence[str], most: int = LINES) -> list[str]:
    """The lines of a log that say what went wrong, in order; the last ones where none stands out."""
    worth = [one[:LONGEST] for one in lines if one.strip()]
    strong = [one for one in worth if _STRONG.search(one) and not _HARMLESS.search(one)]
    weak = [one for one in worth if _TELLING.search(one) and not _HARMLESS.search(one)]
    chosen = (strong or weak or worth)[-most:]
    return chosen


def meaning(lines: Iterable[str]) -> Meaning | None:
    """What the last line of a known pattern means."""
    for line in reversed(list(lines)):
        if found := _meaning(line[:LONGEST]):
            return found
    return None


def _meaning(line: str) -> Meaning | None:
    if name := _variable(line):
        return Meaning("environment", name, line)
    if _HOST.search(line):
        named = _HOST_NAME.search(line)
        return Meaning("host", named[1] if named else "", line)
    if _REFUSED.search(line):
        address = _ADDRESS.search(line)
        return Meaning("refused", address[0] if address else "", line)
    if re.search(r"(?i)address (already )?in use", line):
        return Meaning("port", "", line)
    if re.search(r"(?i)permission denied|operation not permitted|read-only file system", line):
        return Meaning("permission", "", line)
    if (named := _FILE.search(line)) and re.search(r"(?i)no such file|not found|does not exist", line):
        return Meaning("file", named[1], line)
    return None


def _variable(line: str) -> str:
    """The environment variable that a line says is missing."""
    for number, pattern in enumerate(_ENVIRONMENT):
        for match in pattern.finditer(line):
            name = match["name"]
            certain = number in _CERTAIN or re.search(
                r"(?i)not |unset|missing|required|undefined|empty|must|need", line
            )
            if name not in _WORDS and certain:
                return name
    return ""


def listening(lines: Iterable[str]) -> set[int]:
    """The ports that a log says something listens on."""
    return {
        int(match[1]) for line in lines for match in LISTENING.finditer(line[:LONGEST]) if 0 < int(match[1]) < 65536
    }
