"""What a flow is built with: its steps so far, what they made, and how a thing that is spoken of is found or computed.

Each device gets its own steps, and `it` is what was made last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agents.embedded.draft import Draft
from agents.embedded.flow.things import Before, Entry, FileAt, Files, Made, Measure, Pages, Relation, Table, Target
from agents.embedded.kinds.line import Mention
from agents.embedded.kinds.world import World
from agents.embedded.outcome import decline, lacking
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector, StepDependency
from protocol.vocabulary import JsonObject

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


class Value(ABC):
    """What a noun phrase means that is computed by steps of its own."""

    @abstractmethod
    def realised(self, to: Builder) -> Made:
        """What its steps leave. Raises Stop where it cannot be computed."""


Thing = Files | Pages | Measure | Before | Value


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
        self.draft = Draft(self.world.skills, parts_do=False)

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
