"""Records as a real orchestrator leaves them: a run that succeeded, one that failed, one that waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.events import RunStatus
from tests.support.system import System, running


@dataclass(frozen=True)
class Left:
    """The ids of the runs, and the content that the first published."""

    succeeded: str
    failed: str
    waiting: str
    content: str


def step(id: str, skill: str, *, after: str | None = None, **arguments: object) -> dict[str, object]:
    return {"id": id, "skill": skill, "arguments": arguments, "after": [{"step": after}] if after else []}


async def leave(folder: Path, database: str = "") -> Left:
    """Let an orchestrator with one device work, and stop both."""
    async with running(folder, "alpha", database=database) as system:
        succeeded = await system.submit(
            step("write", "file.write", path="a", text="content of a"),
            step("publish", "artifact.publish", after="write", path="a"),
        )
        await ended(system, succeeded, RunStatus.SUCCEEDED)
        failed = await system.submit(
            step("read", "file.read", path="not there"), step("end", "system.time", after="read")
        )
        await ended(system, failed, RunStatus.FAILED)
        waiting = await system.submit(step("ask", "file.write", path="b", text="b"), approve="ask")
        await ended(system, waiting, RunStatus.WAITING)
        (artifact,) = await system.app.artifacts(succeeded)
        return Left(succeeded, failed, waiting, artifact.sha256)


async def ended(system: System, run: str, state: RunStatus) -> None:
    view = await system.app.wait(run, 30)
    assert view.state is state, view
