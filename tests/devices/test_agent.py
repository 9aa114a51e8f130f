"""The agent over real sockets: registration, results, reconnects, cancellation, refusal, the end."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from devices.errors import RefusedError, StateError
from protocol.codec import encode_message, frame
from protocol.credentials import parse_token
from protocol.errors import ErrorCode
from protocol.messages import (
    Accepted,
    Cancel,
    Drain,
    Fault,
    Goodbye,
    Heartbeat,
    LogLine,
    Outcome,
    Progress,
    Result,
)
from tests.support.agents import Start
from tests.support.gateway import FakeGateway

TOKEN = "ast_k1_0123456789abcdefghij"


# --- registration ------------------------------------------------------------------------------------------------


async def test_registration_tells_who_and_what_it_is(gateway: FakeGateway, start: Start) -> None:
    await start(labels={"room": "attic"}, slots=6)
    [hello] = gateway.hellos
    assert (hello.name, hello.kind, hello.labels, hello.slots) == ("alpha", "server", {"room": "attic"}, 6)
    assert {"file.read", "shell.run", "test.noop"} <= {skill.name for skill in hello.skills}
    assert hello.profile.cpus > 0
    assert hello.resume is None


async def test_the_identity_and_the_epoch_last_over_restarts(gateway: FakeGateway, start: Start) -> None:
    await (await start()).end()
    await start(seed=8)
    assert gateway.hellos[0].device == gateway.hellos[1].device
    assert gateway.hellos[1].epoch == 1


async def test_two_agents_cannot_share_a_state_directory(gateway: FakeGateway, start: Start) -> None:
    await start()
    with pytest.raises(StateError, match="Another agent"):
        await start()


async def test_a_token_is_proved_and_not_sent(gateway: FakeGateway, start: Start) -> None:
    gateway.token = TOKEN
    await start(token=TOKEN)
    [hello] = gateway.hellos
    assert hello.token == "k1"
    assert parse_token(TOKEN).secret not in hello.model_dump_json()


async def test_that_nobody_asks_for_the_token_is_said(gateway: FakeGateway, start: Start) -> None:
    with capture_logs() as entries:
        await start(token=TOKEN)
        gateway.cut()
        await gateway.connected(2)
    assert any("was not checked" in one["event"] for one in entries)


@pytest.mark.parametrize(
    "code", [ErrorCode.UNAUTHENTICATED, ErrorCode.NAME_TAKEN, ErrorCode.UNSUPPORTED_VERSION, ErrorCode.SUPERSEDED]
)
async def test_a_refusal_for_good_ends_the_agent(gateway: FakeGateway, start: Start, code: ErrorCode) -> None:
    agent = await start()
    gateway.reject = code
    gateway.cut()
    with pytest.raises(RefusedError) as raised:
        await agent.task
    assert raised.value.code is code


async def test_a_passing_refusal_is_waited_for(gateway: FakeGateway, start: Start) -> None:
    await start()
    gateway.reject = ErrorCode.SHUTTING_DOWN
    gateway.cut()
    await gateway.until(lambda: len(gateway.hellos) >= 3)
    gateway.reject = None
    await gateway.connected(4)


# --- work --------------------------------------------------------------------------------------------------------


async def test_a_dispatch_brings_a_result(gateway: FakeGateway, start: Start) -> None:
    await start()
    result = await gateway.result(await gateway.dispatch("test.noop", {"value": [1, "é"]}))
    assert result.outcome is Outcome.SUCCEEDED
    assert result.output == {"value": [1, "é"]}
    assert gateway.of(Accepted) == []


async def test_results_of_one_turn_share_a_frame(gateway: FakeGateway, start: Start) -> None:
    await start(slots=64)
    before = gateway.frames
    await gateway.send(*[gateway.task("test.noop") for _ in range(50)])
    await gateway.until(lambda: len(gateway.of(Result)) == 50)
    assert gateway.frames - before <= 3


async def test_more_work_than_slots_waits_its_turn(gateway: FakeGateway, start: Start) -> None:
    await start(slots=1)
    first = await gateway.dispatch("test.sleep", {"seconds": 3600})
    second = await gateway.dispatch("test.noop")
    await gateway.until(lambda: len(gateway.of(Accepted)) == 1)
    assert gateway.results(second) == []
    await gateway.cancel(first)
    assert (await gateway.result(second)).outcome is Outcome.SUCCEEDED


async def test_work_that_lasts_is_accepted_first(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = await gateway.dispatch("test.sleep", {"seconds": 3600})
    await gateway.until(lambda: bool(gateway.of(Accepted)))
    assert gateway.of(Accepted)[0].task == dispatch.task


@pytest.mark.parametrize(
    ("skill", "arguments", "code"),
    [
        ("no.such", {}, ErrorCode.UNKNOWN_SKILL),
        ("test.sleep", {"seconds": "1"}, ErrorCode.BAD_ARGUMENTS),
        ("test.fail", {"code": "denied"}, ErrorCode.DENIED),
        ("file.read", {"path": "../../etc/passwd"}, ErrorCode.OUTSIDE_WORKSPACE),
        ("test.flood", {"lines": 1, "bytes": 600_000}, ErrorCode.OUTPUT_TOO_LARGE),
    ],
)
async def test_a_failure_has_a_code(
    gateway: FakeGateway, start: Start, skill: str, arguments: dict[str, str | int], code: ErrorCode
) -> None:
    await start()
    result = await gateway.result(await gateway.dispatch(skill, dict(arguments)))
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.code is code


async def test_a_dispatch_of_a_running_attempt_starts_nothing(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = await gateway.dispatch("file.append", {"path": "log", "text": "x"})
    await gateway.send(dispatch, dispatch)
    await gateway.result(dispatch)
    assert await gateway.output("file.read", {"path": "log"}) == {
        "path": "log",
        "text": "x",
        "size_bytes": 1,
        "truncated": False,
    }


async def test_a_dispatch_of_a_held_result_is_answered_with_it(gateway: FakeGateway, start: Start) -> None:
    gateway.record = False
    await start()
    dispatch = await gateway.dispatch("test.noop", {"value": 1})
    first = await gateway.result(dispatch)
    await gateway.send(dispatch)
    assert await gateway.result(dispatch, 2) == first


async def test_a_command_below_the_fence_is_refused(gateway: FakeGateway, start: Start) -> None:
    gateway.epoch = 5
    await start()
    stale = await gateway.dispatch("test.noop", epoch=5)
    result = await gateway.result(stale)
    assert result.error is not None
    assert result.error.code is ErrorCode.STALE_EPOCH
    running = await gateway.dispatch("test.sleep", {"seconds": 3600})
    await gateway.send(Cancel(run=running.run, task=running.task, attempt=1, epoch=5))
    await gateway.output("test.noop")
    assert gateway.results(running) == []


# --- cancelling --------------------------------------------------------------------------------------------------


async def test_a_cancel_stops_a_shell_and_its_children(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    dispatch = await gateway.dispatch("shell.run", {"command": "sleep 3600 & echo $! > pid; echo up; wait"})
    await gateway.until(lambda: bool(gateway.of(LogLine)))
    read = await gateway.output("file.read", {"path": "pid"})
    assert isinstance(read, dict)
    await gateway.cancel(dispatch)
    assert (await gateway.result(dispatch)).outcome is Outcome.CANCELLED
    found = await gateway.output("shell.run", {"command": f"kill -0 {str(read['text']).strip()} && echo alive"})
    assert isinstance(found, dict)
    assert found["stdout"] == ""
    assert not agent.task.done()


async def test_a_cancel_that_comes_with_its_dispatch_is_answered(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = gateway.task("test.sleep", {"seconds": 3600})
    await gateway.send(dispatch, Cancel(run=dispatch.run, task=dispatch.task, attempt=1, epoch=gateway.epoch))
    assert (await gateway.result(dispatch)).outcome is Outcome.CANCELLED


async def test_a_cancel_of_what_is_not_known_is_answered(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = gateway.task("test.noop")
    await gateway.cancel(dispatch)
    assert (await gateway.result(dispatch)).outcome is Outcome.CANCELLED


async def test_an_attempt_ends_at_its_timeout(gateway: FakeGateway, start: Start) -> None:
    await start()
    result = await gateway.result(await gateway.dispatch("test.sleep", {"seconds": 3600}, timeout_s=0.05))
    assert result.error is not None
    assert (result.error.code, result.error.retryable) == (ErrorCode.TIMEOUT, True)


async def test_an_attempt_that_gives_no_sign_of_life_is_stopped(gateway: FakeGateway, start: Start) -> None:
    await start()
    result = await gateway.result(await gateway.dispatch("test.sleep", {"seconds": 3600}, heartbeat_s=0.05))
    assert result.error is not None
    assert (result.error.code, result.error.retryable) == (ErrorCode.LOST, True)
    assert "0.05 s" in result.error.message


async def test_the_output_of_a_command_is_a_sign_of_life(gateway: FakeGateway, start: Start) -> None:
    """Not even a whole line is needed; nothing goes over where no heartbeat was set."""
    await start()
    command = {"command": "for n in 1 2 3 4 5 6 7 8; do printf .; sleep 0.1; done"}
    beating = await gateway.dispatch("shell.run", command, heartbeat_s=0.5)
    assert (await gateway.result(beating)).outcome is Outcome.SUCCEEDED
    assert {message.task for message in gateway.of(Progress)} == {beating.task}
    plain = await gateway.dispatch("shell.run", command)
    assert (await gateway.result(plain)).outcome is Outcome.SUCCEEDED
    assert {message.task for message in gateway.of(Progress)} == {beating.task}


# --- connections that drop ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_result_made_while_away_arrives_once_back(start: Start, gateway: FakeGateway, resumable: bool) -> None:
    gateway.resumable = resumable
    await start()
    dispatch = await gateway.dispatch("test.sleep", {"seconds": 0.05})
    gateway.cut()
    await gateway.connected(2)
    assert (await gateway.result(dispatch)).outcome is Outcome.SUCCEEDED
    assert gateway.hellos[1].resume is not None


async def test_the_inventory_names_what_runs_and_what_is_held(gateway: FakeGateway, start: Start) -> None:
    gateway.record = False
    await start()
    runs = await gateway.dispatch("test.sleep", {"seconds": 3600})
    ended = await gateway.dispatch("test.noop")
    await gateway.result(ended)
    gateway.cut()
    await gateway.connected(2)
    assert [ref.task for ref in gateway.hellos[1].running] == [runs.task]
    assert [ref.task for ref in gateway.hellos[1].held] == [ended.task]


async def test_a_gateway_that_forgot_the_session_gets_the_held_results(gateway: FakeGateway, start: Start) -> None:
    gateway.record = gateway.resumable = False
    await start()
    dispatch = await gateway.dispatch("test.noop")
    first = await gateway.result(dispatch)
    gateway.cut()
    assert await gateway.result(dispatch, 2) == first
    await gateway.recorded(dispatch)
    gateway.cut()
    await gateway.connected(3)
    assert gateway.hellos[2].held == ()


async def test_a_held_result_is_sent_again_until_it_is_recorded(
    gateway: FakeGateway, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.executor.RESEND_S", 0.02)
    gateway.record = False
    await start()
    dispatch = await gateway.dispatch("test.noop")
    await gateway.result(dispatch, 3)


async def test_a_gateway_that_comes_back_on_its_port_finds_the_device(gateway: FakeGateway, start: Start) -> None:
    await start()
    await gateway.close()
    await gateway.listen()
    await gateway.connected(2)
    assert await gateway.output("test.noop") == {"value": None}


async def test_a_lost_gateway_is_told_once_and_so_is_its_return(gateway: FakeGateway, start: Start) -> None:
    with capture_logs() as logs:
        await start()
        gateway.reject = ErrorCode.SHUTTING_DOWN
        gateway.cut()
        await gateway.until(lambda: len(gateway.hellos) >= 4)
        gateway.reject = None
        await gateway.connected(5)
        await gateway.output("test.noop")
    assert [entry["event"] for entry in logs] in (
        ["connected", "gateway lost, trying again", "gateway is back"],
        ["gateway not reached, trying again", "connected"],  # cut before the first welcome was read
    )


@pytest.mark.parametrize(
    "data",
    ["nonsense", b"", b"\x01" * 80, frame(9, 0, [encode_message(Drain())]), frame(0, 99, []), "[" * 5000],
)
async def test_bad_frames_end_the_session_and_not_the_agent(
    gateway: FakeGateway, start: Start, data: str | bytes
) -> None:
    await start()
    dispatch = await gateway.dispatch("test.sleep", {"seconds": 0.05})
    await gateway.write(data)
    await gateway.connected(2)
    assert len(gateway.of(Fault)) == 1
    assert gateway.hellos[1].resume is None
    assert (await gateway.result(dispatch)).outcome is Outcome.SUCCEEDED


async def test_a_silent_gateway_is_left_and_found_again(gateway: FakeGateway, start: Start) -> None:
    gateway.heartbeat_s = 0.05
    await start()
    gateway.mute = True
    await gateway.until(lambda: len(gateway.hellos) >= 1 and not gateway.open)
    gateway.mute = False
    await gateway.connected(2)


@pytest.mark.slow
async def test_a_handshake_that_nobody_answers_is_given_up_within_the_lease(gateway: FakeGateway, start: Start) -> None:
    """The connection is there, and half-open: what the gateway says on it never comes."""
    gateway.heartbeat_s = 1.0
    await start()
    before, gateway.mute = gateway.session, True
    gateway.cut()
    while gateway.session is before:
        await asyncio.sleep(0)
    gateway.mute = False
    began = asyncio.get_running_loop().time()
    await gateway.connected(2)
    assert asyncio.get_running_loop().time() - began < 3.0  # the lease


async def test_heartbeats_say_how_much_runs(gateway: FakeGateway, start: Start) -> None:
    gateway.heartbeat_s = 0.05
    await start()
    await gateway.dispatch("test.sleep", {"seconds": 3600})
    await gateway.until(lambda: any(beat.running == 1 for beat in gateway.of(Heartbeat)))


# --- streams -----------------------------------------------------------------------------------------------------


async def test_a_tool_that_floods_waits_for_credits(gateway: FakeGateway, start: Start) -> None:
    gateway.credits = 6
    await start()
    flood = await gateway.dispatch("test.flood", {"lines": 10})
    await gateway.until(lambda: len(gateway.of(LogLine)) == 3)
    await gateway.output("test.noop")
    assert (len(gateway.of(LogLine)), gateway.results(flood)) == (3, [])
    assert gateway.session is not None
    gateway.session.grant(14)
    await gateway.send()
    assert (await gateway.result(flood)).outcome is Outcome.SUCCEEDED
    assert [line.text for line in gateway.of(LogLine)] == [f"line {number}" for number in range(10)]
    assert gateway.of(Progress)[-1].fraction == 1.0


async def test_a_tool_goes_on_without_a_listener(gateway: FakeGateway, start: Start) -> None:
    gateway.credits = 0
    await start()
    flood = await gateway.dispatch("test.flood", {"lines": 10})
    gateway.reject = ErrorCode.SHUTTING_DOWN
    gateway.cut()
    await gateway.until(lambda: len(gateway.hellos) >= 3)
    gateway.reject = None
    assert (await gateway.result(flood)).outcome is Outcome.SUCCEEDED


# --- the end -----------------------------------------------------------------------------------------------------


async def test_a_stopped_agent_takes_leave(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    await agent.end()
    assert gateway.of(Goodbye) == [Goodbye(reason="stopped")]


async def test_a_stopped_agent_says_what_became_of_its_work(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    reads = await gateway.dispatch("test.sleep", {"seconds": 3600})
    changes = await gateway.dispatch("shell.run", {"command": "echo up; sleep 3600"})
    await gateway.until(lambda: bool(gateway.of(LogLine)))
    await agent.end()
    for dispatch, code, retryable in ((reads, ErrorCode.UNAVAILABLE, True), (changes, ErrorCode.LOST, False)):
        [result] = gateway.results(dispatch)
        assert result.error is not None
        assert (result.error.code, result.error.retryable) == (code, retryable)
    assert isinstance(gateway.heard[-1], Goodbye)


async def test_a_drained_device_finishes_and_leaves(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    dispatch = await gateway.dispatch("test.sleep", {"seconds": 0.05})
    await gateway.send(Drain())
    late = await gateway.dispatch("test.noop")
    await agent.task
    assert (await gateway.result(dispatch)).outcome is Outcome.SUCCEEDED
    refused = (await gateway.result(late)).error
    assert refused is not None
    assert refused.code is ErrorCode.UNAVAILABLE
    assert gateway.of(Goodbye) == [Goodbye(reason="drained")]


async def test_an_agent_without_a_gateway_stops_at_once(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    await gateway.close()
    async with asyncio.timeout(5):
        await agent.end()


async def test_a_result_tells_what_its_programs_cost(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = await gateway.dispatch("shell.run", {"command": "true"})
    usage = (await gateway.result(dispatch)).usage
    assert usage.peak_memory_bytes > 0
    assert usage.cpu_seconds >= 0
    assert usage.seconds > 0
    dispatch = await gateway.dispatch("test.noop")
    assert (await gateway.result(dispatch)).usage.peak_memory_bytes == 0
