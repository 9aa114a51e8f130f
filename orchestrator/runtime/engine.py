"""The engine: a thin shell around the pure cores of all open runs.

It hands stimuli to run machines, collects what they decide into a group, has the store make the group durable, and
only then does what the group's commands say. While one group is on its way, the next one fills: under load a commit
carries hundreds of events, and an idle system waits for nothing. It decides nothing itself.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from orchestrator.changes import Changes
from orchestrator.core import commands as c
from orchestrator.core import stimuli
from orchestrator.core.commands import Decision, TimerKind
from orchestrator.core.machine import RunMachine
from orchestrator.core.ports import Clock, Consultation, Store, StoreError
from orchestrator.core.records import AttemptKey, OutboxRow
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.state import RunState
from orchestrator.core.tasks import TaskStatus
from orchestrator.runtime.alarm import Alarm
from orchestrator.runtime.groups import Group, Resend, run_of
from orchestrator.runtime.heartbeats import Heartbeats
from orchestrator.runtime.loading import Log, collector_paused, read_all, read_back, spare
from orchestrator.runtime.roster import Roster
from orchestrator.runtime.slots import Slot
from orchestrator.runtime.tally import Tally
from protocol.codec import encode_message
from protocol.messages import AttemptRef, Cancel, Dispatch, Hello, Result, SkillsChanged

if TYPE_CHECKING:
    from orchestrator.runtime.tracing import Tracing
    from orchestrator.runtime.webhooks import Webhooks

log = structlog.get_logger("asterism.engine")

ENDED_KEPT = 128
RELOAD_DELAY_S = 0.5
# Placed before a group goes off: few enough for devices to begin while the rest is placed.
PLACEMENTS = 256
FILL = 2_000  # commands at which the next group is full
TimerKey = tuple[str, str, str]  # kind, run, task (of a lease: the device)
LEASE = "lease"
EXPECTED = "expected"
# After a restart with open runs no device is here yet: only from then on may a task be said to have none.
EXPECT_S = 1.0
HEDGE_LOOK_S = 1.0  # how often another device is looked for, for a slow attempt
_LOST_LOAD = StoreError("database_unavailable", "The run could not be read back.", retryable=True)


class Gateway(Protocol):
    """What the engine needs of the gateway."""

    def send_encoded(self, name: str, body: bytes, *, soon: bool = True) -> None: ...

    def drain(self, name: str, reason: str) -> None: ...

    def flush(self) -> None:
        """Write now what was sent, rather than at the end of this turn of the event loop."""


class Consultant(Protocol):
    """Who is consulted: calls the supervisor, off the engine's path."""

    def consult(self, consultation: Consultation) -> None: ...

    def forget(self, run: str) -> None: ...


@dataclass(slots=True)
class Counters:
    """Since start."""

    runs: int = 0
    dispatched: int = 0
    succeeded: int = 0
    failed: int = 0
    lost: int = 0
    commits: int = 0


