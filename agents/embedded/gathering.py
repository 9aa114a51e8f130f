"""Lines and records put together: counted by a key, merged into one list, of one clause or of earlier results."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.joints import base_of, data_step, points_back, rest_points_back
from agents.embedded.operators import Operator
from agents.embedded.outcome import decline
from agents.embedded.places import Spot
from agents.embedded.view import View
from protocol.vocabulary import JsonObject


def grouped(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    """`count the ERROR lines in the logs of every server by service`."""
    base = base_of(view, operator)
    if points_back(base) and composer.results and not found:
        return False
    outcome = composer.understanding.read(base)
    if not isinstance(outcome, Match):
        raise composer.unplaced(base, outcome)
    items = items_of(composer, outcome.frame.skill)
    if items is None:
        raise decline(f"what {outcome.frame.skill} gives cannot be counted by {operator.key}", [operator.key])
    result = composer.add_match(outcome, composer.place_for(outcome, found))
    return count_step(composer, result, items, operator.key)


def items_of(composer: Composer, skill: str) -> str | None:
    names = composer.draft.specs[skill].output_schema.get("properties", {})
    return next((f"output.{name}" for name in ("lines", "entries", "items", "processes") if name in names), None)


def count_step(composer: Composer, result: Result, items: str, key: str) -> bool:
    title = f"{result.title.partition(' on ')[0]} by {key}"
    step = data_step(composer, "data.count_by", result.ref(items), {"by": key}, title)
    composer.results.append(Result(step, "data.count_by", title=title))
    return True


def count_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.grouping(view)
    items = items_of(composer, last.skill)
    own = frozenset(title_word for title_word in last.title.casefold().split())
    if operator is None or items is None or not rest_points_back(view, operator, frozenset({"error", "warning"}) & own):
        return False
    return count_step(composer, last, items, operator.key)


def merge_back(composer: Composer, view: View, last: Result) -> bool:
    removing = view.head in {"remove", "drop", "deduplicate", "dedupe"} and view.has("duplicate")
    if not removing and view.head not in {"merge", "combine", "join", "concatenate", "sort"}:
        return False
    if not rest_points_back(view, None, frozenset({"unique", "remove", "drop"})):
        return False
    names = composer.draft.specs[last.skill].output_schema.get("properties", {})
    path = next((f"output.{name}" for name in ("lines", "items", "text") if name in names), None)
    if path is None or (view.head == "sort" and path == "output.text"):
        return False
    low = {token.lemma for token in view.tokens if token.word}
    more: JsonObject = {}
    if removing or low & {"unique", "duplicate", "deduplicate", "deduplicated"}:
        more["unique"] = True
    if view.head == "sort" or low & {"sorted", "sort", "alphabetically"}:
        more["sort"] = True
    step = data_step(composer, "data.merge", last.ref(path), more, f"merged {last.title}")
    composer.results.append(Result(step, "data.merge", title=f"merged {last.title}"))
    return True
