"""Two files held against each other: `compare a.txt and b.txt on alpha`, `is x on alpha the same as y on beta?`.

They are the same where their checksums are. Sizes, lines and times that are compared are no business of this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.places import Spot, capable
from agents.embedded.slots import looks_like_file
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from orchestrator.core.references import escape
from protocol.vocabulary import Json, Risk

_SAME: Final = words("same identical differ differs different equal match matches compare alike")
_SAID: Final = _SAME | words(
    "check tell see verify know show find whether if is are do does be file content contents two both the of and with "
    "to as from each other exactly really against between there any copy version in have has"
)


def compared(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """Builds the two checksums and their comparison, where nothing else is said in the clause."""
    named = [(at, str(token.value)) for at, token in view.free(Kind.PATH, Kind.QUOTED)]
    if len(named) != 2 or not all(looks_like_file(path) and "*" not in path for _, path in named):
        return False
    if not any(token.word and token.lemma in _SAME for token in view.tokens):
        return False
    trial = View(view.tokens, view.claimed)
    trial.claim(*(at for at, _ in named))
    trial.take(_SAID)
    if trial.left():
        return False
    places = _places(composer, [at for at, _ in named], found)
    if places is None or (places[0] == places[1] and named[0][1] == named[1][1]):
        return False
    items: list[Json] = []
    for (_, path), place in zip(named, places, strict=True):
        where = capable(composer.directory, place, "file.hash")
        step = composer.draft.add("hash", "file.hash", {"path": escape(path)}, where.selector, title=f"hash of {path}")
        items.append({"device": escape(f"{path} on {where.names[0]}"), "output": {"hash": f"${{{step}.output.hash}}"}})
    title = f"comparison of {named[0][1]} and {named[1][1]}"
    step = composer.draft.add("compare", "data.compare", {"items": items, "by": "output.hash"}, Selector(), title=title)
    composer.results.append(Result(step, "data.compare", title=title))
    composer.set_scope(places[1], None)
    return True


def _places(composer: Composer, at: Sequence[int], found: Sequence[Spot]) -> tuple[Place, Place] | None:
    """Where each of the two files is; None where that is not clear."""
    spots = sorted(found, key=lambda spot: spot.at)
    if not spots:
        one = composer.default_place("file.hash", Risk.READ)
        chosen = (one, one)
    elif len(spots) == 1:
        # "a.txt on alpha and b.txt": where the second one is, is not said.
        if at[0] < spots[0].at < at[1]:
            return None
        chosen = (spots[0].place, spots[0].place)
    elif len(spots) == 2 and (at[0] < spots[0].at < at[1] < spots[1].at or spots[0].at < at[0] < spots[1].at < at[1]):
        chosen = (spots[0].place, spots[1].place)
    else:
        return None
    first, second = (composer.inherited() if place.back else place for place in chosen)
    if any(place.many or place.which or place.any or len(place.names) != 1 for place in (first, second)):
        return None
    return first, second
