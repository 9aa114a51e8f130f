from __future__ import annotations

import pytest

from devices.gateway_faults import Held, Passage, WireFaults
from protocol.failpoints import Failpoints, Mode, Rule

FRAME = '{"seq":1,"ack":0,"body":[{"type":"result","output":"\\"type\\":\\"progress\\""}]}'
NEXT = '{"seq":2,"ack":0,"body":[{"type":"progress"}]}'
ACK = '{"seq":0,"ack":2,"body":[]}'


@pytest.fixture
def points() -> Failpoints:
    return Failpoints(lambda: 0.0)


def passages(points: Failpoints, *frames: str | bytes, died: list[str] | None = None) -> list[Passage]:
    faults = WireFaults(points, lambda: None if died is None else died.append("died"))
    held = Held()
    return [faults.passage("receive", "alpha", frame, held) for frame in frames]


def passed(points: Failpoints, *frames: str | bytes) -> list[str | bytes]:
    return [frame for passage in passages(points, *frames) for frame in passage.frames]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.DROP, [NEXT, ACK]),
        (Mode.DOUBLE, [FRAME, FRAME, NEXT, ACK]),
        (Mode.REORDER, [NEXT, FRAME, ACK]),
        (Mode.MUTE, []),
        (Mode.CUT, [NEXT, ACK]),
        (Mode.DELAY, [FRAME, NEXT, ACK]),
    ],
)
def test_what_passes(points: Failpoints, mode: Mode, expected: list[str]) -> None:
    points.enable("receive.result", Rule(mode=mode))
    assert passed(points, FRAME, NEXT, ACK) == expected


def test_delays_and_cuts_are_told(points: Failpoints) -> None:
    points.enable("receive.result", Rule(mode=Mode.DELAY, delay_s=2))
    points.enable("receive.progress", Rule(mode=Mode.CUT))
    first, second = passages(points, FRAME, NEXT)
    assert (first.delay_s, first.cut, second.cut, second.frames) == (2, False, True, [])


def test_a_type_is_that_of_a_message_and_not_of_its_text(points: Failpoints) -> None:
    points.enable("receive.progress", Rule(mode=Mode.DROP))
    assert passed(points, FRAME, NEXT) == [FRAME]


def test_chunks_and_empty_frames_have_names_of_their_own(points: Failpoints) -> None:
    points.enable("receive.chunk", Rule(mode=Mode.DROP))
    points.enable("receive.ack", Rule(mode=Mode.DROP))
    assert passed(points, b"\1", ACK, FRAME, ACK) == [FRAME, ACK]


def test_crashes(points: Failpoints) -> None:
    died: list[str] = []
    points.enable("receive.result", Rule(mode=Mode.CRASH_BEFORE))
    passages(points, FRAME, died=died)
    assert died == ["died"]
    points.enable("receive.result", Rule(mode=Mode.CRASH_AFTER))
    (passage,) = passages(points, FRAME, died=died)
    assert (passage.dies, passage.frames, died) == (True, [FRAME], ["died"])


def test_other_devices_are_left_alone(points: Failpoints) -> None:
    points.enable("receive.result", Rule(mode=Mode.DROP, only="beta"))
    assert passed(points, FRAME) == [FRAME]
