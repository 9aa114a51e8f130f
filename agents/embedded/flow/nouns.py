"""Noun phrases of files, of pages, of what is measured of them and of what was made before; None for any other."""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.flow.line import elements
from agents.embedded.flow.things import Before, FileAt, Files, Measure, Pages
from agents.embedded.kinds.line import Mention, Piece, once
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.tokens import Token
from agents.embedded.wordset import words

_THE: Final = "[the|a|our|my|their|its|both|all|all the]"
_FILE_NOUN: Final = (
    "[file|files|log|logs|log file|document|page|table|sheet|workbook|database|image|picture|archive|script|copy|"
    "program]"
)
_FROM: Final = "(from|on|of|in|at|off)"
_FILES: Final = (
    (f"{_THE} {_FILE_NOUN} {{f:file}} {_FROM} {{d:device}}", False),
    (f"{_THE} (folder|directory) {{f:name}} {_FROM} {{d:device}}", True),
    (f"{{d:device}} {_THE} {_FILE_NOUN} {{f:file}}", False),
    (f"{_THE} {_FILE_NOUN} {{f:file}}", False),
    (f"{_THE} (folder|directory) {{f:name}}", True),
)
_LINES: Final = "(line|lines|entry|entries|message|messages)"
_COUNTED: Final = (
    f"{_THE} [number of] {{t:word}} {_LINES} in {{files:any}}",
    f"how (many|often) {{t:word}} {_LINES} [are in|are there in|does|do|has|have] {{files:any}} [have|has|hold|holds]",
    f"how (many|often) {{t:word}} {_LINES} (are|is) there in {{files:any}}",
    "how often {files:any} says {t:word}",
    "how often does {files:any} say {t:word}",
    "how often does {file:file} say {t:word} on {d:device}",
)
_HASHED: Final = (f"{_THE} (sha-256|sha256|checksum|checksums|hash|hashes) [sum|sums] of {{files:any}}",)
_TAIL: Final = (f"{_THE} (last|newest) {{n:number}} lines (of|from|in) {{files:any}}",)
_HEAD: Final = (f"{_THE} first {{n:number}} lines (of|from|in) {{files:any}}",)
_PAGE: Final = (f"{_THE} [page|pages|file|files|address|addresses|text of|content of] {{u:url}}",)
_BACK: Final = (
    "(it|them|that|this|these|those)",
    "(the|that|this|these|those|the same|a copy of that|a copy of the|the whole|the "
    "resulting|the new) [complete|whole|full] "
    "{noun:word} [of both|of each|of all|of all of them]",
)
_PRINTED: Final = (
    "what (it|they|each|each of them|both|both of them|all of them|the command|the script|the build|each run|the runs) "
    "(print|prints|printed|output|outputs|say|says|said|wrote|writes)"
)
_ITS: Final = (("tail", "its (last|newest|final) {n:number} lines"), ("head", "its first {n:number} lines"))
_SAID: Final = "what (he|she|they|it|that|the sender) (wrote|texted|sent|said|says|has written|has sent)"
_BOTH: Final = "[all] (both|both of them|both {noun:word}|the two|the two {other:word})"
NOUNS: Final = words(
    "archive archives list number numbers count counts output copy copies file files picture screenshot table result "
    "results "
    "checksum hash total sum mean average chart report page text lines"
)


def before(piece: Piece) -> Before | None:
    if match(_SAID, piece) is not None:
        return Before("text")
    for what, pattern in _ITS:
        slots = match(pattern, piece)
        if slots is not None and isinstance(slots["n"][0].value, int):
            return Before(what, number=slots["n"][0].value)
    if match(_BOTH, piece) is not None:
        return Before("both", several=True)
    if match(_PRINTED, piece) is not None:
        return Before("output", several=True)
    for pattern in _BACK:
        slots = match(pattern, piece)
        if slots is None:
            continue
        noun = _word(slots, "noun") if "noun" in slots else piece.tokens[0].text.casefold()
        if "noun" in slots and noun not in NOUNS:
            return None
        return Before(noun, several=noun in ("them", "these", "those") or noun.endswith("s"))
    return None


@once
def files(piece: Piece) -> Files | None:
    """`a/b.log on alpha and beta`, or a list of such; a device that is said once at the end is that of all."""
    found = _one_file(piece)
    if found is not None:
        return Files((found,))
    parts = [_one_file(one) or _after_preposition(one) for one in elements(piece)]
    known = tuple(one for one in parts if one is not None)
    if len(parts) < 2 or len(known) < len(parts):
        return None
    if all(one.place is None for one in known[:-1]) and known[-1].place is not None:
        known = tuple(FileAt(one.path, known[-1].place, one.folder) for one in known)
    return Files(known)


def _after_preposition(piece: Piece) -> FileAt | None:
    """`in a.log on alpha and in b.log on beta`: the preposition of the first, said again."""
    slots = match("(in|from|of) {file:any}", piece)
    return _one_file(Piece(piece.line, slots["file"])) if slots is not None else None


def _one_file(piece: Piece) -> FileAt | None:
    for pattern, folder in _FILES:
        slots = match(pattern, piece)
        if slots is not None:
            place = mention(slots, "d", piece) if "d" in slots else None
            return FileAt(literal(slots, "f"), place, folder)
    return None


def pages(piece: Piece) -> Pages | None:
    found = []
    for one in elements(piece):
        slots = next((hit for pattern in _PAGE if (hit := match(pattern, one)) is not None), None)
        if slots is None:
            return None
        found.append(literal(slots, "u"))
    return Pages(tuple(found)) if found else None


def measure(piece: Piece) -> Measure | None:
    for what, patterns in (("count", _COUNTED), ("hash", _HASHED), ("tail", _TAIL), ("head", _HEAD)):
        for pattern in patterns:
            slots = match(pattern, piece)
            if slots is None:
                continue
            of = _said_apart(slots, piece) if "file" in slots else files(Piece(piece.line, slots["files"]))
            if of is None or any(one.folder for one in of.files):
                continue
            text = piece.source(slots["t"]) if "t" in slots else ""
            number = slots["n"][0].value if "n" in slots else 0
            if what == "count" and not re.fullmatch(r"[A-Z][A-Z_-]+", text):
                continue  # `how many empty lines`: a word that lines have is written as they have it
            if not isinstance(number, int):
                continue
            return Measure(what, of, text, number)  # type: ignore[arg-type]
    return None


def _said_apart(slots: Slots, piece: Piece) -> Files:
    """The file and its devices, with other words between them."""
    return Files((FileAt(literal(slots, "file"), mention(slots, "d", piece)),))


def mention(slots: Slots, slot: str, piece: Piece) -> Mention:
    return piece.line.mentions[int(slots[slot][0].value or 0)]


def literal(slots: Slots, slot: str) -> str:
    """What a path, a quoted text or an address stands for."""
    token: Token = slots[slot][0]
    return str(token.value if token.value is not None else token.text)


def _word(slots: Slots, slot: str) -> str:
    return slots[slot][0].text.casefold()
