"""Whether a request speaks of devices that are more than machines, and the plan for it.

Everything else goes the old way, unchanged. A request of ours that cannot be read says what it lacks; the grammar of
machines may then still know it as the call of one skill, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.kinds.acts import Part
from agents.embedded.kinds.compose import Composer
from agents.embedded.kinds.line import Line, line_of, shared
from agents.embedded.kinds.mending import mended
from agents.embedded.kinds.reading import Reader
from agents.embedded.kinds.remains import left
from agents.embedded.kinds.sentences import Clause, Unread, clauses
from agents.embedded.kinds.spread import spread
from agents.embedded.kinds.world import World, parts_of
from agents.embedded.outcome import Stop, decline
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.tokens import Kind
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan

OWN: Final = ("phone.", "edge.", "desktop.", "browser.")
Plain = Callable[[str], "Plan | Clarification | Declined"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`ours`: the request speaks of such devices. `result` is a plan, a question, or what could not be placed; None
    where it is none of ours."""

    result: Plan | Clarification | Declined | None
    ours: bool


def propose(
    text: str, fleet: FleetView, client: str | None, answers: Sequence[tuple[str, str]], plain: Plain
) -> Answer:
    """`plain` is the grammar of machines, for the parts of a request that are theirs."""
    if refuse(text) is not None or not concerned(fleet):
        return Answer(None, False)
    world = World(fleet, client, answers)
    line = shared(line_of(normalise(text), world))
    answer = _answered(line, fleet, world, plain)
    if isinstance(answer.result, Plan):
        return answer
    for other in (spread(line), mended(line, world)):
        found = _answered(other, fleet, world, plain) if other is not None else answer
        if isinstance(found.result, Plan):
            return found
    return answer


def _answered(line: Line, fleet: FleetView, world: World, plain: Plain) -> Answer:
    if len(line.tokens) > TOKEN_LIMIT:
        return Answer(None, False)
    ours = speaks(line, world)

    def machine(piece: str) -> Plan | Clarification | None:
        if piece == line.text.strip().rstrip(".!?"):
            return None  # the whole of it is no part of it
        found = plain(piece)
        return None if isinstance(found, Declined) else found

    reader = Reader(world, machine)
    try:
        found = clauses(line, reader)
        if not any(_own(clause) for clause in found):
            return Answer(None, ours)
        plan = Composer(world).plan(found)
        lacking = left(line, plan, fleet)
        return Answer(plan if lacking is None else decline(lacking).result, True)
    except Unread as unread:
        reason = reader.hints[-1] if reader.hints else f"these words have no place in any skill: {unread.words[:300]}"
        return Answer(decline(reason, [unread.words[:300]]).result, ours or bool(reader.hints))
    except Stop as stop:
        return Answer(stop.result, True)


def concerned(fleet: FleetView) -> bool:
    """Whether a device of the fleet offers what the grammar of machines does not know."""
    from agents.embedded.grammar import KNOWN
    from agents.embedded.kinds.generic import TABLED

    return any(
        name not in KNOWN and (not name.startswith(TABLED) or name.startswith(OWN))
        for device in fleet.devices.values()
        if device.available
        for name in device.skills
    )


def speaks(line: Line, world: World) -> bool:
    """Whether a phone, or a sensor or an actuator of a box, is named: what no grammar of machines knows."""
    special = {
        name
        for name, device in world.fleet.devices.items()
        if "file.read" not in device.skills and any(skill.startswith(OWN) for skill in device.skills)
    }
    if any(set(mention.names) & special for mention in line.mentions):
        return True
    words = {token.text.casefold().removesuffix("'s") for token in line.tokens if token.kind is not Kind.QUOTED}
    things = [one.name for _, one in world.sensors] + [one.name for _, one in world.actuators]
    return any(set(parts_of(name)) <= words for name in things)


def _own(clause: Clause) -> bool:
    deeds = (*clause.deeds, *clause.otherwise)
    machines_own = clause.condition is not None and clause.condition.probe.skill.startswith("system.")
    return (clause.condition is not None and not machines_own) or any(not isinstance(deed, Part) for _, deed in deeds)
