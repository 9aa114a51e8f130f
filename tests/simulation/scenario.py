"""What a simulated story consists of: devices, runs and faults, as plain data that a seed makes and a file keeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class DeviceSpec:
    """`slow` multiplies the time of its tools."""

    name: str
    slots: int = 4
    slow: float = 1.0


@dataclass(frozen=True)
class RunSpec:
    """One request. `steps` are of a plan; `text` says that the supervisor makes them the plan.

    `actions` are what people do to the run: (seconds after submission, "cancel" | "edit" | "undo" | "retry", data).
    """

    at: float
    steps: tuple[JsonObject, ...]
    policy: JsonObject = field(default_factory=dict)
    text: bool = False
    revise: bool = False
    actions: tuple[tuple[float, str, JsonObject], ...] = ()


@dataclass(frozen=True)
class Fault:
    """At `at` seconds, or at the `at`-th occurrence of the moment `when`; `kind` to `target` for `seconds`."""

    at: float
    kind: str
    target: str = ""
    seconds: float = 0.0
    when: str = ""
    number: int = 0
    steps: int = -1


@dataclass(frozen=True)
class Scenario:
    """`heal` is when all faults are over: from then on everything must come to its end by itself."""

    seed: int
    devices: tuple[DeviceSpec, ...]
    runs: tuple[RunSpec, ...]
    faults: tuple[Fault, ...] = ()
    heal: float = 20.0

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> Scenario:
        data = json.loads(text)
        runs = [
            RunSpec(**{**run, "steps": tuple(run["steps"]), "actions": tuple(tuple(a) for a in run["actions"])})
            for run in data["runs"]
        ]
        return Scenario(
            data["seed"],
            tuple(DeviceSpec(**one) for one in data["devices"]),
            tuple(runs),
            tuple(Fault(**one) for one in data["faults"]),
            data["heal"],
        )

    @staticmethod
    def load(path: Path) -> Scenario:
        return Scenario.from_json(path.read_text())

    def without(self, **changes: Any) -> Scenario:
        return replace(self, **changes)


# --- from a seed ---------------------------------------------------------------------------------------------------


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    random = Random(seed)
    devices = _devices(random)
    names = [device.name for device in devices]
    runs = tuple(_run(random, names, number) for number in range(random.choice((1, 1, 2, 3))))
    heal = random.choice((3.0, 6.0, 10.0)) * random.uniform(0.6, 1.2)
    return Scenario(seed, devices, runs, _faults(random, names, heal), heal)


def _devices(random: Random) -> tuple[DeviceSpec, ...]:
    return tuple(
        DeviceSpec(name, random.choice((1, 2, 4)), random.choice((1.0, 1.0, 1.0, 3.0)))
        for name in ("alpha", "beta", "gamma")[: random.randint(1, 3)]
    )


def _run(random: Random, names: list[str], number: int) -> RunSpec:
    steps: list[JsonObject] = []
    for index in range(random.randint(1, 7)):
        steps.append(_step(random, names, steps, f"s{index}"))
    policy: JsonObject = {"approve": random.choice(("all", "all", "all", "ask")), "approval_s": 10_000.0}
    actions: list[tuple[float, str, JsonObject]] = []
    if random.random() < 0.15:
        actions.append((random.uniform(0.0, 6.0), "cancel", {}))
        if random.random() < 0.3:
            actions.append((random.uniform(6.0, 12.0), "retry", {}))
    elif random.random() < 0.3:
        actions += [
            (random.uniform(0.0, 4.0), random.choice(("edit", "edit", "undo")), {"number": turn})
            for turn in range(random.randint(1, 2))
        ]
    if random.random() < 0.08:
        policy["deadline_s"] = random.uniform(0.5, 8.0)
    text = random.random() < 0.4
    return RunSpec(
        round(random.uniform(0.0, 2.0), 3), tuple(steps), policy, text, text and random.random() < 0.5, tuple(actions)
    )


def _step(random: Random, names: list[str], earlier: list[JsonObject], id: str) -> JsonObject:
    skill = random.choice(("sim.read", "sim.put", "sim.append", "sim.append"))
    arguments: JsonObject = {
        "seconds": round(random.choice((0.0, 0.02, 0.2, 1.0)) * random.random(), 3),
        "value": random.randint(0, 9),
    }
    step: JsonObject = {"id": id, "skill": skill, "arguments": arguments, "retry": {"max_attempts": 20}}
    step["timeouts"] = {"queue_s": 10_000.0, "run_s": 30.0}
    if random.random() < 0.5:
        step["devices"] = {"names": [random.choice(names)]}
    elif random.random() < 0.15:
        step["devices"] = {"mode": "each"}
    if random.random() < 0.15:
        arguments["fails"], arguments["retryable"] = random.randint(1, 2), True
    elif random.random() < 0.08:
        arguments["fails"] = 10_000
        step["on_failure"] = random.choice(("skip", "continue", "fail"))
    elif random.random() < 0.05 and skill != "sim.append":
        arguments["hangs"] = 1
        step["timeouts"]["run_s"] = 3.0
    _after(random, step, earlier)
    return step


def _after(random: Random, step: JsonObject, earlier: list[JsonObject]) -> None:
    # Where a person says that something was done, its output stays unknown: nothing may build on that here.
    known = [one for one in earlier if one.get("devices", {}).get("mode") != "each" and one["skill"] != "sim.append"]
    if not earlier or random.random() < 0.2:
        return
    edges = []
    for upstream in random.sample(earlier, min(len(earlier), random.choice((1, 1, 2, 3)))):
        edge: JsonObject = {"step": upstream["id"]}
        on = random.choice(("success", "success", "success", "completion", "condition"))
        if on == "condition" and upstream in known:
            edge["on"] = "condition"
            edge["when"] = {"path": "output.value", "op": random.choice((">", "<")), "value": 4}
        elif on == "completion":
            edge["on"] = "completion"
        edges.append(edge)
        plain = edge.get("on") is None and upstream in known
        if plain and random.random() < 0.5:
            step["arguments"]["seen"] = f"${{{upstream['id']}.output.value}}"
    step["after"] = edges
    if len(edges) > 1 and "seen" not in step["arguments"] and random.random() < 0.2:
        step["join"] = "any"


FAULTS = (
    "kill orchestrator",
    "kill orchestrator",
    "kill device",
    "cut",
    "cut silently",
    "partition",
    "half-open up",
    "half-open down",
    "noise",
    "slow disk",
    "failing disk",
    "failing device disk",
    "pause",
)


def _faults(random: Random, names: list[str], heal: float) -> tuple[Fault, ...]:
    faults = []
    for _ in range(random.choice((0, 1, 2, 2, 3, 4, 6))):
        kind = random.choice(FAULTS)
        target = "" if "orchestrator" in kind or kind in ("slow disk", "failing disk") else random.choice(names)
        at = round(random.uniform(0.0, min(heal - 0.5, random.choice((2.5, 5.0, 14.0)))), 4)
        seconds = round(random.choice((0.05, 0.5, 2.0, 8.0)) * random.random(), 3)
        steps = random.choice((-1, random.randint(0, 60)))
        when, number = "", 0
        if kind == "kill orchestrator" and random.random() < 0.4:
            when = random.choice(("before commit", "after commit", "before register", "after register"))
            number = random.randint(1, 12)
        elif kind == "kill device" and random.random() < 0.3:
            when = random.choice(("before device write", "after device write"))
            number = random.randint(1, 6)
        faults.append(Fault(at, kind, target, seconds, when, number, steps))
    return tuple(faults)
