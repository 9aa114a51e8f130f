"""`kube.exec`: a command in a container. What it does cannot be tried or undone, and it is never sent twice."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.errors import ToolError, printable
from tools.kube.arguments import Argv, MaybeName, Name, Namespace
from tools.kube.change import Draft, Operation
from tools.kube.commands import Ran, place, run
from tools.kube.objects import Manifest, label, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.verbs import writes
from tools.kube.wording import bytes_said, clean

SHOWN_CHARACTERS: Final = 4_000
FINAL: Final = "what a command did cannot be undone"

Seconds = Annotated[float, Field(gt=0, le=3600, json_schema_extra={"format": "seconds"})]


@writes(
    "kube.exec",
    risk=Risk.DESTRUCTIVE,
    timeout_s=3700.0,
    idempotent=False,
    examples=(
        "run ls -l /data in pod web-1",
        "execute `env` in the container app of pod api-0",
        "run date in checkout",
        "check the disk space inside pod db-0 with df -h",
    ),
)
async def exec_(
    session: Session,
    *,
    name: Name,
    command: Argv,
    namespace: Namespace = "",
    container: MaybeName = "",
    timeout_s: Seconds = 60.0,
) -> Draft:
    """Run a command in a container and give its output and exit code. It cannot be previewed or undone.

    Args:
        name: Pod; or a workload or service, of which the first ready pod is taken.
        command: The command and its arguments, one by one; no shell reads them.
        namespace: Its namespace; found out where it is left open.
        container: Which container, where the pod has several.
        timeout_s: How long it may take.
    """
    if not command or not command[0]:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which command to run")
    said = printable(shlex.join(command))
    if len(said) > SHOWN_CHARACTERS:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS,
            "the command is too long to be shown and approved: put it into a file, copy it there and run that",
        )
    pod, chosen = await place(session, name, namespace, container)

    async def act() -> JsonObject:
        return _facts(await run(session, pod, chosen, command, seconds=limit(session, timeout_s)))

    body: Json = {"command": list(command), "container": chosen, "timeout_s": timeout_s}
    one = operation(session, pod, body)
    summary = f"run `{said}` in {label(pod)}, container {chosen}"
    return Draft(summary, (replace(one, run=act),), wait_s=timeout_s, undo=FINAL)


def operation(session: Session, pod: Manifest, body: Json) -> Operation:
    return Operation(
        "exec", session.kinds.find("pods"), namespace_of(pod), name_of(pod), pod, body, subresource="exec",
        irreversible=FINAL, dry_run=False,
    )  # fmt: skip


def limit(session: Session, seconds: float) -> float:
    return min(seconds, max(1.0, session.context.limits.seconds - 10.0))


def _facts(ran: Ran) -> JsonObject:
    """What a command said and how it ended, in words and as data."""
    lines = [f"  exit code {ran.code}" if ran.code is not None else f"  {ran.left}"]
    for one in (ran.out, ran.err):
        if one.lines:
            lines += [f"  {one.stream}:", *(f"    {line}" for line in one.lines)]
        if one.cut:
            lines.append(f"    ... cut after {bytes_said(one.size)}")
    if not ran.out.lines and not ran.err.lines:
        lines.append("  no output")
    return {
        "text": "\n".join(lines), "exit_code": ran.code, "stdout": ran.out.text, "stderr": ran.err.text,
        "truncated": ran.out.cut or ran.err.cut or bool(ran.left),
    }  # fmt: skip


def failed(ran: Ran, what: str) -> str:
    said = " ".join(ran.err.lines[-5:]) or ran.left or f"exit code {ran.code}"
    return clean(f"{what}: {said}", 1000)
