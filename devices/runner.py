"""Runs the tools of attempts, and keeps on disk what must be there before and after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache

import structlog

from devices.context import AttemptContext, Say
from devices.errors import StateError
from devices.events import Event, Finished, Forget, Interrupt, Key, Persist, Persisted, Run, Sign
from devices.outbox import Outbox
from devices.tracing import ToolSpans
from devices.transfers import Transfers
from protocol.codec import check_json
from protocol.errors import ErrorCode
from protocol.messages import Dispatch, Limits, TaskError
from protocol.vocabulary import CallLimits, Json
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.registry import Registry
from tools.workspace import Workspace

log = structlog.get_logger("asterism.device")


class Runner:
    """One asyncio task an attempt. `report` takes the events that follow."""

    def __init__(
        self,
        registry: Registry,
        workspace: Workspace,
        outbox: Outbox,
        transfers: Transfers,
        *,
        say: Say,
        report: Callable[[Event], None],
        limits: Callable[[], Limits],
        private_network: bool,
        most: CallLimits,
        spans: ToolSpans | None = None,
    ) -> None:
        """`most` is what the programs of one attempt may take here, whatever its dispatch says."""
        self._spans = spans
        self._registry = registry
        self._workspace = workspace
        self._outbox = outbox
        self._transfers = transfers
        self._say = say
        self._report = report
        self._limits = limits
        self._private_network = private_network
        self._most = most
        self._attempts: dict[Key, asyncio.Task[None]] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    def perform(self, command: Run | Interrupt | Persist | Forget) -> None:
        """Do what the executor decided; what comes of it is reported."""
        match command:
            case Run():
                dispatch = command.dispatch
                key = (dispatch.run, dispatch.task, dispatch.attempt)
                self._attempts[key] = asyncio.get_running_loop().create_task(self._attempt(key, command))
            case Interrupt():
                self._interrupt(command.key)
            case Persist():
                task = asyncio.get_running_loop().create_task(self._persist(command))
                self._keeping.add(task)
                task.add_done_callback(self._keeping.discard)
            case Forget():
                self._outbox.forget(command.key)

    async def settle(self, timeout: float) -> None:
        """Wait until what was interrupted has stopped, and its results are on disk. Seconds."""
        if self._attempts:
            await asyncio.wait(list(self._attempts.values()), timeout=timeout)
        while self._keeping:
            await asyncio.wait(list(self._keeping))

    async def close(self) -> None:
        """Stop everything, for the second and last time."""
        tasks = [*self._attempts.values(), *self._keeping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attempt(self, key: Key, command: Run) -> None:
        run, task, attempt = key
        # Of this asyncio task alone: whatever a tool logs says what it is for.
        structlog.contextvars.bind_contextvars(run=run, task=task, attempt=attempt, cause=command.dispatch.cause)
        clock = asyncio.get_running_loop().time
        begun = clock()
        output: Json = None
        error: TaskError | None = None
        interrupted = False
        context = self._context(key, command.dispatch)
        try:
            call = self._call(key, command, context)
            output = await (call if self._spans is None else self._spans.around(command.dispatch, call))
        except ToolError as failure:
            error = failure.task_error()
        except StateError as failure:
            error = TaskError(code=ErrorCode.UNAVAILABLE, message=str(failure)[:8_000], retryable=True)
        except asyncio.CancelledError:
            interrupted = True  # by `_interrupt`, and reported as such
        self._attempts.pop(key, None)
        cost = (clock() - begun, context.cpu_seconds, context.peak_memory_bytes)
        self._report(Finished(key, output, error, interrupted, *cost))

    def _context(self, key: Key, dispatch: Dispatch) -> AttemptContext:
        heartbeat = dispatch.heartbeat_s
        most = self._most if dispatch.limits is None else dispatch.limits.within(self._most)
        limits = _tool_limits(self._limits().output_bytes, dispatch.timeout_s, self._private_network, heartbeat, most)
        sign = None if heartbeat is None else lambda speaking: self._report(Sign(key, speaking))
        return AttemptContext(
            key,
            self._workspace,
            limits,
            self._transfers,
            self._say,
            sign,
            caller=dispatch.caller,
            approval=dispatch.approval,
        )

    async def _call(self, key: Key, command: Run, context: AttemptContext) -> Json:
        dispatch = command.dispatch
        if command.durable:
            await self._outbox.started(key, dispatch.epoch, idempotent=command.idempotent)
        output = await self._registry.call(dispatch.skill, dispatch.arguments, context)
        reason = check_json(output)
        if reason is not None:
            raise ToolError(ErrorCode.BAD_OUTPUT, f"{dispatch.skill} returned {reason}")
        return output

    def _interrupt(self, key: Key) -> None:
        task = self._attempts.get(key)
        if task is None:
            return

        def ended(_: asyncio.Task[None]) -> None:
            """A task that is cancelled before its first step never gets to report."""
            if self._attempts.pop(key, None) is not None:
                self._report(Finished(key, interrupted=True))

        task.add_done_callback(ended)
        task.cancel()

    async def _persist(self, command: Persist) -> None:
        try:
            await self._outbox.finished(command.key, command.body)
        except StateError as error:
            # The result still goes out; only a crash before it is recorded would lose it.
            log.error("result not kept on disk", run=command.key[0], task=command.key[1], reason=str(error))
        self._report(Persisted(command.key))


@lru_cache(maxsize=64)
def _tool_limits(
    output_bytes: int, seconds: float, private_network: bool, heartbeat_s: float | None, most: CallLimits
) -> ToolLimits:
    given = most.model_dump(exclude_none=True)
    return ToolLimits(
        output_bytes=output_bytes, seconds=seconds, private_network=private_network, heartbeat_s=heartbeat_s, **given
    )
