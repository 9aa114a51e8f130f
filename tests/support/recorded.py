"""Records real runs on real agents into `tests/replay/`: `python -m tests.support.recorded [NAME...]`.

`--accept` takes over the wording of answers in all of them, where nothing else departs.

Each scene is one run of one kind. The files are part of the tests: they are made anew only where the format changes, or
where a departure that they show is meant.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from agents.scripted_server import Quirks, ScriptedModelServer
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import Requirements, Task
from orchestrator.core.views import RunView
from orchestrator.replaying.recording import read, write
from orchestrator.replaying.stage import play
from orchestrator.replaying.verdict import judged
from orchestrator.settings import ModelSettings
from tests.support.rungs import asks, reads
from tests.support.system import System

FOLDER = Path(__file__).parents[1] / "replay"
Scene = Callable[[System], Awaitable[str]]
SCENES: dict[str, Scene] = {}
DEVICES = ("alpha", "beta")
LAST_S = 30.0


def scene(work: Scene) -> Scene:
    """A scene's name is its function's, with hyphens."""
    SCENES[work.__name__.replace("_", "-")] = work
    return work


async def begun(system: System, text: str, **policy: object) -> str:
    request = Request(text=text, policy=RunPolicy.model_validate({"approve": "all", **policy}))
    return (await system.app.submit(request))[0]


async def ended(system: System, run: str) -> RunView:
    """Wait until it has ended."""
    async with asyncio.timeout(LAST_S):
        async for _ in system.app.follow(run):
            pass
    return await system.app.run(run)


async def asked(system: System, run: str) -> RunView:
    """Wait until it waits for a person."""
    view = await system.app.wait(run, LAST_S)
    assert view.approvals or view.questions, view.model_dump_json()
    return view


def put(system: System, device: str, path: str, text: str) -> None:
    target = system.workspace(device) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


@scene
async def plain(system: System) -> str:
    put(system, "alpha", "notes.txt", "hello\n")
    run = await begun(system, "read notes.txt on alpha")
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def parallel(system: System) -> str:
    for name in DEVICES:
        put(system, name, "notes.txt", f"hello from {name}\n")
    run = await begun(system, "count the lines of notes.txt on alpha and beta")
    view = await ended(system, run)
    assert (view.state, len(view.tasks)) == ("succeeded", 2)
    return run


@scene
async def data_flow_with_artifacts(system: System) -> str:
    put(system, "alpha", "notes.txt", "hello\n" * 40)
    run = await begun(system, "copy notes.txt from alpha to beta")
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def retry_after_device_loss(system: System) -> str:
    """The device that has it at work is lost; another does it."""
    slow = {"id": "slow", "skill": "test.sleep", "arguments": {"seconds": 2.0}, "retry": {"backoff_s": 0.1}}
    run = await system.submit(slow, {"id": "after", "skill": "test.noop", "after": [{"step": "slow"}]})
    await until(system, run, "running")
    view = await system.app.run(run)
    name = next(task.device for task in view.tasks if task.id == "slow")
    assert name is not None
    system.tasks[name].cancel()
    assert (await ended(system, run)).state == "succeeded"
    return run


async def until(system: System, run: str, status: str) -> None:
    """Wait until a task of the run has a status."""
    async with asyncio.timeout(LAST_S):
        while not any(task.status == status for task in (await system.app.run(run)).tasks):
            await asyncio.sleep(0.01)


@scene
async def approval_denied(system: System) -> str:
    put(system, "alpha", "notes.txt", "hello\n")
    run = await begun(system, "delete notes.txt on alpha", approve="ask")
    view = await asked(system, run)
    await system.app.approve(run, view.approvals[0].id, granted=False, by="ann")
    assert (await ended(system, run)).state == "failed"
    return run


@scene
async def approval_given(system: System) -> str:
    put(system, "alpha", "notes.txt", "hello\n")
    run = await begun(system, "delete notes.txt on alpha", approve="ask")
    view = await asked(system, run)
    await system.app.approve(run, view.approvals[0].id, granted=True, by="ann")
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def read_back_by_a_check(system: System) -> str:
    """What a device says that it has done is looked at, by a task that the run adds."""
    for name in DEVICES:
        put(system, name, "notes.txt", f"hello from {name}\n")
    run = await begun(system, "copy notes.txt from alpha to beta")
    view = await ended(system, run)
    assert (view.state, view.version) == ("succeeded", 2)
    return run


@scene
async def edit_by_the_supervisor(system: System) -> str:
    """What is in the way gives way, once a person has said so: a failed task is mended."""
    put(system, "alpha", "notes.txt", "hello\n")
    put(system, "alpha", "old.txt", "old\n")
    run = await begun(system, "rename notes.txt to old.txt on alpha", approve="ask")
    while not (view := await system.app.wait(run, LAST_S)).state.terminal:
        for question in view.questions:
            await system.app.answer(run, question.id, "replace it", by="ann")
        for approval in view.approvals:
            await system.app.approve(run, approval.id, granted=True, by="ann")
    assert view.state == "succeeded", view
    return run


@scene
async def question_answered(system: System) -> str:
    put(system, "beta", "notes.txt", "hello\n")
    run = await begun(system, "read notes.txt")
    view = await asked(system, run)
    await system.app.answer(run, view.questions[0].id, "beta", by="ann")
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def unplannable(system: System) -> str:
    run = await begun(system, "compose a fugue in the manner of Bach")
    assert (await ended(system, run)).state == "failed"
    return run


@scene
async def fallback_branch(system: System) -> str:
    put(system, "beta", "spare.txt", "spare\n")
    run = await system.submit(
        {"id": "main", "skill": "file.read", "arguments": {"path": "main.txt"}, "devices": {"names": ["alpha"]}},
        {
            "id": "spare",
            "skill": "file.read",
            "arguments": {"path": "spare.txt"},
            "devices": {"names": ["beta"]},
            "after": [{"step": "main", "on": "failure"}],
        },
    )
    view = await ended(system, run)
    assert [task.status for task in view.tasks] == ["failed", "succeeded"], view
    return run


@scene
async def cancelled(system: System) -> str:
    run = await system.submit(
        {"id": "long", "skill": "shell.run", "arguments": {"command": "sleep 60"}, "devices": {"names": ["alpha"]}}
    )
    await until(system, run, "running")
    await system.app.cancel(run, by="ann", reason="enough")
    assert (await ended(system, run)).state == "cancelled"
    return run


@scene
async def edited_by_a_person(system: System) -> str:
    put(system, "beta", "notes.txt", "hello\n")
    first = {
        "id": "first",
        "skill": "shell.run",
        "arguments": {"command": "sleep 0.5"},
        "devices": {"names": ["alpha"]},
    }
    run = await system.submit(first)
    await until(system, run, "running")
    more = Task(id="more", skill="file.read", arguments={"path": "notes.txt"}, requirements=Requirements(device="beta"))
    result = await system.app.edit(run, EditBatch(base=1, edits=(AddTask(task=more),), why="also that"), by="ann")
    assert result.accepted, result
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def tried_again(system: System) -> str:
    run = await begun(system, "read notes.txt on alpha", revisions=0)
    assert (await ended(system, run)).state == "failed"
    put(system, "alpha", "notes.txt", "hello\n")
    await system.app.retry(run, by="ann")
    assert (await ended(system, run)).state == "succeeded"
    return run


@scene
async def planned_by_a_model(system: System) -> str:
    put(system, "alpha", "notes1.txt", "hallo\n")
    run = await begun(system, asks(1))
    assert (await ended(system, run)).state == "succeeded"
    return run


MODELS: dict[str, Callable[[], ScriptedModelServer]] = {
    "planned-by-a-model": lambda: ScriptedModelServer(reads(1), quirks=Quirks()),
}


TEST_SKILLS = ("retry-after-device-loss",)


async def record(name: str, folder: Path, into: Path) -> Path:
    """Play a scene on a system of its own; the recording."""
    system = System(folder)
    change: dict[str, object] = {"record_runs": folder / "recorded"}
    models = MODELS[name]() if name in MODELS else None
    if models is not None:
        await models.__aenter__()
        change["models"] = (ModelSettings(name="local", base_url=models.base_url, model="scripted"),)
    system.settings = system.settings.model_copy(update=change)
    try:
        await system.start()
        for device in DEVICES:
            await system.device(device, test_only=name in TEST_SKILLS)
        run = await SCENES[name](system)
    finally:
        await system.stop()
        if models is not None:
            await models.__aexit__(None, None, None)
    return (folder / "recorded" / f"{run}.jsonl.gz").rename(into / f"{name}.jsonl.gz")


def accept(path: Path) -> bool:
    """Take over how the answer is worded today, where that is all that departs; whether it was."""
    recording = read(path)
    played = play(recording)
    verdict = judged(recording, played)
    if not verdict.findings or played.recording is None or any(one.kind != "answer" for one in verdict.findings):
        return False
    said = {event.seq: event.body for event in played.recording.events}
    recording.events = [
        event.model_copy(update={"body": said[event.seq]}) if event.body.type == "run_ended" else event
        for event in recording.events
    ]
    write(recording, path)
    path.chmod(0o644)
    return True


def main(names: list[str]) -> None:
    if names == ["--accept"]:
        taken = [path.name for path in sorted(FOLDER.glob("*.jsonl.gz")) if accept(path)]
        sys.stdout.write(f"{taken}\n")
        return
    for name in names or SCENES:
        with tempfile.TemporaryDirectory(prefix="asterism-scene-", dir=FOLDER) as folder:
            path = asyncio.run(record(name, Path(folder), FOLDER))
            path.chmod(0o644)
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
