"""The guards catch what they are there for: a small test file, run by a pytest of its own, breaks each rule."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.guards import is_local

ROOT = Path(__file__).parents[2]

SETTINGS = """
from tests.support import guards
guards.GRACE_S = 0.1
pytest_plugins = ["tests.support.guards"]
"""

CASES = """
import contextlib, pathlib, socket, subprocess, sys

WAIT = [sys.executable, "-c", "input()"]
ORPHAN = "import subprocess; print(subprocess.Popen(['sleep', '300'], start_new_session=True).pid)"
kept = []

def test_clean():
    with subprocess.Popen(WAIT, stdin=subprocess.PIPE) as child:
        child.kill()

def test_child():
    kept.append(subprocess.Popen(WAIT, stdin=subprocess.PIPE))

def test_orphan():
    with pathlib.Path("orphan.pid").open("w") as file:
        subprocess.run([sys.executable, "-c", ORPHAN], check=True, stdout=file)

def test_connect():
    with contextlib.suppress(Exception), socket.socket() as sock:
        sock.connect(("192.0.2.1", 9))

def test_sendto():
    with contextlib.suppress(Exception), socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", ("192.0.2.2", 9))
"""


def run(folder: Path, cases: str, *arguments: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(SETTINGS)
    (folder / "test_cases.py").write_text(cases)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "--rootdir", ".", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_left_behind_fails_by_name(tmp_path: Path) -> None:
    status, output = run(tmp_path, CASES)
    assert status == 1
    assert re.findall(r"^ERROR test_cases.py::(\w+) - (\w+: [a-z ]+):", output, re.MULTILINE) == [
        ("test_child", "Failed: processes left behind"),
        ("test_connect", "Failed: connections outside this machine"),
        ("test_sendto", "Failed: connections outside this machine"),
    ], output
    assert "left running at the end of the session (now ended): " in output
    orphan = int((tmp_path / "orphan.pid").read_text())
    assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected"), [("test_clean", 0), ("test_orphan", 1)])
def test_an_orphan_alone_fails_the_run(tmp_path: Path, name: str, expected: int) -> None:
    status, output = run(tmp_path, CASES, "-k", name)
    assert status == expected, output
    assert "1 passed" in output


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "0.0.0.0", "::1%lo"]
)
def test_this_machine_is_local(host: str) -> None:
    assert is_local(10 if ":" in host else 2, host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "example.org"])
def test_everything_else_is_not(host: str) -> None:
    assert not is_local(10 if ":" in host else 2, host)


SILENCED = """
import logging, pytest, structlog

@pytest.fixture(scope="module")
def silence():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)

def test_silent(silence):
    pass

def test_loud(caplog):
    logging.getLogger("one").warning("here")
    with structlog.testing.capture_logs() as logs:
        structlog.get_logger("one").info("here too")
    assert [log["event"] for log in logs] == ["here too"]
    assert caplog.messages == ["here"]
"""


@pytest.mark.slow
def test_logs_that_a_fixture_of_the_module_silenced_are_heard_by_the_next_test(tmp_path: Path) -> None:
    status, output = run(tmp_path, SILENCED)
    assert status == 0, output


HANGING = """
import contextlib, os, signal, time, pytest
from tests.support import guards

guards.HANG_S = guards.LIMIT_S = 0.5

@pytest.fixture
def stuck():
    yield
    if os.environ["HANGS"] == "after":
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(60)

def test_wrong(stuck):
    while os.environ["HANGS"] == "in":
        with contextlib.suppress(BaseException):
            time.sleep(60)
    assert "this" == "that"
"""


@pytest.mark.slow
@pytest.mark.parametrize(("hangs", "told"), [("after", 1), ("in", 0)])
def test_what_hangs_ends_the_run_and_what_failed_has_been_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: str, told: int
) -> None:
    monkeypatch.setenv("HANGS", hangs)
    monkeypatch.setenv("CI", "true")
    status, output = run(tmp_path, HANGING)
    assert status == 1
    assert "Timeout (0:00:" in output
    assert "test_cases.py" in output.partition("Timeout (0:00:")[2]
    assert output.count("AssertionError: assert 'this' == 'that'") == told, output
