"""shell.run, script.run: limits hold, output flows, and nothing stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tests.tools.conftest import Call, Refused
from tools import cgroups
from tools.context import Stream, ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.launching import LAUNCHER, launch
from tools.registry import Registry


def alive(mark: str) -> list[int]:
    """Processes that carry the mark in their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a state of other processes; the test's own timeout bounds it."""
    while not condition():
        await asyncio.sleep(0.005)


async def test_run(call: Call, workspace: Path, context: FakeToolContext) -> None:
    found = await call("shell.run", command="echo out; echo err >&2; pwd; cat; exit 3", stdin="given")
    assert found == {"exit_code": 3, "stdout": f"out\n{workspace}\ngiven", "stderr": "err\n", "truncated": False}
    assert ("stderr", "err") in context.logs
    assert any(stream == "stdout" and "out" in text for stream, text in context.logs)


async def test_run_in_a_folder(call: Call, refused: Refused, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    (workspace / "link").symlink_to("/")
    assert (await call("shell.run", command="pwd", cwd="sub"))["stdout"] == f"{workspace}/sub\n"
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "shell.run", command="pwd", cwd="link")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "shell.run", command="pwd", cwd="..")
    await refused(ErrorCode.NOT_FOUND, "shell.run", command="pwd", cwd="nothing")


