"""Transactions for tests of stores."""

from __future__ import annotations

import asyncio

from orchestrator.core.events import BODY, AttemptEnded, AttemptOutcome, Body, RunCancelRequested, TaskDispatched
from orchestrator.core.ports import Store, StoreError
from orchestrator.core.records import AttemptKey, EventRow, OutboxRow, RunRow, TaskRow, Transaction

AT = 1_700_000_000.123456


def event_row(run: str, seq: int, body: Body | None = None) -> EventRow:
    body = body or RunCancelRequested(by=f"person-{seq}")
    return EventRow(run, seq, AT + seq, body.type, f"cause-{seq}", BODY.dump_json(body).decode())


def run_row(run: str, status: str = "running", *, created: float = AT, text: str = "do it", answer: str = "") -> RunRow:
    return RunRow(run, status, text, created, AT, answer, "")


def noted(run: str, *seqs: int) -> Transaction:
    """A transaction of events only."""
    return Transaction(events=[event_row(run, seq) for seq in seqs])


def dispatched(run: str, seq: int, task: str, *, device: str = "alpha") -> Transaction:
    """What a dispatch writes: an event, the task's row, the outbox's row."""
    body = TaskDispatched(task=task, attempt=1, device=device, epoch=1)
    return Transaction(
        events=[event_row(run, seq, body)],
        tasks=[TaskRow(run, task, "running", 1, device, AT)],
        outbox=[OutboxRow(run, task, 1, device, 1, f'{{"task":"{task}"}}')],
    )


def ended(run: str, seq: int, task: str, *, device: str = "alpha") -> Transaction:
    """What the end of that attempt writes."""
    body = AttemptEnded(task=task, attempt=1, outcome=AttemptOutcome.SUCCEEDED, output={"value": "ü\u0000😀"})
    return Transaction(
        events=[event_row(run, seq, body)],
        tasks=[TaskRow(run, task, "succeeded", 1, device, AT + 1)],
        settled=[AttemptKey(run, task, 1)],
    )


async def submit_all(store: Store, *transactions: Transaction) -> list[StoreError | None]:
    """Submit them in one turn of the loop; how each ended, in the order in which the ends came."""
    loop = asyncio.get_running_loop()
    ends: list[tuple[int, StoreError | None]] = []
    finished = loop.create_future()

    def note(number: int, error: StoreError | None) -> None:
        ends.append((number, error))
        if len(ends) == len(transactions):
            finished.set_result(None)

    for number, transaction in enumerate(transactions):
        store.submit(transaction, lambda error, number=number: note(number, error))  # type: ignore[misc]
    await finished
    assert [number for number, _ in ends] == list(range(len(transactions)))
    return [error for _, error in ends]


async def seqs(store: Store, run: str) -> list[int]:
    return [event.seq for event in await store.events(run)]
