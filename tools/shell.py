"""Skills that run commands and scripts, within limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Command, Output, WorkspacePath
from tools.bounds import fit_ends, json_size, room
from tools.commands import Ended, run_command
from tools.context import ToolContext
from tools.errors import ToolError
from tools.files import encoded
from tools.skill import skill

Interpreter = Literal["sh", "bash", "python3"]
_BY_ENDING: dict[str, Interpreter] = {"sh": "sh", "bash": "bash", "py": "python3"}


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
    _no_zero(command)
    ended = await run_command(context, ["/bin/sh", "-c", command], cwd=cwd, stdin=encoded(stdin))
    return _ran(context, ended)


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
    interpreter: Interpreter | None = None,
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
    if (path is None) == (text is None):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "give either `path` or `text`")
    _no_zero(text or "", *arguments)
    if path is None:
        command = [interpreter or "sh", "-c", text or "", *(["script"] if interpreter != "python3" else []), *arguments]
        return _ran(context, await run_command(context, command, cwd=cwd, stdin=encoded(stdin)))
    with context.workspace.open_read(path) as (_, place):
        chosen = interpreter or _BY_ENDING.get(place.path.rpartition(".")[2], "sh")
        # By its name, so that it finds what lies beside it.
        script_path = str(context.workspace.root / place.path)
    ended = await run_command(context, [chosen, script_path, *arguments], cwd=cwd, stdin=encoded(stdin))
    return _ran(context, ended)


def _no_zero(*texts: str) -> None:
    for text in texts:
        if "\0" in text:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "a command cannot hold a zero character")
        encoded(text)


def _ran(context: ToolContext, ended: Ended) -> Ran:
    """The result, cut to size: what went wrong before what went well."""
    stderr, cut_err = fit_ends(ended.stderr, room(context) // 2)
    stdout, cut_out = fit_ends(ended.stdout, room(context) - json_size(stderr))
    return Ran(exit_code=ended.exit_code, stdout=stdout, stderr=stderr, truncated=ended.dropped or cut_out or cut_err)
