"""The script that makes the environment."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "setup.sh"


@pytest.mark.slow
def test_an_environment_is_not_made_with_the_interpreter_of_one(tmp_path: Path) -> None:
    """Its own may be the one that is activated, and it is removed before it is made anew."""
    venv.create(tmp_path / "env", symlinks=True)
    environment = {**os.environ, "PATH": f"{tmp_path}/env/bin:{os.environ['PATH']}"}
    environment.pop("PYTHON", None)
    done = subprocess.run(["bash", SCRIPT, "python"], env=environment, capture_output=True, text=True, check=True)
    found = Path(done.stdout.strip())
    assert found.is_file()
    assert tmp_path not in found.parents
    assert found.resolve() == Path(sys.executable).resolve()
