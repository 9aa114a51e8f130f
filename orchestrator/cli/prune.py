"""How `asterism db prune` works: through the orchestrator that uses the database, or alone where none does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from agents.checkpoints import open_saver
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.core.application import Pruned
from orchestrator.core.ports import StoreError
from orchestrator.runtime.pruning import Pruner
from orchestrator.settings import Settings
from storage import make_store
from storage.artifacts import ArtifactFiles

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def seconds(text: str) -> float:
    """A duration such as 30d, 12h or 2w. Raises CommandError `usage`."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw])", text.strip())
    if found is None:
        raise CommandError("usage", f"--older-than {text!r}: give a number with s, m, h, d or w, such as 30d.")
    return float(found[1]) * _UNITS[found[2]]


async def through(settings: Settings, older_than_s: float, keep: int, *, dry_run: bool) -> Pruned:
    """Have the orchestrator at `--url` do it, pass by pass."""
    async with Client(settings) as client:
        done = await client.prune(older_than_s, keep=keep, dry_run=dry_run)
        while done.more and not dry_run:
            done = _sum(done, await client.prune(older_than_s, keep=keep, dry_run=False))
        return done


async def directly(settings: Settings, older_than_s: float, keep: int, *, dry_run: bool) -> Pruned:
    """As the database's only user. Raises StoreError, `database_busy` where an orchestrator uses it."""
    store = make_store(settings.database)
    await store.open()
    try:
        files, places, before = (
            ArtifactFiles(settings.data_dir / "artifacts"),
            settings.places,
            time.time() - older_than_s,
        )

        async def discard(sha256: str) -> int:
            return files.discard(sha256)

        pruner = Pruner(store, _Nobody(), discard, lambda runs: _forget(places, runs))
        done = await pruner.prune(before, keep=keep, limit=500 if dry_run else 50, dry_run=dry_run)
        while done.more and not dry_run:
            done = _sum(done, await pruner.prune(before, keep=keep))
        return done
    finally:
        await store.close()


def prune(settings: Settings, older_than_s: float, keep: int, *, dry_run: bool, remote: bool) -> Pruned:
    """On the database; through the orchestrator where one uses it, or where `remote` says so."""
    if not remote:
        try:
            return asyncio.run(directly(settings, older_than_s, keep, dry_run=dry_run))
        except StoreError as error:
            if error.code != "database_busy":
                raise CommandError(error.code, str(error)) from None
            in_use = error
    try:
        return asyncio.run(through(settings, older_than_s, keep, dry_run=dry_run))
    except CommandError as error:
        if remote or error.code != "unreachable":
            raise
        raise CommandError(in_use.code, f"{in_use.message} It is not at {settings.url}: name it with --url.") from None


class _Nobody:
    """Works with no run."""

    def retire(self, runs: Sequence[str]) -> list[str]:
        return list(runs)

    def retired(self, runs: Sequence[str]) -> None:
        pass


async def _forget(place: str, runs: Sequence[str]) -> None:
    """Delete the supervisor's saved places of runs, where there is anything saved."""
    on_disk = place.startswith("postgres") or await asyncio.to_thread(Path(place).exists)
    if not runs or not on_disk:
        return
    async with AsyncExitStack() as stack:
        saver = await open_saver(place, stack)
        for run in runs:
            await saver.adelete_thread(run)


def _sum(one: Pruned, other: Pruned) -> Pruned:
    return Pruned(
        runs=one.runs + other.runs,
        rows=one.rows + other.rows,
        contents=one.contents + other.contents,
        content_bytes=one.content_bytes + other.content_bytes,
        more=other.more,
    )
