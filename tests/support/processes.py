"""A real Asterism: orchestrator and device agents as processes of their own, killed and started again at will."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from tests.support.cli import environment

PATIENCE_S = 60.0
Json = dict[str, object]


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait for a state of other processes."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@dataclass
class Program:
    """One process of `asterism`. What it writes goes to files, so that it never waits for a reader."""

    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def said(self) -> str:
        return self.err.read_text(errors="replace")

    @property
    def answered(self) -> str:
        return self.out.read_text(errors="replace")

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def interrupt(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def await_line(self, text: str) -> None:
        """Wait until it has written this on stderr."""
        eventually(lambda: text in self.said or self.process.poll() is not None, f"{text!r} never came: {self.said}")
        assert text in self.said, self.said


@dataclass
class Processes:
    """Programs below one folder: `up` on one port and database, devices with workspaces of their own.

    `extra`: variables that all of them are started with besides.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    programs: list[Program] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        # Short, so that a device which is gone is missed soon.
        return environment(self.folder / "home", ASTERISM_HEARTBEAT_S="1", ASTERISM_LEASE_S="8", **self.extra)

    @property
    def database(self) -> Path:
        return self.folder / "home" / "asterism.db"

    def workspace(self, name: str) -> Path:
        return self.folder / "work" / name

    def start(self, *words: str, cwd: Path | None = None) -> Program:
        (self.folder / "said").mkdir(parents=True, exist_ok=True)
        (self.folder / "home").mkdir(exist_ok=True)
        name = f"{len(self.programs)}-{words[0]}"
        out, err = self.folder / "said" / f"{name}.out", self.folder / "said" / f"{name}.err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "orchestrator.cli.main", *words],
                env=self.env,
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        program = Program(words, process, out, err)
        self.programs.append(program)
        return program

    def up(self, *words: str) -> Program:
        """`asterism up`, on the port and the database of before, ready."""
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        program = self.start("up", "--port", str(self.port), "--ready-file", str(ready), *words)
        eventually(lambda: ready.exists() or program.process.poll() is not None, "up did not start")
        assert program.process.poll() is None, program.said
        return program

    def device(self, name: str, *words: str) -> Program:
        """`asterism device server`, not waited for."""
        self.workspace(name).mkdir(parents=True, exist_ok=True)
        places = ["--workspace", str(self.workspace(name)), "--state-dir", str(self.folder / "state" / name)]
        return self.start("device", "server", "--name", name, "--url", self.url, *places, "--test-skills", *words)

    def online(self, *names: str) -> None:
        """Wait until these devices, and no others, are there."""

        def there() -> bool:
            with contextlib.suppress(httpx2.HTTPError):
                return {str(one["name"]) for one in self.get("/v1/devices")["devices"] if one["online"]} == set(names)  # type: ignore[attr-defined]
            return False

        eventually(there, f"{', '.join(names)} are not there")

    # --- over REST -------------------------------------------------------------------------------------------------

    def get(self, path: str) -> Json:
        answer = httpx2.get(self.url + path, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def submit(self, *steps: Json, **policy: object) -> str:
        body = {"plan": {"steps": steps}, "policy": {"approve": "all", **policy}}
        answer = httpx2.post(self.url + "/v1/runs", json=body, timeout=PATIENCE_S)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run"])

    def post(self, path: str, body: Json) -> Json:
        answer = httpx2.post(self.url + path, json=body, timeout=PATIENCE_S)
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    def wait(self, run: str) -> Json:
        """The run once it has ended or waits for a person."""
        view: Json = {}

        def settled() -> bool:
            nonlocal view
            view = self.get(f"/v1/runs/{run}?wait=5")
            return view["state"] in ("succeeded", "failed", "cancelled", "waiting")

        eventually(settled, f"{run} did not end")
        return view

    def until_event(self, run: str, kind: str, count: int = 1) -> None:
        """Follow the run's events until so many of a kind are on record."""
        seen = 0
        with httpx2.stream(
            "GET", f"{self.url}/v1/runs/{run}/events", headers={"accept": "text/event-stream"}, timeout=PATIENCE_S
        ) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and line != "data:":
                    event = json.loads(line[5:])
                    seen += event["body"]["type"] == kind
                    if seen == count:
                        return
        raise AssertionError(f"{run} ended before {kind} number {count}")


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Programs that are all ended at the end; none of them has shown a traceback to anybody."""
    found = Processes(folder)
    try:
        yield found
    finally:
        for program in reversed(found.programs):
            if program.process.poll() is None:
                program.process.terminate()
        stuck = []
        for program in found.programs:
            try:
                program.process.wait(20)
            except subprocess.TimeoutExpired:
                stuck.append((program.words, program.said[-3000:]))
                program.kill()
    assert not stuck, f"SIGTERM did not end {stuck}"
    loud = [program for program in found.programs if "Traceback" in program.said + program.answered]
    assert not loud, "\n".join(f"{program.words}\n{program.said[-3000:]}" for program in loud)
    assert below(folder) == []


def below(folder: Path) -> list[str]:
    """Processes whose words name a folder, but for ourselves."""
    found = []
    for process in psutil.process_iter(["cmdline", "pid", "status"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(folder) in words and process.info["pid"] != os.getpid() and process.info["status"] != "zombie":
            found.append(words)
    return found
