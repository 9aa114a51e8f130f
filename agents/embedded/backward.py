"""An operator applied to results that are there already: `compare them`, `which one has the most?`, `add them up`."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Frame, Match
from agents.embedded.gathering import count_back, merge_back
from agents.embedded.joins import ranking_measure, refuse_folders, threshold
from agents.embedded.joints import IN_PERCENT, PERCENT_WORDS, POINTERS, VERBS, data_step, rest_points_back, says
from agents.embedded.places import Spot
from agents.embedded.slots import clean
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject


def earlier(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """An operator on the last result; every other word of the clause must point back to it."""
    if not composer.results or any(not spot.place.back for spot in found) or view.head not in VERBS | {"only"}:
        return False
    last = composer.results[-1]
    if view.head == "only":
        # `only show those that ...`: the verb stands behind it.
        view = View(view.tokens, {*view.claimed, view.head_at})
    return any(
        build(composer, view, last)
        for build in (count_back, _contains_back, _filter_back, _compare_back, _rank_back, _stats_back, merge_back)
    )


ONLY = words("only just keep filter")
RELATIVE = words(
    "where that which with whose is are was the have has got those device machine server box who only just"
)


def _filter_back(composer: Composer, view: View, last: Result) -> bool:
    """`show only those where the status is not 200`, `keep the ones above 80%`."""
    operator = operators.comparison(view)
    picks = says(view, frozenset({"those", "these", "them"})) and says(view, words("where that which with whose"))
    if operator is None or not last.many or not (says(view, ONLY) or picks):
        return False
    trial = View(view.tokens, view.claimed, view.head_at)
    trial.claim(view.head_at, *operator.spots)
    trial.take(RELATIVE | POINTERS)
    named = [token.lemma for token in trial.left() if token.word]
    properties = composer.draft.specs[last.skill].output_schema.get("properties", {})
    if len(named) == 1 and named[0] in properties and len(trial.left()) == 1:
        path, op, value = f"output.{named[0]}", operator.op, operator.value
    else:
        frame = next((f for f in composer.understanding.frames if f.skill == last.skill and f.measures), None)
        if frame is None:
            return False
        taken = frozenset(trial.take(vocabulary(frame)))
        if trial.left():
            return False
        path, op, value = threshold(composer, Match(frame, {}, 0, taken=taken), operator)
    step = data_step(
        composer, "data.filter", last.records, {"by": path, "op": op, "value": value}, f"some of {last.title}"
    )
    composer.results.append(Result(step, "data.filter", title=f"some of {last.title}"))
    return True


def _contains_back(composer: Composer, view: View, last: Result) -> bool:
    """`keep the ones containing TIMEOUT`: of the lines that are there, some."""
    at = view.find({"containing"})
    names = composer.draft.specs[last.skill].output_schema.get("properties", {})
    if view.head != "filter" or at is None or "lines" not in names or len(view.tokens) != at + 2:
        return False
    wanted = view.tokens[at + 1]
    if wanted.kind not in (Kind.WORD, Kind.QUOTED):
        return False
    more: JsonObject = {"op": "contains", "value": clean(str(wanted.value or wanted.text))}
    step = data_step(composer, "data.filter", last.ref("output.lines"), more, f"some of {last.title}")
    composer.results.append(Result(step, "data.filter", title=f"some of {last.title}"))
    return True


def _compare_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.sameness(view)
    if operator is not None and last.skill == "data.compare":
        # `compare x on both, are they the same?` asks once.
        return rest_points_back(view, operator, frozenset({"each", "other"}))
    if (
        operator is None
        or not last.many
        or not rest_points_back(view, operator, frozenset({"each", "other", "compare"}))
    ):
        return False
    return compare_last(composer, last)


def compare_last(composer: Composer, last: Result) -> bool:
    """Compares the outputs of the fan-out that `last` is."""
    if not last.number or last.skill == "file.list":
        refuse_folders(last.skill)
    more: JsonObject = {"by": _same_path(composer, last)} if _same_path(composer, last) else {}
    step = data_step(composer, "data.compare", last.records, more, f"comparison of {last.title}")
    composer.results.append(Result(step, "data.compare", title=f"comparison of {last.title}"))
    return True


def _same_path(composer: Composer, last: Result) -> str:
    frame = next((f for f in composer.understanding.frames if f.skill == last.skill and f.same), None)
    return last.number if last.number else frame.same if frame is not None else ""


def _rank_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.ranking(view)
    frame = next((f for f in composer.understanding.frames if f.skill == last.skill and f.measures), None)
    if (
        operator is None
        or not last.many
        or frame is None
        or not rest_points_back(view, operator, _unit_words(last) | vocabulary(frame))
    ):
        return False
    if view.head not in {"which", "who", "whose"} and not any(t.word and t.lemma in POINTERS for t in view.tokens):
        return False
    spoken = frozenset(t.lemma for t in view.tokens if t.word)
    number = last.number
    if view.head in {"sort", "order"} and not spoken & vocabulary(frame):
        return False
    if spoken & vocabulary(frame):
        number = ranking_measure(composer, Match(frame, {}, 0, taken=spoken & vocabulary(frame)), view).path
    usage = next((m.path for m in frame.measures if m.unit == "percent" and not m.when), "")
    if usage and (says(view, PERCENT_WORDS | IN_PERCENT) or number == "output.used_bytes"):
        # How full devices of different size are is told by the share, not by the bytes.
        number = usage
    if not number or last.unit == "text":
        return False
    step = data_step(
        composer, "data.rank", last.records, {"by": number, "order": operator.order}, f"ranking of {last.title}"
    )
    composer.results.append(Result(step, "data.rank", title=f"ranking of {last.title}"))
    return True


def vocabulary(frame: Frame) -> frozenset[str]:
    return frozenset(frame.may).union(*frame.groups)


def _unit_words(last: Result) -> frozenset[str]:
    return frozenset(
        {"bytes": {"size"}, "number": {"count", "number"}, "seconds": {"time"}, "percent": {"percentage"}}.get(
            last.unit, set()
        )
    )


def _stats_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.statistics(view)
    if (
        operator is None
        or not last.many
        or not last.number
        or last.unit == "text"
        or not rest_points_back(view, operator)
    ):
        return False
    step = data_step(composer, "data.stats", last.records, {"by": last.number}, f"{operator.key} of {last.title}")
    composer.results.append(Result(step, "data.stats", title=f"{operator.key} of {last.title}"))
    return True
