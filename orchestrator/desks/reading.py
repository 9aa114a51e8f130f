"""Runs, looked at: how they are, what became of them, and what is on record of them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

from pydantic import ValidationError

from orchestrator.changes import Changes
from orchestrator.contents import Contents
from orchestrator.core.application import Refusal
from orchestrator.core.events import Event, RunError, RunStatus
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.records import ArtifactRecord, RunSummary
from orchestrator.core.state import RunState
from orchestrator.core.tasks import LIVE, TaskStatus
from orchestrator.core.views import Change, GraphView, RunItem, RunView, TaskLog
from orchestrator.desks.desk import Desk
from orchestrator.runtime.slots import Slot

PAGE = 1_000


class Reading(Desk):
    """Changes nothing."""

    _changes: Changes
    _contents: Contents

    async def runs(self, *, status: str | None = None, before: float | None = None, limit: int = 50) -> list[RunItem]:
        summaries = await self._stored(self.store.runs(status=status, before=before, limit=limit))
        return [_item(summary) for summary in summaries]

    async def run(self, run: str, *, brief: bool = False) -> RunView:
        slot = await self._slot(run)
        now = self._clock.now()
        volatile = {} if brief else {**self.reception.words(run), **self._missed(slot.state, now)}
        return run_view(slot.state, brief=brief, volatile=volatile, now=now)

    def _missed(self, state: RunState, now: float) -> dict[str, str]:
        """What tasks wait for whose device is not there, or cannot take them as it is: not for a free slot on it."""
        found = {}
        for id, task in state.tasks.items():
            at = self.engine.roster.get(task.device) if task.device and task.status in LIVE else None
            if at is not None and not at.info.online:
                found[id] = f"{task.device} to come back: it is {at.absence(now)}"
            if task.status is not TaskStatus.READY or (task.retry_at is not None and task.retry_at > now):
                continue
            wanted = state.graph[id].requirements.device
            known = self.engine.roster.get(wanted) if wanted else None
            if wanted and (known is None or not known.info.available):
                found[id] = f"{wanted}, which is {known.absence(now) if known else 'away'}"
            elif self.engine.scheduler.is_stranded(state.run, id):
                skill = state.graph[id].skill
                why = self.engine.roster.fleet.withheld(skill, (wanted,) if wanted else None)
                found[id] = f"{wanted or 'a device'} that can run {skill}{f': {why}' if why else ''}"
        return found

    async def graph(self, run: str) -> GraphView:
        return graph_view((await self._slot(run)).state)

    async def events(self, run: str, *, after: int = 0, limit: int = 10_000) -> list[Event]:
        await self._slot(run)
        return await self._stored(self.store.events(run, after=after, limit=limit))

    async def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        async for page in self.pages(run, after=after):
            for event in page:
                yield event

    async def pages(self, run: str, *, after: int = 0) -> AsyncIterator[list[Event]]:
        while True:
            slot = await self._slot(run)
            page = await self._page(slot, run, after)
            if page:
                after = page[-1].seq
                yield page
                continue
            if slot.ended or slot.state.status.terminal:
                return
            await slot.change()

    async def _page(self, slot: Slot, run: str, after: int) -> list[Event]:
        """Durable events after `after`, from memory where they are recent."""
        if slot.durable <= after and not slot.ended:
            return []
        recent = slot.recent
        if recent and recent[0].seq <= after + 1:
            # Who follows is nearly always near the end.
            newer = list(itertools.takewhile(lambda event: event.seq > after, reversed(recent)))
            return newer[::-1]
        return await self._stored(self.store.events(run, after=after, limit=PAGE))

    def changes(self, place: str = "") -> AsyncIterator[list[Change]]:
        return self._changes.follow(place)

    def changed(self, place: str = "") -> list[Change]:
        return self._changes.since(place)

    async def wait(self, run: str, seconds: float) -> RunView:
        async def settled() -> None:
            while True:
                slot = await self._slot(run)
                if slot.state.status.terminal or slot.state.face is RunStatus.WAITING:
                    return
                await slot.change()

        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(settled(), seconds)
        return await self.run(run)

    async def log(self, run: str, task: str) -> TaskLog:
        slot = await self._slot(run)
        if task not in slot.state.tasks:
            raise Refusal("not_found", f"run {run} has no task {task}")
        return self.reception.logs.of(run, task)

    async def explain(self, run: str, task: str) -> list[str]:
        slot = await self._slot(run)
        if task not in slot.state.tasks:
            raise Refusal("not_found", f"run {run} has no task {task}")
        view = next(view for view in (await self.run(run)).tasks if view.id == task)
        lines = [f"{task} is {view.status.value}" + (f" on {view.device}" if view.device else "")]
        lines += [f"waits for {view.waiting_for}"] if view.waiting_for else []
        lines += [f"because {view.why}"] if view.why else []
        if slot.state.tasks[task].status in (TaskStatus.READY, TaskStatus.PENDING, TaskStatus.RUNNING):
            for score in self.engine.scheduler.explain(slot.machine.ready_task(task)):
                marks = "cannot" if score.score is None else f"{score.score:.2f}"
                lines.append(f"{score.device}: {marks} ({score.because})")
        return lines

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        await self._slot(run)
        return await self._stored(self.store.artifacts(run))

    async def read_artifact(self, sha256: str) -> AsyncIterator[bytes]:
        if await self._stored(self.store.artifact(sha256)) is None:
            raise Refusal("not_found", "there is no such artifact")
        async for data in self._contents.read(sha256):
            yield data


def _item(summary: RunSummary) -> RunItem:
    try:
        error = RunError.model_validate_json(summary.error) if summary.error else None
    except ValidationError:
        error = RunError(code="internal", message="the run's error is not readable")
    return RunItem(
        run=summary.run,
        state=RunStatus(summary.status),
        text=summary.text,
        created=summary.created,
        updated=summary.updated,
        answer=summary.answer,
        error=error,
        submitted_by=summary.submitted_by,
    )
