"""`asterism chat` as a process, on a terminal and in a pipe, against a real orchestrator with real devices."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.background import Behind, behind
from tests.support.cli import Background, background, environment
from tests.support.terminals import CTRL_C, CTRL_D, ENTER, TAB, Terminal, terminal

pytestmark = pytest.mark.slow
PATIENCE_S = 60.0
PROMPT = "asterism> "
ASKS = "later: "


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with behind(tmp_path_factory.mktemp("world"), "alpha", "beta") as found:
        yield found


@pytest.fixture
def files(world: Behind) -> Path:
    """Alpha's workspace, with three files of different size; beta has one."""
    folder = world.system.workspace("alpha")
    for name, size in (("logs/big.log", 5000), ("logs/small.log", 3), ("a.txt", 40)):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x" * size)
    (world.system.workspace("beta") / "only.txt").write_text("beta's")
    return folder


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "home")


def say(chat: Terminal, line: str, until: str = PROMPT) -> str:
    """Type a line; what came until it asks again. The line's own echo is left out."""
    chat.say(line)
    return chat.expect(until).partition("\n")[2]


def sessions(tmp_path: Path) -> list[list[dict[str, object]]]:
    found = sorted((tmp_path / "home" / "chat").glob("*.jsonl"))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in found]


def test_a_conversation_on_a_terminal(world: Behind, files: Path, env: dict[str, str], tmp_path: Path) -> None:
    """Requests that refer to earlier results; approvals given, denied, edited, put off, and given for good."""
    with terminal("chat", "--url", world.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        assert "logs/big.log (5.0 kB" in say(chat, "which files on alpha are the largest?")
        assert say(chat, "show it as csv").startswith(
            "path,name,type,size_bytes,modified\nlogs/big.log,big.log,file,5000"
        )

        asked = say(chat, "now delete the largest of them", ASKS)
        assert "understood: delete the file logs/big.log on alpha" in asked
        assert "1. delete: file.delete on alpha [destructive]" in asked
        assert "delete wants to destroy: file.delete on alpha" in asked
        assert '"path": "logs/big.log"' in asked
        assert "Answer yes, no" in say(chat, "yes please", ASKS)
        assert "denied" in say(chat, "no")
        assert (files / "logs/big.log").exists()

        say(chat, "delete the smallest of them", ASKS)
        say(chat, "edit", "them): ")
        assert '"path": "a.txt"' in say(chat, "path=a.txt", ASKS)
        assert "/approve or /deny" in say(chat, "later")
        assert (files / "a.txt").exists()
        assert "deleted a.txt" in say(chat, "/approve")
        assert (files / "logs/small.log").exists()

        say(chat, "delete the file logs/small.log on alpha", ASKS)
        say(chat, "always")
        always = say(chat, "delete the file logs/big.log on alpha")
        assert "allowed: file.delete on alpha always is" in always
        assert list((files / "logs").iterdir()) == []

        assert "only.txt" in say(chat, "which files on beta are the largest?")
        assert "alpha: 0 entries" in say(chat, "and on the other server?")
        assert "not clear" in say(chat, "delete the largest of them")
        chat.send("/dev" + TAB)
        chat.expect("/devices")
        chat.send(ENTER)
        assert "beta " in chat.expect(PROMPT)
        say(chat, "/save talk.md")
        chat.send(CTRL_D)
        assert chat.code() == 0
    assert "Understood as: delete the file logs/big.log on alpha" in (tmp_path / "talk.md").read_text()
    (kept,) = sessions(tmp_path)
    assert [entry["said"] for entry in kept if entry["type"] == "turn"][1] == "now delete the largest of them"


def test_a_run_is_cancelled_by_one_interrupt(world: Behind, env: dict[str, str], tmp_path: Path) -> None:
    with terminal("chat", "--url", world.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        say(chat, 'run "sleep 600" on alpha', ASKS)
        say(chat, "yes", "running")
        chat.send(CTRL_C)
        chat.expect("cancelling; Ctrl-C again leaves at once")
        assert "[cancelled]" in chat.expect(PROMPT)
        chat.insist(CTRL_C, "(Ctrl-C again leaves)")
        say(chat, "/quit", "")
        assert chat.code() == 0
    assert world.client.get("/v1/runs").json()["runs"][0]["state"] == "cancelled"


@pytest.fixture
def scripted() -> Iterator[Background]:
    with background() as running:
        yield running


def test_a_second_interrupt_leaves_and_the_run_goes_on(
    scripted: Background, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(scripted.app, "cancel", deaf)
    with terminal("chat", "--url", scripted.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        say(chat, "hold", "running")
        chat.send(CTRL_C)
        chat.expect("again leaves at once")
        chat.send(CTRL_C)
        chat.expect("left; run r1 goes on")
        assert chat.code() == 8
    assert scripted.do(lambda: scripted.app._find("r1").state.status.value) == "running"
    scripted.do(lambda: scripted.app.release("r1"))
    with terminal("chat", "--resume", "--url", scripted.url, env=env, cwd=tmp_path) as chat:
        assert "succeeded" in chat.expect(PROMPT)
    (kept,) = sessions(tmp_path)
    assert [entry["type"] for entry in kept] == ["session", "turn", "run", "end"]


def test_a_question_is_a_choice(scripted: Background, env: dict[str, str], tmp_path: Path) -> None:
    with terminal("chat", "--url", scripted.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        assert "2. the second" in say(chat, "which", "leaves it open): ")
        assert "Answer a number from 1 to 2" in say(chat, "7", "leaves it open): ")
        assert "beta" in say(chat, "2")
        assert "1. the first" in say(chat, "which", "leaves it open): ")
        assert "/answer TEXT" in say(chat, "later")
        assert "alpha" in say(chat, "/answer the first")


def test_commands_in_a_pipe(scripted: Background, env: dict[str, str], tmp_path: Path) -> None:
    lines = [
        "echo one",
        "again",
        "which",
        "/answer 2",
        "fail",
        "/retry",
        "/undo",
        "crash",
        "/runs",
        "/sessions one",
        "/branch 1",
    ]
    code, out, err = piped(scripted, env, tmp_path, "\n".join([*lines, "/egress", "/config", "/graph", "echo two"]))
    assert (code, "Traceback" in err) == (70, False)
    assert out.startswith("one\none\nbeta\n")
    assert err.count("it was asked to fail") >= 2
    assert "[run_ended]" in err
    assert "asks: Which one?" in err
    assert "branched from" in err
    assert out.endswith("two\n")
    assert len(sessions(tmp_path)) == 2


def test_an_edit_is_taken_back(world: Behind, files: Path, env: dict[str, str], tmp_path: Path) -> None:
    with terminal("chat", "--url", world.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        say(chat, "delete the file logs/small.log on alpha", ASKS)
        say(chat, "edit", "them): ")
        say(chat, "path=a.txt", ASKS)
        say(chat, "later")
        assert "the graph is at version 3" in say(chat, "/undo")
        assert "deleted logs/small.log" in say(chat, "/approve")
        say(chat, "delete the file a.txt on alpha", ASKS)
        say(chat, "later")
        assert "nothing of it is left to do" in say(chat, "undo")
        assert "nothing that a table could hold" in say(chat, "as csv")
    assert (files / "a.txt").exists()


def test_after_a_kill_the_session_goes_on(world: Behind, files: Path, env: dict[str, str], tmp_path: Path) -> None:
    with terminal("chat", "--url", world.url, env=env, cwd=tmp_path) as chat:
        chat.expect(PROMPT)
        say(chat, "list the files in logs on alpha")
        say(chat, "delete the largest of them", ASKS)
        chat.process.send_signal(signal.SIGKILL)
        chat.code()
    with terminal("chat", "--resume", "--url", world.url, env=env, cwd=tmp_path) as chat:
        assert '"path": "logs/big.log"' in chat.expect(ASKS)
        assert "deleted logs/big.log" in say(chat, "yes")
        assert "understood: delete the file logs/small.log on alpha" in say(chat, "delete the largest of them", ASKS)
        say(chat, "no")
        assert "list the files in logs on alpha" in say(chat, "/sessions logs")
        say(chat, "/branch 1")
        say(chat, "/quit", "")
        assert chat.code() == 0
    kept = sessions(tmp_path)
    assert [len([entry for entry in one if entry["type"] == "turn"]) for one in kept] == [3, 1]
    assert not (files / "logs/big.log").exists()


def piped(world: Behind | Background, env: dict[str, str], folder: Path, text: str, *more: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "orchestrator.cli.main", "chat", "--url", world.url, *more]
    done = subprocess.run(
        command, env=env, cwd=folder, input=text, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_each_line_of_a_pipe_is_a_message(world: Behind, files: Path, env: dict[str, str], tmp_path: Path) -> None:
    lines = ["list the files in logs on alpha", "", "delete the smallest of them", "/approve", "/nope", "/cost"]
    code, out, err = piped(world, {**env, "NO_COLOR": "1"}, tmp_path, "\n".join(lines))
    assert code == 2, err
    assert "logs/small.log (3 B" in out
    assert "deleted logs/small.log" in out
    assert out.splitlines()[-1].startswith("2 runs, 0 model calls")
    assert "waits for approval a1: file.delete on alpha: /approve or /deny" in err
    assert "There is no command /nope" in err
    assert "\x1b" not in out + err
    assert not (files / "logs/small.log").exists()


def test_nobody_approves_in_a_pipe(world: Behind, files: Path, env: dict[str, str], tmp_path: Path) -> None:
    code, _, err = piped(world, env, tmp_path, "delete the file a.txt on alpha\nyes\n/deny\n")
    assert code == 5, err
    assert (files / "a.txt").exists()


def test_a_file_goes_with_a_message(world: Behind, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("what it says")
    _, _, err = piped(world, env, tmp_path, "how full is the disk of alpha? @note.txt\nuptime of @missing\n")
    assert "there is no such file here" in err
    newest = world.client.get("/v1/runs").json()["runs"][0]
    events = world.client.get(f"/v1/runs/{newest['run']}/events").json()["events"]
    assert events[0]["body"]["request"]["attachment"] == "what it says"


def test_what_a_device_says_does_not_act_on_the_terminal(
    world: Behind, files: Path, env: dict[str, str], tmp_path: Path
) -> None:
    evil = files / "logs" / "z\x1b]0;owned\x07\x1b[2Jz.log"
    evil.write_text("y" * 9000)
    try:
        with terminal("chat", "--url", world.url, env=env, cwd=tmp_path) as chat:
            chat.expect(PROMPT)
            say(chat, "list the files in logs on alpha")
            say(chat, "show it as a table")
            assert "must be quoted" in say(chat, "delete the largest of them")
        assert b"\x1b]0;owned" not in chat.raw
        assert b"\x1b[2J" not in chat.raw
    finally:
        evil.unlink()


def test_without_an_orchestrator_there_is_one_of_our_own(env: dict[str, str], tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "here.txt").write_text("hello")
    command = [sys.executable, "-m", "orchestrator.cli.main", "chat", "--url", "http://127.0.0.1:9"]
    done = subprocess.run(
        command,
        env=env,
        cwd=work,
        input="read here.txt\n/devices\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "hello" in done.stdout
    assert "an embedded one, with this machine as" in done.stderr
