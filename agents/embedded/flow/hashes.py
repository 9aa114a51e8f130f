"""Checksums of files that were named or copied before: compared, listed, in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.flow.places import targets
from agents.embedded.flow.sizes import Named
from agents.embedded.flow.things import Before, Entry, Files, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

_HASH: Final = "(sha-256|sha256|checksum|checksums|hash|hashes) [sum|sums]"
_THEIR: Final = (
    f"(compute|calculate|take|find) the {_HASH} of (the copies|them|all of them|these files|the files) [{{d:device}}]",
    f"(have|let) [all|each] [the] [of] them compute the {_HASH} of (their|its) [own] (copy|copies|file)",
)


@dataclass(frozen=True)
class Alike(Part):
    """A fact: these files should be the same."""

    files: Files

    def build(self, to: Builder) -> None:
        to.realised(self.files)


@dataclass(frozen=True)
class Hashes(Part):
    """The SHA-256 of each file that was named or copied last, where it lies."""

    place: Mention | None = None

    def build(self, to: Builder) -> None:
        made = to.before(Before("files", several=True))
        if made.kind != "file" or (self.place is not None and not self.place.there):
            raise decline("it is not clear whose checksums are wanted")
        hashed(to, made)


@dataclass(frozen=True)
class Compares(Part):
    """Whether the files that were named last are the same, by SHA-256."""

    def build(self, to: Builder) -> None:
        made = to.before(Before("files", several=True))
        if made.kind != "file" or len({entry.device for entry in made.entries}) < max(3, len(made.entries)):
            raise decline("which one differs can be told of three or more devices with a file each")
        entries = hashed(to, made).entries
        items: list[Json] = [{"device": entry.device, "output": {"hash": entry.value}} for entry in entries]
        step = to.anywhere("compare", "data.compare", {"items": items, "by": "output.hash"})
        # Groups come with the largest first.
        odd = Entry("odd", entries[0].device, step, f"${{{step}.output.groups[-1].devices}}")
        to.made.append(Made("text", (odd,), frozenset({"odd"})))
        to.answers.append(step)


@dataclass(frozen=True)
class NamesOdd(Part):
    """The name of the device whose file differs, in a file; nothing where none does. Else of one that was found."""

    target: Target

    def build(self, to: Builder) -> None:
        if not any("odd" in made.nouns for made in to.made):
            Named((self.target,)).build(to)
            return
        odd = to.before(Before("odd")).entries[0]
        made = to.before(Before("hashes", several=True))
        if self.target.path is None or odd.step is None:
            raise decline("it is not said into which file the name goes")
        # One differs where all but one are the same.
        size = len(made.entries) - 1
        one = Compare.model_validate({"path": "output.groups[0].count", "op": "==", "value": size})
        edges = (StepDependency(step=odd.step, on=On.CONDITION, when=one),)
        for name in to.goals(self.target):
            text: JsonObject = {"path": self.target.path, "text": f"{odd.value}\n"}
            step = to.step("write", "file.write", text, name, edges=edges)
            to.draft.guards[step] += edges


@dataclass(frozen=True)
class ListsSums(Part):
    """The checksums that were computed last, in a file that `sha256sum -c` reads."""

    target: Target

    def build(self, to: Builder) -> None:
        made = to.before(Before("hashes", several=True))
        path = self.target.path
        if path is None:
            raise decline("it is not said into which file the list goes")
        folder = path.rpartition("/")[0]
        for name in to.goals(self.target):
            if any(entry.device != name for entry in made.entries):
                raise decline("the list lies beside the files that it is about")
            paths = [str(to.draft.steps[entry.step or ""].arguments["path"]) for entry in made.entries]
            lines = [f"{e.value}  {_relative(p, folder)}\n" for e, p in zip(made.entries, paths, strict=True)]
            step = to.step("list", "file.write", {"path": path, "text": "".join(lines)}, name)
            to.made.append(Made("file", (Entry(name, name, step, path),), frozenset({"list", "it", "file"})))


@dataclass(frozen=True)
class GetsCopy(Part):
    """A device that gets a copy of what was made last."""

    noun: str
    target: Target

    def build(self, to: Builder) -> None:
        made = to.before(Before(self.noun))
        if made.kind != "file":
            raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])
        put(to, made, made.entries, self.target)


@dataclass(frozen=True)
class Sums(Part):
    """The SHA-256 of the one file that was made or named last, in files."""

    goals: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        last = next((one for one in reversed(to.made) if one.kind != "done"), None)
        if last is None or last.kind != "file" or len(last.entries) != 1:
            raise decline("it is not clear whose checksum is wanted")
        if _another(to.made[: to.made.index(last)]):
            raise decline("it is not clear which of the files is meant")
        count = len(to.answers)
        made = hashed(to, last)
        to.answers = to.answers[:count]
        for goal in self.goals:
            if goal.path is None:
                raise decline("it is not said into which file the checksum goes")
            put(to, made, made.entries, goal)


def _another(before: list[Made]) -> bool:
    """Whether another file was made of something else just before: `its` could be of either."""
    named = False
    for made in reversed(before):
        if made.kind != "file":
            return False
        if any(entry.step is not None for entry in made.entries):
            return named
        named = True
    return False


def hashed(to: Builder, made: Made) -> Made:
    """The checksum of each file where it lies; by the path where one device has several, else by the device."""
    several = len({entry.device for entry in made.entries}) < len(made.entries)
    entries = []
    for entry in made.entries:
        step = to.step("hash", "file.hash", {"path": entry.value}, entry.device, entry.step)
        entries.append(Entry(entry.value if several else entry.device, entry.device, step, f"${{{step}.output.hash}}"))
    found = Made("text", tuple(entries), frozenset({"hash", "hashes", "checksums", "sums", "that", "them"}))
    to.made.append(found)
    to.answers += [entry.step for entry in entries if entry.step is not None]
    return found


def _relative(path: str, folder: str) -> str:
    if not folder:
        return path
    if not path.startswith(f"{folder}/"):
        raise decline(f"{path} is not below the folder of the list", [path])
    return path.removeprefix(f"{folder}/")


def hashes(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    for pattern in _THEIR:
        slots = match(pattern, piece)
        if slots is not None:
            return Hashes(mention(slots, "d", piece) if "d" in slots else None)
    if match(f"compare their {_HASH}", piece) is not None:
        return Compares()
    if match("(one of them|one) (is not|isn't|differs)", piece) is not None:
        return Remark()
    slots = match(f"(write|put|save|store|note|record) its {_HASH} {{goal:any}}", piece)
    goals = targets(Piece(piece.line, slots["goal"])) if slots is not None else None
    if goals is not None:
        return Sums(goals)
    return _alike(piece) or _odd(piece) or _lists(piece) or _gets(piece)


def _alike(piece: Piece) -> Part | None:
    slots = match("[the] {files:any} (should|have to|must|ought to) [all] be (the same|identical|equal)", piece)
    of = None if slots is None else files(Piece(piece.line, slots["files"]))
    return None if of is None or any(one.folder for one in of.files) else Alike(of)


def _odd(piece: Piece) -> Part | None:
    slots = match("(write|put|save) the name of {d:device} (to|into|in) {goal:any}", piece)
    if slots is None:
        slots = match("(write|put|save) the name of (that|the odd|the other) one (to|into|in) {goal:any}", piece)
    elif not mention(slots, "d", piece).text.casefold().startswith("that "):
        return None
    target = None if slots is None else _one(Piece(piece.line, slots["goal"]))
    return None if target is None else NamesOdd(target)


def _lists(piece: Piece) -> Part | None:
    slots = match(
        "(list|write|put) (them|these|the sums|the hashes|the checksums) (in|into|to) {goal:any} "
        "(the way|like|just like|as) sha256sum does [it]",
        piece,
    )
    target = None if slots is None else _one(Piece(piece.line, slots["goal"]))
    return None if target is None else ListsSums(target)


def _gets(piece: Piece) -> Part | None:
    slots = match(
        "{d:device} (should get|gets|should have|needs) a copy of (it|that|the|this) [{noun:word}] as {f:name}", piece
    )
    if slots is None:
        return None
    noun = slots["noun"][0].text.casefold() if "noun" in slots else "it"
    return GetsCopy(noun, Target(literal(slots, "f"), mention(slots, "d", piece)))


def _one(goal: Piece) -> Target | None:
    bare = match("{f:file} on {d:device}", goal)
    if bare is not None:
        return Target(literal(bare, "f"), mention(bare, "d", goal))
    found = targets(goal)
    return found[0] if found is not None and len(found) == 1 and found[0].path is not None else None
