"""What the executor decides, as tables of events and commands."""

from __future__ import annotations

import json

import pytest

from devices.connection import BACKOFF_S
from devices.events import (
    Command,
    Disconnected,
    Finished,
    Forget,
    Interrupt,
    Key,
    Leave,
    Persist,
    Persisted,
    Restored,
    Run,
    Send,
    ShutdownAsked,
    Sign,
    Ticked,
)
from devices.executor import ACCEPT_DELAY_S, GRACE_S, MAX_RUNNING, RESEND_BATCH, RESEND_S, Executor, encode_result
from orchestrator.core.attempts import CANCEL_GRACE_S, TIMEOUT_GRACE_S
from protocol.codec import decode_device_frame, frame
from protocol.errors import ErrorCode
from protocol.messages import (
    Cancel,
    Dispatch,
    Drain,
    Limits,
    Outcome,
    Recorded,
    Result,
    TaskError,
    Usage,
    Welcome,
)
from protocol.vocabulary import Json, Risk, SkillSpec


def skill(name: str, risk: Risk = Risk.READ, *, idempotent: bool = True) -> SkillSpec:
    return SkillSpec(name=name, description="", input_schema={}, output_schema={}, risk=risk, idempotent=idempotent)


SKILLS = {
    spec.name: spec
    for spec in (
        skill("a.read"),
        skill("a.write", Risk.WRITE),
        skill("a.append", Risk.WRITE, idempotent=False),
    )
}
WELCOME = Welcome(session="a" * 32, epoch=3, heartbeat_s=5, lease_s=9)


def dispatch(
    number: int = 1,
    name: str = "a.read",
    *,
    epoch: int = 3,
    timeout_s: float = 100.0,
    heartbeat_s: float | None = None,
) -> Dispatch:
    return Dispatch(
        run="r",
        task=f"t{number}",
        attempt=1,
        epoch=epoch,
        skill=name,
        timeout_s=timeout_s,
        heartbeat_s=heartbeat_s,
    )


def key(number: int = 1) -> Key:
    return ("r", f"t{number}", 1)


def cancel(number: int = 1, epoch: int = 3) -> Cancel:
    return Cancel(run="r", task=f"t{number}", attempt=1, epoch=epoch)


def recorded(number: int = 1) -> Recorded:
    return Recorded(run="r", task=f"t{number}", attempt=1)


def said(commands: list[Command]) -> list[str]:
    """`type:outcome or code` of each message, or the command's name."""
    found = []
    for command in commands:
        if isinstance(command, Send):
            message = json.loads(command.body)
            error = message.get("error")
            found.append(":".join(filter(None, (message["type"], error["code"] if error else message.get("outcome")))))
        else:
            found.append(type(command).__name__)
    return found


class Bench:
    """An executor that is validated after every step."""

    def __init__(self, *, slots: int = 2, connected: bool = True, fence: int = 0) -> None:
        self.now = 0.0
        self.executor = Executor(SKILLS, slots=slots, fence=fence)
        if connected:
            self.do(WELCOME)

    def do(self, event: object, after: float = 0.0) -> list[str]:
        self.now += after
        commands = self.executor.handle(event, self.now)  # type: ignore[arg-type]
        self.executor.validate()
        return said(commands)


def test_a_dispatch_runs_and_its_end_is_sent_and_held() -> None:
    bench = Bench()
    assert bench.do(dispatch()) == ["Run"]
    assert bench.do(Finished(key(), output=1)) == ["result:succeeded"]
    assert [ref.task for ref in bench.executor.held] == ["t1"]
    assert bench.do(recorded()) == []
    assert bench.executor.idle


@pytest.mark.parametrize(
    ("name", "durable", "idempotent"),
    [("a.read", False, True), ("a.write", True, True), ("a.append", True, False), ("no.such", False, True)],
)
def test_what_changes_the_world_is_durable(name: str, durable: bool, idempotent: bool) -> None:
    [run] = Bench().executor.handle(dispatch(name=name), 0.0)
    assert isinstance(run, Run)
    assert (run.durable, run.idempotent) == (durable, idempotent)


