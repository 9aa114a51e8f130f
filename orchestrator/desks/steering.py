"""Runs, begun and steered: each change is on record before it is told."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Protocol

from orchestrator.core import stimuli
from orchestrator.core.application import Refusal
from orchestrator.core.commands import Decision
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.requests import Request, unreadable
from orchestrator.core.views import EditResult
from orchestrator.desks.desk import Desk
from orchestrator.runtime.control import Control, edit_result
from orchestrator.webhooks import WebhookDesk


class RunRecorder(Protocol):
    """Who records runs: `orchestrator.replaying.recorder.Recorder`."""

    def begin(self, run: str, *notes: str, at: float | None = None) -> None: ...


class Steering(Desk):
    """`_recorder` hears of each run before its first command goes out."""

    _control: Control
    _webhooks: WebhookDesk
    _recorder: RunRecorder | None
    _random_hex: Callable[[int], str]

    async def submit(self, request: Request, *, key: str | None = None, by: str = "") -> tuple[str, bool]:
        self._check_ready()
        if wrong := unreadable(request):
            raise Refusal("bad_request", wrong)
        if request.webhook is not None:
            self._webhooks.check(request.webhook)
        if by:
            request = request.model_copy(update={"submitted_by": by[:500]})
        edit = self._compiled(request)
        run = f"r{int(self._clock.now()):x}{self._random_hex(4)}"
        if key is not None:
            digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
            known, owner = await self._stored(self.store.remember_request(key, digest, run, self._clock.now()))
            if not hmac.compare_digest(known, digest):
                raise Refusal("conflict", "that idempotency key was used with another request; use a new key")
            if owner != run:
                return await self._again(owner, run, request, edit)
        await self._begin(run, request, edit)
        return run, True

    async def _again(
        self, owner: str, run: str, request: Request, edit: stimuli.EditProposed | None
    ) -> tuple[str, bool]:
        """The key is known: its run, begun now where a crash came between the two."""
        if self.engine.deletes(owner):
            raise Refusal("not_ready", f"the run {owner} that this key began is being deleted; try again")
        slot = await self._stored(self.engine.slot(owner)) or self.engine.open_run(owner)
        if slot is None:
            await self._begin(owner, request, edit)
            return owner, True
        if slot.durable == 0:  # whoever came first waits for the record still
            await self._stored(self.engine.durable())
        return owner, False

    async def _begin(self, run: str, request: Request, edit: stimuli.EditProposed | None) -> None:
        if self._recorder is not None:
            self._recorder.begin(run)
        self.engine.begin(run)
        self.engine.handle(run, stimuli.Submitted(request), request.submitted_by)
        if edit is not None:
            self.engine.handle(run, edit, "plan")
        await self._stored(self.engine.durable())

    def _compiled(self, request: Request) -> stimuli.EditProposed | None:
        """The first edit of an explicit plan."""
        if request.plan is None:
            return None
        compiled, problems = compile_plan(
            request.plan, self.engine.roster.fleet, preview_only=request.policy.preview_only
        )
        if compiled is None:
            code = "no_capable_device" if problems[0].code == "no_capable_device" else "bad_request"
            raise Refusal(code, "; ".join(problem.message for problem in problems[:20]))
        most = request.policy.budget.tasks
        if most is not None and compiled.tasks > most:
            raise Refusal("over_budget", f"the plan makes {compiled.tasks} tasks, and this run may have {most}")
        batch = EditBatch(base=0, edits=compiled.edits, by=request.submitted_by or "client", why="the request's plan")
        return stimuli.EditProposed(batch, compiled.answer, compiled.made)

    async def edit(self, run: str, batch: EditBatch, *, by: str = "") -> EditResult:
        self._check_ready()
        await self._open(run)
        # What revises a failure, and keys of steps, are the supervisor's to say.
        update: dict[str, object] = {"revises": None, "by": by or batch.by or "client"}
        return await self._stored(self._control.edit(run, batch.model_copy(update=update)))

    async def undo(self, run: str, version: int, *, by: str = "") -> EditResult:
        self._check_ready()
        slot = await self._open(run)
        decision = await self._stored(self.engine.handle_durably(run, stimuli.UndoAsked(version, by or "client"), by))
        return edit_result(decision or Decision([], [], ("run_ended", "the run has ended")), slot)

    async def cancel(self, run: str, *, by: str = "", reason: str = "") -> None:
        await self._steer(run, stimuli.CancelAsked(by or "client", reason[:500]), by)

    async def retry(self, run: str, tasks: Sequence[str] = (), *, by: str = "") -> None:
        self._check_ready()
        slot = await self._slot(run)
        if not slot.state.status.terminal:
            raise Refusal("run_open", "the run has not ended; a retry is for what failed, was skipped or cancelled")
        if not self.engine.reopen(run, slot):
            raise Refusal("not_found", f"the run {run} is being deleted: it ended long ago")
        if self._recorder is not None:
            told = "what devices did before the run was tried again is not here"
            self._recorder.begin(run, told, at=slot.state.created)
        decision = await self._stored(
            self.engine.handle_durably(run, stimuli.RetryAsked(by or "client", tuple(tasks)), by)
        )
        if decision is not None and decision.rejected is not None:
            self.engine.close_again(run)
            raise Refusal(*decision.rejected)

    async def approve(self, run: str, approval: str, *, granted: bool, by: str = "") -> None:
        await self._steer(run, stimuli.ApprovalGiven(approval, granted, by or "client"), by)

    async def answer(self, run: str, question: str, answer: str, *, by: str = "") -> None:
        await self._steer(run, stimuli.AnswerGiven(question, answer, by or "client"), by)

    async def _steer(self, run: str, stimulus: stimuli.Stimulus, by: str) -> None:
        self._check_ready()
        await self._open(run)
        decision = await self._stored(self.engine.handle_durably(run, stimulus, by))
        if decision is None:
            raise Refusal("run_ended", "the run has ended")
        if decision.rejected is not None:
            raise Refusal(*decision.rejected)
