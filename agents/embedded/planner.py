"""The embedded rung: a request becomes a plan over the live fleet without any model, or the rung says why not.

Right or silent: a plan is proposed only when grammar and retrieval agree on every clause, every slot is filled and
typed, and every content word, literal and device of the request is used. See docs of the modules for each stage.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agents import coverage
from agents.embedded.chaff import line_of, without_chaff
from agents.embedded.clauses import segment
from agents.embedded.compose import Walk
from agents.embedded.devices import Directory
from agents.embedded.doubt import Answers, namesakes, settled
from agents.embedded.gate import refuse_corrections, refuse_kind
from agents.embedded.generic import frames_for
from agents.embedded.grammar import FRAMES, KNOWN
from agents.embedded.outcome import Stop, decline
from agents.embedded.paraphrases import PHRASES
from agents.embedded.partial import partly
from agents.embedded.reading import names_of, read, spelt
from agents.embedded.retrieval import Index
from agents.embedded.strangers import refuse_strangers, settle_misspelt
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.understand import Understanding
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal
from protocol.vocabulary import Risk, SkillSpec

if TYPE_CHECKING:  # planning starts in a third of a second less without the models of the record
    from orchestrator.core.ports import PlanningContext
    from orchestrator.core.requests import Request

_log = logging.getLogger("asterism.agents")


class EmbeddedPlanner:
    """`Planner` of the first rung. Keeps nothing between calls but the retrieval index of the skills seen last."""

    rung: Final = "embedded"

    def __init__(self) -> None:
        self._known: tuple[tuple[str, int], ...] = ()
        self._understanding: Understanding | None = None

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """A plan, a question, or what could not be placed. Never raises; no network, no model."""
        result = self.propose(request, context)
        why = result.why if isinstance(result, Plan) else ""
        return Proposal(rung=self.rung, tier="embedded", result=result, why=why)

    def propose(self, request: Request, context: PlanningContext) -> Plan | Clarification | Declined:
        """What `plan` says, without its frame. Nothing in the request, the fleet or an answer makes it raise."""
        reason = refuse(request.text)
        if context.problems:
            reason = "the plan of this rung failed the checks: " + "; ".join(context.problems)[:400]
        if reason is not None:
            return decline(reason).result
        fleet, specs = context.fleet, context.fleet.skills

        def read(answers: Answers, hidden: frozenset[str]) -> Plan | Clarification | Declined:
            try:
                return self._plan(request, Directory(fleet, request.client, answers, hidden), specs)
            except Stop as stop:
                return stop.result

        def changes(plan: Plan) -> bool:
            return any(specs[step.skill].risk is not Risk.READ for step in plan.steps)

        try:
            return settled(read, tuple(context.answers), namesakes(request.text, fleet), changes)
        except Exception as error:  # noqa: BLE001 - the last net: a fault of this rung is one more thing it cannot plan
            _log.exception("the embedded planner broke down")
            return Declined(reason=f"the planner of this rung broke down ({type(error).__name__})", code="broke_down")

    def _plan(self, request: Request, directory: Directory, specs: Mapping[str, SkillSpec]) -> Plan:
        tokens = spelt(normalise(request.text), directory)
        if len(tokens) > TOKEN_LIMIT:
            raise decline(f"the request has more than the {TOKEN_LIMIT} words that this planner reads")
        refuse_corrections(line_of(tokens, names_of(directory))[0])
        refuse_kind(without_chaff(tokens, names_of(directory)))
        if not directory.fleet.devices:
            wanted = ", ".join(request.policy.devices[:12])
            raise decline(f"there is no device {wanted}" if wanted else "no device is registered")
        reading = read(tokens, directory)
        refuse_strangers(reading.tokens, directory)
        walk = Walk(self._for(specs), directory, reading.places)
        try:
            walk.compose(segment(reading.said))
        except Stop as stop:
            raise partly(stop, walk, request.text) from None
        if not walk.draft.steps:
            raise decline(
                "the request asks for nothing that a skill does", [token.text for token in tokens if token.word][:20]
            )
        plan = walk.draft.plan(
            walk.draft.answering(walk.answers),
            "grammar and retrieval agree; every word of the request is placed",
        )
        changes = any(specs[step.skill].risk is not Risk.READ for step in plan.steps)
        settle_misspelt(reading.tokens, reading.places, directory, changes=changes)
        self._covered(request, plan, directory)
        return plan

    def _covered(self, request: Request, plan: Plan, directory: Directory) -> None:
        """The last gate, the same for every rung, held strictly here."""
        gaps = coverage.check(
            request.text,
            plan,
            directory.fleet,
            client=request.client,
            answers=directory.answers,
            strict=True,
            hidden=directory.hidden,
        )
        if gaps:
            words = [word for gap in gaps for word in gap.words]
            raise decline("the plan would not cover the request: " + "; ".join(gap.message for gap in gaps[:5]), words)

    def _for(self, specs: Mapping[str, SkillSpec]) -> Understanding:
        known = tuple((name, spec.version) for name, spec in specs.items())
        if self._understanding is None or known != self._known:
            self._known = known
            self._understanding = Understanding(
                (*FRAMES, *frames_for(specs.values(), KNOWN)), specs, Index(specs.values(), PHRASES)
            )
        return self._understanding
