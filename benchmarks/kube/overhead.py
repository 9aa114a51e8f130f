"""What the safety steps cost: one scale operation with them, and the bare API calls, in turn on one cluster.

    python -m benchmarks.kube.overhead [--rounds 50]

`device`: preview (exact object, rights, dry run, diff, signature) and commit (checked, conditional, recorded in the
trail), called as the device's agent does. `product`: the same as a run of an orchestrator and a device, each a process
of its own, approved by policy: submitted over REST, recorded, dispatched twice, answered. `bare`: GET and PATCH of the
scale subresource through the device's own client. Nothing waits for pods: that is the cluster's time. Milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.kube.client import Api
from benchmarks.kube.cluster import cluster
from benchmarks.kube.product import DEVICE, NO_MODELS, Product, product
from benchmarks.kube.refs import Object
from tests.support import kube_device
from tests.support.kube_device import Device
from tools.kube.api import MERGE

BAR_MS = 150.0
SPACE = "overhead-bench"
NAME = "checkout"
SCALE = f"/apis/apps/v1/namespaces/{SPACE}/deployments/{NAME}/scale"
WARM_UP = 3


def deployment() -> Object:
    """One whose pods have nowhere to run, so that scaling it costs the node nothing."""
    labels = {"app": NAME}
    container = {"name": "main", "image": "docker.io/library/busybox:local", "imagePullPolicy": "Never"}
    pod = {"nodeSelector": {"nowhere": "true"}, "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": SPACE},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


async def bare(device: Device, replicas: int) -> None:
    api = device.connection.api
    await api.get(SCALE)
    await api.request("PATCH", SCALE, body={"spec": {"replicas": replicas}}, content=MERGE)


async def guarded(device: Device, replicas: int) -> None:
    arguments: Object = {"name": NAME, "namespace": SPACE, "kind": "deployment", "replicas": replicas, "wait_s": 0}
    asked: Object = {"skill": "kube.scale", "arguments": arguments}
    preview = await device.registry.call("kube.preview", asked, device.context)
    await device.registry.call("kube.scale", {**arguments, "preview": preview}, device.context)


async def through_the_product(made: Product, replicas: int) -> None:
    arguments = {"name": NAME, "namespace": SPACE, "kind": "deployment", "replicas": replicas, "wait_s": 0}
    step = {"id": "scale", "skill": "kube.scale", "arguments": arguments, "devices": {"names": [DEVICE]}}
    said = await made.carry_out({"steps": [step]})
    if said.outcome != "done":
        raise SystemExit(f"The product did not scale: {said.answer}")


async def measure(rounds: int, ways: dict[str, Callable[[int], Awaitable[None]]]) -> dict[str, list[float]]:
    """Each way once a round, in turn, always to a number of replicas that is not there yet. Milliseconds."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    replicas = 1
    for number in range(rounds + WARM_UP):
        for name, way in ways.items():
            replicas = 3 - replicas
            began = time.perf_counter()
            await way(replicas)
            if number >= WARM_UP:
                found[name].append((time.perf_counter() - began) * 1e3)
    return found


def told(found: dict[str, list[float]]) -> list[str]:
    """A line for each way, and what it takes beyond the bare calls: the difference of each round's pair."""
    lines = []
    for name, values in found.items():
        line = f"{name:8} median {statistics.median(values):6.1f} ms, p95 {p95(values):6.1f}"
        if name != "bare":
            extra = [one - plain for one, plain in zip(values, found["bare"], strict=True)]
            line += f"; beyond bare: median {statistics.median(extra):6.1f}, p95 {p95(extra):6.1f} (bar: {BAR_MS:.0f})"
        lines.append(line)
    return lines


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


async def program(rounds: int) -> bool:
    """Whether the median overhead of the whole product is under the bar."""
    with cluster() as found, tempfile.TemporaryDirectory() as folder:
        async with Api(found.kubeconfig) as api:
            await api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
            try:
                await api.create(deployment())
                async with (
                    kube_device.opened(found, Path(folder)) as device,
                    product(found.kubeconfig, NO_MODELS) as made,
                ):
                    times = await measure(
                        rounds,
                        {
                            "bare": lambda count: bare(device, count),
                            "device": lambda count: guarded(device, count),
                            "product": lambda count: through_the_product(made, count),
                        },
                    )
            finally:
                await api.delete(f"Namespace {SPACE}")
    print("\n".join(told(times)))
    extra = [one - plain for one, plain in zip(times["product"], times["bare"], strict=True)]
    return statistics.median(extra) < BAR_MS


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure what the safety steps cost.")
    parser.add_argument("--rounds", type=int, default=50)
    return 0 if asyncio.run(program(parser.parse_args(arguments).rounds)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
