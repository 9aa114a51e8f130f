"""One request over a cluster and another device: what the cluster says is saved where the person asked for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.kube import Cluster
from tests.support.kube_objects import apply, is_running, pod, wait_for
from tests.support.rungs import world

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

REQUESTS = {
    "collect the logs of pod talker in {n} and save a summary on desk": "tide is high",
    "save the list of pods in {n} to pods.txt on desk": "talker",
    "write the logs of pod talker in {n} to talker.log on desk": "tide is high",
}


async def test_a_pods_log_is_saved_on_the_desktop(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    await apply(cluster, pod(namespace, "talker", "echo the tide is high; sleep 3600"))
    await wait_for(cluster, f"Pod {namespace}/talker", is_running)
    with world(tmp_path) as found:
        found.up()
        for kind, name in (("kubernetes", "prod"), ("desktop", "desk")):
            found.workspace(name).mkdir(parents=True)
            places = ["--workspace", str(found.workspace(name)), "--state-dir", str(tmp_path / "state" / name)]
            config = ["--kubeconfig", str(cluster.kubeconfig)] if kind == "kubernetes" else []
            found.start("device", kind, "--name", name, *config, "--url", found.url, *places)
        found.online("prod", "desk")
        for text, said in REQUESTS.items():
            before = set(found.workspace("desk").rglob("*"))
            view = await asyncio.to_thread(found.ask, text.format(n=namespace), approve="all")
            assert view["state"] == "succeeded", view
            made = [path for path in set(found.workspace("desk").rglob("*")) - before if path.is_file()]
            assert [said in path.read_text() for path in made] == [True], text
