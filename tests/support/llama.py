"""llama.cpp's OpenAI-compatible server with a tiny model of random weights, as a process of the tests.

What it says is nonsense, but it is a real server. It is built once (see `llama_build.py`) by `make test`, whose tests
marked `heavy` need it; `make test FAST=1` leaves them out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support import tiny_gguf
from tests.support.llama_build import interpreter
from tests.support.processes import free_port

MODEL = "tiny"
SEED = 4
"""Of random models, one that likes to say plans."""
START_S = 60.0


class LlamaServer:
    """A running server. `context` is what it takes in, in tokens; the tiny model's are one a character."""

    def __init__(self, folder: Path, *, context: int, seed: int = SEED) -> None:
        python = interpreter()
        if python is None:
            missing()
        self.context = context
        self.port = free_port()
        self.log = folder / f"llama-{self.port}.log"
        model = folder / "tiny.gguf"
        if not model.exists():
            tiny_gguf.make(model, seed)
        options = {"model": model, "model_alias": MODEL, "host": "127.0.0.1", "port": self.port, "n_ctx": context}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", str(python), "-m", "llama_cpp.server", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def wait(self) -> None:
        """Until it lists its models. Raises RuntimeError with its log."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.base_url}/models", timeout=5) as response:
                    response.read()
                    return
            except OSError:
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"llama.cpp's server did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Stop it in its tracks, as a hung server would be: connections are taken, and nothing is answered."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once. Safe to call twice, and on a stopped one."""
        self.process.kill()
        self.process.wait()


def missing() -> NoReturn:
    """The server is not built: an error where `make test` was to build it, else a test that is left out."""
    message = "llama.cpp's server is not built: `make heavy` builds it, once, in about 5 minutes"
    if os.environ.get("ASTERISM_TEST_HEAVY"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def serving(*, context: int = 16_384, seed: int = SEED) -> Iterator[LlamaServer]:
    """A server in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="asterism-llama-") as folder:
        server = LlamaServer(Path(folder), context=context, seed=seed)
        try:
            server.wait()
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def llama() -> Iterator[LlamaServer]:
    """The session's server, for tests that leave it as it was."""
    with serving() as server:
        yield server
