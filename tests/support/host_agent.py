"""A server's agent whose machine is a folder: `python -m tests.support.host_agent ROOT CRONTAB AGENT...`.

The agent is the real one, and so are the programs that it asks; only the lists and tables that they change are in the
folder ROOT. CRONTAB is a shell's line in place of the program of that name; AGENT are the agent's own arguments.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import wraps
from pathlib import Path

from devices import main, server
from tools.host.machine import Machine


def in_folder(root: Path, crontab: str) -> None:
    """Have the agent of this process take a folder for its machine."""

    @wraps(Machine)
    def made(**given: object) -> Machine:
        found = Machine(**given)  # type: ignore[arg-type]
        return replace(found, root=root, crontab=("unshare", "--mount", "sh", "-c", crontab, "crontab"))

    server.Machine = made  # type: ignore[assignment, misc]


if __name__ == "__main__":
    in_folder(Path(sys.argv[1]), sys.argv[2])
    sys.exit(main.main(sys.argv[3:]))
