"""Start-up of the command line: help, a client command, and `run` with an embedded orchestrator, from a cold process.

    python benchmarks/cli.py [--repeat N]

Bars: `--help` under 250 ms; first event of a run under 1.5 s; the answer of a one-task request under 2.5 s.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "orchestrator.cli.main"]
REQUEST = "how much disk space is free?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        _help(environment)  # compiles what is not compiled yet
        helps = [_help(environment) for _ in range(repeat)]
        embedded = [_run(environment, folder) for _ in range(repeat)]
    print(f"load average before us: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    _tell("--help", helps, 0.25)
    _tell("run, first event", [first for first, _ in embedded], 1.5)
    _tell("run, answer", [answer for _, answer in embedded], 2.5)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASTERISM_")}
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    ours = {"ASTERISM_DATA_DIR": str(folder / "data"), "ASTERISM_URL": url, "XDG_STATE_HOME": str(folder)}
    return {**kept, **ours, "PYTHONPATH": str(ROOT)}


def _help(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([*PROGRAM, "--help"], env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _run(environment: dict[str, str], folder: str) -> tuple[float, float]:
    """Seconds to the first event, and to the last."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*PROGRAM, "run", REQUEST, "--jsonl"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        first = last = time.perf_counter() - began
        for _ in process.stdout:
            last = time.perf_counter() - began
    assert process.returncode == 0, f"run ended with {process.returncode}"
    return first, last


def _tell(name: str, seconds: list[float], bar: float) -> None:
    best, middle = min(seconds), statistics.median(seconds)
    print(f"{name:<18} median {middle:6.3f} s   best {best:6.3f} s   bar {bar} s   {'ok' if middle < bar else 'OVER'}")


if __name__ == "__main__":
    main()
