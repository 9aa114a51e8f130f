"""Plain steps: what one frame makes of a clause, with what it refers to."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import anaphora
from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.outcome import decline
from agents.embedded.places import Spot
from agents.embedded.slots import FOLDER_NOUNS
from agents.embedded.strangers import known
from agents.embedded.view import View

ASKING = frozenset(
    {"what", "which", "is", "are", "does", "do", "how", "howmany", "howmuch", "who", "where", "when", "size"}
)


def frame_step(
    composer: Composer,
    view: View,
    found: Sequence[Spot],
    *,
    records: bool = False,
    lenient: bool = False,
    match: Match | None = None,
) -> Result:
    """Adds the step that a frame makes of the clause."""
    if match is None:
        match = resolved(composer, view, lenient=lenient)
    place = composer.place_for(match, found)
    _no_stranger(composer, view, match, place, found)
    if place.any and view.head in ASKING:
        raise decline("it is not clear whether one of the devices is meant, or all that fit", [place.text])
    if place.many and match.arguments.get("limit") == 1 and any(t.lemma == "across" for t in view.tokens if t.word):
        raise decline("the one file over all devices together would need a ranking that names its device", [place.text])
    return composer.add_match(match, place, records=records)


def _no_stranger(composer: Composer, view: View, match: Match, place: Place, found: Sequence[Spot]) -> None:
    """`the disk usage of zeta and the memory of beta`: an unknown name that stands as a device does is no folder."""
    path = match.arguments.get("path")
    if found or place is not composer.ahead or any(token.word and token.lemma in FOLDER_NOUNS for token in view.tokens):
        return
    for at, token in enumerate(view.tokens):
        if token.word and token.text == path and view.before(at) in {"of", "on", "from"} and not known(token):
            raise decline(
                f'there is no device "{path}"; the known devices are {composer.directory.known}', [token.text]
            )


def resolved(composer: Composer, view: View, *, lenient: bool = False) -> Match:
    """A match; where only a path is missing and the clause points back, with the earlier result's file in it."""
    outcome = composer.understanding.read(view, lenient=lenient)
    if isinstance(outcome, Match):
        anaphora.nothing_dangles(composer, view, outcome)
        return outcome
    filled = anaphora.refer(composer, view, lenient=lenient)
    if filled is None:
        raise composer.unplaced(view, outcome)
    return filled
