"""The supervisor's libraries are imported in a thread, beside all that the event loop imports."""

from __future__ import annotations

import subprocess
import sys

_ONCE = """
import sys
from agents.supervisor import _load

class Half:
    times = {times}

    def find_spec(self, name, path=None, target=None):
        if name == "langgraph.graph.state" and self.times:
            self.times -= 1
            raise ImportError("cannot import name 'RunTree' from 'langsmith'")

sys.meta_path.insert(0, Half())
_load()
print("loaded", "agents.graph" in sys.modules)
"""


def _loaded(times: int) -> subprocess.CompletedProcess[str]:
    """What comes of it where another thread is in the middle of an import, so often."""
    words = [sys.executable, "-c", _ONCE.format(times=times)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_a_library_that_was_half_there_is_imported_again() -> None:
    assert _loaded(1).stdout == "loaded True\n"


def test_one_that_is_not_there_is_an_error() -> None:
    ended = _loaded(100)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "cannot import name 'RunTree'" in ended.stderr
