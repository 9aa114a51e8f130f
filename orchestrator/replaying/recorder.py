"""Records runs of a running orchestrator: one file a run, in a folder, written once the run has ended.

A run that was open when this process began is recorded from then on, and its file says so. A run that is tried again
after its end is recorded again, whole, into the same file, as long as it is among the last that ended.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from orchestrator.core.application import Refusal
from orchestrator.core.events import Event, RunSubmitted
from orchestrator.replaying.lines import DeviceLine, ExchangeLine, Experience, Header, SkillTable
from orchestrator.replaying.recording import Recording, RecordingProblem, table_of, write
from orchestrator.replaying.tap import Collected, RunTap
from protocol.messages import Hello
from protocol.vocabulary import JsonObject, SkillSpec

if TYPE_CHECKING:
    from agents.recording import Exchange
    from orchestrator.desks.reading import Reading
    from orchestrator.runtime.roster import Known

log = structlog.get_logger("asterism.recorder")

KEPT = 16
"""Ended runs whose frames are kept for a while, should they be tried again."""
NAMED = 256
"""Tables of skills that are kept before those that no run needs any more go."""
MOST_LISTING = 256 << 10
"""Bytes of a server's list of models."""
CLOSE_S = 10.0
RESTARTED = "the orchestrator was started anew while the run was open: what devices said before that is not here"


