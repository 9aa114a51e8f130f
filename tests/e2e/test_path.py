"""One sentence, several devices, one answer: the whole path with real sockets, real agents and a real database."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from orchestrator.cli.samples import populate
from orchestrator.core.application import Refusal
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.events import RunStatus
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.state import fold
from orchestrator.core.tasks import Task, TaskStatus
from protocol.vocabulary import DeviceKind
from tests.support.system import System, running

SENTENCE = (
    "collect the ERROR lines from the logs of every server, count them by service, and save a report on my workstation"
)


async def _shop(system: System) -> None:
    for name in ("alpha", "beta"):
        populate(system.workspace(name), name)
        await system.device(name)
    populate(system.workspace("workstation"), "workstation")
    await system.device("workstation", kind=DeviceKind.DESKTOP)


async def test_the_sentence_of_the_readme(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        await _shop(system)
        view = await system.ask(SENTENCE)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert view.rung == "embedded"
        counts = {}
        for name in ("alpha", "beta"):
            for log in (system.workspace(name) / "logs").glob("*.log"):
                lines = [line for line in log.read_text().splitlines() if " ERROR " in line]
                counts[log.stem] = counts.get(log.stem, 0) + len(lines)
        reports = [p for p in (system.workspace("workstation") / "reports").iterdir() if p.is_file()]
        assert len(reports) == 1
        text = reports[0].read_text()
        for service, count in counts.items():
            row = next(line for line in text.splitlines() if service in line)
            assert str(count) in row, (service, count, row)
        ran_on = {task.device for task in view.tasks if task.skill == "file.search"}
        assert ran_on == {"alpha", "beta"}
        assert "[" in view.answer


async def test_most_free_disk_space(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta", "gamma") as system:
        view = await system.ask("which of my devices has the most free disk space?")
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert {task.device for task in view.tasks if task.skill == "system.disk"} == {"alpha", "beta", "gamma"}
        assert "free" in view.answer


async def test_a_file_goes_between_devices_unchanged(tmp_path: Path) -> None:
    content = hashlib.shake_256(b"asterism").digest(3_000_000)
    async with running(tmp_path, "alpha", "beta") as system:
        (system.workspace("alpha") / "big.bin").write_bytes(content)
        run = await system.submit(
            {
                "id": "send",
                "skill": "artifact.publish",
                "arguments": {"path": "big.bin"},
                "devices": {"names": ["alpha"]},
            },
            {
                "id": "take",
                "skill": "artifact.save",
                "arguments": {"artifact": "${send.output.artifact}", "path": "in/big.bin"},
                "devices": {"names": ["beta"]},
            },
        )
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert (system.workspace("beta") / "in" / "big.bin").read_bytes() == content
        [record] = await system.app.artifacts(run)
        assert record.sha256 == hashlib.sha256(content).hexdigest()
        kept = b"".join([piece async for piece in system.app.read_artifact(record.sha256)])
        assert kept == content


async def test_an_artifact_of_another_run_is_not_given(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta") as system:
        (system.workspace("alpha") / "secret.txt").write_text("mine")
        first = await system.submit(
            {
                "id": "send",
                "skill": "artifact.publish",
                "arguments": {"path": "secret.txt"},
                "devices": {"names": ["alpha"]},
            }
        )
        await system.app.wait(first, 30)
        digest = hashlib.sha256(b"mine").hexdigest()
        run = await system.submit(
            {
                "id": "take",
                "skill": "artifact.save",
                "arguments": {"artifact": digest, "path": "x"},
                "devices": {"names": ["beta"]},
            }
        )
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.FAILED
        assert not (system.workspace("beta") / "x").exists()


async def test_an_approval_is_asked_for_and_binds(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        step = {"id": "w", "skill": "file.write", "arguments": {"path": "a.txt", "text": "hello"}}
        run = await system.submit(step, approve="ask")
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.WAITING
        [approval] = view.approvals
        assert (approval.device, approval.arguments) == ("alpha", {"path": "a.txt", "text": "hello"})
        assert not (system.workspace("alpha") / "a.txt").exists()
        await system.app.approve(run, approval.id, granted=True, by="tester")
        with pytest.raises(Refusal) as refusal:
            await system.app.approve(run, approval.id, granted=True)
        assert refusal.value.code in ("approval_closed", "run_ended")
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED
        assert (system.workspace("alpha") / "a.txt").read_text() == "hello"


async def test_a_denied_approval_writes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        step = {"id": "w", "skill": "file.write", "arguments": {"path": "a.txt", "text": "hello"}}
        run = await system.submit(step, approve="ask")
        await system.app.wait(run, 30)
        await system.app.approve(run, "", granted=False, by="tester")
        view = await system.app.wait(run, 30)
        assert view.error is not None
        assert view.error.code == "denied"
        assert not (system.workspace("alpha") / "a.txt").exists()


async def test_cancel_stops_the_work_on_the_device(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        marker = system.workspace("alpha") / "started"
        command = "echo $$ > started; sleep 600; echo late > late"
        run = await system.submit({"id": "s", "skill": "shell.run", "arguments": {"command": command}})
        await system.until(lambda: marker.exists() and marker.read_text().strip() != "", "the command to start")
        pid = int(marker.read_text())
        await system.app.cancel(run, by="tester")
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.CANCELLED
        await system.until(lambda: not Path(f"/proc/{pid}").exists(), "the command to end")
        assert not (system.workspace("alpha") / "late").exists()


async def test_the_deadline_of_a_run_holds(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", test_only=True) as system:
        run = await system.submit({"id": "s", "skill": "test.sleep", "arguments": {"seconds": 600}}, deadline_s=0.3)
        view = await system.app.wait(run, 30)
        assert view.error is not None
        assert (view.state, view.error.code) == (RunStatus.FAILED, "timeout")


async def test_a_device_that_goes_away_loses_its_work_to_another(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta", test_only=True) as system:
        run = await system.submit({"id": "s", "skill": "test.sleep", "arguments": {"seconds": 0.5}})
        first = (await system.app.run(run)).tasks[0]
        device = await _running_on(system, run)
        system.tasks[device].cancel()  # no goodbye: its connection is cut
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert view.tasks[0].device != device
        assert view.tasks[0].attempt == 2
        assert first.id == "s"
        system.tasks[device] = asyncio.create_task(asyncio.sleep(0))


async def _running_on(system: System, run: str) -> str:
    while True:
        task = (await system.app.run(run)).tasks[0]
        if task.status is TaskStatus.RUNNING and task.device:
            return task.device
        await asyncio.sleep(0.005)


async def test_the_orchestrator_restarts_under_its_devices(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", test_only=True) as system:
        steps = [{"id": "slow", "skill": "test.sleep", "arguments": {"seconds": 1.0}}]
        steps += [{"id": "after", "skill": "test.noop", "after": [{"step": "slow"}]}]
        run = await system.submit(*steps)
        await _running_on(system, run)
        await system.stop_orchestrator()
        await system.start()
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert [(task.id, task.attempt) for task in view.tasks] == [("slow", 1), ("after", 1)]


async def test_two_devices_with_one_name(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        system.agent("alpha", home="impostor")
        results = await asyncio.gather(system.tasks["impostor"], return_exceptions=True)
        assert "name" in str(results[0]).lower()
        [device] = await system.app.devices()
        assert device.online


async def test_a_token_is_asked_for_once_there_is_one(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        token, record = await system.app.create_token("device", name="alpha")
        assert token not in record.model_dump_json()
        await system.device("alpha", token=token)
        system.agent("beta")  # none
        system.agent("gamma", token=f"ast_{record.id}_{'x' * 43}")  # forged
        system.agent("delta", token=token)  # another device's
        for name in ("beta", "gamma", "delta"):
            results = await asyncio.gather(system.tasks[name], return_exceptions=True)
            assert isinstance(results[0], Exception), name
        assert [device.name for device in await system.app.devices()] == ["alpha"]


async def test_an_edit_while_the_run_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", test_only=True) as system:
        run = await system.submit(
            {"id": "a", "skill": "test.sleep", "arguments": {"seconds": 0.5}},
            {"id": "b", "skill": "test.noop", "after": [{"step": "a"}]},
        )
        added = Task(id="c", skill="test.noop", arguments={"value": "edited"})
        stale = await system.app.edit(run, EditBatch(base=0, edits=(AddTask(task=added),)))
        assert (stale.accepted, stale.code) == (False, "stale")
        result = await system.app.edit(run, EditBatch(base=1, edits=(AddTask(task=added),)))
        assert result.accepted
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED
        assert {task.id for task in view.tasks} == {"a", "b", "c"}


async def test_a_given_plan_tells_why_its_last_step_was_not_called_for(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", test_only=True) as system:
        many = {"path": "output.value", "op": ">", "value": 9}
        for edge, why in (
            ({"on": "condition", "when": many}, "Nothing was done: the condition on a does not hold [b]"),
            ({"on": "failure"}, "not done: test.noop: a did not fail [b]"),
        ):
            run = await system.submit(
                {"id": "a", "skill": "test.noop", "arguments": {"value": 1}},
                {"id": "b", "skill": "test.noop", "after": [{"step": "a", **edge}]},
            )
            view = await system.app.wait(run, 30)
            assert (view.state, why in view.answer) == (RunStatus.SUCCEEDED, True), view.answer


async def test_the_log_tells_the_whole_run(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta", test_only=True) as system:
        steps = [{"id": f"t{n}", "skill": "test.noop", "arguments": {"value": n}} for n in range(50)]
        run = await system.submit(*steps)
        followed = [event async for event in system.app.follow(run)]
        stored = await system.app.events(run)
        assert followed == stored
        slot = await system.app.engine.slot(run)
        assert slot is not None
        assert fold(run, stored).digest() == slot.state.digest()


async def test_the_same_key_is_the_same_run(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", test_only=True) as system:
        request = Request(plan=Plan.model_validate({"steps": [{"id": "a", "skill": "test.noop"}]}))
        first = await system.app.submit(request, key="k1")
        second = await system.app.submit(request, key="k1")
        assert (first[0], first[1], second[1]) == (second[0], True, False)
        other = request.model_copy(update={"policy": RunPolicy(approve="none")})
        with pytest.raises(Refusal, match="another request"):
            await system.app.submit(other, key="k1")


async def test_a_path_outside_the_workspace_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        (tmp_path / "outside.txt").write_text("secret")
        (system.workspace("alpha") / "link").symlink_to(tmp_path / "outside.txt")
        for path in ("../../outside.txt", str(tmp_path / "outside.txt"), "link"):
            run = await system.submit({"id": "r", "skill": "file.read", "arguments": {"path": path}})
            view = await system.app.wait(run, 30)
            assert view.state is RunStatus.FAILED
            assert view.tasks[0].error is not None
            assert view.tasks[0].error.code.value == "outside_workspace"
            assert "secret" not in view.answer


@pytest.mark.parametrize("text", ["show the uptime of omega", "translate hello to French", "x" * 15_000])
async def test_what_cannot_be_placed_is_said(tmp_path: Path, text: str) -> None:
    async with running(tmp_path, "alpha") as system:
        view = await system.ask(text)
        assert view.state is RunStatus.FAILED
        assert view.error is not None
        assert view.error.code == "no_plan"
        assert view.tasks == ()


async def test_a_long_task_alone_leaves_the_orchestrator_answering(tmp_path: Path) -> None:
    """An acknowledgement that was due kept the gateway's timer busy for ever."""
    async with running(tmp_path, "alpha", test_only=True) as system:
        run = await system.submit({"id": "s", "skill": "test.sleep", "arguments": {"seconds": 2.5}})
        view = await system.app.wait(run, 30)
        assert view.state is RunStatus.SUCCEEDED
        assert [(task.attempt, task.device) for task in view.tasks] == [(1, "alpha")]


async def test_a_plan_that_asks_for_more_than_its_policy_allows_gets_what_the_policy_allows(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        command = "while :; do :; done"
        step = {"id": "busy", "skill": "shell.run", "arguments": {"command": command}, "on_failure": "skip"}
        run = await system.submit({**step, "limits": {"cpu_seconds": 500}}, limits={"cpu_seconds": 0.2})
        [task] = (await system.app.wait(run, 60)).tasks
        assert task.error is not None
        assert task.error.code == "limit_exceeded"
        assert "0.2 s it may have (cpu_seconds)" in task.error.message
