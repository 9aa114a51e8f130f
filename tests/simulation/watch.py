"""What must hold at every moment, as seen on the wire and in the record. Works nothing out by the product's code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.records import EventRow

EPOCH = 1_700_000_000.0
HEARTBEAT_S = 2.0
LEASE_S = 5.0
# A device that was heard within this time was there; its lease cannot have run out.
SILENT_S = LEASE_S - 0.5
FAREWELL_S = 20.0  # how long a device that is asked to leave may take
LATE_S = 1.0  # how late a deadline may be noticed by an orchestrator that is well
Key = tuple[str, str, int]


@dataclass
class Attempt:
    """One dispatch on record. `begun` says that a device has been at it, `over` that it is no more."""

    device: str
    at: float
    heartbeat: bool = False
    begun: bool = False
    over: bool = False


@dataclass
class Presence:
    """What is known of a device's being there. `silences` are (from, to)."""

    heard: float = float("-inf")
    started: float = float("-inf")
    leaving: float = float("-inf")
    epoch: int = 0
    fence: int = 0
    silences: list[tuple[float, float]] = field(default_factory=list)


class Watch:
    """Told of everything; says what is wrong. Times are of the simulation."""

    def __init__(self, time: Callable[[], float], wrong: Callable[[str], None]) -> None:
        self._time = time
        self._wrong = wrong
        self.attempts: dict[Key, Attempt] = {}
        self.ended: dict[Key, int] = {}
        self.said: dict[Key, tuple[str, str]] = {}  # the outcome and error code that a device gave
        self.acknowledged: dict[Key, float] = {}
        self._devices: dict[str, Presence] = {}
        self._paused = float("-inf")
        self._steady = 0.0
        self._began: dict[str, float] = {}
        self._deadlines: dict[tuple[str, str], float] = {}  # of a run (task empty) or a task, from its beginning

    def _device(self, name: str) -> Presence:
        return self._devices.setdefault(name, Presence())

    # --- the surroundings --------------------------------------------------------------------------------------

    def steady(self) -> None:
        """The orchestrator has just begun, or is well again."""
        self._steady = self._time()

    def paused(self) -> None:
        """The orchestrator heard nothing for a while."""
        self._paused = self._steady = self._time()

    def started(self, device: str) -> None:
        self._device(device).started = self._time()

    def leaving(self, device: str) -> None:
        """It is asked to leave."""
        self._device(device).leaving = self._time()

    def heard(self, device: str, data: str | bytes) -> None:
        """A frame has reached the orchestrator. A `hello` does not count: it may be turned away."""
        if isinstance(data, str) and '"type":"hello"' in data:
            return
        found, now = self._device(device), self._time()
        if now - found.heard >= SILENT_S:
            found.silences.append((found.heard, now))
        found.heard = now

    def field(self, key: Key, step: str) -> None:
        attempt = self.attempts.get(key)
        if attempt is not None:
            attempt.begun = attempt.begun or step == "begin"
            attempt.over = attempt.over or step == "end"

    # --- the wire ----------------------------------------------------------------------------------------------

    def sent(self, device: str, up: bool, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "welcome":
            self._welcomed(device, message)
        elif kind == "result" and up:
            error = message.get("error") or {}
            self.said[_key(message)] = (message["outcome"], error.get("code", ""))
        elif kind == "dispatch":
            self._dispatched(device, _key(message), message["epoch"])
        elif kind == "recorded":
            self._recorded(device, _key(message))

    def _welcomed(self, device: str, message: dict[str, Any]) -> None:
        found = self._device(device)
        if message["epoch"] <= found.epoch:
            self._wrong(f"{device} had epoch {found.epoch}, and is let in with {message['epoch']}")
        found.epoch = message["epoch"]
        if not message.get("resumed"):
            found.fence = message["epoch"]

    def _dispatched(self, device: str, key: Key, epoch: int) -> None:
        if key not in self.attempts:
            self._wrong(f"{key} was sent to {device} before its dispatch was durable")
        elif self.attempts[key].device != device:
            self._wrong(f"{key} was sent to {device}, and is on record for {self.attempts[key].device}")
        if epoch < self._device(device).fence:
            self._wrong(f"{key} was sent to {device} under epoch {epoch}, which it does not obey any more")

    def _recorded(self, device: str, key: Key) -> None:
        self.acknowledged.setdefault(key, self._time())
        if key in self.attempts and key not in self.ended:
            self._wrong(f"the result of {key} was acknowledged to {device} before it was durable")

    # --- the record --------------------------------------------------------------------------------------------

    def recorded(self, row: EventRow) -> None:
        """An entry of a run's log is durable."""
        if row.type == "task_dispatched":
            self._begin(row, json.loads(row.body))
        elif row.type == "attempt_ended":
            self._end(row, json.loads(row.body))
        elif row.type == "run_submitted":
            self._began[row.run] = row.at - EPOCH
            self._limit(row.run, "", json.loads(row.body)["request"]["policy"].get("deadline_s"))
        elif row.type == "task_retry_requested":
            self._began[row.run] = row.at - EPOCH
        elif row.type == "graph_edited":
            for edit in json.loads(row.body)["batch"]["edits"]:
                if "task" in edit and isinstance(edit["task"], dict):
                    self._limit(row.run, edit["task"]["id"], edit["task"].get("deadline_s"))

    def _limit(self, run: str, task: str, seconds: float | None) -> None:
        if seconds is not None:
            self._deadlines[run, task] = seconds

    def _begin(self, row: EventRow, body: dict[str, Any]) -> None:
        key = (row.run, body["task"], body["attempt"])
        if key in self.attempts:
            self._wrong(f"{row.type} of {key} is on record twice")
        at = row.at - EPOCH
        self.attempts[key] = Attempt(body["device"], at)
        for task in ("", body["task"]):
            limit = self._deadlines.get((row.run, task))
            if limit is not None and at > max(self._began[row.run] + limit, self._steady) + LATE_S:
                self._wrong(f"{key} was dispatched after the deadline of the {'task' if task else 'run'}")

    def _end(self, row: EventRow, body: dict[str, Any]) -> None:
        key = (row.run, body["task"], body["attempt"])
        self.ended[key] = self.ended.get(key, 0) + 1
        if self.ended[key] > 1:
            self._wrong(f"{row.type} of {key} is on record twice")
        attempt = self.attempts.get(key)
        if attempt is not None and body["outcome"] in ("lost", "unknown") and not self._excused(key, attempt):
            why = (body.get("error") or {}).get("message")
            self._wrong(f"{key} was given up though {attempt.device} was there and at it: {why}")

    def _excused(self, key: Key, attempt: Attempt) -> bool:
        """Whether there was a reason to give an attempt up. The paths of the product that do are not looked at."""
        found, now = self._device(attempt.device), self._time()
        if self.said.get(key, ("", ""))[1] == "lost":
            return True
        if max(found.started, found.leaving + FAREWELL_S, self._paused) >= attempt.at:
            return True
        if now - found.heard >= SILENT_S or any(end >= attempt.at for _, end in found.silences):
            return True
        return attempt.begun and not attempt.over and now - attempt.at > HEARTBEAT_S


def _key(message: dict[str, Any]) -> Key:
    return message["run"], message["task"], message["attempt"]
