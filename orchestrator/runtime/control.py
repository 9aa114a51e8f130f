"""The supervisor's side of the engine: its consultations, one at a time for each run, and what it may do to a run."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from orchestrator.core import stimuli
from orchestrator.core.commands import Decision
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.events import RunError
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Doubtful, Plan, Proposal
from orchestrator.core.ports import Consultation, StoreError, Supervisor
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.requests import Request
from orchestrator.core.stamping import check_changes, stamp
from orchestrator.core.views import EditResult, GraphView, RunView
from orchestrator.runtime.engine import Engine
from orchestrator.runtime.slots import Slot

log = structlog.get_logger("asterism.control")

STORE_PATIENCE_S = 0.5


class RunGoneError(LookupError):
    """The run is not open (any more)."""


class Control:
    """`RunControl` over the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def fleet(self) -> FleetView:
        return self._engine.roster.fleet

    async def view(self, run: str) -> RunView:
        return run_view((await self._slot(run)).state)

    async def graph(self, run: str) -> GraphView:
        return graph_view((await self._slot(run)).state)

    async def request(self, run: str) -> Request:
        return (await self._slot(run)).state.request

    async def answers(self, run: str) -> list[tuple[str, str]]:
        return list((await self._slot(run)).state.answers)

    async def confirmed(self, run: str) -> Doubtful | None:
        return (await self._slot(run)).state.confirmed

    async def note_rung(
        self, run: str, proposal: Proposal, problems: Sequence[str], *, accepted: bool, key: str
    ) -> None:
        problems = tuple(problem[:8000] for problem in problems)
        await self._do(run, stimuli.RungSpoke(proposal, problems, accepted, key), key)

    async def start(self, run: str, plan: Plan, *, by: str, key: str) -> EditResult:
        slot = await self._slot(run)
        if key in slot.state.keys:
            return EditResult(accepted=True, version=slot.state.graph.version)
        compiled, problems = compile_plan(plan, self.fleet(), preview_only=slot.state.request.policy.preview_only)
        if compiled is None:
            reason = "; ".join(problem.message for problem in problems)
            return EditResult(accepted=False, version=0, code=problems[0].code, reason=reason[:8000])
        batch = EditBatch(base=slot.state.graph.version, edits=compiled.edits, by=by, why=plan.why, key=key)
        return await self.propose(run, batch, compiled.answer)

    async def ask(self, run: str, clarification: Clarification, *, key: str) -> None:
        await self._do(run, stimuli.QuestionPut(key, clarification), key)

    async def edit(self, run: str, batch: EditBatch) -> EditResult:
        """Check the batch against the fleet, then apply it."""
        slot = await self._slot(run)
        edits, problems = stamp(batch.edits, self.fleet(), slot.state.graph)
        problems += check_changes(batch.edits, slot.state.graph, self.fleet())
        if problems:
            reason = "; ".join(problem.message for problem in problems)[:8000]
            return EditResult(accepted=False, version=slot.state.graph.version, code=problems[0].code, reason=reason)
        return await self.propose(run, batch.model_copy(update={"edits": edits}))

    async def propose(self, run: str, batch: EditBatch, scope: tuple[str, ...] | None = None) -> EditResult:
        """Hand a batch, stamped already, to the run's machine."""
        decision = await self._do(run, stimuli.EditProposed(batch, scope), batch.key or batch.by)
        slot = await self._slot(run)
        return edit_result(decision, slot)

    async def decline(self, run: str, task: str, reason: str, *, key: str) -> None:
        await self._do(run, stimuli.RevisionRefused(task, reason[:500]), key)

    async def finish(self, run: str, answer: str, error: RunError | None, *, key: str) -> None:
        await self._do(run, stimuli.AnswerWritten(answer, error), key)

    async def _slot(self, run: str) -> Slot:
        slot = await self._engine.slot(run)
        if slot is None:
            raise RunGoneError(f"there is no run {run}")
        return slot

    async def _do(self, run: str, stimulus: stimuli.Stimulus, cause: str) -> Decision:
        decision = await self._engine.handle_durably(run, stimulus, cause[:200])
        return decision if decision is not None else Decision([], [], ("run_ended", "the run has ended"))


def edit_result(decision: Decision, slot: Slot) -> EditResult:
    """What became of an edit."""
    version = slot.state.graph.version
    if decision.rejected is None:
        return EditResult(accepted=True, version=version)
    code, reason = decision.rejected
    return EditResult(accepted=False, version=version, code=code, reason=reason)


class Supervision:
    """The engine's `Consultant`: calls the supervisor, one consultation of a run after the other."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._control: Control | None = None
        self._queues: dict[str, deque[Consultation]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def attach(self, control: Control) -> None:
        """What the supervisor acts through; before the engine starts."""
        self._control = control

    def consult(self, consultation: Consultation) -> None:
        run = consultation.run
        self._queues.setdefault(run, deque()).append(consultation)
        if run not in self._tasks:
            self._tasks[run] = asyncio.get_running_loop().create_task(self._serve(run))

    def forget(self, run: str) -> None:
        """The run has ended; a consultation that is under way notices by itself."""
        self._queues.pop(run, None)

    async def stop(self) -> None:
        """Leave off. What was open is consulted again after a restart."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, run: str) -> None:
        structlog.contextvars.bind_contextvars(run=run)  # of this asyncio task alone
        try:
            while queue := self._queues.get(run):
                await self._consult(queue.popleft())
        finally:
            self._tasks.pop(run, None)
            if not self._queues.get(run):
                self._queues.pop(run, None)

    async def _consult(self, consultation: Consultation) -> None:
        assert self._control is not None
        try:
            await self._supervisor.consult(consultation, self._control)
        except RunGoneError:
            return
        except StoreError as error:
            # The decision is not on record, so it was not made: ask again once the store has had time.
            log.error("a consultation could not be recorded", run=consultation.run, code=error.code)
            await asyncio.sleep(STORE_PATIENCE_S)
            self.consult(consultation)
        except Exception as error:
            log.exception("the supervisor failed", run=consultation.run, reason=consultation.reason)
            await self._give_up(consultation, error)

    async def _give_up(self, consultation: Consultation, error: Exception) -> None:
        """A bug in the supervisor ends its run, and says so, instead of leaving it hanging."""
        assert self._control is not None
        message = f"the supervisor failed at `{consultation.reason}`: {type(error).__name__}"
        if consultation.task is not None:
            await self._control.decline(consultation.run, consultation.task, message, key=consultation.key)
        else:
            end = RunError(code="internal", message=message)
            await self._control.finish(consultation.run, "", end, key=consultation.key)
