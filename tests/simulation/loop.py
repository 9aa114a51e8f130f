"""An asyncio event loop on a virtual clock, in which a part of the system can be killed between any two callbacks.

Nothing waits: when no callback is ready, the clock jumps to the next timer. Every callback belongs to the `Life` that
was current when it was scheduled (asyncio keeps that in the context, and so do tasks). A life that has ended runs no
callback any more: no `finally`, no `except`, nothing. That is what SIGKILL does to a process.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

T = TypeVar("T")


class Life:
    """One process, from its start to its kill.

    `steps` is how many callbacks it has left, or -1 for no bound. While it is `paused`, as by SIGSTOP, its callbacks
    wait in `held`.
    """

    __slots__ = ("at_death", "dead", "held", "name", "paused", "steps")

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.steps = -1
        self.paused = False
        self.held: list[Any] = []
        self.at_death: list[Callable[[], None]] = []

    def kill(self) -> None:
        """End it, here and now."""
        if not self.dead:
            self.dead = True
            for tell in self.at_death:
                tell()
            self.at_death.clear()

    def context(self) -> Context:
        """A context in which everything belongs to this life."""
        context = copy_context()
        context.run(LIFE.set, self)
        return context


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


class StuckError(AssertionError):
    """Nothing is ready and no timer is set, and yet the simulation has not ended."""


class _Nothing:
    """A handle of a callback that will never run."""

    def cancel(self) -> None:
        pass


class VirtualLoop(asyncio.BaseEventLoop):
    """See above. `time()` begins at 0."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._over = False
        self._kept: list[asyncio.Task[Any]] = []
        self.failures: list[BaseException] = []
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._failed)

    def time(self) -> float:
        return self._now

    # --- tasks -------------------------------------------------------------------------------------------------

    def _make_task(self, loop: Any, coroutine: Any, context: Context | None = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=self, context=context)
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        # A killed task must stay frozen: were it collected, its `finally` blocks would run.
        self._kept.append(task)
        return task

    def spawn(self, life: Life | None, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that belongs to a life (None: to the world)."""
        context = copy_context() if life is None else life.context()
        if life is None:
            context.run(LIFE.set, None)
        return self.create_task(work, context=context)

    def _failed(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.failures.append(error if error is not None else AssertionError(context.get("message")))

    # --- running -----------------------------------------------------------------------------------------------

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            self._advance()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            life = handle._context.get(LIFE)
            if life is not None:
                if life.dead:
                    continue
                if life.paused:
                    life.held.append(handle)
                    continue
                if life.steps >= 0:
                    life.steps -= 1
                    if life.steps < 0:
                        life.kill()
                        continue
            handle._run()

    def _advance(self) -> None:
        """Jump to the next timer, and make ready all that are due then."""
        scheduled = self._scheduled  # type: ignore[attr-defined]
        ready = self._ready  # type: ignore[attr-defined]
        while scheduled and not ready:
            when = scheduled[0]._when
            while scheduled and scheduled[0]._when <= when:
                handle = heapq.heappop(scheduled)
                handle._scheduled = False
                if handle._cancelled:
                    self._timer_cancelled_count -= 1
                else:
                    self._now = max(self._now, when)
                    ready.append(handle)
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            raise StuckError("nothing is ready and nothing is awaited: the simulation stands still")

    def resume(self, life: Life) -> None:
        """Let a paused life go on with what has waited."""
        life.paused = False
        held, life.held = life.held, []
        self._ready.extend(held)  # type: ignore[attr-defined]

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        if self._over:
            return _Nothing()
        return super().call_soon(callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        if self._over:
            return _Nothing()
        return super().call_at(when, callback, *args, context=context)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        raise AssertionError("there are no threads in the simulation")

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        raise AssertionError(f"there are no threads in the simulation: {func!r}")

    def _process_events(self, event_list: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def bury(self) -> None:
        """Throw away what is left, quietly: killed tasks still want to run their `finally` blocks."""
        self._over = True
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._ready.clear()  # type: ignore[attr-defined]
                self._scheduled.clear()  # type: ignore[attr-defined]
                asyncio.events._set_running_loop(self)
                for task in self._kept:
                    _close(task.get_coro())
                self._kept.clear()
        finally:
            asyncio.events._set_running_loop(None)
            sys.unraisablehook = hook
        self.close()


def _close(coroutine: Any) -> None:
    """Have a coroutine that never ended go through its `finally` blocks now; some of them await, more than once."""
    for _ in range(8):
        try:
            coroutine.close()
        except BaseException:  # noqa: BLE001, S112 - whatever a dead process's last will is, nobody hears it
            continue
        return


@contextmanager
def virtual_loop() -> Iterator[VirtualLoop]:
    """A loop, current while in use, buried afterwards."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.bury()
