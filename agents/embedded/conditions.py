"""Conditions of a request ("if the disk is over 80% full"): the step that finds out, and the two edges behind it.

Over one device the edge looks at the probe itself; over a fan-out whose action runs on the same devices the edges are
pairwise; "if any" and "if all" go through data.filter, whose count decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded import backward, joins, operators
from agents.embedded.blocks import Block
from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.operators import Operator
from agents.embedded.outcome import decline
from agents.embedded.places import Spot, spots
from agents.embedded.plain import resolved
from agents.embedded.slots import FILE_NOUNS, FOLDER_NOUNS, clean
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.conditions import Compare, Condition, Not
from orchestrator.core.plan import Selector, StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject

NOT = words("not no isn't aren't doesn't don't hasn't none isnt doesnt")
OF_FILES = (
    FILE_NOUNS
    | FOLDER_NOUNS
    | words("exist exists existing there missing present contain contains empty larger bigger")
)


def gates(composer: Composer, block: Block, before: Sequence[str]) -> tuple[StepDependency, StepDependency]:
    """(edge of the first branch, edge of the second)."""
    clause = block.clause
    view = View(clause.tokens)
    composer.draft.begin(before, ())
    negated = clause.mark == "unless"
    for at, token in enumerate(view.tokens):
        if token.word and token.lemma in NOT:
            negated = not negated
            view.claim(at)
    places = spots(view, composer.places)
    composer.no_negation(View([t for t in view.tokens if t.lemma not in NOT]))
    # A condition never takes its device from the action that it guards: that would be a guess.
    composer.ahead = None
    step, condition = _probe(composer, view, places)
    if _looked_for(composer, step) and any(token.text.casefold() == "missing" for token in view.tokens if token.word):
        negated = not negated
    if isinstance(condition, On):
        first, second = (condition, On.SUCCESS if condition is On.FAILURE else On.FAILURE)[:: -1 if negated else 1]
        return StepDependency(step=step, on=first), StepDependency(step=step, on=second)
    if negated:
        condition = Not.model_validate({"not": condition})
    other: Condition = Not.model_validate({"not": condition}) if not isinstance(condition, Not) else condition.not_
    return (
        StepDependency(step=step, on=On.CONDITION, when=condition),
        StepDependency(step=step, on=On.CONDITION, when=other),
    )


def _looked_for(composer: Composer, step: str) -> bool:
    """Whether the step only looks whether a file is there: `is missing` is then the opposite of what it finds."""
    return composer.draft.steps[step].skill in ("file.list", "file.find", "file.stat")


def _probe(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition | On]:
    for reading in (_outcome, _earlier, _compared_back, _differs, _contains_back):
        built = reading(composer, view, places)
        if built is not None:
            return built
    operator = operators.comparison(view)
    base = View(view.tokens, view.claimed)
    if operator is not None:
        base.claim(*operator.spots)
    base.assumed = "check"
    base.take(frozenset({"still", "currently", "already"}))
    quantifier = _quantifier(view, places)
    match = _match(composer, base, operator)
    if operator is not None:
        path, op, value = joins.threshold(composer, match, operator)
    else:
        measure = next((m for m in match.frame.measures if m.path == "output.count"), None)
        if measure is None or (match.frame.skill == "process.list" and "name" not in match.arguments):
            raise decline(
                "the condition has nothing that could be true or false", [t.text for t in view.tokens if t.word][:8]
            )
        path, op, value = measure.path, ">", 0
    _no_guess(view, match)
    place = composer.place_for(match, [replace(s, place=_fan(s)) for s in places])
    result = composer.add_match(match, place, records=quantifier is not None)
    files = [token for token in view.tokens if token.kind is Kind.PATH]
    if len(files) == 1:
        # What the condition asks about is what "it" stands for in the branches.
        composer.results.append(replace(result, file=clean(str(files[0].value))))
    if quantifier is None:
        return result.step, Compare.model_validate({"path": path, "op": op, "value": value})
    return _counted(composer, result, quantifier, path, op, value)


def _no_guess(view: View, match: Match) -> None:
    """A condition is about a file only where it says so: `in case of fire` looks for no folder of that name."""
    path = match.arguments.get("path")
    bare = [token for token in view.tokens if token.word and token.text == path]
    if bare and not any(token.word and token.lemma in OF_FILES for token in view.tokens):
        raise decline("it is not clear that the condition is about a file", [bare[0].text])


def _match(composer: Composer, base: View, operator: operators.Operator | None) -> Match:
    """What the condition measures; `a.txt is larger than 10 MB` speaks of the size without the word."""
    if operator is not None and operator.unit == "bytes" and any(token.kind is Kind.PATH for token in base.tokens):
        sized = View(base.tokens, base.claimed)
        sized.assumed = "compare-size"
        found = composer.understanding.read(sized, frozenset({"file.stat"}), lenient=True)
        if isinstance(found, Match):
            return found
    return resolved(composer, base)


def _outcome(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition | On] | None:
    """`if it fails`, `if that succeeds`: the end of the step before, whatever its output."""
    trial = View(view.tokens, view.claimed)
    said = trial.take(FAILS | WORKS)
    trial.take(BACK | {"command", "script", "download", "step", "has", "does", "did", "do", "copy", "transfer"})
    if len(said) != 1 or places or trial.left() or len(composer.tails) != 1:
        return None
    step = composer.tails[0]
    outputs = composer.draft.specs[composer.draft.steps[step].skill].output_schema.get("properties", {})
    if "exit_code" in outputs:
        return step, Compare(path="output.exit_code", op="!=" if said[0] in FAILS else "==", value=0)
    composer.draft.steps[step] = composer.draft.steps[step].model_copy(update={"on_failure": "continue"})
    return step, On.FAILURE if said[0] in FAILS else On.SUCCESS


def _compared_back(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition] | None:
    """`if they differ`, where the values are there but not compared yet."""
    if places or not composer.results or not composer.results[-1].many or composer.results[-1].skill == "data.compare":
        return None
    operator = operators.sameness(view)
    said = [STATES[view.lemma(at)] for at in operator.spots if view.lemma(at) in STATES] if operator is not None else []
    if len(said) != 1 or not backward.compare_last(composer, composer.results[-1]):
        return None
    return composer.results[-1].step, Compare(path="output.equal", op="==", value=said[0])


def _contains_back(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition] | None:
    """`if it contains "urgent"`, of the file before."""
    quoted = [token for token in view.tokens if token.kind is Kind.QUOTED]
    if (
        places
        or len(quoted) != 1
        or not composer.results
        or not view.has("it", "file")
        or not view.has("contain", "contains")
    ):
        return None
    last = composer.results[-1]
    trial = View(view.tokens, [at for at, token in enumerate(view.tokens) if token.kind is Kind.QUOTED])
    trial.take({"contain", "contains", "it", "file", "does", "word", "text"})
    rest = [token for token in trial.left() if token.lemma not in NOT]
    if rest or last.file is None or last.many or last.place is None:
        return None
    step = composer.draft.add(
        "search",
        "file.search",
        {"pattern": clean(str(quoted[0].value)), "path": last.file},
        last.place.selector,
        after=[last.step],
        title=f"search {last.file}",
    )
    return step, Compare(path="output.count", op=">", value=0)


def _differs(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition] | None:
    """`if config.yml differs between alpha and beta`: a comparison of its own, then its verdict."""
    operator = operators.sameness(view)
    if operator is None or not any(len(spot.place.names) > 1 for spot in places):
        return None
    said = [STATES[view.lemma(at)] for at in operator.spots if view.lemma(at) in STATES]
    if len(set(said)) != 1 or not joins.measured(composer, view, places):
        return None
    composer.scope, composer.scope_step = None, None
    composer.lost = "the condition is about several devices, so name the device for what follows"
    return composer.results[-1].step, Compare(path="output.equal", op="==", value=said[0])


def _fan(spot: Spot) -> Place:
    place = spot.place
    if place.any and not place.many:
        return replace(place, many=True, any=False, selector=place.selector.model_copy(update={"mode": "each"}))
    return place


def _quantifier(view: View, places: Sequence[Spot]) -> str | None:
    """`any` or `all` over the devices, where the condition says so; None where each device stands for itself."""
    if any(spot.place.any for spot in places):
        return "any"
    first = [spot.place.text.casefold() for spot in places]
    if any(text.startswith(("all ", "both ", "every ", "each ")) and places[0].at <= 1 for text in first):
        return "all"
    for at, token in view.free(Kind.WORD):
        if (
            token.lemma in {"any", "all"}
            and view.lemma(at + 1) == "of"
            and view.lemma(at + 2) in {"them", "these", "those"}
        ):
            view.claim(at, at + 1, at + 2)
            return token.lemma
    return None


def _counted(
    composer: Composer, result: Result, quantifier: str, path: str, op: str, value: object
) -> tuple[str, Condition]:
    """Through data.filter: any of them fits where the count is above 0; all fit where none fits the opposite."""
    flipped = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
    more: JsonObject = {
        "by": path,
        "op": op if quantifier == "any" else flipped[op],
        "value": value if isinstance(value, (int, float, str, bool)) else None,
    }
    step = composer.draft.add(
        "filter", "data.filter", {"items": result.records, **more}, Selector(), title=f"check of {result.title}"
    )
    composer.scope, composer.scope_step = None, None
    composer.lost = "the condition is about several devices, so name the device for what follows"
    wanted = (
        {"path": "output.count", "op": ">", "value": 0}
        if quantifier == "any"
        else {"path": "output.count", "op": "==", "value": 0}
    )
    return step, Compare.model_validate(wanted)


# --- about earlier results -------------------------------------------------------------------------------------------
LOADS = {"output.load_1", "output.load_5", "output.load_15"}
BACK = words("it one they them that this result count number output total value sum those these of ones")
STATES = {
    "differ": False,
    "different": False,
    "same": True,
    "identical": True,
    "match": True,
    "equal": True,
    "matches": True,
    "differs": False,
    "agree": True,
}
FAILS = {"fails", "fail", "failed"}
WORKS = {"succeeds", "succeed", "succeeded", "works", "worked"}


def _earlier(composer: Composer, view: View, places: Sequence[Spot]) -> tuple[str, Condition] | None:
    if not composer.results or places:
        return None
    last = composer.results[-1]
    trial = View(view.tokens, view.claimed)
    if last.skill == "data.compare":
        words = trial.take(STATES)
        trial.take(BACK | {"hash", "checksum", "file", "version", "content"})
        if len(words) == 1 and not trial.left():
            return last.step, Compare(path="output.equal", op="==", value=STATES[words[0]])
        return None
    return _measured_back(composer, view, last)


def _measured_back(composer: Composer, view: View, last: Result) -> tuple[str, Condition] | None:
    operator = operators.comparison(view)
    trial = View(view.tokens, view.claimed)
    if operator is None and last.number == "output.count" and not last.many:
        bare = View(view.tokens, view.claimed)
        said = bare.take(words("it is that so does exist exists running found they are was do there any"))
        if said and not bare.left():
            return last.step, Compare(path="output.count", op=">", value=0)
    if operator is not None:
        return _number_back(composer, trial, last, operator)
    found = trial.take({"found", "match", "matches", "any", "anything", "line", "something"})
    quantifier = _quantifier(trial, ())
    trial.take(BACK | {"full", "used", "found", "match", "line", "anything"})
    if trial.left() or not (found or quantifier) or not last.number.endswith(".count"):
        return None
    if quantifier is not None and last.many:
        return _counted(composer, last, quantifier, last.number, ">", 0)
    return last.step, Compare.model_validate({"path": last.number, "op": ">", "value": 0})


def _number_back(composer: Composer, trial: View, last: Result, operator: Operator) -> tuple[str, Condition] | None:
    """`if it is above 10`, `less than 2 GB available?`: a number of the last result against a threshold."""
    trial.claim(*operator.spots)
    quantifier = _quantifier(trial, ())
    trial.take(BACK | {"full", "used", "found", "match", "line", "anything"})
    named = [token.lemma for token in trial.left() if token.word]
    outputs = composer.draft.specs[last.skill].output_schema.get("properties", {})
    if len(named) == 1 and named[0] in outputs and isinstance(operator.value, (int, float)):
        trial.take(frozenset(named))
        path, op, value = f"output.{named[0]}", operator.op, operator.value
    elif last.skill == "data.count_by" and operator.unit == "number" and isinstance(operator.value, (int, float)):
        path, op, value = "output.total", operator.op, operator.value
    else:
        measured = _measure_back(composer, trial, last, operator)
        if measured is None:
            return None
        path, op, value = measured
    if trial.left():
        return None
    if quantifier is not None and last.many:
        return _counted(composer, last, quantifier, path, op, value)
    return last.step, Compare.model_validate({"path": path, "op": op, "value": value})


def _measure_back(
    composer: Composer, trial: View, last: Result, operator: Operator
) -> tuple[str, str, int | float] | None:
    """(path, comparison, value) of the number of the last result that the words and the unit speak of."""
    frames = [frame for frame in composer.understanding.frames if frame.skill == last.skill and frame.measures]
    frames.sort(key=lambda frame: all(measure.path != last.number for measure in frame.measures))
    for at, token in trial.free(Kind.DURATION):
        path = f"output.load_{int(token.value or 0) // 60}"
        if last.skill == "system.load" and path in LOADS and isinstance(operator.value, (int, float)):
            trial.claim(at)
            return path, operator.op, operator.value
    for frame in frames:
        spoken = frozenset(token.lemma for token in trial.tokens if token.word) & backward.vocabulary(frame)
        match = Match(frame, {}, 0, taken=spoken)
        asked = next((m for m in frame.measures if m.path == last.number and m.unit == operator.unit), None)
        if asked is not None and asked.when and not any(m.when & spoken for m in frame.measures):
            # `count the words; if there are more than 100`: the number that was asked for.
            match = replace(match, taken=spoken | asked.when)
        if match.measure(operator.unit) is not None:
            trial.take(backward.vocabulary(frame))
            return joins.threshold(composer, match, operator)
    return None
