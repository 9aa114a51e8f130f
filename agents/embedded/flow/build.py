"""Deeds to steps: each device gets its own, files go between devices as artifacts, `it` is what was made last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agents.embedded.draft import Draft
from agents.embedded.flow.deeds import (
    Deed,
    Has,
    Mirrors,
    Moves,
    Packs,
    Publishes,
    Reads,
    Runs,
    Senses,
    Tabulates,
    Tells,
)
from agents.embedded.flow.deliver import delivered, with_phone
from agents.embedded.flow.fillings import fill
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.layout import Layout
from agents.embedded.flow.order import in_order, whole_only
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relation import Relation, Table
from agents.embedded.flow.things import (
    ROWS,
    Before,
    Entry,
    FileAt,
    Files,
    Made,
    Measure,
    Move,
    Pages,
    Target,
    Thing,
    Value,
)
from agents.embedded.kinds.line import Mention
from agents.embedded.kinds.world import World
from agents.embedded.outcome import decline, lacking
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan, Selector, StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

_SKILLS: Final[dict[str, tuple[str, str]]] = {
    "count": ("file.search", "output.count"),
    "hash": ("file.hash", "output.hash"),
    "tail": ("file.tail", "output.text"),
    "head": ("file.head", "output.text"),
    "text": ("file.read", "output.text"),
}
_NOUNS: Final = {
    "count": frozenset({"number", "numbers", "count", "counts", "result", "results", "it", "that"}),
    "hash": frozenset({"checksum", "hash", "result", "results"}),
    "tail": frozenset({"lines", "it", "that", "them"}),
    "head": frozenset({"lines", "it", "that", "them"}),
    "text": frozenset({"text", "it", "that"}),
}


VALUE: Final = words("number count value result reading sum total mean average checksum hash text message")
_BACK: Final = ("it", "them", "this", "that", "these", "those")
CONVERSIONS: Final = {
    ("csv", "xlsx"): ("csv.read", "items", "xlsx.write", "items"),
    ("xlsx", "csv"): ("xlsx.read", "items", "csv.write", "items"),
    ("md", "html"): ("file.read", "text", "html.write", "markdown"),
    ("md", "pdf"): ("file.read", "text", "pdf.write", "markdown"),
}
"""How a file of one kind becomes one of another: what reads it, its output, what writes it, its argument."""


def kinds(source: str, target: str) -> tuple[str, str]:
    return source.rpartition(".")[2].casefold(), target.rpartition(".")[2].casefold()


@dataclass
class Builder:
    """Steps of one request. Raises Stop where a deed has no devices, no object, or no skill."""

    world: World
    draft: Draft = field(init=False)
    made: list[Made] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Steps whose outputs were asked for in so many words; those of `answers` count where nothing has used them up."""
    conditions: list[tuple[StepDependency, ...]] = field(default_factory=list)
    """Gates of the conditions so far, for `otherwise`."""
    filled: set[str] = field(default_factory=set)
    """Quoted texts in which a value stands for a word: no argument holds them as they are."""
    pending: str = ""
    """What is still missing for a deed before; nothing at the end of the request."""
    either: dict[str, str] = field(default_factory=dict)
    """Downloads with the ones that stand in for them where they fail."""
    tables: dict[tuple[str, str], Table] = field(default_factory=dict)
    """What was said of tables, by device and path."""
    relation: Relation | None = None
    """The table that was computed last, and `workplace`, where tables are joined."""
    workplace: Mention | None = None
    verified: Entry | None = None
    """Whether the backup that was checked last is intact; `unpacked`, how many files came out of an archive."""
    unpacked: Entry | None = None
    folder: Entry | None = None
    """The folder that something is wrong with."""
    reading: Entry | None = None
    """The reading that a number was compared with last."""
    printed: bool = False
    """Whether later clauses are about the lines that commands print."""
    ran: tuple[Entry, ...] = ()
    """The commands that ran last, each with its folder."""
    picture: Target | None = None
    """Where the chart of a report is kept, if that is said."""
    page: str = ""
    """The address that was spoken of last."""
    expected: str = ""
    """The checksum that files must have, and `checked`, the path of those whose checksum was looked at."""
    checked: str = ""
    then: bool = False
    """Whether the next deed waits for all before it."""
    sequence: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draft = Draft(self.world.skills)

    def plan(self, deeds: Sequence[Deed]) -> Plan:
        self.draft.begin((), ())
        for deed in deeds:
            if isinstance(deed, Part):
                deed.foresee(self)
        for deed in deeds:
            self.build(deed)
        if self.pending:
            raise decline(self.pending)
        if not self.draft.steps:
            raise decline("the request asks for nothing that a skill does")
        self.filled |= fill(self)
        in_order(self, self.sequence)
        whole_only(self)
        answer = [*self.asked, *self.draft.answering(self.answers)]
        return self.draft.plan(answer, "every word of the request has its place in a flow")

    def build(self, deed: Deed) -> None:
        """The steps of one deed, and what it made."""
        then, self.then = self.then, False
        before = frozenset(self.draft.steps)
        self._build(deed)
        if then:
            self.sequence.append((frozenset(self.draft.steps) - before, before))

    def _build(self, deed: Deed) -> None:
        if isinstance(deed, Moves):
            copies: list[Entry] = []
            for move in deed.moves:
                self._move(move)
                copies += self.made[-1].entries
            if len(deed.moves) > 1:
                self.made.append(Made("file", tuple(copies), frozenset({"them", "files", "copies"})))
        elif isinstance(deed, Packs):
            self._pack(deed)
        elif isinstance(deed, Reads):
            self.answers += [one.step for one in self.realised(deed.thing).entries if one.step is not None]
        elif isinstance(deed, Tells):
            self._tell(deed)
        elif isinstance(deed, Has):
            self.realised(deed.files)
        elif isinstance(deed, Senses):
            self._sense(deed)
        elif isinstance(deed, Runs):
            self._run(deed)
        elif isinstance(deed, Tabulates):
            self._tabulate(deed)
        elif isinstance(deed, Publishes):
            self._publish(deed)
        elif isinstance(deed, Mirrors):
            self._mirror(deed)
        else:
            deed.build(self)

    # --- where things are --------------------------------------------------------------------------------------

    def realised(self, thing: Thing) -> Made:
        """What a thing is on its devices, read or computed where it lies."""
        if isinstance(thing, Before):
            return self._lines_of(thing) if thing.number else self.before(thing)
        if isinstance(thing, Pages):
            raise decline("a page goes somewhere")
        if isinstance(thing, Value):
            found = thing.realised(self)
            self.made.append(found)
            return found
        made = self._files(thing) if isinstance(thing, Files) else self._measure(thing)
        self.made.append(made)
        return made

    def _lines_of(self, thing: Before) -> Made:
        """`its last 100 lines`: of the one file that was named or read last."""
        last = self.made[-1] if self.made else None
        path, name = "", ""
        if last is not None and last.kind == "file" and len(last.entries) == 1:
            path, name = last.entries[0].value, last.entries[0].device
        elif last is not None and len(last.entries) == 1 and last.entries[0].step in self.draft.steps:
            step = self.draft.steps[last.entries[0].step]
            path, [name] = str(step.arguments.get("path", "")), step.devices.names or ("",)
        if not path or not name:
            raise decline("it is not clear whose lines are meant")
        skill = "file.tail" if thing.noun == "tail" else "file.head"
        id = self.step(thing.noun, skill, {"path": path, "lines": thing.number}, name)
        made = Made("text", (Entry(name, name, id, f"${{{id}.output.text}}"),), _NOUNS["tail"])
        self.made.append(made)
        return made

    def _files(self, thing: Files) -> Made:
        entries = [Entry(name, name, None, one.path) for one in thing.files for name in self.names(one)]
        nouns = frozenset({"it", "them", "file", "files", "folder", "copy", "copies"})
        return Made("file", tuple(entries), nouns)

    def names(self, file: FileAt) -> tuple[str, ...]:
        """The devices on which a file is."""
        if file.place is None or not file.place.names:
            raise decline(f"it is not said on which device {file.path} is", [file.path])
        if len(file.place.names) > 1 and not file.place.many:
            raise decline(f"it is not said which device is meant by {file.place.text}", [file.place.text])
        return file.place.names

    def _measure(self, thing: Measure) -> Made:
        if thing.files is None or thing.what not in _SKILLS:
            raise decline("this cannot be measured")
        skill, path = _SKILLS[thing.what]
        entries = []
        for one in thing.files.files:
            for name in self.names(one):
                step = self.step(thing.what, skill, self._arguments(thing, one.path), name)
                entries.append(Entry(name, name, step, f"${{{step}.{path}}}"))
        unit = f"{thing.text} lines" if thing.what == "count" else ""
        kind: Literal["number", "text"] = "number" if thing.what == "count" else "text"
        return Made(kind, tuple(entries), _NOUNS[thing.what], unit, about=thing.text)

    def _arguments(self, thing: Measure, path: str) -> JsonObject:
        if thing.what == "count":
            return {"path": path, "pattern": thing.text}
        if thing.what in ("tail", "head"):
            return {"path": path, "lines": thing.number}
        return {"path": path}

    def before(self, thing: Before) -> Made:
        """What was made before, by a word for it."""
        if thing.noun == "both":
            return self._both()
        self.one_meant(thing.noun)
        for made in reversed(self.made):
            if made.kind != "done" and (thing.noun in made.nouns or thing.noun in _BACK):
                if len(made.entries) > 1 and not (thing.several or thing.noun == "output"):
                    break
                return made
        raise decline(f"it is not clear what is meant by {thing.noun!r}", [thing.noun])

    def one_meant(self, noun: str) -> None:
        """Raises Stop where several values could be meant by a noun: `the number`, after two were counted."""
        fits = (made for made in self.made if made.kind in ("number", "text") and len(made.entries) == 1)
        if noun in VALUE and len({made.entries[0].value for made in fits if noun in made.nouns}) > 1:
            raise decline(f"it is not clear which {noun} is meant", [noun])

    def _both(self) -> Made:
        """The last two things of one kind as one, or the last one where it is of two devices."""
        last = [made for made in self.made if made.kind != "done"][-2:]
        if last and len(last[-1].entries) == 2:
            return last[-1]
        if len(last) == 2 and len(last[0].entries) == 2 and last[0].kind == last[1].kind == "number":
            return last[0]  # the last one is the sum or the like of these two
        if len(last) < 2 or last[0].kind != last[1].kind or any(len(made.entries) != 1 for made in last):
            raise decline("it is not clear what is meant by 'both'", ["both"])
        return replace(last[1], entries=(*last[0].entries, *last[1].entries))

    # --- what is done ------------------------------------------------------------------------------------------

    def _move(self, move: Move) -> None:
        if isinstance(move.thing, Pages):
            self._download(move.thing, move.targets)
            return
        made = self.realised(move.thing)
        named = [one for one in move.targets if one.path is not None]
        if len(made.entries) > 1 and len(move.targets) == len(made.entries) and len(named) == len(made.entries):
            for entry, target in zip(made.entries, move.targets, strict=True):
                self.put(made, (entry,), target)
            return
        if len(made.entries) > 1 and named:
            raise decline("several files cannot have one name")
        for target in move.targets:
            self.put(made, made.entries, target)

    def put(self, made: Made, entries: Sequence[Entry], target: Target) -> None:
        """The files or texts of these entries where the target says: copied as they are, texts written."""
        new: list[Entry] = []
        for entry in entries:
            for name in self.goals(target):
                path = target.path or (entry.value if made.kind == "file" else None)
                if path is not None and path.endswith("/") and made.kind == "file":
                    path += entry.value.rpartition("/")[2]
                if path is None or path.endswith("/"):
                    raise decline("it is not said into which file")
                if any(one.device == name and one.value == path for one in new):
                    raise decline(f"several files would be {path} on {name}")
                new.append(self._delivered(made, entry, name, path))
        self.made.append(Made("file", tuple(new), made.nouns | {"copy", "copies"}))

    def _delivered(self, made: Made, entry: Entry, device: str, path: str) -> Entry:
        if made.form and kinds("", path)[1] != made.form:
            raise decline(f"{path} is not of the kind {made.form}", [path])
        if made.kind == "file" and (both := kinds(entry.value, path)) in CONVERSIONS:
            return self._converted(entry, device, path, CONVERSIONS[both])
        if made.kind not in ("file", "text", "number"):
            return delivered(self, made, entry, device, path)
        if made.kind != "file":
            text = entry.value if made.kind == "text" else f"{entry.value}\n"
            step = self.step("write", "file.write", {"path": path, "text": text}, device)
            return Entry(entry.label, device, step, path)
        if {device, entry.device} & set(self.world.able("phone.push")):
            return with_phone(self, entry, device, path)
        if device == entry.device:
            copied: JsonObject = {"source": entry.value, "target": path}
            return Entry(entry.label, device, self.step("copy", "file.copy", copied, device, entry.step), path)
        shared = self.step("share", "artifact.publish", {"path": entry.value}, entry.device, entry.step, once=True)
        arguments: JsonObject = {"path": path, "artifact": f"${{{shared}.output.artifact}}"}
        return Entry(entry.label, device, self.step("save", "artifact.save", arguments, device), path)

    def _converted(self, entry: Entry, device: str, path: str, way: tuple[str, str, str, str]) -> Entry:
        reader, output, writer, argument = way
        most: JsonObject = {"max_bytes": 4_000_000} if reader == "file.read" else {"limit": ROWS}
        read = self.step("read", reader, {"path": entry.value, **most}, entry.device, entry.step)
        arguments: JsonObject = {"path": path, argument: f"${{{read}.output.{output}}}"}
        return Entry(entry.label, device, self.step("convert", writer, arguments, device), path)

    def goals(self, target: Target) -> tuple[str, ...]:
        """The devices where something should go; those of what was made last where none is named."""
        place = target.place
        if place is None or not place.names:
            last = self.made[-1].entries[-1].device if self.made else None
            if last is None or target.path is None:
                raise decline("it is not said where it should go")
            return (last,)
        if len(place.names) > 1 and not place.many:
            raise decline(f"it is not said which device is meant by {place.text}", [place.text])
        return place.names

    def _download(self, pages: Pages, targets: Sequence[Target]) -> None:
        new: list[Entry] = []
        for url in pages.urls:
            for target in targets:
                for name in self.goals(target):
                    path = target.path or ""
                    if not path or path.endswith("/"):
                        path += url.rstrip("/").rpartition("/")[2]
                    if any(one.device == name and one.value == path for one in new):
                        raise decline(f"several pages would be {path} on {name}")
                    step = self.step("download", "http.download", {"url": url, "path": path}, name)
                    new.append(Entry(name, name, step, path))
        self.made.append(Made("file", tuple(new), frozenset({"it", "them", "file", "files", "copy", "copies"})))

    def _pack(self, deed: Packs) -> None:
        """An archive on each device, of what is there."""
        entries = []
        for name in self.names(deed.files):
            arguments: JsonObject = {"source": deed.files.path, "target": deed.into}
            entries.append(Entry(name, name, self.step("pack", "archive.create", arguments, name), deed.into))
        nouns = {"archive", "it", "file"} if len(entries) == 1 else {"archives", "them", "files"}
        self.made.append(Made("file", tuple(entries), frozenset(nouns)))

    def _tell(self, deed: Tells) -> None:
        made = self.before(Before("number" if deed.text is None else "it"))
        if deed.how != "sms" or len(made.entries) != 1 or made.kind == "file":
            raise decline("it is not clear what should be told")
        names = self.phone(deed.place)
        text = made.entries[0].value if made.kind == "text" else f"{made.entries[0].value} {made.unit}".strip()
        self.step("sms", "phone.sms", {"number": deed.to, "text": text}, names)

    def _sense(self, deed: Senses) -> None:
        found = self.world.sensed(deed.words, None)
        if len(found) != 1:
            raise decline(f"no sensor is called {' '.join(deed.words)}", [" ".join(deed.words)])
        [one] = found
        skill, path, more = ("edge.aggregate", "output.mean", {"seconds": deed.seconds})
        if not deed.seconds:
            skill, path, more = "edge.read", "output.value", {}
        step = self.step("read", skill, {"sensor": one.name, **more}, one.device)
        nouns = frozenset({"number", "value", "reading", "it", "that", one.name})
        nouns |= {"mean", "average"} if deed.seconds else set()
        self.made.append(Made("number", (Entry(one.name, one.device, step, f"${{{step}.{path}}}"),), nouns))

    def _run(self, deed: Runs) -> None:
        entries = []
        from agents.embedded.flow.running import printing

        for folder in deed.folders:
            for name in self.names(folder):
                step = self.step(
                    "run", "shell.run", {"command": printing(self, deed.command), "cwd": folder.path}, name
                )
                said = f"${{{step}.output.stdout}}${{{step}.output.stderr}}"
                entries.append(Entry(folder.path, name, step, said))
        self.made.append(Made("text", tuple(entries), frozenset({"output", "outputs", "it", "them"})))
        self.ran = tuple(entries)

    def _tabulate(self, deed: Tabulates) -> None:
        from agents.embedded.flow.saving import saved

        if saved(self, deed.targets, Layout(deed.columns)):
            return
        made = self.before(Before("numbers", several=True))
        if made.kind == "file":
            raise decline("a table holds values")
        first, second = deed.columns
        check_columns(made, first, second)
        items: list[Json] = [{first: entry.label, second: entry.value} for entry in made.entries]
        for target in deed.targets:
            for name in self.goals(target):
                if target.path is None or not target.path.endswith(".csv"):
                    raise decline("it is not said into which CSV file the table goes")
                arguments: JsonObject = {"path": target.path, "items": items, "columns": [first, second]}
                step = self.step("table", "csv.write", arguments, name)
                nouns = frozenset({"table", "list", "it"})
                self.made.append(Made("file", (Entry(name, name, step, target.path),), nouns))

    def _publish(self, deed: Publishes) -> None:
        made = self.before(Before("numbers", several=len(deed.topics) > 1))
        boxes = deed.place.names if deed.place is not None else self.world.able("edge.publish")
        if made.kind not in ("text", "number") or len(boxes) != 1 or len(made.entries) != len(deed.topics):
            raise decline("it is not clear what should be published to which topic")
        for entry, topic in zip(made.entries, deed.topics, strict=True):
            if len(deed.topics) > 1 and entry.label.casefold() not in topic.casefold():
                raise decline(f"it is not clear which value goes to {topic}", [topic])
            self.step("publish", "edge.publish", {"topic": topic, "payload": entry.value}, boxes[0])

    def _mirror(self, deed: Mirrors) -> None:
        """The downloads of the last clause, again from there, each where it failed."""
        last = self.made[-1] if self.made else None
        steps = [self.draft.steps[one.step] for one in last.entries if one.step is not None] if last else []
        if last is None or not steps or any(step.skill != "http.download" for step in steps):
            raise decline("it is not said what else could be taken")
        for entry, step in zip(last.entries, steps, strict=True):
            failed = StepDependency(step=step.id, on=On.FAILURE)
            arguments: JsonObject = {"url": deed.url, "path": entry.value}
            mirror = self.draft.add(f"mirror-{entry.device}", "http.download", arguments, step.devices, edges=(failed,))
            self.either[step.id] = mirror

    def phone(self, place: Mention | None) -> str:
        """The one phone that texts are sent with."""
        names = place.names if place is not None else self.world.able("phone.sms")
        if len(names) != 1:
            raise decline("it is not said from which phone")
        return names[0]

    def step(
        self,
        name: str,
        skill: str,
        arguments: JsonObject,
        device: str,
        after: str | None = None,
        *,
        once: bool = False,
        edges: Sequence[StepDependency] = (),
    ) -> str:
        """Adds a step and gives its id; with `once`, that of the same one where there is one."""
        if skill not in self.world.fleet.devices[device].skills:
            raise lacking(self.world.fleet, skill, (device,), device)
        if once:
            for id, step in self.draft.steps.items():
                if (step.skill, step.arguments, step.devices.names) == (skill, arguments, (device,)):
                    return id
        selector = Selector(names=(device,))
        before = () if after is None else (after, self.either[after]) if after in self.either else (after,)
        id = self.draft.add(f"{name}-{device}", skill, arguments, selector, after=before, edges=edges)
        if len(before) > 1:
            self._either(id, before)
        return id

    def _either(self, id: str, before: tuple[str, ...]) -> None:
        """A step that goes on as soon as one of two downloads is there: it waits for nothing else."""
        step = self.draft.steps[id]
        if {edge.step for edge in step.after} != set(before):
            raise decline("what is done with a file that has a mirror depends on nothing else")
        self.draft.steps[id] = step.model_copy(update={"join": "any"})

    def after(self, id: str, earlier: str) -> None:
        """Holds a step back until another one has succeeded."""
        step = self.draft.steps[id]
        if all(edge.step != earlier for edge in step.after):
            self.draft.steps[id] = step.model_copy(update={"after": (*step.after, StepDependency(step=earlier))})

    def somewhere(self, name: str, skill: str, arguments: JsonObject, device: str) -> str:
        """A step on a device, or on any where none is said."""
        return self.step(name, skill, arguments, device) if device else self.anywhere(name, skill, arguments)

    def anywhere(self, name: str, skill: str, arguments: JsonObject, edges: Sequence[StepDependency] = ()) -> str:
        """A step that needs no particular device."""
        if not self.world.able(skill):
            raise lacking(self.world.fleet, skill)
        return self.draft.add(name, skill, arguments, Selector(), edges=edges)
