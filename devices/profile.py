"""What this machine is, as its agent finds it."""

from __future__ import annotations

import os
import platform
import socket
from importlib import metadata
from pathlib import Path

import psutil

from protocol.vocabulary import DeviceProfile


def probe(workspace: Path) -> DeviceProfile:
    """The profile of this machine; `disk_bytes` is of the disk that holds the workspace."""
    release = _os_release()
    return DeviceProfile(
        os=release.get("ID", platform.system().lower())[:500],
        os_version=release.get("VERSION_ID", platform.release())[:500],
        architecture=platform.machine()[:500],
        hostname=socket.gethostname()[:500],
        cpus=psutil.cpu_count() or 0,
        memory_bytes=psutil.virtual_memory().total,
        disk_bytes=_disk(workspace),
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


def _disk(path: Path) -> int:
    """Bytes of the disk under `path`, which need not exist yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return psutil.disk_usage(str(path)).total
