"""Three devices publish the same 20 MB at once: each of them succeeds, and the content is stored once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

import pytest

from tests.support.system import running

pytestmark = pytest.mark.slow

CONTENT = Random(20).randbytes(20 << 20)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DEVICES = ("alpha", "beta", "gamma")


def publish(id: str, device: str) -> dict[str, object]:
    return {
        "id": id,
        "skill": "artifact.publish",
        "arguments": {"path": "big.bin"},
        "devices": {"names": [device]},
        "retry": {"max_attempts": 1},
    }


async def test_equal_content_from_three_devices_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, *DEVICES) as system:
        for name in DEVICES:
            (system.workspace(name) / "big.bin").write_bytes(CONTENT)
        # Twice from each: two tasks of one device share a connection.
        steps = [publish(f"{name}-{number}", name) for name in DEVICES for number in (1, 2)]
        view = await system.app.wait(await system.submit(*steps), 60)
        assert view.state == "succeeded", view
        assert [task.attempt for task in view.tasks] == [1] * len(steps)
        assert {record.sha256 for record in await system.app.store.artifacts(view.run)} == {SHA256}
        stored = [path for path in (tmp_path / "data" / "artifacts").rglob("*") if path.is_file()]
        assert [path.stat().st_size for path in stored] == [len(CONTENT)]
