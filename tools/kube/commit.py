"""The second half of every write: the approved preview, done conditionally, watched, verified and recorded.

The draft is made again and must be what was previewed: same objects by UID, same contents, same requests. Status does
not count (a pod that crashes changes its status every few seconds); anything else that changed means a new preview.
Requests are conditional on UID and on the resourceVersion just read. A preview serves once; a device that was killed
half-way finds out from the objects what it had done.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import conditional, guard, resuming
from tools.kube.change import Draft, Operation
from tools.kube.diff import fields
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, listed
from tools.kube.preview import ObjectChange, Preview, bind, explained, genuine, going, hide, sealed, unanswered
from tools.kube.secrecy import hidden
from tools.kube.session import Session
from tools.kube.undo import CAN, aftermath, inverse
from tools.kube.waiting import settle

MOST_TEXT: Final = 20_000
BUDGET_S: Final = 0.5


class Written(Output):
    """What a write changed. `change` is its id in the trail ("" where nothing had to change).

    `settled` says whether all that was intended holds by now; where it does not, `pending` says what is missing.
    """

    text: str
    change: str
    changes: tuple[ObjectChange, ...]
    settled: bool
    pending: tuple[str, ...]
    undo: str
    facts: JsonObject


def check(session: Session, skill: str, arguments: JsonObject, preview: Preview, now: float) -> None:
    """Whether this preview is ours, for this very call, by this caller, and still good. Raises ToolError."""
    key = session.cluster.key
    if not genuine(key, preview):
        raise ToolError(ErrorCode.DENIED, "this is no preview of this device: a write begins with kube.preview")
    if preview.skill != skill or preview.arguments != sealed(key, arguments):
        raise ToolError(ErrorCode.DENIED, "the preview is of another operation than this one")
    if preview.caller != session.caller or preview.cluster != session.api.server:
        raise ToolError(ErrorCode.DENIED, "the preview is of another caller or cluster")
    if now > preview.expires:
        raise ToolError(ErrorCode.STALE_PREVIEW, "the preview has expired: make a new one")


async def commit(session: Session, draft: Draft, preview: Preview, *, now: float) -> Written:
    """Do what was previewed. Raises ToolError; its message names what was written before the fault, if anything was."""
    trail = session.cluster.trail
    done = trail.ended(preview.digest)
    if done is not None:
        return _again(done)
    begun = trail.begun(preview.digest)
    if begun is None:
        _same(session, draft, preview)
    else:
        left = resuming.still_to_do(session.cluster.key, draft.operations, preview)
        draft = replace(draft, summary=preview.summary, operations=left)
    guard.check(draft, session.settings, await going(session, draft))
    if preview.empty:
        return Written(
            text=f"{draft.summary}: nothing to change",
            change="",
            changes=(),
            settled=True,
            pending=(),
            undo="",
            facts=draft.facts,
        )
    if begun is None:
        begin = _entry("begun", session, preview, now)
        begin["undo"] = inverse(draft.operations)
        trail.append(begin)
    earlier = await resuming.done_before(session, preview, begun, draft.operations) if begun else resuming.Found()
    outcome = await _write(session, draft, preview, earlier, resumed=begun is not None)
    pending = await settle(session, draft, outcome.after)
    pending += [
        f"{one}: whether it was done before the device was killed is not known: look" for one in earlier.unknown
    ]
    changes = tuple(outcome.changes)
    text = "\n".join([_told(draft, changes, pending), *outcome.said])[:MOST_TEXT]
    facts = draft.facts | outcome.facts
    entry = _entry("ended", session, preview, now)
    entry |= {"changes": [one.model_dump(mode="json") for one in changes], "text": text, "settled": not pending}
    entry |= {"after": outcome.kept, "facts": facts, "undone": preview.undo, "pending": list(pending)}
    change = trail.append(entry)
    undo = f"kube.undo change={change}" if preview.undo.startswith(CAN) else preview.undo
    return Written(
        text=f"{text}\n{_undo_line(undo, change)}", change=change, changes=changes, settled=not pending,
        pending=tuple(pending), undo=undo, facts=facts,
    )  # fmt: skip


class _Outcome:
    """What has been written so far."""

    def __init__(self) -> None:
        self.changes: list[ObjectChange] = []
        self.after: list[Manifest | None] = []
        self.kept: list[Json] = []
        self.said: list[str] = []
        self.facts: JsonObject = {}


async def _write(
    session: Session, draft: Draft, preview: Preview, earlier: resuming.Found, *, resumed: bool
) -> _Outcome:
    outcome = _Outcome()
    outcome.changes, outcome.kept = list(earlier.changes), list(earlier.kept)
    deadline = time.monotonic() + min(draft.wait_s, max(1.0, session.context.limits.seconds - 10.0))
    for one in draft.operations:
        try:
            await (_run(session, one, outcome, resumed) if one.run else _one(session, one, outcome, resumed, deadline))
        except ToolError as error:
            raise _partial(error, one, outcome, session, preview) from error
    return outcome


async def _one(session: Session, one: Operation, outcome: _Outcome, resumed: bool, deadline: float) -> None:
    try:
        after, one = await _sent(session, one, deadline)
    except KubeError as error:
        if error.reason in ("Unreachable", "Timeout"):
            raise unanswered(error, one) from error
        found = await _found_done(session, one) if resumed else None
        if found is None:
            raise explained(error, one) from error
        after = found
    gone = one.action in ("delete", "evict")
    plain = one.action in ("post", "put") or gone
    diff = [] if plain else hide(fields(one.live, after), one)
    outcome.changes.append(ObjectChange(verb=one.action, object=one.label, fields=tuple(diff)))
    state = None if gone or (plain and one.subresource) else after
    outcome.after.append(state)
    outcome.kept.append(aftermath(one, state))


async def _sent(session: Session, one: Operation, deadline: float) -> tuple[Manifest, Operation]:
    """Sends it; an eviction is tried again until the deadline where a disruption budget does not allow it yet."""
    while True:
        try:
            return await conditional.send(session, one)
        except KubeError as error:
            if one.action != "evict" or error.status != 429 or time.monotonic() + BUDGET_S >= deadline:
                raise
        await session.context.progress(None, f"{one.label}: a disruption budget does not allow its eviction yet")
        await asyncio.sleep(BUDGET_S)


async def _run(session: Session, one: Operation, outcome: _Outcome, resumed: bool) -> None:
    """What is no request: only on the very object that was previewed, and a command never twice."""
    assert one.run is not None
    if resumed and one.action == "exec":
        message = (
            "the device was killed while the command ran: whether it ran through is not known; look, then ask anew"
        )
        raise ToolError(ErrorCode.LOST, f"{one.label}: {message}")
    if one.live is not None:
        await conditional.read_again(session, one)
    facts = await one.run()
    if text := facts.pop("text", ""):
        outcome.said.append(str(text))
    outcome.facts |= facts
    outcome.changes.append(ObjectChange(verb=one.action, object=one.label, fields=()))
    outcome.after.append(None)


async def _found_done(session: Session, one: Operation) -> Manifest | None:
    """After a crash: the object, where it shows that the operation was done before."""
    try:
        live = await session.api.get(one.kind.path(one.namespace, one.name))
    except KubeError as error:
        return {} if error.status == 404 and one.action in ("delete", "evict") else None
    if one.action == "create":
        mine = any(entry.get("manager") == "asterism" for entry in at(live, "metadata.managedFields", []))
        return live if mine else None
    return None


def _same(session: Session, draft: Draft, preview: Preview) -> None:
    """Whether the draft, made again, is what was previewed. Raises ToolError(STALE_PREVIEW) naming what changed."""
    now = [bind(session.cluster.key, one) for one in draft.operations]
    for mine, theirs in zip(now, preview.bound, strict=False):
        if (mine.object, mine.uid) != (theirs.object, theirs.uid):
            raise ToolError(ErrorCode.STALE_PREVIEW, f"{theirs.object} is another object than the one previewed")
        if mine.material != theirs.material or mine.request != theirs.request or mine.action != theirs.action:
            raise ToolError(ErrorCode.STALE_PREVIEW, f"{theirs.object} changed since it was previewed")
    if len(now) != len(preview.bound):
        raise ToolError(ErrorCode.STALE_PREVIEW, "other objects are concerned than those previewed")


def _partial(error: ToolError, one: Operation, outcome: _Outcome, session: Session, preview: Preview) -> ToolError:
    """What a fault half-way leaves: said in full, and recorded."""
    begun = session.cluster.trail.begun(preview.digest)
    entry = _entry("failed", session, preview, 0.0) | {"at": begun.get("at") if begun else 0.0}
    entry |= {"changes": [c.model_dump(mode="json") for c in outcome.changes], "text": hidden(error.message)}
    entry |= {"after": outcome.kept}
    done = listed(f"{c.verb} {c.object}" for c in outcome.changes)
    if error.code is ErrorCode.UNAVAILABLE:
        # The change stays begun: whoever comes again with this preview finds out what was done, and does the rest.
        told = f"done only in part. Done: {done}. Then: " if done else ""
        return ToolError(error.code, f"{told}{error.message}", retryable=True)
    session.cluster.trail.append(entry)
    if not outcome.changes:
        return error
    return ToolError(ErrorCode.TOOL_FAILED, f"done only in part. Done: {done}. Not done: {one.label}: {error.message}")


def _entry(event: str, session: Session, preview: Preview, now: float) -> JsonObject:
    attempt = session.context.attempt
    return {
        "event": event, "at": now, "preview": preview.digest, "run": attempt.run, "task": attempt.task,
        "approval": session.context.approval, "caller": session.caller, "cluster": session.cluster.identity,
        "skill": preview.skill, "summary": preview.summary,
    }  # fmt: skip


def _again(entry: JsonObject) -> Written:
    """What was done the first time: the preview is used up, and doing it twice is the same as once."""
    changes = entry.get("changes")
    text, change = str(entry.get("text", "")), str(entry.get("id", ""))
    if entry.get("event") == "failed":
        raise ToolError(ErrorCode.STALE_PREVIEW, f"this preview was used, and failed: {text}")
    undone = str(entry.get("undone", ""))
    undo = f"kube.undo change={change}" if undone.startswith(CAN) else undone
    facts = entry.get("facts")
    return Written(
        text=f"{text}\n{_undo_line(undo, change)}", change=change,
        changes=tuple(ObjectChange.model_validate(one) for one in changes) if isinstance(changes, list) else (),
        settled=bool(entry.get("settled")), pending=tuple(str(one) for one in entry.get("pending") or ()),  # type: ignore[union-attr]
        undo=undo, facts=facts if isinstance(facts, dict) else {},
    )  # fmt: skip


def _told(draft: Draft, changes: tuple[ObjectChange, ...], pending: list[str]) -> str:
    lines = [f"{draft.summary}: done" if not pending else f"{draft.summary}: written, but not settled yet"]
    for change in changes:
        few = [f"{one.path}: {_short(one.before)} -> {_short(one.after)}" for one in change.fields[:6]]
        more = f" and {len(change.fields) - 6} more fields" if len(change.fields) > 6 else ""
        lines.append(
            f"  {change.verb} {change.object}{': ' + ', '.join(few) + more if few and change.verb != 'create' else ''}"
        )
    lines += [f"  not yet: {one}" for one in pending]
    return "\n".join(lines)[:MOST_TEXT]


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) < 60 else f"{text[:50]}..."


def _undo_line(undo: str, change: str) -> str:
    return f"  undo: say `undo {change}`" if undo.startswith("kube.undo") else f"  undo: {undo}"
