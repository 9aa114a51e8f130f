"""What the suite runs: work over several devices whose right result is known beforehand, and what came of it.

Every run waits a little on each device, writes one line a device into a ledger, computes a sum on each, and joins the
sums. A line that is missing was lost, one that is there twice was done twice, and a wrong sum speaks for itself. The
tasks that wait may be repeated; each leaves a mark when it begins, so that it is known how often it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from orchestrator.core.events import AttemptEnded, Event, RunStatus, TaskDispatched
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.views import RunView
from protocol.vocabulary import JsonObject

Kind = Literal["pinned", "movable", "spoken"]
POLICY = RunPolicy(approve="all", deadline_s=300.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where work is done: devices, their ledger's path, and how many seconds a task waits (0: none does)."""

    devices: tuple[str, ...]
    ledger: str
    pace_s: float

    @property
    def marks(self) -> str:
        """The path of the file beside the ledger that counts beginnings."""
        return self.ledger + "-marks"


@dataclass(frozen=True, slots=True)
class Work:
    """One run. `lines` are what its effects add to the ledgers, by task; `sum` is the right result, None where none.

    `marks` are what its repeatable tasks write when they begin, by task.
    """

    word: str
    request: Request
    lines: Mapping[str, str]
    sum: float | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    plan: Plan | None = None
    """What a model has to answer, for work that is asked for in words."""


def make(kind: Kind, word: str, seed: int, place: Place) -> Work:
    """The work of one run; the same for the same arguments. In `movable` work only effects are tied to a device,

    and never to the last one.
    """
    if kind == "spoken":
        return _spoken(word, place)
    random = Random(f"{seed}:{word}")
    numbers = [[random.randrange(1000) for _ in range(5)] for _ in place.devices]
    hosts = place.devices if kind == "pinned" else (*place.devices[:-1], place.devices[0])
    steps: list[Step] = []
    for index, (device, host) in enumerate(zip(place.devices, hosts, strict=True)):
        selected = Selector(names=(device,)) if kind == "pinned" else Selector()
        steps += _branch(index, word, place, numbers[index], selected, host)
    sums = [f"${{sum{index}.output.sum}}" for index in range(len(numbers))]
    steps.append(Step(id="join", skill="data.stats", arguments={"items": [*sums]}, devices=Selector(names=hosts[:1])))
    steps.append(_note("end", word, place, hosts[0], "join"))
    request = Request(plan=Plan(steps=tuple(steps), answer=("join",)), policy=POLICY)
    lines = {step.id: f"{word}.{step.id}" for step in steps if step.skill == "file.append"}
    marks = {step.id: f"{word}.{step.id}" for step in steps if step.skill == "test.mark"}
    return Work(word, request, lines, float(sum(map(sum, numbers))), marks)


def _branch(index: int, word: str, place: Place, numbers: list[int], selected: Selector, host: str) -> list[Step]:
    """What is done on one device: wait, write, compute."""
    wait, note = f"wait{index}", f"note{index}"
    pause: JsonObject = {"path": place.marks, "text": f"{word}.{wait};", "seconds": place.pace_s}
    waits = [Step(id=wait, skill="test.mark", arguments=pause, devices=selected)] if place.pace_s else []
    summing: JsonObject = {"items": [*numbers]}
    return [
        *waits,
        _note(note, word, place, host, *(step.id for step in waits)),
        Step(id=f"sum{index}", skill="data.stats", arguments=summing, devices=selected, after=_after(note)),
    ]


def _note(id: str, word: str, place: Place, device: str, *after: str) -> Step:
    arguments: JsonObject = {"path": place.ledger, "text": f"{word}.{id};\n"}
    selected = Selector(names=(device,))
    return Step(id=id, skill="file.append", arguments=arguments, devices=selected, after=_after(*after))


def _after(*steps: str) -> tuple[StepDependency, ...]:
    return tuple(StepDependency(step=step) for step in steps)


