"""The command line as processes: signals, pipes, terminals, and what must never be left behind."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.cli import ROOT, Background, background, environment, start

pytestmark = pytest.mark.slow
PATIENCE_S = 60.0


@pytest.fixture
def served() -> Iterator[Background]:
    with background() as running:
        yield running


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "home")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def await_line(process: subprocess.Popen[str], text: str) -> None:
    """Read stderr until a line with `text` has come."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} never came")


def state(served: Background, run: str) -> str:
    return served.do(lambda: served.app._find(run).state.status.value)


# --- signals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_the_run(served: Background, env: dict[str, str], work: Path, number: int) -> None:
    process = start("run", "hold", "--url", served.url, env=env, cwd=work)
    await_line(process, "start: hold")
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (8, "")
    assert "Traceback" not in err
    assert state(served, "r1") == "cancelled"


def test_a_second_interrupt_leaves_at_once(
    served: Background, env: dict[str, str], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(served.app, "cancel", deaf)
    process = start("run", "hold", "--url", served.url, env=env, cwd=work)
    await_line(process, "start: hold")
    process.send_signal(signal.SIGINT)
    await_line(process, "again leaves at once")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 8
    assert state(served, "r1") == "running"


def test_an_interrupt_at_any_moment_is_quiet(env: dict[str, str], work: Path) -> None:
    """From the first line of the program to the end of the run, which it may reach."""
    for delay in (0.15, 0.5, 0.9, 1.3, 1.8):
        process = start("run", "how much disk space is free?", "--url", free_url(), env=env, cwd=work)
        time.sleep(delay)  # the moment is what the test is about
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (0, 8) or delay < 0.2, err
        # Before our first line it is Python's own start that is interrupted.
        assert "Traceback" not in err or delay < 0.2


# --- pipes and terminals -----------------------------------------------------------------------------------------


def run_with(served: Background, env: dict[str, str], work: Path, data: bytes, *more: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "orchestrator.cli.main", "run", "echo hi", "--url", served.url, *more]
    done = subprocess.run(command, env=env, cwd=work, input=data, capture_output=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def attached(served: Background) -> str:
    return served.do(lambda: served.app._find("r1").state.request.attachment)


def test_what_is_piped_in_is_attached(served: Background, env: dict[str, str], work: Path) -> None:
    code, out, _ = run_with(served, env, work, "ein Stück Text\n".encode())
    assert (code, out) == (0, "hi\n")
    assert attached(served) == "ein Stück Text\n"


@pytest.mark.parametrize(("data", "says"), [(b"a\0b", "is not text"), (b"x" * 200_001, "more than 200000")])
def test_what_cannot_be_attached_is_refused(
    served: Background, env: dict[str, str], work: Path, data: bytes, says: str
) -> None:
    code, _, err = run_with(served, env, work, data)
    assert code == 2
    assert says in err


def test_a_pipe_that_nobody_closes_is_not_waited_for(served: Background, env: dict[str, str], work: Path) -> None:
    reading, writing = os.pipe()
    try:
        process = start("run", "echo hi", "--url", served.url, env=env, cwd=work, stdin=reading)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        os.close(reading)
        os.close(writing)
    assert (process.returncode, out) == (0, "hi\n")
    assert "open but silent" in err


def test_with_stdin_the_end_of_a_slow_pipe_is_waited_for(served: Background, env: dict[str, str], work: Path) -> None:
    process = start("run", "echo hi", "--stdin", "--url", served.url, env=env, cwd=work, stdin=subprocess.PIPE)
    time.sleep(0.6)  # longer than the first word of a pipe is waited for without --stdin
    out, _ = process.communicate("late", timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "hi\n")
    assert attached(served) == "late"


def test_closed_streams(served: Background, env: dict[str, str], work: Path) -> None:
    script = f'exec "{sys.executable}" -m orchestrator.cli.main run "echo hi" --url {served.url} <&- 2>&-'
    done = subprocess.run(["sh", "-c", script], env=env, cwd=work, capture_output=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stdout) == (0, b"hi\n")


def test_a_reader_that_has_enough(served: Background, env: dict[str, str], work: Path) -> None:
    script = f'"{sys.executable}" -m orchestrator.cli.main skills --url {served.url} | true'
    done = subprocess.run(["sh", "-c", script], env=env, cwd=work, capture_output=True, timeout=PATIENCE_S, check=False)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


@contextlib.contextmanager
def terminal(*words: str, env: dict[str, str], cwd: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`asterism WORDS` on a terminal: the process, and the terminal's other end."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "orchestrator.cli.main", *words]
    process = subprocess.Popen(command, env=env, cwd=cwd, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    try:
        yield process, ours
    finally:
        os.close(ours)
        process.kill()
        process.communicate()


def read_until(ours: int, text: str) -> str:
    seen = b""
    deadline = time.monotonic() + PATIENCE_S
    while text.encode() not in seen:
        ready, _, _ = select.select([ours], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, seen
        seen += os.read(ours, 65536)
    return seen.decode()


@pytest.mark.parametrize(("said", "code"), [("yes", 0), ("no", 5), ("No.\nno", 5), ("all", 0)])
def test_an_approval_on_a_terminal(served: Background, env: dict[str, str], work: Path, said: str, code: int) -> None:
    with terminal("run", "write this", "--url", served.url, env=env, cwd=work) as (process, ours):
        shown = read_until(ours, "Allow it?")
        assert "test.write on alpha" in shown
        assert '"text": "this"' in shown
        os.write(ours, said.encode() + b"\n")
        drain(ours, process)
        assert process.wait(PATIENCE_S) == code


def test_a_question_on_a_terminal(served: Background, env: dict[str, str], work: Path) -> None:
    with terminal("run", "which", "--url", served.url, env=env, cwd=work) as (process, ours):
        read_until(ours, "2. the second")
        os.write(ours, b"2\n")
        drain(ours, process)
        assert process.wait(PATIENCE_S) == 0
        assert process.stdout is not None
        assert process.stdout.read() == b"beta\n"


def drain(ours: int, process: subprocess.Popen[bytes]) -> None:
    """Read the terminal until the process has ended, so that it never waits for us."""
    while process.poll() is None:
        with contextlib.suppress(OSError):
            if select.select([ours], [], [], 0.02)[0]:
                os.read(ours, 65536)


# --- embedded ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def free_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


def agents_of(folder: Path) -> list[psutil.Process]:
    """Device agents whose state lies below a folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(f"state-dir={folder}" in part for part in process.info["cmdline"] or ())
    ]


def test_without_an_orchestrator_this_machine_answers(env: dict[str, str], work: Path, tmp_path: Path) -> None:
    process = start("run", "how much disk space is free?", "--json", "--url", free_url(), env=env, cwd=work)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    view = json.loads(out)
    assert (view["state"], view["tasks"][0]["skill"]) == ("succeeded", "system.disk")
    assert "an embedded one" in err
    assert agents_of(tmp_path) == []


def test_embedded_and_unattended_nothing_is_written(env: dict[str, str], work: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    step = {"id": "a", "skill": "file.write", "arguments": {"path": "new.txt", "text": "x"}}
    plan.write_text(json.dumps({"steps": [step]}))
    process = start("run", "--plan", str(plan), "--url", free_url(), env=env, cwd=work)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 5, err
    assert list(work.iterdir()) == []
    again = start("run", "--plan", str(plan), "--approve", "all", "--url", free_url(), env=env, cwd=work)
    assert again.wait(PATIENCE_S) == 0, again.communicate()
    again.communicate()
    assert (work / "new.txt").read_text() == "x"


def test_another_machines_orchestrator_is_never_replaced(env: dict[str, str], work: Path) -> None:
    process = start("run", "echo", "--url", "http://nowhere.invalid:8460", env=env, cwd=work)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert "[unreachable]" in err


# --- up ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def upping(*words: str, env: dict[str, str], cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    ready = cwd / "ready"
    process = start("up", "--port", "0", "--ready-file", str(ready), *words, env=env, cwd=cwd)
    try:
        eventually(lambda: ready.exists() or process.poll() is not None, "up did not start")
        assert process.poll() is None, process.communicate()
        yield process, ready.read_text().strip()
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        process.kill()
        process.communicate()


def test_up_with_devices_leaves_nothing_behind(env: dict[str, str], work: Path, tmp_path: Path) -> None:
    with upping("--device", "server:alpha", "--device", "edge", env=env, cwd=work) as (process, url):
        names = json.loads(start("devices", "--json", "--url", url, env=env, cwd=work).communicate()[0])["devices"]
        assert sorted((view["name"], view["kind"], view["online"]) for view in names) == [
            ("alpha", "server", True),
            ("edge", "edge", True),
        ]
        assert len(agents_of(tmp_path)) == 2
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert out == f"asterism at {url} with alpha, edge\n"
    assert agents_of(tmp_path) == []


def test_agents_die_with_an_orchestrator_that_was_killed(env: dict[str, str], work: Path, tmp_path: Path) -> None:
    with upping("--device", "server:alpha", env=env, cwd=work) as (process, _):
        assert len(agents_of(tmp_path)) == 1
        process.kill()
        eventually(lambda: agents_of(tmp_path) == [], "the agent outlived its orchestrator")


def test_an_agent_that_died_is_started_again(env: dict[str, str], work: Path, tmp_path: Path) -> None:
    with upping("--device", "server:alpha", env=env, cwd=work):
        (agent,) = agents_of(tmp_path)
        agent.kill()
        eventually(
            lambda: [one.pid for one in agents_of(tmp_path)] not in ([], [agent.pid]), "it was not started again"
        )


def test_a_database_that_is_in_use(env: dict[str, str], work: Path) -> None:
    with upping(env=env, cwd=work):
        for words in (("up", "--port", "0"), ("run", "x", "--url", free_url())):
            process = start(*words, env=env, cwd=work)
            _, err = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 3, err
            assert "[database_busy]" in err
            assert "Traceback" not in err


def test_a_port_that_is_in_use(env: dict[str, str], work: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        process = start("up", "--port", str(bound.getsockname()[1]), env=env, cwd=work)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert "[port_in_use]" in err


@pytest.mark.parametrize("device", ["toaster", "server:bad name", "server:a,server:a"])
def test_devices_that_cannot_be(env: dict[str, str], work: Path, device: str) -> None:
    words = [word for name in device.split(",") for word in ("--device", name)]
    process = start("up", "--port", "0", *words, env=env, cwd=work)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "[usage]" in err


def test_help_loads_no_heavy_library(env: dict[str, str]) -> None:
    program = (
        "import sys; from orchestrator.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'fastapi', 'sqlalchemy', 'langgraph', 'networkx', 'pydantic', 'uvicorn', 'httpx2', 'structlog'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_client_commands_load_no_heavy_library(served: Background, env: dict[str, str]) -> None:
    program = (
        "import sys; from orchestrator.cli.main import main\n"
        f"main(['run', 'echo hi', '--url', {served.url!r}])\n"
        "heavy = {'fastapi', 'sqlalchemy', 'langgraph', 'networkx', 'uvicorn', 'openai', 'rich'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done.stderr
