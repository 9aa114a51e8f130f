"""What holds a command: a control group of its own where there is one, resource limits everywhere; and what it cost."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tools import cgroups
from tools.commands import Ended, run_command
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.programs import run_program

pytestmark = pytest.mark.slow
MIB = 1 << 20
PARENTS = cgroups.parents
DEAD = 2**22 + 1  # above every process id


@pytest.fixture(autouse=True)
def _groups_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Groups are made below one that is ours: what other tests and agents make on this machine is not counted here."""
    found = {name: Path(parent) / f"tests-{os.getpid()}" for name, parent in cgroups.parents().items()}
    for folder in found.values():
        folder.mkdir(exist_ok=True)
        if (control := folder / "cgroup.subtree_control").exists():
            control.write_text("+memory +pids")
    monkeypatch.setattr(cgroups, "parents", lambda: {name: str(folder) for name, folder in found.items()})
    yield
    for folder in found.values():
        with suppress(OSError):
            folder.rmdir()


@pytest.fixture(params=["group", "limits"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What holds commands in a test."""
    if request.param == "limits":
        monkeypatch.setattr(cgroups, "parents", dict)
    elif not cgroups.parents():
        pytest.skip("no control groups can be made here")
    return str(request.param)


def groups() -> list[Path]:
    return [path for parent in cgroups.parents().values() for path in Path(parent).glob("asterism-*")]


async def python(workspace: Path, code: str, **limits: float) -> tuple[Ended, FakeToolContext]:
    context = FakeToolContext(workspace, limits=ToolLimits(**limits))  # type: ignore[arg-type]
    return await run_command(context, [sys.executable, "-c", code]), context


async def test_what_a_command_cost_is_counted(held: str, workspace: Path) -> None:
    code = f"x = bytearray({100 * MIB})\nfor page in range(0, len(x), 4096): x[page] = 1\nsum(range(3_000_000))"
    _, context = await python(workspace, code)
    assert context.cpu_seconds > 0.01
    assert 100 * MIB < context.peak_memory_bytes < 400 * MIB
    assert groups() == []


async def test_memory_of_all_its_processes_together_is_bounded(workspace: Path) -> None:
    """Each process alone stays within its resource limit: only a group sees what they take together."""
    if not cgroups.parents():
        pytest.skip("no control groups can be made here")
    grow = f"import time; x = b'x' * {60 * MIB}; time.sleep(60)"
    code = f"""
import subprocess, sys
for one in [subprocess.Popen([sys.executable, "-c", {grow!r}]) for _ in range(4)]:
    one.wait()
"""
    with pytest.raises(ToolError) as caught:
        await python(workspace, code, memory_bytes=150 * MIB, seconds=60.0)
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED
    assert "150 MiB" in caught.value.message
    assert groups() == []


async def test_a_program_of_a_skill_says_so_too(workspace: Path) -> None:
    if not cgroups.parents():
        pytest.skip("no control groups can be made here")
    # Shared memory counts for the group, and not for the limit of a process's own.
    code = f"import mmap; x = mmap.mmap(-1, {300 * MIB}); [x.write(bytes({MIB})) for _ in range(300)]"
    context = FakeToolContext(workspace, limits=ToolLimits(memory_bytes=200 * MIB))
    with pytest.raises(ToolError) as caught:
        await run_program(context, [sys.executable, "-c", code], variables={}, seconds=60)
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED
    assert context.peak_memory_bytes > 100 * MIB


async def test_a_command_that_takes_too_much_memory_ends_and_nobody_else(held: str, workspace: Path) -> None:
    code = f"x = b'x' * {600 * MIB}"
    if held == "limits":
        ended, _ = await python(workspace, code, memory_bytes=100 * MIB)
        assert ended.exit_code != 0
        assert "MemoryError" in ended.stderr
    else:
        # It is refused the memory, or ended for it, whichever limit is met first.
        context = FakeToolContext(workspace, limits=ToolLimits(memory_bytes=100 * MIB))
        command = run_command(context, [sys.executable, "-c", code])
        [outcome] = await asyncio.gather(command, return_exceptions=True)
        if isinstance(outcome, ToolError):
            assert outcome.code is ErrorCode.LIMIT_EXCEEDED
        else:
            assert isinstance(outcome, Ended)
            assert outcome.exit_code != 0
    assert (await python(workspace, "print('fine')"))[0].stdout == "fine\n"


async def test_a_command_cannot_fill_the_machine_with_processes(workspace: Path) -> None:
    if not cgroups.parents():
        pytest.skip("no control groups can be made here, and root has no limit of processes")
    code = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    pass
print(made, flush=True)
"""
    ended, _ = await python(workspace, code, processes=20)
    assert int(ended.stdout) < 20
    assert groups() == []


async def test_a_cancelled_command_leaves_no_group(workspace: Path) -> None:
    context = FakeToolContext(workspace)
    flag = workspace / "begun"
    words = f"touch begun; sleep 600 & exec {shlex.quote(sys.executable)} -c 'import time; time.sleep(600)'"
    task = asyncio.create_task(run_command(context, ["/bin/sh", "-c", words]))
    async with asyncio.timeout(30):
        while not flag.exists():
            await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert groups() == []


async def test_a_command_does_not_see_the_report(workspace: Path) -> None:
    ended, _ = await python(workspace, "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))")
    assert ended.stdout.strip() in ("[0, 1, 2, 3]", "[0, 1, 2, 3, 4]"), "its own look at the folder is one"


# --- where groups can be made ----------------------------------------------------------------------------------------


def mounts(tmp_path: Path) -> str:
    return f"proc /proc proc rw 0 0\ncgroup2 {tmp_path} cgroup2 rw,relatime 0 0\n"


def test_a_hierarchy_that_is_delegated_is_used(tmp_path: Path) -> None:
    """As systemd leaves it for a service with Delegate=yes whose only process we are."""
    own = tmp_path / "system.slice" / "asterism.service"
    own.mkdir(parents=True)
    (own / "cgroup.subtree_control").write_text("")
    (own / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (own / f"asterism-{DEAD}").mkdir()
    (own / f"asterism-{os.getpid()}").mkdir()
    assert cgroups.find(mounts(tmp_path), "0::/system.slice/asterism.service\n") == {"unified": str(own)}
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (own / "asterism.agent" / "cgroup.procs").read_text() == str(os.getpid())
    assert not (own / f"asterism-{DEAD}").exists(), "a killed launcher left it"
    assert (own / f"asterism-{os.getpid()}").exists(), "one that runs is about to use it"


def test_a_group_with_others_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.procs").write_text(f"1\n{os.getpid()}\n")
    assert cgroups.find(mounts(tmp_path), "0::/\n") == {}
    assert not (tmp_path / "asterism.agent").exists()


@pytest.mark.parametrize(
    ("mounted", "own"),
    [
        ("", ""),
        ("cgroup2 /no/such/place cgroup2 rw 0 0\n", "0::/\n"),
        ("cgroup /no/such/memory cgroup rw,memory 0 0\n", "4:memory:/x\n"),
    ],
)
def test_a_machine_without_groups(mounted: str, own: str) -> None:
    assert cgroups.find(mounted, own) == {}


def test_every_controller_is_needed(tmp_path: Path) -> None:
    for name in cgroups.V1:
        (tmp_path / name).mkdir()
    lines = [f"cgroup {tmp_path / name} cgroup rw,relatime,{name} 0 0\n" for name in cgroups.V1]
    own = "".join(f"{n}:{name}:/\n" for n, name in enumerate(cgroups.V1))
    assert cgroups.find("".join(lines), own) == {name: str(tmp_path / name) for name in cgroups.V1}
    assert cgroups.find("".join(lines[:2]), own) == {}


async def test_agents_that_start_do_not_take_each_others_groups(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for places removes what was left behind, and nothing that a launcher has just made."""
    monkeypatch.setattr(cgroups, "parents", PARENTS)
    if not cgroups.parents():
        pytest.skip("no control groups can be made here")
    ending = asyncio.Event()

    async def look() -> None:
        while not ending.is_set():
            await asyncio.to_thread(PARENTS.__wrapped__)

    looking = [asyncio.create_task(look()) for _ in range(4)]
    try:
        for _ in range(25):
            ended, _ = await python(workspace, "print('fine')")
            assert (ended.exit_code, ended.stdout) == (0, "fine\n")
    finally:
        ending.set()
        await asyncio.gather(*looking)


async def test_cpu_time_is_of_all_processes_together(workspace: Path) -> None:
    if not cgroups.parents():
        pytest.skip("no control groups can be made here")
    busy = "import time\nwhile time.process_time() < 0.4: pass"
    code = f"import subprocess, sys\nfor _ in range(20): subprocess.run([sys.executable, '-c', {busy!r}])"
    with pytest.raises(ToolError, match=r"1 s it may have \(cpu_seconds\)") as caught:
        await python(workspace, code, cpu_seconds=1.0)
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED


async def test_a_busy_process_ends_whatever_holds_it(held: str, workspace: Path) -> None:
    with pytest.raises(ToolError, match=r"1 s it may have \(cpu_seconds\)"):
        await python(workspace, "while True: pass", cpu_seconds=1.0)


async def test_one_that_stays_within_its_limits_is_left_alone(held: str, workspace: Path) -> None:
    ended, _ = await python(workspace, "raise SystemExit(3)", cpu_seconds=20.0, processes=64, memory_bytes=200 * MIB)
    assert ended.exit_code == 3
