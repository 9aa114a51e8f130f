"""The command line under test: in this process against a served application, or as a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from orchestrator.api.testing import FakeApplication
from orchestrator.cli.main import main
from tests.support.api import served

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


@dataclass
class Background:
    """A served application whose event loop runs in a thread."""

    app: FakeApplication
    url: str
    loop: asyncio.AbstractEventLoop

    def do(self, work: Callable[[], T]) -> T:
        """Call something of the application's on its own loop."""
        result: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: result.set_result(work()))
        return result.result(10)


@contextmanager
def background() -> Iterator[Background]:
    app = FakeApplication()
    started: Future[Background] = Future()
    ending: list[Callable[[], None]] = []

    async def live() -> None:
        async with served(app) as running:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            ending.append(lambda: loop.call_soon_threadsafe(stop.set))
            started.set_result(Background(app, running.url, loop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        yield started.result(20)
    finally:
        ending[0]()
        thread.join()


def call(*words: str) -> int:
    """Run a command in this process; its exit code. What main changes in the process is put back."""
    thresholds, handler = gc.get_threshold(), signal.getsignal(signal.SIGINT)
    try:
        return main(list(words))
    except SystemExit as left:
        return int(left.code or 0)
    finally:
        gc.set_threshold(*thresholds)
        signal.signal(signal.SIGINT, handler)


NOBODY = "http://127.0.0.1:9"
"""Where nothing listens."""


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Variables of a process that knows nothing of the machine's own settings and orchestrators."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASTERISM_") or "TEST" in name}
    home = {"HOME": str(data_dir), "ASTERISM_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT), "ASTERISM_URL": NOBODY}
    return {**kept, **home, "XDG_CONFIG_HOME": str(data_dir), "XDG_STATE_HOME": str(data_dir), **more}


def start(*words: str, env: dict[str, str], cwd: Path, stdin: int | None = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """Start `asterism WORDS` as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.main", *words],
        env=env,
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
