"""What the engine must not lose, send twice or believe when devices, sessions and the store go and come back."""

from __future__ import annotations

import asyncio

from orchestrator.core import stimuli
from orchestrator.core.ports import StoreError
from orchestrator.core.state import TaskState
from orchestrator.runtime.reception import Reception
from protocol import VERSION
from protocol.messages import Accepted, AttemptRef, Dispatch, Heartbeat, Hello, LogLine, Outcome, Progress, Result
from protocol.vocabulary import DeviceKind
from storage.memory import MemoryStore
from tests.support.engine import SKILLS, Bench

ONE = {"steps": [{"id": "a", "skill": "work.read"}]}
ONCE = {"steps": [{"id": "a", "skill": "work.once"}]}
A1 = AttemptRef(run="r1", task="a", attempt=1)


async def held(store: MemoryStore) -> Bench:
    """An engine with one device, whose store writes only when it is told to."""
    bench = Bench(store)
    await store.open()
    await bench.engine.start()
    await released(store, bench.join("alpha"))
    return bench


async def released(store: MemoryStore, work: object) -> None:
    task = asyncio.ensure_future(work)  # type: ignore[arg-type]
    while not task.done():
        store.release()
        await asyncio.sleep(0)
    await task


def task_of(bench: Bench, run: str = "r1", task: str = "a") -> TaskState:
    slot = bench.engine.open_run(run)
    assert slot is not None
    return slot.state.tasks[task]


# --- sessions --------------------------------------------------------------------------------------------------


async def test_a_dispatch_decided_before_a_resume_goes_out_after_it() -> None:
    """Every reconnect raises the epoch, also one that resumes; the session goes on under the epoch it began with."""
    store = MemoryStore(hold=True)
    bench = await held(store)
    await bench.submit("r1", ONE)  # decided, not durable
    bench.engine.left("alpha", "cut", goodbye=False)
    await released(store, bench.join("alpha", resumed=True))
    store.release()
    await bench.settle()
    assert [(d.task, d.epoch) for d in bench.gateway.dispatches()] == [("a", 1)]


async def test_a_cancel_is_said_again_to_a_device_that_came_back_with_the_attempt() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONE)
    bench.engine.left("alpha", "cut", goodbye=False)
    await bench.engine.handle_durably("r1", stimuli.CancelAsked("ann"))
    await bench.settle()
    before = bench.gateway.types().count("cancel")
    await bench.join("alpha", running=[A1])
    assert bench.gateway.types().count("cancel") == before + 1


async def test_another_device_under_the_same_name_is_not_sent_the_first_ones_work() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONCE)
    hello = Hello(version=VERSION, device="id-other", name="alpha", kind=DeviceKind.SERVER, skills=SKILLS, slots=4)
    again = await Bench(MemoryStore(bench.store.crash())).start()
    epoch = await again.store.register_device("alpha", "id-other", "server", hello.model_dump_json(), 1000.0)
    again.engine.joined(hello, epoch, resumed=False)
    await again.settle()
    assert again.gateway.dispatches() == []
    assert task_of(again).status == "unknown"


# --- attempts that hang or are slow ----------------------------------------------------------------------------


BEATING = {"steps": [{"id": "a", "skill": "work.read", "timeouts": {"heartbeat_s": 10}}]}
SLOW = {"steps": [{"id": "a", "skill": "work.read", "timeouts": {"hedge_s": 10}}]}


def reception(bench: Bench) -> Reception:
    return Reception(bench.engine, bench.store, bench.clock)


async def pass_time(bench: Bench, seconds: float, *alive: str) -> None:
    """Second by second; the devices named say that they live."""
    hears = reception(bench)
    for _ in range(int(seconds)):
        bench.clock.time += 1
        for name in alive:
            hears.noticed(name, Heartbeat())
        bench.engine._ring()
        await bench.settle()


async def test_a_hanging_attempt_moves_though_its_device_lives() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", BEATING)
    await pass_time(bench, 19, "alpha", "beta")
    assert len(bench.gateway.dispatches()) == 1
    await pass_time(bench, 3, "alpha", "beta")
    assert [(d.task, d.attempt) for d in bench.gateway.dispatches("beta")] == [("a", 2)]
    assert [name for name, m in bench.gateway.sent if m.type == "cancel"] == ["alpha"]


async def test_signs_of_life_keep_an_attempt_and_cost_no_event() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", BEATING)
    count = len(await bench.store.events("r1"))
    hears = reception(bench)
    for number in range(8):
        await pass_time(bench, 5, "alpha", "beta")
        words = (
            Progress(run="r1", task="a", attempt=1),
            LogLine(run="r1", task="a", attempt=1, text="x"),
            Accepted(run="r1", task="a", attempt=1),
        )
        hears.noticed("alpha", words[number % 3])
    assert task_of(bench).attempt == 1
    assert len(await bench.store.events("r1")) == count
    hears.noticed("beta", Progress(run="r1", task="a", attempt=1))  # not beta's to say
    hears.noticed("alpha", Progress(run="r1", task="a", attempt=7))
    await pass_time(bench, 22, "alpha", "beta")
    assert task_of(bench).attempt == 2


