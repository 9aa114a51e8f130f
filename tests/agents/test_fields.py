"""How outputs read whose skills have no words of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.fields import fields
from protocol.vocabulary import JsonObject

AT = 1_763_772_000.4
READING: JsonObject = {
    "sensor": "temperature", "value": 21.52, "unit": "°C", "at": AT, "age_s": 3.2, "retained": False,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (READING, "temperature: 21.52 °C, at 2025-11-22T01:40:00+01:00, age 3.2 s"),
        ({"percent": 84, "charging": True, "saving": False, "temperature_c": 30.1},
         "percent 84 %, charging, not saving, temperature 30.1 °C"),
        ({"actuator": "window", "value": "open", "state": "open", "confirmed": True, "seconds": 0.2},
         "window: open, confirmed, over 0.2 s"),
        ({"sensor": "t", "unit": "%", "count": 12, "mean": 21.4, "rate_per_s": 2.4, "rejected": 0, "problem": ""},
         "t: count 12, mean 21.4 %, rate 2.4/s"),
        ({"path": "a.bin", "size_bytes": 2048, "sha256": "ab" * 32}, "a.bin: size 2.0 kB"),
        ({"items": [], "count": 0, "truncated": False}, "no items"),
        ({"names": ["a", "b"], "truncated": True}, "names a, b (cut short)"),
        ({"messages": 1_763_772_000, "port": 8080}, "messages 1,763,772,000, port 8080"),
        ({}, "nothing"),
    ],
)  # fmt: skip
def test_a_line_as_a_person_would_write_it(output: JsonObject, line: str) -> None:
    assert fields(output, "edge.read").line == line


def test_records_are_a_table() -> None:
    entries: JsonObject = {
        "entries": [
            {"number": 1, "at": AT, "text": "opened", "size_bytes": 1200, "sha256": "x"},
            {"number": 2, "at": AT + 60, "text": "", "size_bytes": 7, "sha256": "y"},
        ],
        "count": 2, "next": 2, "missed": 0, "truncated": False,
    }  # fmt: skip
    shown = fields(entries, "edge.history")
    assert shown.line == "2 entries"
    assert shown.details == (
        "number  at                         text    size",
        "1       2025-11-22T01:40:00+01:00  opened  1.2 kB",
        "2       2025-11-22T01:41:00+01:00  -       7 B",
    )


def test_one_record_and_what_stands_beside_it() -> None:
    shown = fields({"host": "a", "users": [{"name": "root", "system": False}], "more": {"deep": [1, 2]}}, "x.y")
    assert shown.line == "host a"
    assert shown.details == ("users:", "  name  system", "  root  no", "more: deep 1, 2")


def test_long_tables_and_lists_are_cut_and_say_so() -> None:
    assert fields({"rows": [{"n": n} for n in range(100)]}, "x.y").details[-1] == "... and 70 more"
    assert fields({"names": [f"n{n}" for n in range(100)]}, "x.y").details[-1] == "... and 70 more"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["at", "value", "unit", "count", "entries", "name", "truncated", "x_s"]), JSON))
def test_whatever_a_device_says_is_written_and_bounded(output: JsonObject) -> None:
    shown = fields(output, "x.y")
    assert shown.line
    assert "\x1b" not in shown.line
    assert len(shown.line) <= 800
