"""A real one-node Kubernetes for tests: started in namespaces of its own, or the one that is given.

`ASTERISM_TEST_KUBECONFIG` names a kubeconfig of another cluster to use instead; its user must be an administrator. A
cluster of the tests' own ends with the process that started it, however that ends (see `cluster/keeper.py`).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.cluster import build, pki
from tests.support.guards import guard

ROOT = Path(__file__).parents[2]
GIVEN = "ASTERISM_TEST_KUBECONFIG"
END_S = 30.0


class CannotStart(Exception):
    """No cluster came up; the message says why."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster. `kubeconfig` logs in as administrator; `audit_log` is None where the log cannot be read."""

    kubeconfig: Path
    audit_log: Path | None = None

    @classmethod
    def at(cls, kubeconfig: Path) -> Cluster:
        """The cluster of this kubeconfig; one of ours has its audit log beside it."""
        audit_log = kubeconfig.with_name("audit.log")
        return cls(kubeconfig, audit_log if audit_log.exists() else None)

    @property
    def server(self) -> str:
        """The API server's URL."""
        found = re.search(r"[\"']?server[\"']?:\s*[\"']?([^\"'\s,}]+)", self.kubeconfig.read_text())
        if found is None:
            raise ValueError(f"{self.kubeconfig} names no server")
        return found[1]

    def kubeconfig_of(self, user: str, groups: Sequence[str] = (), *, namespace: str = "default") -> Path:
        """A kubeconfig that logs in as any user in any groups, for tests of what roles allow.

        It lies beside the administrator's and goes with the cluster. Raises CannotStart where the cluster is not one of
        the tests' own: only for those is the authority's key at hand.
        """
        folder = self.kubeconfig.parent
        if not (folder / "pki" / "ca.key").exists():
            raise CannotStart(f"{self.kubeconfig} is not of a cluster of the tests' own: it has no authority's key")
        authority = pki.Authority(folder / "pki")
        name = "user-" + re.sub(r"[^\w.-]", "-", "-".join([user, *groups, namespace]))
        path = folder / f"{name}.kubeconfig"
        if not path.exists():
            authority.issue(name, pki.subject(user, groups))
            pki.write_private(path, authority.kubeconfig(name, self.server, namespace=namespace))
        return path


@contextmanager
def start() -> Iterator[Cluster]:
    """The given cluster, or a new one (10 to 20 seconds). Raises CannotStart; `build.missing` says beforehand why.

    To be left in the thread that entered it.
    """
    given = os.environ.get(GIVEN)
    if given:
        with reachable(Cluster.at(Path(given))) as cluster:
            yield cluster
        return
    with keeper() as process, reachable(Cluster.at(folder_of(process) / "admin.kubeconfig")) as cluster:
        yield cluster


@contextmanager
def keeper() -> Iterator[subprocess.Popen[str]]:
    """A process that keeps a cluster as long as this one lives; told to end at the end. Raises CannotStart."""
    reason = build.missing()
    if reason:
        raise CannotStart(reason)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.cluster.keeper", "--parent", str(os.getpid())],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is for the tests, whose fixtures then end the keeper.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(END_S)
        assert process.stdout is not None
        process.stdout.close()


def folder_of(process: subprocess.Popen[str]) -> Path:
    """The folder of the keeper's cluster, as soon as that is ready. Raises CannotStart."""
    assert process.stdout is not None
    line = process.stdout.readline()
    answer = json.loads(line) if line else {"error": "the keeper ended without a word"}
    if "error" in answer:
        raise CannotStart(answer["error"])
    return Path(answer["folder"])


@contextmanager
def reachable(cluster: Cluster) -> Iterator[Cluster]:
    """The guard against connections to elsewhere lets this cluster's through while it lasts."""
    host = urlsplit(cluster.server).hostname or ""
    guard.allowed.add(host)
    try:
        yield cluster
    finally:
        guard.allowed.discard(host)
