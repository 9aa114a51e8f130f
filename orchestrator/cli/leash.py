"""A child process that ends with its parent, however the parent ends.

    python -m orchestrator.cli.leash PARENT MODULE [ARGUMENT...]

runs MODULE as `python -m` would, and is killed by the kernel (Linux) when the process PARENT dies. A token for it
comes in the variable ASTERISM_TOKEN, never among the arguments, which every user of the machine can read.

    python -I -S leash.py PARENT -- PROGRAM [ARGUMENT...]

becomes that program, on the same leash. Linux binds it to the thread that started it, which must live as long.
"""

from __future__ import annotations

import gc
import os
import runpy
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def bind_to(parent: int) -> None:
    """Have this process killed when its parent dies; leave at once where it has died already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def leashed(words: Sequence[str]) -> list[str]:
    """The command line that runs this program until we die."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), "--", *words]


def main() -> None:
    parent, module, *arguments = sys.argv[1:]
    bind_to(int(parent))
    if module == "--":
        os.execvp(arguments[0], arguments)
    gc.set_threshold(50_000, 20, 100)  # see main.py
    token = os.environ.pop("ASTERISM_TOKEN", None)
    sys.argv = [module, *arguments, *(["--token", token] if token else [])]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
