"""What log lines say of themselves, format by format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import loglines

APP = "2026-11-20T10:05:00Z ERROR checkout: card declined"
PYTHON = "2026-11-20 10:05:00,123 ERROR app.views - failed"
BRACKETS = "[2026-11-20 10:05:00] [ERROR] [worker-1] failed"
SWAPPED = "2026-11-20T10:05:00.123+01:00 gateway ERROR: bad upstream"
SYSLOG = "Nov  3 10:05:00 alpha sshd[812]: Failed password for root"
JOURNAL = "2026-11-20T10:05:00+0000 alpha nginx[3]: error: upstream"
WEB = '10.0.0.7 - - [20/Nov/2026:10:05:00 +0000] "GET / HTTP/1.1" 200 512'
PAIRS = 'time=2026-11-20T10:05:00Z level=warn service=checkout msg="too slow"'
QUOTED = 'ts=2026-11-20T10:05:00Z severity="error" app="my shop"'
JSON = '{"timestamp": "2026-11-20T10:05:00Z", "severity": "error", "service": "checkout", "code": 7}'


@pytest.mark.parametrize(
    ("line", "service", "level", "hour"),
    [
        (APP, "checkout", "ERROR", "2026-11-20 10:00"),
        (PYTHON, "app.views", "ERROR", "2026-11-20 10:00"),
        (BRACKETS, "worker-1", "ERROR", "2026-11-20 10:00"),
        (SWAPPED, "gateway", "ERROR", "2026-11-20 10:00"),
        (SYSLOG, "sshd", None, "Nov 3 10:00"),
        (JOURNAL, "nginx", "ERROR", "2026-11-20 10:00"),
        (WEB, None, None, "2026-11-20 10:00"),
        (PAIRS, "checkout", "WARN", "2026-11-20 10:00"),
        (QUOTED, "my shop", "ERROR", "2026-11-20 10:00"),
        (JSON, "checkout", "ERROR", "2026-11-20 10:00"),
        ("just words", None, None, None),
        ("{broken json", None, None, None),
        ("", None, None, None),
    ],
)
def test_formats(line: str, service: str | None, level: str | None, hour: str | None) -> None:
    assert loglines.field(line, "service") == service
    assert loglines.field(line, "level") == level
    assert loglines.field(line, "hour") == hour
    assert loglines.field(line, "day") == (hour.rpartition(" ")[0] if hour else None)


def test_any_other_key() -> None:
    assert loglines.field(PAIRS, "msg") == "too slow"
    assert loglines.field(JSON, "code") == "7"
    assert loglines.field(APP, "code") is None
    assert loglines.field("a.code=3 code=4", "code") == "4"


@pytest.mark.parametrize("letter", ["a", " ", "[", "2026-11-20T10:00 ", '"', "=", "1"])
def test_no_line_makes_it_slow(letter: str) -> None:
    """Bounded: finishes at all, where a pattern that backtracks would not."""
    for name in ("service", "level", "hour", "other"):
        loglines.field(letter * 10_000, name)


@given(line=st.text(max_size=200), name=st.sampled_from(["service", "level", "hour", "day", "x", "("]))
def test_no_line_raises(line: str, name: str) -> None:
    found = loglines.field(line, name)
    assert found is None or isinstance(found, str)
