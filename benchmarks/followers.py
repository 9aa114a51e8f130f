"""Followers of one busy run: whether each gets every event once, how soon, and what they cost.

    python -m benchmarks.followers [--followers N] [--tasks N] [--seconds S] [--stalled N] [--title N]

A run of many tasks of a second each, on as many slots as make it last so long; its event streams are read by N
connections of one other process. Delivery is from when an event was decided (its `at`, before it is on disk) to when a
follower has it. Beside them, some followers never read: they have to be cut, and nobody may wait for them.
Bars: nothing missed or doubled, p99 under 250 ms, the same with the stalled ones, memory bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import re
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

import httpx2
import psutil

from benchmarks.latency import events, quantile
from benchmarks.support.rig import await_end, rig, submit

DEVICES = 20
NUMBER = re.compile(rb"^id: (\d+)$", re.MULTILINE)
LONG = "x" * 5000
STALL_S = 45.0
Arrivals = list[tuple[int, float]]


async def _follow(host: str, port: int, run: str) -> Arrivals:
    """The number of each entry with when it was here, by the wall clock."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    writer.write(_asking(host, port, run))
    arrivals: Arrivals = []
    kept = bytearray()
    while data := await reader.read(1 << 20):
        now = time.time()
        searched = max(0, len(kept) - 1)
        kept += data
        end = kept.rfind(b"\n\n", searched)
        if end < 0:
            continue
        # By lines, and each only once: two hundred who read here must not take longer than what is measured.
        lines = bytes(kept[:end]).split(b"\n")
        del kept[: end + 2]
        arrivals += [(int(line[4:]), now) for line in lines if line.startswith(b"id: ")]
        if b"event: run_ended" in lines:
            break
    writer.close()
    return arrivals


def _asking(host: str, port: int, run: str) -> bytes:
    head = [f"GET /v1/runs/{run}/events HTTP/1.1", f"Host: {host}:{port}", "Accept: text/event-stream"]
    return "\r\n".join([*head, "", ""]).encode()


def _read_all(host: str, port: int, count: int, told: Connection) -> None:
    """The process of those who follow: says that it is there, is told the run, and tells what came."""

    async def work(run: str) -> Sequence[Arrivals]:
        return await asyncio.gather(*(_follow(host, port, run) for _ in range(count)))

    told.send("ready")
    told.send(asyncio.run(work(told.recv())))


def _stall(host: str, port: int, run: str, count: int) -> list[socket.socket]:
    """Connections that ask and never read, with little room at their end."""
    made = []
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((host, port))
        one.sendall(_asking(host, port, run))
        made.append(one)
    return made


def _cut(stalled: list[socket.socket], last: int) -> int:
    """How many of them were broken off before the last entry."""
    cut = 0
    for one in stalled:
        one.settimeout(5)
        seen = 0
        try:
            kept = b""
            while data := one.recv(1 << 20):
                whole, _, kept = (kept + data).rpartition(b"\n\n")
                seen = max([seen, *map(int, NUMBER.findall(whole))])
        except (ConnectionError, TimeoutError):
            pass
        cut += seen < last
        one.close()
    return cut


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--followers", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--stalled", type=int, default=0)
    parser.add_argument("--title", type=int, default=0, help="characters of each task's title")
    given = parser.parse_args()
    slots = max(1, given.tasks // given.seconds // DEVICES)
    with rig() as made, made.client() as client:
        made.start_devices(DEVICES, slots=slots)
        orchestrator = psutil.Process(made.processes[0].pid)
        before = orchestrator.memory_info().rss
        busy = sum(made.processor_s()[:2])
        step = {"skill": "test.sleep", "arguments": {"seconds": 1}, "title": "x" * given.title}
        steps = [{"id": f"t{n}", **step} for n in range(given.tasks)]
        at = urlsplit(made.url)
        assert at.hostname is not None
        assert at.port is not None
        ours, theirs = multiprocessing.Pipe()
        reading = multiprocessing.get_context("spawn").Process(
            target=_read_all, args=(at.hostname, at.port, given.followers, theirs)
        )
        reading.start()
        ours.recv()
        run = submit(client, {"steps": steps})
        ours.send(run)
        most = before
        while not ours.poll(0.2):
            most = max(most, orchestrator.memory_info().rss)
        arrivals: Sequence[Arrivals] = ours.recv()
        reading.join()
        first, last = await_end(client, [run])
        busy = sum(made.processor_s()[:2]) - busy
        log = events(client, run)
        _tell(arrivals, {int(str(one["seq"])): float(str(one["at"])) for one in log}, last - first)
        print(
            f"orchestrator: {busy:.1f} s of processor time, {most / 2**20:.0f} MiB at most, {before / 2**20:.0f} before"
        )
        if given.stalled:
            _stall_beside(client, orchestrator, at.hostname, at.port, given.stalled)


def _stall_beside(client: httpx2.Client, orchestrator: psutil.Process, host: str, port: int, count: int) -> None:
    """Some who never read the log of a run with long results, and one who does."""
    steps = [{"id": f"t{n}", "skill": "test.noop", "arguments": {"value": LONG}} for n in range(300)]
    run = submit(client, {"steps": steps})
    await_end(client, [run])
    before = orchestrator.memory_info().rss
    stalled = _stall(host, port, run, count)
    began = time.monotonic()
    arrivals = asyncio.run(_follow(host, port, run))
    took = time.monotonic() - began
    time.sleep(STALL_S)
    after = orchestrator.memory_info().rss
    cut = _cut(stalled, arrivals[-1][0])
    print(
        f"{count} that never read: {cut} cut after {STALL_S:g} s; "
        f"one beside them had {len(arrivals)} entries in {took:.2f} s"
    )
    print(f"memory {before / 2**20:.0f} MiB before, {after / 2**20:.0f} after")


def _tell(arrivals: Sequence[Arrivals], decided: dict[int, float], seconds: float) -> None:
    wrong = sum([number for number, _ in one] != list(decided) for one in arrivals)
    # Who comes to a run that goes on gets what was before at once: that is no delivery.
    joined = max(one[0][1] for one in arrivals)
    delays = [now - decided[number] for one in arrivals for number, now in one if decided[number] > joined]
    print(
        f"{len(decided)} events in {seconds:.1f} s to {len(arrivals)} followers; {wrong} of them missed or doubled any"
    )
    tells = [f"p{100 * share:g} {quantile(delays, share) * 1e3:.0f} ms" for share in (0.5, 0.95, 0.99)]
    print(f"delivery of {len(delays)}: {', '.join(tells)}, at most {max(delays) * 1e3:.0f} ms (bar: p99 250 ms)")


if __name__ == "__main__":
    main()
