"""Every message of a run lost, doubled, late, overtaken or cut off, and trouble of the record: nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from devices import transfers
from orchestrator.core.application import Refusal
from orchestrator.core.events import AttemptEnded, RunStatus, TaskDispatched
from orchestrator.core.views import RunView
from protocol import link, session
from protocol.failpoints import Mode, Rule
from tests.support.system import System

pytestmark = pytest.mark.slow
WIRE = (Mode.DROP, Mode.DOUBLE, Mode.DELAY, Mode.REORDER, Mode.CUT, Mode.MUTE)
DURING_A_RUN = (
    "send.dispatch",
    "send.recorded",
    "send.ack",
    "receive.accepted",
    "receive.result",
    "receive.heartbeat",
)
AT_A_CONNECT = ("receive.hello", "send.challenge", "send.welcome")
STORE = (Mode.BUSY, Mode.FULL, Mode.UNAVAILABLE, Mode.UNCERTAIN, Mode.DELAY)


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    found = System(tmp_path)
    found.settings = found.settings.model_copy(update={"faults": "open", "lease_s": 5.0})
    # Each end gives the other so long for the handshake; less than a lease, as where nobody changes it.
    monkeypatch.setattr(link, "HANDSHAKE_S", 1.0)
    monkeypatch.setattr(session, "HANDSHAKE_S", 1.0)
    monkeypatch.setattr(transfers, "SILENCE_S", 1.0)
    await found.start()
    for name in ("alpha", "beta"):
        await found.device(name)
    yield found
    await found.stop()


def step(id: str, device: str, *after: str) -> dict[str, object]:
    arguments = {"path": "ledger", "text": f"{id}\n"}
    edges = [{"step": one} for one in after]
    return {"id": id, "skill": "file.append", "arguments": arguments, "devices": {"names": [device]}, "after": edges}


async def run_of_four(system: System) -> None:
    """Four effects on two devices, one after the other: each happens once, and is recorded once."""
    slow = step("one", "alpha") | {"skill": "shell.run", "arguments": {"command": "sleep 0.2; echo one >> ledger"}}
    run = await system.submit(
        slow, step("two", "beta", "one"), step("three", "alpha", "two"), step("four", "beta", "three")
    )
    view = await system.app.wait(run, 25)
    assert view.state is RunStatus.SUCCEEDED, [(task.id, task.status, task.error) for task in view.tasks]
    ledgers = [system.workspace(name) / "ledger" for name in ("alpha", "beta")]
    assert sorted(line for ledger in ledgers for line in ledger.read_text().split()) == ["four", "one", "three", "two"]
    bodies = [event.body for event in await system.app.events(run)]
    for kind in (TaskDispatched, AttemptEnded):
        counted = Counter((body.task, body.attempt) for body in bodies if isinstance(body, kind))
        assert set(counted.values()) == {1}


async def acted(system: System) -> None:
    """Every failpoint has done all that it was to do."""
    await system.until(lambda: not system.app.faults().enabled, "the failpoints to act")


@pytest.mark.parametrize("mode", WIRE)
@pytest.mark.parametrize("point", DURING_A_RUN)
async def test_a_message_during_a_run(system: System, point: str, mode: Mode) -> None:
    system.app.enable_fault(point, Rule(mode=mode, delay_s=0.2, seconds=600))
    await run_of_four(system)
    await acted(system)


@pytest.mark.parametrize("mode", WIRE)
@pytest.mark.parametrize("point", AT_A_CONNECT)
async def test_a_message_of_a_handshake(system: System, point: str, mode: Mode) -> None:
    system.app.enable_fault("receive.result", Rule(mode=Mode.CUT))
    system.app.enable_fault(point, Rule(mode=mode, delay_s=0.2, seconds=600))
    await run_of_four(system)
    await acted(system)


@pytest.mark.parametrize("mode", STORE)
async def test_the_record(system: System, mode: Mode) -> None:
    system.app.enable_fault("store.write", Rule(mode=mode, count=3, skip=2, delay_s=0.05))
    await run_of_four(system)
    await acted(system)


@pytest.mark.parametrize("mode", STORE[:3])
async def test_operations_beside_the_log(system: System, mode: Mode) -> None:
    system.app.enable_fault("receive.result", Rule(mode=Mode.CUT))
    system.app.enable_fault("store.call", Rule(mode=mode, count=3))
    await run_of_four(system)
    await acted(system)


TRANSFER = (
    "receive.artifact_offer",
    "send.artifact_ready",
    "receive.chunk",
    "send.artifact_ack",
    "receive.artifact_fetch",
    "send.chunk",
    "receive.artifact_ack",
)


@pytest.mark.parametrize("mode", WIRE)
@pytest.mark.parametrize("point", TRANSFER)
async def test_a_message_of_a_transfer(system: System, point: str, mode: Mode) -> None:
    system.app.enable_fault(point, Rule(mode=mode, delay_s=0.2, seconds=600))
    await a_transfer(system)
    await acted(system)


@pytest.mark.parametrize("mode", [Mode.DROP, Mode.DOUBLE])
async def test_a_transfer_that_loses_much(system: System, mode: Mode) -> None:
    """One attempt gets through: it goes on where it was, however often."""
    for point in ("send.chunk", "receive.chunk"):
        system.app.enable_fault(point, Rule(mode=mode, probability=0.2, count=10_000, seconds=600, seed=3))
    view = await a_transfer(system)
    assert sum(system.app.faults().fired.values()) > 2
    assert [task.attempt for task in view.tasks] == [1, 1]


async def a_transfer(system: System) -> RunView:
    """Of 3 MiB from alpha to beta, in chunks of 256 KiB."""
    content = Random(1).randbytes(3 << 20)
    (system.workspace("alpha") / "big.bin").write_bytes(content)
    run = await system.submit(
        {"id": "give", "skill": "artifact.publish", "arguments": {"path": "big.bin"}, "devices": {"names": ["alpha"]}},
        {
            "id": "take",
            "skill": "artifact.save",
            "arguments": {"artifact": "${give.output.artifact}", "path": "got.bin"},
            "devices": {"names": ["beta"]},
        },
    )
    view = await system.app.wait(run, 40)
    assert view.state is RunStatus.SUCCEEDED, [(task.id, task.status, task.error) for task in view.tasks]
    assert (system.workspace("beta") / "got.bin").read_bytes() == content
    return view


@pytest.mark.parametrize("mode", WIRE)
async def test_a_cancellation(system: System, mode: Mode) -> None:
    command = "echo begun > begun; sleep 30; echo late > late"
    run = await system.submit(
        {"id": "a", "skill": "shell.run", "arguments": {"command": command}, "devices": {"names": ["alpha"]}}
    )
    await system.until((system.workspace("alpha") / "begun").exists, "the command to begin")
    system.app.enable_fault("send.cancel", Rule(mode=mode, delay_s=0.2, seconds=600))
    await system.app.cancel(run)
    view = await system.app.wait(run, 25)
    assert view.state is RunStatus.CANCELLED, [(task.id, task.status, task.error) for task in view.tasks]
    await acted(system)
    assert not (system.workspace("alpha") / "late").exists()


@pytest.mark.parametrize("mode", WIRE)
@pytest.mark.parametrize("point", ["receive.log", "receive.progress", "send.credit"])
async def test_a_message_of_a_stream(system: System, point: str, mode: Mode) -> None:
    await system.device("gamma", test_only=True)
    system.app.enable_fault(point, Rule(mode=mode, delay_s=0.2, seconds=600))
    run = await system.submit(
        {"id": "a", "skill": "test.flood", "arguments": {"lines": 600, "bytes": 5}, "devices": {"names": ["gamma"]}}
    )
    view = await system.app.wait(run, 25)
    assert view.state is RunStatus.SUCCEEDED, [(task.id, task.status, task.error) for task in view.tasks]
    assert view.tasks[0].output == {"lines": 600, "text": "xxxxx"}
    await acted(system)


async def test_a_failpoint_ends_by_itself(system: System) -> None:
    system.app.enable_fault("store.write", Rule(mode=Mode.BUSY, count=1000, seconds=0.3))
    assert [one.point for one in system.app.faults().enabled] == ["store.write"]
    await run_of_four(system)
    await system.until(lambda: not system.app.faults().enabled, "the failpoint to end")


async def test_without_a_token_or_the_flag_nothing_can_be_turned_on(tmp_path: Path) -> None:
    system = System(tmp_path)
    await system.start()
    try:
        with pytest.raises(Refusal) as refused:
            system.app.enable_fault("store.write", Rule(mode=Mode.BUSY))
        assert refused.value.code == "faults_off"
        await system.app.create_token("admin")
        system.app.enable_fault("store.write", Rule(mode=Mode.DELAY))
        with pytest.raises(Refusal) as refused:
            system.app.enable_fault("store.write", Rule(mode=Mode.CRASH_BEFORE))
        assert refused.value.code == "faults_off"
        assert system.app.disable_faults() == ["store.write"]
    finally:
        await system.stop()
