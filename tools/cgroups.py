"""Where this machine lets us make control groups, for the programs that tools run. See `launcher.py`, which makes them.

Both of the kernel's versions: one hierarchy (v2), as systemd delegates it to a service (`Delegate=yes`), or one for
each controller (v1). Where neither can be had, programs are held by resource limits alone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

NAME = "asterism"
V1 = ("memory", "pids", "cpuacct")
MOUNTS = Path("/proc/self/mounts")
OWN = Path("/proc/self/cgroup")


@lru_cache(maxsize=1)
def parents() -> dict[str, str]:
    """The folder in which groups can be made, by controller (v1), or as `unified` (v2); empty where there is none."""
    return find(MOUNTS.read_text() if MOUNTS.exists() else "", OWN.read_text() if OWN.exists() else "")


def find(mounts: str, own: str) -> dict[str, str]:
    """As `parents`, from `/proc/self/mounts` and `/proc/self/cgroup`. Groups that were left behind are removed."""
    unified, single = _mounted(mounts)
    paths = {}
    for line in own.splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(",") if names else ["unified"]:
            paths[name] = path.lstrip("/")
    if all(name in single for name in V1):
        found = {name: _usable(single[name] / paths.get(name, "")) for name in V1}
        return {name: str(folder) for name, folder in found.items() if folder} if all(found.values()) else {}
    folder = _usable(unified / paths.get("unified", "")) if unified else None
    return {"unified": str(folder)} if folder and _delegated(folder) else {}


def _mounted(mounts: str) -> tuple[Path | None, dict[str, Path]]:
    """Where the single hierarchy is, and where that of each controller is."""
    unified, single = None, {}
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2":
            unified = Path(place)
        elif kind == "cgroup":
            single.update({name: Path(place) for name in options.split(",") if name in V1})
    return unified, single


def _usable(folder: Path) -> Path | None:
    """The folder, where a group can be made in it. What a killed launcher left there is empty, and removed."""
    probe = folder / f"{NAME}-{os.getpid()}-probe"
    try:
        for old in folder.glob(f"{NAME}-*"):
            # Another agent's launcher makes its group before the command is in it.
            if not Path("/proc", old.name.split("-")[1]).exists():
                with suppress(OSError):
                    old.rmdir()
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return None
    return folder


def _delegated(folder: Path) -> bool:
    """Whether groups in this one can have limits of memory and processes; makes it so where it is ours alone.

    A group with limited groups in it holds no processes itself. This process moves into one beside them, where it is
    the only one here, as in a service of its own.
    """
    control = folder / "cgroup.subtree_control"
    try:
        if {"memory", "pids"} <= set(control.read_text().split()):
            return True
        if (folder / "cgroup.procs").read_text().split() != [str(os.getpid())]:
            return False
        agent = folder / f"{NAME}.agent"
        agent.mkdir(exist_ok=True)
        (agent / "cgroup.procs").write_text(str(os.getpid()))
        control.write_text("+memory +pids")
    except OSError:
        return False
    return True
