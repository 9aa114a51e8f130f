"""A rig for end-to-end benchmarks: a real orchestrator process, real device agents in another one, loopback between.

python -m benchmarks.support.rig orchestrator --data DIR --port-file F [--db URL]
python -m benchmarks.support.rig devices --url URL --count N --data DIR --ready-file F [--slots N]
python -m benchmarks.support.rig idle --url URL --count N --data DIR --ready-file F
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib.util
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import structlog
from websockets.asyncio.client import ClientConnection, connect

from orchestrator.cli.leash import bind_to
from protocol import VERSION
from protocol.messages import Heartbeat, Hello
from protocol.session import DeviceSession
from protocol.vocabulary import DeviceKind, SkillSpec

SKILL = SkillSpec(name="test.noop", description="Does nothing.", input_schema={"type": "object"}, output_schema={})


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))


async def _orchestrator(args: argparse.Namespace) -> None:
    from orchestrator.api.server import bind, build_asgi, serve
    from orchestrator.app import Asterism
    from orchestrator.settings import Settings

    settings = Settings(
        data_dir=args.data, database=args.db or f"sqlite:///{args.data}/bench.db", port=0, heartbeat_s=args.heartbeat
    )
    app = Asterism(settings)
    await app.start()
    bound = bind("127.0.0.1", 0)
    Path(args.ready_file).write_text(str(bound.getsockname()[1]))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    profiler = _profiler(args.profile)
    await serve(build_asgi(app, app.gateway, settings, eager=True), settings, stop=stop, bound=bound)
    await app.stop()
    profiler()


def _profiler(path: str) -> Callable[[], None]:
    if not path:
        return lambda: None
    import cProfile

    profile = cProfile.Profile()
    profile.enable()

    def finish() -> None:
        profile.disable()
        profile.dump_stats(path)

    return finish


async def _devices(args: argparse.Namespace) -> None:
    from devices.agent import DeviceAgent
    from devices.config import DeviceSettings
    from protocol.vocabulary import DeviceProfile
    from tools.testing import registry

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    skills = registry()
    agents = []
    for number in range(args.count):
        home = Path(args.data) / f"d{number}"
        (home / "work").mkdir(parents=True, exist_ok=True)
        settings = DeviceSettings(
            name=f"{args.prefix or 'd'}{number:04}",
            workspace=home / "work",
            state_dir=home / "state",
            url=args.url,
            slots=args.slots,
        )
        agents.append(DeviceAgent(settings, skills, DeviceProfile()))
    profiler = _profiler(args.profile)
    running = []
    for start in range(0, len(agents), 100):
        running += [asyncio.create_task(agent.run(stop)) for agent in agents[start : start + 100]]
        for agent in agents[start : start + 100]:
            await agent.online.wait()
    Path(args.ready_file).write_text("ready")
    await asyncio.gather(*running, return_exceptions=True)
    profiler()


async def _idle(args: argparse.Namespace) -> None:
    """Devices that only hold their session: the real protocol, without an agent's files and threads."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    gate = asyncio.Semaphore(32)
    ready = 0

    async def one(number: int) -> None:
        nonlocal ready
        async with gate:
            session, connection = await _register(args.url, number)
        ready += 1
        if ready == args.count:
            Path(args.ready_file).write_text("ready")
        while True:
            deadline = session.next_deadline()
            assert deadline is not None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, deadline - time.time())):
                    session.receive(await connection.recv(), time.time())
            if session.heartbeat_due(time.time()):
                session.send_heartbeat(Heartbeat(), time.time())
            session.handle_timeout(time.time())
            for frame in session.data_to_send():
                await connection.send(frame)

    tasks = [asyncio.create_task(one(number)) for number in range(args.count)]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _register(url: str, number: int) -> tuple[DeviceSession, ClientConnection]:
    connection = await connect(
        url.replace("http", "ws", 1) + "/v1/agent", compression=None, ping_interval=None, open_timeout=60
    )
    session = DeviceSession(time.time())
    session.receive(await connection.recv(), time.time())
    name = f"idle{number:05}"
    session.hello(Hello(version=VERSION, device=name, name=name, kind=DeviceKind.EDGE, skills=(SKILL,)))
    for frame in session.data_to_send():
        await connection.send(frame)
    session.receive(await connection.recv(), time.time())
    return session, connection


