"""The page about devices of one's own, done as it says: its program runs, and its requests are understood."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Processes, processes

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "devices.md").read_text()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


def test_the_pages_device_works(world: Processes, tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    requests = re.findall(r"^    asterism (run .*)$", PAGE, re.MULTILINE)
    (tmp_path / "kitchen.py").write_text(program)
    world.up()
    kitchen = subprocess.Popen(
        [sys.executable, "kitchen.py", "--url", world.url],
        cwd=tmp_path,
        env={**world.env, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        world.online("kitchen")
        answers = []
        for line in requests:
            answers.append(world.start(*shlex.split(line), "--url", world.url))
            answers[-1].ended()
    finally:
        kitchen.terminate()
        assert kitchen.wait(30) == 0
    assert [answer.ended() for answer in answers] == [0, 0], [(answer.answered, answer.said) for answer in answers]
    assert (tmp_path / "lamp").read_text() == "on"
    assert "on" in answers[-1].answered
