"""Retention: old runs that have ended leave the record, a few at a time, with the contents that only they had.

A run that is to go is unknown to the engine from then on: nobody can try it again while its rows go one after the
other. What a crash leaves undone is noted in the record, and done by the next pruning.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from orchestrator.core.application import Pruned
from orchestrator.core.ports import Clock, Store, StoreError

log = structlog.get_logger("asterism.pruning")

RUNS = 50
"""In one pass: with some thousand entries to a transaction, other work waits for no more than a few milliseconds."""
EVERY_S, NEXT_S = 60.0, 0.2


class Runs(Protocol):
    """Who works with runs: the engine, where one runs."""

    def retire(self, runs: Sequence[str]) -> list[str]:
        """Of these runs, those that nobody works with. They are unknown from now on, until they are `retired`."""

    def retired(self, runs: Sequence[str]) -> None: ...


@dataclass(frozen=True)
class Pruner:
    """`discard` removes the content of a hash unless a run has it, and gives its size; `forget` what agents keep."""

    store: Store
    runs: Runs
    discard: Callable[[str], Awaitable[int]]
    forget: Callable[[Sequence[str]], Awaitable[None]]

    async def prune(self, before: float, *, keep: int = 0, limit: int = RUNS, dry_run: bool = False) -> Pruned:
        """Delete ended runs that have not changed since `before`, but for the newest `keep`. Raises StoreError."""
        chosen = await self.store.prunable(before, keep=keep, limit=limit + 1)
        more, chosen = len(chosen) > limit, chosen[:limit]
        if dry_run:
            return Pruned(runs=len(chosen), more=more, dry_run=True)
        free = self.runs.retire(chosen)
        try:
            removed = await self.store.prune(free, before)
        finally:
            self.runs.retired(free)
        size = 0
        for sha256 in removed.contents:
            size += await self.discard(sha256)
        if removed.contents:
            await self.store.pruned()
        await self.forget(removed.runs)
        return Pruned(
            runs=len(removed.runs),
            rows=removed.rows,
            contents=len(removed.contents),
            content_bytes=size,
            more=more and bool(removed.runs),
        )

    async def retain(self, clock: Clock, days: float | None, keep: int) -> None:
        """Finish what a crash has left; then prune for ever, every minute, where `days` are given."""
        while True:
            pause = EVERY_S
            try:
                before = clock.now() - days * 86_400 if days is not None else 0.0
                done = await self.prune(before, keep=keep, limit=RUNS if days is not None else 0)
            except (StoreError, OSError) as error:
                log.warning("pruning was put off", error=str(error))
            else:
                if done.runs:
                    log.info("old runs were pruned", **done.model_dump())
                if days is None:
                    return
                pause = NEXT_S if done.more else EVERY_S
            await asyncio.sleep(pause)
