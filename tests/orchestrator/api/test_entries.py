"""A stream's bytes: made once, cut to a bounded size, and forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.api import entries
from orchestrator.api.entries import Entries
from orchestrator.core.events import Event


def event(seq: int, size: int = 0) -> Event:
    body = {"type": "task_cancel_requested", "task": "a", "reason": ""}
    return Event.model_validate({"run": "r1", "seq": seq, "at": 1.0, "cause": "x" * min(size, 500), "body": body})


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 2000))
def test_pieces_are_the_entries_and_none_is_larger_than_it_may_be(sizes: list[int], piece: int) -> None:
    events = [event(seq, size) for seq, size in enumerate(sizes, 1)]
    whole = b"".join(Entries().pieces(events))
    before, entries.PIECE_BYTES = entries.PIECE_BYTES, piece
    try:
        pieces = list(Entries().pieces(events))
    finally:
        entries.PIECE_BYTES = before
    assert b"".join(pieces) == whole
    assert all(0 < len(one) <= piece for one in pieces)
    assert whole.count(b"\n\n") == len(events)


def test_an_entry_is_made_once_and_only_so_many_bytes_are_kept() -> None:
    made = Entries(kept=1000)
    first = made._entry(event(1))
    assert made._entry(event(1)) is first
    for seq in range(2, 50):
        made._entry(event(seq))
    assert made._entry(event(1)) is not first
    assert made._bytes == sum(map(len, made._kept.values())) <= 1000


def test_an_entry_larger_than_what_is_kept_is_sent_all_the_same() -> None:
    made = Entries(kept=10)
    assert b"".join(made.pieces([event(1)])).endswith(b"id: 1\n\n")
    assert made._bytes == 0


def test_the_more_follow_the_longer_is_gathered() -> None:
    made = Entries()
    paces = []
    for made.followers in (0, 1, 20, 200, 10_000):
        paces.append(made.pace_s)
    assert paces == [0, 0, 0.005, 0.05, 0.05]
