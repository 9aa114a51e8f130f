"""What the ladder did in one run, told from its events alone: the raw material of the ladder's report.

`RunFacts.take` is fed every event of a run, in order, and keeps numbers, not events: outputs and arguments are never
held. A *climb* is one way up the ladder: from a submission, an answer or a failure to a plan, a question or a refusal.

What a person rejected, or what shows that the accepted plan was wrong, is a `Rejection`:

    denied     a person denied an approval of one of its tasks (an approval that ran out is none)
    cancelled  a person cancelled the run after its plan was accepted
    edited     a person edited the graph, or took an edit back
    unproved   a task ended without the effect that its post-condition looks for
    faulty     the run failed on a task that no device could have done as planned: arguments that do not fit or do not
               resolve, a skill that is not there, a path outside the workspace

A file that is not there, a tool that fails, a device that goes away are the world's doing, and no rejection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from orchestrator.core import events as e
from orchestrator.core.edits import AddTask, EditBatch, ReplaceTask
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.plan import UNHEARD, Clarification, Declined, DeclinedCode, Plan, RungUsage, Tier
from protocol.errors import ErrorCode

Rejection = Literal["denied", "cancelled", "edited", "unproved", "faulty"]
Outcome = Literal["accepted", "refused", "declined", "asked"]

# Who edits a graph and is no person: the revision by rules, and the policy about unknown outcomes.
RULES = frozenset({"rule", "policy"})
EXPIRY = "expiry"
PLAN_FAULTS = frozenset({ErrorCode.UNKNOWN_SKILL, ErrorCode.BAD_ARGUMENTS, ErrorCode.OUTSIDE_WORKSPACE})
TEXT = 200


class Used(NamedTuple):
    """A `RungUsage` in little room: thousands of runs' are kept."""

    seconds: float
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    bytes_out: int

    @classmethod
    def of(cls, usage: RungUsage) -> Used:
        return cls(*(getattr(usage, name) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Try:
    """One answer of one rung. `refused`: it proposed a plan that the checks did not accept.

    `cached`: it was not asked, for it had said so in an earlier run.
    """

    rung: str
    tier: Tier
    outcome: Outcome
    code: DeclinedCode
    usage: Used
    at: float
    cached: bool = False

    @property
    def heard(self) -> bool:
        return self.outcome != "declined" or self.code not in UNHEARD


@dataclass(slots=True)
class Climb:
    """One way up: what the rungs said, in order. At most the last one was accepted."""

    tries: list[Try] = field(default_factory=list)

    @property
    def accepted(self) -> Try | None:
        return next((one for one in self.tries if one.outcome == "accepted"), None)

    def escalations(self) -> list[tuple[Try, Try]]:
        """(last try of a rung, last try of the rung after it), leaving out rungs that were not heard."""
        last: dict[str, Try] = {}
        for one in self.tries:
            if one.heard:
                last[one.rung] = one
        rungs = list(last.values())
        return list(pairwise(rungs))


@dataclass(slots=True)
class Sent:
    """What the ledger says of one run's requests of one tier. `unpriced` are those whose cost nobody knows."""

    calls: int = 0
    bytes: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0


@dataclass(slots=True)
class RunFacts:
    """One run. Times are Unix times in seconds; `steps` and `cloud_steps` count tasks that the ladder planned."""

    run: str
    text: str = ""
    created: float = 0.0
    explicit: bool = False
    ended: e.RunStatus | None = None
    first_action: float | None = None
    attended: bool = False  # a person was waited for before the first action
    climbs: list[Climb] = field(default_factory=list)
    steps: int = 0
    cloud_steps: int = 0
    rejections: dict[Rejection, None] = field(default_factory=dict)
    sent: dict[Tier, Sent] = field(default_factory=dict)
    _open: Climb | None = None
    _consulted: bool = False  # a cloud was asked since the graph was last edited
    _failures: dict[str, ErrorCode] = field(default_factory=dict)
    _checks: set[str] = field(default_factory=set)  # tasks that look at what became of another

    # --- the log -----------------------------------------------------------------------------------------------

    def take(self, event: e.Event) -> None:
        """The run's next event."""
        match event.body:
            case e.RunSubmitted(request=request):
                self.created, self.explicit, self.text = event.at, request.plan is not None, request.text[:TEXT]
            case e.RungTried() as tried:
                self._tried(tried, event.at)
            case e.QuestionAsked(task=task):
                self._open = None
                self._awaits_person(task is None)
            case e.RevisionRequested() | e.RevisionDeclined():
                self._open = None
            case e.GraphEdited(batch=batch, undoes=undoes):
                self._edited(batch, undone=undoes is not None)
            case e.ApprovalRequested():
                self._awaits_person(True)
            case e.ApprovalResolved(granted=False, by=by) if by != EXPIRY:
                self.rejections["denied"] = None
            case e.TaskDispatched() if self.first_action is None:
                self.first_action = event.at
            case e.RunCancelRequested() if self.planned:
                self.rejections["cancelled"] = None
            case e.RunEnded(status=status):
                self._ended(status)
            case _:
                self._fate(event.body)

    def _tried(self, tried: e.RungTried, at: float) -> None:
        proposal = tried.proposal
        result = proposal.result
        outcome: Outcome = "accepted" if tried.accepted else "refused"
        if isinstance(result, Declined):
            outcome = "declined"
        elif isinstance(result, Clarification):
            outcome = "asked"
        code = result.code if isinstance(result, Declined) else ""
        if self._open is None:
            self._open = Climb()
            self.climbs.append(self._open)
        self._open.tries.append(
            Try(proposal.rung, proposal.tier, outcome, code, Used.of(proposal.usage), at, cached=proposal.cached)
        )
        self._consulted |= proposal.tier == "cloud" and proposal.usage.calls > 0
        if tried.accepted and isinstance(result, Plan):
            self._open = None

    def _edited(self, batch: EditBatch, *, undone: bool) -> None:
        self._open = None
        if undone or self._by_person(batch):
            self.rejections["edited"] = None
            return
        added = [edit.task for edit in batch.edits if isinstance(edit, AddTask | ReplaceTask)]
        planned = [task for task in added if task.checks is None]
        self._checks.update(task.id for task in added if task.checks is not None)
        self.steps += len(planned)
        self.cloud_steps += len(planned) if self._consulted else 0
        if planned:
            self._consulted = False

    def _by_person(self, batch: EditBatch) -> bool:
        rungs = {one.rung for climb in self.climbs for one in climb.tries}
        return not self.explicit and batch.by not in RULES and batch.by not in rungs

    def _awaits_person(self, awaits: bool) -> None:
        self.attended |= awaits and self.first_action is None

    def _fate(self, body: e.Body) -> None:
        """How tasks end, by id: what stands when the run has failed says whose fault it was."""
        match body:
            case e.AttemptEnded(task=task, outcome=e.AttemptOutcome.SUCCEEDED):
                self._failures.pop(task, None)
            case e.AttemptEnded(task=task, error=error) | e.TaskFailed(task=task, error=error) if error is not None:
                self._failures[task] = error.code
            case e.UnknownResolved(resolution="failed", by=by) if by in self._checks:
                self.rejections["unproved"] = None
            case e.TaskRetryRequested(tasks=tasks):
                self.ended = None
                for task in tasks:
                    self._failures.pop(task, None)
            case _:
                pass

    def _ended(self, status: e.RunStatus) -> None:
        self.ended, self._open = status, None
        if status is e.RunStatus.FAILED and self.planned and PLAN_FAULTS & set(self._failures.values()):
            self.rejections["faulty"] = None

    # --- the ledger --------------------------------------------------------------------------------------------

    def take_entries(self, entries: Iterable[LedgerEntry]) -> None:
        """The run's entries of the ledger: where there are any, they say what was sent, and the tries do not."""
        for entry in entries:
            sent = self.sent.setdefault(entry.outbound.tier, Sent())
            cost = entry.closing.cost_usd if entry.closing is not None else None
            sent.calls += 1
            sent.bytes += entry.outbound.bytes
            sent.cost_usd += cost or 0.0
            sent.unpriced += cost is None

    # --- what follows ------------------------------------------------------------------------------------------

    @property
    def planned(self) -> bool:
        """Whether a rung's plan was accepted."""
        return any(climb.accepted for climb in self.climbs)

    @property
    def tries(self) -> list[Try]:
        return [one for climb in self.climbs for one in climb.tries]

    @property
    def succeeded(self) -> bool:
        return self.ended is e.RunStatus.SUCCEEDED

    @property
    def wrong(self) -> bool:
        """Whether an accepted plan turned out to be wrong."""
        return self.planned and bool(self.rejections)

    @property
    def cloud_calls(self) -> int:
        if self.sent:
            return self.sent["cloud"].calls if "cloud" in self.sent else 0
        return sum(one.usage.calls for one in self.tries if one.tier == "cloud")

    @property
    def cost_usd(self) -> float | None:
        """None where a call was made whose cost is not known."""
        if self.sent:
            unknown = any(sent.unpriced for sent in self.sent.values())
            return None if unknown else sum(sent.cost_usd for sent in self.sent.values())
        costs = [one.usage.cost_usd for one in self.tries]
        return sum(cost for cost in costs if cost is not None) if None not in costs else None

    def bytes_out(self, tier: Tier) -> int:
        if self.sent:
            return self.sent[tier].bytes if tier in self.sent else 0
        return sum(one.usage.bytes_out for one in self.tries if one.tier == tier)

    @property
    def to_first_action_s(self) -> float | None:
        return None if self.first_action is None else max(0.0, self.first_action - self.created)
