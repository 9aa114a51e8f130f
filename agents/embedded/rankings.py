"""`the newest of the three largest`: two orders, of which one step has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.embedded.outcome import decline
from agents.embedded.tokens import Token
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan

ORDERS: Final = {
    "size": words("largest biggest smallest heaviest fattest"),
    "modified": words("newest latest oldest youngest"),
}
"""What files are sorted by, and the words that ask for it."""


def refuse_lost_orders(tokens: Sequence[Token], plan: Plan) -> None:
    """Raises Stop where a request orders files by size and by age, and the plan does not do both."""
    said = {token.text.casefold() for token in tokens if token.word}
    wanted = {key: sorted(said & names) for key, names in ORDERS.items() if said & names}
    sorts = {step.arguments.get("sort") for step in plan.steps}
    lost = [word for key, names in wanted.items() if key not in sorts for word in names]
    if len(wanted) > 1 and lost:
        raise decline(f"the plan would not order files by {lost[0]}", lost)