async def test_the_environment_holds_no_secret(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TOKEN", "hunter2")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    found = await call("shell.run", command="env")
    names = {line.partition("=")[0] for line in str(found["stdout"]).splitlines()}
    assert names == {"PATH", "HOME", "LANG", "TERM", "PWD", "ASTERISM_RUN", "ASTERISM_TASK"}


async def test_no_descriptor_of_the_agent_goes_along(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "private").open("w"):
        found = await call("shell.run", command="ls -l /proc/self/fd")
    assert "private" not in str(found["stdout"])
    assert str(found["stdout"]).count("pipe:") == 3


async def test_what_cannot_be_run(call: Call, refused: Refused) -> None:
    assert (await call("shell.run", command="no-such-command"))["exit_code"] == 127
    await refused(ErrorCode.BAD_ARGUMENTS, "shell.run", command="")
    await refused(ErrorCode.BAD_ARGUMENTS, "shell.run", command="echo \0")
    await refused(ErrorCode.BAD_ARGUMENTS, "shell.run", command="echo \ud800")
    await refused(ErrorCode.BAD_ARGUMENTS, "shell.run", command=["ls"])


async def test_a_command_that_ends_by_signal(call: Call) -> None:
    assert (await call("shell.run", command="kill -9 $$"))["exit_code"] == 137


async def test_output_that_is_no_text(call: Call) -> None:
    found = await call("shell.run", command=r"printf 'a\377b\303'")
    assert found["stdout"] == "a\ufffdb\ufffd"


async def test_a_command_that_does_not_read_its_input(call: Call) -> None:
    assert (await call("shell.run", command="exit 0", stdin="x" * 500_000))["exit_code"] == 0


async def test_long_output_keeps_its_ends(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(output_bytes=10_000))
    command = "echo first; seq 1 200000; echo last"
    found = await registry.call("shell.run", {"command": command}, context)
    assert isinstance(found, dict)
    text = str(found["stdout"])
    assert found["truncated"] is True
    assert text.startswith("first\n1\n2\n")
    assert text.endswith("200000\nlast\n")
    assert "\n[...]\n" in text
    assert 5_000 < len(text) < 10_000
    # The log is bounded as well.
    assert sum(len(line) for _, line in context.logs) < 20_000


async def test_a_flood_of_control_characters_fits(call: Call) -> None:
    found = await call("shell.run", command="head -c 600000 /dev/zero | tr '\\0' '\\001'")
    assert found["truncated"] is True


async def test_memory_is_limited(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(memory_bytes=128 << 20))
    script: JsonObject = {"text": "x = bytearray(1 << 30)", "interpreter": "python3"}
    if not cgroups.parents():
        found = await registry.call("script.run", script, context)
        assert isinstance(found, dict)
        assert "MemoryError" in str(found["stderr"])
        return
    with pytest.raises(ToolError, match=r"128 MiB it may have \(memory_bytes\)") as caught:
        await registry.call("script.run", script, context)
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED


async def test_cpu_and_files_are_limited(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(seconds=59, file_bytes=1 << 20, processes=77))
    command = "ulimit -t; ulimit -f; ulimit -c; head -c 3000000 /dev/zero > big"
    found = await registry.call("shell.run", {"command": command}, context)
    assert isinstance(found, dict)
    assert str(found["stdout"]).split() == ["60", "2048", "0"]
    assert found["exit_code"] != 0
    assert (workspace / "big").stat().st_size <= 1 << 20


async def test_no_new_privileges(call: Call) -> None:
    found = await call("shell.run", command="grep NoNewPrivs /proc/self/status")
    assert str(found["stdout"]).split() == ["NoNewPrivs:", "1"]


async def test_background_processes_end_with_the_command(call: Call) -> None:
    """In the same group, in a session of their own, and orphaned on purpose."""
    command = "sleep 61.001 & setsid sleep 61.001 & (setsid nohup sleep 61.001 >/dev/null 2>&1 &) ; echo started"
    assert (await call("shell.run", command=command))["stdout"] == "started\n"
    assert alive("61.001") == []


async def test_a_cancelled_command_is_ended_with_all_it_started(registry: Registry, context: FakeToolContext) -> None:
    command = "trap '' TERM; setsid sleep 61.002 & sleep 61.002"
    task = asyncio.create_task(registry.call("shell.run", {"command": command}, context))
    await until(lambda: len(alive("61.002")) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive("61.002") == []


async def test_a_command_that_takes_too_long(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(seconds=0.3))
    with pytest.raises(ToolError) as caught:
        await registry.call("shell.run", {"command": "echo begun; sleep 61.003"}, context)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert alive("61.003") == []


async def test_a_command_that_kills_its_launcher(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(seconds=1))
    with pytest.raises(ToolError):
        await registry.call("shell.run", {"command": "kill -9 $PPID; sleep 61.004"}, context)
    assert alive("61.004") == []


AGENT = """
import asyncio, sys
from tools.fake import FakeToolContext
from tools.server import registry
command = "setsid sleep 61.005 & sleep 61.005"
asyncio.run(registry().call("shell.run", {"command": command}, FakeToolContext(sys.argv[1])))
"""


async def test_nothing_outlives_an_agent_that_is_killed(workspace: Path) -> None:
    agent = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
        [sys.executable, "-c", AGENT, str(workspace)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    await until(lambda: len(alive("61.005")) == 2)
    agent.send_signal(signal.SIGKILL)
    await asyncio.to_thread(agent.wait)
    await until(lambda: alive("61.005") == [])


class SlowContext(FakeToolContext):
    """Takes log lines only while `room` is set, as a gateway that grants no credit."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.room = asyncio.Event()
        self.waiting = asyncio.Event()

    async def log(self, stream: Stream, text: str) -> None:
        self.waiting.set()
        await self.room.wait()
        await super().log(stream, text)


async def test_back_pressure_reaches_the_pipe(registry: Registry, workspace: Path) -> None:
    """While nobody takes the log, the command stands still."""
    context = SlowContext(workspace)
    command = "yes 61.007 | head -c 50000000; echo end > done"
    task = asyncio.create_task(registry.call("shell.run", {"command": command}, context))
    await context.waiting.wait()
    [pid] = alive("50000000")
    before = -1
    while before != (written := psutil.Process(pid).io_counters().write_chars):
        before = written
        await asyncio.sleep(0.05)
    assert written < 5_000_000
    assert not (workspace / "done").exists()
    context.room.set()
    found = await task
    assert isinstance(found, dict)
    assert found["exit_code"] == 0
    assert (workspace / "done").exists()


async def test_a_cancel_while_the_log_waits(registry: Registry, workspace: Path) -> None:
    context = SlowContext(workspace)
    task = asyncio.create_task(registry.call("shell.run", {"command": "yes 61.006"}, context))
    await context.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive("61.006") == []


@pytest.mark.parametrize(
    ("name", "text", "out"),
    [
        ("a.py", "import sys; print(sys.argv[1:], sys.stdin.read())", "['x', 'y z'] in\n"),
        ("a.sh", 'echo "$1" "$2"; cat', "x y z\nin"),
        ("a.bash", 'echo "${BASH_VERSION:+bash}" "$2"', "bash y z\n"),
        ("plain", 'echo "$#"', "2\n"),
    ],
)
async def test_script_from_a_file(call: Call, workspace: Path, name: str, text: str, out: str) -> None:
    (workspace / name).write_text(text)
    found = await call("script.run", path=name, arguments=["x", "y z"], stdin="in")
    assert (found["exit_code"], found["stdout"], found["stderr"]) == (0, out, "")


async def test_a_script_finds_what_lies_beside_it(call: Call, workspace: Path) -> None:
    (workspace / "tools").mkdir()
    (workspace / "tools/helper.py").write_text("VALUE = 7")
    (workspace / "tools/main.py").write_text("import helper; print(helper.VALUE)")
    (workspace / "tools/main.sh").write_text('ls "$(dirname "$0")"/helper.py')
    assert (await call("script.run", path="tools/main.py"))["stdout"] == "7\n"
    assert (await call("script.run", path="tools/main.sh"))["exit_code"] == 0


async def test_what_the_log_raises_comes_out(registry: Registry, workspace: Path) -> None:
    class Broken(FakeToolContext):
        async def log(self, stream: Stream, text: str) -> None:
            raise ToolError(ErrorCode.UNAVAILABLE, "nobody listens")

    with pytest.raises(ToolError, match="nobody listens"):
        await registry.call("shell.run", {"command": "echo x; sleep 61.008"}, Broken(workspace))
    assert alive("61.008") == []


async def test_script_from_its_text(call: Call) -> None:
    assert (await call("script.run", text="echo $0 $1", arguments=["x"]))["stdout"] == "script x\n"
    found = await call("script.run", text="import sys; print(sys.argv)", interpreter="python3", arguments=["x"])
    assert found["stdout"] == "['-c', 'x']\n"


async def test_script_bad_input(refused: Refused, workspace: Path) -> None:
    (workspace / "out").symlink_to("/bin/true")
    await refused(ErrorCode.BAD_ARGUMENTS, "script.run")
    await refused(ErrorCode.BAD_ARGUMENTS, "script.run", path="x", text="y")
    await refused(ErrorCode.NOT_FOUND, "script.run", path="nothing")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "script.run", path="out")
    await refused(ErrorCode.BAD_ARGUMENTS, "script.run", text="x", interpreter="perl")
    await refused(ErrorCode.BAD_ARGUMENTS, "script.run", text="x", arguments=["a\0"])
    await refused(ErrorCode.BAD_ARGUMENTS, "script.run", text="x", arguments="a b")


def test_an_agent_that_dies_while_its_launcher_starts(tmp_path: Path) -> None:
    """The command is not begun: nobody would ever hear what it did."""
    lifeline, agents_end = os.pipe()
    os.close(agents_end)
    folder = os.open(tmp_path, os.O_RDONLY)
    limits = dict.fromkeys(("memory_bytes", "cpu_seconds", "file_bytes", "processes"), 1 << 30)
    settings = {"cwd": folder, "lifeline": lifeline, **limits}
    try:
        words = launch(settings, ["/bin/sh", "-c", "echo > late"])
        ended = subprocess.run(words, pass_fds=(folder, lifeline), check=False, start_new_session=True)
    finally:
        os.close(folder)
        os.close(lifeline)
    assert ended.returncode == 128 + signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_the_launcher_needs_nothing_but_the_standard_library() -> None:
    """It starts for every command: it must be quick, and work where nothing is installed."""
    code = f"import sys; exec(open({LAUNCHER!r}).read(), {{'__name__': 'launcher'}}); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, check=True, text=True).stdout
    names = {name.split(".")[0] for name in said.split()}
    assert "resource" in names
    assert not names & {"pydantic", "psutil", "tools", "protocol", "asyncio"}
    # Each would cost every command several milliseconds.
    assert not names & {"json", "ctypes", "signal", "enum", "re"}
