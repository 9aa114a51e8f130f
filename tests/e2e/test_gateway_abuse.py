"""What a device may say to the real gateway, and what it may not: each fault ends its session, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
import pytest_asyncio

from orchestrator.core.application import Refusal
from orchestrator.core.events import RunStatus
from protocol.codec import Chunk, encode_chunk
from protocol.credentials import proof, verifier
from protocol.errors import ErrorCode
from tests.support.quiet import quiet
from tests.support.system import System
from tests.support.wire import Said, Wire, attempt, noop_skill, opened, transfer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    system = System(tmp_path_factory.mktemp("abuse"))
    # Nothing here is about silence: a busy machine must not look like a device that died.
    system.settings = system.settings.model_copy(update={"heartbeat_s": 10.0, "lease_s": 25.0})
    await system.start()
    try:
        await system.device("good", test_only=True)
        yield system
    finally:
        await system.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def system(shared: System) -> AsyncIterator[System]:
    """After each test: no traceback anywhere, no connection left, the other device there, and a run works."""
    with quiet():
        yield shared
        gateway = shared.app.gateway
        await shared.until(lambda: gateway.open_connections == 1, "the test's connections to be gone")
        assert gateway.connected("good")
        await works(shared)
    assert shared.app.health().ready


async def works(system: System) -> None:
    """A run on the good device, from its submission to its end."""
    value = next(numbers)
    step: dict[str, object] = {"id": "a", "skill": "test.noop", "arguments": {"value": value}}
    run = await system.submit({**step, "devices": {"names": ["good"]}})
    view = await system.app.wait(run, 20)
    assert (view.state, view.tasks[0].output) == (RunStatus.SUCCEEDED, {"value": value})


@pytest.fixture
def name() -> str:
    return f"raw-{next(numbers)}"


async def dispatched(system: System, wire: Wire, **step: object) -> tuple[str, Said]:
    """A run whose one task is on the hand-written device: the run, and the dispatch."""
    before = len([one for one in wire.heard if one["type"] == "dispatch"])
    run = await system.submit({"id": "a", "skill": "raw.work", "devices": {"names": [wire.name]}, **step})
    return run, await wire.until("dispatch", before + 1)


def result(dispatch: Said, **more: object) -> Said:
    said: Said = {"type": "result", "epoch": dispatch["epoch"], "outcome": "succeeded", **more}
    return attempt(dispatch, **said)


# --- frames that cannot be read ------------------------------------------------------------------------------------


def frame(*messages: Said, seq: int = 1, ack: int = 0) -> str:
    return json.dumps({"seq": seq, "ack": ack, "body": messages})


RESULT: Said = {"type": "result", "run": "r", "task": "t", "attempt": 1, "epoch": 1, "outcome": "succeeded"}
LOG: Said = {"type": "log", "run": "r", "task": "t", "attempt": 1, "text": "x"}
BEAT: Said = {"type": "heartbeat"}


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "larger than a frame": (frame({**RESULT, "output": "x" * (1 << 20)}), "frame_too_large"),
    "nothing": ("", "bad_frame"),
    "truncated": (frame(RESULT)[:-7], "bad_frame"),
    "not JSON": ("\x1b[31mhello\x1b[0m \x00\x07", "bad_frame"),
    "null": ("null", "bad_frame"),
    "an array": ("[]", "bad_frame"),
    "a number": ("1e999", "bad_frame"),
    "binary without a header": (b"\x00\xff\xfe garbage", "bad_frame"),
    "a chunk of another version": (b"\x07" + b"\x00" * 100, "bad_frame"),
    "a chunk whose hash is wrong": (b"\x01" + b"\x00" * 100, "hash_mismatch"),
    "a chunk too large": (b"\x01" + b"\x00" * (57 + (256 << 10) + 1), "frame_too_large"),
    "brackets without end": ("[" * 100_000, "bad_frame"),
    "nested beyond the parser": (
        frame(RESULT).replace('"succeeded"', f'"succeeded","output":{nested(500)}'),
        "bad_frame",
    ),
    "nested beyond the rule": (frame(RESULT).replace('"succeeded"', f'"succeeded","output":{nested(40)}'), "bad_frame"),
    "not a number": (frame(RESULT).replace('"succeeded"', '"succeeded","output":NaN'), "bad_frame"),
    "a lone surrogate": ('{"seq":0,"ack":0,"body":[{"type":"\\ud800"}]}', "bad_frame"),
    "an unknown field": (frame({**RESULT, "more": 1}), "bad_frame"),
    "an unknown type": (frame({"type": "sudo"}), "bad_frame"),
    "text for a number": (frame({**RESULT, "attempt": "1"}), "bad_frame"),
    "a number too large": (frame({**RESULT, "attempt": 2**63}), "bad_frame"),
    "an attempt of zero": (frame({**RESULT, "attempt": 0}), "bad_frame"),
    "a name with an escape": (frame({**RESULT, "task": "t\x1b[2J"}), "bad_frame"),
    "failed without a reason": (frame({**RESULT, "outcome": "failed"}), "bad_frame"),
    "a code that is not one": (
        frame({**RESULT, "outcome": "failed", "error": {"code": "whatever", "message": ""}}),
        "bad_frame",
    ),
    "too many messages": (frame(*[BEAT] * 513), "bad_frame"),
    # order
    "a gap": (frame(RESULT, seq=2), "out_of_order"),
    "far ahead": (frame(RESULT, seq=2**53), "out_of_order"),
    "a negative number": (frame(RESULT, seq=-1), "bad_frame"),
    "an acknowledgement of what was never sent": (frame(BEAT, seq=0, ack=99), "out_of_order"),
    "a number and no message": (frame(seq=5), "bad_frame"),
    # the moment
    "a second hello": (
        frame({"type": "hello", "version": "asterism.v1", "device": "d", "name": "n", "kind": "edge"}, seq=0),
        "unexpected_message",
    ),
    "a heartbeat with a number": (frame(BEAT), "unexpected_message"),
    "a result without a number": (frame(RESULT, seq=0), "unexpected_message"),
    "what only a gateway says": (frame({"type": "credit", "amount": 1}), "unexpected_message"),
    "goodbye, and then more": (frame({"type": "goodbye"}, RESULT), "unexpected_message"),
    "`artifact_ready` to a gateway": (
        frame({"type": "artifact_ready", "transfer": "0" * 32, "offset": 0, "size": 1}, seq=0),
        "unexpected_message",
    ),
    "more log lines than credits": (frame(*[LOG] * 300), "limit_exceeded"),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_ends_an_open_session(system: System, name: str, case: str) -> None:
    data, code = UNREADABLE[case]
    async with opened(system.url, name=name) as wire:
        await wire.raw(data)
        assert await wire.ended() == (code, 1008)
        await wire.raw(frame(RESULT))  # what still comes is for nobody
    assert not system.app.gateway.connected(name)


BEFORE: dict[str, tuple[str | bytes, str]] = {
    "a result": (frame(RESULT), "unexpected_message"),
    "a heartbeat": (frame(BEAT, seq=0), "unexpected_message"),
    "a numbered hello": (
        frame({"type": "hello", "version": "asterism.v1", "device": "d", "name": "n", "kind": "edge"}),
        "unexpected_message",
    ),
    "a chunk": (encode_chunk(Chunk("0" * 32, 0, b"x")), "unexpected_message"),
    "a welcome": (
        frame({"type": "welcome", "session": "0" * 32, "epoch": 1, "heartbeat_s": 1.0, "lease_s": 1.0}, seq=0),
        "unexpected_message",
    ),
    "a frame larger than one": ("x" * (2 << 20), "frame_too_large"),
}


@pytest.mark.parametrize("case", BEFORE)
async def test_what_ends_a_handshake(system: System, name: str, case: str) -> None:
    data, code = BEFORE[case]
    async with Wire(system.url, name=name) as wire:
        await wire.until("challenge")
        await wire.raw(data)
        assert await wire.ended() == (code, 1008)


HELLOS = {
    "another version": ({"version": "asterism.v2"}, "unsupported_version"),
    "no version": ({"version": ""}, "unsupported_version"),
    "a name with an escape": ({"name": "a\x1b]0;pwned\x07"}, "bad_frame"),
    "a name with a line break": ({"name": "a\nb"}, "bad_frame"),
    "a name without end": ({"name": "a" * 65}, "bad_frame"),
    "a path for a name": ({"name": "../../etc"}, "bad_frame"),
    "no name": ({"name": ""}, "bad_frame"),
    "an identity with a slash": ({"device": "../x"}, "bad_frame"),
    "a kind that is none": ({"kind": "toaster"}, "bad_frame"),
    "no slots": ({"slots": 0}, "bad_frame"),
    "too many skills": ({"skills": [noop_skill(f"raw.s{n}") for n in range(513)]}, "bad_frame"),
    "a skill with an escape": ({"skills": [noop_skill("raw.\x1b")]}, "bad_frame"),
    "the good device's name": ({"name": "good"}, "name_taken"),
}


@pytest.mark.parametrize("case", HELLOS)
async def test_hellos_that_are_turned_away(system: System, name: str, case: str) -> None:
    changes, code = HELLOS[case]
    async with Wire(system.url, name=name) as wire:
        await wire.until("challenge")
        await wire.frame(wire.hello(**changes))  # type: ignore[arg-type]
        assert await wire.ended() == (code, 1008)
    known = {device.name for device in await system.app.devices()}
    assert name not in known


@pytest.mark.parametrize(("data", "code"), [(b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc", 1007), (b"\xff" * 200, 1002)])
async def test_what_is_no_websocket_message(system: System, name: str, data: bytes, code: int) -> None:
    async with opened(system.url, name=name) as wire:
        wire.socket.transport.write(data)
        assert await wire.ended() == ("", code)


async def test_a_message_to_a_device_whose_session_is_just_being_left(system: System, name: str) -> None:
    """Between the fault and the end of the connection: its inventory will tell, later."""
    async with opened(system.url, name=name):
        gateway = system.app.gateway
        connection = gateway._connections[name]
        connection.session.fail(ErrorCode.LIMIT_EXCEEDED, "Too much.")
        gateway.send_encoded(name, b'{"type":"drain","reason":""}')
        assert connection.session.unacknowledged == 0


async def test_a_message_that_is_too_large_for_the_server(system: System, name: str) -> None:
    async with opened(system.url, name=name) as wire:
        await wire.raw("x" * (5 << 20))
        assert await wire.ended() == ("", 1009)


async def test_a_message_that_never_ends(system: System, name: str) -> None:
    async with opened(system.url, name=name) as wire:
        wire.socket.transport.write(b'\x01\x84\0\0\0\0{"se')  # the first fragment of a text, and then nothing
        await wire.socket.ping()
        wire.cut()
    await system.until(lambda: not system.app.gateway.connected(name), "the device to be seen as gone")


async def test_a_message_that_is_faulty_while_the_gateway_writes(system: System, name: str) -> None:
    """The WebSocket ends below the gateway, which has something to say at that moment."""
    for data in (b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc", b"\xff" * 50):
        async with opened(system.url, name=f"{name}-{data[0]}", skills=[noop_skill()], slots=500) as wire:
            steps: list[dict[str, object]] = [
                {"id": f"s{n}", "skill": "raw.work", "devices": {"names": [wire.name]}} for n in range(300)
            ]
            submitting = asyncio.create_task(system.submit(*steps, deadline_s=60))
            await wire.until("dispatch")
            wire.socket.transport.write(data)
            await wire.ended()
            await system.app.cancel(await submitting)


# --- credentials ---------------------------------------------------------------------------------------------------
# In a system of their own: once there is a token, every device needs one.


async def test_credentials(tmp_path_factory: pytest.TempPathFactory) -> None:
    system = System(tmp_path_factory.mktemp("credentials"))
    system.settings = system.settings.model_copy(update={"heartbeat_s": 10.0, "lease_s": 25.0})
    await system.start()
    try:
        with quiet() as entries:
            good, _ = await system.app.create_token("device", name="good")
            await system.device("good", token=good, test_only=True)
            await _credentials(system)
            await system.until(lambda: system.app.gateway.open_connections == 1, "connections to be gone")
            await works(system)
        assert good.rsplit("_", 1)[1] not in json.dumps(entries, default=str)
    finally:
        await system.stop()


async def _credentials(system: System) -> None:
    token, record = await system.app.create_token("device", name="raw")
    expired, _ = await system.app.create_token("device", expires_in_s=0.0)
    revoked, gone = await system.app.create_token("device")
    await system.app.revoke_token(gone.id)
    admin, _ = await system.app.create_token("admin")
    viewer, _ = await system.app.create_token("viewer")
    forged = f"ast_{record.id}_{'x' * 43}"
    unknown = f"ast_deadbeef_{'x' * 43}"

    for wrong in ("", expired, revoked, admin, viewer, forged, unknown):
        async with Wire(system.url) as wire:
            challenge = await wire.until("challenge")
            assert challenge["token_required"] is True
            await wire.frame(wire.hello(token=wrong))
            assert await wire.ended() == ("unauthenticated", 1008)

    async with Wire(system.url) as wire:
        await wire.until("challenge")
        overheard = wire.hello(token=token)
        await wire.frame(overheard)
        await wire.until("welcome")
    async with Wire(system.url) as wire:  # the same words under another nonce
        await wire.until("challenge")
        await wire.frame(overheard)
        assert await wire.ended() == ("unauthenticated", 1008)

    for changed in ({"name": "other"}, {"device": "other"}, {"version": "asterism.v2"}):  # a proof of something else
        async with Wire(system.url) as wire:
            await wire.until("challenge")
            await wire.frame({**wire.hello(token=token), **changed})
            assert (await wire.ended())[0] in ("unauthenticated", "unsupported_version")

    async with Wire(system.url, device="thief") as wire:  # a stolen token, on another machine
        await wire.until("challenge")
        await wire.frame(wire.hello(token=token))
        assert await wire.ended() == ("unauthenticated", 1008)

    async with Wire(system.url) as wire:  # a verifier is not a token: it was read from the database's file, say
        await wire.until("challenge")
        nonce = str(wire.challenge["nonce"])
        twice = proof(verifier(verifier(token)), nonce=nonce, device=wire.device, name=wire.name, version="asterism.v1")
        await wire.frame({**wire.hello(token=token), "proof": twice})
        assert await wire.ended() == ("unauthenticated", 1008)


async def test_a_token_that_is_revoked_while_its_device_is_here(tmp_path_factory: pytest.TempPathFactory) -> None:
    system = System(tmp_path_factory.mktemp("revoked"))
    system.settings = system.settings.model_copy(update={"heartbeat_s": 10.0, "lease_s": 25.0})
    await system.start()
    try:
        token, record = await system.app.create_token("device")
        async with Wire(system.url) as wire:
            await wire.open(token=token)
            await system.app.revoke_token(record.id)
            assert await wire.ended() == ("unauthenticated", 1008)
        assert not system.app.gateway.connected("raw")
    finally:
        await system.stop()


async def test_the_first_token_ends_the_sessions_of_devices_that_came_in_without_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    system = System(tmp_path_factory.mktemp("first"))
    system.settings = system.settings.model_copy(update={"heartbeat_s": 10.0, "lease_s": 25.0})
    await system.start()
    try:
        with quiet() as entries:
            async with Wire(system.url) as bare, Wire(system.url, device="other", name="other") as unchecked:
                await bare.open()
                await unchecked.open(token=f"ast_deadbeef_{'x' * 43}")
                token, _ = await system.app.create_token("device")
                for wire in (bare, unchecked):
                    assert await wire.ended() == ("unauthenticated", 1008)
                    assert "token create --role device" in wire.heard[-1]["message"]
            async with Wire(system.url) as wire:
                await wire.open(token=token)
                await system.app.create_token("admin")
                assert system.app.gateway.connected("raw")
        [warning] = [one for one in entries if "not checked" in one["event"]]
        assert (warning["device"], warning["log_level"]) == ("other", "warning")
        assert sorted(one["device"] for one in entries if one["event"] == "session faulted") == ["other", "raw"]
    finally:
        await system.stop()


async def test_a_token_of_another_role_is_called_that(tmp_path_factory: pytest.TempPathFactory) -> None:
    system = System(tmp_path_factory.mktemp("role"))
    await system.start()
    try:
        viewer, record = await system.app.create_token("viewer")
        forged = f"ast_{record.id}_{'x' * 43}"
        for token, said in ((viewer, "role is viewer, not device"), (forged, "wrong, expired")):
            async with Wire(system.url) as wire:
                await wire.until("challenge")
                await wire.frame(wire.hello(token=token))
                fault = await wire.until("fault")
                assert said in str(fault["message"])
    finally:
        await system.stop()


# --- one name ------------------------------------------------------------------------------------------------------


async def test_the_same_device_twice(system: System, name: str) -> None:
    """The newer one takes over; the older one is told, so that the two do not take turns for ever."""
    skills = [noop_skill()]
    async with (
        opened(system.url, name=name, skills=skills) as first,
        opened(system.url, name=name, skills=skills) as second,
    ):
        assert await first.ended() == ("superseded", 1008)
        run, dispatch = await dispatched(system, second)
        await second.say(result(dispatch))
        assert (await system.app.wait(run, 20)).state is RunStatus.SUCCEEDED


async def test_a_name_that_another_device_held(system: System, name: str) -> None:
    async with opened(system.url, name=name, device="first"), Wire(system.url, name=name, device="second") as second:
        await second.until("challenge")
        await second.frame(second.hello())
        assert await second.ended() == ("name_taken", 1008)
    async with Wire(system.url, name=name, device="second") as second:  # it is away, and its lease runs
        await second.until("challenge")
        await second.frame(second.hello())
        assert await second.ended() == ("name_taken", 1008)


# --- floods --------------------------------------------------------------------------------------------------------


async def test_half_open_handshakes(system: System, name: str) -> None:
    """Hundreds that never say hello keep nobody out."""
    wires = [Wire(system.url, name=f"{name}-{n}") for n in range(300)]
    try:
        await asyncio.gather(*(wire.__aenter__() for wire in wires))
        async with opened(system.url, name=name):
            await works(system)
    finally:
        await asyncio.gather(*(wire.__aexit__(None, None, None) for wire in wires))


async def test_half_open_handshakes_end_by_themselves(system: System, name: str) -> None:
    gateway = system.app.gateway
    wires = [Wire(system.url, name=f"{name}-{n}") for n in range(20)]
    try:
        await asyncio.gather(*(wire.__aenter__() for wire in wires))
        await system.until(lambda: gateway.open_connections == 21, "all to be there")
        now = gateway._clock
        gateway._clock = lambda: now() + 11.0
        try:
            ended = await asyncio.gather(*(wire.ended() for wire in wires))
        finally:
            gateway._clock = now
        assert set(ended) == {("heartbeat_missed", 1008)}
    finally:
        await asyncio.gather(*(wire.__aexit__(None, None, None) for wire in wires))


async def test_a_flood_of_wrong_hellos(system: System, name: str) -> None:
    async def one(number: int) -> tuple[str, int]:
        async with Wire(system.url, name=f"{name}-{number}") as wire:
            await wire.until("challenge")
            await wire.frame(wire.hello(name="good"))
            return await wire.ended()

    assert set(await asyncio.gather(*(one(number) for number in range(200)))) == {("name_taken", 1008)}


async def test_a_flood_of_log_lines(system: System, name: str) -> None:
    """With credits it goes through and holds nobody up; beyond them it ends the session."""
    async with opened(system.url, name=name) as wire:
        for _ in range(40):
            await wire.say(*[{**LOG, "text": "x" * 1000}] * 100)
        await wire.until("credit", 15)
        await works(system)
        assert system.app.gateway.connected(name)
        await wire.say(*[LOG] * 257)
        assert await wire.ended() == ("limit_exceeded", 1008)


async def test_a_device_that_answers_pings_never_and_sends_many(system: System, name: str) -> None:
    """Each ping is answered; a device that reads no answer is cut off before they fill the memory."""
    async with opened(system.url, name=name) as wire:
        wire.socket.transport.pause_reading()
        ping = (b"\x89\xfd\0\0\0\0" + b"p" * 125) * 500
        for _ in range(400):
            if wire.socket.transport.is_closing() or not system.app.gateway.connected(name):
                break
            wire.socket.transport.write(ping)
            await asyncio.sleep(0)
        await system.until(lambda: not system.app.gateway.connected(name), "the flood to be cut off")


async def test_a_device_that_never_reads(system: System, name: str) -> None:
    """It is cut off once writing to it has stood still for as long as a silent device is given."""
    gateway = system.app.gateway
    async with opened(system.url, name=name, skills=[noop_skill()], slots=64) as wire:
        wire.socket.transport.pause_reading()
        big = "x" * 800_000
        steps: list[dict[str, object]] = [
            {"id": f"s{n}", "skill": "raw.work", "arguments": {"text": big}, "devices": {"names": [name]}}
            for n in range(12)
        ]
        run = await system.submit(*steps, deadline_s=600)
        await system.until(lambda: system.app.statistics().attempts_live == 12, "the tasks to be dispatched")
        await works(system)
        now, began = gateway._clock, 0.0
        gateway._clock = lambda: now() + began
        try:
            while gateway.connected(name):
                began += 5.0  # it says all the time that it lives
                await wire.frame(BEAT, ack=0)
                for connection in gateway._connections.values():
                    if connection.name == "good":
                        connection.session._heard = gateway._clock()
                await asyncio.sleep(0.05)
                assert began < 200, "it was never cut off"
        finally:
            gateway._clock = now
        await system.app.cancel(run)
    assert began <= 60


# --- results -------------------------------------------------------------------------------------------------------


async def test_results_that_nobody_waits_for(system: System, name: str) -> None:
    """Each is acknowledged, so that the device forgets it, and changes nothing."""
    async with opened(system.url, name=name, skills=[noop_skill()]) as wire:
        run, dispatch = await dispatched(system, wire)
        strange: list[Said] = [
            {**RESULT, "run": "nowhere"},
            {**result(dispatch), "task": "nothing"},
            {**result(dispatch), "attempt": 7},
            {**result(dispatch, output="forged"), "attempt": 2},
        ]
        await wire.say(*strange)
        await wire.until("recorded", 4)
        assert (await system.app.run(run)).state is RunStatus.RUNNING
        await wire.say(result(dispatch, output="right"))
        await wire.until("recorded", 5)
        view = await system.app.wait(run, 20)
        await wire.say(result(dispatch, output="twice"))
        await wire.say(result(dispatch, outcome="failed", error={"code": "internal", "message": ""}))
        await wire.until("recorded", 7)
        again = await system.app.run(run)
    assert (view.state, view.tasks[0].output, again.tasks[0].output) == (RunStatus.SUCCEEDED, "right", "right")


async def test_a_result_of_another_devices_attempt(system: System, name: str) -> None:
    async with (
        opened(system.url, name=name, skills=[noop_skill()]) as owner,
        opened(system.url, name=f"{name}-b", skills=[noop_skill()]) as other,
    ):
        run, dispatch = await dispatched(system, owner)
        await other.say(result(dispatch, output="forged"))
        await other.until("recorded")
        assert (await system.app.run(run)).state is RunStatus.RUNNING
        await other.say(attempt(dispatch, type="progress", message="forged words"))
        await other.frame(BEAT)
        await owner.say(attempt(dispatch, type="progress", message="my words"))
        await owner.frame(BEAT)
        await system.until(lambda: "my words" in system.app.reception.words(run).values(), "the owner's words")
        await other.say(attempt(dispatch, type="progress", message="forged words"))
        await other.say(result(dispatch))
        await other.until("recorded", 2)
        assert system.app.reception.words(run) == {"a": "my words"}
        await owner.say(result(dispatch, output="right"))
        view = await system.app.wait(run, 20)
    assert (view.state, view.tasks[0].output) == (RunStatus.SUCCEEDED, "right")


async def test_an_inventory_of_another_devices_attempts(system: System, name: str) -> None:
    """Who says at its registration that it has somebody else's work is not believed."""
    skills = [noop_skill()]
    async with opened(system.url, name=name, skills=skills) as owner:
        run, dispatch = await dispatched(system, owner)
        forged = [attempt(dispatch), attempt({**dispatch, "attempt": 2}), attempt({**dispatch, "run": "nowhere"})]
        async with opened(system.url, name=f"{name}-b", skills=skills, running=forged, held=forged) as other:
            await other.say(result(dispatch, output="forged"))
            await other.until("recorded")
            assert await other.until("cancel")
        assert (await system.app.run(run)).tasks[0].device == name
        await owner.say(result(dispatch, output="right"))
        view = await system.app.wait(run, 20)
    assert (view.state, view.tasks[0].output, view.tasks[0].attempt) == (RunStatus.SUCCEEDED, "right", 1)


