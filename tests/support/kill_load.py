"""Load for processes that are killed: many runs at once, whose every effect leaves a line that can be counted.

A job is one run. Its effects are lines that are appended to its device's ledger (`file.append`, `shell.run`: never
to be repeated), files of their own (`file.write`) and requests to a counting web server (`http.fetch`), which may be.
A job is submitted under an idempotency key until an orchestrator has taken it, and followed until it has ended.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import httpx2

Json = dict[str, object]
ONCE = ("append", "shell")  # kinds of work that may not be repeated
KINDS = ("append",) * 5 + ("shell",) * 2 + ("write", "fetch", "sleep")
TEMPLATES = 6
STEPS = 9
PATIENCE_S = 90.0
RETRY = {"max_attempts": 20, "backoff_s": 0.05, "max_backoff_s": 0.5}
TERMINAL = ("succeeded", "failed", "cancelled")
_ASKED = re.compile(r"whether (\S+) \(")


@dataclass(frozen=True)
class Work:
    """One step of a template. `seconds` is how long a command sleeps before its effect, or a sleep lasts."""

    id: str
    kind: str
    device: str
    after: tuple[str, ...]
    seconds: float = 0.0


def template(random: Random, devices: Sequence[str]) -> list[Work]:
    """A graph of steps over the devices, each waiting for up to two earlier ones."""
    works: list[Work] = []
    for number in range(STEPS):
        earlier = random.sample([work.id for work in works], k=min(len(works), random.choice((0, 1, 1, 2))))
        # The first has an output even where a device was killed: what a person says was done has none.
        kind = "write" if number == 0 else random.choice(KINDS)
        seconds = random.choice((0.0, 0.05, 0.2)) if kind in ("shell", "sleep") else 0.0
        works.append(Work(f"s{number}", kind, random.choice(devices), tuple(earlier), seconds))
    return works


def steps(works: Sequence[Work], token: str, web: str) -> list[Json]:
    """The template as a plan's steps, for the job `token`; the last step refers to the output of the first."""
    found = [_step(work, f"{token}.{work.id}", web) for work in works]
    awaited = {name for work in works for name in work.after}
    sinks = [{"step": work.id} for work in works if work.id not in awaited]
    end: Json = {"id": "end", "skill": "test.noop", "arguments": {"value": ["${s0.output.path}", token]}}
    return [*found, {**end, "devices": {"names": [works[0].device]}, "after": sinks, "retry": RETRY}]


def _step(work: Work, mark: str, web: str) -> Json:
    skill, arguments = {
        "append": ("file.append", {"path": "ledger", "text": mark + "\n"}),
        "shell": ("shell.run", {"command": f"sleep {work.seconds}; echo {mark} >> ledger"}),
        "write": ("file.write", {"path": f"out/{mark}", "text": mark}),
        "fetch": ("http.fetch", {"url": f"{web}/{mark}"}),
        "sleep": ("test.sleep", {"seconds": work.seconds}),
    }[work.kind]
    places = {"names": [work.device]}
    after = [{"step": name} for name in work.after]
    return {"id": work.id, "skill": skill, "arguments": arguments, "devices": places, "after": after, "retry": RETRY}


@dataclass
class Job:
    """One run. `asks`: what is unknown is asked, and answered truly; else it fails."""

    number: int
    works: list[Work]
    asks: bool
    template: int
    run: str = ""
    view: Json = field(default_factory=dict)
    answered: int = 0

    @property
    def token(self) -> str:
        return f"w{self.number}"


