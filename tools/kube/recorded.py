"""`kube.trail`: what this device changed, and whether the record of it is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from protocol.vocabulary import Json, JsonObject
from tools.arguments import Output
from tools.kube.secrecy import hidden
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import clean

Last = Annotated[int, Field(ge=1, le=200)]
FIELDS_SHOWN = 6


class Entry(Output):
    """One change. `at` is in Unix seconds. `outcome`: done, failed, or begun (cut off before it was recorded)."""

    change: str
    at: float
    outcome: str
    skill: str
    summary: str
    objects: tuple[str, ...]
    run: str
    approval: str
    caller: str


class Trail(Output):
    """`fault`: the first entry that does not fit, where somebody changed the record; empty where it is whole."""

    text: str
    fault: str
    changes: tuple[Entry, ...]


@reads(
    "kube.trail",
    examples=(
        "what did you change in the cluster?",
        "show the last five changes",
        "who approved the last change of the cluster",
        "show the audit trail of this cluster",
    ),
)
async def trail(session: Session, *, last: Last = 20) -> Trail:
    """Show what this device changed in the cluster, under which approval, and whether that record is whole.

    Where the device tells callers apart, each is shown its own changes.

    Args:
        last: How many changes, the newest last.
    """
    entries = [one for one in session.cluster.trail.read(10**9) if session.owns(one)]
    fault = session.cluster.trail.verify()
    ended = {str(one.get("preview")) for one in entries if one.get("event") != "begun"}
    shown = [one for one in entries if one.get("event") != "begun" or str(one.get("preview")) not in ended][-last:]
    lines = [line for one in shown for line in _lines(one)]
    verdict = f"THE RECORD WAS CHANGED BY SOMEBODY: {fault}" if fault else "the record is whole"
    whose = "of this device" if session.settings.callers is None else f"by {session.caller}"
    head = f"{len(shown)} changes {whose}; {verdict}" if shown else f"no changes {whose} yet; {verdict}"
    return Trail(text="\n".join([head, *lines]), fault=fault, changes=tuple(_entry(one) for one in shown))


def _entry(one: JsonObject) -> Entry:
    return Entry(
        change=str(one.get("id", "")),
        at=_seconds(one),
        outcome={"ended": "done", "failed": "failed"}.get(str(one.get("event")), "begun"),
        skill=str(one.get("skill", "")),
        summary=clean(str(one.get("summary", ""))),
        objects=tuple(str(change.get("object")) for change in _changes(one)),
        run=str(one.get("run", "")),
        approval=str(one.get("approval", "")),
        caller=str(one.get("caller", "")),
    )


def _lines(one: JsonObject) -> list[str]:
    entry = _entry(one)
    when = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    said = {"done": "", "failed": " FAILED", "begun": " CUT OFF"}[entry.outcome]
    by = f"by {entry.caller or 'local'}{f', approval {entry.approval}' if entry.approval else ''}"
    lines = [clean(f"{entry.change} {when}{said} {entry.summary} ({by})")]
    for change in _changes(one):
        fields = change.get("fields")
        few = [f for f in fields if isinstance(f, dict)][:FIELDS_SHOWN] if isinstance(fields, list) else []
        told = ", ".join(f"{f.get('path')}: {f.get('before')} -> {f.get('after')}" for f in few)
        whole = change.get("verb") in ("create", "delete") or not told
        lines.append(clean(f"    {change.get('verb')} {change.get('object')}{'' if whole else f': {told}'}", 500))
    if entry.outcome == "failed":
        lines.append(clean(f"    {hidden(str(one.get('text', '')))}", 500))
    return lines


def _changes(one: JsonObject) -> list[JsonObject]:
    found: Json = one.get("changes")
    return [change for change in found if isinstance(change, dict)] if isinstance(found, list) else []


def _seconds(one: JsonObject) -> float:
    at = one.get("at")
    return float(at) if isinstance(at, (int, float)) else 0.0
