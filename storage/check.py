"""Does a database hold what it should: whole pages, logs without gaps, projections that say what the log says?

Every run's log is folded again, as a restart would do it, and its rows are compared with what comes out. One
consistent look, beside the orchestrator; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, func, select

from orchestrator.core.errors import InvariantError, TransitionError
from orchestrator.core.events import AttemptEnded, Event, RunStatus, TaskDispatched
from orchestrator.core.ports import StoreError
from orchestrator.core.state import RunState, fold
from storage import auditing, ledger, queries
from storage.snapshots import snapshot
from storage.sqlite import integrity_check
from storage.tables import artifacts, deliveries, egress, events, idempotency, outbox, runs, task_logs, tasks
from storage.urls import Location

Kind = Literal[
    "damaged", "gap", "unreadable", "impossible", "run_row", "task_row", "outbox", "orphan", "ledger", "audit"
]
MOST = 1_000
"""Findings after which one more says nothing new."""


@dataclass(frozen=True)
class Finding:
    """`run` is empty where no one run is at fault."""

    kind: Kind
    run: str
    says: str


@dataclass
class Findings:
    """What was looked at, and what is wrong with it, at most 1,000 times."""

    runs: int = 0
    events: int = 0
    tasks: int = 0
    found: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, kind: Kind, run: str, says: str) -> None:
        if len(self.found) < MOST:
            self.found.append(Finding(kind, run, says))
        else:
            self.more += 1


async def check(location: Location) -> Findings:
    """Raises StoreError where the database cannot be opened at all."""
    return await snapshot(location, examine)


def examine(connection: Connection) -> Findings:
    """As `check`, on a connection that sees one state of the database."""
    findings = Findings()
    try:
        if connection.dialect.name == "sqlite":
            integrity_check(connection)
        _orphans(connection, findings)
        _ledger(connection, findings)
        _audit(connection, findings)
        for run in connection.scalars(select(runs.c.run).order_by(runs.c.created, runs.c.run)).all():
            findings.runs += 1
            _run(connection, run, findings)
    except StoreError as error:
        if error.code != "database_corrupt":
            raise
        findings.add("damaged", "", error.message)
    return findings


def _orphans(connection: Connection, findings: Findings) -> None:
    """Rows of runs that there are not. A key whose run has yet to begin is none."""
    known = select(runs.c.run)
    for table in (events, tasks, outbox, artifacts, deliveries, task_logs):
        lost = connection.execute(
            select(table.c.run, func.count()).where(table.c.run.not_in(known)).group_by(table.c.run)
        )
        for run, number in lost:
            findings.add("orphan", run, f"{number} rows in {table.name}, and there is no such run")
    doubled = select(idempotency.c.run).group_by(idempotency.c.run).having(func.count() > 1)
    for run in connection.scalars(doubled):
        findings.add("orphan", run, "two idempotency keys lead to it")


def _audit(connection: Connection, findings: Findings) -> None:
    fault = auditing.verify(connection).fault
    if fault:
        findings.add("audit", "", f"the audit is not as it was written: {fault}")


def _ledger(connection: Connection, findings: Findings) -> None:
    """Entries that cannot be read, or that end before they begin. They may outlive their runs."""
    rows = connection.execute(select(egress.c.id, egress.c.run, egress.c.outbound, egress.c.closing))
    for id, run, outbound, closing in rows.yield_per(1_000):
        try:
            found = ledger.entry(id, outbound, closing)
        except StoreError as error:
            findings.add("unreadable", run, error.message)
            continue
        if (found.outbound.id, found.outbound.run) != (id, run):
            findings.add("ledger", run, f"entry {id} of the ledger says that it is {found.outbound.id}")


def _run(connection: Connection, run: str, findings: Findings) -> None:
    try:
        log = list(_read(connection, run))
    except StoreError as error:
        findings.add("unreadable", run, error.message)
        return
    findings.events += len(log)
    expected = range(1, len(log) + 1)
    missing = next((seq for event, seq in zip(log, expected, strict=True) if event.seq != seq), None)
    if missing is not None or not log:
        findings.add("gap", run, f"entry {missing or 1} is missing")
        return
    try:
        state = fold(run, log)
    except (InvariantError, TransitionError, LookupError) as error:
        findings.add("impossible", run, f"the log cannot be: {error}")
        return
    findings.tasks += len(state.tasks)
    _attempts(log, run, findings)
    _run_row(connection, state, findings)
    _task_rows(connection, state, findings)
    _outbox(connection, state, findings)


def _read(connection: Connection, run: str) -> Iterator[Event]:
    after = 0
    while page := queries.list_events(connection, run, after, 10_000):
        yield from page
        after = page[-1].seq


def _attempts(log: Sequence[Event], run: str, findings: Findings) -> None:
    """Each attempt begins once and ends at most once."""
    begun: set[tuple[str, int]] = set()
    ended: set[tuple[str, int]] = set()
    for event in log:
        body = event.body
        if isinstance(body, TaskDispatched):
            known, before = begun, True
        elif isinstance(body, AttemptEnded):
            known, before = ended, (body.task, body.attempt) in begun
        else:
            continue
        if not before or (body.task, body.attempt) in known:
            what = "begin" if known is begun else "end"
            says = f"entry {event.seq}: attempt {body.attempt} of task {body.task} cannot {what} here"
            findings.add("impossible", run, says)
        known.add((body.task, body.attempt))


def _run_row(connection: Connection, state: RunState, findings: Findings) -> None:
    row = queries.one_run(connection, state.run)
    assert row is not None
    error = state.error.model_dump_json() if state.error else ""
    # Texts are cleaned of what no database can hold on their way in, so only their lengths are theirs to keep.
    pairs = [
        ("status", row.status, state.face.value),
        ("answer's length", len(row.answer), len(state.answer)),
        ("error's length", len(row.error), len(error)),
        ("created", row.created, state.created),
    ]
    for name, is_, should in pairs:
        if is_ != should:
            findings.add("run_row", state.run, f"its row says {name} {is_!r}, its log {should!r}")


def _task_rows(connection: Connection, state: RunState, findings: Findings) -> None:
    """A task without a row has not moved; one that was undone may have left its row behind."""
    rows = {row.task: row for row in queries.list_tasks(connection, state.run)}
    for id, task in state.tasks.items():
        row = rows.get(id)
        if row is None:
            if task.attempt:
                findings.add("task_row", state.run, f"task {id} has run, and has no row")
        elif row.attempt != task.attempt:
            findings.add(
                "task_row", state.run, f"task {id}: its row says attempt {row.attempt}, its log {task.attempt}"
            )
        elif task.status.terminal and row.status != task.status.value:
            findings.add("task_row", state.run, f"task {id}: its row says {row.status}, its log {task.status.value}")


def _outbox(connection: Connection, state: RunState, findings: Findings) -> None:
    """A dispatch for each live attempt, and none for others."""
    query = select(outbox.c.task, outbox.c.attempt).where(outbox.c.run == state.run)
    has: Sequence[tuple[str, int]] = [(row.task, row.attempt) for row in connection.execute(query)]
    live = {(id, task.attempt) for id, task in state.tasks.items() if task.status.live}
    for task, attempt in sorted(live - set(has)):
        findings.add("outbox", state.run, f"attempt {attempt} of task {task} is live, and its dispatch is gone")
    for task, attempt in sorted(set(has) - live):
        ended = " of a run that has ended" if RunStatus(state.face).terminal else ""
        findings.add("outbox", state.run, f"attempt {attempt} of task {task}{ended} is over, and its dispatch is there")
