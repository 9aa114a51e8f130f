"""One run under random stimuli: random graphs, results twice and late, losses, edits, cancels, approvals, restarts.

After every step the driver checks the invariants, and that the log through JSON gives the same state (I7). What a step
may do to the world is checked here: one live attempt a task (I1), started tasks untouched (I3), dispatch only where
dependencies are satisfied (I5), ends that stay ends (I6). At the end everything gets its result, and the run must end.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orchestrator.core import stimuli
from orchestrator.core.commands import Acknowledge, Consult, Offer, SendDispatch, SetTimer, TimerKind, Withdraw
from orchestrator.core.conditions import Compare
from orchestrator.core.edits import (
    AddDependency,
    AddTask,
    ChangeTask,
    Edit,
    RemoveDependency,
    RemoveTask,
    ReplaceTask,
)
from orchestrator.core.events import TaskRetryRequested
from orchestrator.core.graph import TaskGraph
from orchestrator.core.tasks import Dependency, On, PostCondition, Task
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError
from protocol.vocabulary import Risk
from tests.support.runs import SKILL, Run

pytestmark = pytest.mark.slow

NAMES = [f"t{number}" for number in range(8)]
DEVICES = ("alpha", "beta")
names = st.sampled_from(NAMES)
LOOK = PostCondition(skill=SKILL, done=Compare(path="output.n", op=">", value=1), wait_s=50)
risks = st.sampled_from([Risk.READ, Risk.READ, Risk.WRITE])
errors = st.builds(
    TaskError,
    code=st.sampled_from([ErrorCode.TOOL_FAILED, ErrorCode.LOST, ErrorCode.TIMEOUT]),
    message=st.just("it broke"),
    retryable=st.booleans(),
)


@st.composite
def edges(draw: st.DrawFn, upstream: st.SearchStrategy[str] = names) -> Dependency:
    on = draw(st.sampled_from(On))
    when = Compare(path="output.n", op=">", value=1) if on is On.CONDITION else None
    return Dependency(task=draw(upstream), on=on, when=when)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Edges lead to names of lower numbers, so that most batches are acyclic."""
    number = draw(st.integers(0, len(NAMES) - 1))
    lower = st.sampled_from(NAMES[:number] or NAMES)
    depends_on = draw(st.lists(edges(lower), max_size=3, unique_by=lambda d: d.task)) if number else []
    refers = draw(st.booleans()) and depends_on and depends_on[0].on is On.SUCCESS
    return Task(
        id=NAMES[number],
        skill=SKILL,
        depends_on=tuple(depends_on),
        arguments={"v": f"${{{depends_on[0].task}.output.n}}"} if refers else {},
        join=draw(st.sampled_from(["all", "any"])),
        risk=draw(st.sampled_from([Risk.READ, Risk.READ, Risk.WRITE])),
        idempotent=draw(st.booleans()),
        verify=draw(st.sampled_from([None, LOOK, LOOK.model_copy(update={"anywhere": True})])),
        on_failure=draw(st.sampled_from(["fail", "skip", "continue"])),
        deadline_s=draw(st.sampled_from([None, None, 500.0])),
        timeouts=draw(st.sampled_from([{}, {}, {"heartbeat_s": 9, "hedge_s": 4}])),
        retry={"max_attempts": draw(st.integers(1, 3)), "backoff_s": draw(st.sampled_from([0, 5]))},  # type: ignore[arg-type]
    )


any_edit: st.SearchStrategy[Edit] = st.one_of(
    st.builds(AddTask, task=tasks()),
    st.builds(ReplaceTask, task=tasks()),
    st.builds(RemoveTask, task=names),
    st.builds(ChangeTask, task=names, priority=st.integers(-3, 3)),
    st.builds(AddDependency, task=names, dependency=edges()),
    st.builds(RemoveDependency, task=names, upstream=names),
)
batches = st.lists(any_edit, min_size=1, max_size=4)


