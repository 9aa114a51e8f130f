"""What a frame is, and how a clause is matched against one.

A frame is a way to ask for a skill: the verbs that may lead the clause, groups of words of which each must be present,
words that may be, and slots. A frame fits only when every content word and literal of the clause is explained by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agents.embedded.slots import Reader
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

ASKED_IN = {"percent": "percent", "percentage": "percent", "gigabyte": "bytes", "gb": "bytes", "gig": "bytes"}
COMMANDING = words("free set change load process list time clock date name order fix open clear cool check up drive")
ACTING = words(
    "touch run start stop kill terminate end quit launch execute delete remove write create make add append move "
    "copy rename "
    "set replace change put save install update upgrade restart reboot clean fix repair reset disable enable close "
    "turn "
    "switch mount unmount format wipe erase encrypt decrypt compress schedule send upload edit mute lock unlock book"
)
DETERMINERS = words("the a an some more all any my our its up to this that another every each")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number in a skill's output: its path, its unit (`bytes`, `percent`, `seconds`, `number`, `text`), and the words
    of the request that choose it. `rest_of` turns "free" percent into the used percent that the skill reports."""

    path: str
    unit: str
    when: frozenset[str] = frozenset()
    rest_of: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """`strict`: the clause must begin with one of `heads`; other frames also fit a noun phrase or a fragment: their
    groups speak for them, and a verb of no frame stays unexplained ("uptime of x", "a.txt sorted", "5 newest files").

    `needs` are the slots that must be filled; `fallback` fills a slot that the request leaves open (documented
    defaults). `final` may reject or complete the arguments. `same` is the output path that comparisons look at.
    `sure`: the form itself is proof, as a command line is; the second signal is not asked. `free`: `final` judges
    whether a fragment without a verb speaks of the skill. `lists`: the slots read lists whole.
    """

    skill: str
    heads: frozenset[str]
    groups: tuple[frozenset[str], ...] = ()
    may: frozenset[str] = frozenset()
    slots: tuple[tuple[str, Reader], ...] = ()
    needs: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()
    strict: bool = False
    final: Callable[[JsonObject, View], JsonObject | None] | None = None
    same: str = ""
    bonus: int = 0
    speaks: str = ""
    sure: bool = False
    free: bool = False
    lists: bool = False

    @property
    def phrased(self) -> str:
        """The skill whose phrases the second signal looks at: `does it exist` is asked of stat, answered by list."""
        return self.speaks or self.skill


@dataclass(frozen=True, slots=True)
class Match:
    """A frame that explains a whole clause. `score` counts what it explained; `left` is what it did not."""

    frame: Frame
    arguments: JsonObject
    score: float
    left: tuple[str, ...] = ()
    taken: frozenset[str] = field(default_factory=frozenset)
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.left and not self.missing

    def measure(self, unit: str | None = None) -> Measure | None:
        """The number that the clause speaks of; `unit` narrows it to what it is compared with or asked in."""
        if unit is None:
            unit = next((said for word, said in ASKED_IN.items() if word in self.taken), None)
            unit = unit if any(m.unit == unit for m in self.frame.measures) else None
        fitting = [m for m in self.frame.measures if unit is None or m.unit == unit]
        for measure in fitting:
            if measure.when and measure.when & self.taken:
                return measure
        return next((measure for measure in fitting if not measure.when), None)


def match(frame: Frame, view: View) -> Match | None:
    """How `frame` fits the clause; None where verb or needed words are missing."""
    trial = view.fork()
    if not _head(frame, trial):
        return None
    before = len(trial.claimed)
    taken: set[str] = set()
    for group in frame.groups:
        if view.head in group and not view.assumed:
            taken.add(view.head)
            continue
        spot = trial.find(group)
        if spot is None:
            return None
        taken.add(trial.lemma(spot))
    arguments: JsonObject = {}
    for name, reader in frame.slots:
        value = reader(trial)
        if value is not None and name not in arguments:
            arguments[name] = value
    for group in frame.groups:
        taken.update(trial.take(group))
    taken.update(trial.take(frame.may))
    if frame.final is not None:
        finished = frame.final(arguments, trial)
        if finished is None:
            return None
        arguments = finished
    missing = tuple(name for name in sorted(frame.needs) if name not in arguments)
    left = tuple(token.text for token in trial.left())
    score = len(trial.claimed) - before + 2 * len(frame.groups) + len(arguments) + frame.bonus
    taken |= {value for name, value in arguments.items() if name == "_window" and isinstance(value, str)}
    public = {name: value for name, value in arguments.items() if not name.startswith("_")}
    return Match(frame, public, score, left, frozenset(taken), missing)


def _head(frame: Frame, view: View) -> bool:
    head = view.head
    if head in frame.heads:
        if not view.assumed:
            view.claim(view.head_at)
        return True
    if frame.strict:
        return False
    if view.assumed:
        return True
    # "free some memory", "set the clock": a word that is a noun or adjective elsewhere is a verb here, of no skill.
    follows = view.lemma(view.head_at + 1)
    if head in ACTING and follows not in {"of", "time", "date"}:
        return False
    return (frame.free or bool(frame.groups)) and not (head in COMMANDING and follows in DETERMINERS)


def drop(arguments: JsonObject, *names: str) -> JsonObject:
    return {name: value for name, value in arguments.items() if name not in names}


def best(matches: Iterable[Match]) -> list[Match]:
    """The complete matches with the highest score; more than one of a different meaning is an ambiguity."""
    complete = [found for found in matches if found.complete]
    top = max((found.score for found in complete), default=0.0)
    kept: list[Match] = []
    for found in complete:
        same = any(found.frame.skill == k.frame.skill and found.arguments == k.arguments for k in kept)
        if found.score == top and not same:
            kept.append(found)
    return kept


def value_of(arguments: JsonObject, name: str) -> Json:
    return arguments.get(name)