async def test_what_a_task_says_is_told_to_who_follows_changes_and_what_is_not_its_to_say_is_not() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", BEATING)
    place, hears = bench.engine.changes.since()[-1].id, reception(bench)
    hears.noticed("beta", LogLine(run="r1", task="a", attempt=1, text="x"))
    assert bench.engine.changes.since(place) == []
    hears.noticed("alpha", LogLine(run="r1", task="a", attempt=1, text="x"))
    hears.noticed("alpha", Progress(run="r1", task="a", attempt=1))
    assert [(one.kind, one.name) for one in bench.engine.changes.since(place)] == [("said", "r1")]
    await hears.logs.close()


async def test_while_a_device_is_away_its_lease_decides_and_not_the_heartbeat() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", BEATING)
    bench.engine.left("alpha", "cut", goodbye=False)
    await pass_time(bench, 25, "beta")
    assert task_of(bench).status == "running"
    await bench.join("alpha", running=[A1])
    await pass_time(bench, 19, "alpha", "beta")
    assert task_of(bench).attempt == 1
    await pass_time(bench, 3, "alpha", "beta")
    assert task_of(bench).attempt == 2


async def test_a_silent_connection_is_not_taken_for_a_hanging_attempt() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", BEATING)
    await pass_time(bench, 40, "beta")  # connected, as far as anybody knows
    assert task_of(bench).attempt == 1


async def test_a_heartbeat_outlives_a_restart() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", BEATING)
    again = await Bench(MemoryStore(bench.store.crash())).start()
    await pass_time(again, 20)
    await again.join("alpha", running=[A1])
    await again.join("beta")
    await pass_time(again, 19, "alpha", "beta")
    assert task_of(again).attempt == 1
    await pass_time(again, 3, "alpha", "beta")
    assert [(d.task, d.attempt) for d in again.gateway.dispatches("beta")] == [("a", 2)]


async def test_a_slow_attempt_waits_for_a_free_device_and_then_moves() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", SLOW)
    await pass_time(bench, 20, "alpha")
    assert task_of(bench).attempt == 1, "there is nowhere to go"
    await bench.join("beta")
    await pass_time(bench, 2, "alpha", "beta")
    assert [(d.task, d.attempt) for d in bench.gateway.dispatches("beta")] == [("a", 2)]
    await bench.reply("alpha", bench.gateway.dispatches("alpha")[0], "late")
    assert task_of(bench).status == "running"
    await bench.reply("beta", bench.gateway.dispatches("beta")[0], "right")
    assert task_of(bench).output == "right"


async def test_nothing_is_hedged_twice_at_once_or_after_its_end() -> None:
    bench = await Bench().start("alpha", "beta")
    await bench.submit("r1", SLOW)
    await bench.reply("alpha", bench.gateway.dispatches("alpha")[0], "in time")
    await pass_time(bench, 30, "alpha", "beta")
    assert [d.attempt for d in bench.gateway.dispatches()] == [1]


async def test_what_a_device_lacks_is_not_sent_again_under_an_older_record() -> None:
    """After a restore: it may have been done and acknowledged since the backup was made."""
    bench = await Bench().start("alpha")
    await bench.submit("r1", ONCE)
    again = await Bench(MemoryStore(bench.store.crash())).start()
    hello = Hello(
        version=VERSION, device="id-alpha", name="alpha", kind=DeviceKind.SERVER, skills=SKILLS, slots=4, epoch=7
    )
    epoch = await again.store.register_device("alpha", "id-alpha", "server", hello.model_dump_json(), 1000.0, 7)
    again.engine.joined(hello, epoch, resumed=False)
    await again.settle()
    assert epoch == 8
    assert again.gateway.dispatches() == []
    assert task_of(again).status == "unknown"


# --- the store -------------------------------------------------------------------------------------------------


async def test_a_result_that_comes_while_its_run_is_read_back_is_not_acknowledged() -> None:
    """The device would forget it, and the log does not have it."""
    store = MemoryStore()
    bench = await Bench(store).start("alpha")
    await bench.submit("r1", ONE)
    dispatch = bench.gateway.dispatches()[0]
    gone = StoreError("database_unavailable", "gone")
    store.fail_next(gone)
    bench.engine.handle("r1", stimuli.CancelAsked("ann"))
    while bench.engine.open_run("r1") is not None:
        await asyncio.sleep(0)
        if bench.engine.open_run("r1") is None:
            bench.engine.results("alpha", [_result(dispatch)])
            break
    await bench.settle()
    assert "recorded" not in bench.gateway.types()
    await bench.reply("alpha", dispatch)
    assert bench.gateway.types()[-1] == "recorded"
    assert [c.reason for c in bench.consultant.asked] == ["settled"]