class Runs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.run = Run()
        self.offered: dict[str, None] = {}
        self.timers: dict[tuple[str, str], int] = {}
        self.asked: list[str | None] = []  # failures that the supervisor was asked about
        self.settled = False
        self.ended: dict[str, tuple[str, object]] = {}
        self.sent: dict[tuple[str, int], str] = {}

    @initialize(
        first=st.lists(tasks(), min_size=1, max_size=8, unique_by=lambda task: task.id),
        approve=st.sampled_from(["ask", "all", "none"]),
        unknown=st.sampled_from(["ask", "verify", "verify", "fail"]),
        revisions=st.integers(0, 2),
        explicit=st.booleans(),
    )
    def submit(self, first: list[Task], explicit: bool, **policy: object) -> None:
        self.run.submit(explicit=explicit, **policy)
        known = {task.id for task in first}
        kept = [
            task.model_copy(
                update={
                    "depends_on": tuple(d for d in task.depends_on if d.task in known),
                    "arguments": {} if any(d.task not in known for d in task.depends_on) else task.arguments,
                }
            )
            for task in first
        ]
        self.run.edit(*(AddTask(task=task) for task in kept))
        assert self.run.rejected is None
        self.look()

    def look(self) -> None:
        """Take the last decision's commands as a shell would, and check what they may not be."""
        state = self.run.state
        for command in self.run.decision.commands:
            match command:
                case Offer(task=ready):
                    self.offered[ready.task] = None
                case Withdraw(task=name):
                    self.offered.pop(name, None)
                case SetTimer():
                    self.timers[command.kind.value, command.task] = command.attempt
                case SendDispatch(message=message):
                    assert (message.task, message.attempt) not in self.sent, "an attempt is dispatched once"
                    self.sent[message.task, message.attempt] = command.device
                    assert satisfied(state.graph, message.task, self)
                case Consult(consultation=asked):
                    if asked.reason == "failed":
                        self.asked.append(asked.task)
                    self.settled = self.settled or asked.reason == "settled"
        if state.status.terminal:
            self.offered.clear()

    def step(self, stimulus: stimuli.Stimulus) -> None:
        self.run.do(stimulus)
        self.look()

    # --- rules -------------------------------------------------------------------------------------------------

    @rule(
        pick=st.integers(0, 20),
        device=st.sampled_from(DEVICES),
        risk=st.sampled_from([Risk.READ, Risk.READ, Risk.WRITE]),
    )
    def place(self, pick: int, device: str, risk: Risk) -> None:
        if self.offered:
            name = list(self.offered)[pick % len(self.offered)]
            del self.offered[name]
            self.step(stimuli.Placed(name, device, 3, risk, ""))

    @rule(name=names, device=st.sampled_from(DEVICES))
    def place_late(self, name: str, device: str) -> None:
        """A placement that crossed with a withdrawal. Only what is not offered: an offer is placed once."""
        status = self.run.state.tasks[name].status if name in self.run.state.tasks else None
        if name not in self.offered and status != "ready":
            self.step(stimuli.Placed(name, device, 3, Risk.READ, ""))

    def live(self, pick: int) -> str | None:
        found = [id for id, task in self.run.state.tasks.items() if task.status.live]
        return found[pick % len(found)] if found else None

    @rule(pick=st.integers(0, 20), n=st.integers(0, 3), twice=st.booleans())
    def succeed(self, pick: int, n: int, twice: bool) -> None:
        name = self.live(pick)
        if name is not None:
            task = self.run[name]
            stimulus = stimuli.ResultArrived(name, task.attempt, task.device or "", Outcome.SUCCEEDED, {"n": n})
            self.step(stimulus)
            if twice:
                self.step(stimulus)
                assert self.run.decision.events == []

    @rule(pick=st.integers(0, 20), error=errors, outcome=st.sampled_from([Outcome.FAILED, Outcome.CANCELLED]))
    def fail(self, pick: int, error: TaskError, outcome: Outcome) -> None:
        name = self.live(pick)
        if name is not None:
            task = self.run[name]
            self.step(stimuli.ResultArrived(name, task.attempt, task.device or "", outcome, None, error))

    @rule(pick=st.integers(0, 20), over=st.booleans())
    def lose(self, pick: int, over: bool) -> None:
        name = self.live(pick)
        if name is not None:
            self.step(stimuli.AttemptLost(name, self.run[name].attempt, "away", over))

    @rule(name=names)
    def device_comes_back_without(self, name: str) -> None:
        if name in self.run.state.tasks:
            self.step(stimuli.AttemptLost(name, self.run[name].attempt, "not there any more", over=True))

    @rule(pick=st.integers(0, 99), outcome=st.sampled_from(Outcome))
    def late_result(self, pick: int, outcome: Outcome) -> None:
        """Any attempt that was ever sent may still be heard of."""
        if self.sent:
            (name, attempt), device = list(self.sent.items())[pick % len(self.sent)]
            self.step(stimuli.ResultArrived(name, attempt, device, outcome, {"n": 9}))
            assert [type(c) for c in self.run.decision.commands[:1]] == [Acknowledge]

    @rule(name=names, attempt=st.integers(0, 5), device=st.sampled_from(DEVICES))
    def foreign_result(self, name: str, attempt: int, device: str) -> None:
        if self.sent.get((name, attempt)) != device:
            self.step(stimuli.ResultArrived(name, attempt, device, Outcome.SUCCEEDED, {"n": 9}))
            assert self.run.decision.events == []

    @rule(pick=st.integers(0, 99), seconds=st.sampled_from([0.0, 1.0, 5.0, 400.0]))
    def fire(self, pick: int, seconds: float) -> None:
        self.run.now += seconds
        if self.timers:
            (kind, name), attempt = list(self.timers.items())[pick % len(self.timers)]
            self.step(stimuli.TimerFired(kind, name, attempt))

    @rule(name=names)
    def strand(self, name: str) -> None:
        self.step(stimuli.Stranded(name))

    @rule(batch=batches, stale=st.integers(0, 9), failure=st.integers(0, 9))
    def edit(self, batch: list[Edit], stale: int, failure: int) -> None:
        state = self.run.state
        failed = list(state.failed)
        before = {id: (task.status, task.attempt, state.graph[id]) for id, task in state.tasks.items()}
        version, log = state.graph.version, len(self.run.log)
        revises = failed[failure % len(failed)] if failed and failure else None
        self.run.edit(*batch, base=version - (stale == 0), revises=revises)
        self.look()
        if self.run.rejected is not None:
            assert state.graph.version == version
            assert len(self.run.log) - log <= 1
        for id, (status, attempt, spec) in before.items():
            if status.terminal or attempt:
                assert state.graph[id] is spec, "I3: what has started stays as it is"

    @rule(version=st.integers(1, 6))
    def undo(self, version: int) -> None:
        self.step(stimuli.UndoAsked(version, "ann"))

    @rule(pick=st.integers(0, 9), granted=st.booleans())
    def approve(self, pick: int, granted: bool) -> None:
        approvals = list(self.run.state.approvals)
        self.step(stimuli.ApprovalGiven(approvals[pick % len(approvals)] if approvals else "", granted, "ann"))

    @rule(pick=st.integers(0, 9), answer=st.sampled_from(["succeeded", "retry", "failed", "hm"]))
    def answer(self, pick: int, answer: str) -> None:
        questions = list(self.run.state.questions)
        self.step(stimuli.AnswerGiven(questions[pick % len(questions)] if questions else "", answer, "ann"))

    @rule()
    def decline(self) -> None:
        if self.asked:
            self.step(stimuli.RevisionRefused(self.asked.pop() or "", "cannot be mended"))

    @precondition(lambda self: len(self.run.log) > 12)
    @rule()
    def cancel(self) -> None:
        self.step(stimuli.CancelAsked("ann"))

    @rule()
    def retry(self) -> None:
        if self.run.state.status.terminal:
            self.settled = False
            self.step(stimuli.RetryAsked("ann"))

    @rule()
    def finish(self) -> None:
        self.step(stimuli.AnswerWritten("done", None))

    @rule()
    def restart(self) -> None:
        self.offered.clear()
        self.timers.clear()
        self.asked.clear()
        self.run.restart()
        self.look()

    # --- what always holds -------------------------------------------------------------------------------------

    @invariant()
    def ends_stay(self) -> None:
        """I6: a terminal task changes only by a retry that a person asked for."""
        bodies = [event.body for event in self.run.decision.events]
        retried = {id for body in bodies if isinstance(body, TaskRetryRequested) for id in body.tasks}
        state = self.run.state
        for id, (status, output) in self.ended.items():
            assert id in retried or (state.tasks[id].status, state.tasks[id].output) == (status, output)
        self.ended = {id: (task.status, task.output) for id, task in state.tasks.items() if task.status.terminal}

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """Whatever is ready is with placement or waits for its back-off; a run at its end has been settled."""
        state = self.run.state
        if state.status.terminal or state.status == "planning":
            return
        for id, task in state.tasks.items():
            if task.status == "ready":
                assert id in self.offered or ("retry", id) in self.timers
            if task.status == "unknown":
                asked = any(question.task == id for question in state.questions.values())
                assert asked or id in state.checks.values() or ("word", id) in self.timers
        if state.open == 0 and not state.revising and not state.questions and state.graph.version:
            assert self.settled or self.run.decision.rejected or state.status == "cancelling"

    def teardown(self) -> None:
        """Everything gets its result: the run ends."""
        for _ in range(300):
            state = self.run.state
            if state.status.terminal:
                return
            if state.questions:
                self.step(stimuli.AnswerGiven(next(iter(state.questions)), "failed", "ann"))
            elif state.revising:
                self.step(stimuli.RevisionRefused(next(iter(state.revising)), "no"))
            elif (name := self.live(0)) is not None:
                task = self.run[name]
                self.step(stimuli.ResultArrived(name, task.attempt, task.device or "", Outcome.SUCCEEDED, {"n": 2}))
            elif self.offered:
                self.place(0, "alpha", Risk.READ)
            elif waiting := [id for id, task in state.tasks.items() if task.status == "waiting"]:
                self.step(stimuli.ApprovalGiven(state.tasks[waiting[0]].approval or "", False, "ann"))
            elif retries := [id for id, task in state.tasks.items() if task.status == "ready"]:
                self.run.now += 60
                self.step(stimuli.TimerFired(TimerKind.RETRY, retries[0], state.tasks[retries[0]].attempt))
            elif state.unsure:
                name = next(iter(state.unsure))
                self.step(stimuli.TimerFired(TimerKind.WORD, name, state.tasks[name].attempt))
            else:
                self.finish()
                assert self.run.rejected in (None, "no_plan"), "all has ended and the run cannot"
                if self.run.rejected == "no_plan":
                    return
        raise AssertionError(f"the run does not end: {self.run.statuses()}")


def satisfied(graph: TaskGraph, task: str, runs: Runs) -> bool:
    """I5, said again without the state's counters."""
    held = [edge_holds(edge, runs) for edge in graph[task].depends_on]
    return all(held) if graph[task].join == "all" else not held or any(held)


def edge_holds(edge: Dependency, runs: Runs) -> bool:
    task = runs.run.state.tasks[edge.task]
    match edge.on:
        case On.SUCCESS:
            return task.status == "succeeded"
        case On.FAILURE:
            return task.status == "failed"
        case On.COMPLETION:
            return task.status.terminal
        case On.CONDITION:
            output = task.output
            return task.status == "succeeded" and isinstance(output, dict) and int(str(output["n"])) > 1


Runs.TestCase.settings = settings(stateful_step_count=40)
TestRuns = Runs.TestCase
