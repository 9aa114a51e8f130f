"""The engine over the in-memory store: what is sent when, what survives, who is told."""

from __future__ import annotations

import pytest

from orchestrator.core import stimuli
from orchestrator.core.events import RunStatus
from orchestrator.core.ports import StoreError
from orchestrator.core.tasks import TaskStatus
from protocol.errors import ErrorCode
from protocol.messages import AttemptRef, TaskError
from storage.memory import MemoryStore
from tests.support.engine import LEASE_S, Bench

ONE = {"steps": [{"id": "a", "skill": "work.read"}]}
CHAIN = {
    "steps": [
        {"id": "a", "skill": "work.read"},
        {"id": "b", "skill": "work.read", "arguments": {"x": "${a.output.v}"}},
    ]
}
ONCE = {"steps": [{"id": "a", "skill": "work.once"}]}


async def test_nothing_is_sent_before_it_is_durable() -> None:
    store = MemoryStore(hold=True)
    bench = Bench(store)
    await store.open()
    await bench.engine.start()
    joining = bench.join("alpha")
    await _released(store, joining)
    await bench.submit("r1", ONE)
    assert bench.gateway.sent == []
    store.release()
    await bench.settle()
    assert [d.task for d in bench.gateway.dispatches()] == ["a"]


async def _released(store: MemoryStore, work: object) -> None:
    import asyncio

    task = asyncio.ensure_future(work)  # type: ignore[arg-type]
    while not task.done():
        store.release()
        await asyncio.sleep(0)
    await task


async def test_a_result_is_acknowledged_only_when_it_is_durable() -> None:
    store = MemoryStore(hold=True)
    bench = Bench(store)
    await store.open()
    await bench.engine.start()
    await _released(store, bench.join("alpha"))
    await bench.submit("r1", ONE)
    store.release()
    await bench.settle()
    await bench.reply("alpha", bench.gateway.dispatches()[0])
    assert "recorded" not in bench.gateway.types()
    store.release()
    await bench.settle()
    assert bench.gateway.types()[-1] == "recorded"


async def test_a_chain_passes_values_on_and_ends_in_a_consultation() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", CHAIN)
    await bench.reply("alpha", bench.gateway.dispatches()[0], {"v": [1, 2]})
    second = bench.gateway.dispatches()[1]
    assert (second.task, second.arguments) == ("b", {"x": [1, 2]})
    await bench.reply("alpha", second, {})
    assert [c.reason for c in bench.consultant.asked] == ["settled"]
    bench.engine.handle("r1", stimuli.AnswerWritten("done", None))
    await bench.settle()
    assert bench.engine.open_run("r1") is None
    summary = await bench.store.run("r1")
    assert summary is not None
    assert (summary.status, summary.answer) == ("succeeded", "done")


async def test_the_outbox_holds_exactly_the_live_attempts() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", CHAIN)
    assert [(row.task, row.attempt) for row in await bench.store.outbox()] == [("a", 1)]
    await bench.reply("alpha", bench.gateway.dispatches()[0], {"v": 1})
    assert [(row.task, row.attempt) for row in await bench.store.outbox()] == [("b", 1)]
    await bench.reply("alpha", bench.gateway.dispatches()[1])
    assert await bench.store.outbox() == []


async def test_a_second_result_is_acknowledged_and_changes_nothing() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    dispatch = bench.gateway.dispatches()[0]
    await bench.reply("alpha", dispatch, {"first": True})
    count = len(await bench.store.events("r1"))
    await bench.reply("alpha", dispatch, {"second": True})
    assert len(await bench.store.events("r1")) == count
    assert bench.gateway.types().count("recorded") == 2


@pytest.mark.parametrize(("run", "task"), [("r9", "a"), ("r1", "nope")])
async def test_a_result_for_what_nobody_knows_is_void(run: str, task: str) -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    stray = bench.gateway.dispatches()[0].model_copy(update={"run": run, "task": task})
    await bench.reply("alpha", stray)
    assert bench.gateway.types()[-1] == "recorded"
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["a"].status is TaskStatus.RUNNING


async def test_a_result_from_another_device_does_not_count() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", ONE)
    dispatch = bench.gateway.dispatches("alpha")[0]
    await bench.reply("beta", dispatch)
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["a"].status is TaskStatus.RUNNING


async def test_work_moves_when_the_lease_runs_out() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "cut", goodbye=False)
    await bench.settle()
    assert len(bench.gateway.dispatches()) == 1
    bench.engine.lapsed("alpha")
    bench.clock.time += 5  # past the back-off
    bench.engine._ring()
    await bench.settle()
    again = bench.gateway.dispatches("beta")
    assert [(d.task, d.attempt) for d in again] == [("a", 2)]


async def test_goodbye_gives_work_back_at_once() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "goodbye", goodbye=True)
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["a"].status is TaskStatus.READY


async def test_what_may_not_be_repeated_is_asked_about() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", ONCE)
    bench.engine.left("alpha", "cut", goodbye=False)
    bench.engine.lapsed("alpha")
    await bench.settle()
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["a"].status is TaskStatus.UNKNOWN
    assert slot.state.face is RunStatus.WAITING
    assert len(bench.gateway.dispatches()) == 1


async def test_a_device_that_has_it_keeps_it() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "cut", goodbye=False)
    await bench.join("alpha", running=[AttemptRef(run="r1", task="a", attempt=1)])
    assert len(bench.gateway.dispatches()) == 1


async def test_a_device_that_never_got_it_is_sent_it_again_under_its_new_epoch() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "cut", goodbye=False)
    epoch = await bench.join("alpha")
    first, second = bench.gateway.dispatches()
    assert (second.task, second.attempt, second.epoch) == ("a", 1, epoch)
    assert second.epoch > first.epoch


