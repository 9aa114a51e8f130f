"""The one place where the parts are wired together, and the application that both faces stand on."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import random
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from agents.answer import write_answer
from agents.cascade import tier_of
from agents.factory import build_supervisor
from agents.rungs import ExchangeError, off_views, probe, rung_view
from agents.settings import AgentSettings
from agents.supervisor import LeadingSupervisor
from devices.gateway import Gateway, GatewaySettings
from orchestrator.changes import Changes
from orchestrator.contents import Contents
from orchestrator.core.application import FaultsView, Health, Pruned, Refusal, Statistics
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.ladder_report import EnergyProfile, LadderReport, LadderView, RungView
from orchestrator.core.ports import Clock, Consultation, RunControl, Store, StoreError, Supervisor
from orchestrator.core.project import run_view, task_views
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.webhooks import Delivery, Sent, WebhooksView
from orchestrator.desks.entry import Entry
from orchestrator.desks.fleet import Fleet
from orchestrator.desks.reading import Reading
from orchestrator.desks.steering import Steering
from orchestrator.faults import FaultDesk
from orchestrator.ladder import LadderDesk, energy_profile
from orchestrator.runtime.control import Control, Supervision
from orchestrator.runtime.engine import Engine
from orchestrator.runtime.pruning import Pruner
from orchestrator.runtime.reception import Reception
from orchestrator.settings import Settings, SettingsProblem, secret_texts
from orchestrator.webhooks import WebhookDesk
from protocol.failpoints import Failpoints, Rule
from storage import make_store

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from agents.gate import Gate
    from agents.recording import Exchange
    from orchestrator.replaying.recorder import Recorder

log = structlog.get_logger("asterism.app")

BREATH_S = 1.0  # after a restart with open runs, before what devices do not need is loaded
ANSWERS = 500  # tasks that an answer to a given plan tells of


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()


class Asterism(Reading, Steering, Fleet, Entry):
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
        self._recorder: Recorder | None = self._make_recorder(settings.record_runs) if settings.record_runs else None
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
        finally:
            self._changes.tell("rung", [rung])
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
