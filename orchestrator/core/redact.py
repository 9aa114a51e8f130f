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
    r"(?:pass(?:word|wd|phrase|code)?|passwort|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|secret[_-]?key|signing[_-]?key|encryption[_-]?key|account[_-]?key|shared[_-]?key|client[_-]?secret"
    r"|credentials?|auth[_-]?token|session[_-]?(?:id|key|token)|connection[_-]?string|webhook[_-]?url)"
)
# A rate, such as `bytes_per_token`, is no secret.
_RATE = r"(?<![_-]per[_-])"
# Words that mean a secret wherever they stand in a name (`PGPASSWORD`, `dbPassword`, `accessToken`), unlike `compass`.
_INNER = r"(?:password|passwd|passphrase|secret|apikey|accesskey|privatekey|secretkey|accountkey|token)"
_END = r"(?:[_-]?(?:prod|production|dev|test|staging|live|base|value|old|new|[0-9]{1,3}))?"
_NAMED = rf"(?:(?<![A-Za-z0-9]){_RATE}{_WORDS}|(?<=[A-Za-z0-9]){_INNER}){_END}"
_NAME = re.compile(
    rf"(?i)^(?:.*[_.-])?{_RATE}{_WORDS}{_END}$|^[a-z0-9_.-]*{_RATE}{_INNER}{_END}$"
    r"|^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-api-key$",
    re.DOTALL,
)
_MARK = re.compile(r"\[redacted:[a-z-]+\]")
# A run's id: `r`, the time in hex, eight hex digits. It opens nothing, and whoever reads on needs it.
_RUN = re.compile(r"[\\\"']{0,4}r[67][0-9a-f]{15}[\\\"']{0,4}")

_PREFIXES = (
    "dop_v1_|doo_v1_|dckr_pat_|shpat_|shpss_|shpca_|glsa_|glc_|lin_api_|sbp_|gsk_|nvapi-|pplx-|tvly-|r8_|whsec_|xai-"
    "|sq0atp-|sq0csp-|AKCp|figd_|ntn_|tfp_|phx_|sntrys_|glrt-|gldt-|glcbt-|pscale_tkn_|pscale_pw_|cfpat_"
)
# What parts the lines of a text that stands, escaped, within JSON.
_ESCAPE = re.compile(r"(\\+(?:[nrtbfv]|u[0-9A-Fa-f]{4})|\\*\")")
_QUOTE = re.compile(r"\\{0,3}[\"']")

Replacement = str | Callable[[re.Match[str]], str]
Patterns = tuple[tuple[str, re.Pattern[str], Replacement], ...]
"""Each: what must stand in the text for it to apply (empty: anything), what goes, and what takes its place."""


def _mark(kind: str) -> str:
    return f"[redacted:{kind}]"


def _assigned(found: re.Match[str]) -> str:
    # A value that is a mark already, or a reference to another place, is not a secret.
    value = found["value"]
    if _RUN.fullmatch(value):
        return found[0]
    if _MARK.match(value.lstrip("\\\"'")) or value.lstrip("\\\"'").startswith(("${", "$(")):
        return found[0]
    opening = _QUOTE.match(value)
    if opening is None:
        return found["name"] + _mark("password")
    closed = len(value) > len(opening[0]) and value.endswith(opening[0])
    return found["name"] + opening[0] + _mark("password") + (opening[0] if closed else "")


