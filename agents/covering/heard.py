"""A request as the check of coverage reads it, whatever the plan."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from agents.embedded.devices import Directory, Place
from agents.embedded.outcome import Stop
from agents.embedded.reading import read, spelt
from agents.embedded.rephrase import rephrase
from agents.embedded.text import normalise
from agents.embedded.tokens import Kind, Token
from agents.implied.asides import amiss
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Selector

Answers = Sequence[tuple[str, str]]
_READINGS = 64


class Heard:
    """A request as it was read over one fleet, without the plan: a rung, its repair and the next rung share it."""

    def __init__(self, text: str, directory: Directory) -> None:
        self.specs = directory.fleet.skills
        self.text = normalise(text)
        self.tokens = spelt(self.text, directory)
        self.said, self.places = self.tokens, list[Place]()
        self.unreadable, self.unchanging = "", False
        try:
            reading = read(self.tokens, directory)
            self.tokens, self.said, self.places = list(reading.tokens), list(reading.said), list(reading.places)
            self.unchanging = reading.unchanging
        except Stop as stop:
            # A model may have resolved what the grammar of mentions cannot: then devices are checked by name alone.
            self.unreadable = stop.result.reason if isinstance(stop.result, Declined) else stop.result.question
            self.tokens, self.places = _by_name(self.tokens, directory.fleet)

    @cached_property
    def idle(self) -> frozenset[int]:
        """Where words begin that an idiom stands for."""
        kept = {id(token) for token in self.rephrased}
        return frozenset(token.start for token in self.said if token.word and id(token) not in kept)

    @cached_property
    def rephrased(self) -> list[Token]:
        """What carries a demand, as idioms put it."""
        return rephrase(self.said)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Every word, as it is compared, as it is written, and as idioms put it."""
        tokens = [token for at, token in enumerate(self.tokens) if token.word and not amiss(self.tokens, at, self.text)]
        written = {part for token in tokens for part in re.findall(r"[^\W_]+", token.text.casefold())}
        faults = {token.start for at, token in enumerate(self.said) if amiss(self.said, at, self.text)}
        return frozenset(written | {one.lemma for one in self.rephrased if one.word and one.start not in faults})


def _by_name(tokens: Sequence[Token], fleet: FleetView) -> tuple[list[Token], list[Place]]:
    """The devices that are named as they are called, where the other mentions cannot be told."""
    names = {name.casefold(): name for name in fleet.devices}
    found, places = list[Token](), list[Place]()
    for token in tokens:
        name = names.get(token.text.casefold()) if token.word else None
        if name is not None:
            found.append(replace(token, kind=Kind.DEVICE, lemma="<device>", value=len(places)))
            places.append(Place(token.text, (name,), Selector(names=(name,))))
        else:
            found.append(token)
    return found, places


_heard: OrderedDict[tuple[object, ...], tuple[FleetView, Heard]] = OrderedDict()


def hear(text: str, fleet: FleetView, client: str | None, answers: Answers, hidden: frozenset[str]) -> Heard:
    """The request's reading; the last few are kept. A fleet is a value that never changes, known by its identity."""
    key = (text, id(fleet), client, tuple(answers), hidden)
    known = _heard.get(key)
    if known is None or known[0] is not fleet:
        known = fleet, Heard(text, Directory(fleet, client, answers, hidden))
    _heard[key] = known
    _heard.move_to_end(key)
    while len(_heard) > _READINGS:
        _heard.popitem(last=False)
    return known[1]
