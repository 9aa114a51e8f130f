"""Lines and records put together: counted by a key, merged into one list, of one clause or of earlier results."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.joints import VERBS, base_of, data_step, points_back, rest_points_back, says
from agents.embedded.operators import Operator
from agents.embedded.outcome import decline
from agents.embedded.places import Spot
from agents.embedded.slots import folder_or_word, path
from agents.embedded.understand import Failure
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

FOLDER = folder_or_word("in under inside within of below from at", logs=True)
FILLED = words("file everything all content contents stuff thing document item what is are lie lying how do many")


def grouped(composer: Composer, view: View, found: Sequence[Spot], keys: Sequence[Operator]) -> bool:
    """`count the ERROR lines in the logs of every server by service`, `the files in shared by extension`."""
    base = base_of(view, None)
    base.claim(*(spot for operator in keys for spot in operator.spots))
    if points_back(base) and composer.results and not found:
        return False
    outcome = _files(composer, base) if keys[0].key == "extension" else composer.understanding.read(base, lenient=True)
    if not isinstance(outcome, Match):
        raise composer.unplaced(base, outcome)
    items = items_of(composer, outcome.frame.skill)
    if items is None:
        raise decline(f"what {outcome.frame.skill} gives cannot be counted by {keys[0].key}", [keys[0].key])
    result = composer.add_match(outcome, composer.place_for(outcome, found))
    for operator in keys:
        count_step(composer, result, items, operator.key)
    return True


def _files(composer: Composer, view: View) -> Match | Failure:
    """The files of a folder and of all below it: what an ending is counted over."""
    frame = next(frame for frame in composer.understanding.frames if frame.skill == "file.find")
    trial = view.fork()
    folder = FOLDER(trial)
    trial.take(FILLED)
    left = tuple(token.text for token in trial.left())
    if left or folder is None:
        return Failure("these words have no place in any skill", left)
    return Match(frame, {"path": folder, "type": "file"}, 0)


def items_of(composer: Composer, skill: str) -> str | None:
    names = composer.draft.specs[skill].output_schema.get("properties", {})
    lists = [name for name, schema in names.items() if isinstance(schema, dict) and schema.get("type") == "array"]
    return next((f"output.{name}" for name in ("lines", "entries", "items", "processes") if name in lists), None)


def count_step(composer: Composer, result: Result, items: str, key: str) -> bool:
    title = f"{result.title.partition(' on ')[0]} by {key}"
    step = data_step(composer, "data.count_by", result.ref(items), {"by": key}, title)
    composer.results.append(Result(step, "data.count_by", title=title))
    return True


def count_back(composer: Composer, view: View, last: Result) -> bool:
    """`count them by service and by level`, `break it down by hour and also by service`."""
    keys = operators.groupings(view)
    if last.skill == "data.count_by":
        last = next((r for r in reversed(composer.results) if r.skill != "data.count_by"), last)
    items = items_of(composer, last.skill)
    own = frozenset(title_word for title_word in last.title.casefold().split()) & {"error", "warning"}
    if not keys or items is None:
        return False
    trial = View(view.tokens, view.claimed, view.head_at)
    trial.claim(*(spot for operator in keys for spot in operator.spots))
    if not rest_points_back(trial, None, own):
        return False
    for operator in keys:
        count_step(composer, last, items, operator.key)
    return True


MERGING = words("merge combine join concatenate union collate unite unify consolidate")
MERGED = MERGING | words(
    "merged combined joined united into one single list sorted sort alphabetically alphabetical unique duplicate "
    "deduplicated file line entry content all ordered order big common contents together result as"
)


def union(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`the sorted union of hosts.txt from alpha and beta`: the lines of one file of several devices as one list."""
    many = len(found) == 1 and len(found[0].place.names) > 1 and not found[0].place.which
    listed = view.phrase("one", "list") is not None or view.phrase("single", "list") is not None
    if not many or not (view.head in MERGING or says(view, frozenset({"union"})) or listed):
        return False
    trial = View(view.tokens, view.claimed)
    file = path(None)(trial)
    if view.head in MERGING | VERBS:
        trial.claim(view.head_at)
    said = set(trial.take(MERGED)) | {view.head}
    if file is None or trial.left():
        return False
    tidy = bool(said & {"sorted", "sort", "ordered", "order", "alphabetically", "alphabetical"})
    unique = bool(said & {"unique", "duplicate", "deduplicated"})
    skill = "file.sort" if tidy or unique else "file.read"
    frame = next(frame for frame in composer.understanding.frames if frame.skill == skill)
    result = composer.add_match(Match(frame, {"path": file}, 0), found[0].place, records=True)
    more: JsonObject = {**({"unique": True} if unique else {}), **({"sort": True} if tidy else {})}
    step = data_step(
        composer, "data.merge", result.ref(f"output.{'lines' if tidy or unique else 'text'}"), more, f"merged {file}"
    )
    composer.results.append(Result(step, "data.merge", title=f"merged {file}"))
    return True


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
