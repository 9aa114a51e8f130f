"""A device that is forgotten: only while it is away, for good, and known again once it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.application import Refusal
from tests.support.system import System, running

pytestmark = pytest.mark.slow


def names(system: System) -> list[str]:
    return [known.info.name for known in system.app.engine.roster]


async def test_a_device_is_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta") as system:
        for name, code in (("alpha", "conflict"), ("gamma", "not_found")):
            with pytest.raises(Refusal) as refused:
                await system.app.forget_device(name)
            assert refused.value.code == code
        await system.stop_device("alpha")
        await system.until(lambda: not system.app.engine.roster.online("alpha"), "alpha to be away")
        await system.app.forget_device("alpha", by="anna")
        assert names(system) == ["beta"]
        assert "alpha" not in system.app.engine.roster.fleet.devices
        await system.stop_orchestrator()
        await system.start()
        assert names(system) == ["beta"]
        await system.device("alpha")
        assert sorted(names(system)) == ["alpha", "beta"]
        assert (await system.app.device("alpha")).epoch == 2
