"""Commands that steer a run: cancel, retry, approve, answer, edit, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.files import read_json
from orchestrator.cli.options import Common
from orchestrator.cli.output import dump_model, say
from orchestrator.core.edits import EditBatch
from orchestrator.core.plan import Clarification
from orchestrator.core.previews import shown
from orchestrator.core.views import EditResult, RunView

RunId = Annotated[str, Parameter(help="The run's id.")]


def cancel(
    run: RunId,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why, for the record.")] = "",
    common: Common | None = None,
) -> None:
    """Cancel a run: what runs is stopped on its device."""
    _told(call(common, lambda client: client.cancel(run, reason=reason)), common)


def retry(
    run: RunId,
    /,
    *tasks: Annotated[str, Parameter(help="Only these tasks.")],
    common: Common | None = None,
) -> None:
    """Try again what failed, was skipped or cancelled."""
    _told(call(common, lambda client: client.retry(run, tasks)), common)


def approve(
    run: RunId,
    approval: Annotated[str | None, Parameter(help="Which one; may be left out where one is open.")] = None,
    /,
    *,
    deny: Annotated[bool, Parameter(help="Deny it instead.")] = False,
    common: Common | None = None,
) -> None:
    """Approve (or deny) an operation that waits for it."""

    async def work(client: Client) -> RunView:
        view = await client.run(run)
        chosen = approval or _only(view)
        after = await client.approve(run, chosen, granted=not deny)
        for one in view.approvals:
            if one.id == chosen:
                said = f"{'denied' if deny else 'approved'} {one.id}: {one.skill} on {one.device}"
                say("\n".join([said, *(f"  {part}" for part in shown(one.arguments))]))
        return after

    _told(call(common, work), common)


def _only(view: RunView) -> str:
    """The approval that is open, where it is one."""
    if len(view.approvals) == 1:
        return view.approvals[0].id
    if not view.approvals:
        raise CommandError("no_such_approval", f"Run {view.run} waits for no approval.")
    listed = "; ".join(f"{one.id} ({one.skill} on {one.device})" for one in view.approvals)
    raise CommandError("usage", f"Run {view.run} waits for several approvals, name one: {listed}.")


def answer(
    run: RunId,
    text: Annotated[str, Parameter(help="The answer: a choice's number, its label, or free text.")],
    /,
    *,
    question: Annotated[str, Parameter(help="Which question, where several are open.")] = "",
    common: Common | None = None,
) -> None:
    """Answer a question that a run waits for."""

    async def work(client: Client) -> RunView:
        view = await client.run(run)
        asked = [one for one in view.questions if question in ("", one.id)]
        if len(asked) != 1:
            which = "several questions: name one with --question" if asked else "no such question"
            raise CommandError("no_such_question", f"Run {run} waits for {which}.")
        return await client.answer(run, asked[0].id, chosen(asked[0].clarification, text))

    _told(call(common, work), common)


def chosen(asked: Clarification, text: str) -> str:
    """The value of the choice that a person named by number or label, or `y` and `n` of yes and no; else the text."""
    words = text.strip()
    if words.isascii() and words.isdigit() and 1 <= int(words) <= len(asked.choices):
        return asked.choices[int(words) - 1].value
    said = {"y": "yes", "n": "no"}.get(words.casefold(), words.casefold())
    for choice in asked.choices:
        if words.casefold() in (choice.label.casefold(), choice.value.casefold()) or said == choice.value.casefold():
            return choice.value
    return words


def edit(
    run: RunId,
    /,
    *,
    file: Annotated[Path, Parameter(help="An edit batch as JSON; - is standard input.")],
    common: Common | None = None,
) -> None:
    """Apply an edit batch to a run's graph: all of it or nothing."""
    batch = read_json(file, EditBatch, "an edit batch")
    _edited(call(common, lambda client: client.edit(run, batch)), common)


def undo(
    run: RunId,
    version: Annotated[int, Parameter(help="The version that the edit made.")],
    /,
    *,
    common: Common | None = None,
) -> None:
    """Take back the edit that made a version of the graph."""
    _edited(call(common, lambda client: client.undo(run, version)), common)


def _told(view: RunView, common: Common | None) -> None:
    if common is not None and common.json:
        dump_model(view)
    else:
        say(f"run {view.run} is {view.state}")


def _edited(result: EditResult, common: Common | None) -> None:
    if common is not None and common.json:
        dump_model(result)
    else:
        say(f"the graph is at version {result.version}")
