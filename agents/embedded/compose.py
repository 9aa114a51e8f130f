"""Composes a plan clause by clause: places, frames, references to earlier results, conditions and their branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded import anaphora, conditions, coordination, recipes
from agents.embedded.blocks import Block, blocks
from agents.embedded.clauses import Clause
from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.listed import in_folder, one_by_one
from agents.embedded.outcome import Stop, decline
from agents.embedded.places import Spot, joined, spots
from agents.embedded.plain import frame_step
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import LEADS
from agents.embedded.wordset import words
from orchestrator.core.plan import Clarification, Step, StepDependency
from protocol.vocabulary import Risk

LACKING = words("don't doesn't not isn't aren't no")

SHOWN = words("file.read file.head file.tail file.sort http.fetch")
SHOWS = words("show display print give tell present report output")


class Walk(Composer):
    """Composes clause by clause, in order. `before`: steps and answers of the blocks before that at `at`."""

    decides = False
    blocks: Sequence[Block] = ()
    at = 0
    before: tuple[dict[str, Step], Sequence[str]] = ({}, ())

    def compose(self, clauses: Sequence[Clause]) -> None:
        self.blocks = grouped = blocks(clauses)
        for number, block in enumerate(grouped):
            self.at, self.before = number, (dict(self.draft.steps), tuple(self.answers))
            if block.then:
                self._branch(block)
            else:
                self.ahead = self._place_ahead(grouped, number)
                self.decides = any(later.then for later in grouped[number + 1 :])
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
        view.decides = self.decides
        found = spots(view, self.places)
        if found and not view.left() and not any(spot.place.which for spot in found):
            self.set_scope(joined([spot.place for spot in found], ""), None)
            return
        if self._shown_anyway(view, found):
            return
        self.negated = self._which_without(view, found)
        self.no_negation(view)
        before = [] if clause.link in {"start", "parallel"} else list(self.tails)
        if self.branched and before:
            raise decline("what should follow a condition's branches cannot be ordered after them", _texts(clause))
        self.draft.begin(before if clause.link == "then" else (), gates)
        count = len(self.results)
        self._build(view, found)
        if clause.link in {"and", "sentence"} and before and not gates:
            self._order_writes(before)
        self._look_only(view, count)
        self.tails = self._ends(self.draft.fresh)
        self.last_count = max(1, len(self.results) - count)
        self.answers.extend(result.step for result in self.results[count:])

    def _shown_anyway(self, view: View, found: Sequence[Spot]) -> bool:
        """`and show me the result`, `and tell me what it says`: what was read is the answer, with or without it."""
        last = self.results[-1] if self.results else None
        if last is None or found or self.draft.specs[last.skill].risk is not Risk.READ:
            return False
        said = [token.lemma for token in view.tokens if token.word and token.lemma not in LEADS | {"the", "to", "back"}]
        plain = all(token.word or token.kind is Kind.PUNCT for token in view.tokens)
        results = {
            "result",
            "output",
            "answer",
            "outcome",
            "finding",
            *(("it", "them") if last.file is None or last.skill in SHOWN else ()),
        }
        return plain and len(said) == 2 and said[0] in SHOWS and said[1] in results

    def _look_only(self, view: View, count: int) -> None:
        """`open a.csv and show its first lines`: opening was the way to look, not a wish of its own."""
        steps = self.draft.steps
        fresh = [steps[id] for id in self.draft.fresh if id in steps]
        reads = len(fresh) == 1 and self.draft.specs[fresh[0].skill].risk is Risk.READ
        if reads and self.opened not in {"", fresh[0].id}:
            before = steps.get(self.opened)
            same = before is not None and before.arguments.get("path") == fresh[0].arguments.get("path")
            if same and not any(edge.step == self.opened for edge in fresh[0].after):
                del steps[self.opened]
                self.results = [result for result in self.results if result.step != self.opened]
                self.answers = [step for step in self.answers if step != self.opened]
                count -= 1
        last = self.results[-1] if len(self.results) > count else None
        self.opened = last.step if last is not None and view.head == "open" and last.skill == "file.read" else ""

    def _build(self, view: View, found: Sequence[Spot]) -> None:
        """The clause as a whole; where it has no meaning as one, its coordinated parts one by one."""
        state = self._state()
        try:
            if not recipes.apply(self, view, found):
                self.results.append(frame_step(self, view, found))
        except Stop as stop:
            if isinstance(stop.result, Clarification):
                raise
            for parts in (in_folder(view), one_by_one(view), coordination.parts(view)):
                if not parts:
                    continue
                self._restore(state)
                try:
                    self._build_parts(parts)
                    return
                except Stop as other:
                    if isinstance(other.result, Clarification) and _only_literals(parts):
                        raise
            raise

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
                self.results.append(frame_step(self, part, found))
            if number:
                self._alike(bare=coordination.literal_only(part))
        skills = {self.draft.steps[result.step].skill for result in self.results[-len(parts) :]}
        if "artifact.save" in skills and len(skills) > 1:
            raise decline("only a part of the list says where it is to go", [])
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

    def _branch(self, block: Block) -> None:
        """Adds the probe of a condition, then each branch behind its gate."""
        before = self.tails if block.clause.link != "start" else []
        if block.trailing:
            block = replace(block, clause=anaphora.of_action(block.clause, block.then[0]))
            here = [token for token in block.then[0].tokens if token.kind is Kind.DEVICE]
            if len(here) == 1:
                self.set_scope(self.places[int(here[0].value or 0)], None)
            elif len(here) > 1 and not any(token.kind is Kind.DEVICE for token in block.clause.tokens):
                raise decline("it is not clear on which of the devices the condition holds", [t.text for t in here])
        gate, negated = conditions.gates(self, block, before)
        scope = (self.scope, self.scope_step, self.lost)
        ends: list[str] = []
        common, made = list(self.results), list[Result]()
        for branch, edge in ((block.then, gate), (block.otherwise, negated)):
            self.scope, self.scope_step, self.lost = scope
            self.tails = []
            for number, clause in enumerate(branch):
                self.clause(
                    replace(clause, mark="", link=clause.link if number else "start"),
                    (edge,) if not number or clause.link == "and" else (),
                )
            ends.extend(self.tails)
            # What one branch makes is not there in the other.
            made.extend(self.results[len(common) :])
            self.results = list(common)
        self.results.extend(made)
        self.tails, self.branched = ends, True


def _only_literals(parts: Sequence[View]) -> bool:
    """Whether the parts differ by a literal alone: nothing in them may still prove unreadable."""
    first = [token.text for token in parts[0].tokens]
    same = all(sum(token.text not in first for token in part.tokens) == 1 for part in parts[1:])
    return same or all(coordination.literal_only(part) for part in parts[1:])


def _texts(clause: Clause) -> list[str]:
    return [token.text for token in clause.tokens][:8]
