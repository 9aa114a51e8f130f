"""Memory is given back, and all goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import json, ssl, sqlite3, hashlib
from devices.lean import be_small, give_back

def resident():
    return int(open("/proc/self/statm").read().split()[1])

be_small()
filled = [bytes(1000) for _ in range(20_000)]
before = resident()
del filled
give_back()
after = resident()
give_back()
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
assert len(hashlib.sha256(json.dumps([1]).encode()).hexdigest()) == 64
assert after < before - 3000, (before, after)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked to")
def test_memory_is_given_back_and_all_goes_on() -> None:
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)


FORKED = """
import hashlib, os, sqlite3, ssl, sys
from devices.lean import give_back

child = os.fork()
if child == 0:
    give_back()
    ssl.create_default_context()
    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
    assert len(hashlib.sha256(b"x").hexdigest()) == 64
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked to")
def test_what_a_parent_changed_before_a_fork_is_kept() -> None:
    subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, check=True)
