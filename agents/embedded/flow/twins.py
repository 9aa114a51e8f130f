"""Copies of a file that must be one: what the checksum has to be, and what takes the place of another one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import gate
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import Entry, FileAt, Files, Made
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline

_SUM: Final = "(sha-256|sha256|checksum|hash|sha-256 sum|sha256 sum)"
_LENGTH: Final = 64
_KINDS: Final = "(server|machine|device|host|one|computer)"
_OTHER: Final = (
    "(it|that) (is another one|is another|is not that one|differs|is different|is not the same|does not match|doesn't "
    "match|has another checksum|is wrong)"
)


@dataclass(frozen=True)
class Must(Part):
    """What the SHA-256 of something has to be."""

    sha256: str

    def build(self, to: Builder) -> None:
        to.expected = self.sha256
        to.filled.add(self.sha256)
        to.pending = "it is not said whose checksum that must be"


@dataclass(frozen=True)
class Checks(Part):
    """The checksums of copies, where they are."""

    files: Files

    def build(self, to: Builder) -> None:
        if len(self.files.files) != 1 or not to.expected:
            raise decline("it is not said what should be checked about it")
        file = self.files.files[0]
        entries = []
        for name in to.names(file):
            step = to.step("hash", "file.hash", {"path": file.path}, name)
            to.answers.append(step)
            entries.append(Entry(name, name, step, f"${{{step}.output.hash}}"))
        to.made.append(Made("text", tuple(entries), frozenset({"checksum", "checksums", "hash", "hashes"})))
        to.checked = file.path
        to.pending = ""


@dataclass(frozen=True)
class Replaced(Part):
    """Where the checksum is another one, this file takes the place of the copy."""

    file: FileAt

    limits = True
    closing = True

    def build(self, to: Builder) -> None:
        made = next((one for one in reversed(to.made) if "checksums" in one.nouns), None)
        names = to.names(self.file)
        if made is None or not to.checked or len(names) != 1:
            raise decline("it is not clear what should be put in whose place", [self.file.path])
        shared = to.step("share", "artifact.publish", {"path": self.file.path}, names[0], once=True)
        for entry in made.entries:
            edges = (gate(entry, "!=", to.expected),)
            arguments = {"path": to.checked, "artifact": f"${{{shared}.output.artifact}}"}
            step = to.step("replace", "artifact.save", {**arguments}, entry.device, edges=edges)
            to.draft.guards[step] += edges


def twins(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    slots = match(f"the {_SUM} (of|for) {{what:any}} (must be|has to be|should be) {{h:plain}}", piece)
    if slots is not None:
        sha256 = piece.source(slots["h"]).strip('"').casefold()
        plain = all(token.word for token in slots["what"])
        return Must(sha256) if plain and re.fullmatch(rf"[0-9a-f]{{{_LENGTH}}}", sha256) else None
    slots = match("(check|verify|compare|look at) {files:any}", piece)
    if slots is not None:
        found = files(Piece(piece.line, slots["files"]))
        return Checks(found) if found is not None and not any(one.folder for one in found.files) else None
    return _replaced(piece)


def _replaced(piece: Piece) -> Part | None:
    for pattern in (
        f"(on|at) [any|every|each] ({{k:device}}|{_KINDS}) where {_OTHER} [,] (put|copy|place) "
        f"{{f:file}} (from|of) {{d:device}} in its place",
        f"(where|wherever) {_OTHER} , (put|copy|place) {{f:file}} (from|of) {{d:device}} in its place",
        f"(where|wherever) {_OTHER} , replace it (with|by) {{f:file}} (from|of) {{d:device}}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            place: Mention = mention(slots, "d", piece)
            return Replaced(FileAt(literal(slots, "f"), place))
    return None
