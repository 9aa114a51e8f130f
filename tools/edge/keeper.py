"""Does what rules and schedules decide, with or without an orchestrator, and notes in the journal what became of it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.edge import calendar, rules
from tools.edge.box import Box, Feed
from tools.edge.calendar import Schedule
from tools.edge.declared import Sensor
from tools.edge.payload import Reading
from tools.edge.rules import Rule
from tools.edge.store import Store
from tools.errors import ToolError

MAX_RULES: Final = 100
MAX_SCHEDULES: Final = 100
MAX_RECORDINGS: Final = 20
LOOK_S: Final = 15.0
"""A clock may jump: how often schedules look at it, at least."""
AGAIN_S: Final = 5.0
RECORD: Final = "reading"


class Keeper:
    """The rules, schedules and recordings of a box. `start` takes up what an earlier life left."""

    def __init__(self, box: Box, store: Store) -> None:
        self.box = box
        self.store = store
        self.rules: dict[str, tuple[Rule, rules.State]] = {}
        self.schedules: dict[str, Schedule] = {}
        self.recordings: dict[str, float] = {}
        self._failing: dict[str, str] = {}  # how a rule's last action failed, which is noted once
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._acting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Raises ToolError where the store cannot be read."""
        for name, body, state in await self.store.things("rule"):
            self._run_rule(name, Rule.model_validate(body), _restored(state))
        for name, body, state in await self.store.things("schedule"):
            done = state.get("done")
            self._run_schedule(
                name, Schedule.model_validate(body), done if isinstance(done, (int, float)) else time.time()
            )
        for name, body, _ in await self.store.things("recording"):
            every = body.get("every_s")
            self._run_recording(name, every if isinstance(every, (int, float)) else 60.0)

    @property
    def work(self) -> tuple[asyncio.Task[None], ...]:
        """What runs now."""
        return (*self._tasks.values(), *self._acting)

    async def close(self) -> None:
        tasks = self.work
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the skills do ----------------------------------------------------------------------------------

    async def add_rule(self, rule: Rule) -> None:
        """Keep a rule, and begin to follow it. Raises ToolError."""
        await self.store.keep("rule", rule.name, rule.model_dump(mode="json"), limit=MAX_RULES)
        self._run_rule(rule.name, rule, rules.State())

    async def add_schedule(self, schedule: Schedule) -> None:
        """Keep a schedule; nothing that lies before this moment is done by it. Raises ToolError."""
        now = time.time()
        await self.store.keep("schedule", schedule.name, schedule.model_dump(mode="json"), limit=MAX_SCHEDULES)
        await self.store.update("schedule", schedule.name, {"done": now})
        self._run_schedule(schedule.name, schedule, now)

    async def add_recording(self, sensor: str, every_s: float) -> None:
        """Write a sensor's readings to the journal, at most one every so many seconds. Raises ToolError."""
        await self.store.keep("recording", sensor, {"every_s": every_s}, limit=MAX_RECORDINGS)
        self._run_recording(sensor, every_s)

    async def remove(self, kind: str, name: str) -> bool:
        """Whether it was there. What it has begun to set is set."""
        found = await self.store.drop(kind, name)
        kept: dict[str, object] = {"rule": self.rules, "schedule": self.schedules, "recording": self.recordings}[kind]  # type: ignore[assignment]
        kept.pop(name, None)
        self._failing.pop(name, None)
        task = self._tasks.pop((kind, name), None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return found

    def _begin(self, kind: str, name: str, work: Coroutine[None, None, None]) -> None:
        self._tasks[kind, name] = asyncio.get_running_loop().create_task(work)

    # --- rules -----------------------------------------------------------------------------------------------

    def _run_rule(self, name: str, rule: Rule, state: rules.State) -> None:
        self.rules[name] = (rule, state)
        self._begin("rule", name, self._follow_rule(name))

    async def _follow_rule(self, name: str) -> None:
        """For good. A sensor that was taken out of the owner's file ends it, and is told once."""
        rule, _ = self.rules[name]
        try:
            sensor = self.box.sensor(rule.sensor)
            async with self.box.follow(sensor, lasting=True) as feed:
                await self._keep_deciding(name, sensor, feed)
        except ToolError as error:
            await self._note("rule", {"rule": name, "outcome": "stopped", "why": error.message})

    async def _keep_deciding(self, name: str, sensor: Sensor, feed: Feed) -> None:
        last: Reading | None = None
        quiet, told = time.monotonic(), False
        while True:
            rule, state = self.rules[name]
            now = time.monotonic()
            until = min(rules.wake(rule, state, now), now + sensor.silent_s)
            reading = await feed.next(None if until == math.inf else max(0.01, until - now))
            now = time.monotonic()
            if reading is not None and reading.value is not None:
                last, quiet, told = reading, now, False
            elif now - quiet >= sensor.silent_s and not told:
                told = True
                # What was last heard is too old to act upon.
                last = None
                why = reading.problem if reading is not None else f"silent for {sensor.silent_s:g} s"
                await self._note("rule", {"rule": name, "outcome": "no reading", "why": why})
            if last is not None and last.value is not None:
                await self._decide(name, last.value, now)

    async def _decide(self, name: str, value: float | str | bool, now: float) -> None:
        rule, before = self.rules[name]
        state, target = rules.decide(rule, before, value, now)
        self.rules[name] = (rule, state)
        if target is not None:
            outcome = await self._set(rule.actuator, target)
            done = outcome["outcome"] in ("confirmed", "done")
            if not done:
                state = rules.failed(state, before, time.monotonic())
                self.rules[name] = (rule, state)
            if done or self._failing.get(name) != outcome["outcome"]:
                await self._note("rule", {"rule": name, "value": value, **outcome})
            self._failing[name] = "" if done else str(outcome["outcome"])
        if target is not None or state.active != before.active:
            await self._keep_state("rule", name, _kept(state))

    async def _set(self, name: str, value: str) -> JsonObject:
        """Set an actuator; what became of it, as the journal has it."""
        told: JsonObject = {"actuator": name, "set": value}
        try:
            actuator = self.box.declared.find_actuator(name)
            found = await self.box.set(actuator, value, actuator.confirm_s)
        except ToolError as error:
            unknown = error.code in (ErrorCode.LOST, ErrorCode.TIMEOUT)
            return {**told, "outcome": "unknown" if unknown else "failed", "why": error.message}
        if found.confirmed is None:
            return {**told, "outcome": "done"}
        return {**told, "outcome": "confirmed" if found.confirmed else "unconfirmed", "state": found.state}

    # --- schedules -------------------------------------------------------------------------------------------

    def _run_schedule(self, name: str, schedule: Schedule, done: float) -> None:
        self.schedules[name] = schedule
        self._begin("schedule", name, self._follow_schedule(name, schedule, done))

    async def _follow_schedule(self, name: str, schedule: Schedule, done: float) -> None:
        # What passed while the box was off counts, unless the clock says that it is earlier than it was.
        since = time.monotonic() - max(0.0, time.time() - done)
        while True:
            now = time.time()
            done = calendar.sane(done, now)
            found = calendar.due(schedule, done, now, time.monotonic() - since)
            if found is None:
                await asyncio.sleep(_pause(schedule, done, now, time.monotonic() - since))
                continue
            done, since = found.at, time.monotonic()
            # On disk before it is done: after a crash in between it is not done twice.
            await self._keep_state("schedule", name, {"done": done})
            self._act(name, schedule, found)
            if schedule.once is not None:
                return

    def _act(self, name: str, schedule: Schedule, found: calendar.Due) -> None:
        """Beside the schedule: waiting for a broker does not keep it from the next time."""
        task = asyncio.get_running_loop().create_task(self._do_scheduled(name, schedule, found))
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _do_scheduled(self, name: str, schedule: Schedule, found: calendar.Due) -> None:
        told: JsonObject = {"schedule": name, "due": found.at, "actuator": schedule.actuator, "set": schedule.set}
        patience = min(schedule.late_s, schedule.every_s or schedule.late_s)
        if found.missed:
            await self._note("schedule", {**told, "outcome": "missed", "why": "the device was off or its clock jumped"})
        elif not await self._reachable(schedule.actuator, patience):
            await self._note("schedule", {**told, "outcome": "missed", "why": "the broker was away"})
        else:
            await self._note("schedule", {**told, **await self._set(schedule.actuator, schedule.set)})
        if schedule.once is not None:
            with suppress(ToolError):
                await self.store.drop("schedule", name)
            self.schedules.pop(name, None)
            self._tasks.pop(("schedule", name), None)

    async def _reachable(self, name: str, patience: float) -> bool:
        with suppress(ToolError):
            if self.box.declared.find_actuator(name).set is not None:
                return await self.box.mqtt().back(patience)
        return True

    # --- recordings ------------------------------------------------------------------------------------------

    def _run_recording(self, name: str, every_s: float) -> None:
        self.recordings[name] = every_s
        self._begin("recording", name, self._record(name, every_s))

    async def _record(self, name: str, every_s: float) -> None:
        try:
            sensor = self.box.sensor(name)
            async with self.box.follow(sensor, lasting=True) as feed:
                last = -math.inf
                while True:
                    reading = await feed.next(None)
                    # What the broker retains comes again with every connection, and nobody knows of when it is.
                    if reading is None or reading.value is None or reading.retained:
                        continue
                    if time.monotonic() - last < every_s:
                        continue
                    last = time.monotonic()
                    body: JsonObject = {"sensor": sensor.name, "value": reading.value, "unit": sensor.unit}
                    await self._note(RECORD, body, at=reading.at)
        except ToolError as error:
            await self._note("recording", {"sensor": name, "outcome": "stopped", "why": error.message})

    # --- the store, which may be full ------------------------------------------------------------------------

    async def _note(self, kind: str, body: JsonObject, *, at: float | None = None) -> None:
        """A full disk keeps no rule from working."""
        with suppress(ToolError):
            await self.store.note(time.time() if at is None else at, kind, body)

    async def _keep_state(self, kind: str, name: str, state: JsonObject) -> None:
        with suppress(ToolError):
            await self.store.update(kind, name, state)


def _pause(schedule: Schedule, done: float, now: float, passed: float) -> float:
    """Until it may be due: to the second, and never longer than a clock may be left alone."""
    if schedule.every_s is not None:
        return max(0.01, schedule.every_s - passed)
    if schedule.once is not None and now < schedule.once:
        return min(LOOK_S, max(0.01, schedule.once - now))
    if schedule.daily is not None:
        return min(LOOK_S, max(0.01, 60.0 - now % 60.0))
    return LOOK_S


def _kept(state: rules.State) -> JsonObject:
    """Where a rule stands, for the disk: monotonic seconds mean nothing to the next process."""
    ago = time.monotonic() - state.acted
    return {"active": state.active, "acted": time.time() - ago if math.isfinite(ago) else None}


def _restored(kept: JsonObject) -> rules.State:
    """As it was. Where the clock has been set back meanwhile, the interval begins anew: sooner would be too soon."""
    acted = kept.get("acted")
    if not isinstance(acted, (int, float)):
        return rules.State(active=bool(kept.get("active")), unsure=bool(kept))
    ago = max(0.0, time.time() - acted)
    return rules.State(active=bool(kept.get("active")), acted=time.monotonic() - ago, unsure=True)