async def test_a_resumed_session_sends_by_itself() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "cut", goodbye=False)
    await bench.join("alpha", resumed=True)
    assert len(bench.gateway.dispatches()) == 1


async def test_an_unwanted_attempt_is_cancelled_on_its_device() -> None:
    bench = await Bench().start("alpha")
    await bench.join("beta", running=[AttemptRef(run="r7", task="x", attempt=3)])
    name, message = bench.gateway.sent[-1]
    assert (name, message.type) == ("beta", "cancel")


async def test_a_dispatch_whose_device_reconnected_meanwhile_goes_out_once() -> None:
    store = MemoryStore(hold=True)
    bench = Bench(store)
    await store.open()
    await bench.engine.start()
    await _released(store, bench.join("alpha"))
    await bench.submit("r1", ONE)  # decided, not durable
    bench.engine.left("alpha", "cut", goodbye=False)
    await _released(store, bench.join("alpha"))
    store.release()
    await bench.settle()
    store.release()
    await bench.settle()
    assert [d.epoch for d in bench.gateway.dispatches()] == [2]


@pytest.mark.parametrize("moment", ["dispatched", "finished", "settled"])
async def test_a_restart_goes_on_where_the_log_ends(moment: str) -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", CHAIN)
    if moment != "dispatched":
        await bench.reply("alpha", bench.gateway.dispatches()[0], {"v": 1})
    if moment == "settled":
        await bench.reply("alpha", bench.gateway.dispatches()[1])
    again = Bench(MemoryStore(bench.store.crash()))
    await again.start()
    live = {"dispatched": ("a", 1), "finished": ("b", 1), "settled": None}[moment]
    await again.join("alpha")
    assert [(d.task, d.attempt) for d in again.gateway.dispatches()] == ([live] if live else [])
    if live is None:
        assert [c.reason for c in again.consultant.asked] == ["settled"]


async def test_after_a_restart_a_device_that_stays_away_loses_its_work() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", ONE)
    again = await Bench(MemoryStore(bench.store.crash())).start()
    await again.join("beta")
    again.clock.time += LEASE_S + 1
    again.engine._ring()
    again.clock.time += 5
    again.engine._ring()
    await again.settle()
    assert [(d.task, d.attempt) for d in again.gateway.dispatches("beta")] == [("a", 2)]


async def test_a_group_that_was_not_written_never_happened() -> None:
    store = MemoryStore()
    bench = await Bench(store).start("alpha")
    await bench.submit("r1", CHAIN)
    store.fail_next(StoreError("database_unavailable", "gone"))
    await bench.reply("alpha", bench.gateway.dispatches()[0], {"v": 1})
    assert "recorded" not in bench.gateway.types()
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["a"].status is TaskStatus.RUNNING
    await bench.reply("alpha", bench.gateway.dispatches()[0], {"v": 1})  # the device sends it again
    assert [d.task for d in bench.gateway.dispatches()] == ["a", "b"]


async def test_waiting_for_durability_hears_of_a_failure() -> None:
    store = MemoryStore()
    bench = await Bench(store).start("alpha")
    await bench.submit("r1", ONE)
    store.fail_next(StoreError("database_full", "full"))
    with pytest.raises(StoreError, match="full"):
        await bench.engine.handle_durably("r1", stimuli.CancelAsked("test"))


async def test_retries_wait_for_their_time() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    error = TaskError(code=ErrorCode.TOOL_FAILED, message="try again", retryable=True)
    await bench.reply("alpha", bench.gateway.dispatches()[0], error=error)
    bench.engine._ring()
    await bench.settle()
    assert len(bench.gateway.dispatches()) == 1
    bench.clock.time += 1
    bench.engine._ring()
    await bench.settle()
    assert [d.attempt for d in bench.gateway.dispatches()] == [1, 2]


async def test_a_task_that_no_device_takes_fails_in_time() -> None:
    bench = await Bench().start("alpha")
    bench.engine.left("alpha", "cut", goodbye=False)
    await bench.submit("r1", {"steps": [{"id": "a", "skill": "work.read", "timeouts": {"queue_s": 10}}]})
    slot = bench.engine.open_run("r1")
    assert slot is not None
    bench.clock.time += 9
    bench.engine._ring()
    assert slot.state.tasks["a"].status is TaskStatus.READY
    bench.clock.time += 2
    bench.engine._ring()
    assert slot.state.tasks["a"].status is TaskStatus.FAILED
    error = slot.state.tasks["a"].error
    assert error is not None
    assert error.code is ErrorCode.UNAVAILABLE


async def test_busy_is_not_stranded() -> None:
    bench = await Bench().start("alpha")
    steps = [{"id": f"t{n}", "skill": "work.read", "timeouts": {"queue_s": 5}} for n in range(6)]
    await bench.submit("r1", {"steps": steps})
    bench.clock.time += 60
    bench.engine._ring()
    slot = bench.engine.open_run("r1")
    assert slot is not None
    assert [task.status for task in slot.state.tasks.values()].count(TaskStatus.READY) == 2


async def test_cancel_reaches_the_device() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", CHAIN)
    await bench.engine.handle_durably("r1", stimuli.CancelAsked("me"))
    await bench.settle()
    assert bench.gateway.types()[-1] == "cancel"
    error = TaskError(code=ErrorCode.CANCELLED, message="stopped")
    await bench.reply("alpha", bench.gateway.dispatches()[0], error=error)
    summary = await bench.store.run("r1")
    assert summary is not None
    assert summary.status == "cancelled"
