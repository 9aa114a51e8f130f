"""An agent that is killed in the middle of a skill: no process is left, and no name has half a file.

Every skill that runs a program, or writes a file, is begun for real, and the agent's process gets SIGKILL at work.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from protocol.messages import Outcome, Result
from protocol.vocabulary import JsonObject
from tests.support.gateway import FakeGateway
from tests.support.killing import ended, killed, until
from tools.isolation import namespaces
from tools.places import TEMPORARY

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BIG = 1 << 30
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, 'some text' FROM n"
Good = Callable[[Path], bool]


@dataclass(frozen=True)
class Case:
    """A call. `busy`: whether it is in the middle of its work; `good`: whether what is there afterwards is whole."""

    skill: str
    arguments: JsonObject
    good: Good
    busy: Good | None = None


def unfinished(work: Path) -> bool:
    """A file that has no name yet grows somewhere."""
    return any(
        name.startswith(TEMPORARY) for folder in (work, work / "out") if folder.is_dir() for name in os.listdir(folder)
    )


def without(*names: str) -> Good:
    return lambda work: not any((work / name).exists() for name in names)


def either(name: str, *contents: str) -> Good:
    return lambda work: (work / name).read_text() in contents if (work / name).exists() else "" in contents


def begun(work: Path) -> bool:
    return (work / "begun").exists()


def rows(work: Path) -> bool:
    with contextlib.closing(sqlite3.connect(work / "app.db")) as connection:
        return bool(connection.execute("SELECT count(*) FROM t").fetchone() == (1,))


def running(work: Path) -> bool:
    """The jail's Python, at its endless code."""
    return any(".code.py" in " ".join(_arguments(one)) for one in psutil.process_iter())


def _arguments(one: psutil.Process) -> list[str]:
    try:
        return list(one.cmdline())
    except psutil.Error:
        return []


LOOP = "echo > begun; while :; do :; done"
CASES = (
    Case("shell.run", {"command": f"{LOOP} & sleep 3600 & setsid sleep 3600 & wait"}, begun, begun),
    Case("script.run", {"text": LOOP}, begun, begun),
    Case("service.create", {"name": "w", "command": ["sh", "-c", LOOP]}, begun, begun),
    Case("archive.create", {"source": "big", "target": "out/a.tar.gz"}, without("out/a.tar.gz"), unfinished),
    Case("archive.extract", {"archive_path": "big.tar", "target": "out"}, without("out/inside"), unfinished),
    Case("backup.create", {"paths": ["big"], "target": "out/b.tar.gz"}, without("out/b.tar.gz"), unfinished),
    Case("backup.restore", {"backup_path": "big.tar", "target": "out"}, without("out/inside"), unfinished),
    Case("sql.export", {"database": "app.db", "statement": ENDLESS, "path": "out/x"}, without("out/x"), unfinished),
    Case(
        "sql.execute", {"database": "app.db", "statement": f"INSERT INTO t {ENDLESS}"}, rows,
        lambda work: (work / "app.db-journal").exists(),
    ),
    Case("http.download", {"url": "{url}", "path": "out/d"}, without("out/d"), unfinished),
    # These are quick: they may be done, or not begun, and nothing between.
    Case("file.copy", {"source": "big", "target": "out/big"}, lambda work: whole(work / "out/big")),
    Case("file.write", {"path": "small", "text": "new" * 50_000}, either("small", "old", "new" * 50_000)),
    Case("file.append", {"path": "small", "text": "+more"}, either("small", "old", "old+more")),
    Case("file.replace", {"path": "small", "old": "old", "new": "new"}, either("small", "old", "new")),
    Case("file.move", {"source": "small", "target": "moved"}, lambda work: moved(work)),
)  # fmt: skip


def whole(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == BIG


def moved(work: Path) -> bool:
    names = [name for name in ("small", "moved") if (work / name).exists()]
    return len(names) == 1 and (work / names[0]).read_text() == "old"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with a large file that takes no room, an archive of one, a small file and a database."""
    folder = tmp_path / "work"
    (folder / "out").mkdir(parents=True)
    (folder / "small").write_text("old")
    with (folder / "big").open("wb") as file:
        file.truncate(BIG)
    with (folder / "big.tar").open("wb") as file:
        info = tarfile.TarInfo("inside")
        info.size = BIG
        file.write(info.tobuf())
        file.truncate(BIG + 3 * 512)
    with contextlib.closing(sqlite3.connect(folder / "app.db")) as connection:
        connection.executescript("CREATE TABLE t (x, y); INSERT INTO t VALUES (0, 'only')")
    return folder


@pytest.fixture
def slow_url() -> Iterator[str]:
    """A server that begins a large answer and never ends it."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(1 << 20))
                connection.recv(1)  # until the other end is gone

    thread = threading.Thread(target=answer)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/d"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.fixture
async def agent(tmp_path: Path, work: Path, gateway: FakeGateway) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devices.main", "server", "--name", "alpha", "--url", gateway.url),
        *("--workspace", str(work), "--state-dir", str(tmp_path / "state")),
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await gateway.connected()
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.skill)
async def test_nothing_half_is_left(
    case: Case, agent: asyncio.subprocess.Process, gateway: FakeGateway, work: Path, slow_url: str
) -> None:
    arguments = {name: slow_url if value == "{url}" else value for name, value in case.arguments.items()}
    await gateway.dispatch(case.skill, arguments, timeout_s=100.0)
    if case.busy is not None:
        busy = case.busy
        await until(lambda: busy(work) or bool(gateway.of(Result)))
        failed = [one for one in gateway.of(Result) if one.outcome is not Outcome.SUCCEEDED]
        assert not failed, failed[0].error
    await killed(agent)
    assert case.good(work)


@pytest.mark.skipif(not namespaces(), reason="no namespaces can be made here")
async def test_a_sandbox_ends_with_the_agent(
    agent: asyncio.subprocess.Process, gateway: FakeGateway, work: Path
) -> None:
    code = "open('result', 'w').write('half')\nwhile True: pass"
    await gateway.dispatch("python.run", {"code": code, "outputs": ["result"]})
    await until(lambda: running(work))
    await killed(agent)
    assert not (work / "result").exists()


CHILD = """
import asyncio, json, sys
from pathlib import Path
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine
root, skill, arguments = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
asyncio.run(skills.registry(Machine(root=root)).call(skill, arguments, FakeToolContext(root / "work")))
"""


def test_an_init_script_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    """A program of the system's own keeps the agent's rights, and ends with it all the same."""
    (tmp_path / "etc/init.d").mkdir(parents=True)
    script = tmp_path / "etc/init.d/slow"
    script.write_text(
        f"#!/bin/sh\ntest $1 = status && exit 3\nsetsid sleep 3600 & echo $! $$ > {tmp_path}/pids; wait\n"
    )
    script.chmod(0o755)
    command = [sys.executable, "-c", CHILD, str(tmp_path), "service.start", json.dumps({"name": "slow"})]
    with subprocess.Popen(command, cwd=ROOT) as child:
        asyncio.run(until(lambda: (tmp_path / "pids").exists() and bool((tmp_path / "pids").read_text().strip())))
        started = [psutil.Process(int(pid)) for pid in (tmp_path / "pids").read_text().split()]
        child.send_signal(signal.SIGKILL)
    asyncio.run(until(lambda: all(ended(one) for one in started)))
