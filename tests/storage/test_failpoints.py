from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from protocol.failpoints import Failpoints, Mode, Rule
from storage.failpoints import FaultySink
from storage.writer import Operation


class Noting:
    """A sink that notes what it was asked, and when this process would have died."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def open(self) -> None:
        self.did.append("open")

    def write(self, transactions: Sequence[Transaction]) -> None:
        self.did.append("write")

    def holds(self, transaction: Transaction) -> bool:
        return True

    def call(self, operations: Sequence[Operation[object]]) -> list[object]:
        self.did.append("call")
        return ["done"]

    def probe(self, *, writing: bool) -> None:
        self.did.append("probe")

    def close(self) -> None:
        self.did.append("close")


@pytest.fixture
def inner() -> Noting:
    return Noting()


@pytest.fixture
def points() -> Failpoints:
    return Failpoints(lambda: 0.0)


@pytest.fixture
def sink(inner: Noting, points: Failpoints) -> FaultySink:
    return FaultySink(
        inner,
        points,
        sleep=lambda seconds: inner.did.append(f"slept {seconds:g}"),
        die=lambda: inner.did.append("died"),
    )


def test_off_it_is_the_sink_itself(sink: FaultySink, inner: Noting) -> None:
    sink.open()
    sink.write([])
    assert sink.call([]) == ["done"]
    assert sink.holds(Transaction())
    sink.close()
    assert inner.did == ["open", "write", "call", "close"]


@pytest.mark.parametrize(
    ("mode", "code"),
    [(Mode.BUSY, "database_busy"), (Mode.FULL, "database_full"), (Mode.UNAVAILABLE, "database_unavailable")],
)
def test_a_refusal_writes_nothing_and_may_be_tried_again(
    sink: FaultySink, inner: Noting, points: Failpoints, mode: Mode, code: str
) -> None:
    points.enable("store.write", Rule(mode=mode))
    points.enable("store.call", Rule(mode=mode))
    for work in (sink.write, sink.call):
        with pytest.raises(StoreError) as raised:
            work([])
        assert (raised.value.code, raised.value.retryable) == (code, True)
    assert inner.did == []
    sink.write([])
    assert inner.did == ["write"]


def test_an_uncertain_commit_has_written(sink: FaultySink, inner: Noting, points: Failpoints) -> None:
    points.enable("store.write", Rule(mode=Mode.UNCERTAIN))
    with pytest.raises(StoreError):
        sink.write([])
    assert inner.did == ["write"]


@pytest.mark.parametrize(
    ("mode", "did"),
    [
        (Mode.CRASH_BEFORE, ["died", "write"]),
        (Mode.CRASH_AFTER, ["write", "died"]),
        (Mode.DELAY, ["slept 0.5", "write"]),
    ],
)
def test_the_order_of_things(sink: FaultySink, inner: Noting, points: Failpoints, mode: Mode, did: list[str]) -> None:
    points.enable("store.write", Rule(mode=mode))
    sink.write([])
    assert inner.did == did
