"""Composes a plan clause by clause: places, frames, references to earlier results, conditions and their branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.embedded import anaphora, conditions, coordination, recipes
from agents.embedded.clauses import Clause
from agents.embedded.devices import Directory, Place, named
from agents.embedded.draft import Draft, Result, step_name
from agents.embedded.frames import Match
from agents.embedded.outcome import Stop, ask, decline
from agents.embedded.places import Spot, capable, joined, spots
from agents.embedded.slots import looks_like_file
from agents.embedded.tokens import Kind
from agents.embedded.understand import Failure, Understanding
from agents.embedded.view import View
from agents.embedded.words import NEGATIONS
from agents.embedded.wordset import words
from orchestrator.core.plan import Clarification, Selector, StepDependency
from protocol.vocabulary import JsonObject, Risk

ASKING = frozenset(
    {"what", "which", "is", "are", "does", "do", "how", "howmany", "howmuch", "who", "where", "when", "size"}
)
LACKING = words("don't doesn't not isn't aren't no")
PRONOUNS = words("it them they its one ones")


@dataclass(frozen=True, slots=True)
class Block:
    """A clause, or a condition with the clauses of its two branches."""

    clause: Clause
    then: tuple[Clause, ...] = ()
    trailing: bool = False
    otherwise: tuple[Clause, ...] = ()


def blocks(clauses: Sequence[Clause]) -> list[Block]:
    """Groups conditions with their branches: `if C, A, otherwise B` and `A if C`."""
    out: list[Block] = []
    at = 0
    while at < len(clauses):
        clause = clauses[at]
        if clause.mark not in {"if", "unless"}:
            if clause.mark == "else":
                raise decline('"otherwise" without a condition before it', ["otherwise"])
            out.append(Block(clause))
            at += 1
            continue
        end = at + 1
        while end < len(clauses) and clauses[end].sentence == clause.sentence and not clauses[end].mark:
            end += 1
        then = tuple(clauses[at + 1 : end])
        trailing = not then
        if trailing:
            if not out or out[-1].then or out[-1].clause.sentence != clause.sentence:
                raise decline("a condition without anything to do", [token.text for token in clause.tokens][:8])
            if len(out) > 1 and out[-2].clause.sentence == clause.sentence and not out[-2].then:
                raise decline("it is not clear how much of the sentence the condition covers", [clause.mark])
            then = (out.pop().clause,)
        otherwise: tuple[Clause, ...] = ()
        if end < len(clauses) and clauses[end].mark == "else":
            start, sentence = end, clauses[end].sentence
            end += 1
            while end < len(clauses) and clauses[end].sentence == sentence and not clauses[end].mark:
                end += 1
            otherwise = tuple(clauses[start:end])
        out.append(Block(clause, then, trailing, otherwise))
        at = end
    return out


class Composer:
    """Builds one draft. `scope` is the place that later clauses inherit; `lost` says why there is none to inherit."""

    def __init__(self, understanding: Understanding, directory: Directory, places: Sequence[Place]) -> None:
        self.understanding = understanding
        self.directory = directory
        self.places = places
        self.draft = Draft(understanding.specs)
        self.results: list[Result] = []
        self.scope: Place | None = None
        self.scope_step: str | None = None
        self.lost = ""
        self.tails: list[str] = []
        self.answers: list[str] = []
        self.ahead: Place | None = None
        self.branched = False
        self.negated = False
        self.last_count = 1

    # --- the walk -----------------------------------------------------------------------------------------------

    def compose(self, clauses: Sequence[Clause]) -> None:
        grouped = blocks(clauses)
        for number, block in enumerate(grouped):
            if block.then:
                self._branch(block)
            else:
                self.ahead = self._place_ahead(grouped, number)
                self.clause(block.clause)

    def _place_ahead(self, grouped: Sequence[Block], number: int) -> Place | None:
        """The place of a later clause of the same sentence: `show uptime and load of beta` is about beta twice."""
        sentence = grouped[number].clause.sentence
        for block in grouped[number + 1 :]:
            if block.clause.sentence != sentence or block.then or block.clause.link != "and":
                return None
            here = [token for token in block.clause.tokens if token.kind is Kind.DEVICE]
            if here:
                return self.places[int(here[0].value or 0)] if len(here) == 1 else None
        return None

    def clause(self, clause: Clause, gates: Sequence[StepDependency] = ()) -> None:
        view = View(anaphora.ground(self, clause.tokens))
        found = spots(view, self.places)
        if found and not view.left() and not any(spot.place.which for spot in found):
            self.set_scope(joined([spot.place for spot in found], ""), None)
            return
        self.negated = self._which_without(view, found)
        self._no_negation(view)
        before = [] if clause.link in {"start", "parallel"} else list(self.tails)
        if self.branched and before:
            raise decline("what should follow a condition's branches cannot be ordered after them", _texts(clause))
        self.draft.begin(before if clause.link == "then" else (), gates)
        count = len(self.results)
        self._build(view, found)
        if clause.link == "and" and before and not gates:
            self._order_writes(before)
        self.tails = self._ends(self.draft.fresh)
        self.last_count = max(1, len(self.results) - count)
        self.answers.extend(result.step for result in self.results[count:])

    def _build(self, view: View, found: Sequence[Spot]) -> None:
        """The clause as a whole; where it has no meaning as one, its coordinated parts one by one."""
        state = self._state()
        try:
            if not recipes.apply(self, view, found):
                self.results.append(self.frame_step(view, found))
        except Stop as stop:
            parts = coordination.parts(view)
            if not parts or isinstance(stop.result, Clarification):
                raise
            self._restore(state)
            try:
                self._build_parts(parts)
            except Stop:
                raise stop from None

    def _build_parts(self, parts: Sequence[View]) -> None:
        together: list[str] = []
        devices = [token for part in parts for token in part.tokens if token.kind is Kind.DEVICE]
        if len(devices) == 1 and all(coordination.literal_only(part) for part in parts[1:]):
            self.set_scope(self.places[int(devices[0].value or 0)], None)
        for number, part in enumerate(parts):
            found = spots(part, self.places)
            if not found:
                later = [
                    self.places[int(t.value or 0)]
                    for other in parts[number + 1 :]
                    for t in other.tokens
                    if t.kind is Kind.DEVICE
                ]
                self.ahead = later[0] if later else self.ahead
                if number == 0 and later and len(devices) > 1:
                    self.scope, self.scope_step = None, None
            if number and any(token.lemma == "then" for token in part.tokens):
                self.draft.before = tuple(self._ends(self.draft.fresh))
            together.extend(self.draft.fresh)
            self.draft.fresh = []
            if not recipes.apply(self, part, found):
                self.results.append(self.frame_step(part, found))
            if number:
                self._alike(bare=coordination.literal_only(part))
        # What follows the clause waits for all its parts, not for the last.
        self.draft.fresh = [*together, *self.draft.fresh]

    def _alike(self, *, bare: bool) -> None:
        """Parts that ask for the same skill, and a bare literal with what stands before it, take the same arguments.

        In "count ERROR and WARN lines in app.log" the first part lacks the file: read alone it would mean another.
        """
        first, last = (self.draft.steps[result.step] for result in self.results[-2:])
        if (bare or first.skill == last.skill) and (
            first.skill != last.skill or first.arguments.keys() != last.arguments.keys()
        ):
            raise decline("the parts of the list do not ask for the same thing", [])

    def _state(self) -> tuple[object, ...]:
        draft = self.draft
        return (
            dict(draft.steps),
            list(draft.fresh),
            list(self.results),
            list(self.answers),
            self.scope,
            self.scope_step,
            self.lost,
            self.ahead,
        )

    def _restore(self, state: tuple[object, ...]) -> None:
        draft = self.draft
        draft.steps, draft.fresh, self.results, self.answers, self.scope, self.scope_step, self.lost, self.ahead = state  # type: ignore[assignment]

    def _order_writes(self, before: Sequence[str]) -> None:
        """`A and B`: B waits for A where either changes something; two that only read may run side by side."""
        if not (self.draft.risky(before) or self.draft.risky(self.draft.fresh)):
            return
        fresh = set(self.draft.fresh)
        for id in self.draft.fresh:
            step = self.draft.steps[id]
            upstream = {edge.step for edge in step.after}
            if not upstream & fresh and not upstream & set(before):
                edges = tuple(StepDependency(step=other) for other in before)
                self.draft.steps[id] = step.model_copy(update={"after": (*step.after, *edges)})

    def _ends(self, fresh: Sequence[str]) -> list[str]:
        feeding = {edge.step for id in fresh for edge in self.draft.steps[id].after}
        return [id for id in fresh if id not in feeding]

    def _which_without(self, view: View, found: Sequence[Spot]) -> bool:
        """`which servers don't have nginx running`: the one negation that asks for the rest of a fan-out."""
        spots_of = [at for at, token in enumerate(view.tokens) if token.word and token.lemma in LACKING]
        if len(spots_of) != 1 or not any(spot.place.which for spot in found):
            return False
        view.claim(*spots_of)
        return True

    def _no_negation(self, view: View) -> None:
        for at, token in enumerate(view.tokens):
            if token.word and token.lemma in NEGATIONS and at not in view.claimed:
                raise decline(
                    f'"{token.text}" limits the request in a way that this planner does not read', [token.text]
                )

    # --- a plain step -------------------------------------------------------------------------------------------

    def read(self, view: View, *, lenient: bool = False, skills: frozenset[str] | None = None) -> Match:
        """The clause's match with references filled in; raises Stop where there is none."""
        found = self.understanding.read(view, skills, lenient=lenient)
        if isinstance(found, Match):
            return found
        raise self.unplaced(view, found)

    def frame_step(
        self,
        view: View,
        found: Sequence[Spot],
        *,
        records: bool = False,
        lenient: bool = False,
        match: Match | None = None,
    ) -> Result:
        """Adds the step that a frame makes of the clause."""
        if match is None:
            match = self.resolved(view, lenient=lenient)
        place = self.place_for(match, found)
        if place.any and view.head in ASKING:
            raise decline("it is not clear whether one of the devices is meant, or all that fit", [place.text])
        if place.many and match.arguments.get("limit") == 1 and any(t.lemma == "across" for t in view.tokens if t.word):
            raise decline(
                "the one file over all devices together would need a ranking that names its device", [place.text]
            )
        return self.add_match(match, place, records=records)

    def resolved(self, view: View, *, lenient: bool = False) -> Match:
        """A match; where only a path is missing and the clause points back, with the earlier result's file in it."""
        outcome = self.understanding.read(view, lenient=lenient)
        if isinstance(outcome, Match):
            anaphora.nothing_dangles(self, view, outcome)
            return outcome
        filled = anaphora.refer(self, view, lenient=lenient)
        if filled is None:
            raise self.unplaced(view, outcome)
        return filled

    # --- places -------------------------------------------------------------------------------------------------

    def place_for(self, match: Match, found: Sequence[Spot]) -> Place:
        risk = self.draft.specs[match.frame.skill].risk
        explicit = [spot.place for spot in found]
        if explicit:
            place = joined(explicit, "")
            return self.inherited() if place.back else place
        return self.default_place(match.frame.skill, risk)

    def inherited(self) -> Place:
        if self.scope is None:
            raise decline(self.lost or "no device was named before", ["there"])
        return self.scope

    def default_place(self, skill: str, risk: Risk) -> Place:
        """Where a step runs whose clause names no device: as before, as the rest of the sentence, here, or asked."""
        if self.lost:
            raise decline(self.lost, [])
        if self.scope is not None:
            return self.scope
        if self.ahead is not None and not self.ahead.back:
            if risk is Risk.READ:
                return self.ahead
            raise decline(
                "it is not clear whether both parts are meant for the device named at the end", [self.ahead.text]
            )
        able = [d.name for d in self.directory.fleet.devices.values() if d.available and skill in d.skills]
        if not able:
            raise decline(f"no device offers {skill}", [skill])
        if len(able) == 1:
            return named(self.directory, able, "")
        client = self.directory.client
        if client in able and risk is not Risk.DESTRUCTIVE:
            return named(self.directory, [client], "")
        every = ["every device"] if risk is Risk.READ else []
        chosen = ask("On which device?", [*able[: 20 - len(every)], *every], self.directory.answers)
        if chosen == "every device":
            return Place("every device", tuple(able), Selector(mode="each"), many=True)
        return named(self.directory, [chosen], chosen)

    def set_scope(self, place: Place, step: str | None) -> None:
        if not place.back:
            self.scope, self.scope_step, self.lost = place, step, ""

    def selector(self, place: Place, *, records: bool = False) -> Selector:
        """The selector of a step at `place`; pairwise with the step that fanned out over the same place before."""
        if place.many and self.scope_step is not None and place == self.scope:
            return Selector(mode="same", same_as=self.scope_step)
        if records and not place.many:
            return place.selector.model_copy(update={"mode": "each"})
        return place.selector

    def add_match(self, match: Match, place: Place, *, records: bool = False, name: str | None = None) -> Result:
        skill = match.frame.skill
        place = self._checked(match, place)
        selector = self.selector(place, records=records)
        step = self.draft.add(name or step_name(skill), skill, match.arguments, selector, title=title_of(match, place))
        many = place.many or records
        result = self._result(match, step, many, place)
        if place.which:
            self.lost = "the device is known only once the results are there"
            self.scope, self.scope_step = None, None
        elif selector.mode != "same":
            self.set_scope(place, step if place.many else None)
        return result

    def _checked(self, match: Match, place: Place) -> Place:
        risk = self.draft.specs[match.frame.skill].risk
        if place.fuzzy and risk is not Risk.READ:
            name = place.names[0]
            if ask(f"Did you mean the device {name}?", ["yes", "no"], self.directory.answers) != "yes":
                raise decline("the device is not known", [place.text])
        if place.which and risk is not Risk.READ:
            raise decline("a question cannot change anything", [place.text])
        able = capable(self.directory, place, match.frame.skill)
        if place.any and risk is Risk.DESTRUCTIVE and not match.frame.skill.startswith(("shell.", "script.")):
            # "a server" may be any for work, but not for what is lost there.
            return named(self.directory, [ask("On which device?", able.names, self.directory.answers)], place.text)
        return place if able.names == place.names else able

    def _result(self, match: Match, step: str, many: bool, place: Place) -> Result:
        measure = match.measure()
        return Result(
            step,
            match.frame.skill,
            many,
            place,
            file_of(match, step),
            title_of(match, None),
            measure.path if measure else "",
            measure.unit if measure else "",
            folder_of(match),
        )

    # --- failures -----------------------------------------------------------------------------------------------

    def unplaced(self, view: View, failure: Failure) -> Exception:
        unknown = self._unknown_device(view, failure)
        if unknown is not None:
            return decline(f'there is no device "{unknown}"; the known devices are {self.directory.known}', [unknown])
        words = ", ".join(failure.words)
        return decline(f"{failure.reason}: {words}" if words else failure.reason, failure.words)

    def _unknown_device(self, view: View, failure: Failure) -> str | None:
        """The word that stands where a device is due, and is none."""
        leads = {"on", "from", "to", "onto", "device", "server", "machine"}
        for at, token in enumerate(view.tokens):
            if token.text not in failure.words or view.before(at) not in leads or view.head_at == at:
                continue
            name_like = token.kind in (Kind.WORD, Kind.HOST) or (token.kind is Kind.PATH and "/" not in token.text)
            if name_like and (token.kind is not Kind.PATH or view.before(at) == "on"):
                return token.text
        return None

    # --- conditions ---------------------------------------------------------------------------------------------

    def _branch(self, block: Block) -> None:
        """Adds the probe of a condition, then each branch behind its gate."""
        before = self.tails if block.clause.link != "start" else []
        if block.trailing:
            here = [token for token in block.then[0].tokens if token.kind is Kind.DEVICE]
            if len(here) == 1:
                self.set_scope(self.places[int(here[0].value or 0)], None)
        gate, negated = conditions.gates(self, block, before)
        scope = (self.scope, self.scope_step, self.lost)
        ends: list[str] = []
        for branch, edge in ((block.then, gate), (block.otherwise, negated)):
            self.scope, self.scope_step, self.lost = scope
            self.tails = []
            for number, clause in enumerate(branch):
                self.clause(
                    replace(clause, mark="", link=clause.link if number else "start"),
                    (edge,) if not number or clause.link == "and" else (),
                )
            ends.extend(self.tails)
        self.tails, self.branched = ends, True


