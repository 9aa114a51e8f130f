"""Where one cluster of the tests lives: its number, its folder, its addresses.

Everything that is the machine's and not the cluster's own hangs on the number: the /30 network between the machine and
the node, the name of the network device and the folder. What lies inside the node's own network (etcd's
port, the pods' and the services' addresses) may be the same in every cluster.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

INDEXES = range(1, 64)
NODE = "node1"
PORT = 6443
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
NODE_PODS = "10.244.0.0/23"
"""The node's share of the pods' addresses: more than 250 of them."""
MAX_PODS = 250
BUSYBOX = "docker.io/library/busybox:local"
PAUSE = "docker.io/local/pause:1"

CONTAINERS = "k8s.io"
"""What containerd calls Kubernetes' containers, also in the cgroups' names. No setting changes it."""


@dataclass(frozen=True)
class Layout:
    """A cluster's places. `index` is one of INDEXES, and no two clusters of a machine share it."""

    index: int
    binaries: Path

    @property
    def folder(self) -> Path:
        """All that it writes; readable by root only, because keys and the audit log lie in it."""
        return Path(tempfile.gettempdir()) / f"asterism-kube-{self.index}"

    @property
    def lock(self) -> Path:
        """Held by the keeper while the cluster runs: free means that whatever lies in the folder is a dead one's."""
        return self.folder.with_suffix(".lock")

    @property
    def host_address(self) -> str:
        return f"10.201.{self.index}.1"

    @property
    def node_address(self) -> str:
        return f"10.201.{self.index}.2"

    @property
    def server(self) -> str:
        """The API server's URL, reachable from the machine and from the node."""
        return f"https://{self.node_address}:{PORT}"

    @property
    def device(self) -> str:
        """The machine's end of the cable to the node."""
        return f"asterism{self.index}"

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    @property
    def containers(self) -> Path:
        """Here containerd keeps a folder for each running container, by its id: this is also its cgroup's name."""
        return self.folder / "containerd" / "state" / "io.containerd.runtime.v2.task" / CONTAINERS

    @property
    def containerd_socket(self) -> Path:
        return self.folder / "containerd.sock"

    def kubeconfig(self, user: str) -> Path:
        return self.folder / f"{user}.kubeconfig"

    def log(self, component: str) -> Path:
        return self.folder / f"{component}.log"


def cgroup_hierarchies() -> list[Path]:
    """The roots of the machine's cgroup trees: one with version 2, one a controller with version 1."""
    root = Path("/sys/fs/cgroup")
    return [root] if (root / "cgroup.controllers").exists() else [path for path in root.iterdir() if path.is_dir()]


def nice(command: list[str]) -> list[str]:
    """The command with the priority that ASTERISM_TEST_NICE gives, in `nice`'s terms (default: unchanged)."""
    level = os.environ.get("ASTERISM_TEST_NICE")
    return ["nice", "-n", level, *command] if level else command