def test_a_durable_result_is_kept_before_it_is_sent_and_forgotten_once_recorded() -> None:
    bench = Bench()
    bench.do(dispatch(name="a.write"))
    assert bench.do(Finished(key())) == ["Persist"]
    assert [ref.task for ref in bench.executor.running] == ["t1"]
    assert bench.do(dispatch(name="a.write")) == []
    assert bench.do(cancel()) == []
    assert bench.do(Persisted(key())) == ["result:succeeded"]
    assert bench.executor.handle(recorded(), 0.0) == [Forget(key())]


def test_slots_bound_what_runs_and_the_rest_waits_in_order() -> None:
    bench = Bench(slots=1)
    assert [bench.do(dispatch(number)) for number in (1, 2, 3)] == [["Run"], [], []]
    commands = bench.executor.handle(Finished(key(1)), 0.0)
    assert isinstance(commands[1], Run)
    assert commands[1].dispatch.task == "t2"
    assert bench.do(Finished(key(2))) == ["result:succeeded", "Run"]


def test_accepted_is_said_only_for_what_lasts() -> None:
    bench = Bench()
    bench.do(dispatch(1))
    bench.do(dispatch(2))
    bench.do(Finished(key(1)))
    assert bench.executor.next_deadline() == ACCEPT_DELAY_S
    assert bench.do(Ticked(), ACCEPT_DELAY_S) == ["accepted"]
    assert bench.do(dispatch(2)) == ["accepted"]


def test_a_command_below_the_fence_is_refused_and_nothing_is_held() -> None:
    bench = Bench()
    assert bench.do(dispatch(epoch=2)) == ["result:stale_epoch"]
    assert bench.executor.idle
    bench.do(dispatch())
    assert bench.do(cancel(epoch=2)) == []


def test_a_resumed_session_keeps_its_fence_and_a_fresh_one_raises_it() -> None:
    bench = Bench()
    bench.do(Disconnected())
    bench.do(WELCOME.model_copy(update={"epoch": 7, "resumed": True}))
    assert bench.do(dispatch(epoch=3)) == ["Run"]
    bench.do(WELCOME.model_copy(update={"epoch": 8}))
    assert bench.do(dispatch(2, epoch=7)) == ["result:stale_epoch"]


def test_a_new_database_is_obeyed() -> None:
    """Its epochs begin at 1 again, and so does the fence; else the device would refuse it for ever."""
    bench = Bench(fence=9)
    assert bench.executor.fence == 3
    assert bench.do(dispatch(epoch=3)) == ["Run"]


def test_cancel_in_every_state() -> None:
    bench = Bench(slots=1)
    assert bench.do(cancel()) == ["result:cancelled"]
    bench.do(dispatch(1))
    bench.do(dispatch(2))
    assert bench.do(cancel(2)) == ["result:cancelled"]
    assert bench.do(cancel(1)) == ["Interrupt"]
    assert bench.do(cancel(1)) == []
    assert bench.do(Finished(key(1), interrupted=True)) == ["result:cancelled"]
    assert bench.do(cancel(1)) == ["result:cancelled"]


def test_what_ended_before_the_cancel_took_effect_ended_as_it_did() -> None:
    bench = Bench()
    bench.do(dispatch(1))
    bench.do(cancel(1))
    assert bench.do(Finished(key(1), output=1)) == ["result:succeeded"]
    bench.do(dispatch(2))
    bench.do(cancel(2))
    stopped = TaskError(code=ErrorCode.CANCELLED, message="")
    assert bench.do(Finished(key(2), error=stopped)) == ["result:cancelled"]


def test_a_tool_that_does_not_stop_is_given_up() -> None:
    bench = Bench()
    bench.do(dispatch())
    bench.do(cancel())
    assert bench.do(Ticked(), GRACE_S) == ["result:cancelled"]
    assert bench.do(Finished(key())) == []


def test_a_timeout_counts_from_the_start_of_the_attempt() -> None:
    bench = Bench(slots=1)
    bench.do(dispatch(1, timeout_s=10))
    bench.do(dispatch(2, timeout_s=10))
    assert bench.do(Ticked(), 10) == ["accepted", "Interrupt"]
    assert bench.do(Finished(key(1), interrupted=True)) == ["result:timeout", "Run"]
    assert bench.do(Ticked(), 9) == ["accepted", "result:timeout"]
    assert bench.do(Ticked(), 1) == ["Interrupt"]


