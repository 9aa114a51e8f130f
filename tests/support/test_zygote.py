"""The launcher of forked programs: what it starts is real, and ends with who asked for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT, environment
from tests.support.processes import eventually
from tests.support.zygote import zygote

pytestmark = pytest.mark.slow
ASKS = """
import sys, time
from pathlib import Path
from tests.support.cli import environment
from tests.support.zygote import zygote
folder = Path(sys.argv[1])
(folder / "said").touch()
with zygote() as launcher:
    words = ["device", "server", "--name", "d0", "--url", "http://127.0.0.1:9", "--state-dir", str(folder / "state")]
    fork = launcher.start(words, env=environment(folder), cwd=folder, out=folder / "said", err=folder / "said")
    while "trying again" not in (folder / "said").read_text():
        time.sleep(0.01)
    print(fork.pid, launcher.process.pid, flush=True)
    time.sleep(600)
"""


def test_a_fork_is_the_program(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with zygote() as launcher:
        for words in (["--version"], ["device", "toaster"], ["show", "r1"]):
            env = environment(tmp_path, ASTERISM_URL="http://127.0.0.1:9")
            fork = launcher.start(words, env=env, cwd=tmp_path, out=said, err=said)
            ended = subprocess.run(
                [sys.executable, "-m", "orchestrator.cli.main", *words], env=env, cwd=tmp_path, capture_output=True
            )
            assert fork.wait() == ended.returncode, said.read_text()
            assert said.read_bytes().endswith(ended.stdout + ended.stderr)
        fork = launcher.start(["device", "server"], env=env, cwd=tmp_path, out=said, err=said)
        fork.kill()
        assert fork.poll() == -signal.SIGKILL


def test_all_ends_with_who_asked_for_it(tmp_path: Path) -> None:
    asking = subprocess.Popen([sys.executable, "-c", ASKS, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert asking.stdout is not None
        pids = asking.stdout.readline().split()
        assert len(pids) == 2
    finally:
        asking.kill()
        asking.communicate()
    eventually(lambda: not any(_runs(pid) for pid in pids), "something outlived the one who asked for it")


def _runs(pid: str) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
