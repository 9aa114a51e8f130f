"""The embedded rung: a request becomes a plan over the live fleet without any model, or the rung says why not.

Right or silent: a plan is proposed only when grammar and retrieval agree on every clause, every slot is filled and
typed, and every content word, literal and device of the request is used. See docs of the modules for each stage.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from agents.covering.check import Grammars, check
from agents.embedded.chaff import line_of, without_chaff
from agents.embedded.clauses import segment
from agents.embedded.compose import Walk
from agents.embedded.devices import Directory
from agents.embedded.doubt import Answers, namesakes, settled
from agents.embedded.gate import (
    astray,
    both_of,
    misread,
    refuse_corrections,
    refuse_kind,
    rows_counted,
    swapped,
    text_lost,
)
from agents.embedded.generic import frames_for
from agents.embedded.grammar import FRAMES, HOSTED, KNOWN
from agents.embedded.kube.fleets import machines
from agents.embedded.outcome import Stop, decline, lacking
from agents.embedded.paraphrases import PHRASES
from agents.embedded.partial import partly
from agents.embedded.plaintext import plain_text
from agents.embedded.rankings import refuse_lost_orders
from agents.embedded.reading import names_of, read, spelt
from agents.embedded.retrieval import Index
from agents.embedded.strangers import refuse_strangers, settle_misspelt
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.understand import Understanding
from agents.embedded.withheld import Seen, unusable
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, Selector, Step
from protocol.vocabulary import DeviceKind, Risk, SkillSpec

if TYPE_CHECKING:  # planning starts in a third of a second less without the models of the record
    from agents.embedded.kinds.door import Answer
    from orchestrator.core.ports import PlanningContext, Tried
    from orchestrator.core.requests import Request

OF_DEVICES: Final = ("phone.", "edge.", "desktop.", "browser.")
OF_HOSTS: Final = ("service.", "package.", "container.", "cron.", "journal.", "user.", "backup.", "xlsx.", "pdf.")
FLEETS: Final = 8
"""How many sets of skills are kept indexed: one request is read with all skills and with those of machines alone, and
again without those that cannot be used now."""
_log = logging.getLogger("asterism.agents")


class EmbeddedPlanner:
    """`Planner` of the first rung. Keeps nothing between calls but the retrieval indexes of the skills seen last.

    `clauses`: plans clauses of a longer request, and so without the grammars that put clauses together: those ask it.
    """

    rung: Final = "embedded"

    def __init__(self, *, clauses: bool = False) -> None:
        self._clauses = clauses
        self._understood: dict[tuple[tuple[str, int], ...], Understanding] = {}

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """A plan, a question, or what could not be placed. Never raises; no network, no model."""
        result = self.propose(request, context)
        why = result.why if isinstance(result, Plan) else ""
        return Proposal(rung=self.rung, tier="embedded", result=result, why=why)

    def propose(self, request: Request, context: PlanningContext) -> Plan | Clarification | Declined:
        """What `plan` says, without its frame. Nothing in the request, the fleet or an answer makes it raise.

        A request is read as what it means where every device can use all that it has: what cannot be used now is no
        reason to take it for something else. Then it is told, with the reason, unless another device does for it.
        """
        fleet = context.fleet
        if fleet.whole is fleet:
            return self._proposed(request, context)
        meant = self._proposed(request, Seen(context, fleet.whole))
        gone = unusable(meant, fleet) if isinstance(meant, Plan) else None
        if isinstance(meant, Plan) and gone is None:
            return meant
        now = self._proposed(request, context)
        if not isinstance(meant, Plan):
            return meant if isinstance(now, Declined) else now
        same = isinstance(now, Plan) and [one.skill for one in now.steps] == [one.skill for one in meant.steps]
        return now if same or gone is None else lacking(fleet, gone.skill, gone.devices.names).result

    def _proposed(self, request: Request, context: PlanningContext) -> Plan | Clarification | Declined:
        """What the request comes to in a fleet."""
        reason = refuse(request.text)
        if context.problems:
            reason = "the plan of this rung failed the checks: " + "; ".join(context.problems)[:400]
        if reason is not None:
            return decline(reason).result
        fleet, specs = context.fleet, context.fleet.skills
        if any(device.kind is DeviceKind.KUBERNETES for device in fleet.devices.values()):
            answer = self._of_cluster(request, context)
            if answer is not None:
                return answer
            fleet = machines(fleet)
            specs = fleet.skills

        special = self._of_devices(request, fleet, tuple(context.answers))
        if isinstance(special.result, Plan) and (reason := astray(special.result, request.text)) is not None:
            return decline(reason).result
        guess = special.result if isinstance(special.result, Plan) and _guessed(special.result) else None
        if special.result is not None and not isinstance(special.result, Declined) and guess is None:
            return special.result

        def read(answers: Answers, hidden: frozenset[str]) -> Plan | Clarification | Declined:
            try:
                return self._plan(request, Directory(fleet, request.client, answers, hidden), specs)
            except Stop as stop:
                return stop.result

        def changes(plan: Plan) -> bool:
            return any(specs[step.skill].risk is not Risk.READ for step in plan.steps)

        try:
            found = settled(read, tuple(context.answers), namesakes(request.text, fleet), changes)
            if isinstance(found, Plan):
                found = rows_counted(found, request.text, fleet)
            if isinstance(found, Plan) and swapped(found, request.text):
                found = decline("it is not clear which file is read and which is written").result
            if isinstance(found, Plan) and (reason := astray(found, request.text)) is not None:
                found = decline(reason).result
            if isinstance(found, Plan) and text_lost(found, request.text):
                found = decline("what the file is to hold is not clear: put it in quotation marks").result
            if (
                isinstance(found, Plan)
                and len(found.steps) > 1
                and any(one.skill == "sql.query" for one in found.steps)
            ):
                found = decline("the rows of a query are no text to hand on").result
            if guess is not None:
                return found if isinstance(found, Plan) else guess
            # What phones, screens and boxes do is not put together by a grammar that knows none of them.
            ours = special.ours if not isinstance(found, Plan) else _of_devices(found)
            loose = special.result is not None and ours
            if isinstance(found, Declined) or loose:
                flow = None if self._clauses else self._flow(request, context.fleet, tuple(context.answers))
                if flow is not None:
                    return flow
            return special.result if loose and special.result is not None else found
        except Exception as error:  # noqa: BLE001 - the last net: a fault of this rung is one more thing it cannot plan
            _log.exception("the embedded planner broke down")
            return Declined(reason=f"the planner of this rung broke down ({type(error).__name__})", code="broke_down")

    def _of_devices(self, request: Request, fleet: FleetView, answers: Answers) -> Answer:
        """What the grammar of phones, boxes and mounted servers makes of the request."""
        # Imported here: a fleet of nothing but machines needs none of it.
        from agents.embedded.kinds.door import Answer, propose

        machines = _machines(fleet)

        def plain(text: str) -> Plan | Clarification | Declined:
            part = request.model_copy(update={"text": text})
            try:
                return self._plan(part, Directory(machines, request.client, answers), machines.skills)
            except Stop as stop:
                return stop.result

        try:
            found = propose(plain_text(request.text, fleet), fleet, request.client, answers, plain)
            amiss = isinstance(found.result, Plan) and (both_of(found.result, request.text) or misread(found.result))
            return Answer(None, False) if amiss else found
        except Exception as error:  # noqa: BLE001 - the last net, as below
            _log.exception("the grammar of devices broke down")
            broken = f"the planner of this rung broke down ({type(error).__name__})"
            return Answer(Declined(reason=broken, code="broke_down"), True)

    def _flow(self, request: Request, fleet: FleetView, answers: Answers) -> Plan | None:
        """What the grammar of flows makes of a request that no other one reads; None where it does not, either."""
        # Imported here: most requests never come to it.
        from agents.embedded.flow.door import propose

        found = propose(request.text, fleet, request.client, answers)
        plan = found if isinstance(found, Plan) else self._meant(request, fleet, answers)
        return None if plan is None or both_of(plan, request.text) or misread(plan) else plan

    def _meant(self, request: Request, fleet: FleetView, answers: Answers) -> Plan | None:
        """What the chart over typed meanings makes of a request that no grammar of patterns reads."""
        from agents.embedded.meaning.door import propose

        found = propose(request.text, fleet, request.client, answers, Alone(fleet, answers))
        return found if isinstance(found, Plan) else None

    def _of_cluster(self, request: Request, context: PlanningContext) -> Plan | Clarification | Declined | None:
        """What the grammar of Kubernetes makes of the request; None where it is none for a cluster."""
        # Imported here: without a cluster in the fleet nobody needs its words.
        from agents.embedded.kube.door import propose

        try:
            return propose(request, context)
        except Exception as error:  # noqa: BLE001 - the last net, as below
            _log.exception("the grammar of Kubernetes broke down")
            return Declined(reason=f"the planner of this rung broke down ({type(error).__name__})", code="broke_down")

    def _plan(self, request: Request, directory: Directory, specs: Mapping[str, SkillSpec]) -> Plan:
        tokens = spelt(normalise(request.text), directory)
        if len(tokens) > TOKEN_LIMIT:
            raise decline(f"the request has more than the {TOKEN_LIMIT} words that this planner reads")
        refuse_corrections(line_of(tokens, names_of(directory))[0])
        refuse_kind(without_chaff(tokens, names_of(directory)), tables="cron.list" in specs)
        if not directory.fleet.devices:
            wanted = ", ".join(request.policy.devices[:12])
            raise decline(f"there is no device {wanted}" if wanted else "no device is registered")
        reading = read(tokens, directory)
        refuse_strangers(reading.tokens, directory)
        walk = Walk(self._for(specs), directory, reading.places)
        try:
            walk.compose(segment(reading.said))
        except Stop as stop:
            raise partly(stop, walk, request.text, self._grammars) from None
        if not walk.draft.steps:
            raise decline(
                "the request asks for nothing that a skill does", [token.text for token in tokens if token.word][:20]
            )
        plan = walk.draft.plan(
            walk.draft.answering(walk.answers),
            "grammar and retrieval agree; every word of the request is placed",
        )
        refuse_lost_orders(tokens, plan)
        changes = any(specs[step.skill].risk is not Risk.READ for step in plan.steps)
        settle_misspelt(reading.tokens, reading.places, directory, changes=changes)
        self._covered(request, plan, directory)
        return plan

    def _covered(self, request: Request, plan: Plan, directory: Directory) -> None:
        """The last gate, the same for every rung, held strictly here."""
        gaps = check(
            request.text,
            plan,
            directory.fleet,
            self._grammars,
            client=request.client,
            answers=directory.answers,
            strict=True,
            hidden=directory.hidden,
        )
        if gaps:
            words = [word for gap in gaps for word in gap.words]
            raise decline("the plan would not cover the request: " + "; ".join(gap.message for gap in gaps[:5]), words)

    @property
    def _grammars(self) -> Grammars:
        return CLAUSES if self._clauses else GRAMMARS

    def _for(self, specs: Mapping[str, SkillSpec]) -> Understanding:
        known = tuple((name, spec.version) for name, spec in specs.items())
        found = self._understood.pop(known, None)
        if found is None:
            found = Understanding(
                (*FRAMES, *frames_for(specs.values(), KNOWN | HOSTED | _ordered(specs))),
                specs,
                Index(specs.values(), PHRASES),
            )
        self._understood[known] = found
        if len(self._understood) > FLEETS:
            del self._understood[next(iter(self._understood))]
        return found


@dataclass(frozen=True)
class Alone:
    """Plans a clause of a longer request as if it were the whole of it."""

    fleet: FleetView
    answers: Answers = ()
    problems: tuple[str, ...] = ()
    run: str = ""
    tried: tuple[Tried, ...] = ()

    def __call__(self, text: str) -> Plan | Clarification | Declined:
        from orchestrator.core.requests import Request

        # Where the person sits says nothing of where a clause without a device is meant.
        context = replace(self, fleet=machines(self.fleet))
        request = Request(text=text)
        found = _of_clauses()._proposed(request, context)
        if not isinstance(found, Declined):
            return found
        from agents.embedded.flow.door import propose

        flow = propose(text, self.fleet, None, ())
        return flow if isinstance(flow, Plan) else found


def _ordered(specs: Mapping[str, SkillSpec]) -> frozenset[str]:
    """Skills with orders of their own, which are not read from their examples."""
    if not any(name.startswith(OF_HOSTS) for name in specs):
        return frozenset()
    from agents.embedded.kinds.generic import ordered

    return ordered()


def _machines(fleet: FleetView) -> FleetView:
    """The devices that have files, with what the grammar of machines knows of their skills, and nothing else."""
    plain, ours = ("data.", "text.", "artifact."), KNOWN | HOSTED

    def known(device: DeviceInfo) -> DeviceInfo:
        skills = {name: spec for name, spec in device.skills.items() if name in ours or name.startswith(plain)}
        return replace(device, skills=skills)

    return FleetView({name: known(one) for name, one in fleet.devices.items() if "file.read" in one.skills})


def _guessed(plan: Plan) -> bool:
    """Whether a plan rests on a skill's examples alone, where a grammar has frames for the skill."""
    from agents.embedded.kinds.generic import ordered

    return len(plan.steps) == 1 and plan.steps[0].skill in HOSTED - ordered()


