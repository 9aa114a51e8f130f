"""The supervisor's steps without LangGraph: from the first one, by the record alone, to the next stop.

For when no place is saved, or the saved one cannot be read: the record says where a run stands, and every step is
safe to take twice.
"""

from __future__ import annotations

from agents.lead import Lead, Turn
from agents.routes import FIRST, FOLLOWS, LAST, MOST_STEPS, STOPS


async def walk(lead: Lead, turn: Turn) -> None:
    """Take the turn's steps. Raises what a step raises."""
    at: str = FIRST
    for _ in range(MOST_STEPS):
        if at == LAST or at in STOPS:
            return
        following = await lead.step(at)(turn)
        assert following in FOLLOWS[at], f"{following} does not follow {at}"
        turn.done.append(at)
        at = following
    raise RuntimeError(f"the supervisor took {MOST_STEPS} steps and came to no stop")