class Recorder:
    """`await close()` before the store closes. `secrets` are texts that must not stand in a file.

    With `folder` None nothing is written: `ended` hands each recording over.
    """

    def __init__(
        self,
        app: Reading,
        folder: Path | None,
        secrets: Sequence[str] = (),
        ended: Callable[[Recording], None] | None = None,
    ) -> None:
        self._app = app
        self._folder = folder
        self._secrets = secrets
        self._ended = ended
        self._tables: dict[str, SkillTable] = {}
        self._named: OrderedDict[int, tuple[dict[str, SkillSpec], SkillTable]] = OrderedDict()
        self._heads: OrderedDict[str, tuple[Header, list[DeviceLine]]] = OrderedDict()
        self._listings: OrderedDict[str, JsonObject] = OrderedDict()
        self._past: OrderedDict[str, Collected] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._writing: set[str] = set()
        self.tap = RunTap(app.now, self._came)
        app.gateway.tap = self.tap

    def begin(self, run: str, *notes: str, at: float | None = None) -> None:
        """Collect from now on: before the run's first command goes out. `at` is when it was submitted, if not now."""
        if run in self.tap.open:
            return
        past = self._past.pop(run, None)
        if past is not None:
            self.tap.open[run] = past
        else:
            self._heads[run] = (self._header(run, self.tap.begin(run, at).began, notes), self._fleet())
        self._tasks[run] = asyncio.get_running_loop().create_task(self._follow(run))

    async def take_up(self) -> None:
        """Record what is open already, from now on."""
        for summary in await self._app.store.open_runs():
            self.begin(summary.run, RESTARTED, at=summary.created)

    async def close(self) -> None:
        """Write what has ended, and leave off with what has not."""
        for run, task in list(self._tasks.items()):
            if run not in self._writing:
                slot = self._app.engine.open_run(run)
                if slot is not None:
                    task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=CLOSE_S)
            for task in late:
                task.cancel()

    def exchanged(self, run: str, exchange: Exchange) -> None:
        """A rung spoke to its server."""
        text = exchange.model_dump_json(exclude_none=True)
        if run:
            self.tap.exchanged(run, exchange.at, json.loads(text), len(text))
        elif exchange.method == "GET" and len(text) <= MOST_LISTING:
            self._listings[exchange.sha256] = json.loads(text)
            if len(self._listings) > KEPT:
                self._listings.popitem(last=False)

    # --- a run -------------------------------------------------------------------------------------------------

    async def _follow(self, run: str) -> None:
        try:
            events = [event async for event in self._app.follow(run)]
            self._writing.add(run)
            await self._end(run, events)
        except Refusal as error:
            log.warning("a run could not be recorded", run=run, code=error.code, reason=error.message)
        except RecordingProblem as error:
            log.error("a recording could not be written", run=run, reason=error.message)
        finally:
            self.tap.end(run)
            if run not in self._past:
                self._heads.pop(run, None)
            self._tasks.pop(run, None)
            self._writing.discard(run)

    async def _end(self, run: str, events: list[Event]) -> None:
        collected = self.tap.end(run)
        assert collected is not None
        self._past[run] = collected
        recording = self._recording(run, collected, events)
        while len(self._past) > KEPT:
            old, _ = self._past.popitem(last=False)
            self._heads.pop(old, None)
        self._forget_tables()
        if self._ended is not None:
            self._ended(recording)
        if self._folder is not None:
            path = self._folder / f"{run}.jsonl.gz"
            size = await asyncio.to_thread(write, recording, path, self._secrets)
            log.info("run recorded", run=run, path=str(path), bytes=size)

    def _recording(self, run: str, collected: Collected, events: list[Event]) -> Recording:
        header, devices = self._heads[run]
        request = next(event.body.request for event in events if isinstance(event.body, RunSubmitted))
        update: dict[str, object] = {"request": request}
        if header.models:
            update["capabilities"] = _capabilities(self._app.settings.data_dir / "capabilities.json")
        came = [one.device for one in collected.presences if one.device is not None]
        wanted = dict.fromkeys(id for one in (*devices, *came) for id in (one.skills, one.latent) if id is not None)
        return Recording(
            header=header.model_copy(update=update),
            tables={id: self._tables[id] for id in wanted},
            devices=devices,
            exchanges=self._exchanges(collected),
            presences=collected.presences,
            frames=collected.frames,
            events=events,
            left_out=collected.left_out,
        )

    def _exchanges(self, collected: Collected) -> list[ExchangeLine]:
        """With the servers' lists of models, where one was asked: such a list is looked at once, and holds long."""
        if not collected.exchanges:
            return []
        listings = [ExchangeLine(at=0.0, exchange=one, run=False) for one in self._listings.values()]
        return [*listings, *collected.exchanges]

    # --- the world as it is ------------------------------------------------------------------------------------

    def _header(self, run: str, at: float, notes: tuple[str, ...]) -> Header:
        from orchestrator.core.requests import Request

        settings = self._app.settings
        return Header(
            asterism=program_version(),
            run=run,
            at=at,
            request=Request(text="-"),
            heartbeat_s=settings.heartbeat_s,
            lease_s=settings.lease_s,
            placement=settings.placement,
            rungs=settings.rungs,
            models=settings.models,
            shared=self._app.engine.open_runs,
            notes=notes,
        )

    def _fleet(self) -> list[DeviceLine]:
        return [self._line(known) for known in sorted(self._app.engine.roster, key=lambda one: one.info.name)]

    def _line(self, known: Known) -> DeviceLine:
        info, scheduler = known.info, self._app.engine.scheduler
        learned = scheduler.learned(info.name)
        return DeviceLine(
            name=info.name,
            kind=info.kind,
            profile=info.profile,
            labels=info.labels,
            slots=info.slots,
            skills=self._table(info.skills),
            withheld=info.withheld,
            latent=self._table(info.latent) if info.latent else None,
            online=info.online,
            draining=info.draining,
            running=scheduler.running(info.name),
            experience={
                skill: Experience(succeeded=one.succeeded, failed=one.failed, seconds=one.seconds)
                for skill, one in learned.items()
            },
        )

    def _came(self, hello: Hello) -> DeviceLine:
        table = table_of(hello.skills)
        latent = table_of(tuple(one.skill for one in hello.withheld)) if hello.withheld else None
        for one in (table, latent):
            if one is not None:
                self._tables.setdefault(one.id, one)
        return DeviceLine(
            name=hello.name,
            kind=hello.kind,
            profile=hello.profile,
            labels=hello.labels,
            slots=hello.slots,
            skills=table.id,
            withheld={one.skill.name: one.why for one in hello.withheld},
            latent=None if latent is None else latent.id,
        )

    def _table(self, skills: dict[str, SkillSpec]) -> str:
        """The table's id. The roster shares one dictionary among devices, so its hash is made once."""
        known = self._named.get(id(skills))
        table = known[1] if known is not None and known[0] is skills else table_of(tuple(skills.values()))
        self._tables[table.id] = table
        self._named[id(skills)] = (skills, table)
        self._named.move_to_end(id(skills))
        if len(self._named) > NAMED:
            self._named.popitem(last=False)
        return table.id

    def _forget_tables(self) -> None:
        """Keep the tables that a run which is open, or may be tried again, began with or heard of since."""
        if len(self._tables) <= NAMED:
            return
        kept = [one for _, devices in self._heads.values() for one in devices]
        for collected in (*self.tap.open.values(), *self._past.values()):
            kept += [one.device for one in collected.presences if one.device is not None]
        used = {id for one in kept for id in (one.skills, one.latent)}
        self._tables = {id: table for id, table in self._tables.items() if id in used}


def program_version() -> str:
    try:
        return version("asterism")
    except PackageNotFoundError:
        return "unknown"


def _capabilities(path: Path) -> JsonObject:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
