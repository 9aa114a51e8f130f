"""Attempts of which nobody knows whether they had their effect, and that may not simply be repeated.

    unknown --- word of the device: it was done, or failed ------------------------> succeeded, failed
       |
       |------- policy `fail` ------------------------------------------------------> failed
       |------- policy `ask`, or no post-condition: a question to a person ---------> as the person says
       `------- policy `verify`: once the device says that the attempt is over, a check
                   |-- it was done -------------------------------------------------> succeeded
                   |-- it was not: repeating it is safe ----------------------------> ready (uses up a retry)
                   `-- neither, or the device stays away: a question to a person

A task with `confirm` is of unknown outcome for a moment also after its device has said that it was done: a check reads
the effect back. The task succeeds, unless the check shows that the effect is not there.

The check is a task of the run like any other, added by an edit on record, so that it is placed, retried, cancelled,
shown and taken up after a restart as all tasks are. It is made in the same decision that finds that it is due.
"""

from __future__ import annotations

from pydantic import JsonValue

from orchestrator.core import conditions, events, references, stimuli
from orchestrator.core.attempts import Attempts
from orchestrator.core.commands import SendCancel, SetTimer, TimerKind
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.errors import EditError
from orchestrator.core.graph import TaskGraph, Touched
from orchestrator.core.plan import Choice, Clarification
from orchestrator.core.references import UnresolvedReference
from orchestrator.core.tasks import Check, PostCondition, Requirements, Task, TaskStatus, Timeouts
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError

Rejection = tuple[str, str] | None
BY = "policy"
# Errors of a check that say nothing about what it was to look at.
_NO_ANSWER = frozenset(
    {
        ErrorCode.BAD_ARGUMENTS,
        ErrorCode.CANCELLED,
        ErrorCode.DENIED,
        ErrorCode.LOST,
        ErrorCode.STALE_EPOCH,
        ErrorCode.TIMEOUT,
        ErrorCode.UNAVAILABLE,
        ErrorCode.UNKNOWN_SKILL,
    }
)


