"""The disks: the orchestrator's record and each device's outbox, with a delay, and with what a crash leaves of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from devices.errors import StateError
from devices.events import Key
from devices.executor import encode_result
from devices.outbox import Outbox
from orchestrator.core.ports import Done, StoreError
from orchestrator.core.records import Transaction
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError
from storage.faults import ISOLATED, make
from storage.memory import Durable, MemoryStore
from tests.simulation.loop import LIFE, Life

COMMIT_S = 0.002
LATE_S = 3.0
PROBE_S = 0.5
Verdict = str | None
# What a moment's watcher may say: it may also kill who waits.
ERROR = "error"  # it fails, and nothing was done
LATE = (
    "late"  # it is done, and said to be only long after; where a caller can be left in doubt, he is told of a failure
)


@dataclass
class Trouble:
    """What is wrong with a disk. `code` fails every write while it is set; `slow_s` is added to each."""

    code: str | None = None
    slow_s: float = 0.0


class SimulatedStore(MemoryStore):
    """A `MemoryStore` whose commits take time. A kill leaves a prefix of what was submitted.

    `watch(moment)` is told "before" and "after" each commit; it may kill, or give a verdict. The real store finds out
    what became of a commit in doubt before it says so: one that is `LATE` was done.
    """

    def __init__(self, durable: Durable, random: Random, trouble: Trouble, watch: Callable[[str], Verdict]) -> None:
        super().__init__(durable, hold=True)
        self._random = random
        self._trouble = trouble
        self._watch = watch
        self.on_trouble: Callable[[str | None], None] = lambda code: None
        self._troubled = False
        self._busy = False
        life = LIFE.get()
        assert life is not None
        self._life: Life = life
        life.at_death.append(self._power_off)

    def _power_off(self) -> None:
        """Some of what was on its way to the disk is there, the rest is not."""
        for _ in range(self._random.randint(0, len(self._waiting))):
            transaction, _done = self._waiting.popleft()
            if self._trouble.code is None:
                self._commit(transaction)
        self.crash()

    def submit(self, transaction: Transaction, done: Done) -> None:
        super().submit(transaction, done)
        self._go()

    def _go(self) -> None:
        if self._waiting and not self._busy:
            self._busy = True
            delay = COMMIT_S * (0.5 + self._random.random()) + self._trouble.slow_s
            asyncio.get_running_loop().call_later(delay, self._complete)

    def _complete(self) -> None:
        self._busy = False
        if not self._waiting:
            return
        transaction, done = self._waiting[0]
        verdict = self._watch("before commit")
        if self._life.dead:
            return
        self._waiting.popleft()
        error: StoreError | None = None
        if self._trouble.code is not None or verdict == ERROR:
            error = make(self._trouble.code or "database_busy", "The disk is in trouble.", retryable=True)
        else:
            error = self._commit(transaction)
        self._watch("after commit")
        if self._life.dead:
            return
        if verdict == LATE:
            self._busy = True
            asyncio.get_running_loop().call_later(LATE_S, self._end, done, error)
        else:
            self._end(done, error)

    def _end(self, done: Done, error: StoreError | None) -> None:
        self._busy = False
        self._say(error)
        done(error)
        self._go()

    def _say(self, error: StoreError | None) -> None:
        if error is not None and error.code in ISOLATED:
            return  # the transaction's own fault: the disk is well
        if error is not None:
            self._troubled = True
            self.on_trouble(error.code)
            asyncio.get_running_loop().call_later(PROBE_S, self._probe)
        elif self._troubled:
            self._troubled = False
            self.on_trouble(None)

    def _probe(self) -> None:
        """Find out whether the disk is well again, as the real store does."""
        if self._trouble.code is None:
            self._say(None)
        elif self._troubled:
            asyncio.get_running_loop().call_later(PROBE_S, self._probe)

    async def _access(self, what: str) -> Verdict:
        """Any other access takes time too, and fails while the disk does."""
        verdict = self._watch(f"before {what}")
        await asyncio.sleep(COMMIT_S * (0.5 + self._random.random()) + self._trouble.slow_s)
        if self._trouble.code is not None or verdict == ERROR:
            raise make(self._trouble.code or "database_busy", "The disk is in trouble.", retryable=True)
        return verdict

    async def _doubt(self, verdict: Verdict) -> None:
        """It was done; the answer is lost."""
        if verdict == LATE:
            await asyncio.sleep(LATE_S)
            raise make("database_unavailable", "The disk did not answer in time.", retryable=True)

    async def events(self, run: str, *, after: int = 0, limit: int = 100_000) -> Any:
        await self._access("read")
        return await super().events(run, after=after, limit=limit)

    async def register_device(self, name: str, device: str, kind: str, hello: str, at: float, seen: int = 0) -> int:
        verdict = await self._access("register")
        epoch = await super().register_device(name, device, kind, hello, at, seen)
        self._watch("after register")
        await self._doubt(verdict)
        return epoch

    async def remember_request(self, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
        verdict = await self._access("remember")
        known = await super().remember_request(key, digest, run, at)
        self._watch("after remember")
        await self._doubt(verdict)
        return known


@dataclass
class DeviceDisk:
    """What a device's state directory holds: rows are (epoch, idempotent, result)."""

    identity: str = ""
    epoch: int = 0
    attempts: dict[Key, tuple[int, bool, bytes | None]] = field(default_factory=dict)
    trouble: Trouble = field(default_factory=Trouble)


