"""What must hold after processes were killed: log, ledgers, answers and views are compared, and what differs is named.

lost      an effect that the record calls done is missing, or a run that was accepted is not there
doubled   an effect was had twice, or the log holds two starts or two ends of one attempt
rerun     an attempt began although the one before it had ended well, or was still at work
differing a run did not end as it does without faults, or its log, replayed, gives another view
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.core.errors import InvariantError, TransitionError
from orchestrator.core.events import AttemptEnded, AttemptOutcome, Event, TaskDispatched, UnknownResolved
from orchestrator.core.project import run_view
from orchestrator.core.state import fold
from orchestrator.core.views import RunView
from tests.support.kill_load import ONCE, Job, Work

# An attempt after one of these is no repetition: nothing was had, or it may be had again.
REPEATABLE = (AttemptOutcome.LOST, AttemptOutcome.FAILED)
_FIGURE = re.compile(r"\b[wr]?\d[\d.,]*\b")


@dataclass
class Findings:
    """Sentences, by what is wrong; and how much was looked at."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    rerun: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)

    @property
    def problems(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.rerun, *self.differing]


@dataclass(frozen=True)
class Field:
    """What happened out there: ledgers by device, files of `file.write` by name, requests by path."""

    ledgers: Mapping[str, Counter[str]]
    files: Mapping[str, str]
    requests: Counter[str]


def check_job(
    job: Job, log: list[Event], view: RunView, seen: Field, findings: Findings, *, as_ever: str | None
) -> None:
    """Compare one job's record with the field. `as_ever` is the answer that it has without faults; None where a
    device was killed: then a run may end otherwise, and an effect may be in doubt, but not two of it."""
    _check_log(job, log, findings, faultless=as_ever is not None)
    _check_replay(job, log, view, findings)
    outcomes = {task.id: task.status.value for task in view.tasks}
    findings.looked_at.update(["runs"])
    findings.looked_at.update({"tasks": len(outcomes)})
    for work in job.works:
        _check_effect(job, work, outcomes.get(work.id, "missing"), log, seen, findings, faultless=as_ever is not None)
    if (as_ever is not None or job.asks) and view.state.value != "succeeded":
        findings.differing.append(f"{job.token} {view.run} is {view.state.value}: {outcomes} {view.error}")
    if as_ever is not None and plain(view.answer) != as_ever:
        findings.differing.append(f"{job.token} {view.run} answers {view.answer!r}, and {as_ever!r} without faults")


def plain(answer: str) -> str:
    """An answer without what differs from run to run: figures and the job's own name."""
    return _FIGURE.sub("#", answer)


def _check_log(job: Job, log: list[Event], findings: Findings, *, faultless: bool) -> None:
    name = f"{job.token} {job.run}"
    if [event.seq for event in log] != list(range(1, len(log) + 1)):
        findings.lost.append(f"{name}: the log has gaps: {[event.seq for event in log]}")
    told: defaultdict[str, list[TaskDispatched | AttemptEnded | UnknownResolved]] = defaultdict(list)
    for event in log:
        if isinstance(event.body, (TaskDispatched, AttemptEnded, UnknownResolved)):
            told[event.body.task].append(event.body)
    for task, story in told.items():
        _check_story(f"{name} {task}", story, findings)
        attempts = sum(isinstance(body, TaskDispatched) for body in story)
        findings.looked_at.update({"attempts": attempts})
        if faultless and attempts != 1:
            findings.rerun.append(f"{name} {task}: {attempts} attempts, though no device was killed: {story}")


def _check_story(name: str, story: list[TaskDispatched | AttemptEnded | UnknownResolved], findings: Findings) -> None:
    """The story of one task: start, end, and another start only where the end before allows it."""
    live, ended, may_start = 0, 0, True
    for body in story:
        if isinstance(body, TaskDispatched):
            if body.attempt != ended + 1 or live:
                findings.doubled.append(f"{name}: attempt {body.attempt} starts after {ended} ended, {live} at work")
            elif not may_start:
                findings.rerun.append(f"{name}: attempt {body.attempt} starts after one that may not be repeated")
            live, may_start = body.attempt, False
        elif isinstance(body, AttemptEnded):
            findings.looked_at.update([f"attempts {body.outcome.value}"])
            if body.attempt != live:
                findings.doubled.append(f"{name}: attempt {body.attempt} ends while {live} is at work")
            live, ended, may_start = 0, body.attempt, body.outcome in REPEATABLE
        else:
            may_start = body.resolution == "retry"


def _check_replay(job: Job, log: list[Event], view: RunView, findings: Findings) -> None:
    try:
        state = fold(job.run, log)
        state.validate()
    except (InvariantError, TransitionError) as error:
        findings.differing.append(f"{job.token} {job.run}: its log cannot be replayed: {error}")
        return
    volatile = {"tasks": {"__all__": {"waiting_for"}}}
    ours, theirs = (one.model_dump(mode="json", exclude=volatile) for one in (run_view(state), view))
    if ours != theirs:
        fields = [name for name in ours if ours[name] != theirs.get(name)]
        findings.differing.append(f"{job.token} {job.run}: its log, replayed, gives another {', '.join(fields)}")


def _check_effect(
    job: Job, work: Work, status: str, log: list[Event], seen: Field, findings: Findings, *, faultless: bool
) -> None:
    mark = f"{job.token}.{work.id}"
    name = f"{mark} ({work.kind} on {work.device}, {status})"
    elsewhere = {device for device, ledger in seen.ledgers.items() if device != work.device and ledger[mark]}
    if elsewhere:
        findings.doubled.append(f"{name} is in the ledger of {elsewhere}")
    if work.kind in ONCE:
        had = seen.ledgers[work.device][mark]
        if had > 1:
            findings.doubled.append(f"{name} was had {had} times: {_story(work, log)}")
        began = any(isinstance(e.body, TaskDispatched) and e.body.task == work.id for e in log)
        if had and not began:
            findings.doubled.append(f"{name} was had, and no attempt is on the record")
    else:
        had = {"write": int(seen.files.get(mark) == mark), "fetch": seen.requests[mark], "sleep": 1}[work.kind]
        if faultless and had > 1:
            findings.rerun.append(f"{name} was had {had} times: {_story(work, log)}")
    findings.looked_at.update({"effects": had})
    if status == "succeeded" and not had:
        findings.lost.append(f"{name} is missing: {_story(work, log)}")


def _story(work: Work, log: list[Event]) -> str:
    return "; ".join(str(event.body) for event in log if getattr(event.body, "task", "") == work.id)
