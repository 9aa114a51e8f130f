"""What a script that runs the program can rely on: a command that fails is a failure of `asterism run`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import processes

pytestmark = pytest.mark.slow


def test_a_command_that_fails_is_no_exit_code_0(tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        world.up()
        world.device("alpha")
        world.online("alpha")
        place = ("--approve", "all", "--url", world.url)
        failed = world.start("run", "run `echo no such target >&2; exit 3` on alpha", *place)
        assert failed.ended() == 1
        assert "failed with exit code 3: no such target" in failed.answered.splitlines()[0]
        well = world.start("run", "run `echo fine` on alpha", *place)
        assert well.ended() == 0
        assert well.answered.splitlines()[1].strip() == "fine"
