"""`phone.shell`: a command line on the phone, with its exit code."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Command, Output
from tools.bounds import fit_ends, json_size, room
from tools.errors import ToolError
from tools.phone.session import Session, quoted
from tools.phone.verbs import verb

Seconds = Annotated[float, Field(gt=0, le=3600, json_schema_extra={"format": "seconds"})]


class PhoneRan(Output):
    exit_code: int
    stdout: str
    stderr: str
    truncated: bool


@verb(
    "phone.shell",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    timeout_s=3700.0,
    examples=(
        "run `ls -l /sdcard` on the phone",
        "execute df -h on my phone",
        "run the adb shell command settings list global",
        "do 'uptime' on the phone",
    ),
)
async def shell(session: Session, *, command: Command, timeout_s: Seconds = 60.0) -> PhoneRan:
    """Run a command line in the phone's shell, as the user shell.

    Args:
        command: Command line for the phone's `sh`.
        timeout_s: How long it may take.
    """
    if not command.strip():
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which command to run")
    keep = 2 * session.context.limits.output_bytes
    # A shell of its own: an `exit` or a quote that is not closed stays within it.
    ran = await session.shell(quoted("sh", "-c", command), seconds=timeout_s, keep=keep)
    stderr, cut_err = fit_ends(ran.err, room(session.context) // 2)
    stdout, cut_out = fit_ends(ran.out, room(session.context) - json_size(stderr))
    return PhoneRan(exit_code=ran.code, stdout=stdout, stderr=stderr, truncated=ran.dropped or cut_out or cut_err)
