"""Skills that run commands and scripts, within limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.vocabulary import Risk
from tools.arguments import Command, Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


class Ran(Output):
    exit_code: int
    stdout: str
    stderr: str
    truncated: bool


@skill(
    "shell.run",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    timeout_s=600,
    examples=(
        "run `make build`",
        "execute df -h on the server",
        "run the command uname -r on all devices",
        "git pull in the folder app",
        "restart nginx with systemctl",
        "do 'pip list' on the workstation",
        "run npm test in web",
    ),
)
async def run(context: ToolContext, *, command: Command, cwd: WorkspacePath = ".", stdin: str = "") -> Ran:
    """Run a shell command.

    Args:
        command: Command line for `sh`.
        cwd: Folder to run it in.
        stdin: Text that the command reads.
    """
    raise NotImplementedError


@skill(
    "script.run",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    timeout_s=600,
    examples=(
        "run the script deploy.sh",
        "execute backup.py with the argument --full",
        "run scripts/check.sh on every server",
        "start cleanup.py on the edge box",
        "run this Python code: print(1 + 1)",
        "use bash to run install.sh",
    ),
)
async def script(
    context: ToolContext,
    *,
    path: WorkspacePath | None = None,
    text: str | None = None,
    interpreter: Literal["sh", "bash", "python3"] | None = None,
    arguments: Annotated[list[str], Field(max_length=1000)] = [],  # noqa: B006 - copied by pydantic
    cwd: WorkspacePath = ".",
    stdin: str = "",
) -> Ran:
    """Run a script, from a file or from its text.

    Args:
        path: Script file; this or `text`.
        text: The script itself.
        interpreter: What runs it; by default what the file's name says, else `sh`.
        arguments: Arguments for the script.
        cwd: Folder to run it in.
        stdin: Text that the script reads.
    """
    raise NotImplementedError
