"""An application in memory, for tests of the faces: the real run machine, with a script for planner and devices.

What a request's text begins with says what happens:

    echo TEXT      one reading task, whose answer is the text
    write TEXT     one writing task: waits for an approval where the policy says so
    hold           one task that ends only when it is cancelled, or by `release`
    fail           one task that fails
    which TEXT     a question with two choices, then as `echo` of the answer
    crash          the application itself raises
    anything else  no rung could plan it
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from orchestrator.changes import Changes
from orchestrator.core import commands, stimuli
from orchestrator.core.application import FaultsView, Health, Pruned, Refusal, Role, Statistics
from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.compiler import Compiled, compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event, RunError
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.ladder_facts import RunFacts
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView, Tally
from orchestrator.core.machine import RunMachine
from orchestrator.core.plan import Choice, Clarification, Declined, Plan, Proposal, Step
from orchestrator.core.ports import Consultation
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.records import ArtifactRecord, TokenRecord
from orchestrator.core.requests import Request
from orchestrator.core.state import RunState
from orchestrator.core.views import Change, DeviceView, EditResult, GraphView, LogEntry, RunItem, RunView, TaskLog
from orchestrator.core.webhooks import Delivery, Sent, WebhooksView
from orchestrator.faults import FaultDesk
from protocol.credentials import Token, verifier
from protocol.errors import ErrorCode
from protocol.failpoints import Failpoints, Rule
from protocol.messages import Outcome, TaskError
from protocol.vocabulary import DeviceKind, Risk, SkillSpec

_TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}
_RISKS = {"test.echo": Risk.READ, "test.write": Risk.WRITE, "test.hold": Risk.READ, "test.fail": Risk.READ}
SKILLS = {
    name: SkillSpec(name=name, description=name, input_schema=_TEXT, output_schema=_TEXT, risk=risk)
    for name, risk in _RISKS.items()
}
DEVICES = FleetView.of(
    DeviceInfo(name="alpha", kind=DeviceKind.SERVER, skills=SKILLS),
    DeviceInfo(name="beta", kind=DeviceKind.SERVER, skills=SKILLS),
)


@dataclass
class _Run:
    machine: RunMachine
    log: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    held: list[commands.SendDispatch] = field(default_factory=list)

    @property
    def state(self) -> RunState:
        return self.machine.state


class FakeApplication:
    """Fulfils `orchestrator.core.application.Application`; nothing of it outlives the object."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        self._tokens: dict[str, TokenRecord] = {}
        self._artifacts: list[tuple[ArtifactRecord, bytes]] = []
        self._draining: set[str] = set()
        self._ids = itertools.count(1)
        self.problems: tuple[str, ...] = ()
        self._faults = FaultDesk(Failpoints(time.monotonic), "token")
        self._changes = Changes("fake")
        self.noted: list[AuditRecord] = []

    # --- runs ------------------------------------------------------------------------------------------------------

    async def submit(self, request: Request, *, key: str | None = None, by: str = "") -> tuple[str, bool]:
        if request.text.startswith("crash"):
            raise RuntimeError("a secret that no client may see")
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        if key is not None and key in self._keys:
            earlier, run = self._keys[key]
            if earlier != digest:
                raise Refusal("conflict", "This Idempotency-Key came with another request before.")
            return run, False
        if request.plan is not None:
            _compiled(request.plan)
        run = f"r{next(self._ids)}"
        self._runs[run] = _Run(RunMachine(RunState(run)))
        if key is not None:
            self._keys[key] = (digest, run)
        self._feed(run, stimuli.Submitted(request))
        if request.plan is not None:
            self._start(run, request.plan)
        return run, True

    def changes(self, place: str = "") -> AsyncIterator[list[Change]]:
        return self._changes.follow(place)

    def changed(self, place: str = "") -> list[Change]:
        return self._changes.since(place)

    async def runs(self, *, status: str | None = None, before: float | None = None, limit: int = 50) -> list[RunItem]:
        found = [
            RunItem(
                run=run.state.run,
                state=run.state.face,
                text=run.state.request.text,
                created=run.state.created,
                updated=run.state.updated,
                answer=run.state.answer,
                error=run.state.error,
                submitted_by=run.state.request.submitted_by,
            )
            for run in reversed(self._runs.values())
        ]
        fits = [item for item in found if status in (None, item.state) and (before is None or item.created < before)]
        return fits[:limit]

    async def run(self, run: str, *, brief: bool = False) -> RunView:
        return run_view(self._find(run).state, brief=brief)

    async def graph(self, run: str) -> GraphView:
        return graph_view(self._find(run).state)

    async def events(self, run: str, *, after: int = 0, limit: int = 10_000) -> list[Event]:
        return self._find(run).log[after : after + limit]

    async def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        async for page in self.pages(run, after=after):
            for event in page:
                yield event

    async def pages(self, run: str, *, after: int = 0) -> AsyncIterator[list[Event]]:
        found = self._find(run)
        while True:
            page = found.log[after:]
            if page:
                after = page[-1].seq
                yield page
                continue
            if found.state.status.terminal and after == len(found.log):
                return
            await found.changed.wait()

    async def wait(self, run: str, seconds: float) -> RunView:
        found = self._find(run)
        try:
            async with asyncio.timeout(seconds):
                while not found.state.status.terminal and found.state.face != "waiting":
                    await found.changed.wait()
        except TimeoutError:
            pass
        return run_view(found.state)

    async def edit(self, run: str, batch: EditBatch, *, by: str = "") -> EditResult:
        return self._result(run, self._feed(run, stimuli.EditProposed(batch)))

    async def undo(self, run: str, version: int, *, by: str = "") -> EditResult:
        return self._result(run, self._feed(run, stimuli.UndoAsked(version, by)))

    async def cancel(self, run: str, *, by: str = "", reason: str = "") -> None:
        self._do(run, stimuli.CancelAsked(by, reason))

    async def retry(self, run: str, tasks: Sequence[str] = (), *, by: str = "") -> None:
        self._do(run, stimuli.RetryAsked(by, tuple(tasks)))

    async def approve(self, run: str, approval: str, *, granted: bool, by: str = "") -> None:
        self._do(run, stimuli.ApprovalGiven(approval, granted, by))

    async def answer(self, run: str, question: str, answer: str, *, by: str = "") -> None:
        self._do(run, stimuli.AnswerGiven(question, answer, by))

    async def explain(self, run: str, task: str) -> list[str]:
        if task not in self._find(run).state.tasks:
            raise Refusal("not_found", f"There is no task {task} in this run.")
        return ["alpha: has the fewest tasks", "beta: as good, and later in the alphabet"]

    async def log(self, run: str, task: str) -> TaskLog:
        if task not in self._find(run).state.tasks:
            raise Refusal("not_found", f"There is no task {task} in this run.")
        entry = LogEntry(at=time.time(), attempt=1, stream="stdout", text="working")
        return TaskLog(run=run, task=task, entries=(entry,))

    def release(self, run: str) -> None:
        """Let the held tasks of a run succeed."""
        found = self._find(run)
        held, found.held = found.held, []
        for dispatch in held:
            self._end(run, dispatch, Outcome.SUCCEEDED, None)

    # --- devices ---------------------------------------------------------------------------------------------------

    async def devices(self) -> list[DeviceView]:
        return [
            DeviceView(
                name=info.name,
                kind=info.kind,
                online=True,
                draining=info.name in self._draining,
                skills=tuple(info.skills.values()),
                slots=info.slots,
                epoch=1,
                last_seen=time.time(),
                unavailable_because="draining" if info.name in self._draining else "",
            )
            for info in DEVICES.devices.values()
        ]

    async def device(self, name: str) -> DeviceView:
        for view in await self.devices():
            if view.name == name:
                return view
        raise Refusal("not_found", f"There is no device {name}.")

    async def drain(self, name: str, *, reason: str = "") -> None:
        self._draining.add((await self.device(name)).name)

    async def forget_device(self, name: str, *, by: str = "") -> None:
        """The two that there are never go away."""
        await self.device(name)
        raise Refusal("conflict", f"{name} is connected.")

    async def skills(self) -> list[SkillSpec]:
        return list(DEVICES.skills.values())

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        self._find(run)
        return [record for record, _ in self._artifacts if record.run == run]

    async def read_artifact(self, sha256: str) -> AsyncIterator[bytes]:
        for record, content in self._artifacts:
            if record.sha256 == sha256:
                yield content
                return
        raise Refusal("not_found", "There is no such artifact.")

    def keep_artifact(self, run: str, name: str, content: bytes) -> str:
        """Give a run an artifact; its hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        record = ArtifactRecord(sha256=sha256, size=len(content), name=name, run=run, task="t", created=time.time())
        self._artifacts.append((record, content))
        return sha256

    # --- tokens and health -----------------------------------------------------------------------------------------

    async def create_token(
        self, role: Role, *, name: str = "", expires_in_s: float | None = None
    ) -> tuple[str, TokenRecord]:
        token = str(Token(f"t{next(self._ids)}", "0123456789abcdef0123456789abcdef"))
        now = time.time()
        record = TokenRecord(
            id=token.split("_")[1],
            role=role,
            verifier=verifier(token),
            name=name,
            created=now,
            expires=None if expires_in_s is None else now + expires_in_s,
        )
        self._tokens[record.id] = record
        return token, record

    async def tokens(self) -> list[TokenRecord]:
        return list(self._tokens.values())

    async def revoke_token(self, id: str) -> bool:
        if id not in self._tokens:
            return False
        self._tokens[id] = self._tokens[id].model_copy(update={"revoked": time.time()})
        return True

    async def authenticate(self, token: str) -> TokenRecord | None:
        for record in self._tokens.values():
            expired = record.expires is not None and record.expires <= time.time()
            if record.verifier == verifier(token) and record.revoked is None and not expired:
                return record
        return None

    async def tokens_configured(self) -> bool:
        return bool(self._tokens)

    def faults(self) -> FaultsView:
        return self._faults.view(guarded=bool(self._tokens))

    def enable_fault(self, point: str, rule: Rule, *, by: str = "") -> None:
        self._faults.enable(point, rule, guarded=bool(self._tokens), by=by)

    def disable_faults(self, point: str | None = None, *, by: str = "") -> list[str]:
        return self._faults.disable(point, by=by)

    async def note(self, entry: AuditEntry) -> None:
        self.noted.append(AuditRecord(seq=len(self.noted) + 1, digest="", entry=entry))

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        return [one for one in self.noted[::-1] if before is None or one.seq < before][:limit]

    async def verify_audit(self) -> AuditVerdict:
        return AuditVerdict(entries=len(self.noted))

    async def prune(self, older_than_s: float, *, keep: int = 0, limit: int = 50, dry_run: bool = False) -> Pruned:
        """Runs here have no age: all that have ended are old, but where more than a day is asked for."""
        ended = [run for run, known in self._runs.items() if known.machine.state.status.terminal]
        old = ended[: len(ended) - keep] if older_than_s <= 86_400 else []
        for run in old[:limit] if not dry_run else ():
            del self._runs[run]
        return Pruned(runs=len(old[:limit]), more=len(old) > limit, dry_run=dry_run)

    def webhooks(self) -> WebhooksView:
        return WebhooksView(signs=False)

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        """There is none: nothing signs."""
        return []

    async def test_webhook(self, where: str, *, by: str = "") -> Sent:
        raise Refusal("not_found", "There is no such target.")

    async def retry_delivery(self, id: str, *, by: str = "") -> Delivery:
        raise Refusal("not_found", f"There is no delivery {id}.")

    async def remove_delivery(self, id: str, *, by: str = "") -> None:
        raise Refusal("not_found", f"There is no delivery {id}.")

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 1_000) -> list[LedgerEntry]:
        if run is not None:
            self._find(run)
        return []

    async def ladder(self) -> LadderView:
        return LadderView(rungs=(RungView(rung="script", tier="other"),))

    async def ladder_report(self, *, since: float | None = None, until: float | None = None) -> LadderReport:
        tally = Tally({"script": "other"})
        for run in self._runs.values():
            if (since is None or run.state.created >= since) and (until is None or run.state.created < until):
                tally.add(_facts(run))
        return tally.report(since=since, until=until)

    async def run_ladder(self, run: str) -> LadderReport:
        tally = Tally({"script": "other"})
        tally.add(_facts(self._find(run)))
        return tally.report(run=run)

    async def probe_rung(self, rung: str) -> RungView:
        if rung != "script":
            raise Refusal("not_found", f"There is no rung {rung}.")
        return RungView(rung="script", tier="other", capabilities={"reachable": True}, probed=time.time())

    def health(self) -> Health:
        return Health(ready=not self.problems, problems=self.problems)

    def statistics(self) -> Statistics:
        numbers = {name: 0 for name, field in Statistics.model_fields.items() if field.annotation is int}
        return Statistics(**{**numbers, "runs_started": len(self._runs), "devices_online": 2})

    # --- the script ------------------------------------------------------------------------------------------------

    def _find(self, run: str) -> _Run:
        try:
            return self._runs[run]
        except KeyError:
            raise Refusal("not_found", f"There is no run {run}.") from None

    def _do(self, run: str, stimulus: stimuli.Stimulus) -> None:
        rejected = self._feed(run, stimulus)
        if rejected is not None:
            raise Refusal(*rejected)

    def _result(self, run: str, rejected: tuple[str, str] | None) -> EditResult:
        code, reason = rejected or ("", "")
        return EditResult(accepted=not rejected, version=self._find(run).state.graph.version, code=code, reason=reason)

    def _feed(self, run: str, stimulus: stimuli.Stimulus) -> tuple[str, str] | None:
        found = self._find(run)
        decision = found.machine.handle(stimulus, time.time())
        found.log += decision.events
        self._changes.tell("run", [run])
        found.changed.set()
        found.changed = asyncio.Event()
        for command in decision.commands:
            self._obey(run, command)
        return decision.rejected

    def _obey(self, run: str, command: commands.Command) -> None:
        found = self._find(run)
        match command:
            case commands.Offer(task):
                device = task.requirements.device or task.pinned or "alpha"
                risk = _RISKS[task.skill]
                self._feed(run, stimuli.Placed(task.task, device, 1, risk, f"{device}: is there"))
            case commands.SendDispatch(message=message):
                if message.skill == "test.hold":
                    found.held.append(command)
                elif message.skill == "test.fail":
                    error = TaskError(code=ErrorCode.TOOL_FAILED, message="it was asked to fail")
                    self._end(run, command, Outcome.FAILED, error)
                else:
                    self._end(run, command, Outcome.SUCCEEDED, None)
            case commands.SendCancel(task=task_id):
                for held in [held for held in found.held if held.message.task == task_id]:
                    found.held.remove(held)
                    self._end(run, held, Outcome.CANCELLED, None)
            case commands.SetTimer(at, kind, _, task_id, attempt) if kind is commands.TimerKind.DEADLINE:
                fired = stimuli.TimerFired(kind, task_id, attempt)
                asyncio.get_running_loop().call_later(max(0.0, at - time.time()), self._feed, run, fired)
            case commands.Consult(consultation):
                self._consult(run, consultation)
            case _:
                pass

    def _end(self, run: str, dispatch: commands.SendDispatch, outcome: Outcome, error: TaskError | None) -> None:
        message = dispatch.message
        output = message.arguments if outcome is Outcome.SUCCEEDED else None
        self._feed(run, stimuli.ResultArrived(message.task, message.attempt, dispatch.device, outcome, output, error))

    def _consult(self, run: str, consultation: Consultation) -> None:
        state = self._find(run).state
        if consultation.reason == "settled":
            texts = [str(task.output["text"]) for task in state.tasks.values() if isinstance(task.output, dict)]
            self._feed(run, stimuli.AnswerWritten(" ".join(texts), None))
        elif consultation.reason == "failed":
            self._feed(run, stimuli.RevisionRefused(consultation.task or "", "the script mends nothing"))
        else:
            self._plan(run, state, consultation.key)

    def _plan(self, run: str, state: RunState, key: str) -> None:
        verb, _, text = state.request.text.partition(" ")
        if verb == "which" and not state.answers:
            choices = (Choice(label="the first", value="alpha"), Choice(label="the second", value="beta"))
            self._feed(run, stimuli.QuestionPut(f"{key}.q", Clarification(question="Which one?", choices=choices)))
            return
        skill = {"which": "test.echo"}.get(verb, f"test.{verb}")
        if skill not in SKILLS:
            declined = Declined(reason="the script has no such verb", unplaced=(verb[:500],))
            self._feed(run, stimuli.RungSpoke(Proposal(rung="script", result=declined), (), False, f"{key}.rung"))
            message = "This could not be planned: the script has no such verb."
            self._feed(run, stimuli.AnswerWritten("", RunError(code="no_plan", message=message)))
            return
        said = state.answers[-1][1] if state.answers else text
        plan = Plan(steps=(Step(id=verb, title=f"{verb} {said}"[:500], skill=skill, arguments={"text": said}),))
        self._feed(run, stimuli.RungSpoke(Proposal(rung="script", result=plan), (), True, f"{key}.rung"))
        self._start(run, plan)

    def _start(self, run: str, plan: Plan) -> None:
        compiled = _compiled(plan)
        batch = EditBatch(base=0, edits=compiled.edits, by="script", key=f"{run}.plan")
        self._feed(run, stimuli.EditProposed(batch, compiled.answer))


def _facts(run: _Run) -> RunFacts:
    facts = RunFacts(run.state.run)
    for event in run.log:
        facts.take(event)
    return facts


def _compiled(plan: Plan) -> Compiled:
    compiled, problems = compile_plan(plan, DEVICES)
    if compiled is None:
        raise Refusal("bad_request", "; ".join(problem.message for problem in problems)[:8000])
    return compiled
