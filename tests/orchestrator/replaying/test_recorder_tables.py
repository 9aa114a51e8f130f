"""What a recorder keeps of skills does not grow with the number of devices that ever came."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.replaying import recorder as recorders
from orchestrator.replaying.recorder import Recorder
from protocol.vocabulary import SkillSpec
from tests.support.system import System

pytestmark = pytest.mark.slow


async def test_tables_that_no_run_needs_any_more_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorders, "NAMED", 8)
    system = System(tmp_path)
    await system.start()
    try:
        recorder = Recorder(system.app, None)
        offers = [
            {f"a.b{n}": SkillSpec(name=f"a.b{n}", description="x", input_schema={}, output_schema={})}
            for n in range(40)
        ]
        ids = [recorder._table(one) for one in offers]
        assert (len(recorder._named), len(set(ids))) == (8, 40)
        assert recorder._table(offers[39]) == ids[39]  # known still
        recorder._forget_tables()
        assert recorder._tables == {}
        assert recorder._table(offers[39]) == ids[39]
        assert list(recorder._tables) == [ids[39]]  # though its name was known, it is there again
    finally:
        await system.stop()
