"""Commands in folders of several devices: what they leave there, whether they ended well, what the failed ones said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition, gate
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, FileAt, Made, Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind, Token
from orchestrator.core.plan import StepDependency
from protocol.vocabulary import Json, JsonObject

PRINTED: Final = "asterism-output.log"
_RUN: Final = "(run|execute|start|call|launch) [the] [command|script|program]"
_LEAVES: Final = (
    "[that|which] (it|they|this|these|the build|the builds|the command|the script|the run|each of them|each) "
    "(leaves|leave|makes|make|produces|produce|builds|build|creates|create|writes|write|generates|generate) "
    "[there|behind|in it|in them]"
)
_PUT: Final = "(put|copy|gather|collect|bring|send|hand|get|fetch|take|deliver|move)"
_GOES: Final = (
    "(goes|go|belongs|is to be put|is to be copied|should be put|should be copied|should go|has to go|is to "
    "go|is put|is "
    "copied|must go|is wanted)"
)
_WELL: Final = (
    "(pass|passes|succeed|succeeds|passed|succeeded|are green|is green|went well|end well|ends well|are ok|is ok)"
)
_BADLY: Final = "(fail|fails|failed|does not pass|doesn't pass|do not pass|don't pass|is red|are red)"
_THEY: Final = (
    "(they|all|all [of] [the] {n:number}|all of them|all of these|both|both of them|every one of "
    "them|all [of] [the] tests|the tests|it|all {m:number} of them)"
)
_ANY: Final = (
    "(any|one|any of them|one of them|any of the tests|any one of them|at least one|at least one of "
    "them|one or more|some|any of these)"
)


@dataclass(frozen=True)
class RunsIn(Part):
    """A command in each of these folders."""

    limits = True

    command: str
    folders: tuple[FileAt, ...]

    def build(self, to: Builder) -> None:
        entries = []
        for folder in self.folders:
            for name in to.names(folder):
                step = to.step("run", "shell.run", {"command": printing(to, self.command), "cwd": folder.path}, name)
                entries.append(Entry(folder.path, name, step, f"${{{step}.output.stdout}}${{{step}.output.stderr}}"))
        to.made.append(Made("text", tuple(entries), frozenset({"output", "outputs", "it", "them"})))
        to.ran = tuple(entries)
        to.answers += [entry.step for entry in entries if entry.step is not None]


def printing(to: Builder, command: str) -> str:
    """The command; its lines, and those about what went wrong, go into a file where they are counted: they may be more
    than a result holds."""
    return f"( {command} ) > {PRINTED} 2>&1" if to.printed else command


@dataclass(frozen=True)
class Leaves(Part):
    """Files that the commands leave in their folders, onto other devices; each only where its command ended well."""

    paths: tuple[str, ...]
    targets: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        pairs = [(path, self._of(to, path)) for path in self.paths]
        if len(to.ran) > 1 and len({run.device for _, run in pairs}) != len(pairs):
            raise decline("it is not clear which of the commands leaves which file", list(self.paths))
        new: list[Entry] = []
        for path, run in pairs:
            full = path if path.startswith(f"{run.label}/") else f"{run.label}/{path}"
            shared = to.step("share", "artifact.publish", {"path": full}, run.device, edges=(_well(run),))
            for target in self.targets:
                for name in to.goals(target):
                    goal = target.path or path
                    goal += path.rpartition("/")[2] if goal.endswith("/") else ""
                    if target.path is not None and target.path.endswith("/"):
                        to.folder = Entry(name, name, None, target.path.rstrip("/"))
                    if any(one.device == name and one.value == goal for one in new):
                        raise decline(f"several files would be {goal} on {name}")
                    saved: JsonObject = {"path": goal, "artifact": f"${{{shared}.output.artifact}}"}
                    new.append(Entry(run.label, name, to.step("save", "artifact.save", saved, name), goal))
        to.made.append(Made("file", tuple(new), frozenset({"file", "files", "copy", "copies", "it", "them"})))

    def _of(self, to: Builder, path: str) -> Entry:
        """The command that leaves a file: the only one, or the one whose folder the file is named after."""
        if len(to.ran) == 1:
            return to.ran[0]
        stem = path.rpartition("/")[2].rpartition(".")[0]
        found = [run for run in to.ran if run.label.rpartition("/")[2] == stem or path.startswith(f"{run.label}/")]
        if len(found) != 1:
            raise decline(f"it is not clear which command leaves {path}", [path])
        return found[0]


def _well(run: Entry, op: str = "==") -> StepDependency:
    return gate(Entry(run.label, run.device, run.step, f"${{{run.step}.output.exit_code}}"), op, 0)


@dataclass(frozen=True)
class CountsPrinted(Part):
    """How many lines with a text, or that begin with it, each of the commands printed."""

    text: str
    begins: bool

    def foresee(self, to: Builder) -> None:
        to.printed = True

    def build(self, to: Builder) -> None:
        if not to.ran:
            raise decline("it is not clear which commands are meant", [self.text])
        entries = []
        for run in to.ran:
            pattern: JsonObject = {"pattern": self.text}
            if self.begins:
                pattern = {"pattern": f"^{re.escape(self.text)}", "regex": True}
                to.filled.add(self.text)
            path = f"{run.label}/{PRINTED}"
            step = to.step("count", "file.search", {"path": path, **pattern}, run.device, run.step)
            entries.append(Entry(run.label, run.device, step, f"${{{step}.output.count}}"))
        nouns = frozenset({"number", "numbers", "count", "counts", "result", "results", "it", "that", "them"})
        to.made.append(Made("number", tuple(entries), nouns, about=self.text.strip(" :")))


@dataclass(frozen=True)
class Ended(Condition):
    """All of the commands ended well (`passed`), or one of them did not."""

    passed: bool
    of: int | None = None

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        if not to.ran or (self.of is not None and self.of != len(to.ran)):
            raise decline("it is not clear which commands are meant")
        if len(to.ran) == 1:
            return (_well(to.ran[0], "==" if self.passed else "!="),)
        codes: list[Json] = [f"${{{run.step}.output.exit_code}}" for run in to.ran]
        arguments: JsonObject = {"items": codes, "op": "!=", "value": 0}
        known = [
            id for id, step in to.draft.steps.items() if step.skill == "data.filter" and step.arguments == arguments
        ]
        step = known[0] if known else to.anywhere("failed", "data.filter", arguments)
        entry = Entry("failed", "", step, f"${{{step}.output.count}}")
        return (gate(entry, "==" if self.passed else ">=", 0 if self.passed else 1),)


@dataclass(frozen=True)
class SaysFailed(Part):
    """What the commands that failed printed, in one file."""

    target: Target

    def build(self, to: Builder) -> None:
        if not to.ran or self.target.path is None:
            raise decline("it is not clear which commands are meant")
        for name in to.goals(self.target):
            for run in to.ran:
                text: JsonObject = {"path": self.target.path, "text": f"{run.value}\n"}
                edges = (_well(run, "!="),)
                step = to.step("failed", "file.append", text, name, edges=edges)
                to.draft.guards[step] += edges


def ended(piece: Piece) -> Condition | None:
    """`all three pass`, `any of them fails`: what a condition says of commands, from its first word to its last."""
    slots = match(f"{_THEY} {_WELL}", piece)
    if slots is not None:
        number = slots.get("n", slots.get("m"))
        both = 2 if piece.said.startswith("both ") else None
        return Ended(True, int(number[0].value or 0) if number else both)
    return Ended(False) if match(f"({_ANY}|it) {_BADLY}", piece) is not None else None


def running(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _runs(piece) or _counts(piece) or _leaves(piece) or _failed(piece) or _nothing(piece)


def _runs(piece: Piece) -> Part | None:
    for pattern in (
        f"{_RUN} {{c:quoted}} (in|inside) {{places:any}}",
        f"(in|inside) {{places:any}} [,] [please] {_RUN} {{c:quoted}}",
        f"on {{d:device}} [,] [please] {_RUN} {{c:quoted}} (in|inside) [the|its] [folder|directory] {{f:name}}",
        f"in [the] [folder|directory] {{f:name}} (on|of) {{d:device}} [,] [please] {_RUN} {{c:quoted}}",
        "(build|make|compile|test) {what:any} (with|by|using) {c:quoted} [:] (in|inside) {places:any}",
        "{c:quoted} (is|should be|is to be|has to be) run (in|inside) {places:any}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        if "places" not in slots:
            folders = (FileAt(literal(slots, "f"), mention(slots, "d", piece), folder=True),)
            return RunsIn(literal(slots, "c"), folders)
        found = [_folder(one) for one in elements(Piece(piece.line, slots["places"]))]
        known = tuple(one for one in found if one is not None)
        if not _said_of(slots.get("what", ()), len(known)):
            continue
        if known and len(known) == len(found):
            return RunsIn(literal(slots, "c"), known)
    return None


def _said_of(what: Sequence[Token], number: int) -> bool:
    """Whether what is built is only named: words, and how many there are."""
    return all(token.word or (token.kind is Kind.NUMBER and token.value == number) for token in what)


def _counts(piece: Piece) -> Part | None:
    each = "(each of them|each|it|they|each build|each one|each run|each command|each test|every build|every one)"
    for how, begins in (("(containing|that contain|with|that have|saying)", False), (
        "(that begin with|that start with|beginning with|starting with)", True,
    )):  # fmt: skip
        for pattern in (
            f"count the lines {how} {{q:quoted}} in what {each} (prints|printed|print|says|said|writes|wrote)",
            f"[i] [also] [want|would like|need] [to know] how many lines {how} {{q:quoted}} {each} "
            "(prints|printed|print)",
        ):
            slots = match(pattern, piece)
            if slots is not None:
                return CountsPrinted(literal(slots, "q"), begins)
    return None


def _folder(piece: Piece) -> FileAt | None:
    slots = match("[in|inside] [the] [folder|directory] {f:name} (on|of) {d:device}", piece)
    return None if slots is None else FileAt(literal(slots, "f"), mention(slots, "d", piece), folder=True)


def _leaves(piece: Piece) -> Part | None:
    for pattern in (
        f"{_PUT} [the] [file|files] {{files:any}} {_LEAVES} {{goal:any}}",
        f"[the] [file|files] {{files:any}} {_LEAVES} {_GOES} {{goal:any}}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        found = [match("{f:file}", one) for one in elements(Piece(piece.line, slots["files"]))]
        known = [one for one in found if one is not None]
        goals = _goals(Piece(piece.line, slots["goal"]))
        if goals is not None and known and len(known) == len(found):
            return Leaves(tuple(literal(one, "f") for one in known), goals)
    return None


def _goals(piece: Piece) -> tuple[Target, ...] | None:
    for pattern in (
        "(in|into|to) [the|a] (folder|directory) {f:name} on {d:device}",
        "on {d:device} (in|into) [the|a] (folder|directory) {f:name}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return (Target(f"{literal(slots, 'f').rstrip('/')}/", mention(slots, "d", piece)),)
    return targets(piece)


def _failed(piece: Piece) -> Part | None:
    slots = match(
        "(put|write|save|collect|keep) (the output|what was printed|everything) (of|by|from) (what|the ones|those|"
        "whatever|the one|the tests|all) [that|which] failed {goal:any}",
        piece,
    )
    goals = targets(Piece(piece.line, slots["goal"])) if slots is not None else None
    return SaysFailed(goals[0]) if goals is not None and len(goals) == 1 else None


def _nothing(piece: Piece) -> Part | None:
    """`leave live alone`, `change nothing`: what happens anyway where nothing is said to be done."""
    if match("(change|do|touch) nothing [else]", piece) is not None:
        return Remark()
    slots = match("leave [the] [folder|file] {x:name} (alone|as it is|untouched|unchanged|as is)", piece)
    return Untouched(literal(slots, "x")) if slots is not None else None


@dataclass(frozen=True)
class Untouched(Part):
    """What is not changed in this case."""

    path: str

    limits = True

    def build(self, to: Builder) -> None:
        if not to.draft.gates:
            raise decline(f"it is not said in which case {self.path} is left alone", [self.path])
        to.filled.add(self.path)
