"""Finds in a text what must not leave, or only under another name. Pure, and linear in the length of the text.

Secrets are found by `redact` (form, name) and here by what a sentence says before them, and by how random they look.
Personal data is found by form, with its checksum where the form has one. Nothing here knows everything: what no form
tells (a person's name, a short password without the word) is for the owner's terms.

What was measured is in `likeness.py`. Bare hexadecimal of 32 and more digits counts as a secret, unless a word before
it says that it is a checksum, a digest or a commit. UUIDs are names, not secrets. Base64 of readable text is a secret:
that is how clusters keep theirs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orchestrator.core import checksums
from orchestrator.core.likeness import likeness
from orchestrator.core.redact import redact, redacted, replaced

MARK = "[redacted:secret]"
SHORTEST, LONG = 16, 20
"""Characters of the shortest token that is looked at for randomness alone, and of one that tells enough."""
WORDS_ABOVE, SHORT_WORDS_ABOVE = 0.0, -0.5
"""What `likeness` a long and a shorter token of words has."""
NO_PATH_BELOW = -1.0

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}|[A-Za-z0-9+/]{6,15}={1,2}(?![A-Za-z0-9=])")
# Names that clusters give: small words and short suffixes with hyphens between (`web-7f9c6d5b8-x2x4k`).
_COUNTED = re.compile(r"[a-z0-9]{1,10}(?:-[a-z0-9]{1,10})+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST_WORD = re.compile(
    r"(?i)(?:sha-?\d{0,3}|md5|blake\w{0,3}|digest|checksum|hash|commit|revision|etag|fingerprint|image)"
    r"(?:sum)?[\"'`]?\s{0,3}(?:is|of|=|:|@|\(|->)?\s{0,3}[\"'`]?$"
)
_BASE64 = re.compile(r"(?=.{20}|.*=)(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SAID = re.compile(
    r"(?i)\b(?P<before>(?:pass(?:word|phrase|code)|passwort|pin(?:\s+code)?|login|credentials?|secret|token"
    r"|(?:api|access|secret|private)\s?key)\b"
    r"(?:[ \t]{1,3}(?:for|of|on)[ \t]{1,3}[^\s,;\"'`]{1,60}){0,2}"
    r"(?P<link>[ \t]{1,3}(?:is|are|was|to|as|=|:)(?:[ \t]{1,3}now)?|[ \t]{0,3}[:=])?[ \t]{1,3})"
    r"(?P<value>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|`[^`\n]{1,200}`|[^\s\"'`]{3,200})"
)
_PLAIN_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be been by correct empty expired for from given has how if in incorrect invalid is it"
        " its known lost me missing my needed new no not of old on or our out required right safe same set stored"
        " strong that the their them there this to too unknown used valid weak what when where which who with wrong"
        " you your file files list count field fields word words manager policy reset store prompt page",
    )
)


def hide_secrets(text: str, taken: list[str] | None = None) -> str:
    """`text` with every secret that can be told replaced by a mark. Doing it twice changes nothing more.

    What was taken out is added to `taken`, where it is given.
    """
    return _hide_random(replaced(_SAID, _said, redact(text, taken), taken), taken)


# --- what a sentence says ------------------------------------------------------------------------------------------


def _said(found: re.Match[str]) -> str:
    value, bare = found["value"], found["value"].strip("\"'`.,;:!?()")
    if not bare or redacted(value) or bare.startswith(("${", "PRIVATE_")) or bare.lower() in _PLAIN_WORDS:
        return found[0]
    quoted = value[0] in "\"'`"
    said = found["before"].lower()
    word = said.startswith(("pass", "pin"))
    if (found["link"] and (word or quoted)) or (quoted and (word or "key" in said)) or _odd(bare):
        return found["before"] + MARK
    return found[0]


def _odd(word: str) -> bool:
    """Whether this is no word of a language: digits or signs among letters, or digits alone."""
    letters = any(char.isalpha() for char in word)
    digits = any(char.isdigit() for char in word)
    if "/" in word or "." in word or "@" in word:
        return False
    return (letters and digits) or (digits and len(word) >= 4) or any(char in "!#$%^&*+=?" for char in word)


# --- what looks random ---------------------------------------------------------------------------------------------


def _hide_random(text: str, taken: list[str] | None) -> str:
    parts: list[str] = []
    end = 0
    for found in _TOKEN.finditer(text):
        for start, stop in _secrets_in(text, found.start(), found.end()):
            parts += [text[end:start], MARK]
            end = stop
            if taken is not None:
                taken.append(text[start:stop])
    return "".join([*parts, text[end:]]) if parts else text


def _secrets_in(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of one long token that are secrets: all of it or, of a path, single names."""
    token = text[start:end]
    before = text[max(0, start - 40) : start]
    path = token.startswith("/") or ("/" in token and before.endswith((".", "~", ":")))
    if _secret(token, before) and (not path or likeness(token) < NO_PATH_BELOW):
        yield start, end
        return
    if "/" not in token:
        return
    place = start
    for piece in token.split("/"):
        if _secret(piece, text[max(0, place - 40) : place]):
            yield place, place + len(piece)
        place += len(piece) + 1


def _secret(token: str, before: str) -> bool:
    bare = token.strip("=-_+/")
    if _holds_text(token):
        return True
    if len(bare) < SHORTEST or _UUID.fullmatch(bare):
        return False
    if _HEX.fullmatch(bare):
        varied = len(set(bare)) >= 6 and not bare.isdigit()
        return len(bare) >= 32 and varied and not _DIGEST_WORD.search(before)
    if _COUNTED.fullmatch(bare):
        return False
    return likeness(bare) < (WORDS_ABOVE if len(bare) >= LONG else SHORT_WORDS_ABOVE)


