"""The one place where the parts are wired together, and the application that both faces stand on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import importlib
import itertools
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog
from pydantic import ValidationError

from agents.answer import write_answer
from agents.cascade import tier_of
from agents.factory import build_supervisor
from agents.rungs import ExchangeError, off_views, probe, rung_view
from agents.settings import AgentSettings
from agents.supervisor import LeadingSupervisor
from devices.gateway import Gateway, GatewaySettings
from orchestrator import tokens
from orchestrator.changes import Changes
from orchestrator.contents import Contents
from orchestrator.core import stimuli
from orchestrator.core.application import FaultsView, Health, Pruned, Refusal, Role, Statistics
from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.commands import Decision
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event, RunError, RunStatus
from orchestrator.core.ladder_report import EnergyProfile, LadderReport, LadderView, RungView
from orchestrator.core.ports import Clock, Consultation, RunControl, Store, StoreError, Supervisor
from orchestrator.core.project import graph_view, run_view, task_views
from orchestrator.core.records import ArtifactRecord, RunSummary, TokenRecord
from orchestrator.core.requests import Request, unreadable
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.state import RunState
from orchestrator.core.tasks import LIVE, TaskStatus
from orchestrator.core.views import Change, DeviceView, EditResult, GraphView, RunItem, RunView, TaskLog
from orchestrator.core.webhooks import Delivery, Sent, WebhooksView
from orchestrator.faults import FaultDesk
from orchestrator.ladder import LadderDesk, energy_profile
from orchestrator.runtime.control import Control, Supervision, edit_result
from orchestrator.runtime.engine import Engine, Slot
from orchestrator.runtime.pruning import Pruner
from orchestrator.runtime.reception import NEEDED, Reception, valid
from orchestrator.runtime.roster import Known
from orchestrator.settings import Settings, SettingsProblem, secret_texts
from orchestrator.webhooks import WebhookDesk
from protocol.credentials import parse_token, verifier
from protocol.failpoints import Failpoints, Rule
from protocol.vocabulary import SkillSpec
from storage import make_store

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from agents.gate import Gate
    from agents.recording import Exchange
    from orchestrator.replaying.recorder import Recorder

log = structlog.get_logger("asterism.app")

PAGE = 1_000
BREATH_S = 1.0  # after a restart with open runs, before what devices do not need is loaded
COMMIT_PATIENCE_S = 10.0
"""How long a caller waits for the record. A database that is well needs milliseconds."""
ANSWERS = 500  # tasks that an answer to a given plan tells of
T = TypeVar("T")


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()


class Asterism:
    """One orchestrator. `await start()`, serve `gateway` at `/v1/agent`, `await stop()`.

    `store`, `supervisor`, `clock` and the source of ids may be given, for tests; else the settings say what they are.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        supervisor: Supervisor | None = None,
        clock: Clock | None = None,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.settings = settings
        self._random_hex = random_hex
        self._clock = clock or SystemClock()
        self._problems: dict[str, None] = {}
        failpoints = Failpoints(time.monotonic)
        self._faults = FaultDesk(failpoints, settings.faults)
        self.store = store or make_store(settings.database, on_trouble=self._trouble, failpoints=failpoints)
        contents = Contents(Path(settings.data_dir) / "artifacts", self.store, self._clock)
        heard = self._heard if settings.record_runs else None
        self._leader = supervisor or build_supervisor(
            _agents(settings), failpoints=failpoints, gate=self._gate, heard=heard
        )
        self._supervision = Supervision(_Desk(self._leader, self._write))
        scheduler = Scheduler(settings.placement)
        self._changes = Changes(random_hex(6))
        self.engine = Engine(
            self.store,
            self._supervision,
            self._clock,
            lease_s=settings.lease_s,
            scheduler=scheduler,
            changes=self._changes,
        )
        if settings.traces:
            from orchestrator.runtime.tracing import Tracing

            self.engine.tracing = Tracing(_tracer())
        self._webhooks = WebhookDesk(
            self.store, self._clock, settings.webhooks, random_hex=random_hex, jitter=random.random
        )
        self.engine.webhooks = self._webhooks.sender
        self._control = Control(self.engine)
        self._supervision.attach(self._control)
        self.reception = Reception(self.engine, self.store, self._clock)
        gateway = GatewaySettings(heartbeat_s=settings.heartbeat_s, lease_s=settings.lease_s)
        self.gateway = Gateway(
            self.reception, gateway, contents, clock=self._clock.now, random_hex=random_hex, failpoints=failpoints
        )
        self.engine.attach(self.gateway)
        self._contents = contents
        self._recorder = self._make_recorder(settings.record_runs) if settings.record_runs else None
        self._pruner = Pruner(self.store, self.engine, contents.discard, self._forget)
        self._planners = self._leader.planners if isinstance(self._leader, LeadingSupervisor) else ()
        tiers = {planner.rung: tier_of(planner) for planner in self._planners}
        self._ladder = LadderDesk(self.store, tiers, _energy(settings))
        self._retaining: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._started = False
        self.replaced = asyncio.Event()
        """Another orchestrator has the record: this one can do nothing more, and should be stopped."""

    async def start(self) -> None:
        """Open the record, take up what is open, and let devices in. Raises StoreError."""
        self._make_folder()
        await self.store.open()
        self.reception.guarded = bool(await self.store.tokens())
        await self.reception.logs.open()
        self.gateway.start()
        await self.engine.start()
        self._webhooks.sender.start()
        self._started = True
        if self._recorder is not None:
            await self._recorder.take_up()
        days, keep = self.settings.retention_days, self.settings.retention_keep
        self._retaining = asyncio.create_task(self._pruner.retain(self._clock, days, keep))
        if isinstance(self._leader, LeadingSupervisor):
            # LangGraph takes a second to import: in the background, before the first request needs it.
            self._preparing = asyncio.create_task(self._prepare(self._leader))

    async def stop(self) -> None:
        """Stop cleanly; open runs go on after the next start. Safe to call twice."""
        if self._started:
            self._started = False
            self._stopping.set()
            self._problems["stopping"] = None
            if self._retaining is not None:
                self._retaining.cancel()
                await asyncio.gather(self._retaining, return_exceptions=True)
            if self._recorder is not None:
                await self._recorder.close()
            await self._webhooks.sender.stop()
            await self._supervision.stop()
            await self.gateway.stop()
            await self.reception.logs.close()
            await self.engine.stop()
        if self._preparing is not None:
            await asyncio.gather(self._preparing, return_exceptions=True)
        if isinstance(self._leader, LeadingSupervisor):
            await self._leader.close()
        await self.store.close()

    def now(self) -> float:
        """Unix time, by this orchestrator's clock."""
        return self._clock.now()

    def record(self, recorder: Recorder) -> None:
        """Have runs that begin from now on recorded."""
        self._recorder = recorder

    def _make_recorder(self, folder: Path) -> Recorder:
        from orchestrator.replaying.recorder import Recorder

        return Recorder(self, folder, secret_texts(self.settings))

    def _heard(self, run: str, exchange: Exchange) -> None:
        if self._recorder is not None:
            self._recorder.exchanged(run, exchange)

    def _gate(self) -> Gate:
        """What all that is told to a model goes through. Made where there is a model: it takes some time to load."""
        from agents.gate import Gate

        return Gate(
            self.store,
            privacy=self.settings.privacy,
            day=self.settings.daily_budget,
            secret=secret_texts(self.settings),
            environment=os.environ,
            now=self._clock.now,
        )

    def _make_folder(self) -> None:
        """The data folder is ours to make; a database that lies elsewhere is not."""
        try:
            self.settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = f"The data folder {self.settings.data_dir} cannot be made: {error.strerror}."
            raise StoreError("database_unavailable", message, remedy="Set ASTERISM_DATA_DIR to another one.") from None

    async def _prepare(self, leader: LeadingSupervisor) -> None:
        if self.engine.open_runs:  # devices that come back to their work come first
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BREATH_S):
                    await self._stopping.wait()
        try:
            await asyncio.to_thread(importlib.import_module, "agents.embedded.planner")
            await leader.prepare()
        except Exception as error:  # noqa: BLE001 - the first consultation tries again, and says so where it fails
            log.warning("the supervisor could not be prepared", error=str(error))

    def _trouble(self, code: str | None) -> None:
        """The store says that it is in trouble, or well again."""
        for known in [known for known in self._problems if known.startswith("database_")]:
            del self._problems[known]
        if code is None:
            log.warning("the record is well again: work is accepted")
            return
        self._problems[code] = None
        log.error("the record is in trouble: no work is accepted", code=code)
        if code == "database_taken":
            self.replaced.set()

    # --- runs --------------------------------------------------------------------------------------------------

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

    async def runs(self, *, status: str | None = None, before: float | None = None, limit: int = 50) -> list[RunItem]:
        summaries = await self._stored(self.store.runs(status=status, before=before, limit=limit))
        return [_item(summary) for summary in summaries]

    async def run(self, run: str, *, brief: bool = False) -> RunView:
        slot = await self._slot(run)
        now = self._clock.now()
        volatile = {} if brief else {**self.reception.words(run), **self._missed(slot.state, now)}
        return run_view(slot.state, brief=brief, volatile=volatile, now=now)

    def _missed(self, state: RunState, now: float) -> dict[str, str]:
        """What tasks wait for whose device is not there, or cannot take them as it is: not for a free slot on it."""
        found = {}
        for id, task in state.tasks.items():
            at = self.engine.roster.get(task.device) if task.device and task.status in LIVE else None
            if at is not None and not at.info.online:
                found[id] = f"{task.device} to come back: it is {at.absence(now)}"
            if task.status is not TaskStatus.READY or (task.retry_at is not None and task.retry_at > now):
                continue
            wanted = state.graph[id].requirements.device
            known = self.engine.roster.get(wanted) if wanted else None
            if wanted and (known is None or not known.info.available):
                found[id] = f"{wanted}, which is {known.absence(now) if known else 'away'}"
            elif self.engine.scheduler.is_stranded(state.run, id):
                skill = state.graph[id].skill
                why = self.engine.roster.fleet.withheld(skill, (wanted,) if wanted else None)
                found[id] = f"{wanted or 'a device'} that can run {skill}{f': {why}' if why else ''}"
        return found

    async def graph(self, run: str) -> GraphView:
        return graph_view((await self._slot(run)).state)

    async def events(self, run: str, *, after: int = 0, limit: int = 10_000) -> list[Event]:
        await self._slot(run)
        return await self._stored(self.store.events(run, after=after, limit=limit))

    async def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        async for page in self.pages(run, after=after):
            for event in page:
                yield event

    async def pages(self, run: str, *, after: int = 0) -> AsyncIterator[list[Event]]:
        while True:
            slot = await self._slot(run)
            page = await self._page(slot, run, after)
            if page:
                after = page[-1].seq
                yield page
                continue
            if slot.ended or slot.state.status.terminal:
                return
            await slot.change()

    async def _page(self, slot: Slot, run: str, after: int) -> list[Event]:
        """Durable events after `after`, from memory where they are recent."""
        if slot.durable <= after and not slot.ended:
            return []
        recent = slot.recent
        if recent and recent[0].seq <= after + 1:
            # Who follows is nearly always near the end.
            newer = list(itertools.takewhile(lambda event: event.seq > after, reversed(recent)))
            return newer[::-1]
        return await self._stored(self.store.events(run, after=after, limit=PAGE))

    def changes(self, place: str = "") -> AsyncIterator[list[Change]]:
        return self._changes.follow(place)

    def changed(self, place: str = "") -> list[Change]:
        return self._changes.since(place)

    async def wait(self, run: str, seconds: float) -> RunView:
        async def settled() -> None:
            while True:
                slot = await self._slot(run)
                if slot.state.status.terminal or slot.state.face is RunStatus.WAITING:
                    return
                await slot.change()

        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(settled(), seconds)
        return await self.run(run)

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

    async def log(self, run: str, task: str) -> TaskLog:
        slot = await self._slot(run)
        if task not in slot.state.tasks:
            raise Refusal("not_found", f"run {run} has no task {task}")
        return self.reception.logs.of(run, task)

    async def explain(self, run: str, task: str) -> list[str]:
        slot = await self._slot(run)
        if task not in slot.state.tasks:
            raise Refusal("not_found", f"run {run} has no task {task}")
        view = next(view for view in (await self.run(run)).tasks if view.id == task)
        lines = [f"{task} is {view.status.value}" + (f" on {view.device}" if view.device else "")]
        lines += [f"waits for {view.waiting_for}"] if view.waiting_for else []
        lines += [f"because {view.why}"] if view.why else []
        if slot.state.tasks[task].status in (TaskStatus.READY, TaskStatus.PENDING, TaskStatus.RUNNING):
            for score in self.engine.scheduler.explain(slot.machine.ready_task(task)):
                marks = "cannot" if score.score is None else f"{score.score:.2f}"
                lines.append(f"{score.device}: {marks} ({score.because})")
        return lines

    # --- devices -----------------------------------------------------------------------------------------------

    async def devices(self) -> list[DeviceView]:
        return [self._device(known) for known in sorted(self.engine.roster, key=lambda known: known.info.name)]

    async def device(self, name: str) -> DeviceView:
        known = self.engine.roster.get(name)
        if known is None:
            raise Refusal("not_found", f"there is no device {name}")
        return self._device(known)

    def _device(self, known: Known) -> DeviceView:
        info = known.info
        return DeviceView(
            name=info.name,
            kind=info.kind,
            online=info.online,
            draining=info.draining,
            labels=info.labels,
            profile=info.profile,
            skills=tuple(info.skills.values()),
            slots=info.slots,
            running=len(known.attempts),
            load=known.load,
            epoch=known.epoch,
            last_seen=known.last_seen,
            unavailable_because=known.away_because or ("draining" if info.draining else ""),
            withheld=info.withheld if info.online else {},
        )

    async def drain(self, name: str, *, reason: str = "") -> None:
        if not self.engine.drain(name, reason):
            raise Refusal("not_found", f"there is no device {name}")

    async def forget_device(self, name: str, *, by: str = "") -> None:
        self._check_ready()
        known = self.engine.roster.get(name)
        if known is None:
            raise Refusal("not_found", f"there is no device {name}")
        if known.info.online or known.attempts:
            why = "is connected: drain it, or stop it" if known.info.online else "has work that may still come back"
            raise Refusal("conflict", f"{name} {why}")
        await self._stored(self.store.forget_device(name))
        self.engine.forget(name)
        log.info("a device is forgotten", device=name, by=by)

    async def skills(self) -> list[SkillSpec]:
        return list(self.engine.roster.fleet.skills.values())

    # --- artifacts ---------------------------------------------------------------------------------------------

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        await self._slot(run)
        return await self._stored(self.store.artifacts(run))

    async def read_artifact(self, sha256: str) -> AsyncIterator[bytes]:
        if await self._stored(self.store.artifact(sha256)) is None:
            raise Refusal("not_found", "there is no such artifact")
        async for data in self._contents.read(sha256):
            yield data

    # --- tokens ------------------------------------------------------------------------------------------------

    async def create_token(
        self, role: Role, *, name: str = "", expires_in_s: float | None = None
    ) -> tuple[str, TokenRecord]:
        token, record = tokens.make(role, name=name, now=self._clock.now(), expires_in_s=expires_in_s)
        await self._stored(self.store.add_token(record))
        if not self.reception.guarded:
            self.reception.guarded = True
            self.gateway.expel(None, NEEDED)
        return token, record

    async def tokens(self) -> list[TokenRecord]:
        return await self._stored(self.store.tokens())

    async def revoke_token(self, id: str) -> bool:
        revoked = await self._stored(self.store.revoke_token(id, self._clock.now()))
        self.gateway.expel(id, "The device's token was revoked.")
        return revoked

    async def authenticate(self, token: str) -> TokenRecord | None:
        try:
            parsed = parse_token(token)
        except ValueError:
            return None
        record = await self._stored(self.store.token(parsed.id))
        right = hmac.compare_digest(verifier(token), record.verifier if record else "0" * 64)
        return record if record is not None and right and valid(record, self._clock.now()) else None

    async def tokens_configured(self) -> bool:
        return self.reception.guarded

    # --- who did what ------------------------------------------------------------------------------------------

    async def note(self, entry: AuditEntry) -> None:
        try:
            await self._stored(self.store.add_audit(entry))
        except Refusal as error:
            log.error("who did what could not be put on record", **entry.model_dump(mode="json"), reason=error.message)

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        wanted = self.store.audit(actor=actor, action=action, object=object, before=before, limit=limit)
        return await self._reading(wanted)

    async def verify_audit(self) -> AuditVerdict:
        return await self._reading(self.store.verify_audit())

    # --- webhooks ----------------------------------------------------------------------------------------------

    def webhooks(self) -> WebhooksView:
        return self._webhooks.overview()

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        return await self._stored(self._webhooks.list(run=run, status=status, before=before, limit=limit))

    async def test_webhook(self, where: str, *, by: str = "") -> Sent:
        return await self._webhooks.test(where, by)

    async def retry_delivery(self, id: str, *, by: str = "") -> Delivery:
        return await self._stored(self._webhooks.retry(id, by))

    async def remove_delivery(self, id: str, *, by: str = "") -> None:
        await self._stored(self._webhooks.remove(id, by))

    # --- failpoints --------------------------------------------------------------------------------------------

    def faults(self) -> FaultsView:
        return self._faults.view(guarded=self.reception.guarded)

    def enable_fault(self, point: str, rule: Rule, *, by: str = "") -> None:
        self._faults.enable(point, rule, guarded=self.reception.guarded, by=by)

    def disable_faults(self, point: str | None = None, *, by: str = "") -> list[str]:
        return self._faults.disable(point, by=by)

    # --- retention ---------------------------------------------------------------------------------------------

    async def prune(self, older_than_s: float, *, keep: int = 0, limit: int = 50, dry_run: bool = False) -> Pruned:
        self._check_ready()
        before = self._clock.now() - older_than_s
        try:
            return await self._pruner.prune(before, keep=keep, limit=limit, dry_run=dry_run)
        except StoreError as error:
            raise Refusal("not_ready", str(error)) from None

    async def _forget(self, runs: Sequence[str]) -> None:
        self.reception.logs.forget(runs)
        self._changes.tell("run", runs)
        if isinstance(self._leader, LeadingSupervisor):
            await self._leader.forget(runs)

    # --- the ladder --------------------------------------------------------------------------------------------

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 1_000) -> list[LedgerEntry]:
        if run is not None:
            await self._slot(run)
        return await self._reading(self.store.egress(run=run, since=since, limit=limit))

    async def ladder(self) -> LadderView:
        used = await self._reading(self._ladder.last_used())
        rungs = [await rung_view(planner) for planner in self._planners]
        rungs += off_views(_agents(self.settings))
        return LadderView(rungs=tuple(one.model_copy(update={"last_used": used.get(one.rung)}) for one in rungs))

    async def ladder_report(self, *, since: float | None = None, until: float | None = None) -> LadderReport:
        return await self._reading(self._ladder.report(since=since, until=until))

    async def run_ladder(self, run: str) -> LadderReport:
        found = await self._reading(self._ladder.report_run(run))
        if found is None:
            raise Refusal("not_found", f"there is no run {run}")
        return found

    async def probe_rung(self, rung: str) -> RungView:
        planner = next((one for one in self._planners if one.rung == rung), None)
        if planner is None and rung in _agents(self.settings).off:
            raise Refusal("bad_request", f"the rung {rung} is switched off by the setting `rungs`")
        if planner is None:
            raise Refusal("not_found", f"there is no rung {rung}: see `asterism ladder list`")
        try:
            found = await probe(planner)
        except ExchangeError as error:
            raise Refusal("not_ready", str(error)) from None
        if found is None:
            raise Refusal("bad_request", f"the rung {rung} has no server to probe")
        return found

    # --- health ------------------------------------------------------------------------------------------------

    def health(self) -> Health:
        return Health(ready=self._started and not self._problems, problems=tuple(self._problems))

    def statistics(self) -> Statistics:
        engine, counters = self.engine, self.engine.counters
        roster = list(engine.roster)
        return Statistics(
            runs_open=engine.open_runs,
            tasks_waiting=engine.scheduler.waiting(),
            attempts_live=sum(len(known.attempts) for known in roster),
            devices_online=sum(known.info.online for known in roster),
            devices_known=len(roster),
            runs_started=counters.runs,
            tasks_dispatched=counters.dispatched,
            attempts_succeeded=counters.succeeded,
            attempts_failed=counters.failed,
            attempts_lost=counters.lost,
            commits=counters.commits,
            sessions_faulted=self.reception.faults,
            runs_ended=dict(engine.tally.runs),
            attempts_ended=dict(engine.tally.attempts),
            plans_proposed=dict(engine.tally.plans),
            attempt_seconds=engine.tally.attempt_seconds,
            webhooks_pending=self._webhooks.sender.pending,
            webhooks_sent=dict(self._webhooks.sender.ended),
        )

    # --- helpers -----------------------------------------------------------------------------------------------

    def _check_ready(self) -> None:
        if not self._started or self._problems:
            why = ", ".join(self._problems) or "starting"
            raise Refusal("not_ready", f"the orchestrator accepts nothing now ({why}); try again later")

    async def _slot(self, run: str) -> Slot:
        """The run, with nothing in it that is not durable."""
        try:
            slot = await self.engine.slot(run)
            if slot is not None and slot.state.seq > slot.durable and self._started:
                # What is not on record has not happened, as far as anybody may be told.
                self._check_ready()
                await self._stored(self.engine.durable())
                slot = await self.engine.slot(run)
        except StoreError as error:
            raise Refusal("not_ready", str(error)) from None
        if slot is None:
            raise Refusal("not_found", f"there is no run {run}")
        return slot

    async def _open(self, run: str) -> Slot:
        slot = await self._slot(run)
        if slot.state.status.terminal:
            was = "was " if slot.state.status is RunStatus.CANCELLED else ""
            raise Refusal("run_ended", f"the run {was}{slot.state.status.value} already")
        return slot

    async def _stored(self, work: Awaitable[T]) -> T:
        """Work on the store; its failure is a refusal to try again later.

        What was to be written and is not within 10 s may still be: it is never taken back for want of a listener.
        """
        try:
            async with asyncio.timeout(COMMIT_PATIENCE_S):
                return await work
        except StoreError as error:
            raise Refusal("not_ready", str(error)) from None
        except TimeoutError:
            says = "the record cannot be written now, and whether this takes effect later is not known"
            raise Refusal("not_ready", f"{says}; look again, or repeat it with its idempotency key") from None

    async def _reading(self, work: Awaitable[T]) -> T:
        """A long read of the record: it takes what it takes, and holds nobody up."""
        try:
            return await work
        except StoreError as error:
            raise Refusal("not_ready", str(error)) from None

    def _write(self, run: str) -> str:
        """The answer to a run whose plan was given: from the tasks that answer it, and those that went wrong."""
        slot = self.engine.open_run(run)
        if slot is None:
            return ""
        state = slot.state
        answering = state.scope[:ANSWERS]
        wrong = [id for id, task in state.tasks.items() if task.status is not TaskStatus.SUCCEEDED][:ANSWERS]
        looked = [spec for spec in state.graph.tasks if spec.checks is not None][:ANSWERS]
        found = [id for spec in looked if spec.checks is not None for id in (spec.checks.task, spec.id)]
        # What a skipped task came after says why it was skipped.
        before = [edge.task for id in wrong for edge in state.graph[id].depends_on][:ANSWERS]
        told = task_views(state, only=dict.fromkeys((*answering, *wrong, *found, *before)))
        return write_answer(run_view(state, brief=True).model_copy(update={"tasks": told}), answering)


