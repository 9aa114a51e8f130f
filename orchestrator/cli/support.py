"""`asterism support dump RUN`: what is known of a run, without secrets, as one file to send to somebody who helps."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from orchestrator.cli import output
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from orchestrator.cli.client import Client
    from orchestrator.settings import Settings
    from orchestrator.support import Found

support = App(
    name="support",
    help="Gather what somebody needs who helps.",
    help_format="plaintext",
    result_action="return_value",
)
EVENTS = 1_000_000


@support.command
def dump(
    run: Annotated[str, Parameter(help="The run's id.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(help="The file to write (default: asterism-support-RUN.json).")] = None,
    db: Annotated[
        str | None, Parameter(help="Read this database, without an orchestrator: sqlite:///PATH, postgresql://...")
    ] = None,
    common: Common | None = None,
) -> None:
    """Write what is known of a run to one file: its log, graph, attempts, devices, settings and versions, redacted.

    From the orchestrator at --url, with what tasks said while it is in its memory; where none answers, or with --db,
    from the database, which is only read. Secrets are taken out by form and by name: look into the file before you
    send it. With --json it goes to stdout.
    """
    from orchestrator.core.errors import CoreError
    from orchestrator.support import dump as build

    common = common or Common()
    loaded = common.load(database=db)
    found = asyncio.run(_gather(loaded.settings, run, direct=db is not None))
    try:
        told = build(found, loaded, at=time.time())
    except (CoreError, LookupError) as error:
        message = f"The log of run {run} makes no sense ({error}): `asterism db check` says more."
        raise CommandError("database_corrupt", message) from None
    if common.json:
        output.dump(told)
        return
    path = out or Path(f"asterism-support-{run}.json")
    _write(path, json.dumps(told, indent=1))
    output.answer(str(path))
    output.say(f"{len(found.events)} events, from the {found.source}. Look into it before you send it.")


async def _gather(settings: Settings, run: str, *, direct: bool) -> Found:
    from orchestrator.cli.client import Client

    if direct:
        return await _from_database(settings, run)
    async with Client(settings) as client:
        try:
            return await _from_orchestrator(client, run)
        except CommandError as error:
            if error.code != "unreachable":
                raise
            unreachable = error
    try:
        return await _from_database(settings, run)
    except CommandError as error:
        raise CommandError(error.code, f"{unreachable.message} And without it: {error.message}") from None


async def _from_orchestrator(client: Client, run: str) -> Found:
    from orchestrator.core.state import fold
    from orchestrator.support import Found, device_told

    problems = (await client.ready()).problems
    events = await client.events(run)
    tasks = fold(run, events).tasks
    return Found(
        source="orchestrator",
        events=events,
        devices=[device_told(view) for view in await client.devices()],
        artifacts=await client.artifacts(run),
        logs={id: log for id in tasks if (log := await client.log(run, id)).entries},
        problems=problems,
    )


async def _from_database(settings: Settings, run: str) -> Found:
    from orchestrator.core.ports import StoreError
    from orchestrator.support import Found, record_told
    from storage import queries
    from storage.snapshots import snapshot
    from storage.urls import parse

    def read(connection: Connection) -> Found:
        return Found(
            source="database",
            events=queries.list_events(connection, run, 0, EVENTS),
            devices=[record_told(record) for record in queries.list_devices(connection)],
            artifacts=queries.list_artifacts(connection, run),
        )

    try:
        found = await snapshot(parse(settings.database), read)
    except StoreError as error:
        raise CommandError(error.code, str(error)) from None
    if not found.events:
        raise CommandError("not_found", f"There is no run {run} on that record: `asterism runs` lists them.")
    return found


def _write(path: Path, text: str) -> None:
    """For its owner alone, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text + "\n")
        part.replace(path)
    except OSError as error:
        raise CommandError("usage", f"{path} cannot be written: {error.strerror}. Name another with --out.") from None
