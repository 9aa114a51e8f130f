"""A `RunControl` for tests of supervisors: the real run machine over made-up devices, in one process, without waiting.

    control = FakeRunControl(FleetView.of(...), perform)
    control.submit(Request(text="..."))
    await control.drive(supervisor)
    assert control.run_view().answer == ...

`perform(device, skill, arguments)` stands for the devices: it returns the task's output, or a `TaskError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from agents.scripted import Reply, ScriptedPlanner
from orchestrator.core import stimuli
from orchestrator.core.commands import Command, Consult, Offer, ReadyTask, SendDispatch, SetTimer, TimerKind
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.events import Event, RunError
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.machine import RunMachine
from orchestrator.core.plan import Clarification, Doubtful, Plan, Proposal, Tier
from orchestrator.core.ports import Consultation, RevisionContext, StoreError, Supervisor
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.requests import Request
from orchestrator.core.scheduler import misfit
from orchestrator.core.state import RunState, fold
from orchestrator.core.views import EditResult, GraphView, RunView
from protocol.errors import ErrorCode
from protocol.messages import Dispatch, Outcome, TaskError
from protocol.vocabulary import Json, JsonObject, Risk

Perform = Callable[[str, str, JsonObject], Json | TaskError]
EPOCH = 1


def failure(code: ErrorCode = ErrorCode.TOOL_FAILED, message: str = "it broke") -> TaskError:
    """A device's word that the attempt failed."""
    return TaskError(code=code, message=message)


class ScriptedFixer(ScriptedPlanner):
    """A rung that plans by a script and mends failed tasks by another; `mended` is what it was told of each."""

    def __init__(self, plan: Reply, *fixes: Reply, rung: str = "fixer", tier: Tier = "other") -> None:
        super().__init__(plan, rung=rung)
        self.tier = tier
        self._fixes = fixes
        self.mended: list[RevisionContext] = []

    async def revise(self, request: Request, context: RevisionContext) -> Proposal:
        reply = self._fixes[min(len(self.mended), len(self._fixes) - 1)]
        self.mended.append(context)
        if isinstance(reply, Exception):
            raise reply
        return Proposal(rung=self.rung, tier=self.tier, result=reply)