@dataclass
class Load:
    """Keeps so many jobs open until it is told to stop. `problems` are what no kill may bring about.

    `certain_from`: until then a ledger without a line proves nothing, as a process hangs that may yet write it.
    """

    url: str
    web: str
    folder: Path
    devices: Sequence[str]
    seed: int
    open_runs: int
    jobs: list[Job] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    certain_from: float = 0.0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = Random(self.seed)
        self.templates = [template(random, self.devices) for _ in range(TEMPLATES)]

    def rehearse(self) -> dict[int, Job]:
        """One job of each template before anything is killed: how runs end without faults."""
        jobs = {number: self._job(number) for number in range(TEMPLATES)}
        with httpx2.Client(timeout=20) as client:
            for job in jobs.values():
                self._live(client, job)
        return jobs

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.open_runs)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No new jobs; those that are open end first."""
        self._stopping.set()

    def drain(self) -> None:
        """After `stop`, wait for the end of the open ones."""
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)
            if thread.is_alive():
                self.problems.append("a job did not end, and was not given up either")

    def ledger(self, device: str) -> Counter[str]:
        path = self.folder / "work" / device / "ledger"
        return Counter(path.read_text().splitlines() if path.exists() else [])

    def _job(self, which: int | None = None) -> Job:
        with self._lock:
            number = len(self.jobs)
            chosen = number % TEMPLATES if which is None else which
            job = Job(number, self.templates[chosen], number % 2 == 0, chosen)
            self.jobs.append(job)
            return job

    def _work(self) -> None:
        with httpx2.Client(timeout=20) as client:
            while not self._stopping.is_set():
                self._live(client, self._job())

    def _live(self, client: httpx2.Client, job: Job) -> None:
        """Submit a job and see it to its end."""
        policy = {"approve": "all", "revisions": 0, "unknown": "ask" if job.asks else "fail"}
        plan = {"steps": steps(job.works, job.token, self.web), "answer": ["end"]}
        taken = self._ask(client, "POST", "/v1/runs", job, {"plan": plan, "policy": policy})
        job.run = str(taken.get("run", ""))
        deadline = time.monotonic() + PATIENCE_S
        while job.run and job.view.get("state") not in TERMINAL:
            view = self._ask(client, "GET", f"/v1/runs/{job.run}?wait=5", job)
            if not view or time.monotonic() > deadline:
                self.problems.append(f"{job.run} ({job.token}) did not end: {view or job.view}")
                return
            job.view = view
            if view["state"] == "waiting":
                self._answer(client, job)

    def _answer(self, client: httpx2.Client, job: Job) -> None:
        """Say of each effect in doubt what the ledger says, as soon as that is certain."""
        for question in job.view["questions"]:  # type: ignore[attr-defined]
            asked = _ASKED.search(question["clarification"]["question"])
            assert asked is not None, question
            work = next(work for work in job.works if work.id == asked[1])
            certain = time.monotonic() > self.certain_from
            done = self.ledger(work.device)[f"{job.token}.{work.id}"] > 0
            if not done and not certain:
                time.sleep(0.1)
                continue
            job.answered += 1
            body: Json = {"question": question["id"], "answer": "succeeded" if done else "retry"}
            self._ask(client, "POST", f"/v1/runs/{job.run}/answers", job, body)

    def _ask(self, client: httpx2.Client, method: str, path: str, job: Job, body: Json | None = None) -> Json:
        """One request, again until an orchestrator has answered it. Empty where that was not what it must be."""
        deadline = time.monotonic() + PATIENCE_S
        headers = {"Idempotency-Key": f"{self.seed}-{job.token}"} if path == "/v1/runs" else {}
        said = ""
        while time.monotonic() < deadline:
            try:
                answer = client.request(method, self.url + path, json=body, headers=headers)
            except httpx2.TransportError as error:
                said = repr(error)
            else:
                if answer.status_code < 300:
                    found: Json = answer.json()
                    return found
                said = f"{answer.status_code} {answer.text}"
                if path.endswith("/answers") and answer.status_code < 500:
                    return {}  # answered before, by ourselves or by the device
                if answer.status_code < 500:
                    break
            time.sleep(0.03)
        self.problems.append(f"{method} {path} of {job.token}: {said}")
        return {}


@contextmanager
def counting_web() -> Iterator[tuple[str, Counter[str]]]:
    """A web server on loopback that counts the requests for each path; its URL and the counts."""
    counts: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            counts[self.path.removeprefix("/")] += 1
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

        def log_error(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # who asked was killed
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", counts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
