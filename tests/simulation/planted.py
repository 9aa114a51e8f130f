"""Bugs that are planted on purpose, each a mistake that one could make: the checker must be able to fail.

    with planted("acknowledge_before_commit"):
        problems = check(play(scenario(seed)))

A plant changes the real code for as long as its context lasts. `within` is how many seeds, from 0 on, may be played
before one fails; the search stops there. The seeds that found them when this was written:

    send_before_commit                0    lease_of_one_that_is_back        85
    acknowledge_before_commit         0    result_after_the_lease           38
    dropped_edit                      3    lost_cancel                       0
    answered_before_the_record       51    repeated_silently                37
    submit_key_ignored                3    condition_ignored                 1
    ready_during_a_commit           172    skipped_join                      1
    failed_read_is_no_run            13    step_twice                        6
    redispatch_at_recovery            3    approval_for_ever                12
    recovery_forgets_live_attempts   60    no_deduplication                 40
    retry_timer_lost                152    start_not_durable                41
    result_while_loading             52    forgets_what_it_sent              6
    deadline_lost_at_recovery       314    no_resend_timer                  66
    stale_result_counts             115    resume_from_a_wrong_number       30
    no_fencing                       65    gap_not_noticed                   9
    epoch_not_raised                  3    live_attempts_not_counted        13
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from devices.events import Command, Run
from devices.executor import NEVER, Executor, Phase
from devices.runner import Runner
from orchestrator.core import commands as c
from orchestrator.core import stimuli
from orchestrator.core.events import AttemptOutcome
from orchestrator.core.machine import _HANDLERS, RunMachine
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.state import RunState
from orchestrator.core.tasks import On, TaskStatus
from orchestrator.desks.steering import Steering
from orchestrator.runtime.control import Control
from orchestrator.runtime.engine import LEASE, Engine
from orchestrator.runtime.roster import Roster
from orchestrator.runtime.timers import TimerQueue
from protocol.errors import ErrorCode
from protocol.link import Session
from protocol.messages import TaskError, Usage
from protocol.session import DeviceSession
from storage.memory import MemoryStore

Make = Callable[[Callable[..., Any]], Callable[..., Any]]


class Patch:
    """Replaces functions of the real code until it is undone."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __call__(self, owner: type, name: str, make: Make) -> None:
        """Put what `make` makes of a method in its place."""
        original = owner.__dict__[name]
        setattr(owner, name, make(original))
        self._stack.callback(setattr, owner, name, original)

    def handler(self, stimulus: type, make: Make) -> None:
        """The same for what the run machine does with a stimulus."""
        original = _HANDLERS[stimulus]
        _HANDLERS[stimulus] = make(original)
        self._stack.callback(_HANDLERS.__setitem__, stimulus, original)

    def undo(self) -> None:
        self._stack.close()


@dataclass(frozen=True)
class Plant:
    name: str
    what: str
    within: int
    apply: Callable[[Patch], None]


PLANTS: dict[str, Plant] = {}


