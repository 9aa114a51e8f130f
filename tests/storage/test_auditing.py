"""An audit in which somebody changed, or took out, an entry is told from one that is whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from orchestrator.core.audit import AuditEntry
from storage import make_store
from storage.check import check
from storage.urls import parse


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE audit SET body = replace(body, 'anna', 'ben') WHERE seq = 2", "entry 2 was changed"),
        ("UPDATE audit SET actor = 'ben' WHERE seq = 2", "entry 2 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 is missing"),
        ("DELETE FROM audit WHERE seq = 1", "entry 1 is missing"),
        ("UPDATE audit SET digest = '00' WHERE seq = 3", "entry 3 was changed"),
    ],
)
async def test_a_change_is_found(tmp_path: Path, change: str, fault: str) -> None:
    path = tmp_path / "record.db"
    store = make_store(f"sqlite:///{path}")
    await store.open()
    for number in range(4):
        await store.add_audit(AuditEntry(id=str(number), at=0.0, actor="anna", role="admin", action="run.submit"))
    assert (await store.verify_audit()).fault == ""
    with sqlite3.connect(path) as database:
        for trigger in ("audit_no_update", "audit_no_delete"):
            database.execute(f"DROP TRIGGER {trigger}")  # as somebody who may do everything would
        database.execute(change)
    database.close()
    assert (await store.verify_audit()).fault == fault
    await store.close()
    found = (await check(parse(f"sqlite:///{path}"))).found
    assert [(one.kind, fault in one.says) for one in found] == [("audit", True)]
