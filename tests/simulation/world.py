"""One simulated story, from its first callback to its last: the real parts, their surroundings, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, TypeVar

from devices.executor import Executor
from orchestrator.app import Asterism
from orchestrator.core.application import Refusal
from orchestrator.core.edits import AddTask, Edit, EditBatch, RemoveTask
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.graph import TaskGraph
from orchestrator.core.machine import RunMachine
from orchestrator.core.plan import Plan
from orchestrator.core.records import EventRow, Transaction
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Dependency, On, Task
from orchestrator.settings import Settings
from protocol.messages import Dispatch
from storage.groups import Group
from storage.memory import Durable
from tests.simulation.device import Effect, SimulatedDevice
from tests.simulation.disk import ERROR, LATE, SimulatedStore, Trouble, Verdict
from tests.simulation.loop import LIFE, Life, VirtualLoop, virtual_loop
from tests.simulation.network import Direction, Network, Weather
from tests.simulation.story import Fault, JsonObject, RunSpec, Scenario
from tests.simulation.supervisors import Supervisors
from tests.simulation.watch import EPOCH, HEARTBEAT_S, LEASE_S, Key, Watch

AFTERMATH_S = 400.0  # after the faults are over, everything must end within this time
RETRY_S = 0.5
LOOK_S = 0.2  # how often somebody who watches a run looks
T = TypeVar("T")


class GoneError(Exception):
    """The orchestrator was killed while a client waited for its answer."""


class Violation(AssertionError):
    """Something that must never happen, has."""


# Frames with one of these are looked into.
WATCHED = ('"type":"dispatch"', '"type":"recorded"', '"type":"welcome"', '"type":"result"')


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="asterism-simulation-"))


@cache
def _settings() -> Settings:
    return Settings(data_dir=_folder(), database="memory", heartbeat_s=HEARTBEAT_S, lease_s=LEASE_S)


class Journal(SimulatedStore):
    """The record, with an index of what is durable for those who watch the wire."""

    world: World

    def _apply(self, transaction: Transaction, group: Group) -> None:
        super()._apply(transaction, group)
        for row in transaction.events:
            self.world.recorded(row)


@dataclass
class History:
    """What happened: for the checker, and for people."""

    scenario: Scenario
    durable: Durable = field(default_factory=Durable)
    ledger: list[Effect] = field(default_factory=list)
    accepted: dict[int, str] = field(default_factory=dict)  # run number -> run
    cancelled: dict[int, float] = field(default_factory=dict)  # run number -> when it was acknowledged
    edited: dict[int, list[str]] = field(default_factory=dict)  # run number -> tasks of acknowledged edits
    acknowledged: dict[Key, float] = field(default_factory=dict)  # results: when the device was told
    said: dict[Key, tuple[str, str]] = field(default_factory=dict)  # the outcome and error code that a device gave
    states: dict[str, RunState] = field(default_factory=dict)  # as they were in memory at the end
    violations: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    logs: dict[str, list[Event]] = field(default_factory=dict)
    moments: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)  # by type; all of them only where they are looked into
    struck: list[Fault] = field(default_factory=list)  # those that waited for a moment or a message
    leftovers: list[str] = field(default_factory=list)
    healed_at: float = 0.0
    done_at: float = 0.0
    restarts: int = 0


class _Clock:
    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return EPOCH + self._loop.time()


DISK_FAULTS = {"slow disk": 0.3, "crawling disk": 2.0, "failing disk": 0.0, "dying disk": 0.3}  # seconds added
# Chances of a frame: that it is dropped, doubled, overtaken.
NOISE = {"noise": (0.05, 0.05, 0.05), "drops": (0.1, 0.0, 0.0), "doubles": (0.0, 0.4, 0.0), "mess": (0.2, 0.2, 0.2)}
FLAP_S = 1.6
DEVICE_FAULTS = ("lose device", "replace device", "stop device", "drain device")


class World:
    """`await live()` plays the scenario. With `tell`, every step is written down."""

    def __init__(self, scenario: Scenario, loop: VirtualLoop, *, tell: bool = False) -> None:
        self.scenario = scenario
        self.loop = loop
        self.random = Random(scenario.seed ^ 0x5EED)
        self.history = History(scenario)
        self._tell = tell
        self.clock = _Clock(loop)
        self.watch = Watch(loop.time, self.wrong)
        self.history.acknowledged, self.history.said = self.watch.acknowledged, self.watch.said
        self.network = Network(loop, self.random, self._tap, self.watch.heard)
        self.trouble = Trouble()
        self.life: Life | None = None
        self.app: Asterism | None = None
        self.store: Journal | None = None
        self.devices = {
            spec.name: SimulatedDevice(
                spec,
                loop,
                self.network,
                self.random,
                self.history.ledger,
                _folder(),
                self._moment,
                self.say,
                self.watch.field,
                self.watch.started,
            )
            for spec in scenario.devices
        }
        self._timed = [fault for fault in scenario.faults if not fault.when]
        self._awaited = {(f.when, f.target, f.number): f for f in scenario.faults if f.when}
        self._messages = self.history.messages
        self._choosy = tell or any(fault.when.startswith("message ") for fault in scenario.faults)
        self._healed = False

    def say(self, text: str) -> None:
        if self._tell:
            self.history.lines.append(f"{self.loop.time():10.4f}  {text}")

    def wrong(self, text: str) -> None:
        self.say(f"WRONG: {text}")
        self.history.violations.append(text)

    # --- the orchestrator --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start an orchestrator, unless one runs."""
        if self.life is not None and not self.life.dead:
            return
        self.history.restarts += 1
        self.life, self.app = Life("orchestrator"), None
        self.say("orchestrator starts")
        self.loop.spawn(self.life, self._serve())

    async def _serve(self) -> None:
        store = Journal(self.history.durable, self.random, self.trouble, lambda moment: self._moment("", moment))
        store.world = self
        app = Asterism(
            _settings(),
            store=store,
            supervisor=Supervisors(self.scenario.runs, self.random, self.loop.time, self._all_known),
            clock=self.clock,
            random_hex=lambda size: self.random.getrandbits(8 * size).to_bytes(size, "big").hex(),
        )
        store.on_trouble = app._trouble
        while True:
            try:
                await app.start()
            except Exception as error:  # noqa: BLE001 - as `asterism up` would: it ends, and is started again
                self.say(f"orchestrator cannot start: {error}")
                await asyncio.sleep(RETRY_S)
                if self.life is not None:
                    self.life.kill()
                    self.loop.spawn(None, self._later(self.start, RETRY_S))
                return
            break
        self.app, self.store = app, store
        self.watch.steady()
        self.network.listen(app.gateway)

    def _all_known(self) -> bool:
        """Whether every device has ever registered, as far as the orchestrator that runs knows."""
        return self.app is not None and len(self.app.engine.roster.fleet.devices) >= len(self.devices)

    async def _later(self, act: Callable[[], None], seconds: float) -> None:
        await asyncio.sleep(seconds)
        act()

    async def call(self, work: Callable[[Asterism], Awaitable[T]]) -> T:
        """Ask the orchestrator, as a client would. Raises GoneError where it is not there, or is killed meanwhile."""
        app, life = self.app, self.life
        if app is None or life is None or life.dead or not app._started:
            raise GoneError
        answer: asyncio.Future[T] = self.loop.create_future()

        async def serve() -> None:
            try:
                value = await work(app)
            except Exception as error:  # noqa: BLE001 - it is the client's to judge
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(value)

        life.at_death.append(lambda: None if answer.done() else answer.set_exception(GoneError()))
        self.loop.spawn(life, serve())
        return await answer

    # --- what is watched ---------------------------------------------------------------------------------------

    def recorded(self, row: EventRow) -> None:
        self.watch.recorded(row)
        if self._tell:
            self.say(f"record {row.run} {row.seq} {row.type} {row.body[:150]}")

    def _moment(self, who: str, moment: str) -> Verdict:
        """A durable boundary: count it, and kill, or have it fail, where the scenario says so."""
        self.history.moments[f"{who} {moment}".strip()] += 1
        fault = self._awaited.get((moment, who, self.history.moments[f"{who} {moment}".strip()]))
        if fault is None or self._healed:
            return None
        self.history.struck.append(fault)
        if fault.kind in (ERROR, LATE):
            self.say(f"FAULT {fault.kind} {who} {moment} {fault.number}")
            return fault.kind
        self._strike(fault)
        return None

    def _tap(self, device: str, direction: Direction, data: str | bytes) -> str | None:
        """Everything that is sent: nothing goes out before its record is durable. What becomes of the frame."""
        if not isinstance(data, str):
            return None
        fate = None
        if self._tell:
            self.say(f"{device} {'->' if direction == 'up' else '<-'} {data[:200]}")
        if not self._choosy and not any(word in data for word in WATCHED):
            return None
        for message in json.loads(data)["body"]:
            kind = message["type"]
            self.watch.sent(device, direction == "up", message)
            self._messages[kind] += 1
            fault = self._awaited.get((f"message {kind}", "", self._messages[kind]))
            if fault is not None:
                self.history.struck.append(fault)
                self.say(f"the network will {fault.kind} this frame")
                fate = fault.kind
        return fate

    # --- faults ------------------------------------------------------------------------------------------------

    def _strike(self, fault: Fault) -> None:
        self.say(f"FAULT {fault.kind} {fault.target} {fault.seconds:g} {fault.when} {fault.number or ''}")
        kind, target = fault.kind, fault.target
        if kind == "kill orchestrator":
            self._kill(self.life, fault, self.start)
        elif kind == "kill device":
            self._kill(self.devices[target].life, fault, self.devices[target].start)
        elif kind in DEVICE_FAULTS:
            self._leave(self.devices[target], fault)
        elif kind == "pause":
            self._pause(self.devices[target].life if fault.steps % 2 else self.life, fault.seconds)
        elif kind in DISK_FAULTS:
            self._trouble(self.trouble, fault)
        elif kind == "failing device disk":
            self._trouble(self.devices[target].disk.trouble, fault)
        else:
            self._network(kind, target, fault)

    def _kill(self, life: Life | None, fault: Fault, again: Callable[[], None]) -> None:
        if life is not None and not life.dead:
            if fault.steps >= 0 and not fault.when:
                life.steps = fault.steps
            else:
                life.kill()
            life.at_death.append(lambda: self.say(f"{life.name} was killed"))
        self.loop.call_later(fault.seconds + 0.2, again, context=_world())

    def _leave(self, device: SimulatedDevice, fault: Fault) -> None:
        """A device goes away, in one of the ways in which its process does not just end."""
        name, again = device.spec.name, fault.seconds + 0.2
        if name not in self.history.durable.name_epochs:
            return  # nobody has heard of it yet
        if fault.kind == "lose device":
            device.lose()
        elif fault.kind == "replace device":
            device.replace()
            self.loop.call_later(again, device.start, context=_world())
        elif fault.kind == "stop device":
            self.watch.leaving(name)
            device.stop(fault.seconds)
        else:
            self.watch.leaving(name)
            self.loop.spawn(None, self._reply(lambda app: app.drain(name)))

    def _pause(self, life: Life | None, seconds: float) -> None:
        if life is not None and not life.dead and not life.paused:
            life.paused = True
            self.loop.call_later(seconds, self._resume, life, context=_world())

    def _resume(self, life: Life) -> None:
        self.loop.resume(life)
        if life is self.life:
            self.watch.paused()

    def _trouble(self, trouble: Trouble, fault: Fault) -> None:
        trouble.slow_s = DISK_FAULTS.get(fault.kind, 0.0)
        if fault.kind not in ("slow disk", "crawling disk"):
            trouble.code = "database_busy"
        self.loop.call_later(fault.seconds, self._well, trouble, context=_world())

    def _well(self, trouble: Trouble) -> None:
        trouble.code, trouble.slow_s = None, 0.0
        if trouble is self.trouble and self.store is not None and self.life is not None and not self.life.dead:
            self.watch.steady()

    def _network(self, kind: str, target: str, fault: Fault) -> None:
        weather = self.network.weather(target)
        if kind in ("cut", "cut silently"):
            for link in self.network.links(target):
                link.cut(tell=kind == "cut")
            return
        if kind == "partition":
            weather.blocked.update({"up": None, "down": None})
        elif kind.startswith("half-open"):
            weather.swallowed["up" if kind.endswith("up") else "down"] = None
        elif kind in NOISE:
            weather.drop, weather.double, weather.reorder = NOISE[kind]
        elif kind == "flapping":
            weather.delay_s = 0.3
            self._flap(target, self.loop.time() + fault.seconds)
        self.loop.call_later(fault.seconds, self._calm, target, context=_world())

    def _flap(self, target: str, until: float) -> None:
        """Cut it again and again."""
        if self.loop.time() < until and not self._healed:
            for link in self.network.links(target):
                link.cut(tell=True)
            self.loop.call_later(FLAP_S, self._flap, target, until, context=_world())

    def _calm(self, target: str) -> None:
        weather = self.network.weather(target)
        weather.delay_s = Weather.delay_s
        weather.drop = weather.double = weather.reorder = 0.0
        self.network.free(target)

    def _heal(self) -> None:
        """All faults are over."""
        self._healed = True
        self.history.healed_at = self.loop.time()
        self.say("all faults are over")
        for life in (self.life, *(device.life for device in self.devices.values())):
            if life is not None:
                life.steps = -1
                if life.paused:
                    self._resume(life)
        for name, device in self.devices.items():
            self._calm(name)
            self._well(device.disk.trouble)
            device.start()
        self._well(self.trouble)
        self.start()

    # --- the story ---------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Play it all, and wait until everything has ended."""
        self.start()
        for device in self.devices.values():
            device.start()
        for fault in self._timed:
            self.loop.call_at(fault.at, self._strike, fault, context=_world())
        people = [self.loop.spawn(None, self._client(n, spec)) for n, spec in enumerate(self.scenario.runs)]
        people.append(self.loop.spawn(None, self._person()))
        calm = max((fault.at + fault.seconds for fault in self._timed), default=0.0)
        while self.loop.time() < self.scenario.heal and not (self.loop.time() > calm and self._quiet(people[:-1])):
            await asyncio.sleep(0.5)
        self._heal()
        deadline = self.loop.time() + AFTERMATH_S
        while self.loop.time() < deadline and not self._quiet(people[:-1]):
            await asyncio.sleep(0.5)
        for one in people:
            if one.done() and not one.cancelled() and one.exception() is not None:
                self.wrong(f"a client failed: {one.exception()!r}")
            one.cancel()
        self.history.done_at = self.loop.time()
        self._look()

    def _quiet(self, clients: list[asyncio.Task[None]]) -> bool:
        app = self.app
        if app is None or self.life is None or self.life.dead or not all(one.done() for one in clients):
            return False
        if app.engine.open_runs or not all(terminal(self.history, run) for run in self.history.accepted.values()):
            return False
        if any(known.attempts for known in app.engine.roster):
            return False
        return all(
            not app.gateway.connected(name)
            if device.gone
            else device.agent is not None and device.agent._executor.idle and app.gateway.connected(name)
            for name, device in self.devices.items()
        )

    def _look(self) -> None:
        """What the orchestrator and the devices still have in their heads at the end."""
        history, app = self.history, self.app
        assert app is not None
        left = history.leftovers
        for run, slot in app.engine._runs.items():
            state = slot.state
            waits = [f"{id}={task.status.value}" for id, task in state.tasks.items() if not task.status.terminal]
            left.append(f"run {run} is {state.status.value}, open: {waits or 'nothing'}")
        for known in app.engine.roster:
            left += [f"{known.info.name} is thought to have {key}" for key in known.attempts]
            if known.info.online is self.devices[known.info.name].gone:
                left.append(f"{known.info.name} is thought to be {'here' if known.info.online else 'away'}")
        for name, device in self.devices.items():
            if device.gone:
                continue
            executor = device.agent._executor if device.agent is not None else None
            if executor is not None:
                left += [f"{name} runs {ref}" for ref in executor.running]
                left += [f"{name} holds {ref}" for ref in executor.held]
        left += [f"the outbox has {key}" for key in history.durable.outbox]
        left += [f"{name} has no free slot back: {busy}" for name, busy in _occupied(app).items() if busy]
        for run in history.accepted.values():
            last = app.engine._runs.get(run) or app.engine._ended.get(run)
            if last is not None:
                history.states[run] = last.state

    # --- people ------------------------------------------------------------------------------------------------

    async def _client(self, number: int, spec: RunSpec) -> None:
        await asyncio.sleep(spec.at)
        policy = RunPolicy.model_validate({"approve": "all", **spec.policy})
        if spec.text:
            request = Request(text=f"story {number}", policy=policy)
        else:
            request = Request(plan=Plan.model_validate({"steps": spec.steps}), policy=policy)
        began = self.loop.time()
        twin = None if spec.twice is None else self.loop.spawn(None, self._again(number, request, spec.twice))
        run = await self._submit(number, request)
        if twin is not None:
            await twin
        for after, what, data in spec.actions:
            await asyncio.sleep(max(0.0, began + after - self.loop.time()))
            await self._act(number, run, what, data)

    async def _submit(self, number: int, request: Request) -> str:
        run, _ = await self._insist(lambda app: app.submit(request, key=f"key{number}"), _try_again)
        self.say(f"client: run {number} is accepted as {run}")
        self._must_be_on_record(run, "run_submitted")
        known = self.history.accepted.setdefault(number, run)
        if run != known:
            self.wrong(f"one key was answered with two runs, {known} and {run}")
        return run

    def _must_be_on_record(self, run: str, type: str, text: str = "") -> None:
        """Nothing is acknowledged to a client before it is durable."""
        rows = self.history.durable.events.get(run, {}).values()
        if not any(row.type == type and text in row.body for row in rows):
            self.wrong(f"a client of {run} was answered before {type} was on record")

    async def _again(self, number: int, request: Request, seconds: float) -> None:
        """Somebody submits the same, under the same key."""
        await asyncio.sleep(seconds)
        await self._submit(number, request)

    async def _watch(self, run: str, seconds: float) -> None:
        """Look at a run again and again; it must not seem gone."""
        until = self.loop.time() + seconds
        while self.loop.time() < until:
            try:
                await self.call(lambda app: app.run(run))
            except GoneError:
                pass
            except Refusal as refusal:
                if refusal.code == "not_found":
                    self.wrong(f"{run} was accepted, and somebody who looks is told that there is no such run")
                    return
            await asyncio.sleep(LOOK_S)

    async def _act(self, number: int, run: str, what: str, data: dict[str, Any]) -> None:
        try:
            if what == "cancel":
                await self._insist(lambda app: app.cancel(run, by="somebody"), _not_ready)
                self.history.cancelled[number] = self.loop.time()
                self._must_be_on_record(run, "run_cancel_requested")
            elif what == "retry":
                await self._insist(lambda app: app.retry(run, by="somebody"), _not_ready)
                self.history.cancelled.pop(number, None)
            elif what == "edit":
                await self._edit(number, run, data)
            elif what == "watch":
                self.loop.spawn(None, self._watch(run, data["seconds"]))
            elif what == "undo":
                await self._insist(lambda app: app.undo(run, 2, by="somebody"), _not_ready)
                self.history.edited.pop(number, None)
            self.say(f"client: {what} of {run} is acknowledged")
        except Refusal as refusal:
            self.say(f"client: {what} of {run} is refused: {refusal.code}")
            if refusal.code == "not_found":
                self.wrong(f"{run} was accepted, and at {what} there is no such run")

    async def _edit(self, number: int, run: str, data: JsonObject) -> None:
        """Add a task after one that is there, and take away one that waits."""
        turn = data["number"]
        graph = await self._insist(lambda app: app.graph(run), _not_ready)
        if not graph.tasks:
            return
        id = f"extra{turn}"
        first = graph.tasks[0].id
        task = Task(
            id=id,
            skill="sim.append",
            arguments={"seconds": 0.05},
            depends_on=(Dependency(task=first, on=On.COMPLETION),),
            deadline_s=data.get("deadline_s"),
        )
        edits: list[Edit] = [AddTask(task=task)]
        needed = {dependency.task for one in graph.tasks for dependency in one.depends_on}
        last = graph.tasks[-1].id
        if turn and last not in needed and last != first and not last.startswith("extra"):
            edits.append(RemoveTask(task=last))
        batch = EditBatch(base=graph.version, edits=tuple(edits), key=f"{run}.edit{turn}")
        result = await self._insist(lambda app: app.edit(run, batch, by="somebody"), _not_ready)
        if result.accepted:
            self._must_be_on_record(run, "graph_edited", f'"{batch.key}"')
            self.history.edited.setdefault(number, []).append(id)

    async def _insist(self, work: Callable[[Asterism], Awaitable[T]], again: Callable[[Refusal], bool]) -> T:
        """As a good client does: the same call again until there is an answer."""
        while True:
            try:
                return await self.call(work)
            except GoneError:
                pass
            except Refusal as refusal:
                if not again(refusal):
                    raise
            await asyncio.sleep(RETRY_S)

    async def _person(self) -> None:
        """Gives every approval, and answers what became of an attempt by looking at what really happened."""
        while True:
            await asyncio.sleep(1.0)
            app = self.app
            if app is None or self.life is None or self.life.dead:
                continue
            for run, slot in list(app.engine._runs.items()):
                state = slot.state
                for id, approval in list(state.approvals.items()):
                    if approval.granted is None and slot.machine._waits_for(id):
                        await self._reply(lambda app, r=run, i=id: app.approve(r, i, granted=True, by="a person"))
                for id, asked in list(state.questions.items()):
                    if asked.task is not None and self._settled_in_the_field(run, asked.task):
                        word = "succeeded" if self._happened(run, asked.task) else "retry"
                        await self._reply(lambda app, r=run, i=id, w=word: app.answer(r, i, w, by="a person"))

    def _happened(self, run: str, task: str) -> bool:
        return any(one.step == "effect" and (one.run, one.task) == (run, task) for one in self.history.ledger)

    def _settled_in_the_field(self, run: str, task: str) -> bool:
        """Nobody is at it any more: a person would look before saying that it was not done."""
        return not any(
            (ref.run, ref.task) == (run, task)
            for device in self.devices.values()
            if device.alive and device.agent is not None
            for ref in device.agent._executor.running
        )

    async def _reply(self, work: Callable[[Asterism], Awaitable[None]]) -> None:
        with suppress(GoneError, Refusal):  # it is asked again at the next look
            await self.call(work)