async def test_what_belongs_to_other_runs_outlives_a_group_that_was_not_written() -> None:
    store = MemoryStore(hold=True)
    bench = await held(store)
    await released(store, bench.submit("r1", ONE))
    await bench.settle()
    bench.engine.left("alpha", "cut", goodbye=False)
    store.fail_next(StoreError("database_unavailable", "gone"))
    await bench.submit("r2", ONE)  # its group is on its way, and will fail
    await released(store, bench.join("alpha"))  # never got r1's attempt: it is to be sent again
    store.release()
    await bench.settle()
    store.release()
    await bench.settle()
    assert [(d.run, d.epoch) for d in bench.gateway.dispatches() if d.run == "r1"] == [("r1", 1), ("r1", 2)]


def _result(dispatch: Dispatch) -> Result:
    return Result(
        run=dispatch.run, task=dispatch.task, attempt=dispatch.attempt, epoch=dispatch.epoch, outcome=Outcome.SUCCEEDED
    )


# --- unknown outcomes ------------------------------------------------------------------------------------------


LOOK = {"skill": "work.read", "done": {"path": "output.there", "op": "==", "value": True}}
VERIFIED = {
    "steps": [
        {"id": "a", "skill": "work.once", "devices": {"names": ["alpha"]}, "verify": LOOK, "retry": {"backoff_s": 0}}
    ]
}


async def lost(bench: Bench) -> None:
    """The one device goes away with its attempt, for longer than its lease."""
    await bench.submit("r1", VERIFIED)
    bench.engine.left("alpha", "cut", goodbye=False)
    bench.engine.lapsed("alpha")
    await bench.settle()
    assert task_of(bench).status == "unknown"


async def test_a_device_that_comes_back_without_the_attempt_is_asked_to_look() -> None:
    bench = await Bench().start("alpha")
    await lost(bench)
    assert len(bench.gateway.dispatches()) == 1
    await bench.join("alpha")
    check = bench.gateway.dispatches()[-1]
    assert (check.task, check.skill) == ("a.check1", "work.read")
    await bench.reply("alpha", check, {"there": True})
    assert task_of(bench).status == "succeeded"


async def test_what_was_not_done_is_done_once_more() -> None:
    bench = await Bench().start("alpha")
    await lost(bench)
    await bench.join("alpha")
    await bench.reply("alpha", bench.gateway.dispatches()[-1], {"there": False})
    again = bench.gateway.dispatches()[-1]
    assert (again.task, again.attempt) == ("a", 2)
    await bench.reply("alpha", again)
    assert task_of(bench).status == "succeeded"


async def test_an_attempt_that_goes_on_is_left_to_tell_its_own_end() -> None:
    bench = await Bench().start("alpha")
    await lost(bench)
    await bench.join("alpha", running=[A1])
    assert bench.gateway.types().count("cancel") == 0
    assert len(bench.gateway.dispatches()) == 1
    await bench.reply("alpha", bench.gateway.dispatches()[0], "told")
    assert (task_of(bench).status, task_of(bench).output) == ("succeeded", "told")


async def test_goodbye_is_the_devices_word_that_it_is_over() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", VERIFIED)
    bench.engine.left("alpha", "goodbye", goodbye=True)
    await bench.settle()
    assert task_of(bench, task="a.check1").status == "ready"


async def test_a_restart_before_the_device_is_back() -> None:
    bench = await Bench().start("alpha")
    await lost(bench)
    again = await Bench(MemoryStore(bench.store.crash())).start()
    await again.join("alpha")
    assert [d.task for d in again.gateway.dispatches()] == ["a.check1"]


async def test_a_device_that_came_back_while_its_run_was_read_back_is_compared_with_it_all_the_same() -> None:
    """Its inventory came before the run was known again: nobody else would send it what it lacks."""
    store = MemoryStore()
    bench = await Bench(store).start("alpha")
    await bench.submit("r1", ONE)
    store.fail_next(StoreError("database_unavailable", "gone"))
    bench.engine.left("alpha", "cut", goodbye=False)
    bench.engine.handle("r1", stimuli.Stranded("a"))
    bench.engine.handle("r1", stimuli.CancelAsked("ann"))
    while bench.engine.open_run("r1") is not None:
        await asyncio.sleep(0)
    hello = Hello(version=VERSION, device="id-alpha", name="alpha", kind=DeviceKind.SERVER, skills=SKILLS, slots=4)
    bench.engine.joined(hello, 2, resumed=False)
    await bench.settle()
    assert [(d.task, d.attempt, d.epoch) for d in bench.gateway.dispatches()] == [("a", 1, 1), ("a", 1, 2)]