class _Desk:
    """Runs with a ready plan need no supervisor but for their answer; all others go to the real one."""

    def __init__(self, leader: Supervisor, write: Callable[[str], str]) -> None:
        self._leader = leader
        self._write = write

    async def consult(self, consultation: Consultation, control: RunControl) -> None:
        request = await control.request(consultation.run)
        if request.plan is None:
            await self._leader.consult(consultation, control)
            return
        answer = self._write(consultation.run)
        await control.finish(consultation.run, answer, None, key=consultation.key)


def _tracer() -> Tracer:
    """Raises SettingsProblem where what traces need is not installed."""
    from devices.errors import ConfigError
    from devices.tracing import tracer

    try:
        return tracer()
    except ConfigError as error:
        raise SettingsProblem(str(error)) from None


def _agents(settings: Settings) -> AgentSettings:
    """The ladder's settings."""
    folder = settings.data_dir
    return AgentSettings(
        models=settings.models,
        rungs=settings.rungs,
        checkpoints=settings.places,
        plans=str(folder / "plans.json") if settings.plan_cache else None,
        capabilities=str(folder / "capabilities.json"),
        record=str(settings.record_models) if settings.record_models else None,
        replay=str(settings.replay_models) if settings.replay_models else None,
    )


def _energy(settings: Settings) -> EnergyProfile:
    """Raises SettingsProblem where the profile that the settings name cannot be used."""
    try:
        return energy_profile(settings.energy_profile)
    except ValueError as error:
        raise SettingsProblem(f"The setting energy_profile does not fit: {error}.") from None


def _item(summary: RunSummary) -> RunItem:
    try:
        error = RunError.model_validate_json(summary.error) if summary.error else None
    except ValidationError:
        error = RunError(code="internal", message="the run's error is not readable")
    return RunItem(
        run=summary.run,
        state=RunStatus(summary.status),
        text=summary.text,
        created=summary.created,
        updated=summary.updated,
        answer=summary.answer,
        error=error,
        submitted_by=summary.submitted_by,
    )
