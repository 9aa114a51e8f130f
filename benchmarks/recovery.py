"""Recovery: from a restart to the first dispatch, a fleet that comes back, and devices that are gone.

    python -m benchmarks.recovery [restart] [fleet] [notice]

`restart`: the log holds 50,000 tasks, in one open run, in 500 open runs, or in runs that have ended beside a small open
one. `asterism up` is started on it, works, is killed with SIGKILL, and started again. Seconds are from the start of the
second process to the first task that a device receives, and the processor time that it had used by then. The device
tries to connect every 10 ms: an agent's own wait between tries comes on top.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.support.probe import Probe
from benchmarks.support.record import recorded, write
from benchmarks.support.rig import SKILL
from protocol import VERSION
from protocol.messages import Hello
from protocol.vocabulary import DeviceKind
from storage import make_store

DEVICES = 100


class Served:
    """An `asterism up` on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/v1/agent"
        self.process: subprocess.Popen[bytes] | None = None
        self.database = f"sqlite:///{folder}/record.db"

    def start(self) -> float:
        """Start the process; when that was."""
        words = ["up", "--port", str(self.port), "--db", self.database]
        environment = {**os.environ, "PYTHONPATH": ".", "ASTERISM_DATA_DIR": str(self._folder / "data")}
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.cli.main", *words],
            env=environment,
            cwd=Path(__file__).parents[1],
            stdout=subprocess.DEVNULL,
        )
        return began

    def processor(self) -> float:
        """Processor seconds so far."""
        assert self.process is not None
        return float(sum(psutil.Process(self.process.pid).cpu_times()[:2]))

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@contextmanager
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        made = Served(Path(folder).absolute())
        try:
            yield made
        finally:
            made.kill()


async def prepare(database: str, case: str) -> None:
    """The log of `case`, as a system that ran it would have left it."""
    store = make_store(database, on_trouble=print)
    await store.open()
    for number in range(DEVICES):
        name = f"d{number:04}"
        hello = Hello(version=VERSION, device=name, name=name, kind=DeviceKind.SERVER, skills=(SKILL,), slots=16)
        await store.register_device(name, name, "server", hello.model_dump_json(), time.time())
    if case == "one":
        await write(store, recorded("one", 50_000, done=25_000))
    elif case == "many":
        for number in range(500):
            await write(store, recorded(f"many{number}", 100, done=50, wide=False))
    else:
        for number in range(500):
            await write(store, recorded(f"ended{number}", 100, done=100, wide=False, end=True))
        await write(store, recorded("small", 1_000, done=0))
    await store.close()


async def restarted(case: str) -> tuple[float, float, int]:
    """Seconds to the first dispatch, processor seconds by then, tasks that were done twice."""
    with served() as system:
        await prepare(system.database, case)
        system.start()
        before = Probe(system.url)
        working = asyncio.create_task(before.run())
        await before.first.wait()
        await asyncio.sleep(0.2)
        system.kill()
        await asyncio.gather(working, return_exceptions=True)
        after = Probe(system.url)
        began = system.start()
        working = asyncio.create_task(after.run())
        await after.first.wait()
        spent = system.processor()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return after.dispatched[0][0] - began, spent, 0


def restart() -> None:
    print(f"{'50,000 tasks in':<34} {'seconds':>8} {'processor s':>12}")
    for case, what in (("one", "one open run"), ("many", "500 open runs"), ("ended", "500 ended runs")):
        seconds, spent, _ = asyncio.run(restarted(case))
        print(f"{what:<34} {seconds:>8.2f} {spent:>12.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["restart", "fleet", "notice"], default=["restart"])
    args = parser.parse_args()
    for part in args.parts:
        {"restart": restart}[part]()


if __name__ == "__main__":
    main()