def plant(within: int) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Register a plant; its docstring says what is wrong."""

    def register(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
        name = apply.__name__
        PLANTS[name] = Plant(name, (apply.__doc__ or "").strip(), within, apply)
        return apply

    return register


@contextmanager
def planted(name: str) -> Iterator[Plant]:
    """The real code with one bug."""
    patch = Patch()
    try:
        PLANTS[name].apply(patch)
        yield PLANTS[name]
    finally:
        patch.undo()


# --- record, then act ----------------------------------------------------------------------------------------------


@plant(1000)
def send_before_commit(patch: Patch) -> None:
    """A dispatch goes out as soon as it is decided."""

    def make(original: Any) -> Any:
        def early(self: Engine, command: Any) -> None:
            original(self, command)
            send: Any = self._group.commands.pop()
            send()

        return early

    patch(Engine, "_prepare_dispatch", make)


@plant(1000)
def acknowledge_before_commit(patch: Patch) -> None:
    """A result is acknowledged to its device as soon as it came."""

    def make(original: Any) -> Any:
        def early(self: Engine, command: Any) -> None:
            if type(command) is c.Acknowledge:
                self._do(command)
            else:
                original(self, command)

        return early

    patch(Engine, "_order", make)


@plant(10000)
def dropped_edit(patch: Patch) -> None:
    """An edit, and whatever else the supervisor decides, is acknowledged before it is on record."""

    def make(_: Any) -> Any:
        async def careless(self: Control, run: str, stimulus: Any, cause: str) -> Any:
            decision = self._engine.handle(run, stimulus, cause[:200])
            return decision if decision is not None else c.Decision([], [], ("run_ended", "the run has ended"))

        return careless

    patch(Control, "_do", make)


@plant(3000)
def answered_before_the_record(patch: Patch) -> None:
    """Who submits under a key that is known is told of its run at once, on record or not."""

    def make(original: Any) -> Any:
        async def again(self: Steering, owner: str, *rest: Any) -> tuple[str, bool]:
            if self.engine.open_run(owner) is not None:
                return owner, False
            told: tuple[str, bool] = await original(self, owner, *rest)
            return told

        return again

    patch(Steering, "_again", make)


@plant(1000)
def submit_key_ignored(patch: Patch) -> None:
    """A request that is submitted again under its idempotency key begins another run."""

    def make(_: Any) -> Any:
        async def forgetful(self: MemoryStore, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
            return digest, run

        return forgetful

    patch(MemoryStore, "remember_request", make)


@plant(10000)
def ready_during_a_commit(patch: Patch) -> None:
    """What becomes ready while a group is on its way is placed only after the next one that has rows."""
    deaf = [False]

    def commit(original: Any) -> Any:
        def committed(self: Engine, group: Any, error: Any) -> None:
            deaf[0] = True
            try:
                original(self, group, error)
            finally:
                deaf[0] = False

        return committed

    def pending(original: Any) -> Any:
        return property(lambda self: not deaf[0] and original.__get__(self))

    patch(Engine, "_committed", commit)
    patch(Scheduler, "pending", pending)


@plant(1000)
def failed_read_is_no_run(patch: Patch) -> None:
    """Who waits while another reads a run back takes the failure of that for a run that does not exist."""

    def make(_: Any) -> Any:
        def forget(self: Engine, run: str, error: BaseException) -> None:
            future = self._loading.pop(run, None)
            if future is not None:
                future.set_result(None)

        return forget

    patch(Engine, "_not_loaded", make)


# --- recovery ------------------------------------------------------------------------------------------------------


@plant(1000)
def redispatch_at_recovery(patch: Patch) -> None:
    """After a restart, what was running is done again."""

    def make(original: Any) -> Any:
        def recovered(self: RunMachine, stimulus: Any) -> None:
            for id, task in self.state.tasks.items():
                if task.status is TaskStatus.RUNNING:
                    self._release(id, task.device or "", succeeded=False)
                    error = TaskError(code=ErrorCode.LOST, message="the orchestrator was restarted", retryable=True)
                    self._end(id, AttemptOutcome.LOST, None, error, Usage(), self.now)
            original(self, stimulus)

        return recovered

    patch.handler(stimuli.Recovered, make)


@plant(3000)
def recovery_forgets_live_attempts(patch: Patch) -> None:
    """After a restart nobody knows which device has which attempt."""

    def make(original: Any) -> Any:
        def take_up(self: Engine, run: str, slot: Any) -> None:
            begun, self.roster.begun = self.roster.begun, lambda *_: False  # type: ignore[method-assign]
            try:
                original(self, run, slot)
            finally:
                self.roster.begun = begun  # type: ignore[method-assign]

        return take_up

    patch(Engine, "_take_up", make)


@plant(3000)
def live_attempts_not_counted(patch: Patch) -> None:
    """After a restart, what is at work already does not count as what a run may do at once."""

    def make(original: Any) -> Any:
        return lambda self, run, parallel, live: original(self, run, parallel, [])

    patch(Scheduler, "bind", make)


@plant(10000)
def retry_timer_lost(patch: Patch) -> None:
    """After a restart, nobody waits for the end of a task's back-off."""

    def make(original: Any) -> Any:
        def offer(self: RunMachine, id: str) -> None:
            at = self.state.tasks[id].retry_at
            if self.cause != "restart" or at is None or at <= self.now:
                original(self, id)

        return offer

    patch(RunMachine.__mro__[2], "offer", make)


@plant(3000)
def result_while_loading(patch: Patch) -> None:
    """A result of a run that is being read back is taken for one of a run that has ended."""
    patch(Engine, "_loads", lambda _: lambda self, run: False)


