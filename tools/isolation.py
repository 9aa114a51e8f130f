"""Namespaces for code that nobody vouches for: no network, no other process to see, mounts of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache


@lru_cache(maxsize=1)
def namespaces() -> tuple[str, ...]:
    """The command that starts another one in them, where this system lets us; tried once, empty where it does not."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    # Root needs no user namespace, and is nobody in the child; in one, the limit on processes would not hold for it.
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = (unshare, *user, "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount")
    tried = subprocess.run([*command, "true"], capture_output=True, timeout=10, check=False)
    return command if tried.returncode == 0 else ()
