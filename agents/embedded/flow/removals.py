"""Files and folders that are deleted, where they are named or where what was made before lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import FileAt, Files
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from protocol.vocabulary import JsonObject

_DELETE: Final = "(delete|remove|erase|get rid of)"
_ORIGINAL: Final = "(original|original file|source file)"


@dataclass(frozen=True)
class Deletes(Part):
    """Named files and folders."""

    files: Files

    def build(self, to: Builder) -> None:
        for file in self.files.files:
            # Nothing that is, or lies beyond, the whole workspace.
            if not file.path.strip("./") or ".." in file.path.split("/"):
                raise decline(f"{file.path} is no file that is deleted here", [file.path])
            for name in to.names(file):
                arguments: JsonObject = {"path": file.path}
                if file.folder:
                    arguments["recursive"] = True
                to.step("delete", "file.delete", arguments, name, _maker(to, file.path, name))


@dataclass(frozen=True)
class DeletesBack(Part):
    """What copies were made of, or an archive, on the device that is named. Where something was packed, `original`
    may be that as well."""

    place: Mention | None
    archive: bool

    def build(self, to: Builder) -> None:
        packed = any(step.skill in ("archive.create", "backup.create") for step in to.draft.steps.values())
        if packed != self.archive:
            raise decline("it is not clear what should be deleted")
        names = self.place.names if self.place is not None else None
        if names is not None and len(names) != 1:
            raise decline("it is not clear where it should be deleted")
        shared = {
            (step.devices.names[0], str(step.arguments["path"]))
            for step in to.draft.steps.values()
            if step.skill == "artifact.publish" and (names is None or step.devices.names == names)
        }
        if len(shared) != 1:
            raise decline("it is not clear what should be deleted")
        [(name, path)] = shared
        # Only when every copy of it is there.
        copies = [id for id, step in to.draft.steps.items() if step.skill == "artifact.save"]
        step = to.step("delete", "file.delete", {"path": path}, name)
        for id in copies:
            to.sequence.append((frozenset({step}), frozenset({id})))


def _maker(to: Builder, path: str, name: str) -> str | None:
    """The step that made the file, where one did."""
    for made in reversed(to.made):
        for entry in made.entries:
            if made.kind == "file" and (entry.device, entry.value) == (name, path):
                return entry.step
    return None


def removals(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    slots = match(
        f"{_DELETE} the ({_ORIGINAL}|{{a:word}}|original {{b:word}}) [again] [(on|from) {{d:device}}] [again]", piece
    )
    if slots is not None:
        noun = next((slots[one][0].text.casefold() for one in ("a", "b") if one in slots), "")
        if noun in ("", "archive", "tarball"):
            return DeletesBack(mention(slots, "d", piece) if "d" in slots else None, bool(noun))
    slots = match(f"{_DELETE} {{f:file}} from {{d:device}} [again]", piece)
    slots = slots or match(f"{_DELETE} [the file] {{f:file}} [again] [on {{d:device}}] [again]", piece)
    if slots is not None and "d" in slots:
        path = literal(slots, "f")
        if "." in path.rpartition("/")[2]:
            return Deletes(Files((FileAt(path, mention(slots, "d", piece)),)))
    slots = match(f"{_DELETE} {{what:any}} [again]", piece)
    found = None if slots is None else files(Piece(piece.line, slots["what"]))
    if found is None or any(one.place is None for one in found.files):
        return None
    if any(not one.folder and "." not in one.path.rpartition("/")[2] for one in found.files):
        return None  # a folder is said to be one
    return Deletes(found)
