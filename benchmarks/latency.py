"""Latency of the durable path: one chain on an idle system, and dispatch under a steady load.

    python -m benchmarks.latency

A step of the chain is: result in, recorded, next task placed, recorded (one commit for both), sent, run by the device,
result back. Under load, 50 tasks arrive every 50 ms; the time is from the acceptance of their run to their result,
which is more than dispatch alone.
"""

from __future__ import annotations

import argparse
import itertools
import threading
import time

import httpx2

from benchmarks.support.rig import await_end, rig, submit


def quantile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def chain(length: int) -> dict[str, object]:
    """Tasks that wait for one another."""
    return {
        "steps": [
            {"id": f"t{n}", "skill": "test.noop", "after": [{"step": f"t{n - 1}"}] if n else []} for n in range(length)
        ]
    }


def events(client: httpx2.Client, run: str) -> list[dict[str, object]]:
    """The whole log of a run."""
    found: list[dict[str, object]] = []
    after = 0
    while True:
        query = {"after": after, "limit": 10_000}
        answer = client.get(f"/v1/runs/{run}/events", params=query, headers={"accept": "application/json"})
        page = answer.json()["events"]
        if not page:
            return found
        found += page
        after = page[-1]["seq"]


def measure_chain(client: httpx2.Client) -> None:
    """Three chains of 200: time between one task's dispatch and the next one's."""
    for _ in range(3):
        run = submit(client, chain(200))
        first, last = await_end(client, [run])
        at = [e["at"] for e in events(client, run) if e["body"]["type"] == "task_dispatched"]  # type: ignore[index]
        gaps = [(b - a) * 1e3 for a, b in itertools.pairwise(at)]  # type: ignore[operator]
        whole = (last - first) / 200 * 1e3
        print(
            f"chain of 200: p50 {quantile(gaps, 0.5):.2f} ms a step, p99 {quantile(gaps, 0.99):.2f}, mean {whole:.2f}"
        )


def measure_load(client: httpx2.Client, seconds: int) -> None:
    """1,000 tasks a second, for some seconds."""
    plan = {"steps": [{"id": f"t{n}", "skill": "test.noop"} for n in range(50)]}
    runs: list[str] = []
    threads = []
    start = time.monotonic()
    for number in range(20 * seconds):
        time.sleep(max(0.0, start + number * 0.05 - time.monotonic()))
        threads.append(threading.Thread(target=lambda: runs.append(submit(client, plan))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    dispatched, ended = [], []
    for run in runs:
        await_end(client, [run])
        log = events(client, run)
        began = log[0]["at"]
        for event in log:
            kind = event["body"]["type"]  # type: ignore[index]
            waited = (event["at"] - began) * 1e3  # type: ignore[operator]
            if kind == "task_dispatched":
                dispatched.append(waited)
            elif kind == "attempt_ended":
                ended.append(waited)
    for name, values in (("dispatch decided", dispatched), ("result recorded", ended)):
        print(
            f"1,000 tasks/s, {name}: p50 {quantile(values, 0.5):.1f} ms, p99 {quantile(values, 0.99):.1f} ms "
            f"({len(values):,} tasks)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", default="")
    parser.add_argument("--seconds", type=int, default=10)
    args = parser.parse_args()
    with rig(db=args.db) as made:
        made.start_devices(100)
        with made.client() as client:
            await_end(client, [submit(client, chain(50))])
            measure_chain(client)
            measure_load(client, args.seconds)


if __name__ == "__main__":
    main()
