"""Domain recipes: wishes that are more than one skill. Tried in order; the first that applies builds its steps.

A recipe either builds all that its clause asks for, or leaves the draft untouched and returns False, or stops planning
with a reason. Defaults that a recipe brings along are documented at its function.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import backward, followups, joins, pairs, reports, transfer
from agents.embedded.composer import Composer
from agents.embedded.places import Spot
from agents.embedded.view import View


def apply(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """Builds the clause by the first recipe that applies; False where none does and a plain frame is due."""
    return any(
        recipe(composer, view, found)
        for recipe in (
            transfer.backup,
            transfer.send,
            followups.appended,
            followups.held_against,
            reports.save,
            backward.earlier,
            pairs.compared,
            joins.measured,
        )
    )