def test_a_timeout_of_what_may_not_be_repeated_does_not_ask_for_another_try() -> None:
    for name, retryable in (("a.read", True), ("a.append", False)):
        bench = Bench()
        bench.do(dispatch(name=name, timeout_s=10))
        bench.do(Ticked(), 10)
        [ending, *_] = bench.executor.handle(Finished(key(), interrupted=True), bench.now)
        body = ending.body if isinstance(ending, (Send, Persist)) else b"{}"
        assert json.loads(body)["error"]["retryable"] is retryable


def test_what_does_not_stop_and_may_not_be_repeated_is_lost() -> None:
    bench = Bench()
    bench.do(dispatch(name="a.append", timeout_s=10))
    bench.do(Ticked(), 10)
    assert bench.do(Ticked(), GRACE_S) == ["Persist"]
    assert bench.do(Persisted(key())) == ["result:lost"]


# --- the attempt's own heartbeat -------------------------------------------------------------------------------


def test_a_silent_attempt_is_stopped_and_lost() -> None:
    bench = Bench()
    bench.do(dispatch(heartbeat_s=3))
    bench.do(Ticked(), 2)
    assert bench.do(Ticked(), 1) == ["Interrupt"]
    assert bench.do(Finished(key(), interrupted=True)) == ["result:lost"]


def test_a_sign_of_life_moves_the_heartbeat_on() -> None:
    bench = Bench()
    bench.do(dispatch(heartbeat_s=3))
    bench.do(Sign(key(), speaking=True), 2)
    bench.do(Sign(key(), speaking=False))
    bench.do(Ticked(), 1)
    bench.do(Ticked(), 1.5)
    assert bench.do(Ticked(), 0.5) == ["Interrupt"]


def test_an_attempt_that_waits_to_be_heard_is_not_silent() -> None:
    bench = Bench()
    bench.do(dispatch(heartbeat_s=3))
    bench.do(Sign(key(), speaking=True), 1)
    assert bench.do(Ticked(), 50) == ["accepted"]
    bench.do(Sign(key(), speaking=False))
    assert bench.do(Ticked(), 3) == ["Interrupt"]


def test_silence_counts_only_while_somebody_could_hear() -> None:
    bench = Bench()
    bench.do(dispatch(heartbeat_s=3))
    bench.do(Ticked(), 1)
    bench.do(Disconnected())
    assert bench.do(Ticked(), 50) == []
    bench.do(WELCOME.model_copy(update={"resumed": True}))
    assert bench.do(Ticked(), 2) == []
    assert bench.do(Ticked(), 1) == ["Interrupt"]


def test_a_sign_of_what_is_not_at_work_says_nothing() -> None:
    bench = Bench()
    assert bench.do(Sign(key(), speaking=True)) == []
    bench.do(dispatch())
    bench.do(Sign(key(), speaking=True))
    bench.do(Sign(key(), speaking=False))
    assert bench.do(Ticked(), 50) == ["accepted"], "without a heartbeat there is no silence"


def test_held_results_are_sent_again_on_a_slowing_timer() -> None:
    bench = Bench()
    bench.do(dispatch())
    bench.do(Finished(key()))
    bench.do(Ticked(), ACCEPT_DELAY_S)
    times = []
    for _ in range(6):
        assert bench.do(Ticked(), bench.executor.next_deadline() - bench.now) == ["result:succeeded"]
        times.append(bench.now)
    assert times == [5.0, 15.0, 35.0, 75.0, 135.0, 195.0]


def test_a_result_that_was_lost_once_comes_again_before_its_attempt_is_given_up() -> None:
    """The second sending shows the gap in the numbers, and goes over a new connection."""
    assert min(TIMEOUT_GRACE_S, CANCEL_GRACE_S) > RESEND_S + BACKOFF_S


def test_a_result_made_while_away_is_sent_at_the_welcome() -> None:
    for resumed in (True, False):
        bench = Bench()
        bench.do(dispatch())
        bench.do(Disconnected())
        assert bench.do(Finished(key())) == []
        assert bench.do(WELCOME.model_copy(update={"resumed": resumed})) == ["result:succeeded"]


