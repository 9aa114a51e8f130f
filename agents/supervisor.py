"""The supervisor: leads runs of plain-language requests through a LangGraph graph, one consultation at a time.

It speaks to a run only through `RunControl`. Its place in each run is saved at decisions, with the run's id as the
thread; where the saved place is lost, behind or unreadable, the run's record says where to go on. LangGraph is imported
at the first consultation (or by `prepare`), in a thread: it takes about a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from agents.cascade import Cascade, Check
from agents.checks import check
from agents.lead import Lead, Turn
from agents.plan_cache import PlanCache
from agents.routes import MOST_STEPS, RESUMES
from agents.walk import walk
from orchestrator.core.events import RunError
from orchestrator.core.ports import Consultation, Planner, RunControl, StoreError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from agents.graph import Place, Supervising

_log = logging.getLogger("asterism.agents")
# How often new plans are written to the cache's file, in seconds.
PLANS_EVERY_S = 30.0


@runtime_checkable
class Closing(Protocol):
    """A planner that holds something open."""

    async def close(self) -> None: ...


@runtime_checkable
class Preparing(Protocol):
    """A planner whose libraries take long to load."""

    async def prepare(self) -> None: ...


class LeadingSupervisor:
    """A `Supervisor`. `checkpoints` is a path, an SQLite or PostgreSQL URL, or empty for memory.

    With None no place is saved and LangGraph is never loaded: the same steps are taken by the record alone. That suits
    a process that leads one run and is in a hurry.

    `trace` lets LangSmith see the steps, where its own settings ask for that; without it nothing leaves the process.
    `check` is what a plan must pass, `clock` measures how long a rung takes, `cache` keeps plans that held. Close it
    when done: a saver and a model's rung hold connections, and new plans are written then.
    """

    def __init__(
        self,
        planners: Sequence[Planner],
        *,
        checkpoints: str | None = "",
        trace: bool = False,
        check: Check = check,
        clock: Callable[[], float] = time.monotonic,
        cache: PlanCache | None = None,
    ) -> None:
        self._planners = tuple(planners)
        self._cache = cache
        self._saved_plans = time.monotonic()
        self._lead = Lead(Cascade(self._planners, check, clock, cache))
        self._saves = checkpoints is not None
        self._checkpoints = checkpoints or ""
        self._trace = trace
        self._stack = AsyncExitStack()
        self._saver: BaseCheckpointSaver[str] | None = None
        self._graph: Supervising | None = None
        self._opening = asyncio.Lock()
        self._runs: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def planners(self) -> tuple[Planner, ...]:
        """The rungs, in the order in which they are asked."""
        return self._planners

    async def prepare(self) -> None:
        """Load libraries and open the saver ahead of the first consultation. Safe to call at any time."""
        if self._cache is not None:
            await asyncio.to_thread(self._cache.load)
        if self._saves:
            await self._supervising()
        for planner in self._planners:
            if isinstance(planner, Preparing):
                await planner.prepare()

    async def forget(self, runs: Sequence[str]) -> None:
        """Delete the saved places of runs that are no more."""
        if self._saves and runs:
            await self._supervising()
            for run in runs:
                await self._forget(run)

    async def close(self) -> None:
        """Close the saver, and the planners that hold connections. Safe to call twice."""
        async with self._opening:
            self._graph = None
            await self._stack.aclose()
        await self._save_plans()
        for planner in self._planners:
            if isinstance(planner, Closing):
                await planner.close()

    async def consult(self, consultation: Consultation, control: RunControl) -> None:
        """Take the run one decision further. Raises StoreError where the record cannot be read or written.

        The same consultation again changes nothing. Consultations of one run are taken one after the other.
        """
        lock = self._runs.setdefault(consultation.run, asyncio.Lock())
        async with lock:
            if (await control.view(consultation.run)).state.terminal:
                return
            turn = Turn(consultation, control)
            try:
                await self._take(turn)
            except StoreError:
                raise
            except Exception as error:
                # Where the record itself is out of reach (the run is gone, say), the fault is not the supervisor's.
                if not await _readable(turn):
                    raise
                _log.exception("the supervisor broke down on run %s", consultation.run)
                await _break_off(turn, error)
        if time.monotonic() - self._saved_plans > PLANS_EVERY_S:
            await self._save_plans()

    async def _save_plans(self) -> None:
        held = self._cache.pending() if self._cache is not None else None
        self._saved_plans = time.monotonic()
        if self._cache is not None and held is not None:
            await asyncio.to_thread(self._cache.write, held)

    async def _take(self, turn: Turn) -> None:
        """The turn's steps, through the graph where a place is kept; what a step raises is raised."""
        if not self._saves:
            await walk(self._lead, turn)
            return
        try:
            graph = await self._supervising()
            with self._tracing():
                await self._resume(graph, turn)
        except Exception as error:
            if turn.fault is not None:
                raise
            # Not a step's doing: the library or its saver. The record is enough to go on.
            _log.warning("the saved place of run %s is of no use", turn.run, exc_info=error)
            await walk(self._lead, Turn(turn.consultation, turn.control))

    async def _resume(self, graph: Supervising, turn: Turn) -> None:
        """Go on from the saved place where it fits the consultation, else from the record."""
        from langgraph.types import Command

        config: RunnableConfig = {"configurable": {"thread_id": turn.run}, "recursion_limit": MOST_STEPS}
        place = await graph.aget_state(config)
        reason = turn.consultation.reason
        fits = len(place.next) == 1 and (place.next[0], reason) in RESUMES
        step: Command[str] | Place = Command(resume=reason) if fits else {"run": turn.run}
        await graph.ainvoke(step, config, context=turn, durability="exit")
        if turn.done and turn.done[-1] in ("answer", "refuse"):
            await self._forget(turn.run)

    def _tracing(self) -> AbstractContextManager[None]:
        if self._trace:
            return contextlib.nullcontext()
        from langsmith import tracing_context

        return tracing_context(enabled=False)

    async def _forget(self, run: str) -> None:
        assert self._saver is not None
        try:
            await self._saver.adelete_thread(run)
        except Exception as error:  # noqa: BLE001 - an old place is harmless: the record is asked first
            _log.warning("the saved place of run %s stays behind", run, exc_info=error)

    async def _supervising(self) -> Supervising:
        if self._graph is None:
            async with self._opening:
                if self._graph is None:
                    self._graph = await self._build()
        return self._graph

    async def _build(self) -> Supervising:
        await asyncio.to_thread(_load)
        from agents.checkpoints import open_saver
        from agents.graph import build

        self._saver = await open_saver(self._checkpoints, self._stack)
        return build(self._lead, self._saver)


def _load() -> None:
    """Import what takes long."""
    import agents.checkpoints
    import agents.graph  # noqa: F401


async def _readable(turn: Turn) -> bool:
    try:
        await turn.control.view(turn.run)
    except (StoreError, LookupError):
        return False
    return True


async def _break_off(turn: Turn, error: Exception) -> None:
    """A fault of ours must not leave a run hanging: the failure policy, or the end, takes its course."""
    run = turn.run
    if turn.consultation.reason == "failed" and turn.consultation.task is not None:
        await turn.control.decline(run, turn.consultation.task, "the supervisor broke down", key=turn.key("decline"))
        return
    message = f"the supervisor broke down ({type(error).__name__}); what was done stands in the run's record"
    await turn.control.finish(run, "", RunError(code="internal", message=message), key=turn.key("broke"))