@plant(10000)
def deadline_lost_at_recovery(patch: Patch) -> None:
    """After a restart, nobody watches a run's deadline."""

    def make(original: Any) -> Any:
        def arm(self: RunMachine) -> None:
            if self.cause != "restart":
                original(self)

        return arm

    patch(RunMachine, "_arm_deadline", make)


# --- fencing, leases, reconnects -----------------------------------------------------------------------------------


@plant(10000)
def stale_result_counts(patch: Patch) -> None:
    """The result of an earlier attempt is taken for that of the current one (I6)."""

    def make(original: Any) -> Any:
        def arrived(self: RunMachine, stimulus: Any) -> None:
            task = self.state.tasks.get(stimulus.task)
            if task is not None and task.device is not None:
                stimulus = stimulus._replace(attempt=task.attempt, device=task.device)
            original(self, stimulus)

        return arrived

    patch.handler(stimuli.ResultArrived, make)


@plant(3000)
def no_fencing(patch: Patch) -> None:
    """Commands of an earlier session are sent to a device, and obeyed."""

    def make(original: Any) -> Any:
        def obey(self: Executor, message: Any, now: float) -> list[Command]:
            fence, self.fence = self.fence, 0
            try:
                found: list[Command] = original(self, message, now)
                return found
            finally:
                self.fence = fence

        return obey

    patch(Executor, "_on_dispatch", make)
    patch(Executor, "_on_cancel", make)
    patch(Roster, "obeys", lambda _: lambda self, name, epoch: True)


@plant(1000)
def epoch_not_raised(patch: Patch) -> None:
    """A device that connects again gets the epoch that it had."""

    def make(original: Any) -> Any:
        async def register(self: MemoryStore, name: str, *rest: Any) -> int:
            known = self.durable.name_epochs.get(name)
            epoch: int = known or await original(self, name, *rest)
            return epoch

        return register

    patch(MemoryStore, "register_device", make)


@plant(3000)
def lease_of_one_that_is_back(patch: Patch) -> None:
    """A lease runs out though its device has come back."""

    def ring(original: Any) -> Any:
        def rung(self: Engine) -> None:
            self.roster.online = lambda name: False  # type: ignore[method-assign]
            try:
                original(self)
            finally:
                del self.roster.online

        return rung

    def cancel(original: Any) -> Any:
        def kept(self: Any, key: Any) -> None:
            if key[0] != LEASE:
                original(self, key)

        return kept

    patch(Engine, "_ring", ring)
    patch(TimerQueue, "cancel", cancel)


@plant(3000)
def result_after_the_lease(patch: Patch) -> None:
    """A result that was on its way while the lease ran out is thrown away, and what was done is done again."""

    def settle(_: Any) -> Any:
        return lambda self, stimulus: None

    patch(RunMachine.__mro__[1], "settle_unknown", settle)


@plant(1000)
def lost_cancel(patch: Patch) -> None:
    """The word to stop an attempt never goes out."""

    def make(original: Any) -> Any:
        def do(self: Engine, command: Any) -> None:
            if type(command) is not c.SendCancel:
                original(self, command)

        return do

    patch(Engine, "_do", make)


@plant(3000)
def repeated_silently(patch: Patch) -> None:
    """A lost attempt is repeated, whether that is safe or not."""

    def make(original: Any) -> Any:
        def lost(self: RunMachine, id: str, reason: str, *, over: bool = False) -> None:
            if self.state.tasks[id].status is TaskStatus.CANCELLING:
                original(self, id, reason, over=over)
                return
            error = TaskError(code=ErrorCode.LOST, message=reason, retryable=True)
            self._failed(id, error, Usage(), retryable=True, outcome=AttemptOutcome.LOST)

        return lost

    patch(RunMachine.__mro__[2], "_lost", make)


# --- the graph and the supervisor ----------------------------------------------------------------------------------


@plant(1000)
def condition_ignored(patch: Patch) -> None:
    """An edge with a condition holds whenever its task succeeded."""

    def make(original: Any) -> Any:
        def satisfied(self: RunState, dependency: Any) -> bool:
            if dependency.on is On.CONDITION:
                return self.tasks[dependency.task].status is TaskStatus.SUCCEEDED
            return bool(original(self, dependency))

        return satisfied

    patch(RunState, "_satisfied", make)


