"""The description of REST and REST itself agree: schemathesis asks a real orchestrator with a device.

`python -m benchmarks.fuzz` asks far more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.support.schema_fuzz import SHARP, WEBHOOKS, fuzz
from tests.support.background import behind


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_is_promised_is_kept(tmp_path: Path) -> None:
    with behind(tmp_path, "alpha", webhooks=WEBHOOKS) as system:
        ended = system.run({"id": "a", "skill": "file.write", "arguments": {"path": "a.txt", "text": "x"}})
        waits = system.run({"id": "a", "skill": "file.delete", "arguments": {"path": "a.txt"}}, approve="ask")
        token = system.client.post("/v1/tokens", json={"role": "admin"}).json()["token"]
        known = {"run": [ended.run, waits.run], "task": ["a"], "name": ["alpha"], "rung": ["embedded"]}
        known["approval"] = [approval.id for approval in waits.approvals]
        asked = [
            fuzz(tmp_path, system.url, token, known, examples=3, seed=8, phases="fuzzing", without=SHARP),
            fuzz(tmp_path, system.url, token, known, examples=3, seed=8, phases="fuzzing", only=SHARP),
        ]
    assert [(one.failures, one.server_errors) for one in asked] == [(0, 0)] * 2, "\n".join(one.output for one in asked)
    assert sum(one.cases for one in asked) > 100
