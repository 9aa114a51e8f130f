"""What happens to one task: offered, placed, approved, dispatched, ended, retried, cancelled.

The part of the run machine that deals with tasks; `unknowns.py` deals with those of unknown outcome, and `machine.py`
is the door and deals with the run.
"""

from __future__ import annotations

import json

from pydantic import JsonValue

from orchestrator.core import approvals, events, references, stimuli
from orchestrator.core.commands import (
    Acknowledge,
    Command,
    Offer,
    ReadyTask,
    Release,
    SendCancel,
    SendDispatch,
    SetTimer,
    TimerKind,
    Withdraw,
)
from orchestrator.core.events import AttemptOutcome, Body, Event
from orchestrator.core.paths import MISSING, Missing, walk
from orchestrator.core.references import Reference, UnresolvedReference
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Requirements, Task, TaskStatus
from orchestrator.core.trusted import trusted
from protocol.codec import check_json
from protocol.errors import ErrorCode
from protocol.messages import Dispatch, Outcome, TaskError, Usage
from protocol.vocabulary import CallLimits, JsonObject, Risk

DEFAULT_RUN_S = 300.0
# The device enforces a task's timeout itself; past this grace the orchestrator stops waiting for its word. A word that
# was lost on the way comes again after 5 s, and may have to wait for a new connection then: the grace outlasts that.
TIMEOUT_GRACE_S = 10.0
CANCEL_GRACE_S = 10.0
# How long an approved task waits for the very device that it was approved for, before another is asked about.
BOUND_S = 30.0
# Above this many input devices locality says nothing.
MAX_INPUTS = 8
# Bytes of resolved arguments. What is larger belongs into an artifact, and would not fit into a frame.
MAX_ARGUMENTS = 900_000
NO_USAGE = Usage()