async def test_a_result_of_an_old_session(system: System, name: str) -> None:
    """An attempt that was lost and given to somebody else is not ended by the first one's word."""
    skills = [noop_skill()]
    async with opened(system.url, name=f"{name}-b", skills=skills):
        pass  # it is known, and away
    async with opened(system.url, name=name, skills=skills) as first:
        run, old = await dispatched(system, first, devices={"names": [name, f"{name}-b"]})
        await first.say({"type": "goodbye"})
        assert (await first.ended())[1] == 1000
    async with opened(system.url, name=f"{name}-b", skills=skills) as second:
        new = await second.until("dispatch")
        assert (new["task"], new["attempt"]) == ("a", 2)
        async with opened(system.url, name=name, skills=skills) as late:
            await late.say(result(old, output="old"))
            await late.until("recorded")
            await late.say({**result(old, output="old"), "attempt": 2})
            await late.until("recorded", 2)
        assert (await system.app.run(run)).state is RunStatus.RUNNING
        await second.say(result(new, output="new"))
        view = await system.app.wait(run, 20)
    assert view.tasks[0].output == "new"


async def test_a_result_larger_than_agreed(system: System, name: str) -> None:
    """It fails its task, as a device that keeps the rule would have said itself; the session goes on."""
    async with opened(system.url, name=name, skills=[noop_skill()]) as wire:
        run, dispatch = await dispatched(system, wire)
        await wire.say(result(dispatch, output="x" * (600 << 10)))
        await wire.until("recorded")
        view = await system.app.wait(run, 20)
        assert system.app.gateway.connected(name)
    assert view.tasks[0].error is not None
    assert view.tasks[0].error.code.value == "output_too_large"


