"""The run state machine: one door, `handle(stimulus, now) -> Decision`.

It knows nothing of clocks, sockets, stores or models. What it decides is recorded as events and taken into the state
at once; the shell makes the events durable and only then does what the commands say. If they cannot be made durable
the shell drops the machine and folds the log anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.core import events, stimuli
from orchestrator.core.commands import Consult, Decision, Ended, SetTimer, TimerKind, Withdraw
from orchestrator.core.edits import AddTask, Edit, EditBatch, RemoveTask, ReplaceTask
from orchestrator.core.errors import EditError
from orchestrator.core.events import RunError, RunStatus
from orchestrator.core.ports import Consultation
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.unknowns import Rejection, Unknowns
from protocol.errors import ErrorCode

MAX_ANSWER = 500  # characters, as `QuestionAnswered` takes them
_TASK_CODES = {ErrorCode.DENIED: "denied", ErrorCode.UNAVAILABLE: "no_capable_device"}


class RunMachine(Unknowns):
    """Leads one run. `handle` is the only way in."""

    def handle(self, stimulus: stimuli.Stimulus, now: float, cause: str = "") -> Decision:
        """Decide what follows from one stimulus at Unix time `now`.

        `Decision.rejected` is (code, reason) where the stimulus asked for what cannot be: nothing then changed but,
        for a rejected edit, the record of the rejection. Raises TransitionError or InvariantError only on a bug.
        """
        self.now, self.cause = now, cause
        self.events, self.commands = [], []
        rejected: Rejection = _HANDLERS[type(stimulus)](self, stimulus)
        self._follow_up()
        return Decision(self.events, self.commands, rejected)

    # --- what always follows -----------------------------------------------------------------------------------

    def _follow_up(self) -> None:
        """Act on what the new state calls for, until nothing more follows."""
        state = self.state
        while True:
            if state.withdrawn:
                self.commands.append(Withdraw(state.run, state.withdrawn.popleft()))
            elif state.doomed:
                self._skip_doomed(*state.doomed.popleft())
            elif state.ready:
                id = state.ready.popleft()
                if id in state.tasks and state.tasks[id].status is TaskStatus.READY:
                    self._begin(id)
            elif not self._conclude():
                return

    def _skip_doomed(self, id: str, reason: str) -> None:
        task = self.state.tasks.get(id)
        if task is not None and task.status in (TaskStatus.PENDING, TaskStatus.READY):
            self.record(events.TaskSkipped(task=id, reason=reason))

    def _begin(self, id: str) -> None:
        """What becomes of a ready task."""
        state = self.state
        same = state.graph[id].requirements.same_device_as
        if state.request.policy.plan_only:
            self.record(events.TaskSkipped(task=id, reason="this run is for its plan only"))
        elif self.overdue(id):
            self._fail(id, ErrorCode.TIMEOUT, "the task's deadline passed before it could start")
        elif same is not None and state.tasks[same].device is None:
            self._fail(id, ErrorCode.UNAVAILABLE, f"it belongs on the device of {same}, which ran on none")
        else:
            self.offer(id)

    def _conclude(self) -> bool:
        """Deal with failures, and with the end. True where that brought something new."""
        state = self.state
        if state.status.terminal:
            return False
        if state.checks and self.conclude_checks():
            return True
        if state.status is RunStatus.CANCELLING:
            return self._conclude_stop()
        for id in list(state.failed):
            if id not in state.revising and id not in state.left and self._deal_with(id):
                return True
        if state.open == 0 and state.graph.version and not state.revising and not state.questions:
            if not len(state.graph):  # nothing was done: that is no success
                message = "the run has no tasks left: edits took them all out"
                self._finish(RunStatus.CANCELLED, "", RunError(code="cancelled", message=message))
                return True
            self._settled()
        return False

    def _conclude_stop(self) -> bool:
        state = self.state
        if state.open:
            return False
        if state.cancelled_by is not None:
            message = f"the run was cancelled by {state.cancelled_by}"
            self._finish(RunStatus.CANCELLED, "", RunError(code="cancelled", message=message))
            return True
        self._settled()
        return False

    def _deal_with(self, id: str) -> bool:
        """A task failed and the run must not go on as if it had not: have it revised, or stop the rest."""
        state = self.state
        policy = state.request.policy
        supervised = state.request.plan is None
        if id not in state.refused and supervised and state.revisions < policy.revisions:
            self.record(events.RevisionRequested(task=id))
            self._consult("failed", id)
            return True
        if state.denied(id):
            return False  # only what needs it is skipped
        if self._stopped_rest != state.graph.version:
            self._stopped_rest = state.graph.version
            self._stop_rest(id)
        return False

    def _stop_rest(self, failed: str) -> None:
        state = self.state
        for other in [other for other, task in state.tasks.items() if not task.status.terminal]:
            if state.tasks[other].status in (TaskStatus.PENDING, TaskStatus.READY):
                if state.tasks[other].status is TaskStatus.READY:
                    self.commands.append(Withdraw(state.run, other))
                self.record(events.TaskSkipped(task=other, reason=f"{failed} failed"))
            else:
                self.stop(other, f"{failed} failed")

    # The version of the graph whose rest was stopped: a task that an edit adds later is new, all others are seen to.
    _stopped_rest = -1

    def _consult(self, reason: str, task: str | None = None) -> None:
        state = self.state
        key = {
            "submitted": "submitted",
            "answered": f"answered.{len(state.answers)}",
            "failed": f"failed.{state.revising.get(task or '', 0)}",
            "settled": f"settled.{state.graph.version}" + (f".{state.retries}" if state.retries else ""),
        }[reason]
        consultation = Consultation.model_validate(
            {"run": state.run, "reason": reason, "task": task, "key": f"{state.run}.{key}"}
        )
        self.commands.append(Consult(consultation))

    def _settled(self) -> None:
        """Every task has ended: the supervisor writes the answer. Told once a graph version, and after a restart."""
        if self._told_settled != self.state.graph.version:
            self._told_settled = self.state.graph.version
            self._consult("settled")

    _told_settled = -1

    def verdict(self) -> RunError | None:
        """Why the run did not succeed, from its record; None where it did."""
        state = self.state
        if state.deadline_passed:
            return RunError(code="timeout", message="the run's deadline passed before all its tasks had ended")
        for id in state.failed:
            error = state.tasks[id].error
            where = f" on {state.tasks[id].device}" if state.tasks[id].device else ""
            code = _TASK_CODES.get(error.code, "task_failed") if error else "task_failed"
            # People asked for the write: they are told of it, not of what was to show it.
            name = next((task.id for task in state.graph.tasks if task.preview == id), id)
            message = f"{name} failed{where}: {error.message if error else 'no reason was given'}"
            return RunError(code=code, message=message[:8000], details={"task": id})
        if state.graph.version and state.open:
            return RunError(code="internal", message="the run ended with open tasks")
        return None

    def _finish(self, status: RunStatus, answer: str, error: RunError | None) -> None:
        self.record(events.RunEnded(status=status, answer=answer[:100_000], error=error))
        self.commands.append(Ended(self.state.run))

    # --- stimuli -----------------------------------------------------------------------------------------------

    def _submitted(self, stimulus: stimuli.Submitted) -> None:
        self.record(events.RunSubmitted(request=stimulus.request))
        self._arm_deadline()
        if stimulus.request.plan is None:
            self._consult("submitted")

    def _arm_deadline(self) -> None:
        deadline = self.state.request.policy.deadline_s
        if deadline is not None:
            at = self.state.began + deadline
            self.commands.append(SetTimer(at, TimerKind.DEADLINE, self.state.run, "", 0))

    def _recovered(self, stimulus: stimuli.Recovered) -> None:
        """Take up again what was under way: nothing of it was lost, for all of it is in the log."""
        state, policy = self.state, self.state.request.policy
        self._arm_deadline()
        for id, task in state.tasks.items():
            self.arm_task_deadline(id)
            if task.status is TaskStatus.READY:
                self._begin(id)
            elif task.status is TaskStatus.RUNNING:
                self._watch(state.graph[id], task.attempt)
            elif task.status is TaskStatus.CANCELLING:
                self.send_cancel(id, "cancelled before the restart")
            elif task.status is TaskStatus.WAITING and task.approval is not None and policy.approve == "all":
                self.resolve_approval(task.approval, granted=True, by="policy")
            elif task.status is TaskStatus.WAITING and task.approval is not None:
                expires = state.approvals[task.approval].request.expires
                number = int(task.approval[1:])
                self.commands.append(SetTimer(expires, TimerKind.APPROVAL, state.run, id, number))
            elif task.status is TaskStatus.UNKNOWN:
                self.take_up_unknown(id)
        for id in list(state.revising):
            self._consult("failed", id)
        if state.status is RunStatus.PLANNING and state.request.plan is None and not state.questions:
            self._consult("answered" if state.answers else "submitted")

    def _rung_spoke(self, stimulus: stimuli.RungSpoke) -> None:
        if stimulus.key not in self.state.keys and not self.state.status.terminal:
            self.record(
                events.RungTried(
                    key=stimulus.key,
                    proposal=stimulus.proposal,
                    accepted=stimulus.accepted,
                    problems=stimulus.problems,
                )
            )

    def _question_put(self, stimulus: stimuli.QuestionPut) -> None:
        stopping = self.state.status.terminal or self.state.status is RunStatus.CANCELLING
        if stimulus.key not in self.state.keys and not stopping:
            self.record(events.QuestionAsked(id=stimulus.key, clarification=stimulus.clarification))

    def _answer_given(self, stimulus: stimuli.AnswerGiven) -> Rejection:
        state = self.state
        id = stimulus.id or (next(iter(state.questions)) if len(state.questions) == 1 else "")
        if id not in state.questions:
            return ("no_such_question", "no question of this run is open under that id")
        if not stimulus.answer.strip() or len(stimulus.answer) > MAX_ANSWER:
            return ("bad_request", f"an answer has 1 to {MAX_ANSWER} characters")
        asked = state.questions[id]
        if asked.task is None:
            answer = asked.clarification.value_of(stimulus.answer)
            self.record(events.QuestionAnswered(id=id, answer=answer, by=stimulus.by))
            self._consult("answered")
            return None
        return self.answer_unknown(asked, asked.task, stimulus)

    def _edit_proposed(self, stimulus: stimuli.EditProposed) -> Rejection:
        state, batch = self.state, stimulus.batch
        if batch.key is not None and batch.key in state.keys:
            return None
        if state.status.terminal or state.status is RunStatus.CANCELLING:
            return ("run_ended", "the run has ended or is being cancelled")
        if any(self._is_check(edit) for edit in batch.edits):
            return (
                "check_task",
                "a check of what became of a task is the orchestrator's: it adds, changes and ends it",
            )
        most, tasks = state.request.policy.budget.tasks, self._tasks_after(batch)
        if most is not None and tasks > max(most, len(state.graph)):
            return ("over_budget", f"the run may have {most} tasks, and would have {tasks}")
        rejected = self.edit(batch, made=stimulus.made)
        if rejected is None and stimulus.scope is not None:
            self.record(events.AnswerScope(tasks=stimulus.scope))
        return rejected

    def _tasks_after(self, batch: EditBatch) -> int:
        """How many tasks there would be: what fails stays in the graph, and counts."""
        added = sum(isinstance(edit, AddTask) for edit in batch.edits)
        return len(self.state.graph) + added - sum(isinstance(edit, RemoveTask) for edit in batch.edits)

    def _is_check(self, edit: Edit) -> bool:
        """Whether an edit makes or touches a task that finds out about another's unknown outcome."""
        if isinstance(edit, (AddTask, ReplaceTask)):
            return edit.task.checks is not None or self._checks(edit.task.id)
        return self._checks(edit.task)

    def _checks(self, id: str) -> bool:
        return id in self.state.graph and self.state.graph[id].checks is not None

    def _undo_asked(self, stimulus: stimuli.UndoAsked) -> Rejection:
        state = self.state
        if state.status.terminal or state.status is RunStatus.CANCELLING:
            return ("run_ended", "the run has ended or is being cancelled")
        touched = state.touched.get(stimulus.version)
        if touched is None:
            return ("no_such_version", f"no edit made version {stimulus.version}")
        if any(self._checks(id) for id in touched):
            return ("check_task", f"version {stimulus.version} added a check of what became of a task")
        mended = state.mended.get(stimulus.version)
        if mended is not None:
            message = f"version {stimulus.version} made the failure of {mended} good, and the run went on from there"
            return ("superseded", message)
        try:
            edits = state.graph.undo_edits(touched)
        except EditError as error:
            return (error.code, error.message)
        if not edits:  # its edits took one another back
            return None
        why = f"undo of version {stimulus.version}"
        batch = EditBatch(base=state.graph.version, edits=edits, by=stimulus.by, why=why)
        return self.edit(batch, undoes=stimulus.version)

    def _revision_refused(self, stimulus: stimuli.RevisionRefused) -> None:
        if stimulus.task in self.state.revising:
            self.record(events.RevisionDeclined(task=stimulus.task, reason=stimulus.reason))

    def _answer_written(self, stimulus: stimuli.AnswerWritten) -> Rejection:
        state = self.state
        if state.status.terminal:
            return None
        if state.open:
            return ("tasks_open", "a run ends when all its tasks have ended")
        error = self.verdict() or stimulus.error
        if error is None and not state.graph.version:
            return ("no_plan", "a run without a plan has not succeeded")
        self._finish(RunStatus.FAILED if error else RunStatus.SUCCEEDED, stimulus.answer, error)
        return None

    def _approval_given(self, stimulus: stimuli.ApprovalGiven) -> Rejection:
        approvals = self.state.approvals
        pending = [id for id, approval in approvals.items() if approval.granted is None and self._waits_for(id)]
        id = stimulus.id or (pending[0] if len(pending) == 1 else "")
        if id not in pending:
            known = id in approvals
            return ("approval_closed" if known else "no_such_approval", "no approval of this run is open under that id")
        if stimulus.granted and self.now > approvals[id].request.expires:
            return ("approval_expired", "the approval's time had passed")
        self.resolve_approval(id, granted=stimulus.granted, by=stimulus.by)
        return None

    def _waits_for(self, approval: str) -> bool:
        task = self.state.tasks.get(self.state.approvals[approval].request.task)
        return task is not None and task.approval == approval and task.status is TaskStatus.WAITING

    def _cancel_asked(self, stimulus: stimuli.CancelAsked) -> Rejection:
        if self.state.status.terminal:
            return ("run_ended", "the run has ended")
        if self.state.cancelled_by is None:
            self.record(events.RunCancelRequested(by=stimulus.by, reason=stimulus.reason))
            self._stop_all("the run was cancelled")
        return None

    def _stop_all(self, reason: str) -> None:
        for id in list(self.state.tasks):
            self.stop(id, reason)

    def _retry_asked(self, stimulus: stimuli.RetryAsked) -> Rejection:
        state = self.state
        if not state.status.terminal:
            return ("run_open", "the run has not ended; a retry is for what failed, was skipped or cancelled")
        again = (TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED)
        wanted = stimulus.tasks or tuple(state.tasks)
        unknown = [id for id in wanted if id not in state.tasks]
        if unknown:
            return ("unknown_task", f"there is no task {unknown[0]}")
        chosen = dict.fromkeys(id for id in wanted if state.tasks[id].status in again and not self._checks(id))
        if not chosen:
            return ("nothing_to_retry", "no task of this run failed, was skipped or was cancelled")
        queue = list(chosen)
        for id in queue:  # what was skipped or cancelled behind a chosen task comes along
            for other in state.graph.successors(id):
                if other not in chosen and state.tasks[other].status in (TaskStatus.SKIPPED, TaskStatus.CANCELLED):
                    chosen[other] = None
                    queue.append(other)
        self._told_settled = self._stopped_rest = -1
        self.record(events.TaskRetryRequested(tasks=tuple(chosen), by=stimulus.by))
        self._arm_deadline()
        for id in chosen:
            self.arm_task_deadline(id)
        return None

    def _timer(self, stimulus: stimuli.TimerFired) -> None:
        state = self.state
        if state.status.terminal:
            return
        if stimulus.kind == TimerKind.DEADLINE:
            if state.status is not RunStatus.CANCELLING:
                self.record(events.RunDeadlinePassed())
                self._stop_all("the run's deadline passed")
                if not state.graph.version:
                    error = RunError(code="timeout", message="the run's deadline passed before it had a plan")
                    self._finish(RunStatus.FAILED, "", error)
        else:
            self.timer_fired(stimulus)


_HANDLERS: dict[type, Callable[[RunMachine, Any], Rejection]] = {
    stimuli.Submitted: RunMachine._submitted,
    stimuli.Recovered: RunMachine._recovered,
    stimuli.RungSpoke: RunMachine._rung_spoke,
    stimuli.QuestionPut: RunMachine._question_put,
    stimuli.AnswerGiven: RunMachine._answer_given,
    stimuli.EditProposed: RunMachine._edit_proposed,
    stimuli.UndoAsked: RunMachine._undo_asked,
    stimuli.RevisionRefused: RunMachine._revision_refused,
    stimuli.AnswerWritten: RunMachine._answer_written,
    stimuli.Placed: RunMachine.placed,
    stimuli.Stranded: RunMachine.stranded,
    stimuli.ResultArrived: RunMachine.result_arrived,
    stimuli.AttemptLost: RunMachine.attempt_lost,
    stimuli.TimerFired: RunMachine._timer,
    stimuli.ApprovalGiven: RunMachine._approval_given,
    stimuli.CancelAsked: RunMachine._cancel_asked,
    stimuli.RetryAsked: RunMachine._retry_asked,
}
