"""A campaign of SIGKILLs against a real orchestrator and real device agents under load.

    with zygote() as launcher:
        report = campaign(Plan(kills=120, target="orchestrator", seed=1), folder, launcher)

The seed decides who is killed and after how much of its life; what the processes have come to at that moment is
theirs. A tenth of the lives end while the program still starts, three tenths while it takes up what was open and the
devices come back, the others in the middle of work. At the end everything is left alone until every run has ended, and
compared.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

import httpx2

from orchestrator.core.events import Event
from orchestrator.core.views import RunView
from tests.support.cli import environment
from tests.support.kill_check import Field, Findings, check_job, plain
from tests.support.kill_load import Job, Load, counting_web
from tests.support.processes import below, free_port
from tests.support.tcp_faults import Wire, proxy
from tests.support.zygote import Fork, Zygote

Target = Literal["orchestrator", "device", "both", "network", "hang"]
PATIENCE_S = 60.0
NETWORK_LEASE_S = 8.0
BACK_S = 2.0  # in which a process that hung has come to itself, and to its orchestrator
NEVER = float("inf")
BACK = ("gateway is back", "connected ")


@dataclass(frozen=True)
class Plan:
    """`database` is a URL; empty for SQLite in the campaign's folder. With the network as the target nothing is
    killed: so many faults of connections between the two. With `hang` processes are stopped for a while."""

    kills: int
    target: Target = "orchestrator"
    database: str = ""
    seed: int = 0
    devices: int = 4
    open_runs: int = 8


@dataclass
class Report:
    """What was killed, and what came of it. `good` where nothing was lost, doubled, run again or ended otherwise."""

    plan: Plan
    kills: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    starts_s: list[float] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.problems and not self.findings.problems

    def as_json(self) -> dict[str, object]:
        """Figures, and the first sentences of what is wrong."""
        found = self.findings
        wrong = {name: len(getattr(found, name)) for name in ("lost", "doubled", "rerun", "differing")}
        plan = {**asdict(self.plan), "database": "postgresql" if self.plan.database else "sqlite"}
        told = (*self.problems, *found.problems)[:50]
        counts = {"kills": dict(self.kills), "seen": dict(found.looked_at), "wrong": wrong, "other": len(self.problems)}
        return {"plan": plan, **counts, "seconds": round(self.seconds, 1), "good": self.good, "problems": told}


def eventually(condition: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.005)


@dataclass
class World:
    """One orchestrator and its devices, each of which may be killed and started again."""

    folder: Path
    launcher: Zygote
    database: str
    devices: Sequence[str]
    port: int = field(default_factory=free_port)
    heartbeat_s: float = 1.0
    lease_s: float = 4.0
    urls: dict[str, str] = field(default_factory=dict)
    alive: dict[str, Fork] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ready(self) -> bool:
        return (self.folder / "ready").exists()

    def start(self, name: str) -> None:
        """Start an orchestrator, where the name begins with `up`, or the device of that name; not waited for."""
        if name.startswith("up"):
            (self.folder / "ready").unlink(missing_ok=True)
            words = ["up", "--port", str(self.port), "--ready-file", str(self.folder / "ready")]
            words += ["--db", self.database] if self.database else []
            self.mark()
        else:
            work, state = self.folder / "work" / name, self.folder / "state" / name
            work.mkdir(parents=True, exist_ok=True)
            url = self.urls.get(name, self.url)
            words = ["device", "server", "--name", name, "--url", url, "--workspace", str(work)]
            words += ["--state-dir", str(state), "--test-skills", "--private-network"]
            self.mark(name)
        env = environment(
            self.folder / "home", ASTERISM_HEARTBEAT_S=str(self.heartbeat_s), ASTERISM_LEASE_S=str(self.lease_s)
        )
        said = self.folder / "said" / name
        self.alive[name] = self.launcher.start(words, env=env, cwd=self.folder, out=said, err=said)

    def kill(self, *names: str) -> None:
        """SIGKILL to all of them, and only then wait."""
        for name in names:
            self.alive[name].signal(9)
        for name in names:
            self.alive[name].kill()

    def until_ready(self) -> None:
        fork = self.alive["up"]
        eventually(lambda: self.ready or fork.poll() is not None, "the orchestrator did not start")
        if not self.ready:
            raise RuntimeError(f"the orchestrator ended with {fork.poll()}: {self.said('up')[-2000:]}")

    def mark(self, *devices: str) -> None:
        """Count from here on which of these devices, or of all, come to the orchestrator."""
        self.met.update({name: self._meetings(name) for name in devices or self.devices})

    def until_met(self, *devices: str) -> None:
        """Wait until these devices have come since they, or the orchestrator, last began, or since the last mark."""
        eventually(lambda: all(self._meetings(name) > self.met[name] for name in devices), f"{devices} did not come")

    def said(self, name: str) -> str:
        path = self.folder / "said" / name
        return path.read_text(errors="replace") if path.exists() else ""

    def _meetings(self, device: str) -> int:
        said = self.said(device)
        return sum(said.count(words) for words in BACK)

    def held(self, device: str) -> int:
        """Attempts that the device's own file still has."""
        with closing(sqlite3.connect(self.folder / "state" / device / "agent.db", timeout=5)) as database:
            found: int = database.execute("SELECT count(*) FROM attempts").fetchone()[0]
            return found


