"""A machine without a network: requests in scope work, and nothing even tries to reach beyond loopback.

`asterism run` in a network namespace of its own that has a loopback device and no route, every connect of every process
and thread written down by strace. Needs root (or user namespaces) and strace; skipped loudly where they are missing.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import environment

pytestmark = pytest.mark.slow
CALLS = "connect,sendto,sendmsg,sendmmsg"
# Brings loopback up (SIOCGIFFLAGS, SIOCSIFFLAGS with IFF_UP), then becomes the command.
LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    asked = struct.pack("16sH14s", b"lo", 0, b"")
    flags = struct.unpack("16sH14s", fcntl.ioctl(one, 0x8913, asked))[1]
    fcntl.ioctl(one, 0x8914, struct.pack("16sH14s", b"lo", flags | 1, b""))
os.execvp(sys.argv[1], sys.argv[1:])
"""
CLOUD = [
    {"name": "cloud", "base_url": "https://models.example.org/v1", "model": "m", "tier": "cloud", "timeout_s": 5},
    {"name": "lan", "base_url": "http://192.0.2.7:11434/v1", "model": "m", "timeout_s": 5},
]


def apart(*words: str) -> list[str]:
    return ["unshare", "--net", sys.executable, "-c", LOOPBACK, *words]


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is missing: what connects cannot be watched (apt-get install strace)")
    tried = subprocess.run(apart("true"), capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        pytest.skip(f"no network namespace can be made here (root is needed): {tried.stderr.strip()[:200]}")


def watched(folder: Path, *words: str, **settings: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """A command in a world of its own, and the addresses that it tried to speak to."""
    trace = folder / "trace"
    home, work = folder / "home", folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    (work / "notes.txt").write_text("buy milk\ncall the plumber\n")
    command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(trace), sys.executable, *words]
    done = subprocess.run(
        apart(*command),
        cwd=work,
        env=environment(home, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done, addresses(trace.read_text(errors="replace"))


def addresses(trace: str) -> list[str]:
    """The Internet addresses in a trace, of calls that failed too."""
    found = re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', trace)
    return [four or six for four, six in found]


def outside(tried: list[str]) -> list[str]:
    return [one for one in tried if not one.startswith("127.") and one not in ("::1", "::ffff:127.0.0.1")]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [("read notes.txt", "plumber"), ("how much disk space is free?", "free"), ("list the files here", "notes.txt")],
)
@pytest.mark.parametrize("models", [[], CLOUD], ids=["no model", "models that are out of reach"])
def test_requests_in_scope_work_and_nothing_tries_to_get_out(
    tmp_path: Path, request_: str, expected: str, models: list[dict[str, object]]
) -> None:
    settings = {"ASTERISM_MODELS": json.dumps(models), "MODEL_KEY": "none"}
    done, tried = watched(tmp_path, "-m", "orchestrator.cli.main", "run", "--json", request_, **settings)
    assert done.returncode == 0, done.stderr + done.stdout
    answer = json.loads(done.stdout)
    assert answer["rung"] == "embedded"
    assert expected in answer["answer"]
    assert tried, "the device's own connection to loopback must be in the trace"
    assert outside(tried) == []


def test_an_attempt_to_get_out_is_seen(tmp_path: Path) -> None:
    """The check can fail: connects that are refused for want of a route stand in the trace."""
    program = (
        "import socket; s = socket.socket(); s.settimeout(1)\ntry: s.connect(('192.0.2.1', 9))\nexcept OSError: pass"
    )
    done, tried = watched(tmp_path, "-c", program)
    assert done.returncode == 0, done.stderr
    assert outside(tried) == ["192.0.2.1"]


def test_with_the_cloud_off_only_the_rung_of_ones_own_is_tried(tmp_path: Path) -> None:
    settings = {"ASTERISM_MODELS": json.dumps(CLOUD), "ASTERISM_PRIVACY__CLOUD": "off"}
    words = ("-m", "orchestrator.cli.main", "run", "--json", "write a sonnet about the sea and paint it")
    done, tried = watched(tmp_path, *words, **settings)
    assert done.returncode in (5, 7), done.stderr + done.stdout
    assert set(outside(tried)) <= {"192.0.2.7"}, "only the rung of one's own was tried"
