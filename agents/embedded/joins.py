"""Questions over several devices and over earlier results: rank, filter, compare, total, count by, merge.

`measured` reads a clause that names the facts and the operator together ("which server has the most free memory");
`earlier` one that applies an operator to results that are there already ("count them by service").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Frame, Match, Measure
from agents.embedded.operators import Operator
from agents.embedded.outcome import ask, decline
from agents.embedded.places import Spot
from agents.embedded.plain import resolved
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from protocol.vocabulary import JsonObject

POINTERS = words(
    "it them they these those this that result output finding list line all everything one number count "
    "value answer total each both match file entry record figure content text size hash checksum version"
)
VERBS = words(
    "show display print give get tell list count rank compare sort order merge combine join sum total "
    "group tally aggregate which what how howmany average breakdown concatenate collect add put check "
    "see are is report do verify if whether remove drop deduplicate dedupe summarize compute calculate filter keep "
    "determine find does howmuch howlong who"
)
JOIN_MAY = words(
    "into one single list together unique duplicate removing dropping without deduplicate deduplicated "
    "sorted alphabetically and number often occurs many entry each all whether if other another across"
)
OWN_SUPERLATIVES = frozenset({"longest", "shortest", "busiest", "most", "fullest"})
PERCENT_WORDS = words("usage full utilization utilisation consumption fullest")
IN_PERCENT = words("percent percents percentage pct percentages relative share")


def measured(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """A clause with an operator over the outputs of its own step."""
    many = any(spot.place.many or len(spot.place.names) > 1 for spot in found)
    if composer.negated:
        return _having(composer, view, found) or _cannot_negate(view)
    which = any(spot.place.which for spot in found)
    key = operators.grouping(view)
    if key is not None:
        return _grouped(composer, view, found, key)
    same = operators.sameness(view)
    if same is not None and (many or (composer.scope is not None and composer.scope.many)):
        return _compared(composer, view, found, same)
    ranked = operators.ranking(view)
    if ranked is not None and (
        which
        or (view.head in {"rank", "sort", "order", "list", "show", "display", "give"} and many and _ordered(view))
        or (ranked.limit is not None and many)
    ):
        return _ranked(composer, view, found, ranked)
    limit = operators.comparison(view)
    if limit is not None and (which or _asks_of_device(view, found) or _relative(view, found)):
        return _filtered(composer, view, found, limit)
    total = operators.statistics(view)
    if total is not None and many and not which:
        return _totalled(composer, view, found, total)
    if which and _yes_or_no(view):
        return _having(composer, view, found) or (
            view.head in words("have has contain contains hold mention") and _cannot_tell(view)
        )
    return False


def _ordered(view: View) -> bool:
    return view.head in {"rank", "sort", "order"} or any(t.lemma == "by" for t in view.tokens if t.word)


def _cannot_tell(view: View) -> bool:
    raise decline("what the devices should have is not clear", [token.text for token in view.left()])


def _cannot_negate(view: View) -> bool:
    raise decline("what the devices should not have is not clear", [token.text for token in view.left()])


def _yes_or_no(view: View) -> bool:
    """`which servers have / are running / contain`: asks for devices, not for facts about them."""
    return view.head in {"have", "has", "contain", "contains", "hold", "mention"} or any(
        view.lemma(at) in {"running", "run", "runs"} for at in range(len(view.tokens))
    )


def _relative(view: View, found: Sequence[Spot]) -> bool:
    """`list the servers that have less than ...`, `all machines with more than ...`: devices, picked by a fact."""
    return any(
        spot.place.many and view.lemma(spot.at + 1) in {"that", "which", "with", "whose", "where", "having"}
        for spot in found
    )


def _asks_of_device(view: View, found: Sequence[Spot]) -> bool:
    return bool(found) and view.head in {"is", "are", "does", "do", "has", "have", "if", "whether"}


def _base(view: View, operator: Operator | None, *, assume: bool = True) -> View:
    """The clause without its operator, to be read as a question for the facts alone."""
    base = View(view.tokens, view.claimed)
    if operator is not None:
        base.claim(*operator.spots)
    if assume:
        head = view.head_at
        if base.head in VERBS or head in base.claimed:
            base.claim(head)
        base.assumed = "show"
    return base


def _step(composer: Composer, base: View, found: Sequence[Spot]) -> tuple[Match, Result]:
    match = resolved(composer, base)
    place = composer.place_for(match, found)
    return match, composer.add_match(match, place, records=True)


def _data(composer: Composer, skill: str, items: str, more: JsonObject, title: str) -> str:
    return composer.draft.add(
        skill.partition(".")[2].replace("count_by", "count"), skill, {"items": items, **more}, Selector(), title=title
    )


# --- over the clause's own facts -------------------------------------------------------------------------------------


def _ranked(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    trial = _base(view, operator)
    outcome = composer.understanding.read(trial)
    if not isinstance(outcome, Match) and any(view.lemma(at) in OWN_SUPERLATIVES for at in operator.spots):
        bare = _base(view, None)
        other = composer.understanding.read(bare)
        if isinstance(other, Match):
            trial, outcome = bare, other
    if not isinstance(outcome, Match):
        raise composer.unplaced(trial, outcome)
    measure = ranking_measure(composer, outcome, view)
    order = operator.order
    if measure.rest_of:
        order = "asc" if order == "desc" else "desc"
    base = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    more: JsonObject = {"by": measure.path, "order": order}
    limit = operator.limit or next((spot.place.limit for spot in found if spot.place.limit), None)
    if limit is not None:
        more["limit"] = limit
    title = f"devices by {base.title}"
    step = _data(composer, "data.rank", base.records, more, title)
    composer.results.append(replace(base, title=base.title))
    composer.results.append(Result(step, "data.rank", title=title))
    composer.results.pop(-2)
    composer.lost = "the device is known only once the results are there"
    composer.scope, composer.scope_step = None, None
    return True


def _says(view: View, lemmas: frozenset[str]) -> bool:
    return any(token.word and token.lemma in lemmas for token in view.tokens)


def ranking_measure(composer: Composer, match: Match, view: View) -> Measure:
    """What a ranking goes by. "The most disk space" may mean free or total: that is asked."""
    numbers = [m for m in match.frame.measures if m.unit in {"bytes", "seconds", "number", "percent"}]
    if not numbers:
        raise decline(f"{match.frame.skill} gives nothing that could be ranked", sorted(match.taken))
    if _says(view, PERCENT_WORDS | IN_PERCENT):
        percent = next((m for m in numbers if m.unit == "percent" and not m.when), None)
        if percent is not None:
            return percent
    exact = [m for m in numbers if m.when & match.taken and m.unit != "percent"] or [
        m for m in numbers if not m.when and m.unit != "percent"
    ]
    if exact:
        return exact[0]
    if match.frame.skill == "system.disk":
        free = (
            ask("Do you mean free space or total size?", ["free space", "total size"], composer.directory.answers)
            == "free space"
        )
        path = "output.free_bytes" if free else "output.total_bytes"
        return next(m for m in numbers if m.path == path)
    return numbers[0]


def _filtered(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    base = _base(view, operator)
    outcome = resolved(composer, base)
    path, op, value = threshold(composer, outcome, operator)
    result = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    step = _data(
        composer, "data.filter", result.records, {"by": path, "op": op, "value": value}, f"devices by {result.title}"
    )
    composer.results.append(Result(step, "data.filter", title=f"devices by {result.title}"))
    composer.lost = "the devices are known only once the results are there"
    composer.scope, composer.scope_step = None, None
    return True


def threshold(composer: Composer, match: Match, operator: Operator) -> tuple[str, str, int | float]:
    """(path, comparison, value) of a threshold on what a match measures; free percent is turned into used percent."""
    measure = match.measure(operator.unit)
    if measure is None and operator.unit == "bytes":
        measure = next((m for m in match.frame.measures if m.unit == "bytes" and not m.when), None)
    if measure is None or not isinstance(operator.value, (int, float)):
        raise decline(f"{match.frame.skill} has no value in that unit to compare with", sorted(match.taken))
    if measure.path == "output.used_bytes" and not measure.when:
        raise decline("it is not clear whether used or free space is meant", sorted(match.taken))
    if measure.rest_of:
        flipped = {">": "<", "<": ">", ">=": "<=", "<=": ">="}[operator.op]
        return measure.path, flipped, 100 - operator.value
    return measure.path, operator.op, operator.value


def _compared(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    base = _base(view, operator)
    base.take(
        frozenset(
            {"version", "exactly", "other", "each", "another", "across", "between", "copy", "content"}
            | {"whether", "if"}
        )
    )
    if operator.spots and not base.left() and composer.results and not found:
        return False
    only_path = _only_path(base)
    match = (
        composer.read(base, skills=frozenset({"file.hash"}), lenient=True) if only_path else resolved(composer, base)
    )
    measure = match.measure()
    path = match.frame.same or (measure.path if measure is not None else "")
    if not match.frame.same or (measure is not None and measure.when & match.taken):
        numbers = [m for m in match.frame.measures if m.when & match.taken and not m.rest_of] or [
            m for m in match.frame.measures if not m.when
        ]
        usage = next((m for m in match.frame.measures if m.unit == "percent" and not m.when), None)
        if usage is not None and _says(view, PERCENT_WORDS | IN_PERCENT):
            numbers = [usage]
        path = numbers[0].path if numbers else path
    if not path:
        raise decline(f"{match.frame.skill} gives nothing that could be compared", sorted(match.taken))
    result = composer.add_match(match, composer.place_for(match, found), records=True)
    step = _data(composer, "data.compare", result.records, {"by": path}, f"comparison of {result.title}")
    composer.results.append(Result(step, "data.compare", title=f"comparison of {result.title}"))
    return True


def _only_path(base: View) -> bool:
    from agents.embedded.slots import first_of, path

    trial = base.fork()
    found = first_of(path(None, want="file", bare=True), path(None))(trial)
    trial.take(frozenset({"file", "config", "configuration", "content", "document"}))
    if found is None or trial.left():
        return False
    base.take(frozenset({"file", "content", "document"}))
    at = next((at for at, token in enumerate(base.tokens) if token.word and at not in base.claimed), None)
    base.assumed = "compare-file"
    return at is not None or True


def _totalled(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    across = view.phrase("in", "total") is not None or any(
        token.lemma in {"across", "combined", "altogether", "together", "sum"} for token in view.tokens if token.word
    )
    outcome = composer.understanding.read(_base(view, operator))
    if not isinstance(outcome, Match):
        if across:
            raise composer.unplaced(_base(view, operator), outcome)
        return False
    own = any(m.when & {"total"} for m in outcome.frame.measures)
    if (
        operator.key == "total"
        and own
        and not across
        and not any(m.when & outcome.taken for m in outcome.frame.measures)
    ):
        return False
    measure = _summed(outcome, view, operator)
    if measure is None:
        if across:
            raise decline("it is not clear which number to add up", sorted(outcome.taken))
        return False
    result = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    step = _data(composer, "data.stats", result.records, {"by": measure.path}, f"{operator.key} of {result.title}")
    composer.results.append(Result(step, "data.stats", title=f"{operator.key} of {result.title}"))
    return True


def _summed(match: Match, view: View, operator: Operator) -> Measure | None:
    """What is added up or averaged. Percentages of different machines have an average, but no sum."""
    numbers = [m for m in match.frame.measures if m.unit != "text" and not m.rest_of]
    plain = [m for m in numbers if m.unit != "percent"]
    if _says(view, IN_PERCENT):
        said = [m for m in match.frame.measures if m.when & match.taken]
        if operator.key == "total" or any(m.rest_of for m in said):
            raise decline("percentages of several devices cannot be put together in that way", ["percent"])
        return next((m for m in numbers if m.unit == "percent" and not m.when), None)
    fitting = plain if operator.key == "total" else numbers
    return next((m for m in plain if m.when & match.taken), None) or next((m for m in fitting if not m.when), None)


def _having(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`which servers have nginx running`: those where the count is above zero."""
    outcome = composer.understanding.read(view)
    if not isinstance(outcome, Match):
        outcome = composer.understanding.read(_base(view, None))
    if not isinstance(outcome, Match):
        return False
    measure = next((m for m in outcome.frame.measures if m.path == "output.count"), None)
    if measure is None or (outcome.frame.skill == "process.list" and "name" not in outcome.arguments):
        return False
    result = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    step = _data(
        composer,
        "data.filter",
        result.records,
        {"by": measure.path, "op": "==" if composer.negated else ">", "value": 0},
        f"devices with {result.title}",
    )
    composer.results.append(Result(step, "data.filter", title=f"devices with {result.title}"))
    composer.lost = "the devices are known only once the results are there"
    composer.scope, composer.scope_step = None, None
    return True


