"""The failpoint matrix: every durable boundary and every message of a story, each with every fault, one at a time.

A story is played once without any of them, and its boundaries and messages are counted; then it is played again for
each occurrence and each fault:

    a boundary  x  crash before, crash after, error, late (done, and said to be only long after)
    a message   x  drop, double, delay, reorder

Nothing is sampled. The same checker judges as for the seeds.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.simulation.checker import check
from tests.simulation.disk import ERROR, LATE
from tests.simulation.story import DeviceSpec, Fault, JsonObject, RunSpec, Scenario
from tests.simulation.world import play

NETWORK = ("drop", "double", "delay", "reorder")
COLLECT = 50
RESTART_S = 0.3


@dataclass(frozen=True)
class Cell:
    """One fault at the `number`-th time that something happens."""

    what: str
    number: int
    fault: Fault

    @property
    def row(self) -> tuple[str, str]:
        """What is counted: the kind of thing, and the fault."""
        kind = self.fault.kind
        if kind.startswith("kill"):
            kind = f"crash {self.fault.when.split()[0]}"
        return self.what, kind

    def __str__(self) -> str:
        return f"{self.row[1]} at {self.what} {self.number}"


def cells(story: Scenario) -> list[Cell]:
    """All that the matrix of a story has."""
    history = play(story, tell=True)
    found: list[Cell] = []
    for moment in sorted(history.moments):
        for number in range(1, history.moments[moment] + 1):
            found += _boundary(moment, number)
    for kind in sorted(history.messages):
        for number in range(1, history.messages[kind] + 1):
            found += [Cell(kind, number, Fault(0.0, fault, "", 0.0, f"message {kind}", number)) for fault in NETWORK]
    return found


def _boundary(moment: str, number: int) -> Iterator[Cell]:
    words = moment.split()
    target = "" if words[0] in ("before", "after") else words[0]
    side, what = words[1 if target else 0], " ".join(words[2 if target else 1 :])
    when = f"{side} {what}"
    kill = "kill device" if target else "kill orchestrator"
    yield Cell(what, number, Fault(0.0, kill, target, RESTART_S, when, number))
    if side == "before":
        yield Cell(what, number, Fault(0.0, ERROR, target, 0.0, when, number))
        if what != "read":
            yield Cell(what, number, Fault(0.0, LATE, target, 0.0, when, number))


def failing(story: Scenario, some: Iterable[Cell]) -> Iterator[tuple[Cell, list[str]]]:
    """Play the story with each cell's fault; those with something wrong, and what."""
    gc.disable()
    try:
        for number, cell in enumerate(some):
            history = play(replace(story, faults=(*story.faults, cell.fault)))
            problems = check(history) if cell.fault in history.struck else ["the fault never came"]
            if problems:
                yield cell, problems
            if number % COLLECT == COLLECT - 1:
                gc.collect()
    finally:
        gc.enable()


def table(some: Iterable[Cell]) -> str:
    """How many cells there are of each kind."""
    counts = Counter(cell.row for cell in some)
    lines = [f"{what:<16} {fault:<14} {count:>6}" for (what, fault), count in sorted(counts.items())]
    return "\n".join([*lines, f"{'in all':<31} {sum(counts.values()):>6}"])


def whole(stories: Iterable[Scenario]) -> bool:
    """Play the matrices of some stories, and tell. True where nothing is wrong."""
    wrong = 0
    for story in stories:
        some = cells(story)
        print(table(some), flush=True)
        for cell, problems in failing(story, some):
            wrong += 1
            print(f"story {story.seed}, {cell}: {problems[0]}", flush=True)
    print(f"{wrong} with something wrong")
    return not wrong


# --- a story that has a bit of everything ----------------------------------------------------------------------------


def _step(id: str, skill: str, seconds: float, *after: JsonObject, **more: object) -> JsonObject:
    """A step; `device`, `fails` and the like are what they are called."""
    arguments: JsonObject = {"seconds": seconds, "value": more.pop("value", 1)}
    if "fails" in more:
        arguments |= {"fails": more.pop("fails"), "retryable": more.pop("retryable", True)}
    step: JsonObject = {"id": id, "skill": skill, "arguments": arguments, "after": list(after)}
    step |= {"retry": {"max_attempts": 20, "backoff_s": 0.1}, "timeouts": {"queue_s": 10_000.0, "run_s": 20.0}}
    if "device" in more:
        step["devices"] = {"names": [more.pop("device")]}
    return step | more


_DONE: JsonObject = {"path": "output.done", "op": "==", "value": True}
# A person approves; a task fails and is tried again; a condition; an edit, taken back.
GIVEN = RunSpec(
    0.05,
    (
        _step("s0", "sim.read", 0.05, devices={"mode": "each"}),
        _step("s1", "sim.put", 0.05, {"step": "s0"}, value=9, fails=1),
        _step(
            "s2",
            "sim.append",
            0.05,
            {"step": "s1", "on": "condition", "when": {**_DONE, "path": "output.value", "op": ">", "value": 4}},
        ),
    ),
    {"approve": "ask", "approval_s": 10_000.0},
    actions=((0.3, "edit", {"number": 0}), (0.8, "edit", {"number": 1}), (1.2, "undo", {"number": 2})),
)
# The supervisor plans, and mends what failed.
LED = RunSpec(
    0.1,
    (
        _step("s0", "sim.read", 0.05, value=9),
        _step("s1", "sim.append", 0.02, {"step": "s0"}, fails=10_000, retryable=False),
        _step(
            "s2",
            "sim.put",
            0.05,
            {"step": "s0", "on": "condition", "when": {"path": "output.value", "op": "<", "value": 4}},
        ),
    ),
    text=True,
    revise=True,
)
# Cancelled while it is at work.
LEFT = RunSpec(
    0.1,
    (_step("s0", "sim.append", 30.0, device="alpha"), _step("s1", "sim.put", 0.1, {"step": "s0"})),
    actions=((0.6, "cancel", {}),),
)
# Its device is killed at work: one attempt is checked, a person is asked about the other.
LOST = RunSpec(
    0.2,
    (
        _step(
            "s0",
            "sim.append",
            1.0,
            device="beta",
            verify={"skill": "sim.done", "arguments": {"task": "s0"}, "done": _DONE},
        ),
        _step("s1", "sim.append", 1.0, device="beta"),
        _step("s2", "sim.put", 0.1, {"step": "s0", "on": "completion"}, {"step": "s1"}, join="any"),
    ),
    twice=0.1,
)
# Writes by preview, under a policy and under a person.
_CHANGES = (
    _step("s0", "sim.change", 0.05, device="alpha", fails=1),
    _step("s1", "sim.change", 0.05, {"step": "s0"}, devices={"mode": "each"}),
    _step("s2", "sim.put", 0.05, {"step": "s1"}),
)
PREVIEWED = Scenario(
    2,
    (DeviceSpec("alpha", 2), DeviceSpec("beta", 2)),
    (
        RunSpec(0.05, _CHANGES, {"approve": "all"}),
        RunSpec(0.1, _CHANGES[:1], {"approve": "ask", "approval_s": 10_000.0}),
    ),
    (),
    heal=25.0,
)
EVERYTHING = Scenario(
    1,
    (DeviceSpec("alpha", 2), DeviceSpec("beta", 2)),
    (GIVEN, LED, LEFT, LOST),
    (Fault(0.9, "kill device", "beta", 0.1),),
    heal=25.0,
)
