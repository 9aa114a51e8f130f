"""Lines of logs with a level, from several devices: gathered in one file, counted, packed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition
from agents.embedded.flow.deliver import put
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, Files, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Token
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

_LEVEL: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_TIME: Final = "(in order of time|in order of their time|sorted by time|ordered by time|in time order|oldest first)"
_LINES: Final = "[all] [of] [the] {what:any} (lines|entries|messages) (of|in|from) {files:any}"
_MORE: Final = (
    ("more than {n:number}", ">"),
    ("at least {n:number}", ">="),
    ("less than {n:number}", "<"),
    ("fewer than {n:number}", "<"),
    ("{n:number} or more", ">="),
    ("at most {n:number}", "<="),
)


@dataclass(frozen=True)
class Looks(Part):
    """The lines with one of these levels, on each device."""

    levels: tuple[str, ...]
    files: Files

    def build(self, to: Builder) -> None:
        entries = []
        either = "|".join(re.escape(level) for level in self.levels)
        for file in self.files.files:
            for name in to.names(file):
                arguments: JsonObject = {"path": file.path, "pattern": rf"\b({either})\b", "regex": True}
                step = to.step("search", "file.search", arguments, name)
                entries.append(Entry(name, name, step, f"${{{step}.output.lines}}"))
        to.made.append(Made("lines", tuple(entries), frozenset({"lines", "entries", "messages"})))
        to.answers += [entry.step for entry in entries if entry.step is not None]


@dataclass(frozen=True)
class Gathers(Part):
    """Lines that were found, of all devices, in one file; `looks` finds them first."""

    looks: Looks | None
    sort: bool
    target: Target

    def build(self, to: Builder) -> None:
        if self.looks is not None:
            self.looks.build(to)
        merged = joined(to, sort=self.sort)
        if self.target.path is None:
            raise decline("it is not said into which file the lines go")
        for name in to.goals(self.target):
            text: JsonObject = {"path": self.target.path, "text": f"${{{merged}.output.items}}\n"}
            step = to.step("write", "file.write", text, name)
            nouns = frozenset({"it", "file", "log", "lines"})
            to.made.append(Made("file", (Entry(name, name, step, self.target.path),), nouns))


@dataclass(frozen=True)
class PacksIt(Part):
    """An archive of the file that was made last, on one other device."""

    place: Mention
    into: str

    def build(self, to: Builder) -> None:
        last = to.made[-1] if to.made else None
        if last is None or last.kind != "file" or len(last.entries) != 1 or len(self.place.names) != 1:
            raise decline("it is not clear what should be packed")
        [entry] = last.entries
        arguments: JsonObject = {"source": entry.value, "target": self.into}
        step = to.step("pack", "archive.create", arguments, entry.device, entry.step)
        archive = Made("file", (Entry(entry.label, entry.device, step, self.into),), frozenset({"archive", "it"}))
        put(to, archive, archive.entries, Target(self.into, self.place))


@dataclass(frozen=True)
class HowMany(Condition):
    """How many lines were found, over all devices."""

    op: str
    number: int

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        when = Compare.model_validate({"path": "output.count", "op": self.op, "value": self.number})
        return (StepDependency(step=joined(to, sort=True), on=On.CONDITION, when=when),)


@dataclass(frozen=True)
class Says(Part):
    """A file whose whole text is given; where it is, was said of a file of that name before."""

    path: str
    text: str

    def build(self, to: Builder) -> None:
        places = {
            step.devices.names
            for step in to.draft.steps.values()
            if step.skill in ("file.write", "artifact.save", "csv.write") and step.arguments["path"] == self.path
        }
        if len(places) != 1:
            raise decline(f"it is not said on which device {self.path} is", [self.path])
        [[name]] = places
        to.step("write", "file.write", {"path": self.path, "text": f"{self.text}\n"}, name)


def joined(to: Builder, *, sort: bool) -> str:
    """The step that joins the lines that were found last. Raises Stop where none were looked for."""
    made = next((one for one in reversed(to.made) if one.kind == "lines"), None)
    if made is None:
        raise decline("it is not said which lines are meant")
    lists: list[Json] = [entry.value for entry in made.entries]
    arguments: JsonObject = {"items": lists, "sort": sort}
    for id, step in to.draft.steps.items():
        if (step.skill, step.arguments) == ("data.merge", arguments):
            return id
    return to.anywhere("merge", "data.merge", arguments)


def loglines(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _looks(piece) or _gathers(piece) or _writes(piece) or _packs(piece) or _says(piece)


def counted(piece: Piece) -> Condition | None:
    """`there are more than 5 of them altogether`."""
    for pattern, op in _MORE:
        slots = match(
            f"(there are|they are|there were) {pattern} [of them|lines|of these] [altogether|in total|in all|together]",
            piece,
        )
        if slots is not None and isinstance(slots["n"][0].value, int):
            return HowMany(op, slots["n"][0].value)
    return None


def _looks(piece: Piece) -> Part | None:
    slots = match(f"(look for|search for|find) {_LINES}", piece)
    return None if slots is None else _found(piece, slots["what"], slots["files"])


def _found(piece: Piece, what: tuple[Token, ...], where: tuple[Token, ...]) -> Looks | None:
    words = [token.text for token in what if token.text.casefold() not in ("and", "or", ",")]
    of = files(Piece(piece.line, where))
    if of is None or not words or any(one.folder for one in of.files):
        return None
    return Looks(tuple(words), of) if all(_LEVEL.fullmatch(word) for word in words) else None


def _gathers(piece: Piece) -> Part | None:
    for pattern in (
        f"(gather|collect|merge|combine|put) {_LINES} (in|into) (one|a single) file [{{s:sorted}}] , {{goal:any}}",
        f"(gather|collect|merge|combine|put|write) {_LINES} [{{s:sorted}}] (in|into|to) {{goal:any}}",
    ):
        slots = match(pattern.replace("[{s:sorted}]", f"[{_TIME}]"), piece)
        found = None if slots is None else _found(piece, slots["what"], slots["files"])
        target = None if slots is None else _one(Piece(piece.line, slots["goal"]))
        if found is not None and target is not None:
            return Gathers(found, _sorted(piece), target)
    return None


def _writes(piece: Piece) -> Part | None:
    slots = match(f"(write|put|save|gather) (them|these) [all] [{_TIME}] (to|into|in) {{goal:any}}", piece)
    target = None if slots is None else _one(Piece(piece.line, slots["goal"]))
    return None if target is None else Gathers(None, _sorted(piece), target)


def _sorted(piece: Piece) -> bool:
    return match(f"{{a:any}} {_TIME} {{b:any}}", piece) is not None


def _one(goal: Piece) -> Target | None:
    bare = match("{f:file} on {d:device}", goal)
    if bare is not None:
        return Target(literal(bare, "f"), mention(bare, "d", goal))
    found = targets(goal)
    return found[0] if found is not None and len(found) == 1 and found[0].path is not None else None


def _packs(piece: Piece) -> Part | None:
    slots = match(
        "(send|give) {d:device} (a|one) (gzipped tar|gzipped tar archive|tar|tarball|zip|zip file|zip archive|archive) "
        "of (it|that|that file|the file) (called|named|as) {f:file}",
        piece,
    )
    if slots is None:
        return None
    path = literal(slots, "f")
    wanted = (
        (".zip",) if "zip" in piece.said.split() else (".tar.gz", ".tgz") if "gzipped" in piece.said.split() else ()
    )
    return PacksIt(mention(slots, "d", piece), path) if not wanted or path.endswith(wanted) else None


def _says(piece: Piece) -> Part | None:
    slots = match("{f:path} (should|shall|must|is to) [just|only] (say|hold|contain|read) {t:quoted}", piece)
    return None if slots is None else Says(literal(slots, "f"), literal(slots, "t"))
