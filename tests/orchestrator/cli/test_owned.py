"""A system of one's own: real processes, that end with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orchestrator.cli.local import LocalDevice
from orchestrator.cli.owned import OwnSystem


@pytest.mark.slow
async def test_closing_is_done_though_who_closes_is_cancelled(tmp_path: Path) -> None:
    """As where the second of two worlds fails while the first is being closed."""
    system = OwnSystem(tmp_path, [LocalDevice("alpha", "server", tmp_path / "alpha", tmp_path / "alpha" / "work")], "")
    await system.start()
    orchestrator, device = system.orchestrator, system.devices["alpha"].process
    closing = asyncio.ensure_future(system.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert orchestrator is not None
    assert orchestrator.returncode is not None
    assert device.returncode is not None
