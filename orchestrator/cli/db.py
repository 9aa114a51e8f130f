"""`asterism db`: back up, restore, check and prune the record, on a machine that reaches its database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import App, Parameter

from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.options import Common
from orchestrator.cli.output import dump, say, size, table

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from storage.backup import Backup
    from storage.contents import Copied
    from storage.urls import Location

T = TypeVar("T")
db = App(
    name="db",
    help="Back up, restore, check and prune the record.",
    help_format="plaintext",
    result_action="return_value",
)
Db = Annotated[str | None, Parameter(help="sqlite:///PATH or postgresql://USER@HOST/NAME.")]
SHOWN = 50


@db.command
def backup(
    path: Annotated[Path, Parameter(help="The file to write.")],
    /,
    *,
    db: Db = None,
    artifacts: Annotated[
        bool, Parameter(help="Also the contents of artifacts, in PATH.artifacts.", negative=(), show_default=False)
    ] = False,
    force: Annotated[bool, Parameter(help="Replace the file.", negative=(), show_default=False)] = False,
    common: Common | None = None,
) -> None:
    """Copy the record to a file, consistently, while the orchestrator runs or not."""
    from storage.backup import back_up

    common = common or Common()
    settings, location = _where(common, db)
    made = _wait(back_up(location, path, at=time.time(), overwrite=force))
    copied = _copied(path, settings.data_dir / "artifacts", _beside(path)) if artifacts else None
    if common.json:
        dump({"path": str(path), **asdict(made), "artifacts": None if copied is None else asdict(copied)})
        return
    say(f"{path}: {made.runs} runs, {made.events} events")
    _tell_contents(made, copied, "add --artifacts to copy them too")


@db.command
def restore(
    path: Annotated[Path, Parameter(help="The backup.")],
    /,
    *,
    db: Db = None,
    force: Annotated[
        bool, Parameter(help="Replace the record that is there.", negative=(), show_default=False)
    ] = False,
    common: Common | None = None,
) -> None:
    """Put a backup in the record's place, while no orchestrator runs.

    What was done since the backup was made is then on no record: open runs go on from where they were then.
    """
    from storage.restore import restore as put

    common = common or Common()
    settings, location = _where(common, db)
    held, kept = _wait(put(path, location, overwrite=force))
    _forget_places(settings)
    beside = _beside(path)
    copied = _copied(path, beside, settings.data_dir / "artifacts") if beside.is_dir() else None
    if common.json:
        restored = {"from": str(path), "kept": str(kept) if kept else None, **asdict(held)}
        dump({**restored, "artifacts": None if copied is None else asdict(copied)})
        return
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(held.made))
    say(f"restored {held.runs} runs and {held.events} events as of {when}")
    if kept is not None:
        say(f"what was there before is now {kept}")
    _tell_contents(held, copied, f"they are expected in {settings.data_dir / 'artifacts'}")


@db.command
def check(*, db: Db = None, common: Common | None = None) -> int:
    """Look through the database, and fold every run's log again. Exit 1 where something is wrong."""
    from storage.check import check as examine

    common = common or Common()
    findings = _wait(examine(_where(common, db)[1]))
    sound = not findings.found
    if common.json:
        looked = {"runs": findings.runs, "events": findings.events, "tasks": findings.tasks}
        dump({"sound": sound, **looked, "findings": [asdict(one) for one in findings.found], "more": findings.more})
    else:
        if findings.found:
            table(("WHAT", "RUN", "SAYS"), [(one.kind, one.run, one.says) for one in findings.found[:SHOWN]])
        more = len(findings.found[SHOWN:]) + findings.more
        wrong = (
            "nothing is wrong"
            if sound
            else f"{len(findings.found) + findings.more} findings" + (f", {more} not shown" if more else "")
        )
        say(f"{findings.runs} runs, {findings.tasks} tasks, {findings.events} events: {wrong}")
        if not sound:
            say("restore a backup, or report it with `asterism db check --json`: the log itself is never rewritten")
    return Exit.OK if sound else Exit.FAILED


@db.command
def prune(
    *,
    older_than: Annotated[str, Parameter(help="How long ago a run must have ended: 30d, 12h, 2w.")],
    keep: Annotated[int, Parameter(help="Of the newest ended runs, keep so many however old they are.")] = 0,
    dry_run: Annotated[bool, Parameter(help="Only say how many would go.", negative=(), show_default=False)] = False,
    db: Db = None,
    common: Common | None = None,
) -> None:
    """Delete runs that ended long ago, with their events and the artifacts that only they have.

    On the database where no orchestrator uses it, else through the orchestrator; with --url always through that.
    """
    from orchestrator.cli.prune import prune as delete
    from orchestrator.cli.prune import seconds

    common = common or Common()
    if keep < 0:
        raise CommandError("usage", "--keep takes 0 or more.")
    settings, _ = _where(common, db)
    done = delete(settings, seconds(older_than), keep, dry_run=dry_run, remote=common.url is not None)
    if common.json:
        dump(done.model_dump())
    elif dry_run:
        say(f"{'more than ' if done.more else ''}{done.runs} runs would go")
    else:
        freed = f", contents of {done.contents} artifacts ({size(done.content_bytes)})" if done.contents else ""
        say(f"{done.runs} runs are gone: {done.rows} events and tasks{freed}")


def _where(common: Common, db: str | None) -> tuple[Settings, Location]:
    from storage.urls import parse

    settings = common.load(database=db).settings
    return settings, parse(settings.database)


def _wait(work: Coroutine[None, None, T]) -> T:
    from orchestrator.core.ports import StoreError

    try:
        return asyncio.run(work)
    except StoreError as error:
        raise CommandError(error.code, str(error)) from None


def _copied(backup: Path, source: Path, target: Path) -> Copied:
    from storage.artifacts import ArtifactError
    from storage.contents import named, save

    try:
        return save(named(backup), source, target)
    except ArtifactError as error:
        raise CommandError(error.code, f"The contents of artifacts could not be copied to {target}: {error}") from None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".artifacts")


def _tell_contents(held: Backup, copied: Copied | None, otherwise: str) -> None:
    if copied is None and held.contents:
        say(f"contents of {held.contents} artifacts ({size(held.content_bytes)}) are not part of it: {otherwise}")
    elif copied is not None:
        say(f"contents of {copied.copied + copied.there} artifacts, {size(copied.bytes)} copied")
        if copied.missing:
            say(f"{len(copied.missing)} contents are missing: {', '.join(sorted(copied.missing)[:3])}")


def _forget_places(settings: Settings) -> None:
    """The supervisor's place is of a time that has not been: it begins again from the record."""
    for ending in ("", "-wal", "-shm"):
        (settings.data_dir / f"supervisor.db{ending}").unlink(missing_ok=True)