Write = Callable[[DeviceDisk], None]


class SimulatedOutbox(Outbox):
    """`Outbox` over a `DeviceDisk`: what waits is written as one transaction; a kill leaves it or does not."""

    def __init__(self, disk: DeviceDisk, random: Random, watch: Callable[[str], Verdict]) -> None:
        self._disk = disk
        self._random = random
        self._watch = watch
        self._queue_: list[tuple[Write, asyncio.Future[None] | None]] = []
        self._batch: list[tuple[Write, asyncio.Future[None] | None]] = []
        life = LIFE.get()
        assert life is not None
        self._life: Life = life
        life.at_death.append(self._power_off)

    def _power_off(self) -> None:
        if self._batch and self._random.random() < 0.5 and self._disk.trouble.code is None:
            for write, _ in self._batch:
                write(self._disk)

    def identity(self, make: Callable[[], str]) -> str:
        self._disk.identity = self._disk.identity or make()
        return self._disk.identity

    @property
    def epoch(self) -> int:
        return self._disk.epoch

    def keep_epoch(self, epoch: int) -> None:
        def write(disk: DeviceDisk) -> None:
            disk.epoch = epoch

        self._write(write, None)

    def restore(self) -> tuple[tuple[Key, bytes], ...]:
        rows = self._disk.attempts
        for key, (epoch, idempotent, result) in list(rows.items()):
            if result is None and idempotent:
                del rows[key]
            elif result is None:
                error = TaskError(code=ErrorCode.LOST, message="The agent was stopped while it ran.")
                rows[key] = (epoch, idempotent, encode_result(key, epoch, Outcome.FAILED, None, error))
        return tuple((key, result) for key, (_, _, result) in rows.items() if result is not None)

    async def started(self, key: Key, epoch: int, *, idempotent: bool) -> None:
        def write(disk: DeviceDisk) -> None:
            disk.attempts[key] = (epoch, idempotent, None)

        await self._wait(write)

    async def finished(self, key: Key, body: bytes) -> None:
        def write(disk: DeviceDisk) -> None:
            row = disk.attempts.get(key)
            if row is not None:
                disk.attempts[key] = (row[0], row[1], body)

        await self._wait(write)

    def forget(self, key: Key) -> None:
        def write(disk: DeviceDisk) -> None:
            disk.attempts.pop(key, None)

        self._write(write, None)

    async def close(self) -> None:
        pass

    async def _wait(self, write: Write) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._write(write, done)
        await done

    def _write(self, write: Write, done: asyncio.Future[None] | None) -> None:
        self._queue_.append((write, done))
        if not self._batch:
            self._begin()

    def _begin(self) -> None:
        self._batch, self._queue_ = self._queue_, []
        delay = COMMIT_S * (0.5 + self._random.random()) + self._disk.trouble.slow_s
        asyncio.get_running_loop().call_later(delay, self._complete)

    def _complete(self) -> None:
        verdict = self._watch("before device write")
        if self._life.dead:
            return
        batch, self._batch = self._batch, []
        failed = self._disk.trouble.code is not None or verdict is not None
        for write, done in batch:
            if not failed or verdict == LATE:
                write(self._disk)
            if done is not None and not done.done():
                if failed:
                    done.set_exception(StateError("The state directory cannot be written."))
                else:
                    done.set_result(None)
        self._watch("after device write")
        if self._queue_ and not self._life.dead:
            self._begin()
