"""Reads the record for the ladder's report: page by page, run by run, and never an event longer than it takes to count.

Ended runs do not change but for a retry, so what was read of them is kept for the next report.
"""

from __future__ import annotations

import asyncio
import math
import tomllib
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core.events import RunStatus
from orchestrator.core.ladder_facts import RunFacts
from orchestrator.core.ladder_report import EnergyProfile, LadderReport, Tally
from orchestrator.core.plan import Tier
from orchestrator.core.ports import Store, StoreError
from orchestrator.core.records import RunSummary

RUNS_LIMIT = 10_000
"""How many runs, the newest, one report looks at."""
RECENT = 200  # runs in which `last_used` is looked for
_PAGE = 200
_EVENTS = 500
_KEPT = RUNS_LIMIT


def energy_profile(path: Path | None = None) -> EnergyProfile:
    """The profile in a TOML file, or the one that ships with the package. Raises ValueError with the reason."""
    try:
        text = (path or files("orchestrator") / "energy.toml").read_text(encoding="utf-8")
        return EnergyProfile.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ValueError(f"the energy profile {path} cannot be read: {error.strerror}") from None
    except (ValidationError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"the energy profile {path or 'energy.toml'} cannot be used: {first}") from None


class LadderDesk:
    """Reports over one store. `rungs` are those configured now, name to tier. One report is made at a time."""

    def __init__(
        self, store: Store, rungs: Mapping[str, Tier], energy: EnergyProfile, *, limit: int = RUNS_LIMIT
    ) -> None:
        self._store = store
        self._rungs = rungs
        self._energy = energy
        self._limit = limit
        self._kept: OrderedDict[str, tuple[float, RunFacts]] = OrderedDict()
        self._busy = asyncio.Lock()

    async def report(self, *, since: float | None = None, until: float | None = None) -> LadderReport:
        """Over the runs submitted in [since, until), Unix times. Raises StoreError where the store cannot be read."""
        async with self._busy:
            tally, read, unreadable, truncated = Tally(self._rungs), 0, 0, False
            async for summary in self._runs(since, until):
                if read == self._limit:
                    truncated = True
                    break
                read += 1
                facts = await self._read(summary)
                if facts is None:
                    unreadable += 1
                else:
                    tally.add(facts)
            outside = await self._store.egress(run="", since=since or 0.0)
            tally.add_outside(entry for entry in outside if until is None or entry.outbound.at < until)
            return tally.report(
                since=since, until=until, energy=self._energy, truncated=truncated, unreadable=unreadable
            )

    async def report_run(self, run: str) -> LadderReport | None:
        """Of one run; None where there is none. Raises StoreError, also where it cannot be read."""
        summary = await self._store.run(run)
        if summary is None:
            return None
        tally = Tally(self._rungs)
        tally.add(await self._facts(summary))
        return tally.report(run=run, energy=self._energy)

    async def last_used(self) -> dict[str, float]:
        """When each rung was last asked, Unix time, as far as the newest runs say."""
        found: dict[str, float] = {}
        async with self._busy:
            for summary in await self._store.runs(limit=RECENT):
                facts = await self._read(summary)
                for one in facts.tries if facts is not None else ():
                    found[one.rung] = max(found.get(one.rung, 0.0), one.at)
        return found

    # --- reading -----------------------------------------------------------------------------------------------

    async def _runs(self, since: float | None, until: float | None) -> AsyncIterator[RunSummary]:
        """Runs, newest first, each once, also where many were submitted at one time."""
        before, size, seen = until, _PAGE, set[str]()
        while True:
            page = await self._store.runs(before=before, limit=size)
            fresh = [one for one in page if one.run not in seen]
            for one in fresh:
                if since is not None and one.created < since:
                    return
                yield one
            if len(page) < size:
                return
            if not fresh:
                size *= 2
                continue
            oldest = page[-1].created
            # The rest of those submitted at this very time may stand on the next page.
            seen = {one.run for one in page if one.created == oldest}
            before = math.nextafter(oldest, math.inf)

    async def _read(self, summary: RunSummary) -> RunFacts | None:
        """None where this run's log is damaged: the others still count."""
        try:
            return await self._facts(summary)
        except StoreError as error:
            if error.code != "database_corrupt":
                raise
            return None

    async def _facts(self, summary: RunSummary) -> RunFacts:
        known = self._kept.get(summary.run)
        if known is not None and known[0] == summary.updated:
            self._kept.move_to_end(summary.run)
            return known[1]
        facts, after = RunFacts(summary.run), 0
        while page := await self._store.events(summary.run, after=after, limit=_EVENTS):
            for event in page:
                facts.take(event)
            after = page[-1].seq
        if _sent(facts):
            facts.take_entries(await self._store.egress(run=summary.run))
        if RunStatus(summary.status).terminal:
            self._keep(summary, facts)
        return facts

    def _keep(self, summary: RunSummary, facts: RunFacts) -> None:
        self._kept[summary.run] = (summary.updated, facts)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _sent(facts: RunFacts) -> bool:
    """Whether the run may have entries in the ledger: not where the embedded rung alone was ever asked, and planned."""
    return not facts.planned or any(one.tier != "embedded" for one in facts.tries)
