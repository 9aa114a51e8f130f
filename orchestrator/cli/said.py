"""`asterism logs`: what the tasks of a run said while they ran."""

from __future__ import annotations

import time
from typing import Annotated

from cyclopts import Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.client import Client
from orchestrator.cli.look import RunId
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump, say
from orchestrator.core.views import TaskLog


def logs(
    run: RunId,
    task: Annotated[str, Parameter(help="One task's id (default: all).")] = "",
    /,
    *,
    common: Common | None = None,
) -> None:
    """Print what tasks said while they ran, as far as it is kept: the newest 64,000 characters of each."""

    async def read(client: Client) -> list[TaskLog]:
        tasks = [task] if task else [view.id for view in (await client.run(run)).tasks]
        return [await client.log(run, id) for id in tasks]

    found = [log for log in call(common, read) if log.entries or task]
    if common is not None and common.json:
        dump({"run": run, "logs": [log.model_dump(mode="json") for log in found]})
        return
    if not any(log.entries for log in found):
        say(f"{task or 'No task'} has said {'nothing' if task else 'anything'}.")
    for log in found:
        if log.dropped:
            say(f"{log.task}: {log.dropped} earlier entries are no longer kept.")
        for entry in log.entries:
            at = time.strftime("%H:%M:%S", time.localtime(entry.at))
            for line in entry.text.splitlines():
                answer(f"{at} {log.task}#{entry.attempt} {entry.stream}: {line}")
