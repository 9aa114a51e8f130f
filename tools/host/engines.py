"""Which container engines there are; apart, because every agent asks for them when it starts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

SOCKET: Final = Path("/var/run/docker.sock")


def engines() -> tuple[str, ...]:
    """Those that the agent may speak to: Docker where its daemon lets it, and Podman, which has none."""
    docker = shutil.which("docker") and (os.environ.get("DOCKER_HOST") or os.access(SOCKET, os.R_OK | os.W_OK))
    found = (("docker", docker), ("podman", shutil.which("podman")))
    return tuple(name for name, there in found if there)
