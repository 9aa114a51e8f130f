"""The first process of a node: starts the components, says when the cluster is ready, and ends with its keeper.

    python -m tests.support.cluster.node INDEX BINARIES

The keeper starts it as process 1 of namespaces of its own (processes, mounts, network). When it ends, the kernel ends
every other process in there, pods included, and takes the mounts and the network with them. It hears from the keeper
by its input, one line at a time: "go" when there is a network; the end of the input tells it to end. On its output it
says "here", then "ready", or "failed: ..." with what went wrong. Standard library only.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tests.support.cluster import components, image
from tests.support.cluster.layout import BUSYBOX, NODE, PAUSE, Layout, nice

START_S = 150.0
POLL_S = 0.03
PRIVATE_FOLDERS = ("/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet")
"""What the components write outside their own folders, by paths that no setting changes."""
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What kubelet would set for the whole machine: it is shown these values, as if they were set already."""


class Failed(Exception):
    """The cluster did not come up; the message says which part and what it last said."""


class Node:
    """The running components, by name."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deadline = time.monotonic() + START_S
        self._tls = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
        self._tls.load_cert_chain(layout.pki / "admin.crt", layout.pki / "admin.key")

    def start(self, name: str, command: list[str]) -> None:
        with self._layout.log(name).open("wb") as output:
            self._running[name] = subprocess.Popen(
                nice(command), cwd=self._layout.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        """Raises Failed when it does not come true in time, or when a component has ended."""
        while not holds():
            self.look_after()
            if time.monotonic() > self._deadline:
                raise Failed(f"waited {START_S:.0f} s for {what}")
            time.sleep(POLL_S)

    def look_after(self) -> None:
        """Raises Failed where a component has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                said = self._layout.log(name).read_text(errors="replace")[-2000:]
                raise Failed(f"{name} ended with {process.returncode}: {said}")

    def collect_forever(self) -> NoReturn:
        """Takes leave of what ends: as process 1 it inherits every orphan. Raises Failed when a component ends."""
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            self.look_after()
            if ended is not None:
                os.waitpid(ended.si_pid, 0)

    def get(self, path: str) -> bytes:
        """What the API server answers; nothing where it does not, or with an error."""
        try:
            with urllib.request.urlopen(self._layout.server + path, timeout=5, context=self._tls) as response:
                body: bytes = response.read()
                return body
        except (OSError, urllib.error.URLError):
            return b""


def bring_up(node: Node, layout: Layout) -> None:
    """Starts everything, as much at once as can be; returns when pods can be made. Raises Failed."""
    node.start("etcd", components.etcd(layout))
    node.start("containerd", components.containerd(layout))
    node.wait_until("etcd", lambda: _listens(("127.0.0.1", 2379)))
    node.start("apiserver", components.apiserver(layout))
    archive = layout.folder / "images.tar"
    image.write(archive, {BUSYBOX: ["sh"], PAUSE: ["busybox", "sleep", "2147483647"]})
    control = ["ctr", "--address", str(layout.containerd_socket), "--namespace", "k8s.io"]
    node.wait_until("containerd", lambda: layout.containerd_socket.exists() and _succeeds([*control, "version"]))
    if not _succeeds([*control, "images", "import", str(archive)]):
        raise Failed(f"the images were not taken: {layout.log('containerd').read_text(errors='replace')[-2000:]}")
    archive.unlink()
    # Each of these tries again only after a while when it finds no API server.
    node.wait_until("the API server", lambda: node.get("/readyz") == b"ok")
    node.start("kubelet", components.kubelet(layout))
    node.start("controller-manager", components.controller_manager(layout))
    node.start("scheduler", components.scheduler(layout))
    node.wait_until("the node", lambda: _is_ready(node.get(f"/api/v1/nodes/{NODE}")))
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    node.wait_until("the service accounts", lambda: b'"secrets"' in node.get(account))


def _is_ready(answer: bytes) -> bool:
    if not answer:
        return False
    node = json.loads(answer)
    conditions = {entry["type"]: entry["status"] for entry in node["status"].get("conditions", ())}
    return conditions.get("Ready") == "True" and not node["spec"].get("taints")


def _listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode == 0


def seclude(layout: Layout) -> None:
    """Covers what the components would change of the machine's own. Only this mount namespace sees it."""
    # Containers may share mounts with the node; the machine is out of it, since these are copies of its mounts.
    _mount("--make-rshared", "/")
    for folder in PRIVATE_FOLDERS:
        Path(folder).mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", "mode=755", "node", folder)
    # kubelet would tell of every process that ran out of memory on the machine as an event of its node.
    _mount("--bind", "/dev/null", "/dev/kmsg")
    shown = layout.folder / "kernel-settings"
    for name, value in KERNEL_SETTINGS.items():
        setting = Path("/proc/sys") / name
        if setting.exists():
            copy = shown / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(value + "\n")
            _mount("--bind", str(copy), str(setting))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, stdin=subprocess.DEVNULL)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _end_with_keeper() -> None:
    sys.stdin.read()
    os._exit(0)


def main(index: str, binaries: str) -> None:
    layout = Layout(int(index), Path(binaries))
    os.umask(0o022)
    seclude(layout)
    _say("here")
    if sys.stdin.readline() != "go\n":
        return
    threading.Thread(target=_end_with_keeper, daemon=True).start()
    node = Node(layout)
    try:
        bring_up(node, layout)
        _say("ready")
        node.collect_forever()
    except Failed as failure:
        _say("failed: " + str(failure).replace("\n", " | "))


if __name__ == "__main__":
    main(*sys.argv[1:])
