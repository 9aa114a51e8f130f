"""Deeds that are no module of their own: copies, archives, texts to a telephone, tables, commands, other addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.embedded.flow.builder import Builder, Thing
from agents.embedded.flow.deliver import put
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.layout import Layout
from agents.embedded.flow.parts import Part
from agents.embedded.flow.running import printing
from agents.embedded.flow.saving import saved
from agents.embedded.flow.things import Before, Entry, FileAt, Files, Made, Pages, Target
from agents.embedded.kinds.line import Mention
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Move:
    """A thing and where it goes."""

    thing: Thing
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Moves(Part):
    """Things that go somewhere."""

    moves: tuple[Move, ...]

    def build(self, to: Builder) -> None:
        copies: list[Entry] = []
        for move in self.moves:
            _move(to, move)
            copies += to.made[-1].entries
        if len(self.moves) > 1:
            to.made.append(Made("file", tuple(copies), frozenset({"them", "files", "copies"})))


@dataclass(frozen=True)
class Reads(Part):
    """A value that is wanted, or that later clauses speak of."""

    thing: Thing

    limits = True

    def build(self, to: Builder) -> None:
        to.answers += [one.step for one in to.realised(self.thing).entries if one.step is not None]


@dataclass(frozen=True)
class Packs(Part):
    """A folder or file into an archive on the same device."""

    files: FileAt
    into: str

    def build(self, to: Builder) -> None:
        """An archive on each device, of what is there."""
        entries = []
        for name in to.names(self.files):
            arguments: JsonObject = {"source": self.files.path, "target": self.into}
            entries.append(Entry(name, name, to.step("pack", "archive.create", arguments, name), self.into))
        nouns = {"archive", "it", "file"} if len(entries) == 1 else {"archives", "them", "files"}
        to.made.append(Made("file", tuple(entries), frozenset(nouns)))


@dataclass(frozen=True)
class Texts(Part):
    """What was made before, as a text to a telephone number."""

    number: str
    place: Mention | None

    def build(self, to: Builder) -> None:
        made = to.before(Before("number"))
        if len(made.entries) != 1 or made.kind == "file":
            raise decline("it is not clear what should be told")
        text = made.entries[0].value if made.kind == "text" else f"{made.entries[0].value} {made.unit}".strip()
        to.step("sms", "phone.sms", {"number": self.number, "text": text}, to.phone(self.place))


@dataclass(frozen=True)
class Has(Part):
    """A fact: these devices each have a file. Nothing is done; later clauses speak of it."""

    files: Files

    def build(self, to: Builder) -> None:
        to.realised(self.files)


@dataclass(frozen=True)
class Senses(Part):
    """A sensor is read: its words, and the seconds of a mean (0: its value now)."""

    words: tuple[str, ...]
    seconds: float = 0.0

    def build(self, to: Builder) -> None:
        found = to.world.sensed(self.words, None)
        if len(found) != 1:
            raise decline(f"no sensor is called {' '.join(self.words)}", [" ".join(self.words)])
        [one] = found
        skill, path, more = ("edge.aggregate", "output.mean", {"seconds": self.seconds})
        if not self.seconds:
            skill, path, more = "edge.read", "output.value", {}
        step = to.step("read", skill, {"sensor": one.name, **more}, one.device)
        nouns = frozenset({"number", "value", "reading", "it", "that", one.name})
        nouns |= {"mean", "average"} if self.seconds else set()
        to.made.append(Made("number", (Entry(one.name, one.device, step, f"${{{step}.{path}}}"),), nouns))


@dataclass(frozen=True)
class Runs(Part):
    """A command in a folder of each device."""

    command: str
    folders: tuple[FileAt, ...]

    def build(self, to: Builder) -> None:
        entries = []
        for folder in self.folders:
            for name in to.names(folder):
                step = to.step("run", "shell.run", {"command": printing(to, self.command), "cwd": folder.path}, name)
                said = f"${{{step}.output.stdout}}${{{step}.output.stderr}}"
                entries.append(Entry(folder.path, name, step, said))
        to.made.append(Made("text", tuple(entries), frozenset({"output", "outputs", "it", "them"})))
        to.ran = tuple(entries)


@dataclass(frozen=True)
class Tabulates(Part):
    """What was made before, a row for each device, as a table."""

    columns: tuple[str, str]
    targets: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        if saved(to, self.targets, Layout(self.columns)):
            return
        made = to.before(Before("numbers", several=True))
        if made.kind == "file":
            raise decline("a table holds values")
        first, second = self.columns
        check_columns(made, first, second)
        items: list[Json] = [{first: entry.label, second: entry.value} for entry in made.entries]
        for target in self.targets:
            for name in to.goals(target):
                if target.path is None or not target.path.endswith(".csv"):
                    raise decline("it is not said into which CSV file the table goes")
                arguments: JsonObject = {"path": target.path, "items": items, "columns": [first, second]}
                step = to.step("table", "csv.write", arguments, name)
                nouns = frozenset({"table", "list", "it"})
                to.made.append(Made("file", (Entry(name, name, step, target.path),), nouns))


@dataclass(frozen=True)
class Publishes(Part):
    """What was made before, one to each topic."""

    topics: tuple[str, ...]
    place: Mention | None

    def build(self, to: Builder) -> None:
        made = to.before(Before("numbers", several=len(self.topics) > 1))
        boxes = self.place.names if self.place is not None else to.world.able("edge.publish")
        if made.kind not in ("text", "number") or len(boxes) != 1 or len(made.entries) != len(self.topics):
            raise decline("it is not clear what should be published to which topic")
        for entry, topic in zip(made.entries, self.topics, strict=True):
            if len(self.topics) > 1 and entry.label.casefold() not in topic.casefold():
                raise decline(f"it is not clear which value goes to {topic}", [topic])
            to.step("publish", "edge.publish", {"topic": topic, "payload": entry.value}, boxes[0])


@dataclass(frozen=True)
class Mirrors(Part):
    """Another address for what was downloaded before, where the first one fails."""

    url: str

    limits = True
    closing = True

    def build(self, to: Builder) -> None:
        """The downloads of the last clause, again from there, each where it failed."""
        last = to.made[-1] if to.made else None
        steps = [to.draft.steps[one.step] for one in last.entries if one.step is not None] if last else []
        if last is None or not steps or any(step.skill != "http.download" for step in steps):
            raise decline("it is not said what else could be taken")
        for entry, step in zip(last.entries, steps, strict=True):
            failed = StepDependency(step=step.id, on=On.FAILURE)
            arguments: JsonObject = {"url": self.url, "path": entry.value}
            mirror = to.draft.add(f"mirror-{entry.device}", "http.download", arguments, step.devices, edges=(failed,))
            to.either[step.id] = mirror


def _move(to: Builder, move: Move) -> None:
    if isinstance(move.thing, Pages):
        _download(to, move.thing, move.targets)
        return
    made = to.realised(move.thing)
    named = [one for one in move.targets if one.path is not None]
    if len(made.entries) > 1 and len(move.targets) == len(made.entries) and len(named) == len(made.entries):
        for entry, target in zip(made.entries, move.targets, strict=True):
            put(to, made, (entry,), target)
        return
    if len(made.entries) > 1 and named:
        raise decline("several files cannot have one name")
    for target in move.targets:
        put(to, made, made.entries, target)


def _download(to: Builder, pages: Pages, targets: Sequence[Target]) -> None:
    new: list[Entry] = []
    for url in pages.urls:
        for target in targets:
            for name in to.goals(target):
                path = target.path or ""
                if not path or path.endswith("/"):
                    path += url.rstrip("/").rpartition("/")[2]
                if any(one.device == name and one.value == path for one in new):
                    raise decline(f"several pages would be {path} on {name}")
                step = to.step("download", "http.download", {"url": url, "path": path}, name)
                new.append(Entry(name, name, step, path))
    to.made.append(Made("file", tuple(new), frozenset({"it", "them", "file", "files", "copy", "copies"})))
