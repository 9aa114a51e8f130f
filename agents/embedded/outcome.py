"""How planning stops early: with what could not be placed, or with one question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Choice, Clarification, Declined, DeclinedCode


class Stop(Exception):
    """Planning ends here. `result` is what the rung answers."""

    def __init__(self, result: Clarification | Declined) -> None:
        super().__init__(result.reason if isinstance(result, Declined) else result.question)
        self.result = result


def decline(reason: str, unplaced: Iterable[str] = (), code: DeclinedCode = "not_understood") -> Stop:
    """A Stop that says why, and which words had no place; texts are cut to what the wire takes."""
    words = tuple(word[:500] for word in unplaced)[:50]
    return Stop(Declined(reason=reason[:500], unplaced=words, code=code))


def lacking(fleet: FleetView, skill: str, names: Sequence[str] = (), said: str = "") -> Stop:
    """A Stop that says that these devices, or all, do not offer a skill: with why, where a device has told.

    `said` are the devices in the request's words.
    """
    who = said or ", ".join(names) or "no device"
    verb = "offers" if who == "no device" else "does not offer"
    unplaced = [said] if said else [*names] or [skill]
    why = fleet.withheld(skill, names or None)
    if not why:
        return decline(f"{who} {verb} {skill}", unplaced)
    return decline(f"{who} {verb} {skill} now: {why}", unplaced, "unavailable")


def ask(question: str, choices: Sequence[str], answers: Sequence[tuple[str, str]]) -> str:
    """The person's answer to `question`, where it was given; raises Stop with the question where it was not.

    An answer that is none of the choices ends planning: asking the same thing twice helps nobody.
    """
    question = question[:500]
    for asked, answer in answers:
        if asked == question:
            wanted = answer.strip().casefold()
            for choice in choices:
                if choice.casefold() == wanted:
                    return choice
            raise decline(f'"{answer[:80]}" is not one of the choices: {", ".join(choices)}')
    raise Stop(Clarification(question=question, choices=tuple(Choice(label=c, value=c) for c in choices[:20])))
