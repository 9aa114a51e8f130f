from __future__ import annotations

import pytest

from agents.units import counted, duration, measure, number, percent, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1234, "1.2 kB"),
        (999_960, "1.0 MB"),
        (213_400_000_000, "213.4 GB"),
    ],
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text


def test_the_largest_size_has_no_next() -> None:
    assert size(5e18) == "5000.0 PB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (12.53, "12.5 s"), (61, "1 min 1 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (86_460, "1 d")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_numbers() -> None:
    assert [number(1204), number(0.5), number(2.0), number(1.239), number(-3)] == ["1,204", "0.5", "2", "1.24", "-3"]
    assert [percent(57.32), percent(100)] == ["57.3 %", "100 %"]
    assert [counted(1, "file"), counted(2, "file"), counted(0, "entry", "entries")] == [
        "1 file",
        "2 files",
        "0 entries",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [("free_bytes", "2.0 kB"), ("used_percent", "2,000 %"), ("seconds", "33 min 20 s"), ("count", "2,000")],
)
def test_a_field_tells_its_unit(name: str, text: str) -> None:
    assert measure(name, 2000) == text
