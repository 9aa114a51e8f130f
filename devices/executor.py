"""What a device agent does with its commands. Pure: one door, `handle(event, now) -> list[Command]`.

    dispatch -> (queued) -> running -> (kept on disk) -> held -> recorded
                   |           `-- cancel, timeout, shutdown: interrupted, then held like any end
                   `-- refused: below the fence, no room, leaving; nothing was done and nothing is held

An attempt is known by its key for as long as it is queued, running or held; a dispatch of a known one starts nothing:
it is answered by what is known. A finished result is held, and sent again on a timer, until it is `recorded`. The
timer runs on its own: it needs no event from the other end, so that no reordering of a reconnect can leave a result
behind. For an attempt that may not simply be repeated (`durable`), the shell keeps on disk that it starts, before it
starts, and its result, before it is sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydantic_core import to_json

from devices.events import (
    Command,
    Cost,
    Disconnected,
    Event,
    Finished,
    Forget,
    Interrupt,
    Key,
    Leave,
    Offered,
    Persist,
    Persisted,
    Restored,
    Run,
    Send,
    ShutdownAsked,
    Sign,
    Ticked,
)
from protocol.codec import DEFAULT_LIMITS, FRAME_OVERHEAD, encode_message
from protocol.errors import ErrorCode
from protocol.messages import (
    Accepted,
    AttemptRef,
    Cancel,
    Dispatch,
    Drain,
    Outcome,
    Recorded,
    Result,
    TaskError,
    Usage,
    Welcome,
)
from protocol.vocabulary import Json, Risk, SkillSpec

ACCEPT_DELAY_S: Final = 0.05  # a result within this time stands for `accepted`
RESEND_S: Final = 5.0  # doubles at each sending
RESEND_MAX_S: Final = 60.0
RESEND_BATCH: Final = 128
RESEND_PAUSE_S: Final = 0.05
GRACE_S: Final = 15.0  # an interrupted tool that has not stopped by then is given up
MAX_RUNNING: Final = 1_024  # bounds of the inventory in `hello`
MAX_HELD: Final = 4_096
MAX_HELD_BYTES: Final = 128 << 20
NEVER: Final = float("inf")
NOTHING: Final[Cost] = (0.0, 0.0, 0)


class Phase(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    KEEPING = "keeping"


@dataclass(slots=True)
class Attempt:
    """An attempt at work. `deadline` is set while running or stopping; `why` while stopping.

    `silent_at` is when an attempt with a heartbeat has been silent for too long, `speaking` how many signs of life
    wait to be taken.
    """

    dispatch: Dispatch
    durable: bool
    idempotent: bool
    phase: Phase = Phase.QUEUED
    deadline: float = NEVER
    accepted: bool = False
    why: ErrorCode = ErrorCode.CANCELLED
    body: bytes = b""
    given_up: bool = False
    silent_at: float = NEVER
    speaking: int = 0


@dataclass(slots=True)
class Held:
    """A result that waits for `recorded`: encoded, sent again at `due`."""

    body: bytes
    durable: bool
    due: float
    delay: float


class Executor:
    """The attempts of one device. `slots` run at once; `fence` is the epoch below which commands are refused."""

    def __init__(self, skills: Mapping[str, SkillSpec], *, slots: int, fence: int = 0) -> None:
        self._skills = skills
        self._slots = slots
        self.fence = fence
        self.limits = DEFAULT_LIMITS
        self._connected = False
        self._leaving = False
        self._busy = 0
        self._attempts: dict[Key, Attempt] = {}
        self._queue: deque[Key] = deque()
        self._held: dict[Key, Held] = {}
        self._held_bytes = 0
        self._fresh: list[Key] = []
        self._accept_at = NEVER
        self._wake = NEVER

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Nothing is queued or runs, and nothing is held."""
        return not self._attempts and not self._held

    @property
    def at_work(self) -> int:
        """How many attempts are queued or run."""
        return len(self._attempts)

    @property
    def running(self) -> tuple[AttemptRef, ...]:
        """The first half of the inventory, oldest first."""
        return _refs(self._attempts)

    @property
    def held(self) -> tuple[AttemptRef, ...]:
        """The second half of the inventory, oldest first."""
        return _refs(self._held)

    def next_deadline(self) -> float:
        """When `Ticked` is due at the latest; infinity for never. May be early, never late."""
        return self._wake

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; what the shell must do, in order."""
        match event:
            case Dispatch():
                return self._on_dispatch(event, now)
            case Finished():
                return self._on_finished(event, now)
            case Recorded():
                return self._on_recorded(event)
            case Ticked():
                return self._on_ticked(now)
            case Sign():
                self._on_sign(event, now)
                return []
            case Persisted():
                return self._on_persisted(event, now)
            case Cancel():
                return self._on_cancel(event, now)
            case Welcome():
                return self._on_welcome(event, now)
            case Restored():
                return self._on_restored(event, now)
            case Disconnected():
                self._connected = False
                return []
            case Drain():
                self._leaving = True
                return self._maybe_leave()
            case ShutdownAsked():
                return self._on_shutdown(now)
            case Offered():
                self._skills = {spec.name: spec for spec in event.skills}
                return []

    # --- the gateway's messages ------------------------------------------------------------------------------

    def _on_welcome(self, welcome: Welcome, now: float) -> list[Command]:
        """A session that goes on keeps its fence: what the gateway sent before the drop is still good.

        A fresh one sets it. Its epoch has just been raised in the orchestrator's database; where it is lower all the
        same, that database is another one, or an old copy, and would never be obeyed again.
        """
        self.limits = welcome.limits
        self._connected = True
        if not welcome.resumed:
            self.fence = welcome.epoch
            for held in self._held.values():
                held.due, held.delay = now, RESEND_S
        for attempt in self._attempts.values():
            self._listen(attempt, now)
        return self._resend(now)

    def _on_dispatch(self, dispatch: Dispatch, now: float) -> list[Command]:
        key = (dispatch.run, dispatch.task, dispatch.attempt)
        if dispatch.epoch < self.fence:
            return [_refusal(dispatch, ErrorCode.STALE_EPOCH, f"This device obeys epoch {self.fence} and above.")]
        if key in self._held:
            return self._send_held(key, now)
        known = self._attempts.get(key)
        if known is not None:
            return [_accepted(key)] if known.accepted else []
        if self._leaving:
            return [_refusal(dispatch, ErrorCode.UNAVAILABLE, "This device is leaving.")]
        if self._full():
            return [_refusal(dispatch, ErrorCode.UNAVAILABLE, "This device has all the work that it can hold.")]
        spec = self._skills.get(dispatch.skill)
        durable = spec is not None and (spec.risk is not Risk.READ or not spec.idempotent)
        self._attempts[key] = Attempt(dispatch, durable, spec is None or spec.idempotent)
        if self._busy >= self._slots:
            self._queue.append(key)
            return []
        return [self._run(key, now)]

    def _on_cancel(self, cancel: Cancel, now: float) -> list[Command]:
        key = (cancel.run, cancel.task, cancel.attempt)
        if cancel.epoch < self.fence:
            return []
        if key in self._held:
            return self._send_held(key, now)
        attempt = self._attempts.get(key)
        if attempt is None:
            return [Send(encode_result(key, cancel.epoch, Outcome.CANCELLED))]
        return self._stop(key, attempt, ErrorCode.CANCELLED, now)

    def _on_recorded(self, recorded: Recorded) -> list[Command]:
        key = (recorded.run, recorded.task, recorded.attempt)
        held = self._held.pop(key, None)
        if held is None:
            return []
        self._held_bytes -= len(held.body)
        commands: list[Command] = [Forget(key)] if held.durable else []
        return commands + self._maybe_leave()

    # --- the shell's events ----------------------------------------------------------------------------------

    def _on_finished(self, event: Finished, now: float) -> list[Command]:
        """An end that comes after its attempt was given up says nothing new."""
        attempt = self._attempts.get(event.key)
        if attempt is None or attempt.phase not in (Phase.RUNNING, Phase.STOPPING):
            return []
        self._busy -= 1
        body = self._end(event, attempt)
        if attempt.durable:
            attempt.phase, attempt.deadline, attempt.body = Phase.KEEPING, NEVER, body
            return [Persist(event.key, body), *self._refill(now)]
        del self._attempts[event.key]
        return [*self._hold(event.key, body, False, now), *self._refill(now)]

    def _on_sign(self, sign: Sign, now: float) -> None:
        attempt = self._attempts.get(sign.key)
        if attempt is not None:
            attempt.speaking += 1 if sign.speaking else -1
            self._listen(attempt, now)

    def _listen(self, attempt: Attempt, now: float) -> None:
        """From now on, an attempt with a heartbeat may be silent for that long."""
        patience = attempt.dispatch.heartbeat_s
        if patience is None or attempt.phase is not Phase.RUNNING:
            return
        attempt.silent_at = NEVER if attempt.speaking else now + patience
        self._wake_by(attempt.silent_at)

    def _on_persisted(self, event: Persisted, now: float) -> list[Command]:
        attempt = self._attempts.pop(event.key, None)
        return [] if attempt is None else self._hold(event.key, attempt.body, True, now)

    def _on_restored(self, event: Restored, now: float) -> list[Command]:
        for key, body in event.held:
            self._held[key] = Held(body, True, now, RESEND_S)
            self._held_bytes += len(body)
        return []

    def _on_shutdown(self, now: float) -> list[Command]:
        self._leaving = True
        commands: list[Command] = []
        for key, attempt in list(self._attempts.items()):
            commands += self._stop(key, attempt, ErrorCode.UNAVAILABLE, now)
        return commands

    def _on_ticked(self, now: float) -> list[Command]:
        commands = self._accept_fresh() if now >= self._accept_at else []
        for key, attempt in list(self._attempts.items()):
            if now >= attempt.deadline:
                commands += self._overdue(key, attempt, now)
            elif now >= attempt.silent_at and self._connected:  # what it waits for may be the connection
                commands += self._stop(key, attempt, ErrorCode.HEARTBEAT_MISSED, now)
        if self._connected:
            commands += self._resend(now)
        self._wake = self._earliest()
        return commands

    # --- steps -----------------------------------------------------------------------------------------------

    def _run(self, key: Key, now: float) -> Run:
        attempt = self._attempts[key]
        attempt.phase = Phase.RUNNING
        attempt.deadline = now + attempt.dispatch.timeout_s
        self._busy += 1
        self._listen(attempt, now)
        self._fresh.append(key)
        if self._accept_at == NEVER:
            self._accept_at = now + ACCEPT_DELAY_S
        self._wake_by(min(attempt.deadline, self._accept_at))
        return Run(attempt.dispatch, attempt.durable, attempt.idempotent)

    def _refill(self, now: float) -> list[Command]:
        commands: list[Command] = []
        while self._queue and self._busy < self._slots:
            key = self._queue.popleft()
            if key in self._attempts:
                commands.append(self._run(key, now))
        return commands

    def _stop(self, key: Key, attempt: Attempt, why: ErrorCode, now: float) -> list[Command]:
        if attempt.phase is Phase.QUEUED:
            del self._attempts[key]
            self._queue.remove(key)
            attempt.why = why
            return self._hold(key, self._interrupted(attempt, NOTHING, started=False), False, now)
        if attempt.phase is not Phase.RUNNING:
            return []
        attempt.phase, attempt.why, attempt.deadline = Phase.STOPPING, why, now + GRACE_S
        attempt.silent_at = NEVER
        self._wake_by(attempt.deadline)
        return [Interrupt(key)]

    def _overdue(self, key: Key, attempt: Attempt, now: float) -> list[Command]:
        if attempt.phase is Phase.RUNNING:
            return self._stop(key, attempt, ErrorCode.TIMEOUT, now)
        attempt.given_up = True
        return self._on_finished(Finished(key, interrupted=True, seconds=GRACE_S), now)

    def _end(self, event: Finished, attempt: Attempt) -> bytes:
        if event.interrupted:
            return self._interrupted(attempt, event.cost)
        error = event.error
        if error is not None and error.code is ErrorCode.CANCELLED and attempt.phase is Phase.STOPPING:
            return self._interrupted(attempt, event.cost)
        outcome = Outcome.SUCCEEDED if error is None else Outcome.FAILED
        body = encode_result(event.key, attempt.dispatch.epoch, outcome, event.output, error, event.cost)
        if len(body) <= self.limits.frame_bytes - FRAME_OVERHEAD:
            return body
        error = TaskError(code=ErrorCode.OUTPUT_TOO_LARGE, message="The result does not fit into a frame.")
        return encode_result(event.key, attempt.dispatch.epoch, Outcome.FAILED, None, error, event.cost)

    def _interrupted(self, attempt: Attempt, cost: Cost, *, started: bool = True) -> bytes:
        """The result of an attempt that we stopped."""
        dispatch, why = attempt.dispatch, attempt.why
        key = (dispatch.run, dispatch.task, dispatch.attempt)
        if why is ErrorCode.CANCELLED:
            return encode_result(key, dispatch.epoch, Outcome.CANCELLED, cost=cost)
        if attempt.given_up and not attempt.idempotent:
            error = TaskError(code=ErrorCode.LOST, message="It does not stop; how far it gets is unknown.")
        elif why is ErrorCode.HEARTBEAT_MISSED:
            message = f"It gave no sign of life for {dispatch.heartbeat_s or 0.0:g} s, and was stopped."
            error = TaskError(code=ErrorCode.LOST, message=message, retryable=True)
        elif why is ErrorCode.TIMEOUT:
            # Stopped half-way, it is repeated only where that does no harm.
            message = f"It did not end within {dispatch.timeout_s:g} s, and was stopped."
            error = TaskError(code=why, message=message, retryable=attempt.idempotent)
        elif started and not attempt.idempotent:
            error = TaskError(code=ErrorCode.LOST, message="The device was stopped while it ran; how far is unknown.")
        else:
            error = TaskError(code=why, message="The device was stopped.", retryable=True)
        return encode_result(key, dispatch.epoch, Outcome.FAILED, None, error, cost)

    def _hold(self, key: Key, body: bytes, durable: bool, now: float) -> list[Command]:
        self._held[key] = Held(body, durable, now, RESEND_S)
        self._held_bytes += len(body)
        return self._send_held(key, now)

    def _send_held(self, key: Key, now: float) -> list[Command]:
        """Send a held result, if a connection is up, and set the timer that sends it again."""
        if not self._connected:
            return []
        held = self._held[key]
        held.due = now + held.delay
        held.delay = min(held.delay * 2, RESEND_MAX_S)
        self._wake_by(held.due)
        return [Send(held.body)]

    def _resend(self, now: float) -> list[Command]:
        """The results that are due, so many at once that the session's buffer can take them."""
        commands: list[Command] = []
        for key, held in self._held.items():
            if held.due > now:
                self._wake_by(held.due)
            elif len(commands) == RESEND_BATCH:
                held.due = now + RESEND_PAUSE_S
                self._wake_by(held.due)
            else:
                commands += self._send_held(key, now)
        return commands

    def _accept_fresh(self) -> list[Command]:
        """Say `accepted` for what has not ended by itself in the meantime."""
        commands: list[Command] = []
        for key in self._fresh:
            attempt = self._attempts.get(key)
            if attempt is not None and attempt.phase is Phase.RUNNING:
                attempt.accepted = True
                if self._connected:
                    commands.append(_accepted(key))
        self._fresh.clear()
        self._accept_at = NEVER
        return commands

    def _maybe_leave(self) -> list[Command]:
        return [Leave()] if self._leaving and self.idle else []

    def _full(self) -> bool:
        held = len(self._held)
        return len(self._attempts) >= MAX_RUNNING or held >= MAX_HELD or self._held_bytes >= MAX_HELD_BYTES

    def _wake_by(self, when: float) -> None:
        if when < self._wake:
            self._wake = when

    def _earliest(self) -> float:
        wake = min((attempt.deadline for attempt in self._attempts.values()), default=NEVER)
        if self._connected:
            wake = min(wake, min((attempt.silent_at for attempt in self._attempts.values()), default=NEVER))
            wake = min(wake, min((held.due for held in self._held.values()), default=NEVER))
        return min(wake, self._accept_at)

    def validate(self) -> None:
        """Walk the invariants. Raises AssertionError."""
        assert not self._attempts.keys() & self._held.keys(), "an attempt is at work or held, never both"
        working = [a for a in self._attempts.values() if a.phase in (Phase.RUNNING, Phase.STOPPING)]
        assert self._busy == len(working) <= self._slots, "what runs has a slot"
        queued = {key for key, a in self._attempts.items() if a.phase is Phase.QUEUED}
        assert set(self._queue) == queued, "what waits is in the queue"
        assert not queued or self._busy == self._slots, "nothing waits while a slot is free"
        assert self._held_bytes == sum(len(held.body) for held in self._held.values()), "bytes held are counted"
        assert self._wake <= self._earliest(), "the timer is never late"