def _texts(clause: Clause) -> list[str]:
    return [token.text for token in clause.tokens][:8]


def file_of(match: Match, step: str) -> str | None:
    """The path of the one file that a step is about or makes, as later arguments may use it."""
    arguments: JsonObject = match.arguments
    skill = match.frame.skill
    if skill in {"file.find", "file.list"}:
        return f"${{{step}.output.entries[0].path}}" if arguments.get("limit") == 1 else None
    for name in ("target",) if skill in {"file.copy", "file.move", "archive.create"} else ("path", "archive_path"):
        value = arguments.get(name)
        if isinstance(value, str) and skill not in words(
            "file.delete file.search file.usage system.disk archive.extract file.mkdir"
        ):
            return value
    return None


FOLDERS = {
    "archive.extract": "target",
    "archive.create": "source",
    "file.mkdir": "path",
    "file.usage": "path",
    "file.list": "path",
    "file.find": "path",
}


def folder_of(match: Match) -> str | None:
    """The folder that a step is about or makes, where the request gave one."""
    value = match.arguments.get(FOLDERS.get(match.frame.skill, ""))
    return value if isinstance(value, str) and value not in {".", ""} and not looks_like_file(value) else None


def title_of(match: Match, place: Place | None) -> str:
    """A step's title, in words: what it does, and where where that is given."""
    arguments = match.arguments
    subject = next(
        (str(arguments[name]) for name in ("pattern", "path", "source", "name", "url", "command") if name in arguments),
        "",
    )
    what = {
        "file.search": f"{subject} lines",
        "system.disk": "disk space",
        "system.memory": "memory",
        "system.load": "load",
        "system.cpu": "CPU",
        "system.uptime": "uptime",
    }.get(match.frame.skill, "")
    text = what or f"{match.frame.skill.replace('.', ' ').replace('_', ' ')} {subject}".strip()
    return f"{text} on {place.text}" if place is not None and place.text else text
