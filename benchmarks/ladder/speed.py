"""How soon the next rung is asked when a model's server is dead.

    python -m benchmarks.ladder.speed [--rounds N] [--json]

Three kinds of dead: nothing listens at the port (refused), nothing answers there (silent: the connection is taken by
the kernel and nobody speaks), and an address that swallows packets (no route to it that answers; where this machine
has one). Each is asked by a real model rung through its real client, three times in a row: the third time the circuit
breaker is open. Bars: 0.3 s the first time, nothing (5 ms) with the breaker open. `silent` is bounded by the rung's
`timeout_s` alone: it connects.

How fast the embedded rung plans, what it weighs and how soon it starts: `python -m benchmarks.planning`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.cascade import Context
from agents.model import ModelPlanner
from agents.settings import ModelSettings
from benchmarks.ladder.evaluate import quantile
from benchmarks.ladder.fleet import fleet
from orchestrator.core.plan import Declined
from orchestrator.core.requests import Request

BAR_S = 0.3
OPEN_BAR_S = 0.005
SILENT_TIMEOUT_S = 1.0


@asynccontextmanager
async def refused() -> AsyncIterator[str]:
    """A port where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@asynccontextmanager
async def full() -> AsyncIterator[str]:
    """A port whose queue is full: the kernel answers no more connections, as a host that swallows packets does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            yield f"http://127.0.0.1:{address[1]}/v1"
        finally:
            for one in waiting:
                one.close()


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


KINDS = {"refused": refused, "swallowed": full, "silent": silent}


async def tries(kind: str) -> list[tuple[float, str]]:
    """(seconds, code of the refusal) of three tries in a row."""
    async with KINDS[kind]() as url:
        timeout = SILENT_TIMEOUT_S if kind == "silent" else 60.0
        rung = ModelPlanner(ModelSettings(name="local", base_url=url, model="m", timeout_s=timeout))
        found: list[tuple[float, str]] = []
        try:
            for _ in range(3):
                began = time.perf_counter()
                result = (await rung.plan(Request(text="show the disk of beta"), Context(fleet()))).result
                assert isinstance(result, Declined)
                found.append((time.perf_counter() - began, result.code))
        finally:
            await rung.close()
        return found


async def measure(rounds: int) -> dict[str, list[dict[str, float | str]]]:
    await tries("refused")  # the client's library is imported once, in a thread, and not counted
    found: dict[str, list[dict[str, float | str]]] = {}
    for kind in KINDS:
        runs = [await tries(kind) for _ in range(rounds)]
        found[kind] = [
            {
                "code": runs[0][number][1],
                "p50_ms": quantile([run[number][0] for run in runs], 0.5) * 1e3,
                "longest_ms": max(run[number][0] for run in runs) * 1e3,
            }
            for number in range(3)
        ]
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Dead model servers: how soon the next rung is asked.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    found = asyncio.run(measure(given.rounds))
    if given.json:
        print(json.dumps({"bars_s": {"first": BAR_S, "open": OPEN_BAR_S}, "kinds": found}))
        return 0
    print(f"{'server':10} {'try':>3} {'p50 ms':>9} {'longest':>9}  code      (bars: {BAR_S * 1e3:g} ms, then nothing)")
    for kind, rows in found.items():
        for number, row in enumerate(rows, 1):
            print(f"{kind:10} {number:3} {row['p50_ms']:9.1f} {row['longest_ms']:9.1f}  {row['code']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
