"""What a device agent costs: start to registered, memory at rest and at work, and a skill's call over the operation.

python -m benchmarks.agent [--kind edge|server] [--calls 200] [--starts 5]

The agent is a process of its own, against a small gateway, all on loopback. An edge box reads and sets over Debian's
Mosquitto; its bare operation is the same by a client that stays connected. A server reads a file, asks SQLite, and runs
a program; its bare operation is the same skill called in this process. Neither has agent, gateway and protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import psutil

from protocol.messages import Outcome
from protocol.vocabulary import Json, JsonObject
from tests.support.gateway import FakeGateway
from tests.support.mosquitto import mosquitto, peer
from tools.edge.box import Box
from tools.edge.broker import Broker
from tools.edge.declared import load
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine

ROOT = Path(__file__).parents[1]
MEMORY_MB, START_S, OVERHEAD_MS = 40.0, 0.5, 5.0
SENSORS = """
[broker]
host = "127.0.0.1"
port = {port}

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"

[[actuator]]
name = "window"
set = "greenhouse/window/set"
state = "greenhouse/window/state"
values = ["open", "closed"]
"""


async def start(kind: str, folder: Path, gateway: FakeGateway, count: int) -> tuple[asyncio.subprocess.Process, float]:
    """An agent, and the seconds until it was registered."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devices.main", kind, "--name", "box", "--url", gateway.url),
        *("--workspace", str(folder / "work"), "--state-dir", str(folder / "state")),
        *(("--sensors", str(folder / "sensors.toml")) if kind == "edge" else ()),
        cwd=ROOT,
        # As it is installed: with compiled modules.
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    await gateway.connected(count)
    return process, time.perf_counter() - begun


def processor(process: asyncio.subprocess.Process) -> float:
    """Seconds of processor time that it has taken."""
    return float(sum(psutil.Process(process.pid).cpu_times()[:2]))


def mebibytes(process: asyncio.subprocess.Process) -> float:
    return float(psutil.Process(process.pid).memory_info().rss) / 2**20


async def timed(work: Callable[[], Awaitable[object]], calls: int) -> float:
    """Median milliseconds of one call."""
    spent = []
    for _ in range(calls):
        begun = time.perf_counter()
        await work()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent) * 1000


async def skill(gateway: FakeGateway, name: str, **arguments: Json) -> None:
    result = await gateway.result(await gateway.dispatch(name, dict(arguments)))
    assert result.outcome is Outcome.SUCCEEDED, result.error


async def edge(gateway: FakeGateway, folder: Path, calls: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of the bare operation, and of the skill, by name."""
    declared = load(folder / "sensors.toml")
    assert declared.broker is not None
    broker = Broker(declared.broker, "bare")
    running = asyncio.ensure_future(broker.run())
    await broker.tried(10)
    box = Box(declared, broker)
    sensor, window = declared.sensor[0], declared.actuator[0]

    try:
        return {
            "edge.read": (
                await timed(lambda: box.read(sensor, 5.0), calls),
                await timed(lambda: skill(gateway, "edge.read", sensor="temperature"), calls),
            ),
            "edge.set": (
                await timed(lambda: box.set(window, "open", 5.0), calls),
                await timed(lambda: skill(gateway, "edge.set", actuator="window", value="open"), calls),
            ),
        }
    finally:
        running.cancel()
        await asyncio.wait([running])


async def server(gateway: FakeGateway, folder: Path, calls: int) -> dict[str, tuple[float, float]]:
    """The same of a server."""
    (folder / "work" / "notes.txt").write_text("some text\n" * 100)
    with sqlite3.connect(folder / "work" / "app.db") as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    registry, context = skills.registry(Machine()), FakeToolContext(folder / "work")
    work: dict[str, JsonObject] = {
        "file.read": {"path": "notes.txt"},
        "sql.query": {"database": "app.db", "statement": "SELECT count(*) FROM t"},
        "shell.run": {"command": "true"},
    }
    return {
        name: (
            await timed(lambda name=name, arguments=arguments: registry.call(name, arguments, context), calls),
            await timed(lambda name=name, arguments=arguments: skill(gateway, name, **arguments), calls),
        )
        for name, arguments in work.items()
    }


async def measure(kind: str, folder: Path, starts: int, calls: int) -> bool:
    async with FakeGateway() as gateway:
        seconds = []
        for number in range(starts + 1):
            process, took = await start(kind, folder, gateway, number + 1)
            seconds.append(took)
            spent = processor(process)
            if number < starts:
                process.terminate()
                await process.wait()
        del seconds[0]  # this one may have compiled them
        await asyncio.sleep(2)  # what only the start needed is given back
        rest = mebibytes(process)
        before = processor(process)
        found = await (edge if kind == "edge" else server)(gateway, folder, calls)
        work = mebibytes(process)
        per_call = (processor(process) - before) / (len(found) * calls) * 1000
        process.terminate()
        await process.wait()
    median = statistics.median(seconds)
    print(f"start to registered: {median:.2f} s (bar {START_S}), of {starts}: {min(seconds):.2f} to {max(seconds):.2f}")
    print(f"processor time: {spent:.2f} s for the last start, {per_call:.2f} ms a call")
    print(f"memory (RSS): {rest:.1f} MiB at rest, {work:.1f} MiB after {len(found) * calls} calls (bar {MEMORY_MB:g})")
    for name, (bare, whole) in found.items():
        print(f"{name}: {whole:.2f} ms, bare {bare:.2f} ms, overhead {whole - bare:.2f} ms (bar {OVERHEAD_MS:g})")
    slow = [name for name, (bare, whole) in found.items() if whole - bare > OVERHEAD_MS]
    return median <= START_S and work <= MEMORY_MB and not slow


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("edge", "server"), default="server")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200)
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if args.kind == "edge":
            one = stack.enter_context(mosquitto(folder / "mosquitto"))
            others = stack.enter_context(peer(one.port))
            others.say("greenhouse/temp", "21.5", retain=True)
            others.say("greenhouse/window/state", "open", retain=True)
            (folder / "sensors.toml").write_text(SENSORS.replace("{port}", str(one.port)))
        good = asyncio.run(measure(args.kind, folder, args.starts, args.calls))
    print("all bars are held" if good else "NOT all bars are held")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
