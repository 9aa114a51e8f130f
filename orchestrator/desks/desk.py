"""What every desk stands on: the record, the engine, and when nothing is accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from devices.gateway import Gateway
from orchestrator.core.application import Refusal
from orchestrator.core.events import RunStatus
from orchestrator.core.ports import Clock, Store, StoreError
from orchestrator.runtime.engine import Engine
from orchestrator.runtime.reception import Reception
from orchestrator.runtime.slots import Slot
from orchestrator.settings import Settings

COMMIT_PATIENCE_S = 10.0
"""How long a caller waits for the record. A database that is well needs milliseconds."""
T = TypeVar("T")


class Desk:
    """The attributes are set by `orchestrator.app.Asterism`, which wires them together."""

    settings: Settings
    store: Store
    engine: Engine
    reception: Reception
    gateway: Gateway
    _clock: Clock
    _started: bool
    _problems: dict[str, None]

    def now(self) -> float:
        """Unix time, by this orchestrator's clock."""
        return self._clock.now()

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