def test_a_fresh_session_is_sent_all_held_results_a_resumed_one_only_those_due() -> None:
    bench = Bench()
    bench.do(dispatch())
    bench.do(Finished(key()))
    bench.do(Disconnected())
    assert bench.do(WELCOME.model_copy(update={"resumed": True}), 1.0) == []
    assert bench.do(WELCOME, 1.0) == ["result:succeeded"]


def test_many_held_results_are_sent_in_portions() -> None:
    bench = Bench(connected=False)
    bench.do(Restored(tuple((key(number), b'{"type":"result"}') for number in range(300))))
    assert len(bench.do(WELCOME)) == RESEND_BATCH
    assert len(bench.do(Ticked(), 0.1)) == RESEND_BATCH
    assert len(bench.do(Ticked(), 0.1)) == 300 - 2 * RESEND_BATCH


def test_restored_results_are_durable() -> None:
    bench = Bench(connected=False)
    bench.do(Restored(((key(), b'{"type":"result"}'),)))
    assert bench.do(WELCOME) == ["result"]
    assert bench.do(recorded()) == ["Forget"]


def test_work_beyond_the_inventory_is_refused() -> None:
    bench = Bench(slots=1)
    for number in range(MAX_RUNNING):
        bench.executor.handle(dispatch(number), 0.0)
    assert bench.do(dispatch(MAX_RUNNING)) == ["result:unavailable"]


def test_a_result_larger_than_a_frame_fails() -> None:
    bench = Bench()
    bench.do(WELCOME.model_copy(update={"limits": Limits(frame_bytes=1000)}))
    bench.do(dispatch())
    assert bench.do(Finished(key(), output="x" * 1000)) == ["result:output_too_large"]


def test_drain_finishes_what_is_there_and_takes_nothing_more() -> None:
    bench = Bench(slots=1)
    bench.do(dispatch(1))
    bench.do(dispatch(2))
    assert bench.do(Drain()) == []
    assert bench.do(dispatch(3)) == ["result:unavailable"]
    assert bench.do(Finished(key(1))) == ["result:succeeded", "Run"]
    bench.do(recorded(1))
    bench.do(Finished(key(2)))
    assert bench.do(recorded(2)) == ["Leave"]


def test_an_idle_device_leaves_at_once() -> None:
    assert Bench().do(Drain()) == ["Leave"]


def test_shutdown_says_what_became_of_everything() -> None:
    bench = Bench(slots=2)
    bench.do(dispatch(1, "a.read"))
    bench.do(dispatch(2, "a.append"))
    bench.do(dispatch(3, "a.append"))
    assert bench.do(ShutdownAsked()) == ["Interrupt", "Interrupt", "result:unavailable"]
    assert bench.do(Finished(key(1), interrupted=True)) == ["result:unavailable"]
    assert bench.do(Finished(key(2), interrupted=True)) == ["Persist"]
    assert bench.do(Persisted(key(2))) == ["result:lost"]


@pytest.mark.parametrize("output", [None, 1, 2.5, 'é"\\\n\x00', {"a": [True, None]}])
def test_a_result_that_is_written_out_reads_as_a_result(output: Json) -> None:
    body = encode_result(key(), 3, Outcome.SUCCEEDED, output, None, (0.25, 0.0, 0))
    [message] = decode_device_frame(frame(1, 0, [body])).body
    assert message == Result(
        run="r",
        task="t1",
        attempt=1,
        epoch=3,
        outcome=Outcome.SUCCEEDED,
        output=output,
        usage=Usage(seconds=0.25),
    )


def test_unknown_keys_say_nothing() -> None:
    bench = Bench()
    assert bench.do(recorded(9)) == bench.do(Finished(key(9))) == bench.do(Persisted(key(9))) == []


def test_commands_name_their_key() -> None:
    bench = Bench()
    bench.do(dispatch(name="a.write"))
    assert bench.executor.handle(cancel(), 0.0) == [Interrupt(key())]
    [persist] = bench.executor.handle(Finished(key(), interrupted=True), 0.0)
    assert isinstance(persist, Persist)
    assert persist.key == key()
    assert Leave() == Leave()
