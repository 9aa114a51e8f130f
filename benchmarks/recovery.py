"""Recovery: from a restart to the first dispatch, a fleet that comes back, and devices that are gone.

    python -m benchmarks.recovery [restart] [fleet] [notice] [--devices 1000]

`restart`: the log holds 50,000 tasks, in one open run, in 500 open runs, or in runs that have ended beside a small open
one. `asterism up` is started on it, works, is killed with SIGKILL, and started again. Seconds are from the start of the
second process to the first task that a device receives, and the processor time that it had used by then. The device
tries to connect every 10 ms: an agent's own wait between tries comes on top.

`fleet`: real agents, two tasks each: one that ends while the orchestrator is down, and one that goes on. The
orchestrator is killed and started again 2 s later. When each agent was back is what the registry says.

`notice`: how long until a stopped agent (SIGSTOP) and a killed one (SIGKILL) count as away.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import signal
import subprocess
import time
from collections import Counter

import httpx2

from benchmarks.support.probe import Probe
from benchmarks.support.record import recorded, write
from benchmarks.support.rig import SKILL, submit
from benchmarks.support.served import Served, served
from protocol import VERSION
from protocol.messages import Hello
from protocol.vocabulary import DeviceKind
from storage import make_store

DEVICES = 100
WINDOW_S = 0.1
DOWN_S = 2.0
HEARTBEAT_S = 2.0


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


async def restarted(case: str) -> tuple[float, float]:
    """Seconds to the first dispatch, and processor seconds by then."""
    with served() as system:
        await prepare(system.database, case)
        system.start()
        await probed(system)
        system.kill()
        began = system.start()
        first, spent = await probed(system)
        return first - began, spent


async def probed(system: Served) -> tuple[float, float]:
    """Connect a device and have it work a little; when it got its first task, and processor seconds by then."""
    probe = Probe(system.url)
    working = asyncio.create_task(probe.run())
    await probe.first.wait()
    spent = system.processor()
    await asyncio.sleep(0.2)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return probe.dispatched[0][0], spent


def restart() -> None:
    print(f"{'50,000 tasks in':<34} {'seconds':>8} {'processor s':>12}")
    for case, what in (("one", "one open run"), ("many", "500 open runs"), ("ended", "500 ended runs")):
        seconds, spent = asyncio.run(restarted(case))
        print(f"{what:<34} {seconds:>8.2f} {spent:>12.2f}", flush=True)


def sleeps(seconds: float, count: int) -> dict[str, object]:
    """A plan of so many tasks that wait."""
    return {"steps": [{"id": f"t{n}", "skill": "test.sleep", "arguments": {"seconds": seconds}} for n in range(count)]}


def fleet(devices: int) -> None:
    with served() as system, system.client() as client:
        system.start()
        system.await_health()
        system.agents(devices, slots=4)
        runs = [submit(client, sleeps(seconds, devices)) for seconds in (DOWN_S + 2, 30.0)]
        while system.metric(client, "asterism_attempts_live") < 2 * devices:
            time.sleep(0.05)
        killed = time.time()
        system.kill()
        time.sleep(DOWN_S)
        system.start()
        started = time.time()
        system.await_health()
        while system.metric(client, "asterism_devices_online") < devices:
            time.sleep(0.25)
        back = asyncio.run(connects(system.database, started))
        tell_fleet(devices, [at - started for at in back], started - killed)
        tell_work(client, runs)
        print(f"{system.metric(client, 'asterism_sessions_faulted_total'):.0f} sessions ended by a fault")


async def connects(database: str, since: float) -> list[float]:
    """When devices registered, by the record."""
    import sqlite3

    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        rows = connection.execute("SELECT last_seen FROM devices WHERE last_seen >= ? ORDER BY 1", (since,))
        return [float(at) for (at,) in rows]


def tell_fleet(devices: int, back: list[float], down: float) -> None:
    windows = Counter(int(at / WINDOW_S) for at in back)
    print(f"{devices:,} devices after {down:.1f} s without an orchestrator: {len(back):,} back,")
    print(f"the first {back[0]:.2f} s after its start, half {back[len(back) // 2]:.2f} s, the last {back[-1]:.2f} s;")
    print(f"at most {max(windows.values())} registrations in {WINDOW_S:g} s")


def tell_work(client: httpx2.Client, runs: list[str]) -> None:
    attempts: Counter[tuple[str, int]] = Counter()
    for run in runs:
        while client.get(f"/v1/runs/{run}", params={"wait": 60, "brief": True}).json()["state"] == "running":
            pass
        tasks = client.get(f"/v1/runs/{run}").json()["tasks"]
        attempts.update((task["status"], task["attempt"]) for task in tasks)
    for (status, attempt), count in sorted(attempts.items()):
        print(f"{count:,} tasks {status} in attempt {attempt}")


def notice() -> None:
    with served(heartbeat_s=str(HEARTBEAT_S), lease_s="20") as system, system.client() as client:
        system.start()
        system.await_health()
        stopped, killed = system.agents(1, slots=4, prefix="stopped"), system.agents(1, slots=4, prefix="killed")
        for name, process, how in (("stopped0000", stopped, signal.SIGSTOP), ("killed0000", killed, signal.SIGKILL)):
            seconds = gone(client, name, process, how)
            print(
                f"{how.name}: away after {seconds:.2f} s, {seconds / HEARTBEAT_S:.2f} heartbeats of {HEARTBEAT_S:g} s"
            )


def gone(client: httpx2.Client, name: str, process: subprocess.Popen[bytes], how: signal.Signals) -> float:
    """Seconds from the signal until the device counts as away."""
    began = time.monotonic()
    process.send_signal(how)
    for _ in itertools.count():
        if not client.get(f"/v1/devices/{name}").json()["online"]:
            break
        time.sleep(0.01)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["restart", "fleet", "notice"], default=["restart"])
    parser.add_argument("--devices", type=int, default=1_000)
    args = parser.parse_args()
    for part in args.parts:
        {"restart": restart, "fleet": lambda: fleet(args.devices), "notice": notice}[part]()


if __name__ == "__main__":
    main()