@contextmanager
def running(made: World) -> Iterator[None]:
    """All started and met; all killed at the end."""
    for name in ("home", "said"):
        (made.folder / name).mkdir(parents=True, exist_ok=True)
    try:
        made.start("up")
        made.until_ready()
        for name in made.devices:
            made.start(name)
        made.until_met(*made.devices)
        yield
    finally:
        made.kill(*made.alive)


def campaign(plan: Plan, folder: Path, launcher: Zygote) -> Report:
    """Kill as planned, wait for the end of every run, and compare. Leaves nothing running."""
    report = Report(plan)
    began = time.monotonic()
    with ExitStack() as stack:
        web, requests = stack.enter_context(counting_web())
        made = World(folder, launcher, plan.database, [f"d{number}" for number in range(plan.devices)])
        wires: list[Wire] = []
        if plan.target == "network":
            made.lease_s = NETWORK_LEASE_S
            wires = [stack.enter_context(proxy(("127.0.0.1", made.port))) for _ in made.devices]
            made.urls = {name: wire.url for name, wire in zip(made.devices, wires, strict=True)}
        stack.enter_context(running(made))
        load = Load(made.url, web, folder, made.devices, plan.seed, plan.open_runs)
        as_ever = {number: plain(str(job.view.get("answer"))) for number, job in load.rehearse().items()}
        load.start()
        try:
            if plan.target == "network":
                _disturb(plan, wires, report)
            elif plan.target == "hang":
                _hang(plan, made, load, report)
            else:
                _kill(plan, made, report)
        finally:
            load.stop()
            load.drain()
        _settle(made, report)
        _compare(plan, made, load, requests, as_ever, report)
    report.problems += load.problems
    report.problems += [f"{name}: {_trace(made.said(name))}" for name in made.alive if "Traceback" in made.said(name)]
    eventually(lambda: below(folder) == [], "a process was left behind")
    report.seconds = time.monotonic() - began
    return report


# --- killing -------------------------------------------------------------------------------------------------------


def _kill(plan: Plan, made: World, report: Report) -> None:
    random = Random(plan.seed)
    starting = {"up": 0.15, "device": 0.15}  # about how long a start takes; learnt
    for number in range(plan.kills):
        names = _victims(plan.target, made.devices, random)
        moment = ("start", "early", "early", "early")[number % 10] if number % 10 < 4 else "busy"
        _await(moment, names, made, random, starting, report)
        made.kill(*names)
        report.kills.update([moment, *("orchestrator" if name == "up" else "device" for name in names)])
        for name in names:
            made.start(name)
    made.until_ready()


def _victims(target: Target, devices: Sequence[str], random: Random) -> list[str]:
    if target == "orchestrator":
        return ["up"]
    some = random.sample(list(devices), k=random.choice((1, 1, 2)))
    if target == "device":
        return some
    return random.choice((["up"], some, ["up", *some], ["up", *devices]))


def _hang(plan: Plan, made: World, load: Load, report: Report) -> None:
    """SIGSTOP, and SIGCONT at once, soon, or long after the lease; then there is time to see what became of it."""
    random = Random(plan.seed)
    for number in range(plan.kills):
        name = random.choice(["up", *made.devices])
        report.kills.update(["orchestrator" if name == "up" else "device"])
        long = number % 3 == 0
        load.certain_from = NEVER
        made.alive[name].signal(signal.SIGSTOP)
        time.sleep(random.uniform(1.0, 2.0) * made.lease_s if long else random.uniform(0.0, 1.0))
        made.alive[name].signal(signal.SIGCONT)
        load.certain_from = time.monotonic() + BACK_S
        time.sleep(BACK_S + 1.0 if long else random.uniform(0.0, 0.5))


