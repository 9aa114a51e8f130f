"""What this machine is, as its agent finds it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from importlib import metadata
from pathlib import Path

from devices import hardware
from protocol.vocabulary import DeviceProfile
from tools.host.engines import engines


def probe(workspace: Path) -> DeviceProfile:
    """The profile of this machine; `disk_bytes` is of the disk that holds the workspace."""
    release = _os_release()
    return DeviceProfile(
        os=release.get("ID", platform.system().lower())[:500],
        os_version=release.get("VERSION_ID", platform.release())[:500],
        architecture=platform.machine()[:500],
        hostname=socket.gethostname()[:500],
        cpus=os.cpu_count() or 0,
        memory_bytes=_memory(),
        disk_bytes=_disk(workspace),
        gpus=hardware.gpus(),
        battery=hardware.battery(),
        networks=hardware.networks(),
        engines=engines(),
        agent_version=version(),
    )


def load() -> float:
    """The one-minute load average, 0 where the system has none."""
    try:
        return max(0.0, os.getloadavg()[0])
    except OSError:
        return 0.0


def version() -> str:
    """The version of the installed distribution, `0` where it runs from a checkout."""
    try:
        return metadata.version("asterism")
    except metadata.PackageNotFoundError:
        return "0"


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _memory() -> int:
    """Bytes of memory, 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0


def _disk(path: Path) -> int:
    """Bytes of the disk under `path`, which need not exist yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).total