def _of_devices(plan: Plan) -> bool:
    """Whether a plan does more with such devices than one call of a skill that no grammar has a table for."""
    from agents.embedded.kinds.remains import concerns

    others = plan.model_copy(update={"steps": tuple(step for step in plan.steps if step.skill not in HOSTED)})
    return any(step.skill.startswith(OF_DEVICES) for step in plan.steps) or (len(plan.steps) > 1 and concerns(others))


# What the grammars read in the last few requests: a plan is checked, repaired and checked again.
_READINGS: Final = 16
_readings: OrderedDict[tuple[object, ...], tuple[FleetView, object]] = OrderedDict()


def _kept(key: tuple[object, ...], fleet: FleetView, read: Callable[[], object]) -> object:
    """The reading of a request over a fleet, which is a value that never changes, known by its identity."""
    known = _readings.get(key)
    if known is None or known[0] is not fleet:
        known = fleet, read()
    _readings[key] = known
    _readings.move_to_end(key)
    while len(_readings) > _READINGS:
        _readings.popitem(last=False)
    return known[1]


def reads_of_devices(
    text: str, plan: Plan, fleet: FleetView, client: str | None, answers: Answers, *, clauses: bool = False
) -> bool:
    """Whether the grammar of phones, edge boxes and mounted servers makes just this plan of a request.

    Every word has its place there, and every literal and device of the request is in its plan: see `kinds.remains`.
    """
    from agents.embedded.kinds.remains import concerns

    if not concerns(plan):
        return False

    def read() -> object:
        from orchestrator.core.requests import Request

        request = Request(text=text, client=client)
        return EmbeddedPlanner(clauses=clauses)._of_devices(request, fleet, tuple(answers)).result

    found = _kept(("devices", clauses, text, client, tuple(answers)), fleet, read)
    return isinstance(found, Plan) and [_essence(one) for one in found.steps] == [_essence(one) for one in plan.steps]


