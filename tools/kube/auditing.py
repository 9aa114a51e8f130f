"""Audits as a skill: the chosen checks over what the cluster holds now."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.arguments import KindWord, Namespace
from tools.kube.audits.checks import CATALOGUE, CHECKS, Name
from tools.kube.audits.hits import Hit, Scope
from tools.kube.audits.loading import load
from tools.kube.audits.telling import told
from tools.kube.errors import KubeError
from tools.kube.session import Session
from tools.kube.verbs import reads

MOST: Final = 600


class Remedy(Output):
    """The write that mends a finding, with its arguments; it goes the way of every write."""

    skill: str
    arguments: JsonObject
    text: str


class Finding(Output):
    """`field` is the path in the object, "" for the whole; `detail` tells apart what one check finds."""

    check: str
    kind: str
    namespace: str
    name: str
    field: str
    why: str
    detail: str
    fix: Remedy | None


class Audit(Output):
    """`counts` are objects by check. `unchecked`: checks that may not be made. `cut`: findings left out."""

    text: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    cut: int


@reads(
    "kube.audit",
    examples=(
        "which workloads in shop run privileged or as root",
        "list deployments without a memory limit",
        "who is bound to cluster-admin",
        "which services in team-a have no endpoints",
        "do any pods use the latest tag",
        "audit the cluster",
    ),
)
async def audit(
    session: Session,
    *,
    checks: Annotated[list[Name], Field(max_length=64)] | None = None,
    namespace: Namespace = "",
    kind: KindWord = "",
    system: bool = False,
) -> Audit:
    """Find what is not as it should be, exactly: every object that a check concerns, and no other.

    Pods under a controller are reported once, as the controller. What has ended is left out.

    Args:
        checks: The checks; all where it is left out. Narrow ones answer narrow questions (plain_secrets).
        namespace: Only this namespace.
        kind: Only objects of this kind, such as deployments.
        system: The cluster's own namespaces and roles as well.
    """
    chosen = tuple(dict.fromkeys(checks)) if checks else CATALOGUE
    own = namespace in session.settings.protected
    scope = Scope(namespace, system or own)
    if namespace:
        await _known(session, namespace)
    snapshot = await load(session, (need for name in chosen for need in CHECKS[name].needs), scope)
    wanted = session.kinds.find(kind).kind if kind else ""
    blind = {name: _unread(name, snapshot, scope) for name in chosen}
    found = {
        name: [hit for hit in CHECKS[name].hits(snapshot, scope) if _of(hit, wanted)]
        for name in chosen
        if not blind[name]
    }
    unchecked = tuple(f"{name} ({missing})" for name, missing in blind.items() if missing)
    left_out = () if scope.system or namespace else session.settings.protected
    findings = [_finding(name, hit) for name, hits in found.items() for hit in hits]
    cut = max(0, len(findings) - MOST)
    return Audit(
        text=told(found, CHECKS, scope, unchecked, left_out, cut=cut),
        counts={name: len({hit.of for hit in hits}) for name, hits in found.items()},
        findings=tuple(findings[:MOST]), unchecked=unchecked, cut=cut,
    )  # fmt: skip


async def _known(session: Session, namespace: str) -> None:
    """Raises ToolError(NOT_FOUND) naming near ones; who may not look at namespaces is not told."""
    try:
        await session.find.one(namespace, "namespaces")
    except KubeError as error:
        if error.status != 403:
            raise


def _of(hit: Hit, kind: str) -> bool:
    """Whether a finding is of the kind; pods stand for all that describes them."""
    return kind in ("", "Pod") or hit.of.kind == kind


def _unread(name: str, snapshot: Snapshot, scope: Scope) -> str:
    """The kinds that a check takes and that may not be read: an audit of a part would pass for the whole."""
    optional = {"clusterroles", "clusterrolebindings"} if scope.namespace else set()
    return ", ".join(one for one in CHECKS[name].needs if one in snapshot.unread and one not in optional)


def _finding(name: str, hit: Hit) -> Finding:
    fix = hit.fix
    remedy = None if fix is None else Remedy(skill=fix.skill, arguments=dict(fix.arguments), text=fix.text)
    return Finding(
        check=name, kind=hit.of.kind, namespace=hit.of.namespace, name=hit.of.name, field=hit.field, why=hit.why,
        detail=hit.detail, fix=remedy,
    )  # fmt: skip
