"""The device mentions of one clause with their roles, and the selectors that steps get from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.embedded.devices import Directory, Place
from agents.embedded.outcome import decline, lacking
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector

PLACE_WORDS = words("on at in of for across with over through by between among within against around throughout")

CONJUNCTIONS = words("and plus vs versus against well as also")


@dataclass(frozen=True, slots=True)
class Spot:
    """`role`: `place`, `source` (from) or `target` (to, onto, into)."""

    at: int
    place: Place
    role: str


def spots(view: View, places: Sequence[Place]) -> list[Spot]:
    """The device mentions of a clause. Explains them and their prepositions."""
    found = []
    for at, token in view.free(Kind.DEVICE):
        place = places[int(token.value or 0)]
        step, role = at - 1, "place"
        while view.lemma(step) in {"the", "my", "of", "out"} and view.lemma(step) != "of":
            step -= 1
        word = view.lemma(step)
        if word in {"from", "off"}:
            role = "source"
        elif word in {"to", "onto", "into"}:
            role = "target"
        elif word == "for" and place.which:
            role = "place"
        if word in {"from", "off", "to", "onto", "into"} or word in PLACE_WORDS:
            view.claim(step)
        view.claim(at)
        if at + 1 < len(view.tokens) and view.lemma(at + 1) in {"respectively"}:
            view.claim(at + 1)
        found.append(Spot(at, place, role))
    return _coordinated(view, found)


def _coordinated(view: View, found: Sequence[Spot]) -> list[Spot]:
    """`alpha and both phones`, `alpha vs delta`: mentions that a conjunction joins are one mention."""
    out: list[Spot] = []
    for spot in found:
        last = out[-1] if out else None
        if last is None or not _joins(view, last, spot):
            out.append(spot)
            continue
        names = tuple(dict.fromkeys((*last.place.names, *spot.place.names)))
        text = f"{last.place.text} and {spot.place.text}"
        selector = Selector(mode="each", names=names)
        fuzzy = last.place.fuzzy or spot.place.fuzzy
        out[-1] = Spot(spot.at, Place(text, names, selector, many=len(names) > 1, fuzzy=fuzzy), last.role)
    return out


def _joins(view: View, first: Spot, second: Spot) -> bool:
    between = range(first.at + 1, second.at)
    plain = not any(place.back or place.any or place.which for place in (first.place, second.place))
    joined = [at for at in between if _conjunction(view, at)]
    if not plain or not joined or second.role not in {"place", first.role}:
        return False
    if any(
        at not in joined and at not in view.claimed and view.lemma(at) not in {"the", "my", "our"} for at in between
    ):
        return False
    view.claim(*between)
    return True


def _conjunction(view: View, at: int) -> bool:
    token = view.tokens[at]
    return token.text in {",", "&", "+", "/"} or (token.word and token.lemma in CONJUNCTIONS)


def apart(found: Sequence[Spot]) -> list[Spot]:
    """Mentions that a comparison holds against each other, wherever they stand, as one."""
    plain = all(not (s.place.back or s.place.any or s.place.which) and s.role != "target" for s in found)
    if len(found) < 2 or not plain:
        return list(found)
    names = tuple(dict.fromkeys(name for spot in found for name in spot.place.names))
    text = " and ".join(spot.place.text for spot in found)
    fuzzy = any(spot.place.fuzzy for spot in found)
    place = Place(text, names, Selector(mode="each", names=names), many=len(names) > 1, fuzzy=fuzzy)
    return [Spot(found[-1].at, place, "place")]


def joined(found: Sequence[Place], text: str) -> Place:
    """One place of several mentions of single devices ("on alpha and on beta")."""
    if len(found) == 1:
        return found[0]
    unique: list[Place] = []
    for place in found:
        if all(place.selector != other.selector or place.back != other.back for other in unique):
            unique.append(place)
    if len(unique) == 1:
        return unique[0]
    backs = [place for place in unique if place.back]
    rest = [place for place in unique if not place.back]
    if backs and len(rest) == 1:
        return rest[0]
    raise decline(
        "one step cannot tell which of these devices it is for: " + ", ".join(place.text for place in unique),
        [place.text for place in unique],
    )


def capable(directory: Directory, place: Place, skill: str) -> Place:
    """The place, if its devices offer the skill. Devices named one by one must all offer it."""
    having = tuple(name for name in place.names if skill in directory.fleet.devices[name].skills)
    without = [name for name in place.names if name not in having]
    if not having or (without and place.selector.names):
        raise lacking(directory.fleet, skill, without or place.names, "" if without else place.text)
    return replace(place, names=having)
