"""Runs read back from their logs: page by page, and the next log while one is folded."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from orchestrator.core.errors import CoreError
from orchestrator.core.events import Event
from orchestrator.core.ports import Store, StoreError
from orchestrator.core.state import RunState, settle

PAGE = 10_000  # events: a page is folded in one go, while the event loop waits
RECENT_EVENTS = 2_000
MANY = 10_000  # events that stay in memory as what they became


@dataclass(slots=True)
class Log:
    """A run as its whole log says, and the newest entries of it."""

    state: RunState
    recent: deque[Event] = field(default_factory=lambda: deque(maxlen=RECENT_EVENTS))


async def read_back(store: Store, run: str) -> Log | None:
    """The run, None where the log has no entry of it. Raises StoreError, `database_corrupt` where it does not fold."""
    log = Log(RunState(run))
    while True:
        page = await store.events(run, after=log.state.seq, limit=PAGE)
        _fold(log.state, page)
        log.recent.extend(page)
        if len(page) < PAGE:
            break
    if not log.state.seq:
        return None
    settle(log.state)
    return log


def _fold(state: RunState, page: Sequence[Event]) -> None:
    try:
        for event in page:
            state.apply(event)
    except (CoreError, LookupError) as error:
        message = f"The log of run {state.run} makes no sense from entry {state.seq} on: {error}."
        raise StoreError("database_corrupt", message, remedy="Restore a copy of the database.") from error


async def read_all(store: Store, runs: Sequence[str]) -> AsyncGenerator[tuple[str, Log | None], None]:
    """The runs, in this order. Raises StoreError."""
    ahead: deque[tuple[str, asyncio.Task[Log | None]]] = deque()
    left = iter(runs)
    try:
        while True:
            while len(ahead) < 2 and (run := next(left, None)) is not None:
                ahead.append((run, asyncio.ensure_future(read_back(store, run))))
            if not ahead:
                return
            run, reading = ahead[0]
            log = await reading
            ahead.popleft()
            yield run, log
    finally:
        for _, reading in ahead:
            reading.cancel()
        await asyncio.gather(*(reading for _, reading in ahead), return_exceptions=True)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without the cyclic collector: what is read back stays, and going through it again and again took a third."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def spare(events: int) -> None:
    """Have the collector leave alone what was just read back, where it is much."""
    if events >= MANY:
        gc.freeze()