def _disturb(plan: Plan, wires: Sequence[Wire], report: Report) -> None:
    """Faults of some connections at a time, each over before a lease could end.

    A connection that was half-open or stalled is only cut until a lease later: a network that is broken for longer
    than a lease is no passing fault.
    """
    random = Random(plan.seed)
    spared: dict[int, float] = {}
    for _ in range(plan.kills):
        now = time.monotonic()
        fault = random.choice(("cut", "cut", "closed", "up", "down", "stalled", "slow"))
        fresh = [wire for wire in wires if spared.get(wire.port, 0.0) < now]
        fault = fault if fresh or fault == "slow" else "cut"
        among = wires if fault in ("cut", "slow") else fresh
        some = random.sample(among, k=min(len(among), random.choice((1, 1, 1, 2))))
        if fault in ("up", "down", "stalled"):
            spared |= dict.fromkeys((wire.port for wire in some), now + NETWORK_LEASE_S)
        report.kills.update([fault])
        for wire in some:
            if fault in ("cut", "closed"):
                wire.closed = fault == "closed"
                wire.cut()
            elif fault in ("up", "down"):
                wire.swallow = fault  # type: ignore[assignment]
            elif fault == "stalled":
                wire.stalled = True
            else:
                wire.delay_s, wire.bytes_per_s = random.uniform(0.01, 0.1), 2e6
        time.sleep(random.uniform(0.05, 1.0))
        for wire in some:
            wire.heal()
        time.sleep(random.uniform(0.0, 0.4))


def _await(
    moment: str, names: Sequence[str], made: World, random: Random, starting: dict[str, float], report: Report
) -> None:
    """Let the victims live until the moment that was drawn."""
    if moment == "start":
        # They live now, or began just before: a life of their own that ends before it has really begun.
        made.kill(*names)
        for name in names:
            made.start(name)
        report.kills.update(["orchestrator" if name == "up" else "device" for name in names])
        time.sleep(random.uniform(0.0, 1.3) * starting["up" if "up" in names else "device"])
        return
    began = time.monotonic()
    made.until_ready()
    if "up" in names:
        report.starts_s.append(time.monotonic() - began)
    if moment == "busy":
        made.until_met(*made.devices)
    time.sleep(random.uniform(0.0, 0.4))


# --- comparing -----------------------------------------------------------------------------------------------------


def _settle(made: World, report: Report) -> None:
    """Every device has come back, and has had each of its results acknowledged."""
    if report.plan.target not in ("network", "hang"):
        made.until_met(*made.devices)
    try:
        eventually(lambda: not any(made.held(name) for name in made.devices), "results stay held", patience_s=30)
    except TimeoutError:
        report.problems.append(f"held for ever: { {name: made.held(name) for name in made.devices} }")


def _compare(
    plan: Plan, made: World, load: Load, requests: Counter[str], as_ever: dict[int, str], report: Report
) -> None:
    files = {path.name: path.read_text() for path in made.folder.glob("work/*/out/*")}
    seen = Field({name: load.ledger(name) for name in made.devices}, files, requests)
    findings = report.findings
    with httpx2.Client(base_url=made.url, timeout=PATIENCE_S) as client:
        for job in load.jobs:
            log, view = _record(client, job)
            without_faults = as_ever[job.template] if plan.target in ("orchestrator", "network") else None
            check_job(job, log, view, seen, findings, as_ever=without_faults)
            findings.looked_at.update({"answers to unknown": job.answered})
        _check_runs(client, load.jobs, findings)
    marks = {f"{job.token}.{work.id}" for job in load.jobs for work in job.works}
    strange = {mark for ledger in seen.ledgers.values() for mark in ledger} - marks
    findings.doubled += [f"{mark} is in a ledger, and no job's" for mark in sorted(strange)]
    if not plan.database:
        with closing(sqlite3.connect(made.folder / "home" / "asterism.db")) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
        report.problems += [] if verdict == "ok" else [f"the database is damaged: {verdict}"]


def _record(client: httpx2.Client, job: Job) -> tuple[list[Event], RunView]:
    events = client.get(f"/v1/runs/{job.run}/events", params={"after": 0, "limit": 10_000}).raise_for_status()
    view = client.get(f"/v1/runs/{job.run}").raise_for_status()
    # As JSON: strict validation would ask for Python's own enums.
    log = [Event.model_validate_json(json.dumps(event)) for event in events.json()["events"]]
    return log, RunView.model_validate_json(view.text)


def _check_runs(client: httpx2.Client, jobs: Sequence[Job], findings: Findings) -> None:
    """As many runs as jobs: a submission that was repeated after a kill made no second one."""
    found: list[str] = []
    query: dict[str, str] = {"limit": "200"}
    while query:
        page = client.get("/v1/runs", params=query).raise_for_status().json()
        found += [item["run"] for item in page["runs"]]
        query = {"limit": "200", "cursor": page["next"]} if page["next"] else {}
    counted = Counter(job.run for job in jobs)
    findings.doubled += [f"{run} is the run of {count} jobs" for run, count in counted.items() if count > 1]
    findings.lost += [f"{run} is not listed" for run in counted if run not in found]
    findings.doubled += [f"{run} is nobody's job" for run in found if run not in counted]


def _trace(said: str) -> str:
    start = said.index("Traceback")
    return said[start : start + 2_000]
