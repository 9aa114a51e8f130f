"""Workbooks of generated data: read by a library as they were meant, and the same every day."""

from __future__ import annotations

import io

import pytest

from orchestrator.cli.benching.workbook import workbook

ROWS = [["sku", "name", "price"], ["007", "a < b & c", 2.5], ["008", " two ", 3]]


def test_a_library_reads_it() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)), read_only=True).worksheets[0]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == ROWS


def test_the_same_bytes_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    today = workbook(ROWS)
    monkeypatch.setattr("time.time", lambda: 86_400.0 * 20_000)
    assert workbook(ROWS) == today
