"""Kubernetes' programs for the tests' cluster, built from Debian's sources once into a cache.

    python -m tests.support.cluster.build              builds them where they are not there yet; prints their folder
    python -m tests.support.cluster.build --built      says by its exit code whether they are there
    python -m tests.support.cluster.build --possible   says by its exit code whether a cluster can be had here at all

The cache is that of `tests/support/llama_build.py`. The build is keyed by its script, the machine and the compiler. It
takes about 6 minutes on 2 cores, at low priority, and 3 GB while it lasts; `ASTERISM_TEST_JOBS` says how many packages
compile at once. Two builders at once wait for each other. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TextIO

from tests.support.llama_build import CannotBuild, alone, cache

SCRIPT = Path(__file__).with_name("build.sh")
DEBIAN = "12"
"""The release whose source package it is. Later ones have other versions, which need other mending."""
NEEDED = ("go", "dpkg-source", "etcd", "containerd", "runc", "busybox", "iptables", "ip", "openssl", "unshare")


def folder() -> Path:
    """Where the programs are, or will be."""
    made_of = b"|".join([SCRIPT.read_bytes(), platform.machine().encode(), DEBIAN.encode()])
    return cache() / f"kubernetes-{hashlib.sha256(made_of).hexdigest()[:16]}"


def built() -> bool:
    return (folder() / "complete").exists()


def why_not() -> str:
    """Why no cluster can run on this machine, whatever is installed; empty where one can."""
    if sys.platform != "linux":
        return f"the cluster needs Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "the cluster needs root: it makes namespaces, mounts and a network device"
    if shutil.which("apt-get") is None or _release() != ("debian", DEBIAN):
        return f"the cluster is made of Debian {DEBIAN}'s packages, and this is another system"
    return ""


def _release() -> tuple[str, str]:
    values = platform.freedesktop_os_release()
    return values.get("ID", ""), values.get("VERSION_ID", "")


def missing() -> str:
    """Why no cluster can be started now: what `why_not` says, or what is not installed or built yet; else empty."""
    reason = why_not()
    if reason:
        return reason
    if not built():
        return "Kubernetes is not built: `make heavy` builds it, once, in about 6 minutes"
    absent = [program for program in NEEDED[2:] if shutil.which(program) is None]
    return f"not installed: {' '.join(absent)} (`make heavy` does it)" if absent else ""


def build(out: TextIO) -> Path:
    """The programs' folder, built first where need be; progress goes to `out`. Raises CannotBuild."""
    cache().mkdir(parents=True, exist_ok=True)
    with alone(cache() / "kubernetes.lock", "Kubernetes", out):
        if built():
            return folder()
        absent = [program for program in NEEDED if shutil.which(program) is None]
        if why_not() or absent:
            raise CannotBuild(why_not() or f"missing: {' '.join(absent)}. As root: scripts/setup.sh heavy")
        print("Kubernetes is built once, into the cache (about 6 minutes on 2 cores)", file=out, flush=True)
        work = folder().with_suffix(".work")
        shutil.rmtree(folder(), ignore_errors=True)
        try:
            _run(work, out)
        finally:
            _remove(work)
        (folder() / "complete").touch()
    return folder()


def _run(work: Path, out: TextIO) -> None:
    jobs = os.environ.get("ASTERISM_TEST_JOBS") or str(os.cpu_count() or 1)
    last: deque[str] = deque(maxlen=60)
    process = subprocess.Popen(
        ["nice", "-n", "15", str(SCRIPT), str(folder()), str(work)],
        env=os.environ | {"JOBS": jobs},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    for line in process.stdout:
        last.append(line)
        if line.startswith("  "):  # the script's own words
            print(line, end="", file=out, flush=True)
    if process.wait() != 0:
        raise CannotBuild("Kubernetes could not be built:\n" + "".join(last))


def _remove(work: Path) -> None:
    """Go leaves folders that may not be written to."""
    for path, folders, _ in os.walk(work):
        for name in folders:
            (Path(path) / name).chmod(0o755)
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    if "--possible" in sys.argv:
        sys.exit(why_not() or None)
    if "--built" in sys.argv:
        sys.exit(not built())
    try:
        print(build(sys.stderr))  # noqa: T201 - the program's answer
    except CannotBuild as error:
        sys.exit(str(error))
