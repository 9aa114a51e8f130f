"""`asterism completion`: the script that completes commands, options and their values in a shell."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

PROGRAM = "asterism"


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="For which shell.")], /) -> None:
    """Print a shell's completion script; docs/install.md says which file it goes into."""
    sys.stdout.write(script(shell))


def script(shell: Literal["bash", "zsh", "fish"]) -> str:
    """The completion script of the whole command line. Loads every command, which takes a second or more."""
    from orchestrator.cli.main import build

    return build().generate_completion(prog_name=PROGRAM, shell=shell)
