"""What the recipes that compute over results share: their words, the clause without its operator, steps over data."""

from __future__ import annotations

from agents.embedded.composer import Composer
from agents.embedded.operators import Operator
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from protocol.vocabulary import JsonObject

POINTERS = words(
    "hit occurrence row message finding it them "
    "they these those this that result output finding list line all everything one number count "
    "value answer total each both match file entry record figure content text size hash checksum version"
)
VERBS = words(
    "show display print give get tell list count rank compare sort order merge combine join sum total "
    "group tally aggregate which what how howmany average breakdown concatenate collect add put check "
    "see are is report do verify if whether remove drop deduplicate dedupe summarize compute calculate filter keep "
    "determine find does howmuch howlong who whose whichever name"
)
JOIN_MAY = words(
    "into one single list together unique duplicate removing dropping without deduplicate deduplicated "
    "sorted alphabetically and number often occurs many entry each all whether if other another across"
)
OWN_SUPERLATIVES = frozenset({"longest", "shortest", "busiest", "most", "fullest"})
PERCENT_WORDS = words("usage full utilization utilisation consumption fullest")
IN_PERCENT = words("percent percents percentage pct percentages relative share")


def base_of(view: View, operator: Operator | None, *, assume: bool = True) -> View:
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


def data_step(composer: Composer, skill: str, items: str, more: JsonObject, title: str) -> str:
    return composer.draft.add(
        skill.partition(".")[2].replace("count_by", "count"), skill, {"items": items, **more}, Selector(), title=title
    )


def says(view: View, lemmas: frozenset[str]) -> bool:
    return any(token.word and token.lemma in lemmas for token in view.tokens)


def points_back(view: View) -> bool:
    return any(t.word and t.lemma in POINTERS and at not in view.claimed for at, t in enumerate(view.tokens))


def rest_points_back(view: View, operator: Operator | None, more: frozenset[str] = frozenset()) -> bool:
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
