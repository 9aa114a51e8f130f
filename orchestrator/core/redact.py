"""The one redactor: takes secrets out of text and JSON before they are logged, stored or sent to a model.

It knows secrets by their form (keys of well-known services, our own tokens, JSON web tokens, PEM blocks, bearer and
basic credentials, passwords in URLs) and by the name before them (`password=`, `"api_key":`). A secret without form or
name passes: this is a net, not a wall. What goes is replaced by `[redacted:KIND]`, which says what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

_WORDS = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key"
    r"|client[_-]?secret|credentials?|auth[_-]?token)"
)
_NAME = re.compile(rf"(?i)^(?:.*[_.-])?{_WORDS}$|^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-api-key$", re.DOTALL)
_MARK = re.compile(r"\[redacted:[a-z-]+\]")

_Replace = str | Callable[[re.Match[str]], str]


def _mark(kind: str) -> str:
    return f"[redacted:{kind}]"


def _assigned(found: re.Match[str]) -> str:
    # A value that is a mark already, or a reference to another place, is not a secret.
    value = found["value"]
    if _MARK.match(value) or value.startswith(("${", "$(")):
        return found[0]
    return found["name"] + _mark("password")


_PATTERNS: tuple[tuple[str, re.Pattern[str], _Replace], ...] = (
    (
        "-----BEGIN",
        re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]{0,40})-----[^-]*(?:-----END (?P=label)-----|\Z|(?=-----BEGIN ))"),
        lambda found: found[0] if "CERTIFICATE" in found["label"] or "PUBLIC" in found["label"] else _mark("pem"),
    ),
    (
        "://",
        re.compile(r"(?P<before>\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@?#]{0,200}:)[^\s/@]{1,500}@"),
        rf"\g<before>{_mark('password')}@",
    ),
    ("ast_", re.compile(r"\bast_[A-Za-z0-9_-]{6,200}"), _mark("token")),
    (
        "",
        re.compile(r"(?i)\b(?P<before>(?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{8,4000}"),
        rf"\g<before>{_mark('credential')}",
    ),
    ("eyJ", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}"), _mark("jwt")),
    ("sk-", re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), _mark("key")),
    ("_", re.compile(r"\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"), _mark("key")),
    (
        "_",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|hf_[A-Za-z0-9]{20,})"),
        _mark("key"),
    ),
    (
        "-",
        re.compile(
            r"\b(?:glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,})"
        ),
        _mark("key"),
    ),
    ("", re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"), _mark("key")),
    ("AIza", re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"), _mark("key")),
    (
        "",
        re.compile(
            rf"(?i)(?P<name>(?<![A-Za-z0-9]){_WORDS}[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?)(?P<value>(?:\[redacted:[a-z-]+\]|[^\s\"',;&]){{1,500}})"
        ),
        _assigned,
    ),
    (
        "",
        re.compile(
            r"(?i)(?P<name>(?:^|\s)(?:--|-)(?:password|passwd|token|secret|api-key)\s+)(?P<value>[^\s\"']{1,500})"
        ),
        _assigned,
    ),
)


def redact(text: str) -> str:
    """`text` with every secret that is known by form or name replaced. Doing it twice changes nothing more."""
    for hint, pattern, replacement in _PATTERNS:
        if not hint or hint in text:
            text = pattern.sub(replacement, text)
    return text


def redacted(text: str) -> bool:
    """Whether something in `text` was taken out."""
    return _MARK.search(text) is not None


def secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: `password`, `db_token`, `Authorization`."""
    return _NAME.match(name) is not None


def redact_json(value: JsonValue) -> JsonValue:
    """The same for a JSON value; the whole value of a field with a secret's name goes."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {
            key: _mark("password") if secret_name(key) and item else redact_json(item) for key, item in value.items()
        }
    if isinstance(value, Sequence):
        return [redact_json(item) for item in value]
    return value
