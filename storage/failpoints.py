"""A sink whose database fails when a failpoint says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from protocol.failpoints import Failpoints, Mode
from storage.faults import make
from storage.writer import Operation, Sink

T = TypeVar("T")
_CODES = {
    Mode.BUSY: "database_busy",
    Mode.FULL: "database_full",
    Mode.UNAVAILABLE: "database_unavailable",
    Mode.UNCERTAIN: "database_unavailable",
}


def die() -> None:
    """End this process as an outside SIGKILL would: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


class FaultySink:
    """`sink`, with the failpoints `store.write` and `store.call`. All of it runs in the writer's thread."""

    def __init__(
        self,
        sink: Sink,
        failpoints: Failpoints,
        *,
        sleep: Callable[[float], None] = time.sleep,
        die: Callable[[], None] = die,
    ) -> None:
        self._sink = sink
        self._failpoints = failpoints
        self._sleep = sleep
        self._die = die
        self.open, self.holds, self.probe, self.close = sink.open, sink.holds, sink.probe, sink.close

    def write(self, transactions: Sequence[Transaction]) -> None:
        if self._failpoints.armed:
            self._failing("store.write", lambda: self._sink.write(transactions))
        else:
            self._sink.write(transactions)

    def call(self, operations: Sequence[Operation[object]]) -> list[object]:
        if self._failpoints.armed:
            return self._failing("store.call", lambda: self._sink.call(operations))
        return self._sink.call(operations)

    def _failing(self, point: str, work: Callable[[], T]) -> T:
        rule = self._failpoints.hit(point)
        if rule is None:
            return work()
        if rule.mode is Mode.DELAY:
            self._sleep(rule.delay_s)
        elif rule.mode is Mode.CRASH_BEFORE:
            self._die()
        elif rule.mode is not Mode.CRASH_AFTER and rule.mode is not Mode.UNCERTAIN:
            raise _error(rule.mode)
        done = work()
        if rule.mode is Mode.CRASH_AFTER:
            self._die()
        if rule.mode is Mode.UNCERTAIN:
            raise _error(rule.mode)
        return done


def _error(mode: Mode) -> StoreError:
    return make(_CODES[mode], f"A failpoint made the database {mode.value}.")
