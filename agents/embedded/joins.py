"""Questions over several devices, facts and operator in one clause: rank, filter, compare, total, having."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Match, Measure
from agents.embedded.gathering import grouped, union
from agents.embedded.joints import IN_PERCENT, OWN_SUPERLATIVES, PERCENT_WORDS, VERBS, base_of, data_step, says
from agents.embedded.operators import Operator
from agents.embedded.outcome import ask, decline
from agents.embedded.places import Spot, apart
from agents.embedded.plain import resolved
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject


def measured(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """A clause with an operator over the outputs of its own step."""
    found = asked_of(composer, view, found)
    many = any(spot.place.many or len(spot.place.names) > 1 for spot in found)
    if composer.negated:
        return _having(composer, view, found) or _cannot_negate(view)
    which = any(spot.place.which for spot in found)
    keys = operators.groupings(view)
    if keys:
        return grouped(composer, view, found, keys)
    if union(composer, view, found):
        return True
    same = operators.sameness(view)
    if same is not None and (many or len(found) > 1 or (composer.scope is not None and composer.scope.many)):
        return _compared(composer, view, found, same)
    ranked = operators.ranking(view)
    if (
        ranked is not None
        and not _sorts_lines(view)
        and (
            which
            or (view.head in {"rank", "sort", "order", "list", "show", "display", "give"} and many and _ordered(view))
            or (ranked.limit is not None and many)
        )
    ):
        return _ranked(composer, view, found, ranked)
    order = operators.ordering(view)
    if order is not None and many and not which and _ranks_whole(composer, view, order):
        return _ranked(composer, view, found, order)
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


def asked_of(composer: Composer, view: View, found: Sequence[Spot]) -> Sequence[Spot]:
    """`which one of the servers is the busiest`, `whose load is the highest`: the devices that are asked about."""
    at = view.find({"which", "who", "whose"})
    if at is None or len(found) > 1 or any(spot.place.which for spot in found):
        return found
    if operators.ranking(view) is None and operators.comparison(view) is None:
        return found
    follows = view.lemma(at + 1)
    if view.lemma(at) == "which" and follows not in ASKED_BY and at + 1 not in view.claimed:
        return found
    place = found[0].place if found else None if composer.results else composer.scope
    if place is None or not place.many or place.back:
        return found
    view.claim(at, *(spot for spot in (at + 1, at + 2) if view.lemma(spot) in {"one", "of", "from", "among"}))
    return [Spot(found[0].at if found else at, replace(place, which=True), "place")]


COUNTING = words("many number count amount more fewer most fewest total size space larger bigger smaller")
ASKED_BY = words("one is has have had are does do did use uses run runs got get gone of from among the")


def _ranks_whole(composer: Composer, view: View, order: Operator) -> bool:
    """Whether the order is one of devices by a fact, not of lines or files within each."""
    outcome = composer.understanding.read(base_of(view, order))
    return isinstance(outcome, Match) and (
        outcome.frame.skill.startswith("system.") or outcome.frame.skill in {"file.usage", "file.count", "file.stat"}
    )


def _sorts_lines(view: View) -> bool:
    """`sort names.txt on alpha and beta`: the lines of a file on each, not the devices."""
    return view.head in {"sort", "order"} and any(token.kind is Kind.PATH for token in view.tokens)


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


def _step(composer: Composer, base: View, found: Sequence[Spot]) -> tuple[Match, Result]:
    match = resolved(composer, base)
    place = composer.place_for(match, found)
    return match, composer.add_match(match, place, records=True)


# --- over the clause's own facts -------------------------------------------------------------------------------------


def _ranked(composer: Composer, view: View, found: Sequence[Spot], operator: Operator) -> bool:
    trial = base_of(view, operator)
    outcome = composer.understanding.read(trial)
    if not isinstance(outcome, Match) and any(view.lemma(at) in OWN_SUPERLATIVES for at in operator.spots):
        bare = base_of(view, None)
        # The superlative is the fact itself: "busiest" says both the load and the order.
        other = composer.understanding.read(bare, lenient=True)
        if isinstance(other, Match):
            trial, outcome = bare, other
    # What a list or a text would be ranked by is not its size: that is a fact of its own.
    unsized = not isinstance(outcome, Match) or outcome.frame.skill in {"file.list", "file.read"}
    if unsized and view.lemma(operator.spots[-1]) in SIZES:
        sized = _sized(view, operator)
        other = composer.understanding.read(sized)
        if isinstance(other, Match) and other.frame.skill in {"file.usage", "file.stat"}:
            trial, outcome = sized, other
    if not isinstance(outcome, Match):
        raise composer.unplaced(trial, outcome)
    if outcome.frame.skill == "file.list" and view.lemma(operator.spots[-1]) in SIZES:
        raise decline("what is to be ranked by its size is not clear", sorted(outcome.taken))
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
    step = data_step(composer, "data.rank", base.records, more, title)
    composer.results.append(replace(base, title=base.title))
    composer.results.append(Result(step, "data.rank", title=title))
    composer.results.pop(-2)
    composer.lost = "the device is known only once the results are there"
    composer.scope, composer.scope_step = None, None
    return True


SIZES = words("biggest largest smallest bigger larger smaller heaviest fattest")


def _sized(view: View, operator: Operator) -> View:
    """`which server has the largest logs folder`: the superlative says that its size is asked for."""
    at = operator.spots[-1]
    tokens = list(view.tokens)
    of = [replace(tokens[at], text=word, lemma=word) for word in ("size", "the")]
    tokens[at : at + 1] = of
    base = View(tokens, [spot + (spot > at) for spot in view.claimed])
    base.claim(*(spot for spot in operator.spots if spot != at))
    if base.head in VERBS:
        base.claim(base.head_at)
    base.assumed = "show"
    return base


def ranking_measure(composer: Composer, match: Match, view: View) -> Measure:
    """What a ranking goes by. "The most disk space" may mean free or total: that is asked."""
    numbers = [m for m in match.frame.measures if m.unit in {"bytes", "seconds", "number", "percent"}]
    if not numbers:
        raise decline(f"{match.frame.skill} gives nothing that could be ranked", sorted(match.taken))
    if says(view, PERCENT_WORDS | IN_PERCENT):
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
    base = base_of(view, operator)
    base.take({"with", "that", "which", "whose", "where", "having"})
    outcome = resolved(composer, base)
    path, op, value = threshold(composer, outcome, operator)
    result = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    step = data_step(
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
    told = view.head in {"what", "what's"} and says(view, words("differ differs different difference changed"))
    if told or view.phrase("line", "by", "line") is not None:
        raise decline("how texts differ line by line is not something that a skill tells", ["line"])
    base = base_of(view, operator)
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
        if usage is not None and says(view, PERCENT_WORDS | IN_PERCENT):
            numbers = [usage]
        path = numbers[0].path if numbers else path
    if not says(view, COUNTING):
        refuse_folders(match.frame.skill)
    if not path:
        raise decline(f"{match.frame.skill} gives nothing that could be compared", sorted(match.taken))
    result = composer.add_match(match, composer.place_for(match, apart(found)), records=True)
    step = data_step(composer, "data.compare", result.records, {"by": path}, f"comparison of {result.title}")
    title = f"comparison of {result.title}"
    composer.results.append(Result(step, "data.compare", title=title, file=result.file))
    return True


def refuse_folders(skill: str) -> None:
    """Names, sizes and times of files do not say whether folders are the same. Raises Stop for a listing."""
    if skill in ("file.list", "file.find"):
        raise decline("folders are not compared: no skill reads all that is in them", ["compare"])


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
    outcome = composer.understanding.read(base_of(view, operator))
    if not isinstance(outcome, Match):
        if across:
            raise composer.unplaced(base_of(view, operator), outcome)
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
    step = data_step(composer, "data.stats", result.records, {"by": measure.path}, f"{operator.key} of {result.title}")
    composer.results.append(Result(step, "data.stats", title=f"{operator.key} of {result.title}"))
    return True


def _summed(match: Match, view: View, operator: Operator) -> Measure | None:
    """What is added up or averaged. Percentages of different machines have an average, but no sum."""
    numbers = [m for m in match.frame.measures if m.unit != "text" and not m.rest_of]
    plain = [m for m in numbers if m.unit != "percent"]
    if says(view, IN_PERCENT):
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
        outcome = composer.understanding.read(base_of(view, None))
    if not isinstance(outcome, Match):
        return False
    measure = next((m for m in outcome.frame.measures if m.path == "output.count"), None)
    if measure is None or (outcome.frame.skill == "process.list" and "name" not in outcome.arguments):
        return False
    result = composer.add_match(outcome, composer.place_for(outcome, found), records=True)
    step = data_step(
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