async def test_a_result_that_does_not_fit_its_skill_reaches_nobody(system: System, name: str) -> None:
    """Whatever a device returns, its run ends and can be shown."""
    async with opened(system.url, name=name, skills=[noop_skill()]) as wire:
        for output in (None, [], "\x1b]0;x\x07", {"": {"\x00": 1}}, nested_value(30)):
            run, dispatch = await dispatched(system, wire)
            await wire.say(result(dispatch, output=output))
            view = await system.app.wait(run, 20)
            assert view.state is RunStatus.SUCCEEDED
            assert "\x1b" not in view.answer


def nested_value(depth: int) -> object:
    return [nested_value(depth - 1)] if depth else 1


HOSTILE: dict[str, Said] = {
    "a pattern that takes for ever": {"properties": {"text": {"type": "string", "pattern": "^(a+)+$"}}},
    "a reference elsewhere": {"properties": {"text": {"$ref": "http://127.0.0.1:1/schema"}}},
    "a reference to itself": {"properties": {"text": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
    "doubling references": {
        "properties": {"text": {"$ref": "#/$defs/d0"}},
        "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)},
    },
    "nonsense": {"properties": [], "required": 5, "type": "sudo", "additionalProperties": "x"},
    "nonsense within": {"properties": {"text": {"type": 5, "anyOf": 5, "enum": 5, "items": 5, "multipleOf": 0}}},
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_schemas_that_would_stop_the_orchestrator(system: System, name: str, case: str) -> None:
    skill = noop_skill("raw.hostile", input_schema=HOSTILE[case], output_schema=HOSTILE[case], version=next(numbers))
    async with opened(system.url, name=name, skills=[skill]) as wire:
        for text in ("a" * 40 + "!", {"x": [1]}, 0, "${first.output.text}"):
            first: Said = {"id": "first", "skill": "raw.hostile", "devices": {"names": [name]}}
            step: Said = {"id": "a", "skill": "raw.hostile", "arguments": {"text": text}, "devices": {"names": [name]}}
            with contextlib.suppress(Refusal):
                await system.app.cancel(await system.submit(first, {**step, "after": [{"step": "first"}]}))
        assert system.app.gateway.connected(wire.name)


# --- artifacts -----------------------------------------------------------------------------------------------------


def offer(dispatch: Said, content: bytes, **changes: object) -> Said:
    digest = hashlib.sha256(content).hexdigest()
    said = attempt(dispatch, type="artifact_offer", transfer=transfer(), sha256=digest, size=len(content), name="x")
    return {**said, **changes}


def chunk(offered: Said, offset: int, data: bytes) -> bytes:
    return encode_chunk(Chunk(str(offered["transfer"]), offset, data))


Case = Callable[[Wire, Said], Awaitable[tuple[str, int]]]


async def _behind(wire: Wire, dispatch: Said) -> tuple[str, int]:
    said = offer(dispatch, b"0123456789" + wire.name.encode())
    await wire.frame(said)
    await wire.until("artifact_ready")
    await wire.raw(chunk(said, 5, b"56789"))
    return await wire.ended()


async def _too_long(wire: Wire, dispatch: Said) -> tuple[str, int]:
    said = offer(dispatch, b"1" + wire.name.encode())
    await wire.frame(said)
    await wire.until("artifact_ready")
    await wire.raw(chunk(said, 0, b"x" * 1000))
    return await wire.ended()


async def _twice(wire: Wire, dispatch: Said) -> tuple[str, int]:
    said = offer(dispatch, b"2" + wire.name.encode())
    await wire.frame(said)
    await wire.frame(said)
    return await wire.ended()


async def _many(wire: Wire, dispatch: Said) -> tuple[str, int]:
    await wire.frame(*[offer(dispatch, f"{n} {wire.name}".encode()) for n in range(40)])
    return await wire.ended()


async def _ahead(wire: Wire, dispatch: Said) -> tuple[str, int]:
    content = b"3" + wire.name.encode()
    said = offer(dispatch, content)
    await wire.frame(said)
    await wire.raw(chunk(said, 0, content))
    await wire.until("artifact_ack", where=lambda one: bool(one["done"]))
    fetch = attempt(dispatch, type="artifact_fetch", transfer=transfer(), sha256=said["sha256"])
    await wire.frame(fetch)
    await wire.frame({"type": "artifact_ack", "transfer": fetch["transfer"], "offset": 10**6})
    return await wire.ended()


FAULTY: dict[str, tuple[Case, str]] = {
    "a chunk that leaves some out": (_behind, "bad_frame"),
    "more than was announced": (_too_long, "bad_frame"),
    "a transfer that is under way": (_twice, "bad_frame"),
    "too many transfers": (_many, "limit_exceeded"),
    "an acknowledgement of what was not sent": (_ahead, "bad_frame"),
}


@pytest.mark.parametrize("case", FAULTY)
async def test_transfers_that_end_the_session(system: System, name: str, case: str) -> None:
    work, code = FAULTY[case]
    async with opened(system.url, name=name, skills=[noop_skill()]) as wire:
        run, dispatch = await dispatched(system, wire, retry={"max_attempts": 1})
        assert await work(wire, dispatch) == (code, 1008)
        await system.app.cancel(run)


async def test_transfers_that_are_refused(system: System, name: str) -> None:
    """The transfer is over, with a code; the session goes on."""
    async with opened(system.url, name=name, skills=[noop_skill()]) as wire:
        run, dispatch = await dispatched(system, wire)
        content = name.encode() * 10

        async def refused(count: int) -> str:
            return str((await wire.until("artifact_refused", count))["code"])

        await wire.frame(offer(dispatch, content, size=(8 << 30) + 1))
        assert await refused(1) == "artifact_too_large"
        forged = offer(dispatch, content, sha256=hashlib.sha256(b"other").hexdigest())
        await wire.frame(forged)
        await wire.raw(chunk(forged, 0, content))
        assert await refused(2) == "hash_mismatch"
        fetch = attempt(dispatch, type="artifact_fetch", sha256=forged["sha256"])
        await wire.frame({**fetch, "transfer": transfer()})
        assert await refused(3) == "unknown_artifact"
        await wire.raw(encode_chunk(Chunk(transfer(), 0, b"of no transfer")))
        right = offer(dispatch, content)
        await wire.frame(right)
        await wire.raw(chunk(right, 0, content))
        await wire.until("artifact_ack", where=lambda one: bool(one["done"]))
        await wire.frame({**fetch, "sha256": right["sha256"], "transfer": transfer(), "offset": 10**9})
        assert await refused(4) == "bad_arguments"
        assert [record.sha256 for record in await system.app.artifacts(run)] == [right["sha256"]]
        await wire.say(result(dispatch))
        await system.app.wait(run, 20)


async def test_artifacts_for_runs_that_a_device_has_no_part_in(system: System, name: str) -> None:
    """A device may put content on the record of, and read from, only those runs whose work it has."""
    async with (
        opened(system.url, name=name, skills=[noop_skill()]) as owner,
        opened(system.url, name=f"{name}-b", skills=[noop_skill()]) as other,
    ):
        run, dispatch = await dispatched(system, owner)
        secret = b"secret of " + name.encode()
        mine = offer(dispatch, secret)
        await owner.frame(mine)
        await owner.raw(chunk(mine, 0, secret))
        await owner.until("artifact_ack", where=lambda one: bool(one["done"]))
        await other.frame(attempt(dispatch, type="artifact_fetch", transfer=transfer(), sha256=mine["sha256"]))
        assert (await other.until("artifact_refused"))["code"] == "denied"
        forged = offer(dispatch, b"forged by " + name.encode())
        await other.frame(forged)
        assert (await other.until("artifact_refused", 2))["code"] == "denied"
        assert [record.sha256 for record in await system.app.artifacts(run)] == [mine["sha256"]]
        await owner.say(result(dispatch))
        await system.app.wait(run, 20)