def _refs(keys: Iterable[Key]) -> tuple[AttemptRef, ...]:
    return tuple(AttemptRef(run=run, task=task, attempt=attempt) for run, task, attempt in keys)


def _accepted(key: Key) -> Send:
    run, task, attempt = key
    return Send(encode_message(Accepted(run=run, task=task, attempt=attempt)))


def _refusal(dispatch: Dispatch, code: ErrorCode, message: str) -> Send:
    """An answer that is not held: nothing was done, and a dispatch that comes again may be answered again."""
    error = TaskError(code=code, message=message, retryable=True)
    key = (dispatch.run, dispatch.task, dispatch.attempt)
    return Send(encode_result(key, dispatch.epoch, Outcome.FAILED, None, error))


def encode_result(
    key: Key,
    epoch: int,
    outcome: Outcome,
    output: Json = None,
    error: TaskError | None = None,
    cost: Cost = NOTHING,
) -> bytes:
    """The `result` message of an attempt, encoded.

    Its plain form is written out: an identifier needs no escape, and building the message would cost as much as the
    rest of a small attempt.
    """
    run, task, attempt = key
    seconds, cpu_seconds, peak = cost
    if error is None and not peak:
        head = '{"type":"result","run":"%s","task":"%s","attempt":%d,"epoch":%d,"outcome":"%s","usage":{"seconds":%f},'
        text = head % (run, task, attempt, epoch, outcome.value, seconds)
        return text.encode() + b'"output":' + to_json(output) + b"}"
    usage = Usage(seconds=seconds, cpu_seconds=cpu_seconds, peak_memory_bytes=peak)
    return encode_message(
        Result(
            run=run, task=task, attempt=attempt, epoch=epoch, outcome=outcome, output=output, error=error, usage=usage
        )
    )
