"""The code of docs/client.md, run as it stands against a real orchestrator and a device."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.background import behind
from tests.support.cli import ROOT, environment

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/client.md").read_text(), re.DOTALL)
SAYS = [
    "succeeded .*load",
    r"1 run_submitted\n(.*\n)*\d+ run_ended",
    r"alpha file.write .*note.txt.*\nsucceeded",
    "list",
    "run_ended\nnot_found",
]


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    assert len(BLOCKS) == len(SAYS)
    with behind(tmp_path, "alpha") as system:
        told = environment(tmp_path, ASTERISM_URL=system.url)
        for code, says in zip(BLOCKS, SAYS, strict=True):
            here = code.replace("http://127.0.0.1:8460", system.url)
            done = subprocess.run(
                [sys.executable, "-c", here], env=told, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            assert re.search(says, done.stdout, re.IGNORECASE), done.stdout
    assert (tmp_path / "workspaces/alpha/note.txt").read_text().strip() == "hello"
