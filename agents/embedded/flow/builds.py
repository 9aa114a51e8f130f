"""Commands in a folder, and what they leave there: put onto other devices only where the command ended well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.references import escape
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject

_GIVE: Final = "(put|copy|hand|send|bring|take|get|fetch|collect|save|store)"
_PROGRAMS: Final = ("python3", "python", "sh", "bash", "node", "perl", "ruby")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./+-]+")
_OLD: Final = "[, (in place of|instead of|replacing) the (old|previous|present) (one|file|version)]"


@dataclass(frozen=True)
class At(Part):
    """A fact: something is done on one device, which later clauses call `there`."""

    place: Mention

    def build(self, to: Builder) -> None:
        if len(self.place.names) != 1:
            raise decline(f"it is not said which device is meant by {self.place.text}", [self.place.text])
        [name] = self.place.names
        to.made.append(Made("done", (Entry(name, name, None, ""),), frozenset()))


@dataclass(frozen=True)
class WritesText(Part):
    """One word or number as the whole text of a file."""

    text: str
    target: Target

    def build(self, to: Builder) -> None:
        [name] = to.goals(self.target)
        path = str(self.target.path)
        step = to.step("write", "file.write", {"path": path, "text": f"{escape(self.text)}\n"}, name)
        to.made.append(Made("file", (Entry(name, name, step, path),), frozenset({"file", "it"})))


@dataclass(frozen=True)
class RunsThere(Part):
    """A command in a folder of the device that was spoken of last, after what was written there."""

    command: str
    folder: str

    def build(self, to: Builder) -> None:
        names = to.goals(Target(self.folder, None))
        wrote = [
            id
            for id, step in to.draft.steps.items()
            if step.devices.names == names and step.skill in ("file.write", "artifact.save", "archive.extract")
        ]
        edges = [StepDependency(step=id) for id in wrote]
        arguments: JsonObject = {"command": escape(self.command), "cwd": self.folder}
        step = to.step("run", "shell.run", arguments, names[0], edges=edges)
        said = f"${{{step}.output.stdout}}${{{step}.output.stderr}}"
        to.made.append(Made("text", (Entry(self.folder, names[0], step, said),), frozenset({"output"})))
        to.answers.append(step)


@dataclass(frozen=True)
class RunsIt(Part):
    """A program with the file that was put somewhere last, where it is."""

    program: str
    place: Mention | None

    def build(self, to: Builder) -> None:
        last = to.made[-1] if to.made else None
        if last is None or last.kind != "file" or len(last.entries) != 1:
            raise decline("it is not clear what should be run")
        [entry] = last.entries
        named = self.place.names if self.place is not None and not self.place.there else (entry.device,)
        if named != (entry.device,) or not _PLAIN.fullmatch(entry.value):
            raise decline("it is not clear where it should be run")
        step = to.step("run", "shell.run", {"command": f"{self.program} {entry.value}"}, entry.device, entry.step)
        said = f"${{{step}.output.stdout}}${{{step}.output.stderr}}"
        to.made.append(Made("text", (Entry("", entry.device, step, said),), frozenset({"output"})))
        to.answers.append(step)


@dataclass(frozen=True)
class Hands(Part):
    """A file that the last command makes; `within` its folder, or with the folder in its path."""

    path: str
    within: bool
    targets: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        ran = to.made[-1] if to.made else None
        step = None if ran is None or len(ran.entries) != 1 else ran.entries[0].step
        if ran is None or step is None or to.draft.steps[step].skill != "shell.run":
            raise decline(f"it is not said on which device {self.path} is", [self.path])
        [made] = ran.entries
        inside = not made.label or self.path.startswith(f"{made.label}/")
        if not self.within and not inside:
            raise decline(f"it is not said on which device {self.path} is", [self.path])
        well = Compare.model_validate({"path": "output.exit_code", "op": "==", "value": 0})
        edges = (StepDependency(step=step, on=On.CONDITION, when=well),)
        path = self.path if inside else f"{made.label}/{self.path}"
        shared = to.step("share", "artifact.publish", {"path": path}, made.device, edges=edges)
        entries = []
        for target in self.targets:
            for name in to.goals(target):
                goal = target.path or path
                arguments: JsonObject = {"path": goal, "artifact": f"${{{shared}.output.artifact}}"}
                saved = to.step("save", "artifact.save", arguments, name)
                entries.append(Entry(name, name, saved, goal))
        nouns = {"file", "files", "copy", "copies", "them"} | ({"it"} if len(entries) == 1 else set())
        to.made.append(Made("file", tuple(entries), frozenset(nouns)))


def builds(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _announces(piece) or _at(piece) or _writes(piece) or _runs(piece) or _runs_it(piece) or _hands(piece)


def _announces(piece: Piece) -> Part | None:
    """`we ship Heron 3 today`: what is said of a release asks for nothing; its number has to come again."""
    said = match("we (release|are releasing|ship|are shipping) {what:any} (today|tonight|now|this week)", piece)
    if said is None or any(token.kind not in (Kind.WORD, Kind.NUMBER, Kind.HOST) for token in said["what"]):
        return None
    everything = [token.text for token in piece.line.tokens]
    numbers = [token.text for token in said["what"] if any(letter.isdigit() for letter in token.text)]
    return Remark() if len(said["what"]) <= 3 and all(everything.count(number) > 1 for number in numbers) else None


def _at(piece: Piece) -> Part | None:
    slots = match("[the] {what:word} (is|gets) (built|made|compiled|packaged) on {d:device}", piece)
    return None if slots is None else At(mention(slots, "d", piece))


def _writes(piece: Piece) -> Part | None:
    slots = match("(write|put) {t:any} (into|to|in) [the file] {f:file} on {d:device}", piece)
    if slots is None or len(slots["t"]) != 1 or len(mention(slots, "d", piece).names) != 1:
        return None
    [text] = slots["t"]
    plain = text.kind in (Kind.NUMBER, Kind.HOST, Kind.QUOTED) or (text.word and any(c.isdigit() for c in text.text))
    said = str(text.value) if text.kind is Kind.QUOTED else text.text
    return WritesText(said, Target(literal(slots, "f"), mention(slots, "d", piece))) if plain else None


def _runs(piece: Piece) -> Part | None:
    slots = match("run {c:plain} in the (folder|directory) {f:name} [{d:device}]", piece)
    if slots is None or ("d" in slots and not mention(slots, "d", piece).there):
        return None
    return RunsThere(literal(slots, "c"), literal(slots, "f"))


def _hands(piece: Piece) -> Part | None:
    give = "(put|copy|hand|send|bring)"
    made = match(
        f"{give} the {{f:file}} [that|which] (it|this) (makes|builds|produces|leaves) (on|onto|to) {{d:device}} "
        f"as {{g:file}} {_OLD}",
        piece,
    )
    slots = made or match(f"{give} {{f:file}} (on|onto|to) {{d:device}} as {{g:file}} {_OLD}", piece)
    if slots is None:
        slots = match(f"{_GIVE} [the] [file] {{f:file}} it makes {{goal:any}}", piece)
        goals = targets(Piece(piece.line, slots["goal"])) if slots is not None else None
        return Hands(literal(slots, "f"), True, goals) if slots is not None and goals is not None else None
    target = Target(literal(slots, "g"), mention(slots, "d", piece))
    return Hands(literal(slots, "f"), made is not None, (target,))


def _runs_it(piece: Piece) -> Part | None:
    """`run it there with python3`: the file that was put somewhere last."""
    slots = match("run (it|that|that file|that script|the script) [(there|{d:device})] with {c:word}", piece)
    slots = slots or match("run (it|that|that file|that script|the script) with {c:word} [{d:device}]", piece)
    slots = slots or match("run (it|that|the script) with {c:word} on {d:device}", piece)
    slots = slots or match("run (it|that|the script) on {d:device} with {c:word}", piece)
    if slots is None or slots["c"][0].text not in _PROGRAMS:
        return None
    return RunsIt(slots["c"][0].text, mention(slots, "d", piece) if "d" in slots else None)