class Unknowns(Attempts):
    """The part of the machine that deals with unknown outcomes."""

    def unknown(self, id: str, *, over: bool) -> None:
        """Do with a task of unknown outcome what the run's policy says."""
        policy, verify = self.state.request.policy.unknown, self.state.graph[id].verify
        if policy == "fail":
            self.record(events.UnknownResolved(task=id, resolution="failed", by=BY))
        elif policy == "ask" or verify is None:
            self._ask(id)
        elif over or verify.anywhere:
            self._check(id, verify, over=over)
        else:
            self._await_word(id, verify)

    def confirm(self, id: str) -> None:
        """The device says that it was done: read that back."""
        confirm = self.state.graph[id].confirm
        assert confirm is not None
        self._check(id, confirm, over=True)

    def take_up_unknown(self, id: str) -> None:
        """After a restart: a question or a check goes on by itself; the device's word is waited for again."""
        if self.state.tasks[id].reported:
            if id not in self.state.checks.values():
                self.confirm(id)
            return
        verify = self.state.graph[id].verify
        if self._awaited(id) and verify is not None:
            self._await_word(id, verify)

    # --- the device's word -------------------------------------------------------------------------------------

    def _await_word(self, id: str, verify: PostCondition) -> None:
        """While the attempt may still be at work, a check would find nothing to rely on."""
        task = self.state.tasks[id]
        self.commands.append(SetTimer(task.at + verify.wait_s, TimerKind.WORD, self.state.run, id, task.attempt))

    def _awaited(self, id: str) -> bool:
        """Whether the outcome is unknown and nothing is under way but the wait for the device's word."""
        state = self.state
        if state.tasks[id].status is not TaskStatus.UNKNOWN or id in state.checks.values():
            return False
        return all(asked.task != id for asked in state.questions.values())

    def no_word(self, id: str) -> None:
        """The device stayed away for too long."""
        if self._awaited(id):
            self._ask(id, f"{self.state.tasks[id].device} did not come back to say")

    def attempt_over(self, id: str) -> None:
        """By its device's word the attempt is not at work any more; how far it got, the device does not know."""
        verify = self.state.graph[id].verify
        if self._awaited(id) and verify is not None:
            self._check(id, verify, over=True)

    def settle_unknown(self, stimulus: stimuli.ResultArrived) -> None:
        """The word came after all, late; or once more, while what it says is read back."""
        if self.state.tasks[stimulus.task].reported:
            return
        lost = stimulus.error is not None and stimulus.error.code is ErrorCode.LOST
        if lost or stimulus.outcome is Outcome.CANCELLED:
            self.attempt_over(stimulus.task)
            return
        for question in [id for id, asked in self.state.questions.items() if asked.task == stimulus.task]:
            self.record(events.QuestionAnswered(id=question, answer=stimulus.outcome.value, by=stimulus.device))
        self._resolve(self._late(stimulus))

    def _late(self, stimulus: stimuli.ResultArrived) -> events.UnknownResolved:
        """What the late word means: done, failed, or failed in a way that another attempt may mend."""
        id, by, error = stimulus.task, stimulus.device, stimulus.error
        if stimulus.outcome is Outcome.SUCCEEDED:
            return events.UnknownResolved(task=id, resolution="succeeded", by=by, output=stimulus.output)
        task, retry = self.state.tasks[id], self.state.graph[id].retry
        if error is not None and error.retryable and task.failures + 1 < retry.max_attempts:
            at = self.now + retry.delay(task.failures + 1)
            return events.UnknownResolved(task=id, resolution="retry", by=by, error=error, retry_at=at)
        return events.UnknownResolved(task=id, resolution="failed", by=by, error=error)

    def _resolve(self, resolution: events.UnknownResolved) -> None:
        """Settle it, and stop a check that would find out what is known by now."""
        checks = [check for check, id in self.state.checks.items() if id == resolution.task]
        self.record(resolution)
        for check in checks:
            self.stop(check, f"what became of {resolution.task} is known")

    # --- a person's --------------------------------------------------------------------------------------------

    def _ask(self, id: str, found: str = "") -> None:
        state, task = self.state, self.state.tasks[id]
        if task.reported:  # nothing speaks against its device's word
            self._stands(id, task.device or "")
            return
        note = f" ({found})" if found else ""
        question = f"It is not known whether {id} ({state.graph[id].skill} on {task.device}) was done{note}. What now?"
        choices = (
            Choice(label="it was done", value="succeeded"),
            Choice(label="it was not done: do it now", value="retry"),
            Choice(label="give it up", value="failed"),
        )
        clarification = Clarification(question=question[:500], choices=choices)
        self.record(events.QuestionAsked(id=f"unknown.{state.seq + 1}", clarification=clarification, task=id))

    def answer_unknown(self, asked: events.QuestionAsked, id: str, stimulus: stimuli.AnswerGiven) -> Rejection:
        """A person says what became of an attempt. A word that is none of the choices must not settle it."""
        choices = asked.clarification.choices
        value = asked.clarification.value_of(stimulus.answer)
        if value not in [choice.value for choice in choices]:
            return ("bad_request", f"answer with one of: {', '.join(choice.value for choice in choices)}")
        task = self.state.tasks[id]
        if value != "succeeded" and task.device is not None:
            # It may be at work still, and must not come on top of what is decided now.
            self.commands.append(SendCancel(task.device, self.state.run, id, task.attempt, "given up"))
        self.record(events.QuestionAnswered(id=asked.id, answer=value, by=stimulus.by))
        self._resolve(
            events.UnknownResolved.model_validate(
                {"task": id, "resolution": value, "by": stimulus.by, "error": task.error}
            )
        )
        return None

    # --- a check -----------------------------------------------------------------------------------------------

    def _check(self, id: str, verify: PostCondition, *, over: bool) -> None:
        """Have the post-condition looked at, by a task of its own."""
        spec = self.state.graph[id]
        try:
            resolved = references.resolve(verify.arguments, lambda reference: self.look_up(spec, reference))
        except UnresolvedReference as error:
            self._ask(id, f"its check cannot be made: {error}")
            return
        check = self._check_task(id, verify, references.literal(resolved), over=over)
        why = f"{verify.skill} looks whether {id} was done"
        batch = EditBatch(base=self.state.graph.version, edits=(AddTask(task=check),), by=BY, why=why, key=check.id)
        if self.edit(batch) is not None:
            self._ask(id, "no check could be added")

    def _check_task(self, id: str, verify: PostCondition, arguments: JsonValue, *, over: bool) -> Task:
        task = self.state.tasks[id]
        assert task.device is not None
        assert isinstance(arguments, dict)
        return Task(
            id=self._check_id(id),
            title=f"see that {id} was done" if task.reported else f"find out whether {id} was done",
            skill=verify.skill,
            arguments=arguments,
            requirements=Requirements(prefer=(task.device,)) if verify.anywhere else Requirements(device=task.device),
            priority=self.state.graph[id].priority,
            timeouts=Timeouts(queue_s=verify.wait_s),
            on_failure="continue",
            checks=Check(task=id, attempt=task.attempt, over=over),
        )

    def _check_id(self, id: str) -> str:
        """`append.check1`: with a dot, as no step's id has, so that nothing can refer to it."""
        state, number = self.state, self.state.tasks[id].attempt
        name = f"{id[:100]}.check{number}"
        while name in state.tasks or name in state.keys:
            number += 1
            name = f"{id[:100]}.check{number}"
        return name

    def conclude_checks(self) -> bool:
        """Take a check that has ended at its word. True where there was one."""
        for check, id in self.state.checks.items():
            if self.state.tasks[check].status.terminal:
                self._conclude_check(check, id)
                return True
        return False

    def _conclude_check(self, check: str, id: str) -> None:
        spec, purpose = self.state.graph[id], self.state.graph[check].checks
        assert purpose is not None
        if self.state.tasks[id].reported:
            self._conclude_confirm(check, id)
            return
        assert spec.verify is not None
        done, not_done = self._found(check, spec.verify)
        if done and not not_done:
            self._resolve(events.UnknownResolved(task=id, resolution="succeeded", by=check))
        elif not_done and not done and purpose.over:
            self._not_done(check, id)
        else:
            self._ask(id, _undecided(done, not_done))

    def _conclude_confirm(self, check: str, id: str) -> None:
        """What its device said stands, unless the check shows that it is not so."""
        confirm, task = self.state.graph[id].confirm, self.state.tasks[id]
        assert confirm is not None
        done, not_done = self._found(check, confirm)
        if done or not not_done:
            self._stands(id, check)
            return
        message = f"{task.device} said that it was done, and {confirm.skill} did not find it so"
        error = TaskError(code=ErrorCode.TOOL_FAILED, message=message)
        self._resolve(events.UnknownResolved(task=id, resolution="failed", by=check, error=error))

    def _stands(self, id: str, by: str) -> None:
        output = self.state.tasks[id].output
        self._resolve(events.UnknownResolved(task=id, resolution="succeeded", by=by, output=output))

    def _found(self, check: str, verify: PostCondition) -> tuple[bool, bool]:
        """Whether the check found that it was done, and that it was not."""
        task, record = self.state.tasks[check], self.state.record(check)
        succeeded = task.status is TaskStatus.SUCCEEDED
        done = succeeded and conditions.holds(verify.done, record)
        if verify.not_done is None:
            return done, succeeded and not done
        failed = task.status is TaskStatus.FAILED and task.error is not None and task.error.code not in _NO_ANSWER
        return done, (succeeded or failed) and conditions.holds(verify.not_done, record)

    def _not_done(self, check: str, id: str) -> None:
        task, retry = self.state.tasks[id], self.state.graph[id].retry
        if task.failures + 1 < retry.max_attempts:
            at = self.now + retry.delay(task.failures + 1)
            self._resolve(events.UnknownResolved(task=id, resolution="retry", by=check, retry_at=at))
            return
        reason = f"{task.error.message if task.error else 'it was lost'}; a check found that it was not done"
        error = TaskError(code=ErrorCode.LOST, message=reason[:8000])
        self._resolve(events.UnknownResolved(task=id, resolution="failed", by=check, error=error))

    # --- edits -------------------------------------------------------------------------------------------------

    def edit(
        self, batch: EditBatch, undoes: int | None = None, made: tuple[TaskGraph, Touched] | None = None
    ) -> Rejection:
        """Apply a batch, or record why it was rejected. `made` as of `RunState.prepare`."""
        try:
            self.state.prepare(batch, made)
        except EditError as error:
            reason = error.message[:8000]
            self.record(events.EditRejected(by=batch.by, code=error.code, reason=reason))
            return (error.code, reason)
        self.record(events.GraphEdited(batch=batch, undoes=undoes))
        for id, (before, after) in self.state.touched[self.state.graph.version].items():
            if after is not None and (before is None or before.deadline_s != after.deadline_s):
                self.arm_task_deadline(id)
        return None

    def arm_task_deadline(self, id: str) -> None:
        """Set the timer of the task's own deadline, where it has one."""
        deadline = self.state.graph[id].deadline_s
        if deadline is not None:
            at = self.state.began + deadline
            self.commands.append(SetTimer(at, TimerKind.TASK_DEADLINE, self.state.run, id, 0))


def _undecided(done: bool, not_done: bool) -> str:
    """What a check found that settles nothing."""
    if done:
        return "its check found both that it was and that it was not"
    if not_done:
        return "a check did not find it done, but it may be at work still"
    return "its check could not tell"
