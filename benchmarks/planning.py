"""How long the embedded rung plans, how long a plan is checked, and how soon and how small a fresh process starts.

    python -m benchmarks.planning [--devices 12,1000] [--rounds 5] [--json]

Bars: p95 of a plan 60 ms for 12 devices and 250 ms for 1,000; p95 of the acceptance checks 2 ms for 12 devices; import
and first plan 300 ms, and at most 60 MB. Processor time, so that a busy machine does not count. Requests name one
device, several, all, all but some, devices by label, kind and system, and none that exists; the fleet's names, labels
and kinds vary. `start` runs a fresh interpreter, whose own start counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from agents.checks import check
from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.fleet import Context
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import DeviceKind, DeviceProfile
from tools.server import registry

BARS_MS = {12: 60.0, 1000: 250.0}
KINDS = ("server", "server", "server", "desktop", "phone", "edge", "server", "kubernetes")
STARS = ("alpha", "vega", "rigel", "deneb", "mira", "atlas", "castor", "spica", "hadar", "procyon")
SYSTEMS = {"phone": "Android", "desktop": "Windows"}
REQUESTS = (
    "Show the disk usage on {one}",
    "Delete logs/old.log on {one}",
    "Compare memory usage on {one} and {two}",
    "Show the uptime of every device",
    "Find *.log files larger than 10 MB on all servers and tell me which server has the most",
    "Show the load on all devices except {one} and {two}",
    "Count ERROR lines in /var/log/app.log on every server except {one}",
    "Show free disk space on all production servers",
    "List the files in /srv/data on the devices labelled site=north",
    "Show memory on every phone and then save a report to reports/memory.md on {one}",
    "If the disk of {one} is over 80% full, delete /tmp/cache on {one}, otherwise show its uptime",
    "Search for timeout in /var/log/app.log on every Windows machine",
    "Back up /etc/app from {one} to {two}",
    "Show the uptime of every server, then count WARN lines in app.log on {two}, and then show memory on {one}",
    "Show the disk usage on {one}x-none",
    "Kindly bring me a coffee and the newspaper",
)

CHILD = """
import json, resource, sys
from time import process_time
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = resident()
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.requests import Request
from protocol.vocabulary import DeviceKind, DeviceProfile, SkillSpec
imported = process_time()
class Context:
    fleet = answers = problems = tried = (); run = ""
specs = {one["name"]: SkillSpec.model_validate_json(json.dumps(one)) for one in json.load(open(sys.argv[1]))}
names = ("alpha", "beta", "gamma")
Context.fleet = FleetView.of(*(DeviceInfo(name, DeviceKind.SERVER, specs, {}, DeviceProfile()) for name in names))
ready = process_time()
result = EmbeddedPlanner().propose(Request(text="Show the disk usage on every server"), Context)
assert type(result).__name__ == "Plan", result
planned = process_time()
assert not {"openai", "langgraph", "sqlalchemy", "fastapi", "numpy"} & sys.modules.keys()
print(json.dumps({"import_ms": imported * 1e3, "plan_ms": (planned - ready) * 1e3,
    "total_ms": (planned - ready + imported) * 1e3, "rss_mb": (resident() - before) / 1e6}))
"""


def fleet(size: int) -> FleetView:
    """Devices with varied names, kinds, systems and labels; all offer the server's skills."""
    specs = {spec.name: spec for spec in registry().specs()}
    devices = []
    for number in range(size):
        kind = KINDS[number % len(KINDS)]
        star, round = STARS[number % len(STARS)], number // len(STARS)
        labels = {"env": ("prod", "staging", "dev")[number % 3], "site": ("north", "south")[number % 2]}
        labels["rack"] = f"r{number // 20}"
        gpus = ("NVIDIA",) if number % 7 == 0 else ()
        profile = DeviceProfile(os=SYSTEMS.get(kind, "Linux"), gpus=gpus)
        name = star if not round else (f"{star}-{round}", f"{star}.{round}", f"{star}_{round:03}")[number % 3]
        devices.append(DeviceInfo(name, DeviceKind(kind), dict(specs), labels, profile))
    return FleetView.of(*devices)


def measure(size: int, rounds: int) -> dict[str, float]:
    """Milliseconds of plans and of their checks: median, p95 and worst."""
    view, planner = fleet(size), EmbeddedPlanner()
    planner.propose(Request(text="list files"), Context(view))
    names = list(view.devices)
    plans, checks, planned = [], [], 0
    for round in range(rounds):
        for number, form in enumerate(REQUESTS):
            one = names[(round * 37 + number * 5) % len(names)]
            two = names[(round * 11 + number * 3 + 1) % len(names)]
            request = Request(text=form.format(one=one, two=two if two != one else names[-1]))
            context = Context(FleetView(dict(view.devices)))
            gc.collect()
            began = process_time()
            result = planner.propose(request, context)
            plans.append((process_time() - began) * 1e3)
            if isinstance(result, Plan):
                planned += 1
                began = process_time()
                check(result, request, context.fleet)
                checks.append((process_time() - began) * 1e3)
    return {"devices": size, "requests": len(plans), "planned": planned, **of("plan", plans), **of("check", checks)}


def of(name: str, times: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50_ms": statistics.median(times),
        f"{name}_p95_ms": statistics.quantiles(times, n=20)[18],
        f"{name}_max_ms": max(times),
    }


def start() -> dict[str, float]:
    """A fresh process: import and first plan (the best of three, byte code written before), and resident memory."""
    with TemporaryDirectory() as folder:
        specs = Path(folder, "specs.json")
        specs.write_text(json.dumps([spec.model_dump(mode="json") for spec in registry().specs()]))
        environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONPYCACHEPREFIX": folder}
        command = [sys.executable, "-c", CHILD, str(specs)]
        runs = [
            subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=60) for _ in range(4)
        ]
    told: list[dict[str, float]] = [json.loads(run.stdout) for run in runs[1:]]
    return min(told, key=lambda row: row["total_ms"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", default="12,1000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(int(size), options.rounds) for size in options.devices.split(",")]
    fresh = start()
    if options.json:
        print(json.dumps({"rows": rows, "start": fresh}))
        return
    for row in rows:
        bar = BARS_MS.get(int(row["devices"]))
        print(f"{row['devices']} devices, {row['requests']} requests, {row['planned']} planned; bar of a plan {bar} ms")
        for name in ("plan", "check"):
            figures = ", ".join(f"{figure} {row[f'{name}_{figure}_ms']:.2f}" for figure in ("p50", "p95", "max"))
            print(f"  {name:<6} {figures} ms of processor time")
    print(
        f"fresh process: import {fresh['import_ms']:.0f} ms with the interpreter, first plan {fresh['plan_ms']:.0f} ms,"
        f" together {fresh['total_ms']:.0f} ms (bar 300); {fresh['rss_mb']:.0f} MB (bar 60)"
    )


if __name__ == "__main__":
    main()