@plant(1000)
def skipped_join(patch: Patch) -> None:
    """A task begins as soon as one of the tasks that it waits for has ended well."""

    def make(original: Any) -> Any:
        def check(self: RunState, id: str, at: float) -> None:
            state = self.tasks[id]
            undecided = state.undecided
            if state.held:
                state.undecided = 0
            original(self, id, at)
            state.undecided = undecided

        return check

    patch(RunState, "_check_ready", make)


@plant(1000)
def step_twice(patch: Patch) -> None:
    """A supervisor's step that was recorded is recorded again when it is made again."""

    def make(original: Any) -> Any:
        def apply(self: RunState, event: Any) -> None:
            original(self, event)
            self.keys.clear()

        return apply

    patch(RunState, "apply", make)


@plant(1000)
def approval_for_ever(patch: Patch) -> None:
    """An approval that was given serves for every later attempt."""

    def cleared(original: Any) -> Any:
        def clear(self: RunMachine, spec: Any, stimulus: Any, arguments: Any) -> bool:
            given = [one for one in self.state.approvals.values() if one.request.task == spec.id and one.granted]
            return bool(given) or bool(original(self, spec, stimulus, arguments))

        return clear

    patch(RunMachine.__mro__[2], "_cleared", cleared)


# --- the device ----------------------------------------------------------------------------------------------------


@plant(3000)
def no_deduplication(patch: Patch) -> None:
    """A device takes what comes twice twice, and starts an attempt whenever it is told to, at work or done already."""

    def receive(original: Any) -> Any:
        def again(self: DeviceSession, data: str, now: float) -> Any:
            if 0 < _number(data) <= self._received:
                self._received = _number(data) - 1
            return original(self, data, now)

        return again

    def make(original: Any) -> Any:
        def dispatch(self: Executor, message: Any, now: float) -> list[Command]:
            key = (message.run, message.task, message.attempt)
            held = self._held.pop(key, None)
            if held is not None:
                self._held_bytes -= len(held.body)
            known = self._attempts.get(key)
            if known is not None and known.phase is Phase.RUNNING:
                return [Run(message, known.durable, known.idempotent)]
            found: list[Command] = original(self, message, now)
            return found

        return dispatch

    patch(DeviceSession, "_receive_frame", receive)
    patch(Executor, "_on_dispatch", make)


@plant(3000)
def start_not_durable(patch: Patch) -> None:
    """A tool starts before it is on disk that it does."""

    def make(original: Any) -> Any:
        async def call(self: Runner, key: Any, command: Run) -> Any:
            return await original(self, key, replace(command, durable=False))

        return call

    patch(Runner, "_call", make)


@plant(1000)
def forgets_what_it_sent(patch: Patch) -> None:
    """A device forgets a result once it has sent it."""

    def make(original: Any) -> Any:
        def send(self: Executor, key: Any, now: float) -> list[Command]:
            found: list[Command] = original(self, key, now)
            if found:
                self._held_bytes -= len(self._held.pop(key).body)
            return found

        return send

    patch(Executor, "_send_held", make)


@plant(3000)
def no_resend_timer(patch: Patch) -> None:
    """A device sends a result once in a session."""

    def make(original: Any) -> Any:
        def send(self: Executor, key: Any, now: float) -> list[Command]:
            found: list[Command] = original(self, key, now)
            self._held[key].due = NEVER
            return found

        return send

    patch(Executor, "_send_held", make)


# --- the session ---------------------------------------------------------------------------------------------------


@plant(10000)
def resume_from_a_wrong_number(patch: Patch) -> None:
    """A session that goes on takes one message too many for received."""

    def make(original: Any) -> Any:
        def requeue(self: Session, received: int) -> None:
            original(self, received)
            if self._pending:
                self._unacked_bytes -= len(self._unacked.pop(0))
                self._pending.pop(0)
                self._sent -= 1

        return requeue

    patch(Session, "_requeue", make)


def _number(frame: str) -> int:
    """The number of a frame's first message; 0 where they have none."""
    return int(frame.split('"seq":', 1)[1].split(",", 1)[0])


@plant(1000)
def gap_not_noticed(patch: Patch) -> None:
    """A session takes any number that is higher than the last one."""

    def make(original: Any) -> Any:
        def receive(self: Session, data: str, now: float) -> Any:
            if _number(data) > self._received + 1:
                self._received = _number(data) - 1
            return original(self, data, now)

        return receive

    patch(Session, "_receive_frame", make)