class Attempts:
    """Records events and collects commands for one run; knows nothing of clocks, sockets or stores."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.now = 0.0
        self.cause = ""
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self._unbound: dict[str, None] = {}  # approved tasks whose device did not come back in time

    def record(self, body: Body) -> None:
        """Append an event to the log and take it into the state."""
        state = self.state
        event = trusted(
            Event, {"run": state.run, "seq": state.seq + 1, "at": self.now, "cause": self.cause, "body": body}
        )
        state.apply(event)
        self.events.append(event)

    # --- placement ---------------------------------------------------------------------------------------------

    def offer(self, id: str) -> None:
        """Give a ready task to placement, or wait for the end of its back-off."""
        task = self.state.tasks[id]
        if task.retry_at is not None and task.retry_at > self.now:
            self.commands.append(SetTimer(task.retry_at, TimerKind.RETRY, self.state.run, id, task.attempt))
            return
        self.commands.append(Offer(self.ready_task(id)))

    def ready_task(self, id: str) -> ReadyTask:
        """What placement is told of a task."""
        state, spec = self.state, self.state.graph[id]
        needs = spec.requirements
        pinned = needs.device
        if needs.same_device_as is not None:
            pinned = state.tasks[needs.same_device_as].device
        approval = state.tasks[id].approval
        if approval is not None and id not in self._unbound:
            pinned = state.approvals[approval].request.device
        if self._limits(spec) is not None:
            needs = needs.model_copy(update={"limits": True})
        tried, policy = state.tasks[id].tried, state.request.policy
        inputs, priority = self._inputs(spec), spec.priority
        return ReadyTask(
            state.run, id, spec.skill, needs, pinned, inputs, tried, policy.devices, priority, policy.parallel
        )

    def _inputs(self, spec: Task) -> tuple[str, ...]:
        """The devices where the tasks ran whose output this one uses."""
        if not spec.depends_on or len(spec.depends_on) > MAX_INPUTS:
            return ()
        devices = (self.state.tasks[dependency.task].device for dependency in spec.depends_on)
        return tuple(dict.fromkeys(device for device in devices if device is not None))

    def placed(self, stimulus: stimuli.Placed) -> None:
        """A device is at hand: resolve the arguments, have the operation approved, dispatch."""
        id = stimulus.task
        task = self.state.tasks.get(id)
        if task is None or task.status is not TaskStatus.READY:
            self._release(id, stimulus.device, succeeded=False)
            return
        spec = self.state.graph[id]
        try:
            arguments = self._arguments(spec)
        except UnresolvedReference as error:
            self._release(id, stimulus.device, succeeded=False)
            self._fail(id, ErrorCode.BAD_ARGUMENTS, f"{error}: the task that it names has no such result")
            return
        reason = _unsendable(arguments, resolved=arguments != spec.arguments)
        if reason is not None:
            self._release(id, stimulus.device, succeeded=False)
            self._fail(id, ErrorCode.BAD_ARGUMENTS, f"the arguments cannot be sent: {reason}")
            return
        if spec.checks is not None and stimulus.risk is not Risk.READ:
            self._release(id, stimulus.device, succeeded=False)
            self._fail(
                id, ErrorCode.DENIED, f"a check may only read, and {spec.skill} is of risk {stimulus.risk.value}"
            )
        elif self._cleared(spec, stimulus, arguments):
            self._dispatch(spec, stimulus, arguments)
        else:
            self._release(id, stimulus.device, succeeded=False)

    def _arguments(self, spec: Task) -> JsonObject:
        resolved = references.resolve(spec.arguments, lambda reference: self.look_up(spec, reference))
        assert isinstance(resolved, dict)
        return resolved

    def look_up(self, spec: Task, reference: Reference) -> JsonValue | Missing:
        state = self.state
        if not reference.many:
            return walk(state.record(reference.task), reference.path)
        members = state.graph.group(reference.task)
        direct = {dependency.task for dependency in spec.depends_on}
        chosen = [member for member in members if member in direct] or list(members)
        found: list[JsonValue] = []
        for member in chosen:
            if state.tasks[member].status is TaskStatus.SUCCEEDED:
                record = state.record(member)
                assert isinstance(record, dict)
                if not reference.path:
                    found.append({"device": record["device"], "task": member, "output": record["output"]})
                elif (value := walk(record, reference.path)) is not MISSING:
                    assert not isinstance(value, Missing)
                    found.append(value)
        return found

    # --- approval ----------------------------------------------------------------------------------------------

    def _cleared(self, spec: Task, stimulus: stimuli.Placed, arguments: JsonObject) -> bool:
        """Whether the operation may be dispatched now; asks for approval or fails the task where not."""
        risk = approvals.higher(spec.risk, stimulus.risk)
        policy = self.state.request.policy
        if self.state.dry_run and risk is not Risk.READ:
            self._fail(spec.id, ErrorCode.DENIED, f"{spec.skill} is of risk {risk.value}, and this is a dry run")
            return False
        rule = approvals.rule(policy.approve, risk)
        if rule == "go" and spec.preview is None:
            return True
        if rule == "deny":
            self._fail(
                spec.id, ErrorCode.DENIED, f"{spec.skill} is of risk {risk.value}, which this run does not allow"
            )
            return False
        state, task = self.state, self.state.tasks[spec.id]
        attempt = task.attempt + 1
        digest = approvals.digest(state.run, spec.id, attempt, stimulus.device, spec.skill, arguments)
        if task.approval is not None:
            given = state.approvals[task.approval]
            if given.granted and given.request.digest == digest and self.now <= given.request.expires:
                return True
        self._unbound.pop(spec.id, None)
        number = self._ask_approval(spec, stimulus, arguments, risk, digest)
        if rule == "go":  # nobody is asked, but what was previewed is done under an approval on record all the same
            self.record(events.ApprovalResolved(id=f"a{number}", granted=True, by="policy"))
            return True
        expires = state.approvals[f"a{number}"].request.expires
        self.commands.append(SetTimer(expires, TimerKind.APPROVAL, state.run, spec.id, number))
        return False

    def _ask_approval(
        self, spec: Task, stimulus: stimuli.Placed, arguments: JsonObject, risk: Risk, digest: str
    ) -> int:
        """Record that this very operation needs a person's word; the approval's number."""
        state = self.state
        expires = self.now + state.request.policy.approval_s
        number = len(state.approvals) + 1
        self.record(
            events.ApprovalRequested(
                id=f"a{number}",
                task=spec.id,
                device=stimulus.device,
                skill=spec.skill,
                arguments=arguments,
                risk=risk,
                digest=digest,
                expires=expires,
            )
        )
        return number

    def _dispatch(self, spec: Task, stimulus: stimuli.Placed, arguments: JsonObject) -> None:
        attempt = self.state.tasks[spec.id].attempt + 1
        self._unbound.pop(spec.id, None)
        self.record(
            trusted(
                events.TaskDispatched,
                {
                    "type": "task_dispatched",
                    "task": spec.id,
                    "attempt": attempt,
                    "device": stimulus.device,
                    "epoch": stimulus.epoch,
                    "why": stimulus.why,
                },
            )
        )
        self.commands.append(SendDispatch(stimulus.device, self.message(spec.id, arguments)))
        self._watch(spec, attempt)

    def message(self, id: str, arguments: JsonObject | None = None) -> Dispatch:
        """The dispatch of a task's live attempt, as it goes over the wire."""
        state, spec, task = self.state, self.state.graph[id], self.state.tasks[id]
        return trusted(
            Dispatch,
            {
                "type": "dispatch",
                "run": state.run,
                "task": id,
                "attempt": task.attempt,
                "epoch": task.epoch,
                "skill": spec.skill,
                "arguments": self._arguments(spec) if arguments is None else arguments,
                "timeout_s": spec.timeouts.run_s or DEFAULT_RUN_S,
                "heartbeat_s": spec.timeouts.heartbeat_s,
                "cause": f"{state.run}/{state.seq}",
                "caller": state.request.submitted_by,
                "approval": task.under or "",
                "limits": self._limits(spec),
                "trace": None,
            },
        )

    def _limits(self, spec: Task) -> CallLimits | None:
        """A task's budget under the policy's cap, however the task came into the graph."""
        cap = self.state.request.policy.limits
        return cap if spec.limits is None else spec.limits.within(cap)

    def _watch(self, spec: Task, attempt: int) -> None:
        """Set the timers of a live attempt."""
        timeouts = spec.timeouts
        at = self.now + (timeouts.run_s or DEFAULT_RUN_S) + TIMEOUT_GRACE_S
        self.commands.append(SetTimer(at, TimerKind.RUN, self.state.run, spec.id, attempt))
        if timeouts.heartbeat_s is not None:
            patience = timeouts.heartbeat_s + TIMEOUT_GRACE_S
            timer = SetTimer(self.now + patience, TimerKind.HEARTBEAT, self.state.run, spec.id, attempt, patience)
            self.commands.append(timer)
        if timeouts.hedge_s is not None and self._may_move(spec):
            at = self.now + timeouts.hedge_s
            self.commands.append(SetTimer(at, TimerKind.HEDGE, self.state.run, spec.id, attempt))

    # --- ends --------------------------------------------------------------------------------------------------

    def result_arrived(self, stimulus: stimuli.ResultArrived) -> None:
        """A device's word on an attempt counts only for the attempt that is current, from the device that has it."""
        state, id = self.state, stimulus.task
        self.commands.append(Acknowledge(stimulus.device, state.run, id, stimulus.attempt))
        task = state.tasks.get(id)
        if task is None or task.attempt != stimulus.attempt or task.device != stimulus.device:
            return
        if task.status is TaskStatus.UNKNOWN:
            self.settle_unknown(stimulus)
            return
        if not task.status.live:
            return
        succeeded = stimulus.outcome is Outcome.SUCCEEDED
        self._release(id, stimulus.device, succeeded=succeeded, seconds=stimulus.usage.seconds)
        if succeeded:
            if state.graph[id].confirm is not None and task.status is TaskStatus.RUNNING:
                self._end(id, AttemptOutcome.UNCONFIRMED, stimulus.output, None, stimulus.usage)
                self.confirm(id)
            else:
                self._end(id, AttemptOutcome.SUCCEEDED, stimulus.output, None, stimulus.usage)
            return
        error = stimulus.error or self._unsaid(id, stimulus.outcome)
        if stimulus.outcome is Outcome.CANCELLED and task.status is TaskStatus.CANCELLING:
            self._stopped(id, error, stimulus.usage)
        elif error.code is ErrorCode.LOST:
            self._lost(id, error.message, over=True)
        else:
            retryable = error.retryable or (stimulus.outcome is Outcome.CANCELLED and state.graph[id].idempotent)
            self._failed(id, error, stimulus.usage, retryable=retryable)

    def _unsaid(self, id: str, outcome: Outcome) -> TaskError:
        """Why an attempt ended whose device did not say."""
        if outcome is not Outcome.CANCELLED:
            return TaskError(code=ErrorCode.TOOL_FAILED, message="the device gave no reason")
        asked = self.state.tasks[id].status is TaskStatus.CANCELLING
        why = self.state.tasks[id].why if asked else "its device stopped it"
        return TaskError(code=ErrorCode.CANCELLED, message=why or "it was cancelled")

    def attempt_lost(self, stimulus: stimuli.AttemptLost) -> None:
        """Nobody knows what became of the attempt."""
        task = self.state.tasks.get(stimulus.task)
        if task is None or task.attempt != stimulus.attempt:
            return
        if task.status is TaskStatus.UNKNOWN and stimulus.over:
            self.attempt_over(stimulus.task)
        if not task.status.live:
            return
        assert task.device is not None
        self._release(stimulus.task, task.device, succeeded=False)
        self._lost(stimulus.task, stimulus.reason, over=stimulus.over)

    def _lost(self, id: str, reason: str, *, over: bool = False) -> None:
        """The fate of a live attempt is not known. It may be repeated only where that is safe."""
        error = TaskError(code=ErrorCode.LOST, message=reason, retryable=True)
        if self.state.tasks[id].status is TaskStatus.CANCELLING:
            self._stopped(id, error, NO_USAGE)
        elif self.state.graph[id].idempotent:
            self._failed(id, error, NO_USAGE, retryable=True, outcome=AttemptOutcome.LOST)
        else:
            self._end(id, AttemptOutcome.UNKNOWN, None, error, NO_USAGE)
            self.unknown(id, over=over)

    def _stopped(self, id: str, error: TaskError, usage: Usage) -> None:
        """The attempt was asked to stop, and has: cancelled, or failed where its own deadline was the reason."""
        if self.overdue(id) and self.state.cancelled_by is None and not self.state.deadline_passed:
            error = TaskError(code=ErrorCode.TIMEOUT, message="the task's deadline passed")
            self._end(id, AttemptOutcome.FAILED, None, error, usage)
        else:
            self._end(id, AttemptOutcome.CANCELLED, None, error, usage)

    def overdue(self, id: str) -> bool:
        """Whether the task's own deadline has passed."""
        deadline = self.state.graph[id].deadline_s
        return deadline is not None and self.now >= self.state.began + deadline

    def unknown(self, id: str, *, over: bool) -> None:
        """Do with a task of unknown outcome what the run's policy says. `over`: the attempt is not at work any more."""
        raise NotImplementedError

    def confirm(self, id: str) -> None:
        """Read back what the task's device says that it did; see `unknowns.py`."""
        raise NotImplementedError

    def settle_unknown(self, stimulus: stimuli.ResultArrived) -> None:
        """A device's word about an attempt of unknown outcome."""
        raise NotImplementedError

    def attempt_over(self, id: str) -> None:
        """By its device's word, an attempt of unknown outcome is not at work any more."""
        raise NotImplementedError

    def no_word(self, id: str) -> None:
        """A device did not say in time what became of an attempt."""
        raise NotImplementedError

    def _failed(
        self,
        id: str,
        error: TaskError,
        usage: Usage,
        *,
        retryable: bool,
        outcome: AttemptOutcome = AttemptOutcome.FAILED,
    ) -> None:
        task, retry = self.state.tasks[id], self.state.graph[id].retry
        if retryable and task.failures + 1 < retry.max_attempts and task.status is TaskStatus.RUNNING:
            self._end(id, outcome, None, error, usage, self.now + retry.delay(task.failures + 1))
        else:
            self._end(id, outcome, None, error, usage)

    def _end(
        self,
        id: str,
        outcome: AttemptOutcome,
        output: JsonValue,
        error: TaskError | None,
        usage: Usage,
        retry_at: float | None = None,
    ) -> None:
        self.record(
            trusted(
                events.AttemptEnded,
                {
                    "type": "attempt_ended",
                    "task": id,
                    "attempt": self.state.tasks[id].attempt,
                    "outcome": outcome,
                    "output": output,
                    "error": error,
                    "usage": usage,
                    "retry_at": retry_at,
                },
            )
        )

    def _fail(self, id: str, code: ErrorCode, message: str) -> None:
        """End a task that has no live attempt."""
        self.record(events.TaskFailed(task=id, error=TaskError(code=code, message=message[:8000])))

    def _release(self, id: str, device: str, *, succeeded: bool, seconds: float = 0.0) -> None:
        state = self.state
        known = id in state.tasks
        attempt = state.tasks[id].attempt if known and state.tasks[id].status.live else 0
        skill = state.graph[id].skill if known else ""
        self.commands.append(Release(state.run, id, device, skill, attempt, succeeded, seconds))

    # --- stopping ----------------------------------------------------------------------------------------------

    def stop(self, id: str, reason: str) -> None:
        """Stop one task: ask its device where an attempt is live, else at once."""
        status = self.state.tasks[id].status
        if status.terminal or status is TaskStatus.CANCELLING:
            return
        if status is TaskStatus.READY:
            self.commands.append(Withdraw(self.state.run, id))
        device, attempt = self.state.tasks[id].device, self.state.tasks[id].attempt
        if status is TaskStatus.UNKNOWN and device is not None:
            self.commands.append(SendCancel(device, self.state.run, id, attempt, reason))  # it may be at work still
            reason = f"{reason}; it is not known whether it was done"
        self.record(events.TaskCancelRequested(task=id, reason=reason[:500]))
        if status is TaskStatus.RUNNING:
            self.send_cancel(id, reason)

    def send_cancel(self, id: str, reason: str) -> None:
        state, task = self.state, self.state.tasks[id]
        assert task.device is not None
        self.commands.append(SendCancel(task.device, state.run, id, task.attempt, reason))
        at = self.now + CANCEL_GRACE_S
        self.commands.append(SetTimer(at, TimerKind.CANCEL, state.run, id, task.attempt))

    def timer_fired(self, stimulus: stimuli.TimerFired) -> None:
        """A deadline has come; what it was for may have passed."""
        task = self.state.tasks.get(stimulus.task)
        if task is None:
            return
        kind, current = stimulus.kind, task.attempt == stimulus.attempt
        match kind:
            case TimerKind.RETRY if current and task.status is TaskStatus.READY:
                self.commands.append(Offer(self.ready_task(stimulus.task)))
            case TimerKind.RUN if current and task.status.live:
                assert task.device is not None
                self.commands.append(
                    SendCancel(task.device, self.state.run, stimulus.task, task.attempt, "out of time")
                )
                self._release(stimulus.task, task.device, succeeded=False)
                self._lost(stimulus.task, "the device did not answer within the task's time")
            case TimerKind.HEARTBEAT if current and task.status is TaskStatus.RUNNING:
                self._silent(stimulus.task)
            case TimerKind.HEDGE if current and task.status is TaskStatus.RUNNING:
                self._hedge(stimulus.task)
            case TimerKind.CANCEL if current and task.status is TaskStatus.CANCELLING:
                assert task.device is not None
                self._release(stimulus.task, task.device, succeeded=False)
                self._lost(stimulus.task, "the device did not confirm the cancellation")
            case TimerKind.WORD if current:
                self.no_word(stimulus.task)
            case TimerKind.QUEUE if current and task.status is TaskStatus.READY and self._bound(stimulus.task):
                # Another device may take it, once a person has approved of that one.
                self._unbound[stimulus.task] = None
                self.commands.append(Withdraw(self.state.run, stimulus.task))
                self.commands.append(Offer(self.ready_task(stimulus.task)))
            case TimerKind.QUEUE if current and task.status is TaskStatus.READY:
                self.commands.append(Withdraw(self.state.run, stimulus.task))
                self._fail(stimulus.task, ErrorCode.UNAVAILABLE, self._nobody(stimulus.task, stimulus.why))
            case TimerKind.TASK_DEADLINE if not task.status.terminal:
                self._past_deadline(stimulus.task)
            case TimerKind.APPROVAL if task.status is TaskStatus.WAITING:
                if task.approval == f"a{stimulus.attempt}":
                    self.resolve_approval(task.approval, granted=False, by="expiry")
            case _:
                pass

    def _bound(self, id: str) -> bool:
        """Whether the task waits for a device only because it was approved for that one."""
        needs = self.state.graph[id].requirements
        tied = needs.device is not None or needs.same_device_as is not None
        return self.state.tasks[id].approval is not None and not tied and id not in self._unbound

    def _nobody(self, id: str, why: str) -> str:
        """That no device took the task: why, where devices say so, and what became of it before."""
        task, wanted = self.state.tasks[id], self.state.graph[id]
        needs = _described(wanted.requirements)
        needs += ", and keep its limits" if self._limits(wanted) is not None else ""
        message = f"no device at hand can run {wanted.skill}{needs}, and none came in {wanted.timeouts.queue_s:g} s"
        message += f" ({why})" if why else ""
        if task.error is None or task.device is None:
            return message
        return f"{message}; attempt {task.attempt} on {task.device} had ended: {task.error.message}"

    def _silent(self, id: str) -> None:
        """The attempt hangs, though its device lives: it is lost, and must stop."""
        task, seconds = self.state.tasks[id], self.state.graph[id].timeouts.heartbeat_s or 0.0
        assert task.device is not None
        self.commands.append(SendCancel(task.device, self.state.run, id, task.attempt, "no sign of life"))
        self._release(id, task.device, succeeded=False)
        self._lost(id, f"the attempt gave no sign of life for {seconds:g} s, and its device did")

    def _may_move(self, spec: Task) -> bool:
        """Whether a slow attempt may be given up for another device: safe to repeat, nobody to ask, tied to none."""
        needs, policy = spec.requirements, self.state.request.policy
        tied = needs.device is not None or needs.same_device_as is not None
        free = spec.idempotent and not tied and approvals.rule(policy.approve, spec.risk) == "go"
        return free and self.state.tasks[spec.id].hedges < spec.retry.max_attempts

    def _hedge(self, id: str) -> None:
        """The attempt is slow, and the shell knows of another device that is free."""
        task, spec = self.state.tasks[id], self.state.graph[id]
        if not self._may_move(spec):
            return
        assert task.device is not None
        self.commands.append(SendCancel(task.device, self.state.run, id, task.attempt, "another device takes it"))
        self._release(id, task.device, succeeded=False)
        message = f"it took longer than {spec.timeouts.hedge_s or 0.0:g} s on {task.device}: another device takes it"
        error = TaskError(code=ErrorCode.TIMEOUT, message=message, retryable=True)
        self._end(id, AttemptOutcome.HEDGED, None, error, NO_USAGE, self.now)

    def _past_deadline(self, id: str) -> None:
        status = self.state.tasks[id].status
        if status.live:
            self.stop(id, "past its deadline")
        elif status in (TaskStatus.READY, TaskStatus.WAITING):
            self.commands.append(Withdraw(self.state.run, id))
            self._fail(id, ErrorCode.TIMEOUT, "the task's deadline passed before it could start")

    def resolve_approval(self, approval: str, *, granted: bool, by: str) -> None:
        """A person, or the clock, has spoken."""
        task = self.state.approvals[approval].request.task
        self.record(events.ApprovalResolved(id=approval, granted=granted, by=by))
        if not granted and self.state.tasks[task].status is TaskStatus.WAITING:
            self._fail(task, ErrorCode.DENIED, f"the approval was denied by {by}")

    def stranded(self, stimulus: stimuli.Stranded) -> None:
        """No device can take the task now; one may come."""
        id = stimulus.task
        if id not in self.state.tasks or self.state.tasks[id].status is not TaskStatus.READY:
            return
        patience = self.state.graph[id].timeouts.queue_s
        at = self.now + (min(patience, BOUND_S) if self._bound(id) else patience)
        self.commands.append(SetTimer(at, TimerKind.QUEUE, self.state.run, id, self.state.tasks[id].attempt))


def _unsendable(arguments: JsonObject, *, resolved: bool) -> str | None:
    """Why no frame could carry the arguments; what other devices said, once put together, may be too much."""
    reason = check_json(arguments)
    if reason is None and resolved and len(json.dumps(arguments)) > MAX_ARGUMENTS:
        return f"they are larger than {MAX_ARGUMENTS} bytes; pass a file instead"
    return reason


def _described(needs: Requirements) -> str:
    wanted = [f"on {needs.device}"] if needs.device else []
    if needs.kind:
        wanted.append(f"of kind {needs.kind.value}")
    wanted += [f"labelled {key}={value}" for key, value in sorted(needs.labels.items())]
    return " " + ", ".join(wanted) if wanted else ""
