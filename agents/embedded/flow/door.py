"""The whole request as a flow; a reason where it is none."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.flow.build import Builder
from agents.embedded.flow.deeds import Deed, clauses
from agents.embedded.flow.line import sentences, together
from agents.embedded.kinds.line import line_of
from agents.embedded.kinds.reading import courteous
from agents.embedded.kinds.remains import left
from agents.embedded.kinds.world import World
from agents.embedded.outcome import Stop, decline
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan


def propose(
    text: str, fleet: FleetView, client: str | None, answers: Sequence[tuple[str, str]]
) -> Plan | Clarification | Declined:
    reason = refuse(text)
    if reason is not None:
        return decline(reason).result
    world = World(fleet, client, answers)
    line = together(line_of(normalise(text), world), world)
    if len(line.tokens) > TOKEN_LIMIT:
        return decline("the request is too long for a flow").result
    deeds: list[Deed] = []
    for sentence in sentences(line):
        found = clauses(courteous(sentence))
        if found is None:
            words = sentence.source(sentence.tokens)
            return decline(f"these words have no place in a flow: {words[:300]}", [words[:300]]).result
        deeds += found
    try:
        plan = Builder(world).plan(deeds)
    except Stop as stop:
        return stop.result
    lacking = left(line, plan, fleet)
    return plan if lacking is None else decline(lacking).result