def _occupied(app: Asterism) -> dict[str, int]:
    """How many slots of each device the scheduler thinks are taken."""
    return {known.info.name: app.engine.scheduler.running(known.info.name) for known in app.engine.roster}


def _world() -> Context:
    """A context that belongs to no process."""
    context = copy_context()
    context.run(LIFE.set, None)
    return context


def _not_ready(refusal: Refusal) -> bool:
    return refusal.code == "not_ready"


def _try_again(refusal: Refusal) -> bool:
    # A plan for devices that have not come yet is refused as one for devices that do not exist.
    return refusal.code in ("not_ready", "no_capable_device", "bad_request")


@contextmanager
def invariants(world: World) -> Iterator[None]:
    """Walk the invariants of a run's state, and of a device's executor, after every step of theirs."""
    handle, execute, walk = RunMachine.handle, Executor.handle, TaskGraph.validate
    walked: dict[int, TaskGraph] = {}

    def once(self: TaskGraph) -> None:
        """A graph never changes: it is walked once."""
        if id(self) not in walked:
            walk(self)
            walked[id(self)] = self

    def checked(self: RunMachine, *args: Any, **more: Any) -> Any:
        decision = handle(self, *args, **more)
        self.state.validate()
        return decision

    def watched(self: Executor, event: Any, now: float) -> Any:
        old = isinstance(event, Dispatch) and event.epoch < self.fence
        before = len(self._attempts)
        commands = execute(self, event, now)
        if old and len(self._attempts) > before:
            world.wrong(f"a device obeys a dispatch of epoch {event.epoch}, below its fence")
        self.validate()
        return commands

    RunMachine.handle = checked  # type: ignore[method-assign]
    Executor.handle = watched  # type: ignore[method-assign]
    TaskGraph.validate = once  # type: ignore[method-assign]
    try:
        yield
    finally:
        RunMachine.handle = handle  # type: ignore[method-assign]
        Executor.handle = execute  # type: ignore[method-assign]
        TaskGraph.validate = walk  # type: ignore[method-assign]


def play(scenario: Scenario, *, tell: bool = False) -> History:
    """Play a scenario to its end; what happened. Nothing raises but a bug of the simulation itself."""
    with virtual_loop() as loop:
        world = World(scenario, loop, tell=tell)
        with invariants(world):
            try:
                loop.run_until_complete(world.live())
            except AssertionError as error:
                world.wrong(f"{type(error).__name__}: {error}")
        for failure in loop.failures:
            world.wrong(f"a callback or task failed: {failure!r}")
        return world.history


def terminal(history: History, run: str) -> bool:
    row = history.durable.runs.get(run)
    return row is not None and RunStatus(row.status).terminal
