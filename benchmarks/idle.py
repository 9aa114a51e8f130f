"""What idle devices cost the orchestrator: memory a device, and CPU at a 30 s heartbeat.

python -m benchmarks.idle [--devices 5000] [--seconds 60]
"""

from __future__ import annotations

import argparse
import time

import psutil

from benchmarks.support.rig import rig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    with rig() as made:
        process = psutil.Process(made.processes[0].pid)
        made.start_devices(10)
        before = process.memory_info().rss
        began = time.monotonic()
        made.start_devices(args.devices, part="idle")
        took = time.monotonic() - began
        time.sleep(2)  # the last registrations are written
        after = process.memory_info().rss
        spent = sum(process.cpu_times()[:2])
        time.sleep(args.seconds)
        share = (sum(process.cpu_times()[:2]) - spent) / args.seconds
        print(f"{args.devices:,} devices registered in {took:.1f} s")
        print(f"{(after - before) / args.devices / 1024:.1f} KiB a device in the orchestrator")
        print(f"{share:.1%} of a core at a 30 s heartbeat, over {args.seconds} s")


if __name__ == "__main__":
    main()