class Engine:
    """Runs everything. `await start()` once the store is open, `await stop()` at the end."""

    def __init__(
        self,
        store: Store,
        consultant: Consultant,
        clock: Clock,
        *,
        lease_s: float,
        scheduler: Scheduler | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.store = store
        self.changes = changes or Changes("0")
        """What pages that show lists are told."""
        self.counters = Counters()
        self.tally = Tally()
        self.tracing: Tracing | None = None
        """Spans of runs, where they are asked for."""
        self.webhooks: Webhooks | None = None
        """Who is told that a run has ended."""
        self.scheduler = scheduler or Scheduler()
        self.roster = Roster()
        self._consultant = consultant
        self._clock = clock
        self._lease_s = lease_s
        self._gateway: Gateway | None = None
        self._runs: dict[str, Slot] = {}
        self._ended: OrderedDict[str, Slot] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Slot | None]] = {}
        self._retired: dict[str, None] = {}  # ended runs that are being deleted
        self._reloading: dict[str, None] = {}  # runs whose machine is void, until their log has been read
        self._group = Group()
        self._in_flight: Group | None = None
        self._scheduled = False
        self._alarm: Alarm[TimerKey] = Alarm(clock, self._ring)
        self._attempts: dict[TimerKey, int] = {}
        self._heartbeats = Heartbeats()
        self._expecting = False
        self._background: set[asyncio.Task[None]] = set()
        self._stopping = False

    # --- life --------------------------------------------------------------------------------------------------

    def attach(self, gateway: Gateway) -> None:
        """The gateway that commands go to; before the first device."""
        self._gateway = gateway

    async def start(self) -> None:
        """Take up every open run from its log. Raises StoreError."""
        for record in await self.store.device_records():
            info = self.roster.remember(record)
            if info is not None:
                self.scheduler.device_changed(info, record.epoch)
        if self.tracing is not None:
            for row in await self.store.outbox():
                trace = json.loads(row.body).get("trace")
                if trace is not None:
                    self.tracing.remember(row.run, trace)
        runs = [summary.run for summary in await self.store.open_runs()]
        self._expecting = bool(runs)
        await self._load_open(runs)
        now = self._clock.now()
        self._alarm.set((EXPECTED, "", ""), now + EXPECT_S)
        for name in self.roster.busy():
            # It has one lease to come back in; its attempts are adopted when it does.
            self._alarm.set((LEASE, "", name), now + self._lease_s)
        self._schedule()

    async def stop(self) -> None:
        """Write what is decided, and stop deciding. Runs stay open: a restart takes them up."""
        while self._in_flight is not None or self._group:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._group.waiters.append(future)
            self._schedule()
            try:
                await asyncio.wait_for(future, 10.0)
            except (StoreError, TimeoutError):
                break
        self._stopping = True
        self._alarm.stop()
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    # --- runs --------------------------------------------------------------------------------------------------

    def open_run(self, run: str) -> Slot | None:
        """The run, if it is open."""
        return self._runs.get(run)

    @property
    def open_runs(self) -> int:
        return len(self._runs)

    async def slot(self, run: str) -> Slot | None:
        """The run, open or ended, from memory or from its log; None where there is none."""
        known = self._runs.get(run) or self._ended.get(run)
        if known is not None:
            return known
        return None if run in self._retired else await self._load(run)

    def begin(self, run: str) -> Slot:
        """A new run, that `handle(run, Submitted(...))` fills."""
        self.counters.runs += 1
        slot = self._runs[run] = Slot(RunMachine(RunState(run)))
        return slot

    def reopen(self, run: str, slot: Slot) -> bool:
        """An ended run is to go on; False where it is about to be deleted."""
        if run in self._retired:
            return False
        self._ended.pop(run, None)
        slot.ended = False
        self._runs[run] = slot
        return True

    def retire(self, runs: Sequence[str]) -> list[str]:
        """Of these runs, those that are not open. They are unknown from now on, until they are `retired`."""
        free = [run for run in runs if run not in self._runs and not self._loads(run)]
        for run in free:
            self._ended.pop(run, None)
            self._retired[run] = None
        return free

    def deletes(self, run: str) -> bool:
        """Whether the run is being deleted."""
        return run in self._retired

    def retired(self, runs: Sequence[str]) -> None:
        """They are deleted, or were left alone after all."""
        for run in runs:
            self._retired.pop(run, None)

    def close_again(self, run: str) -> None:
        """A run that was to go on stays as it ended."""
        self._run_ended(run)

    async def _load(self, run: str) -> Slot | None:
        """Fold a run's log. An open run is taken up: its attempts are known again, its commands given again."""
        if run in self._loading:
            return await self._loading[run]
        self._loading[run] = asyncio.get_running_loop().create_future()
        try:
            return self._loaded(run, await read_back(self.store, run))
        except BaseException as error:
            self._not_loaded(run, error)
            raise

    async def _load_open(self, runs: list[str]) -> None:
        """Load runs in this order. All of them count as being loaded from the beginning."""
        loop = asyncio.get_running_loop()
        self._loading |= {run: loop.create_future() for run in runs}
        events = 0
        with collector_paused():
            try:
                async with aclosing(read_all(self.store, runs)) as logs:
                    async for run, log in logs:
                        self._loaded(run, log)
                        events += log.state.seq if log else 0
            except BaseException as error:
                for run in runs:
                    self._not_loaded(run, error)
                raise
            spare(events)

    def _loaded(self, run: str, log: Log | None) -> Slot | None:
        slot = self._runs.get(run) or self._ended.get(run)  # it may have begun while its log was read
        if slot is None and log is not None:
            slot = Slot(RunMachine(log.state), log.state.seq, log.recent)
            self._take_up(run, slot)
        self._loading.pop(run).set_result(slot)
        return slot

    def _not_loaded(self, run: str, error: BaseException) -> None:
        """Whoever waits with us must not take this for a run that does not exist."""
        future = self._loading.pop(run, None)
        if future is not None:
            future.set_exception(error if isinstance(error, StoreError) else _LOST_LOAD)
            future.exception()  # there may be nobody

    def _take_up(self, run: str, slot: Slot) -> None:
        self._reloading.pop(run, None)
        if slot.state.status.terminal:
            self._keep_ended(run, slot)
            return
        self._runs[run] = slot
        parallel = slot.state.request.policy.parallel
        if parallel is not None:
            self.scheduler.bind(run, parallel, [id for id, task in slot.state.tasks.items() if task.status.live])
        live: list[str] = []
        for id, task in slot.state.tasks.items():
            device = task.device
            if task.status.live and device is not None and self.roster.begun(device, run, id, task.attempt):
                self.scheduler.occupied(device)
                live.append(id)
        self.handle(run, stimuli.Recovered(), "restart")
        for id in (*live, *slot.state.unsure):  # its device may have come back while the log was read
            self._look_for(run, slot, id)

    def _keep_ended(self, run: str, slot: Slot) -> None:
        slot.ended = True
        slot.tell()
        self._ended[run] = slot
        while len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)

    # --- deciding ----------------------------------------------------------------------------------------------

    def handle(self, run: str, stimulus: stimuli.Stimulus, cause: str = "") -> Decision | None:
        """Give a stimulus to a run's machine and take in what it decided; None where the run is not open."""
        slot = self._runs.get(run)
        if slot is None:
            return None
        decision = slot.machine.handle(stimulus, self._clock.now(), cause)
        if decision.events:
            self._group.add_events(slot.state, decision.events)
            if self.tracing is not None:
                for event in decision.events:
                    self.tracing.take(event)
            if self.webhooks is not None and slot.state.status.terminal:
                self._group.transaction.deliveries += self.webhooks.rows(slot.state, decision.events)
        for command in decision.commands:
            self._order(command)
        self._schedule()
        return decision

    async def handle_durably(self, run: str, stimulus: stimuli.Stimulus, cause: str = "") -> Decision | None:
        """As `handle`, and wait until what was decided is durable. Raises StoreError."""
        decision = self.handle(run, stimulus, cause)
        if decision is not None and decision.events:
            await self.durable()
        return decision

    async def durable(self) -> None:
        """Wait until everything that was decided so far is durable. Raises StoreError."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.waiters.append(future)
        self._schedule()
        await future

    def _order(self, command: c.Command) -> None:
        """Do at once what steers placement; keep the rest until the group is durable."""
        kind = type(command)  # compared by type, commonest first: every task of every run passes here
        if kind is c.Release:
            assert isinstance(command, c.Release)
            self._release(command)
        elif kind is c.SendDispatch:
            assert isinstance(command, c.SendDispatch)
            self._prepare_dispatch(command)
        elif kind is c.Offer:
            assert isinstance(command, c.Offer)
            self.scheduler.offer(command.task)
        elif kind is c.SetTimer:
            assert isinstance(command, c.SetTimer)
            self._alarm.set((command.kind, command.run, command.task), command.at)
            if command.kind is not TimerKind.RUN:
                self._attempts[command.kind, command.run, command.task] = command.attempt
            if command.every:
                self._heartbeats.watch(command.run, command.task, command.attempt, command.every, self._clock.now())
        elif kind is c.Withdraw:
            assert isinstance(command, c.Withdraw)
            self.scheduler.withdraw(command.run, command.task)
        else:
            self._group.commands.append(command)

    def _prepare_dispatch(self, command: c.SendDispatch) -> None:
        """Encode once, for the outbox and for the wire."""
        message = self._traced(command.device, command.message)
        body = encode_message(message)
        self.counters.dispatched += 1
        self.roster.begun(command.device, message.run, message.task, message.attempt)
        self._group.add_dispatch(
            OutboxRow(message.run, message.task, message.attempt, command.device, message.epoch, body.decode())
        )
        device, epoch = command.device, message.epoch
        self._group.commands.append(lambda: self._send(device, epoch, body))

    def _traced(self, device: str, message: Dispatch) -> Dispatch:
        """The message with the trace that it belongs to, where its device goes on with it."""
        if self.tracing is None or not self.roster.traces(device):
            return message
        return message.model_copy(update={"trace": self.tracing.context(message.run, message.task)})

    def _send(self, device: str, epoch: int, body: bytes) -> None:
        # A device that began a new session since has been told anew when its inventory was compared. One that resumed
        # its session has not, and obeys the epoch that this was decided under.
        if self.roster.obeys(device, epoch) and self._gateway is not None:
            self._gateway.send_encoded(device, body)

    def _release(self, command: c.Release) -> None:
        self.scheduler.released(
            command.device,
            command.skill,
            command.succeeded,
            command.seconds,
            learn=command.attempt > 0,
            of=(command.run, command.task),
        )
        if command.attempt:
            self.roster.over(command.device, command.run, command.task)
            self._alarm.cancel((TimerKind.RUN, command.run, command.task))
            if self._heartbeats:
                self._heartbeats.forget(command.run, command.task)
                self._alarm.cancel((TimerKind.HEARTBEAT, command.run, command.task))
            self._group.transaction.settled.append(AttemptKey(command.run, command.task, command.attempt))

    # --- the group ---------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Flush at the end of this turn of the event loop, unless a commit is on its way: then after it."""
        if not self._scheduled and self._in_flight is None:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _assign(self, limit: int = PLACEMENTS) -> None:
        """Place what can be placed, until nothing moves or the limit is reached."""
        while limit > 0 and not self._expecting:
            assignments, stranded = self.scheduler.assign(limit)
            limit -= len(assignments)
            for run, task in stranded:
                self.handle(run, stimuli.Stranded(task))
            for run, task, device, epoch, risk, why in assignments:
                if self.handle(run, stimuli.Placed(task, device, epoch, risk, why)) is None:
                    self.scheduler.released(device, "", False, 0.0, learn=False)
            if not assignments:
                return

    def _flush(self) -> None:
        self._scheduled = False
        if self._in_flight is not None or self._stopping:
            return
        self._assign()
        group = self._group
        if not group:
            return
        self._group = Group()
        self._in_flight = group
        if group.transaction:
            self.store.submit(group.transaction, lambda error: self._committed(group, error))
            if self.scheduler.pending:
                asyncio.get_running_loop().call_soon(self._fill)
        else:
            self._committed(group, None)

    def _fill(self) -> None:
        """While a group is on its way, place what it left over into the next one."""
        more = self.scheduler.pending and not self._expecting and len(self._group.commands) < FILL
        if self._in_flight is not None and more:
            self._assign()
            asyncio.get_running_loop().call_soon(self._fill)

    def _committed(self, group: Group, error: StoreError | None) -> None:
        """The group is on disk, or it is not and never will be."""
        self._in_flight = None
        self.counters.commits += 1
        if error is not None:
            self._forget(group, error)
        else:
            self._publish(group)
            if self.webhooks is not None and group.transaction.deliveries:
                self.webhooks.wake()
            for command in group.commands:
                if callable(command):
                    command()
                else:
                    self._do(command)
            if self._gateway is not None:
                self._gateway.flush()
            for future in group.waiters:
                if not future.done():
                    future.set_result(None)
        # What became ready to be placed meanwhile has no rows yet: it would wait for somebody else's.
        if self._group or self.scheduler.pending:
            self._schedule()

    def _forget(self, group: Group, error: StoreError) -> None:
        """What was decided is not on record: the machines of these runs are void, and are folded anew."""
        log.error("a group of decisions was not recorded", code=error.code, reason=error.message, runs=len(group.runs))
        dropped = self._group
        self._group = Group()
        for future in (*group.waiters, *dropped.waiters):
            if not future.done():
                future.set_exception(error)
        void = {**group.runs, **dropped.runs}
        self.changes.reset()
        # What belongs to other runs rests on nothing that failed.
        for command in (*group.commands, *dropped.commands):
            if not callable(command) and run_of(command) not in void:
                self._group.commands.append(command)
        for run in void:
            self._reloading[run] = None
            slot = self._runs.pop(run, None)
            if slot is not None:
                slot.tell()
            self.roster.forget_run(run, self.scheduler)
            self.scheduler.forget_run(run)
            self._spawn(self._reload(run))

    async def _reload(self, run: str) -> None:
        while not self._stopping:
            try:
                if run not in self._runs:  # somebody who asked for it may have had it read
                    await self._load(run)
            except StoreError as error:
                log.error("a run could not be read back", run=run, code=error.code)
                await asyncio.sleep(RELOAD_DELAY_S)
            else:
                self._reloading.pop(run, None)
                return

    def _publish(self, group: Group) -> None:
        for event in group.events:
            self.tally.take(event.body)
            slot = self._runs.get(event.run)
            if slot is not None:
                slot.durable = event.seq
                slot.recent.append(event)
        for run in group.runs:
            if run in self._runs:
                self._runs[run].tell()
        # Only what stands in a list: a run's row, and how much a device has to do.
        self.changes.tell("run", dict.fromkeys([row.run for row in group.transaction.runs]))
        self.changes.tell("device", dict.fromkeys([row.device for row in group.transaction.tasks if row.device]))

    def _do(self, command: c.Command | Resend) -> None:
        """One command whose events are durable."""
        gateway = self._gateway
        match command:
            case c.Acknowledge(device, run, task, attempt):
                if gateway is not None:
                    # Names were checked on their way in: nothing in them needs escaping.
                    text = f'{{"type":"recorded","run":"{run}","task":"{task}","attempt":{attempt}}}'
                    gateway.send_encoded(device, text.encode(), soon=False)
            case c.SendCancel(device, run, task, attempt, reason):
                epoch = self.roster.epoch(device)
                if gateway is not None and epoch:
                    cancel = Cancel(run=run, task=task, attempt=attempt, epoch=epoch, reason=reason[:500])
                    gateway.send_encoded(device, encode_message(cancel))
            case c.Consult(consultation):
                self._consultant.consult(consultation)
            case c.Ended(run):
                self._run_ended(run)
            case Resend(device, _, message):
                self._send(device, message.epoch, encode_message(message))
            case _:
                raise TypeError(f"no such command after a commit: {command!r}")

    def _run_ended(self, run: str) -> None:
        slot = self._runs.pop(run, None)
        if slot is not None:
            self._keep_ended(run, slot)
            self._consultant.forget(run)
            self.scheduler.forget_run(run)

    # --- devices -----------------------------------------------------------------------------------------------

    def joined(self, hello: Hello, epoch: int, *, resumed: bool) -> None:
        """A device is here: compare its inventory with what it should have."""
        if self.roster.supplants(hello):
            # What the other device of that name had is not this one's to go on with, nor to be sent again.
            self.lapsed(hello.name, "another device came under its name")
        info = self.roster.joined(hello, epoch, self._clock.now(), resumed=resumed)
        self.changes.tell("device", [hello.name])
        self._alarm.cancel((LEASE, "", hello.name))
        self._expecting = False
        if self._heartbeats:
            self._heartbeats.back(self.roster.attempts(hello.name), self._clock.now())
        self.scheduler.device_changed(info, epoch)
        # A resumed session sends again by itself what the device did not get.
        if not resumed:
            self._reconcile(hello)
        self._schedule()

    def _reconcile(self, hello: Hello) -> None:
        """A new session: what the device should have and has not, and what it has and should not."""
        for run, task in list(self.roster.attempts(hello.name)):
            if (slot := self._runs.get(run)) is not None:
                self._look_for(run, slot, task)
        for run, slot in list(self._runs.items()):
            for task in [id for id in slot.state.unsure if slot.state.tasks[id].device == hello.name]:
                self._look_for(run, slot, task)
        for ref in hello.running:
            if not self._loads(ref.run) and not self._wanted(hello.name, ref):
                cancel = c.SendCancel(hello.name, ref.run, ref.task, ref.attempt, "no longer wanted")
                self._group.commands.append(cancel)

    def _look_for(self, run: str, slot: Slot, id: str) -> None:
        """An attempt that its device came without never reached it, or is over: send it again, or give it up."""
        task = slot.state.tasks[id]
        known = self.roster.get(task.device or "")
        if known is None or not known.lacks(run, id, task.attempt, task.epoch):
            return
        if task.status is TaskStatus.RUNNING and known.ahead:
            # What was done after the backup is not on record: to send it again might be to do it twice.
            why = "the record is older than the device: it may have been done there"
            self.handle(run, stimuli.AttemptLost(id, task.attempt, why, over=True))
        elif task.status is TaskStatus.RUNNING:
            known.has[run, id] = task.attempt
            message = slot.machine.message(id).model_copy(update={"epoch": known.epoch})
            if self.tracing is not None:
                self.tracing.sent_again(run, id, known.info.name, task.attempt, self._clock.now())
            self._group.commands.append(Resend(known.info.name, run, self._traced(known.info.name, message)))
        else:
            self.handle(run, stimuli.AttemptLost(id, task.attempt, "the device came back without it", over=True))

    def _wanted(self, name: str, ref: AttemptRef) -> bool:
        """Whether a device should go on with what it runs; told again to stop, where it was told while it was away."""
        slot = self._runs.get(ref.run)
        task = slot.state.tasks.get(ref.task) if slot is not None else None
        if task is None or task.attempt != ref.attempt or task.device != name:
            return False
        # What became of one that was given up is best told by its own end.
        return task.status is TaskStatus.RUNNING or task.status is TaskStatus.UNKNOWN

    def _loads(self, run: str) -> bool:
        """Whether the run is being read from its log: nothing may be said of its attempts before that."""
        return run in self._loading or run in self._reloading

    def left(self, name: str, reason: str, *, goodbye: bool) -> None:
        """The device's connection is gone; its lease runs on, unless it said goodbye."""
        info = self.roster.left(name, reason, self._clock.now())
        self.changes.tell("device", [name])
        if info is not None:
            self.scheduler.device_changed(info, self.roster.epoch(name))
        if goodbye:
            self.lapsed(name, "the device left", over=True)
        self._schedule()

    def lapsed(self, name: str, reason: str = "the device was lost: its lease ran out", *, over: bool = False) -> None:
        """What the device had at work is taken from it. `over`: it said that nothing is at work any more."""
        for (run, task), attempt in list(self.roster.attempts(name).items()):
            self.counters.lost += 1
            self.handle(run, stimuli.AttemptLost(task, attempt, reason, over), f"device {name}")

    def results(self, name: str, results: Iterable[Result]) -> None:
        """A device's results. Each is acknowledged once it is on record, or void."""
        for result in results:
            run, task = result.run, result.task
            slot = self._runs.get(run)
            if slot is None:
                if not self._loads(run):  # else the device sends it again
                    self._group.commands.append(c.Acknowledge(name, run, task, result.attempt))
                    self._schedule()
                continue
            if result.outcome == "succeeded":
                self.counters.succeeded += 1
            else:
                self.counters.failed += 1
            stimulus = stimuli.ResultArrived(
                task, result.attempt, name, result.outcome, result.output, result.error, result.usage
            )
            self.handle(run, stimulus, name)

    def alive(self, name: str, run: str, task: str, attempt: int) -> None:
        """A device passed on a sign of life of an attempt. On no record, and as cheap as it is frequent."""
        if self._heartbeats and self.roster.attempts(name).get((run, task)) == attempt:
            self._heartbeats.heard(run, task, attempt, self._clock.now())

    def skills_changed(self, name: str, message: SkillsChanged) -> None:
        info = self.roster.skills_changed(name, message)
        if info is not None:
            self.changes.tell("device", [name])
            self.scheduler.device_changed(info, self.roster.epoch(name))
            self._schedule()

    def drain(self, name: str, reason: str) -> bool:
        """Give the device no more work. False where it is not known."""
        info = self.roster.drain(name)
        if info is None:
            return False
        self.changes.tell("device", [name])
        self.scheduler.device_changed(info, self.roster.epoch(name))
        if self._gateway is not None:
            self._gateway.drain(name, reason)
        return True

    def forget(self, name: str) -> None:
        """Know a device no longer, unless it is here, or has work that may still come back."""
        epoch = self.roster.epoch(name)
        info = self.roster.forget(name)
        self.changes.tell("device", [name])
        if info is not None:
            self.scheduler.device_changed(info, epoch)  # for the placements that still name it

    # --- time --------------------------------------------------------------------------------------------------

    def _ring(self) -> None:
        for kind, run, task in self._alarm.due():
            attempt = self._attempts.pop((kind, run, task), None)
            if kind == LEASE:
                if not self.roster.online(task):
                    self.lapsed(task)
            elif kind == EXPECTED:
                self._expecting = False
                self._schedule()
            elif kind == TimerKind.HEARTBEAT and (later := self._heartbeat(run, task)) is not None:
                self._attempts[kind, run, task] = attempt or 0
                self._alarm.set((kind, run, task), later)
            elif kind == TimerKind.HEDGE and self._tied(run, task):
                self._attempts[kind, run, task] = attempt or 0
                self._alarm.set((kind, run, task), self._clock.now() + HEDGE_LOOK_S)
            elif kind == TimerKind.QUEUE and not self.scheduler.is_stranded(run, task):
                continue
            else:
                slot = self._runs.get(run)
                if slot is not None:
                    if attempt is None:
                        attempt = slot.state.tasks[task].attempt if task in slot.state.tasks else 0
                    why = self._withheld(slot.state, task) if kind == TimerKind.QUEUE else ""
                    self.handle(run, stimuli.TimerFired(kind, task, attempt, why), "timer")
        self._alarm.arm()

    def _withheld(self, state: RunState, task: str) -> str:
        """Why devices that have the skill of a task cannot use it now, where they say so."""
        if task not in state.graph:
            return ""
        wanted = state.graph[task].requirements.device
        return self.roster.fleet.withheld(state.graph[task].skill, (wanted,) if wanted else None)

    def _heartbeat(self, run: str, task: str) -> float | None:
        """When to look at an attempt's heartbeat again; None where it was missed."""
        slot = self._runs.get(run)
        found = slot.state.tasks.get(task) if slot is not None else None
        known = self.roster.get(found.device) if found is not None and found.device is not None else None
        if known is None:
            return None
        now, online = self._clock.now(), known.info.online
        return self._heartbeats.look(run, task, now, online=online, device_heard=known.last_seen)

    def _tied(self, run: str, task: str) -> bool:
        """Whether a slow attempt has nowhere else to go now."""
        slot = self._runs.get(run)
        found = slot.state.tasks.get(task) if slot is not None else None
        if slot is None or found is None or found.status is not TaskStatus.RUNNING or found.device is None:
            return False
        return not self.scheduler.free_elsewhere(slot.machine.ready_task(task), found.device)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