def reads_as_flow(
    text: str, plan: Plan, fleet: FleetView, client: str | None, answers: Answers, *, clauses: bool = False
) -> bool:
    """Whether the grammar of flows makes just this plan of a request that no other one reads: no word is left over.

    `clauses`: without planning clauses of it alone, as that is what is under way.
    """
    if len(plan.steps) == 1 and not plan.steps[0].skill.startswith(OF_DEVICES):
        return False
    from agents.embedded.flow.door import propose
    from agents.embedded.meaning.door import propose as meant

    # What may run anywhere is held to the allowed devices by now.
    wanted = [_essence(_anywhere(one, fleet)) for one in plan.steps]
    whole = meant if clauses else partial(meant, single=Alone(fleet, tuple(answers)))
    for name, reader in (("flow", propose), ("clauses" if clauses else "meaning", whole)):
        found = _kept((name, text, client, tuple(answers)), fleet, partial(reader, text, fleet, client, tuple(answers)))
        if isinstance(found, Plan) and [_essence(_anywhere(one, fleet)) for one in found.steps] == wanted:
            return True
    return False


@cache
def _of_clauses() -> EmbeddedPlanner:
    """What it indexes of a fleet's skills is made once."""
    return EmbeddedPlanner(clauses=True)


GRAMMARS: Final = Grammars(reads_of_devices, reads_as_flow)
CLAUSES: Final = Grammars(partial(reads_of_devices, clauses=True), partial(reads_as_flow, clauses=True))


def _anywhere(step: Step, fleet: FleetView) -> Step:
    """A step that may run on any device, with the names of all that offer its skill."""
    if step.devices != Selector():
        return step
    able = tuple(one.name for one in fleet.devices.values() if one.available and step.skill in one.skills)
    return step.model_copy(update={"devices": Selector(names=able)})


def _essence(step: Step) -> tuple[object, ...]:
    return step.id, step.skill, step.arguments, step.devices, step.after