# What goes over several lines.
_BLOCKS: Patterns = (
    (
        "-----BEGIN",
        re.compile(
            r"----[- ]BEGIN (?P<label>[A-Z0-9 ]{0,40})[- ]----(?:(?!----[- ](?:BEGIN|END) ).)*"
            r"(?:----[- ]END (?P=label)[- ]----)?",
            re.DOTALL,
        ),
        lambda found: found[0] if "CERTIFICATE" in found["label"] or "PUBLIC" in found["label"] else _mark("pem"),
    ),
    (
        # A YAML block within a text in JSON: every line of it that is indented.
        r"\n",
        re.compile(
            rf"(?i)(?P<name>{_NAMED}[\"']?[ \t]{{0,3}}:[ \t]{{0,3}})"
            r"(?P<value>[|>][+-]?[ \t]{0,9}(?:\\{1,3}r)?(?:\\{1,3}n[ \t]{1,40}[^\n\"\\]{1,2000}){1,50})"
        ),
        _assigned,
    ),
)
_PATTERNS: Patterns = (
    *_BLOCKS,
    (
        "://",
        re.compile(r"(?P<before>\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@?#]{0,200}:)[^\s/@]{1,500}@"),
        rf"\g<before>{_mark('password')}@",
    ),
    ("ast_", re.compile(r"\bast_[A-Za-z0-9_-]{6,200}"), _mark("token")),
    (
        "",
        # A word such as "basic information" is none: it is short, and has neither a capital nor a digit.
        re.compile(
            r"(?i)\b(?P<before>(?:bearer|basic(?!\s+(?-i:[a-z.-]{8,16}(?![A-Za-z0-9+/_~=-]))))\s+)"
            r"(?!r[67][0-9a-f]{15}\b)[A-Za-z0-9+/._~=-]{8,4000}"
        ),
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
    ("_", re.compile(rf"\b(?:{_PREFIXES})[A-Za-z0-9_-]{{16,400}}"), _mark("key")),
    (
        ".",
        re.compile(r"\b(?:SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|(?:ya29|hv[sb])\.[A-Za-z0-9_-]{16,})"),
        _mark("key"),
    ),
    ("-", re.compile(r"\b(?:GOCSPX|PMAK|AGE-SECRET-KEY|NRAK|xapp)-[A-Za-z0-9-]{24,200}"), _mark("key")),
    ("key-", re.compile(r"\bkey-[0-9a-f]{32}\b"), _mark("key")),
    ("dapi", re.compile(r"\bdapi[0-9a-f]{32}\b"), _mark("key")),
    (":", re.compile(r"\b[0-9]{8,12}:[A-Za-z0-9_-]{34,36}\b"), _mark("key")),
    (
        "hooks.",
        re.compile(r"\b(?P<before>hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]{12,200}"),
        rf"\g<before>{_mark('key')}",
    ),
    (
        # A line that is a name and its value, or a YAML block: the value goes on to the end of the line, or block.
        "",
        re.compile(
            rf"(?im)(?P<name>^[ \t>-]{{0,40}}[\"']?[a-z0-9_.-]{{0,60}}?{_NAMED}[\"']?[ \t]{{0,3}}:[ \t]{{1,3}})"
            r"(?P<value>[|>][+-]?[ \t]*\r?(?:\n[ \t]+[^\n]{1,2000}){1,50}|[^\s\"'{}\[\]$][^\n\"';,&]{0,2000}$)"
        ),
        _assigned,
    ),
    (
        "",
        # The value: a text in quotes (escaped ones, inside JSON inside JSON, too), a YAML block's line, or one word.
        re.compile(
            rf"(?i)(?P<name>{_NAMED}(?:\\{{0,3}}[\"'])?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}})"
            r"(?P<value>\\{0,3}\"[^\"\n]{1,2000}\"|\\{0,3}'[^'\n]{1,2000}'"
            r"|\\{0,3}[\"']?(?:\[redacted:[a-z-]+\]|[^\s\"',;&]){1,2000})"
        ),
        _assigned,
    ),
    (
        "",
        re.compile(
            r"(?i)(?P<name>(?:^|\s)(?:--|-)(?:password|passwd|pass|token|secret|api-key|apikey|access-token|auth-token)"
            r"[\s=]\s{0,3})(?P<value>\"[^\"\n]{1,2000}\"|'[^'\n]{1,2000}'|[^\s\"']{1,500})"
        ),
        _assigned,
    ),
    (
        "-",
        re.compile(
            r"(?P<name>\bsshpass\s{1,3}-p\s{0,3}|\bmysql[a-z]{0,8}\s[^\n]{0,120}?\s-p(?=\S))(?P<value>[^\s]{1,500})"
        ),
        _assigned,
    ),
    (
        "-u",
        re.compile(r"(?P<name>\s(?:-u|--user)\s{0,3}[\"']?[^\s:\"'/]{1,100}:)(?P<value>[^\s\"'/]{1,500})"),
        _assigned,
    ),
)


def redact(text: str, taken: list[str] | None = None) -> str:
    """`text` with every secret that is known by form or name replaced. Doing it twice changes nothing more.

    What was taken out is added to `taken`, where it is given.
    """
    if "\\" in text and _ESCAPE.search(text) is not None:
        # Escaped lines are lines: the `n` of `\n` must not hide that a word begins after it, nor where a value ends.
        pieces = _ESCAPE.split(_clean(text, _BLOCKS, taken))
        text = "".join(piece if at % 2 else _clean(piece, _PATTERNS, taken) for at, piece in enumerate(pieces))
    return _clean(text, _PATTERNS, taken)


def _clean(text: str, patterns: Patterns, taken: list[str] | None) -> str:
    for hint, pattern, replacement in patterns:
        if not hint or hint in text:
            text = replaced(pattern, replacement, text, taken)
    return text


def replaced(pattern: re.Pattern[str], replacement: Replacement, text: str, taken: list[str] | None) -> str:
    """As `pattern.sub`; what each replacement took out is added to `taken`."""
    if taken is None:
        return pattern.sub(replacement, text)

    def note(found: re.Match[str]) -> str:
        new = found.expand(replacement) if isinstance(replacement, str) else replacement(found)
        gone = _gone(found[0], new)
        if gone:
            taken.append(gone)
        return new

    return pattern.sub(note, text)


def _gone(old: str, new: str) -> str:
    """The part of `old` that `new` has no more: what is left between a common beginning and a common end."""
    start = next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    end, rest = 0, min(len(old), len(new)) - start
    while end < rest and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end]


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