def _main() -> None:
    bind_to(os.getppid())
    gc.set_threshold(50_000, 20, 100)  # as orchestrator.cli.main does
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["orchestrator", "devices", "idle"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--ready-file", required=True)
    parser.add_argument("--db", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--prefix", default="", help="of the devices' names")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--heartbeat", type=float, default=30.0)
    parser.add_argument("--profile", default="")
    args = parser.parse_args()
    _quiet()
    _raise_file_limit()
    work = {"orchestrator": _orchestrator, "devices": _devices, "idle": _idle}[args.part](args)
    if importlib.util.find_spec("uvloop"):
        import uvloop

        uvloop.run(work)
    else:
        asyncio.run(work)


class Rig:
    """Starts and stops the processes; `client` speaks REST to the orchestrator."""

    def __init__(self, folder: Path, *, db: str = "", profile: str = "") -> None:
        self.folder = folder
        self.db = db
        self.profile = profile
        self.processes: list[subprocess.Popen[bytes]] = []
        self.url = ""

    def start_orchestrator(self) -> subprocess.Popen[bytes]:
        ready = self.folder / "port"
        ready.unlink(missing_ok=True)
        (self.folder / "data").mkdir(exist_ok=True)
        options = ["--data", str(self.folder / "data"), "--ready-file", str(ready), "--db", self.db]
        if self.profile:
            options += ["--profile", self.profile + ".orchestrator"]
        process = self._spawn("orchestrator", *options)
        self._await(ready, process)
        self.url = f"http://127.0.0.1:{ready.read_text()}"
        return process

    def start_devices(self, count: int, *, slots: int = 16, part: str = "devices") -> subprocess.Popen[bytes]:
        ready = self.folder / f"devices{len(self.processes)}"
        data = self.folder / f"agents{len(self.processes)}"
        options = ["--url", self.url, "--count", str(count), "--slots", str(slots)]
        if self.profile:
            options += ["--profile", self.profile + ".devices"]
        process = self._spawn(part, "--data", str(data), "--ready-file", str(ready), *options)
        self._await(ready, process)
        return process

    def _spawn(self, part: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benchmarks.support.rig", part, *options]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."}, cwd=Path(__file__).parents[2])
        self.processes.append(process)
        return process

    def _await(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 120
        while not (path.exists() and path.read_text()):
            if process.poll() is not None:
                raise SystemExit(f"a process of the rig ended with {process.returncode}")
            if time.monotonic() > deadline:
                raise SystemExit("a process of the rig did not get ready in 120 s")
            time.sleep(0.02)

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait()

    def processor_s(self) -> tuple[float, float, float]:
        """Processor time so far: the orchestrator's event loop, its other threads, all other processes. Linux only."""
        orchestrator, *others = [_threads_s(process.pid) for process in self.processes]
        loop = orchestrator.pop(str(self.processes[0].pid))
        return loop, sum(orchestrator.values()), sum(sum(times.values()) for times in others)

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=300)


def _threads_s(process: int) -> dict[str, float]:
    """Seconds of processor time by thread."""
    folders = Path(f"/proc/{process}/task").iterdir()
    return {folder.name: int((folder / "schedstat").read_text().split()[0]) / 1e9 for folder in folders}


@contextlib.contextmanager
def rig(*, db: str = "", profile: str = "") -> Iterator[Rig]:
    """An orchestrator in a temporary folder, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="asterism-bench-") as folder:
        made = Rig(Path(folder), db=db, profile=profile)
        try:
            made.start_orchestrator()
            yield made
        finally:
            made.stop()


def submit(client: httpx2.Client, plan: dict[str, object]) -> str:
    """Submit an explicit plan; the run's id."""
    answer = client.post("/v1/runs", json={"plan": plan, "policy": {"approve": "all"}})
    answer.raise_for_status()
    return str(answer.json()["run"])


def await_end(client: httpx2.Client, runs: list[str]) -> tuple[float, float]:
    """Wait until all runs have succeeded; when the first was created and the last one ended, by the record.

    Waits on one run at a time, the last one first, so that waiting costs the orchestrator next to nothing.
    """
    first, last = float("inf"), 0.0
    for run in reversed(runs):
        view: dict[str, Any] = {"state": ""}
        while view["state"] not in ("succeeded", "failed", "cancelled"):
            view = client.get(f"/v1/runs/{run}", params={"wait": 60}).json()
        if view["state"] != "succeeded":
            raise SystemExit(f"run {run} {view['state']}: {view['error']}")
        first, last = min(first, view["created"]), max(last, view["updated"])
    return first, last


if __name__ == "__main__":
    _main()