def _grouped(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    """`count the ERROR lines in the logs of every server by service`."""
    base = _base(view, operator)
    if _points_back(base) and composer.results and not found:
        return False
    outcome = composer.understanding.read(base)
    if not isinstance(outcome, Match):
        raise composer.unplaced(base, outcome)
    items = _items(composer, outcome.frame.skill)
    if items is None:
        raise decline(f"what {outcome.frame.skill} gives cannot be counted by {operator.key}", [operator.key])
    result = composer.add_match(outcome, composer.place_for(outcome, found))
    return _count(composer, result, items, operator.key)


def _items(composer: Composer, skill: str) -> str | None:
    names = composer.draft.specs[skill].output_schema.get("properties", {})
    return next((f"output.{name}" for name in ("lines", "entries", "items", "processes") if name in names), None)


def _count(composer: Composer, result: Result, items: str, key: str) -> bool:
    title = f"{result.title.partition(' on ')[0]} by {key}"
    step = _data(composer, "data.count_by", result.ref(items), {"by": key}, title)
    composer.results.append(Result(step, "data.count_by", title=title))
    return True


# --- over earlier results --------------------------------------------------------------------------------------------


def _points_back(view: View) -> bool:
    return any(t.word and t.lemma in POINTERS and at not in view.claimed for at, t in enumerate(view.tokens))


def earlier(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """An operator on the last result; every other word of the clause must point back to it."""
    if not composer.results or found or view.head not in VERBS:
        return False
    last = composer.results[-1]
    return any(
        build(composer, view, last) for build in (_count_back, _compare_back, _rank_back, _stats_back, _merge_back)
    )


def _rest_points_back(view: View, operator: Operator | None, more: frozenset[str] = frozenset()) -> bool:
    trial = View(view.tokens, view.claimed)
    trial.take({"by", "to", "with"})
    if operator is not None:
        trial.claim(*operator.spots)
    if view.head in VERBS:
        trial.claim(view.head_at)
    if (
        not any(t.word and t.lemma in POINTERS for at, t in enumerate(trial.tokens) if at not in trial.claimed)
        and not more
    ):
        return False
    trial.take(POINTERS | more | JOIN_MAY)
    return not trial.left()


def _count_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.grouping(view)
    items = _items(composer, last.skill)
    own = frozenset(title_word for title_word in last.title.casefold().split())
    if (
        operator is None
        or items is None
        or not _rest_points_back(view, operator, frozenset({"error", "warning"}) & own)
    ):
        return False
    return _count(composer, last, items, operator.key)


def _compare_back(composer: Composer, view: View, last: Result) -> bool:
    operator = operators.sameness(view)
    if (
        operator is None
        or not last.many
        or not _rest_points_back(view, operator, frozenset({"each", "other", "compare"}))
    ):
        return False
    return compare_last(composer, last)


def compare_last(composer: Composer, last: Result) -> bool:
    """Compares the outputs of the fan-out that `last` is."""
    more: JsonObject = {"by": _same_path(composer, last)} if _same_path(composer, last) else {}
    step = _data(composer, "data.compare", last.records, more, f"comparison of {last.title}")
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
        or not _rest_points_back(view, operator, _unit_words(last) | vocabulary(frame))
    ):
        return False
    if view.head != "which" and not any(t.word and t.lemma in POINTERS for t in view.tokens):
        return False
    spoken = frozenset(t.lemma for t in view.tokens if t.word)
    number = last.number
    if view.head in {"sort", "order"} and not spoken & vocabulary(frame):
        return False
    if spoken & vocabulary(frame):
        number = ranking_measure(composer, Match(frame, {}, 0, taken=spoken & vocabulary(frame)), view).path
    if not number or last.unit == "text":
        return False
    step = _data(
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
        or not _rest_points_back(view, operator)
    ):
        return False
    step = _data(composer, "data.stats", last.records, {"by": last.number}, f"{operator.key} of {last.title}")
    composer.results.append(Result(step, "data.stats", title=f"{operator.key} of {last.title}"))
    return True


def _merge_back(composer: Composer, view: View, last: Result) -> bool:
    removing = view.head in {"remove", "drop", "deduplicate", "dedupe"} and view.has("duplicate")
    if not removing and view.head not in {"merge", "combine", "join", "concatenate", "sort"}:
        return False
    if not _rest_points_back(view, None, frozenset({"unique", "remove", "drop"})):
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
    step = _data(composer, "data.merge", last.ref(path), more, f"merged {last.title}")
    composer.results.append(Result(step, "data.merge", title=f"merged {last.title}"))
    return True
