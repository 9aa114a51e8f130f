"""An `asterism up` on a port and a record of its own, that can be killed and started again."""

from __future__ import annotations

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

import httpx2
import psutil

ROOT = Path(__file__).parents[2]


class Served:
    """Its processes end with it. `settings` are the orchestrator's, by the name of their variable."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = {f"ASTERISM_{name.upper()}": value for name, value in settings.items()}
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"ws://127.0.0.1:{self.port}/v1/agent"
        self.database = f"sqlite:///{folder}/record.db"
        self.process: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []

    def start(self) -> float:
        """Start the orchestrator; when that was, by the monotonic clock."""
        began = time.monotonic()
        self.process = self.spawn("orchestrator.cli.main", "up", "--port", str(self.port), "--db", self.database)
        return began

    def await_health(self) -> None:
        with self.client() as client:
            while True:
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx2.TransportError:
                    time.sleep(0.02)

    def agents(self, count: int, *, slots: int, prefix: str = "") -> subprocess.Popen[bytes]:
        """Real device agents in a process of their own, all of them connected."""
        ready = self.folder / f"ready{len(self._others)}"
        words = ["devices", "--url", self.base, "--count", str(count), "--slots", str(slots), "--prefix", prefix]
        words += ["--data", str(self.folder / f"agents{len(self._others)}"), "--ready-file", str(ready)]
        process = self.spawn("benchmarks.support.rig", *words)
        self._others.append(process)
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit(f"the agents ended with {process.returncode}")
            time.sleep(0.05)
        return process

    def spawn(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        """A module as a program, in the project's folder, with the settings. Who asks for it ends it."""
        settings = {"PYTHONPATH": ".", "ASTERISM_DATA_DIR": str(self.folder / "data"), **self._settings}
        command = [sys.executable, "-m", module, *words]
        return subprocess.Popen(command, env={**os.environ, **settings}, cwd=ROOT, stdout=subprocess.DEVNULL)

    def processor(self) -> float:
        """Processor seconds that the orchestrator has used."""
        assert self.process is not None
        return float(sum(psutil.Process(self.process.pid).cpu_times()[:2]))

    def kill(self) -> None:
        """SIGKILL the orchestrator."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        self.kill()
        for process in self._others:
            process.kill()
            process.wait()

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.base, timeout=300)

    def metric(self, client: httpx2.Client, name: str) -> float:
        """One of `/metrics`."""
        for line in client.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise SystemExit(f"there is no metric {name}")


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    # In the working folder: a temporary folder may lie in memory, where a sync costs nothing.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as folder:
        made = Served(Path(folder), **settings)
        try:
            yield made
        finally:
            made.close()