def _spoken(word: str, place: Place) -> Work:
    """A request in words that the embedded planner leaves to a model, by what it cannot place."""
    line, device = f"{word}.said", place.devices[0]
    arguments: JsonObject = {"path": place.ledger, "text": f"{line};"}
    plan = Plan(steps=(Step(id="said", skill="file.append", arguments=arguments, devices=Selector(names=(device,))),))
    text = f"append '{line};' to the file {place.ledger} on {device}, pretty please with sugar"
    return Work(word, Request(text=text, policy=POLICY), {"said": line}, plan=plan)


# --- what came of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, as far as could be learnt: None where it was not there to be asked, or did not end in time."""

    work: Work
    run: str
    view: RunView | None = None
    events: Sequence[Event] = ()


@dataclass(slots=True)
class Tally:
    """What a pass came to. Every entry of `lost`, `doubled` and `wrong` is a sentence; all three must be empty.

    `tasks` began at all; `repeated` counts how often one began again, as a new attempt or, on a device that had
    forgotten it, as the same one.
    """

    runs: int = 0
    recovered: int = 0
    tasks: int = 0
    repeated: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def judge(ended: Iterable[Ended], ledger: Iterable[str], marks: Iterable[str] = ()) -> Tally:
    """Compare runs, their logs and the ledgers' lines with what should be there."""
    tally = Tally()
    lines, marked = Counter(ledger), Counter(marks)
    for one in ended:
        before = len(tally.lost) + len(tally.wrong) + len(tally.doubled)
        _judge_run(one, tally)
        _judge_lines(one, lines, tally)
        _judge_log(one, marked, tally)
        tally.runs += 1
        tally.recovered += len(tally.lost) + len(tally.wrong) + len(tally.doubled) == before
    return tally


def _judge_run(one: Ended, tally: Tally) -> None:
    word = one.work.word
    if one.view is None:
        tally.lost.append(f"{word}: the run {one.run or '?'} is not there, or cannot be read")
    elif not one.view.state.terminal:
        tally.lost.append(f"{word}: the run {one.run} did not end; it is {one.view.state.value}")
    elif one.view.state is not RunStatus.SUCCEEDED:
        why = one.view.error.message if one.view.error is not None else ""
        tally.lost.append(f"{word}: the run {one.run} {one.view.state.value}: {why}")
    elif one.work.sum is not None:
        output = next((task.output for task in one.view.tasks if task.id == "join"), None)
        found = output.get("sum") if isinstance(output, dict) else None
        if found != one.work.sum:
            tally.wrong.append(f"{word}: {one.work.sum:g} was the right result, and {found} came")


def _judge_lines(one: Ended, lines: Counter[str], tally: Tally) -> None:
    for line in one.work.lines.values():
        if lines[line] > 1:
            tally.doubled.append(f"{line} was written {lines[line]} times")
        elif lines[line] == 0 and one.view is not None and one.view.state is RunStatus.SUCCEEDED:
            tally.lost.append(f"{line} was never written, though the run succeeded")


def _judge_log(one: Ended, marked: Counter[str], tally: Tally) -> None:
    """At most one start and one end an attempt, no gap, and no finished task that was begun again."""
    numbers = [event.seq for event in one.events]
    if numbers != list(range(1, len(numbers) + 1)):
        tally.lost.append(f"{one.work.word}: the log of {one.run} has a gap or an entry twice")
    begun: Counter[tuple[str, int]] = Counter()
    ended: Counter[tuple[str, int]] = Counter()
    for event in one.events:
        if isinstance(event.body, TaskDispatched):
            begun[event.body.task, event.body.attempt] += 1
        elif isinstance(event.body, AttemptEnded):
            ended[event.body.task, event.body.attempt] += 1
    for (task, attempt), count in [*begun.items(), *ended.items()]:
        if count > 1:
            tally.doubled.append(f"{one.work.word}: attempt {attempt} of {task} is on the record {count} times")
    attempts = Counter(task for task, _ in begun)
    tally.tasks += len(attempts)
    # A mark is better evidence than the record: the same attempt may have begun twice.
    tally.repeated += sum(max(count, marked[one.work.marks.get(task, "")]) - 1 for task, count in attempts.items())