class FakeRunControl:
    """Leads one run. `calls` are the names of the calls that a supervisor made; `broken` those that raise StoreError.

    `consultations` are those that the run made and that no one has answered yet; `events` is the run's log.
    """

    def __init__(self, fleet: FleetView, perform: Perform, *, run: str = "r1") -> None:
        self.run = run
        self.devices = fleet
        self.perform = perform
        self.machine = RunMachine(RunState(run))
        self.events: list[Event] = []
        self.consultations: deque[Consultation] = deque()
        self.dispatched: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.broken: set[str] = set()
        self._starts: dict[str, EditResult] = {}
        self._now = 1_000.0
        self._work: deque[Command] = deque()

    # --- the test's side -------------------------------------------------------------------------------------------

    def submit(self, request: Request) -> None:
        self.handle(stimuli.Submitted(request))

    def answer(self, text: str) -> None:
        """A person answers the open question."""
        self.handle(stimuli.AnswerGiven(id="", answer=text, by="tester"))

    def approve(self, *, granted: bool = True) -> None:
        """A person gives or denies the open approval."""
        self.handle(stimuli.ApprovalGiven(id="", granted=granted, by="tester"))

    def restart(self) -> None:
        """The orchestrator starts again: the state is folded from the log, and what was under way is taken up."""
        self.consultations.clear()
        self.machine = RunMachine(fold(self.run, self.events))
        self.handle(stimuli.Recovered())

    async def drive(self, supervisor: Supervisor) -> None:
        """Hand the consultations to `supervisor` until none is open."""
        while self.consultations:
            await supervisor.consult(self.consultations.popleft(), self)

    def run_view(self) -> RunView:
        return run_view(self.machine.state)

    def handle(self, stimulus: stimuli.Stimulus) -> tuple[str, str] | None:
        """One stimulus, and the devices' work that follows from it; why it was rejected, or None."""
        rejected = self._step(stimulus)
        while self._work:
            self._obey(self._work.popleft())
        self.machine.state.validate()
        return rejected

    def _step(self, stimulus: stimuli.Stimulus) -> tuple[str, str] | None:
        self._now += 1
        decision = self.machine.handle(stimulus, self._now)
        self.events += decision.events
        self._work += decision.commands
        return decision.rejected

    def _obey(self, command: Command) -> None:
        match command:
            case Consult(consultation=consultation):
                self.consultations.append(consultation)
            case Offer(task=task):
                self._place(task)
            case SendDispatch(device=device, message=message):
                self._perform(device, message)
            case SetTimer(at=at, kind=TimerKind.RETRY | TimerKind.QUEUE as kind):
                self._now = max(self._now, at)
                self._step(stimuli.TimerFired(kind.value, command.task, command.attempt))

    def _place(self, task: ReadyTask) -> None:
        needs = task.requirements
        if task.pinned is not None:
            needs = needs.model_copy(update={"device": task.pinned})
        fitting = [d for d in self.devices.devices.values() if misfit(d, task.skill, needs, task.allowed) is None]
        if not fitting:
            self._step(stimuli.Stranded(task.task))
            return
        chosen: DeviceInfo = next((device for device in fitting if device.name not in task.avoid), fitting[0])
        risk: Risk = chosen.skills[task.skill].risk
        self._step(stimuli.Placed(task.task, chosen.name, EPOCH, risk, "the first that fits"))

    def _perform(self, device: str, message: Dispatch) -> None:
        self.dispatched.append((message.task, device))
        done = self.perform(device, message.skill, message.arguments)
        failed = isinstance(done, TaskError)
        outcome = Outcome.FAILED if failed else Outcome.SUCCEEDED
        output, error = (None, done) if isinstance(done, TaskError) else (done, None)
        self._step(stimuli.ResultArrived(message.task, message.attempt, device, outcome, output, error))

    # --- the supervisor's side: `RunControl` -------------------------------------------------------------------------

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise StoreError("database_busy", f"{name} could not be recorded", retryable=True)

    def fleet(self) -> FleetView:
        return self.devices

    async def view(self, run: str) -> RunView:
        self._called("view")
        return self.run_view()

    async def graph(self, run: str) -> GraphView:
        self._called("graph")
        return graph_view(self.machine.state)

    async def request(self, run: str) -> Request:
        self._called("request")
        return self.machine.state.request

    async def answers(self, run: str) -> list[tuple[str, str]]:
        self._called("answers")
        return list(self.machine.state.answers)

    async def confirmed(self, run: str) -> Doubtful | None:
        self._called("confirmed")
        return self.machine.state.confirmed

    async def note_rung(
        self, run: str, proposal: Proposal, problems: Sequence[str], *, accepted: bool, key: str
    ) -> None:
        self._called("note_rung")
        self.handle(stimuli.RungSpoke(proposal, tuple(problems), accepted, key))

    async def start(self, run: str, plan: Plan, *, by: str, key: str) -> EditResult:
        self._called("start")
        if key not in self._starts:
            self._starts[key] = self._start(plan, by, key)
        return self._starts[key]

    def _start(self, plan: Plan, by: str, key: str) -> EditResult:
        compiled, problems = compile_plan(
            plan, self.devices, preview_only=self.machine.state.request.policy.preview_only
        )
        version = self.machine.state.graph.version
        if compiled is None:
            return EditResult(accepted=False, version=version, code=problems[0].code, reason=problems[0].message)
        batch = EditBatch(base=version, edits=compiled.edits, by=by, key=key)
        return self._edited(self.handle(stimuli.EditProposed(batch, compiled.answer)))

    async def ask(self, run: str, clarification: Clarification, *, key: str) -> None:
        self._called("ask")
        self.handle(stimuli.QuestionPut(key, clarification))

    async def edit(self, run: str, batch: EditBatch) -> EditResult:
        self._called("edit")
        return self._edited(self.handle(stimuli.EditProposed(batch)))

    def _edited(self, rejected: tuple[str, str] | None) -> EditResult:
        version = self.machine.state.graph.version
        if rejected is None:
            return EditResult(accepted=True, version=version)
        return EditResult(accepted=False, version=version, code=rejected[0], reason=rejected[1])

    async def decline(self, run: str, task: str, reason: str, *, key: str) -> None:
        self._called("decline")
        self.handle(stimuli.RevisionRefused(task, reason))

    async def finish(self, run: str, answer: str, error: RunError | None, *, key: str) -> None:
        self._called("finish")
        self.handle(stimuli.AnswerWritten(answer, error))
