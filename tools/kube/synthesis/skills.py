"""Written tools as skills. What a tool reads it reads as the caller; what it wants to write it can only propose.

A proposal is a write of this device's own skills. The proposals of one run are one draft: previewed with the code that
made them, approved together, committed like any other write. The tool runs once for the preview and once more for the
commit; where it then proposes anything else, the preview is stale.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.arguments import Output
from tools.errors import ToolError, printable
from tools.kube.change import DEVICE, Draft, Operation
from tools.kube.objects import digest
from tools.kube.proposals import drafted, refuse_twice
from tools.kube.session import Session
from tools.kube.synthesis import sandbox
from tools.kube.synthesis.check import MOST_CHARACTERS, Checked, check
from tools.kube.synthesis.client import Client, Proposal
from tools.kube.synthesis.library import Kept, Library
from tools.kube.verbs import reads, writes
from tools.kube.wording import bounded, clean, lines

Code = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Goal = Annotated[str, Field(max_length=500)]
ToolName = Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,39})?$", max_length=40)]
MOST_TOLD: Final = 4_000
MOST_USED: Final = 16_000


class Used(Output):
    """`value`: what the tool returned. `isolated`: whether its process had namespaces of its own."""

    text: str
    value: Json
    sha256: str
    isolated: bool


class Tools(Output):
    text: str
    tools: tuple[JsonObject, ...]


@writes(
    "kube.run_tool",
    # What it proposes may be any write of this device, a deletion too.
    risk=Risk.DESTRUCTIVE,
    examples=(
        "run the tool orphaned-claims",
        "write a tool that finds pods whose image tags differ between namespaces",
        "run this function against the cluster",
        "use the written tool to label all idle deployments",
    ),
)
async def run_tool(
    session: Session,
    *,
    goal: Goal = "",
    code: Code = "",
    name: ToolName = "",
    arguments: JsonObject | None = None,
    keep: ToolName = "",
) -> Draft:
    """Run a written function, `tool(client, arguments)`, in a sandbox; what it proposes to write is approved first.

    Args:
        goal: What it is for.
        code: The function. Its client has get, list, events, logs and propose.
        name: A kept tool, in place of code.
        arguments: What the function is given.
        keep: Keep the tool under this name once it worked and was approved.
    """
    library = _library(session)
    if bool(code) == bool(name):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "give either the code of a tool or the name of a kept one")
    kept = await asyncio.to_thread(library.get, name) if name else None
    checked = check(kept.code if kept else code)
    given = arguments or {}
    client = Client(session)
    ran = await sandbox.run(checked, given, client.answer)
    drafts = [await drafted(session, one.skill, one.arguments) for one in client.proposals]
    operations = [one for draft in drafts for one in draft.operations]
    refuse_twice(operations, "the tool")
    if keep:
        operations.append(_keeping(session, library, checked, keep, goal, given, ran.value))
    return Draft(
        f"tool {name or keep or checked.sha256[:12]} returned {_told(ran.value)}",
        tuple(operations),
        warnings=(*_isolation(ran), *(one for draft in drafts for one in draft.warnings)),
        wait_s=max((draft.wait_s for draft in drafts), default=0.0),
        undo="; ".join(dict.fromkeys(draft.undo for draft in drafts if draft.undo)),
        facts={"value": ran.value, "sha256": checked.sha256},
        shown=_shown(checked, goal or (kept.goal if kept else ""), given, client.proposals),
    )


def _told(value: Json) -> str:
    return clean(json.dumps(value, ensure_ascii=False), MOST_TOLD)


def _isolation(ran: sandbox.Ran) -> tuple[str, ...]:
    return () if ran.isolated else ("its process had no namespaces of its own: this system does not allow them",)


def _shown(checked: Checked, goal: str, arguments: JsonObject, proposals: Sequence[Proposal]) -> str:
    """What is approved beside the changes: the goal, what the check found, and every line of the code."""
    reads = ", ".join(checked.reads) or "nothing"
    writes = f"proposes {', '.join(dict.fromkeys(one.skill for one in proposals))}" if proposals else "changes nothing"
    head = [f"goal: {goal}", f"arguments: {json.dumps(arguments, ensure_ascii=False)}", f"sha256: {checked.sha256}"]
    head.append(f"checked: it reads with {reads}, and {writes}")
    # What a terminal would act on, or turn round, is not what is approved.
    return "\n".join(printable(line) for line in [*head, *checked.code.splitlines()])


@reads(
    "kube.use_tool",
    examples=(
        "use the tool orphaned-claims",
        "run the kept tool image-drift for shop",
        "call restart-report with threshold 5",
        "use my saved tool idle-deployments",
    ),
)
async def use_tool(session: Session, *, name: ToolName, arguments: JsonObject | None = None) -> Used:
    """Use a kept tool that only reads.

    Args:
        name: The tool.
        arguments: What it is given.
    """
    kept = await asyncio.to_thread(_library(session).get, name)
    checked = check(kept.code)
    if checked.writes:
        raise ToolError(ErrorCode.DENIED, f"{name} proposes writes: run it with kube.run_tool, which previews them")
    ran = await sandbox.run(checked, arguments or {}, Client(session).answer)
    text = bounded(lines(f"{name}: {json.dumps(ran.value, ensure_ascii=False, indent=1)}"), MOST_USED)
    return Used(text=text, value=ran.value, sha256=kept.sha256, isolated=ran.isolated)


@reads(
    "kube.tools",
    examples=(
        "which tools are kept",
        "list the written tools",
        "show the tools of the cluster",
        "what tools do we have",
    ),
)
async def tools(session: Session) -> Tools:
    """List the kept tools, with who approved each and for what."""
    found = await asyncio.to_thread(_library(session).all)
    told = [
        {"name": one.name, "goal": one.goal, "sha256": one.sha256, "approval": one.approval, "run": one.run,
         "caller": one.caller, "writes": one.writes}
        for one in found
    ]  # fmt: skip
    lines = [f"{one.name}: {one.goal} (approved in {one.run}, sha256 {one.sha256[:12]})" for one in found]
    return Tools(text="\n".join(lines) or "no tools are kept", tools=tuple(told))


def _library(session: Session) -> Library:
    return Library(session.cluster.trail.path.parent / "tools")


def _keeping(
    session: Session, library: Library, checked: Checked, name: str, goal: str, arguments: JsonObject, value: Json
) -> Operation:
    context = session.context
    kept = Kept(
        name=name, goal=goal, code=checked.code, sha256=checked.sha256, arguments=arguments, result=digest(value),
        approval=context.approval, run=context.attempt.run, caller=session.caller, at=session.made,
        writes=checked.writes,
    )  # fmt: skip

    async def keep() -> JsonObject:
        await asyncio.to_thread(library.keep, replace(kept, at=time.time()))
        return {"text": f"  kept as {name} (sha256 {kept.sha256[:12]})", "kept": name}

    return Operation("save", DEVICE, "", name, None, {"sha256": checked.sha256, "goal": goal}, run=keep)
