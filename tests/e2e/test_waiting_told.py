"""A person who waits is told what for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.processes import processes

pytestmark = pytest.mark.slow


def test_a_device_that_is_away_is_told_while_its_task_waits(tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        world.up()
        world.device("alpha")
        beta = world.device("beta")
        world.online("alpha", "beta")
        beta.interrupt(signal.SIGTERM)
        assert beta.ended() == 0
        asked = world.start("run", "how much free disk space is there on beta?", "--url", world.url)
        asked.await_line("for beta, which is away since ")
        assert asked.said.count("which is away") == 1
        assert "(stopped)" in asked.said
        world.device("beta")
        assert asked.ended() == 0
        assert "free" in asked.answered


def test_a_device_that_goes_away_amid_a_task_is_told(tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        world.up()
        beta = world.device("beta")
        world.online("beta")
        plan = tmp_path / "plan.json"
        plan.write_text('{"steps": [{"id": "long", "skill": "test.sleep", "arguments": {"seconds": 600}}]}')
        asked = world.start("run", "--plan", str(plan), "--url", world.url)
        asked.await_line("start: long")
        beta.kill()
        asked.await_line("waits: long for beta to come back: it is away since ")
        assert asked.said.count("to come back") == 1
        asked.interrupt(signal.SIGTERM)
        assert asked.ended() == 8
