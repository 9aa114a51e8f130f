"""What a simulated story consists of: devices, runs and faults, as plain data that a seed makes and a file keeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
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

    `actions` are what people do to the run: (seconds after submission, "cancel" | "edit" | "undo" | "retry" | "watch",
    data). `twice` is after how many seconds another client submits the same under the same key, or None.
    """

    at: float
    steps: tuple[JsonObject, ...]
    policy: JsonObject = field(default_factory=dict)
    text: bool = False
    revise: bool = False
    actions: tuple[tuple[float, str, JsonObject], ...] = ()
    twice: float | None = None


@dataclass(frozen=True)
class Fault:
    """At `at` seconds, or at the `number`-th occurrence of the moment `when`; `kind` to `target` for `seconds`."""

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