def _holds_text(token: str) -> bool:
    """Whether it is base64 of readable text: what nobody needs to hide is not written so."""
    if not _BASE64.fullmatch(token):
        return False
    try:
        decoded = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return decoded.strip().isprintable()


# --- personal data -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text, and the name that it gets in a placeholder: `EMAIL`."""

    start: int
    end: int
    kind: str


def _always(text: str) -> bool:
    return True


def _digits(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: check(re.sub(r"[^0-9A-Z]", "", text.upper()))


def _phone(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return 8 <= digits <= 15


def _address(text: str) -> bool:
    numbers = [int(part) for part in text.split(".")]
    return all(number < 256 for number in numbers) and numbers[0] not in (0, 127, 255)


def _ipv6(text: str) -> bool:
    groups = text.split(":")
    filled = [group for group in groups if group]
    whole = len(groups) == 8 and len(filled) == 8
    return (whole or ("::" in text and len(filled) >= 2)) and any(len(group) >= 3 for group in filled)


_LEFT, _RIGHT = r"(?<![A-Za-z0-9_.-])", r"(?![A-Za-z0-9_])"
_PERSONAL: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "EMAIL",
        re.compile(
            r"(?<![A-Za-z0-9._%+@-])[A-Za-z0-9_%+][A-Za-z0-9._%+-]{0,63}"
            r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9_-])"
        ),
        _always,
    ),
    (
        "IBAN",
        re.compile(rf"{_LEFT}[A-Z]{{2}}\d\d(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_RIGHT}"),
        _digits(checksums.iban),
    ),
    ("CARD", re.compile(rf"{_LEFT}\d(?:[ -]?\d){{12,18}}{_RIGHT}"), _digits(checksums.card)),
    (
        "ID",
        re.compile(rf"{_LEFT}[12]\d{{2}}(?:0[1-9]|1[0-2])(?:\d\d|2[AB])\d{{6}}[ ]?\d\d{_RIGHT}"),
        _digits(checksums.nir),
    ),
    (
        "ID",
        re.compile(rf"{_LEFT}[12] \d\d (?:0[1-9]|1[0-2]) (?:\d\d|2[AB]) \d{{3}} \d{{3}} \d\d{_RIGHT}"),
        _digits(checksums.nir),
    ),
    ("ID", re.compile(rf"{_LEFT}[1-9]\d{{16}}[0-9X]{_RIGHT}"), _digits(checksums.chinese_id)),
    (
        "ID",
        re.compile(rf"{_LEFT}[A-Z]{{6}}\d\d[A-EHLMPRST]\d\d[A-Z]\d{{3}}[A-Z]{_RIGHT}"),
        _digits(checksums.codice_fiscale),
    ),
    ("ID", re.compile(rf"{_LEFT}(?:\d{{8}}|[XYZ]\d{{7}})-?[A-Z]{_RIGHT}"), _digits(checksums.dni)),
    ("ID", re.compile(rf"{_LEFT}\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d{_RIGHT}"), _digits(checksums.cpf)),
    (
        "ID",
        re.compile(rf"{_LEFT}\d{{11}}{_RIGHT}"),
        _digits(lambda digits: checksums.pesel(digits) or checksums.german_tax(digits) or checksums.cpf(digits)),
    ),
    ("ID", re.compile(r"(?i)(?<=\bBSN[ :])\s{0,2}\d{9}(?!\d)"), _digits(checksums.bsn)),
    ("ID", re.compile(rf"{_LEFT}(?!000|666|9)\d{{3}}-(?!00)\d\d-(?!0000)\d{{4}}{_RIGHT}"), _always),  # US, by its form
    ("PHONE", re.compile(r"(?<![A-Za-z0-9_.+-])(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){7,14}(?![A-Za-z0-9_])"), _phone),
    ("PHONE", re.compile(r"(?<![A-Za-z0-9_.+-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![A-Za-z0-9_.-])"), _phone),
    ("PHONE", re.compile(r"(?<![A-Za-z0-9_.+-])0[1-9]\d{1,4}[ /-]\d{3,4}[ -]?\d{2,5}(?![A-Za-z0-9_.-])"), _phone),
    ("IP", re.compile(r"(?<![A-Za-z0-9_.-])\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9_-]|\.\d)"), _address),
    ("IP", re.compile(r"(?<![A-Za-z0-9:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![A-Za-z0-9:])"), _ipv6),
    (
        "MAC",
        re.compile(r"(?<![A-Za-z0-9:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![A-Za-z0-9:-])"),
        _always,
    ),
    # The person's name in a home folder, and nothing else of the path.
    (
        "USER",
        re.compile(r"(?<=/home/)[A-Za-z0-9][A-Za-z0-9._-]{0,63}|(?<=/Users/)[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
        _always,
    ),
    ("USER", re.compile(r"(?i)(?<=[a-z]:\\Users\\)[A-Za-z0-9][A-Za-z0-9._-]{0,63}"), _always),
)


def personal(text: str) -> list[Span]:
    """Personal data by form, in order, without overlaps: what is named first above has precedence."""
    found: list[Span] = []
    for kind, pattern, fits in _PERSONAL:
        found += [Span(*one.span(), kind) for one in pattern.finditer(text) if fits(one[0])]
    return disjoint(found)


def disjoint(spans: list[Span]) -> list[Span]:
    """The spans in order; of two that overlap the one that was found first (the list's order)."""
    ranked = sorted(range(len(spans)), key=lambda index: (spans[index].start, index))
    kept: list[tuple[int, Span]] = []
    for index in ranked:
        span = spans[index]
        while kept and span.start < kept[-1][1].end and index < kept[-1][0]:
            kept.pop()
        if not kept or span.start >= kept[-1][1].end:
            kept.append((index, span))
    return [span for _, span in kept]
