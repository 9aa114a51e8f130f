"""`kube.rollout_status` and `kube.rollout_history`: how far a workload's change is, and what its revisions were."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import events, related, traits
from tools.kube.arguments import KindWord, Name, Namespace
from tools.kube.diff import fields, shown
from tools.kube.objects import Manifest, at, label, listed, namespace_of, uid_of
from tools.kube.resolve import WORKLOADS
from tools.kube.secrecy import masked
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import age, age_s, bounded, clean, counted, present

REVISION: Final = "deployment.kubernetes.io/revision"
CAUSE: Final = "kubernetes.io/change-cause"
Revision = Annotated[int, Field(ge=0)]
State = Literal["complete", "progressing", "paused", "failed"]


class Rollout(Output):
    """`wanted`, `updated`, `ready`: pods."""

    text: str
    state: State
    wanted: int
    updated: int
    ready: int
    revision: int


class History(Output):
    """`revisions`, oldest first: `revision`, `images`, `cause`, `current`."""

    text: str
    current: int
    revisions: tuple[JsonObject, ...]


@reads(
    "kube.rollout_status",
    examples=(
        "is the rollout of checkout done?",
        "rollout status of web",
        "how far is the update of api?",
        "did the deployment of payments succeed?",
    ),
)
async def rollout_status(session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "") -> Rollout:
    """Say how far the rollout of a workload is, and what holds it up.

    Args:
        name: The workload.
        kind: Deployment, StatefulSet or DaemonSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
    """
    live = await session.find.one(name, kind, namespace, WORKLOADS)
    _workload(live)
    state, reason = judged(live)
    wanted, updated, ready = counts(live)
    pods = await related.pods_of(session, live)
    bad = [one for one in pods if traits.is_ready(one) is False]
    lines = [f"{label(live)}: {_word(state)}: {updated} of {wanted} updated, {ready} ready{reason and f' ({reason})'}"]
    if bad and state != "complete":
        lines += [f"  {label(one)}: {traits.state(one)}" for one in bad[:10]]
        noted = [one for one in await events.of_family(session, live) if one.get("type") == "Warning"]
        lines += events.told(events.newest(noted, 3), present())
    current = await _current(session, live)
    return Rollout(text=bounded([clean(one) for one in lines]), state=state, wanted=wanted, updated=updated,
                   ready=ready, revision=current)  # fmt: skip


@reads(
    "kube.rollout_history",
    examples=(
        "rollout history of checkout",
        "which revisions does web have?",
        "what did revision 3 of api look like?",
        "which image did checkout run before?",
    ),
)
async def rollout_history(
    session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "", revision: Revision = 0
) -> History:
    """List the revisions of a workload with their images, or show one of them.

    Args:
        name: The workload.
        kind: Deployment, StatefulSet or DaemonSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        revision: Show this one whole, and how it differs from what runs now; 0 lists all.
    """
    live = await session.find.one(name, kind, namespace, WORKLOADS)
    _workload(live)
    found = await revisions(session, live)
    current = max(found, default=0)
    if revision:
        return _shown(live, found, revision, current)
    rows = [_row(number, one, current) for number, one in sorted(found.items())]
    head = f"{label(live)} has {counted(len(found), 'revision')}; {current} is current"
    return History(text=bounded([clean(head), *(line for line, _ in rows)]), current=current,
                   revisions=tuple(fact for _, fact in rows))  # fmt: skip


async def revisions(session: Session, live: Manifest) -> dict[int, Manifest]:
    """What keeps each revision, by its number: replica sets of a deployment, else controller revisions."""
    plural = "replicasets" if live.get("kind") == "Deployment" else "controllerrevisions"
    kind = session.kinds.get(plural, "apps") or session.kinds.find(plural)
    query = [("labelSelector", related.selector_text(at(live, "spec.selector")))] if plural == "replicasets" else []
    found: dict[int, Manifest] = {}
    for one in await session.api.items(kind.path(namespace_of(live)), query):
        if uid_of(live) not in [ref.get("uid") for ref in at(one, "metadata.ownerReferences", [])]:
            continue
        number = one.get("revision") if "revision" in one else _annotation(one, REVISION)
        if str(number).isdigit():
            found[int(str(number))] = one
    return found


def template(one: Manifest) -> Manifest:
    """The pod template that a revision keeps."""
    found = at(one, "spec.template") or at(one, "data.spec.template") or {}
    assert isinstance(found, dict)
    return found


def counts(live: Manifest) -> tuple[int, int, int]:
    """(wanted, updated, ready) pods."""
    ready, wanted = traits.replicas(live)
    status = live.get("status") or {}
    updated = status.get("updatedNumberScheduled" if live.get("kind") == "DaemonSet" else "updatedReplicas")
    if live.get("kind") == "StatefulSet" and status.get("currentRevision") == status.get("updateRevision"):
        updated = status.get("replicas")
    return wanted, int(updated or 0), ready


def judged(live: Manifest) -> tuple[State, str]:
    """How far it is, and why it is no further. Pure."""
    wanted, updated, ready = counts(live)
    status = live.get("status") or {}
    progressing = traits.condition(live, "Progressing") or {}
    if at(live, "spec.paused", False):
        return "paused", "it is paused"
    if int(status.get("observedGeneration") or 0) < int(at(live, "metadata.generation", 0)):
        return "progressing", "its controller has not seen the last change yet"
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return "failed", str(progressing.get("message", "it made no progress in time"))
    old = int(status.get("replicas") or 0) - updated if live.get("kind") == "Deployment" else 0
    if updated >= wanted and ready >= wanted and old <= 0:
        return "complete", ""
    failure = traits.condition(live, "ReplicaFailure") or {}
    reason = str(failure.get("message", "")) if failure.get("status") == "True" else ""
    return "progressing", reason or (f"{counted(old, 'old pod')} still there" if old > 0 else "")


def _workload(live: Manifest) -> None:
    if live.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet"):
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"{label(live)} has no rollout: deployments, stateful and daemon sets have"
        )


def _word(state: State) -> str:
    return {
        "complete": "rolled out",
        "progressing": "still rolling out",
        "paused": "paused",
        "failed": "the rollout failed",
    }[state]


async def _current(session: Session, live: Manifest) -> int:
    number = _annotation(live, REVISION)
    return int(number) if number.isdigit() else max(await revisions(session, live), default=0)


def _annotation(one: Manifest, key: str) -> str:
    return str(at(one, "metadata.annotations", {}).get(key, ""))


def _row(number: int, one: Manifest, current: int) -> tuple[str, JsonObject]:
    images = traits.images({"kind": "Revision", "spec": {"template": template(one)}})
    cause = clean(_annotation(one, CAUSE), 300)
    old = age(age_s(one, present()))
    mark = " (current)" if number == current else ""
    line = clean(f"  {number}{mark}  {listed(images)}  {old} old{f'  {cause}' if cause else ''}")
    return line, {"revision": number, "images": list(images), "cause": cause, "current": number == current}


def _shown(live: Manifest, found: dict[int, Manifest], revision: int, current: int) -> History:
    if revision not in found:
        have = listed(map(str, sorted(found)))
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no revision {revision}; there is: {have}")
    then = {"metadata": {}, "spec": {"template": masked(template(found[revision]))}}
    now = {"metadata": {}, "spec": {"template": masked({**at(live, "spec.template", {})})}}
    line, fact = _row(revision, found[revision], current)
    for one in (then, now):
        at(one, "spec.template.metadata.labels", {}).pop("pod-template-hash", None)
    differ = [f"  {one.path}: {shown(one.after)} -> {shown(one.before)}" for one in fields(then, now)]
    told = [clean(f"{label(live)}, revision {revision} (running is {current}):"), line]
    told += ["  it would change, if gone back to:", *map(clean, differ)] if differ else ["  it is as what runs now"]
    return History(text=bounded(told), current=current, revisions=(fact,))
