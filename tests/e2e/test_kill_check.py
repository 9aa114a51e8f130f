"""The comparison after a campaign of kills must be able to fail: a sound record, and what is wrong with others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.core.events import AttemptEnded, AttemptOutcome, Event, TaskDispatched
from orchestrator.core.views import RunView
from tests.support.kill_check import Field, Findings, check_job, plain
from tests.support.kill_load import Job, Work, steps
from tests.support.system import System

pytestmark = pytest.mark.slow
WORKS = [Work("s0", "append", "d0", ()), Work("s1", "write", "d0", ("s0",)), Work("s2", "shell", "d0", ())]


@dataclass(frozen=True)
class Record:
    """One finished job: what the orchestrator says of it, and what is in the field."""

    job: Job
    log: list[Event]
    view: RunView
    seen: Field

    def found(self, *, faultless: bool = True) -> Findings:
        findings = Findings()
        as_ever = plain(self.view.answer) if faultless else None
        check_job(self.job, self.log, self.view, self.seen, findings, as_ever=as_ever)
        return findings

    def had(self, mark: str, count: int) -> Record:
        ledger = self.seen.ledgers["d0"] + Counter()
        ledger[mark] = count
        return replace(self, seen=replace(self.seen, ledgers={"d0": ledger}))

    def again(self, task: str, outcome: AttemptOutcome) -> list[Event]:
        """The log with a second attempt of a task after its first, which ended so."""
        log: list[Event] = []
        for event in self.log:
            body = event.body
            if isinstance(body, AttemptEnded) and body.task == task:
                first = body.model_copy(update={"outcome": outcome})
                begun = TaskDispatched(task=task, attempt=2, device="d0", epoch=1)
                bodies = [first, begun, body.model_copy(update={"attempt": 2})]
            else:
                bodies = [body]
            log += [event.model_copy(update={"seq": len(log) + 1 + n, "body": body}) for n, body in enumerate(bodies)]
        return log


@pytest.fixture
async def record(tmp_path: Path) -> Record:
    system = System(tmp_path)
    try:
        await system.start()
        await system.device("d0")
        job = Job(7, WORKS, asks=False, template=0)
        *work, end = steps(WORKS, job.token, "")
        end |= {"skill": "file.write", "arguments": {"path": "end", "text": job.token}}
        job.run = await system.submit(*work, end)
        view = await system.app.wait(job.run, 30)
        log = await system.app.events(job.run)
        workspace = system.workspace("d0")
        files = {path.name: path.read_text() for path in workspace.glob("out/*")}
        seen = Field({"d0": Counter((workspace / "ledger").read_text().splitlines())}, files, Counter())
        return Record(job, log, view, seen)
    finally:
        await system.stop()


async def test_a_sound_record(record: Record) -> None:
    findings = record.found()
    assert findings.problems == []
    assert findings.looked_at["effects"] == 3
    assert record.found(faultless=False).problems == []


async def test_effects_that_are_missing_or_were_had_twice(record: Record) -> None:
    assert len(record.had("w7.s0", 0).found().lost) == 1
    assert len(record.had("w7.s2", 2).found().doubled) == 1
    assert len(record.had("w7.s2", 2).found(faultless=False).doubled) == 1
    torn = replace(record, seen=replace(record.seen, files={"w7.s1": "w"}))
    assert len(torn.found().lost) == 1
    elsewhere = {**record.seen.ledgers, "d1": Counter(["w7.s0"])}
    assert len(replace(record, seen=replace(record.seen, ledgers=elsewhere)).found().doubled) == 1


async def test_attempts_that_should_not_be(record: Record) -> None:
    after_success = replace(record, log=record.again("s0", AttemptOutcome.SUCCEEDED))
    assert after_success.found(faultless=False).rerun
    after_unknown = replace(record, log=record.again("s0", AttemptOutcome.UNKNOWN))
    assert after_unknown.found(faultless=False).rerun
    after_loss = replace(record, log=record.again("s1", AttemptOutcome.LOST))
    assert not after_loss.found(faultless=False).rerun
    assert after_loss.found().rerun  # no device was killed: why was it lost?


async def test_a_log_with_a_gap_or_two_starts(record: Record) -> None:
    assert replace(record, log=[e for e in record.log if e.seq != len(record.log) - 1]).found().lost
    start = next(event for event in record.log if isinstance(event.body, TaskDispatched))
    twice = [event for one in record.log for event in ([one, one] if one is start else [one])]
    twice = [event.model_copy(update={"seq": n}) for n, event in enumerate(twice, 1)]
    assert replace(record, log=twice).found(faultless=False).doubled


async def test_a_view_or_an_answer_that_differs(record: Record) -> None:
    changed = replace(record, view=record.view.model_copy(update={"answer": "all is well"}))
    assert len(changed.found(faultless=False).differing) == 1
    findings = Findings()
    check_job(record.job, record.log, record.view, record.seen, findings, as_ever="another")
    assert len(findings.differing) == 1
