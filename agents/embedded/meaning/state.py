"""What is known while a request is read: its steps so far, what they made, and what words may refer to."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.relation import known_columns
from agents.embedded.flow.things import Entry
from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.bridge import Bridge
from agents.embedded.meaning.things import FileAt, Files, Ref
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.plan import StepDependency

Kind = Literal["file", "number", "text", "lines", "rows", "pages", "measured", "record"]
BACK: Final = words("it them that this these those they one")
RESULTS: Final = words("them these those list table result results output outputs answer text lines rows")
FILE: Final = words("it them file files copy copies original")
VALUES: Final = words("number numbers value values count counts result results answer it them that")


@dataclass(frozen=True)
class Ent:
    """What was made or spoken of: one entry for each device (or page, or folder), each a path or a reference.

    `columns` of rows, `value` the one with numbers and `by` the other; `about`: the word for what is counted.
    `guard`: the gates behind which it was made. `known`: it was only spoken of. `alone`: of a clause that another
    grammar planned.
    """

    kind: Kind
    entries: tuple[Entry, ...]
    nouns: frozenset[str]
    columns: tuple[str, ...] = ()
    value: str = ""
    about: str = ""
    guard: tuple[StepDependency, ...] = ()
    known: bool = False
    alone: bool = False


@dataclass
class State:
    """A reading so far. `forked` where a sentence has several."""

    to: Builder
    ents: list[Ent] = field(default_factory=list)
    conditions: list[tuple[StepDependency, ...]] = field(default_factory=list)
    written: tuple[str, str] = ("", "")
    """The device and path of the file that was written last."""
    goal: Mention | None = None
    """Where the last thing went, or was: what `there` means."""
    home: Mention | None = None
    """Where the last thing went in this sentence: what is written next goes there too, where no place is named."""
    lead: Mention | None = None
    leads: tuple[FileAt, ...] = ()
    each: str = ""
    """The device for which a deed is done, where it is done for each."""
    told: str = ""
    compared: Entry | None = None
    """Whether the files that were compared last are the same."""
    owed: frozenset[Ent] = frozenset()
    """Files that should be fetched, and have gone nowhere yet."""
    last: tuple[str, ...] = ()
    """The steps of the last deed."""
    bridge: Bridge | None = None
    """What plans single clauses; None while nobody is asked."""
    listed: frozenset[str] = frozenset()
    """The steps of such clauses whose lists may be cut short."""
    changed: frozenset[str] = frozenset()
    """The steps of such clauses that change something: what comes later waits for them."""
    folders: dict[str, str] = field(default_factory=dict)
    """Where commands ran: the folder of each device."""

    def forked(self) -> State:
        new = copy.copy(self)
        new.to = copy.copy(self.to)
        new.to.draft = copy.copy(self.to.draft)
        draft = new.to.draft
        draft.steps, draft.guards, draft.fresh = dict(draft.steps), dict(draft.guards), list(draft.fresh)
        for name in ("made", "answers", "asked", "sequence"):
            setattr(new.to, name, list(getattr(self.to, name)))
        new.to.tables, new.to.either, new.to.filled = dict(new.to.tables), dict(new.to.either), set(new.to.filled)
        new.ents, new.conditions, new.folders = list(self.ents), list(self.conditions), dict(self.folders)
        return new

    def keep(self, ent: Ent) -> Ent:
        ent = replace(ent, guard=self.to.draft.gates)
        self.ents.append(ent)
        return ent

    # --- what words refer to -----------------------------------------------------------------------------------

    def find(self, ref: Ref, *kinds: Kind) -> Ent:
        """What a pronoun or noun stands for. Raises Stop where nothing does, or more than one thing could."""
        found = [ent for ent in reversed(self.ents) if self._fits(ent, ref, kinds)]
        if ref.which:
            return self._narrowed(self._listed(found), ref)
        if ref.noun in VALUES - BACK:
            others = [one for one in found if not one.known and one.kind in ("number", "text")]
            if len({one.entries for one in others if len(one.entries) == len(found[0].entries)}) > 1 and not ref.number:
                raise decline(f"it is not clear which {ref.noun} is meant", [ref.noun])
        if ref.noun in RESULTS and len({ent.entries for ent in found if ent.alone and ent.kind != "file"}) > 1:
            raise decline(f"it is not clear which {ref.noun} is meant", [ref.noun])
        for ent in found:
            ent = self._narrowed(ent, ref)
            if not ent.entries or (ref.number and len(ent.entries) != ref.number):
                continue
            if not set(ent.guard) <= set(self.to.draft.gates):
                raise decline(f"{ref.noun} may not be there", [ref.noun])
            self.owed = frozenset(one for one in self.owed if not set(one.entries) & set(ent.entries))
            return ent
        if ref.number and (several := self._several(ref, kinds)) is not None:
            return several
        raise decline(f"it is not clear what is meant by {ref.noun!r}", [ref.noun])

    def _fits(self, ent: Ent, ref: Ref, kinds: tuple[Kind, ...]) -> bool:
        if kinds and ent.kind not in kinds:
            return False
        return ref.noun in BACK or ref.noun in ent.nouns or ref.noun == "original" or ref.noun.rstrip("s") in ent.nouns

    def _narrowed(self, ent: Ent, ref: Ref) -> Ent:
        entries = ent.entries
        if self.each:
            mine = tuple(one for one in entries if self.each in (one.device, one.label))
            entries = mine or entries
        if ref.place is not None:
            names = self.names(ref.place)
            entries = tuple(
                one for one in entries if one.device in names or (ent.kind != "file" and one.label in names)
            )
        if ref.which and entries:
            at = {"first": 0, "second": 1, "third": 2}[ref.which]
            entries = entries[at : at + 1]
            if not entries:
                raise decline(f"there is no {ref.which} one", [ref.which])
        return replace(ent, entries=entries)

    def _listed(self, found: list[Ent]) -> Ent:
        """What `the first` is the first of: the last that is several, or single values in the order they were read."""
        if found and len(found[0].entries) > 1:
            return found[0]
        single = {
            ent.entries: ent for ent in reversed(found) if ent.kind in ("number", "text") and len(ent.entries) == 1
        }
        if not 1 < len(single) < 4 or len({ent.guard for ent in single.values()}) > 1:
            raise decline("it is not clear what is the first, and the second")
        entries = tuple(entry for of in single for entry in of)
        return Ent("number", entries, VALUES, guard=found[0].guard)

    def _several(self, ref: Ref, kinds: tuple[Kind, ...]) -> Ent | None:
        """`the two`: as many things of one kind, one after the other."""
        last = [ent for ent in self.ents if (not kinds or ent.kind in kinds) and len(ent.entries) == 1][-ref.number :]
        if len(last) != ref.number or len({(one.kind, one.guard) for one in last}) != 1:
            return None
        entries = tuple(entry for one in last for entry in one.entries)
        return Ent(last[0].kind, entries, last[0].nouns, guard=last[0].guard)

    def names(self, place: Mention | None) -> tuple[str, ...]:
        """The devices of a place; those where the last thing went for `there`. Raises Stop where it is open."""
        if place is not None and place.there:
            if self.goal is None:
                raise decline("it is not clear where `there` is", ["there"])
            place = self.goal
        if place is None or not place.names:
            raise decline("it is not said on which device")
        if len(place.names) > 1 and not place.many:
            raise decline(f"it is not said which device is meant by {place.text}", [place.text])
        return place.names

    def spoken(self, files: Files) -> None:
        """`there` is where the files are that were named last."""
        places = {one.place for one in files.files if one.place is not None and not one.place.there}
        if len(places) == 1:
            self.goal = places.pop()

    # --- files -------------------------------------------------------------------------------------------------

    def files(self, files: tuple[FileAt, ...]) -> tuple[Entry, ...]:
        """Each file on each of its devices; where it was before, where none is said."""
        found: list[Entry] = []
        for one in files:
            if one.place is not None:
                found += [Entry(name, name, None, one.path) for name in self.names(one.place)]
            else:
                found += self._placed(one)
        return tuple(found)

    def _placed(self, file: FileAt) -> list[Entry]:
        if self.each:
            return [Entry(self.each, self.each, None, file.path)]
        for ent in reversed(self.ents):
            same = [one for one in ent.entries if ent.kind == "file" and one.value.rstrip("/") == file.path.rstrip("/")]
            if same:
                return same
        if self.lead is not None:
            return [Entry(name, name, None, file.path) for name in self.names(self.lead)]
        raise decline(f"it is not said on which device {file.path} is", [file.path])

    def columns(self, entries: tuple[Entry, ...]) -> tuple[str, ...]:
        return known_columns(self.to, entries)
