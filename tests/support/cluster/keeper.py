"""Keeps one cluster: makes its place on the machine, starts its node, and removes every trace at the end.

    python -m tests.support.cluster.keeper [--parent PID]

Prints one line of JSON when the cluster is ready: {"folder": ...}, or {"error": ...}. It ends on SIGTERM or SIGINT, and
when the process PID ends, however that ends; without --parent it goes on until told. What a killed keeper leaves is a
folder and empty cgroups: its node dies with it, and the next keeper that takes its number clears the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.cluster import components, pki
from tests.support.cluster.build import folder as binaries_folder
from tests.support.cluster.layout import CONTAINERS, INDEXES, Layout, cgroup_hierarchies

ROOT = Path(__file__).parents[3]
END_S = 10.0


class CannotKeep(Exception):
    """There is no cluster, and the message says why."""


class Ended(Exception):
    """The cluster is not wanted any more."""


class Watch:
    """What tells the keeper to end: a signal, or the end of the process for which it works."""

    def __init__(self, parent: int | None) -> None:
        self._heard, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._ends = [self._heard]
        if parent is not None:
            self._ends.append(_process_file(parent))

    def wait_for(self, file: int | None) -> None:
        """Returns when `file` can be read. Raises Ended."""
        ready, _, _ = select.select([*self._ends, *([] if file is None else [file])], [], [])
        if any(end in ready for end in self._ends):
            raise Ended


def _process_file(pid: int) -> int:
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        raise Ended from None
    # By now the number could be another's: it is our parent's as long as that has not ended.
    if os.getppid() != pid:
        raise Ended
    return file


@contextlib.contextmanager
def place() -> Iterator[Layout]:
    """A number that nothing else on the machine uses, with a clean folder; given back at the end."""
    for index in INDEXES:
        layout = Layout(index, binaries_folder())
        lock = _taken(layout.lock)
        if lock is None:
            continue
        try:
            clear(layout)
            if _in_use(layout):
                continue
            layout.folder.mkdir(mode=0o700)
            try:
                yield layout
            finally:
                clear(layout)
            return
        finally:
            layout.lock.unlink(missing_ok=True)
            os.close(lock)
    raise CannotKeep(f"all {len(INDEXES)} places for clusters are taken on this machine")


def _taken(path: Path) -> int | None:
    """The file, locked; None where another process holds it, or has just removed it."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with contextlib.suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(lock).st_ino:
            return lock
    os.close(lock)
    return None


def _in_use(layout: Layout) -> bool:
    """Whether the machine has this network already, from something else."""
    routes = subprocess.run(
        ["ip", "-4", "-o", "route", "show", "root", f"{layout.host_address}/30"], capture_output=True, check=True
    )
    return bool(routes.stdout.strip())


def clear(layout: Layout) -> None:
    """Removes the folder and the containers' cgroups; processes, mounts and network have gone with the node."""
    deadline = time.monotonic() + END_S
    names = [path.name for path in layout.containers.glob("*")]
    for hierarchy in cgroup_hierarchies():
        for name in names:
            # The kernel lets go of a cgroup a moment after its last process.
            while not _removed(hierarchy / CONTAINERS / name) and time.monotonic() < deadline:
                time.sleep(0.02)
        _removed(hierarchy / CONTAINERS)
    shutil.rmtree(layout.folder, ignore_errors=True)


def _removed(folder: Path) -> bool:
    """Whether it is gone; one with something in it stays."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def node(layout: Layout, watch: Watch) -> Iterator[subprocess.Popen[str]]:
    """The node's first process, in namespaces of its own with a cable to the machine. Raises CannotKeep, Ended."""
    namespaces = ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc", "--mount", "--net", "--ipc", "--uts"]
    program = [sys.executable, "-m", "tests.support.cluster.node", str(layout.index), str(layout.binaries)]
    process = subprocess.Popen(
        [*namespaces, *program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=layout.log("node").open("wb"),
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    try:
        hear(process, layout, watch, "here")
        connect(layout, _child_of(process.pid))
        process.stdin.write("go\n")
        process.stdin.flush()
        hear(process, layout, watch, "ready")
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def hear(process: subprocess.Popen[str], layout: Layout, watch: Watch, expected: str) -> None:
    """Waits for the node to say this. Raises CannotKeep when it says something else, or nothing any more."""
    assert process.stdout is not None
    watch.wait_for(process.stdout.fileno())
    line = process.stdout.readline().strip()
    if line != expected:
        raise CannotKeep(line or f"the node ended: {layout.log('node').read_text(errors='replace')[-2000:]}")


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def connect(layout: Layout, pid: int) -> None:
    """A cable between the machine and the node, and nothing beyond: the node gets no route to anywhere else."""
    subprocess.run(["ip", "link", "del", layout.device], capture_output=True, check=False)
    ends = ["type", "veth", "peer", "name", "eth0", "netns", str(pid)]
    _ip("link", "add", layout.device, *ends)
    _ip("address", "add", f"{layout.host_address}/30", "dev", layout.device)
    _ip("link", "set", layout.device, "up")
    inside = ["nsenter", "--target", str(pid), "--net", "ip"]
    for words in (["link", "set", "lo", "up"], ["address", "add", f"{layout.node_address}/30", "dev", "eth0"]):
        subprocess.run([*inside, *words], check=True)
    subprocess.run([*inside, "link", "set", "eth0", "up"], check=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def keep(parent: int | None) -> None:
    watch = Watch(parent)
    with place() as layout:
        pki.make_all(layout)
        components.write_settings(layout)
        with node(layout, watch) as process:
            _say({"folder": str(layout.folder)})
            hear(process, layout, watch, "nothing more, as long as all is well")


def _say(answer: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Keeps a one-node Kubernetes for tests.")
    parser.add_argument("--parent", type=int, help="end when this process, which started it, ends")
    try:
        keep(parser.parse_args().parent)
    except Ended:
        return
    except CannotKeep as error:
        _say({"error": str(error)})
        sys.exit(1)


if __name__ == "__main__":
    main()
