"""The skill that runs Python code which nobody vouches for: no network, no files but copies, and limits.

The code runs in namespaces of its own (see `isolation.py`, which the tools that models write for clusters share), and
in the jail of jail.py. What it may read is copied in, and what it made is copied out by the names that the call gave.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools import paths
from tools.arguments import Output, WorkspacePath
from tools.bounds import fit_ends, json_size, room
from tools.commands import environment
from tools.context import ToolContext
from tools.errors import ToolError
from tools.files import encoded
from tools.isolation import namespaces
from tools.places import open_file
from tools.programs import Said, run_program
from tools.skill import skill
from tools.streams import chunks, digest_written
from tools.threads import in_thread

SECONDS: Final = 300.0
NOBODY: Final = 65_534
JAIL: Final = Path(__file__).with_name("jail.py")
# What a Python needs, and nothing that says who or where we are.
_SHOWN: Final = ("/usr", "/lib", "/lib64", "/lib32", "/bin")

Code = Annotated[str, Field(min_length=1, max_length=200_000, pattern=r"^[^\x00]*$")]
Paths = Annotated[list[WorkspacePath], Field(max_length=100)]
Argument = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]


class Made(Output):
    path: str
    size_bytes: int
    sha256: str


class Ran(Output):
    exit_code: int
    stdout: str
    stderr: str
    truncated: bool
    files: list[Made]


@skill(
    "python.run",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=SECONDS,
    examples=(
        "run this Python in a sandbox: print(2 ** 100)",
        "compute the primes below 1000 with sandboxed Python",
        "let Python turn data.csv into summary.json in the sandbox",
        "evaluate the Python code safely",
    ),
)
async def run(
    context: ToolContext,
    *,
    code: Code,
    inputs: Paths = [],  # noqa: B006 - copied by pydantic
    outputs: Paths = [],  # noqa: B006
    arguments: Annotated[list[Argument], Field(max_length=100)] = [],  # noqa: B006
) -> Ran:
    """Run Python code in a sandbox: without network, and with copies of the named files only.

    Args:
        code: The code. It finds the inputs under their paths in the folder it runs in; only the standard library is
            there.
        inputs: Files of the workspace to copy in.
        outputs: Files that the code makes, by the paths under which they are copied into the workspace; earlier ones
            of these names are replaced.
        arguments: What the code finds in `sys.argv`.
    """
    command = namespaces()
    if not command:
        raise ToolError(ErrorCode.UNAVAILABLE, reason())
    for one in outputs:  # before anything is run: what cannot be written is not worth computing
        with context.workspace.locate(one, write=True, parents=True):
            pass
    with _folders() as (root, work):
        await in_thread(context, lambda: _prepare(context, work, code, inputs))
        said = await _jailed(context, command, root, work, arguments)
        # What there is when it failed is no result.
        files = await in_thread(context, lambda: _collect(context, work, outputs)) if said.code == 0 else []
    stderr, cut_err = fit_ends(said.complaint, room(context) // 2)
    stdout, cut_out = fit_ends(said.text, room(context) - json_size(stderr) - json_size([str(one) for one in files]))
    return Ran(
        exit_code=said.code, stdout=stdout, stderr=stderr, truncated=said.dropped or cut_out or cut_err, files=files
    )


def reason() -> str:
    """Why there is no sandbox here."""
    return "this device can make no sandbox: its owner installs `unshare` and lets its user make namespaces"


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """A place for the new root, and the folder that the code works in."""
    with tempfile.TemporaryDirectory(prefix="asterism-jail-", ignore_cleanup_errors=True) as name:
        root, work = Path(name, "root"), Path(name, "work")
        root.mkdir()
        work.mkdir()
        yield root, work


def _prepare(context: ToolContext, work: Path, code: str, inputs: list[str]) -> None:
    (work / ".code.py").write_bytes(encoded(code))
    left = context.limits.file_bytes
    for path in inputs:
        with context.workspace.open_read(path) as (file, place):
            target = work / "/".join(paths.parts(place.path))
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as copy:
                for piece in chunks(context, file):
                    left -= copy.write(piece)
                    if left < 0:
                        raise ToolError(ErrorCode.LIMIT_EXCEEDED, "the inputs are larger than a task may copy")
    if os.geteuid() == 0:
        for one in (work, *work.rglob("*")):
            os.chown(one, NOBODY, NOBODY)


async def _jailed(context: ToolContext, command: tuple[str, ...], root: Path, work: Path, arguments: list[str]) -> Said:
    python = _python()
    settings = {
        "root": str(root),
        "work": str(work),
        "shown": [*_SHOWN, *(one for one in _homes(python) if not one.startswith("/usr/"))],
        "python": python,
        "arguments": [".code.py", *arguments],
        "nobody": NOBODY if os.geteuid() == 0 else 0,
        "variables": {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "TMPDIR": "/tmp"},
    }
    jail = (python, "-I", "-S", "-B", str(JAIL), json.dumps(settings))
    said = await run_program(
        context, (*command, *jail), variables=environment(context), seconds=SECONDS, keep=context.limits.output_bytes
    )
    if said.code and "jail.py" in said.complaint:
        last = said.complaint.strip().splitlines()[-1]
        raise ToolError(ErrorCode.TOOL_FAILED, f"the sandbox could not be made: {last}")
    return said


def _python() -> str:
    return os.path.realpath(sys.executable)


def _homes(python: str) -> list[str]:
    """Where this Python lives."""
    return sorted({sys.base_prefix, sys.base_exec_prefix, os.path.dirname(python)})


def _collect(context: ToolContext, work: Path, outputs: list[str]) -> list[Made]:
    """Copy what was made; a link or anything else but a file is refused, wherever it leads."""
    if not outputs:
        return []
    from tools.workspace import Workspace

    inside, found = Workspace(work), []
    for path in outputs:
        below = "/".join(paths.parts(path))
        with inside.locate(below, follow=False) as source:
            if source.kind() is None:
                raise ToolError(ErrorCode.NOT_FOUND, f"the code ended well, and made no `{path}`")
            with open_file(source) as file, context.workspace.replace(path) as (copy, place):
                left = context.limits.file_bytes
                for piece in chunks(context, file):
                    left -= copy.write(piece)
                    if left < 0:
                        raise ToolError(ErrorCode.LIMIT_EXCEEDED, f"`{path}` is larger than a task may write")
                sha256, size = digest_written(context, copy)
                found.append(Made(path=place.path, size_bytes=size, sha256=sha256))
    return found


def there() -> bool:
    return bool(namespaces())
