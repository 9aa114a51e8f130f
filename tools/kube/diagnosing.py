"""Why something does not work: kube.diagnose."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.kube.analysers import Scope, analyse, asked, loading, words
from tools.kube.analysers.findings import Finding, Severity, ref
from tools.kube.analysers.pods import is_done, is_ready
from tools.kube.analysers.relations import related, settling
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.arguments import KindWord, Namespace
from tools.kube.objects import Manifest
from tools.kube.session import Session
from tools.kube.verbs import reads

SUBJECT: Final = r"^[A-Za-z0-9._:@-]*$"
Asked = Annotated[str, Field(pattern=SUBJECT, max_length=253)]
MOST: Final = 200
WAIT_S: Final = 25.0
PAUSE_S: Final = 1.5


class Proof(Output):
    """Where it was read: a field of an object, an event, or a line of a log."""

    object: str
    field: str
    text: str


class Remedy(Output):
    """`skill` is empty where no write is safe to name: then `text` is advice."""

    text: str
    skill: str = ""
    arguments: JsonObject = {}


class Problem(Output):
    """`problem` is a code; `effects` are the consequences; `pods` those that have it."""

    problem: str
    severity: Severity
    kind: str
    namespace: str
    name: str
    cause: str
    evidence: list[Proof] = []
    pods: list[str] = []
    effects: list[str] = []
    fix: Remedy | None = None


class Diagnosis(Output):
    """`healthy`: nothing is wrong; there may be notices. `total` counts what is left out of `findings` too."""

    text: str
    healthy: bool
    findings: list[Problem]
    total: int
    unread: list[str] = []


@reads(
    "kube.diagnose",
    examples=(
        "why is checkout down?",
        "what is wrong in the namespace shop",
        "why does the pod web-0 not start",
        "is everything all right in the cluster?",
        "the service api has no endpoints, why",
        "diagnose the deployment payments in prod",
    ),
)
async def diagnose(session: Session, *, name: Asked = "", kind: KindWord = "", namespace: Namespace = "") -> Diagnosis:
    """Find out why something does not work: cause, evidence, and the smallest fix. Changes nothing.

    Args:
        name: The object that does not work, of any kind; without one, all of the namespace or the cluster.
        kind: Its kind; all objects of that name where it is left open. `user` and `group` are asked for their rights.
        namespace: Its namespace; found out where it is left open.
    """
    what = await asked.asked(session, name, kind, namespace)
    snapshot, found = await looked_at(session, what)
    text = words.answer(what.what, _looked(snapshot, what.scope), found, snapshot.unread)
    wrong = any(one.severity != "notice" for one in found)
    problems = [_problem(one) for one in found[:MOST]]
    return Diagnosis(text=text, healthy=not wrong, findings=problems, total=len(found), unread=list(snapshot.unread))


async def looked_at(session: Session, what: asked.Asked) -> tuple[Snapshot, list[Finding]]:
    """A snapshot and what is wrong in it. What has just begun is waited for: it may yet turn out well."""
    deadline = time.monotonic() + WAIT_S
    while True:
        snapshot = _with(await loading.load(session, what.scope), what.objects)
        found = analyse(snapshot, what.scope)
        wrong = any(one.severity != "notice" for one in found)
        if wrong or time.monotonic() > deadline or not settling(snapshot, what.scope):
            return snapshot, found
        await session.context.progress(None, f"waiting for what has just been started in {what.what}")
        await asyncio.sleep(PAUSE_S)


def _with(snapshot: Snapshot, named: tuple[Manifest, ...]) -> Snapshot:
    """The named objects of kinds that are not loaded anyway, custom resources among them, are looked at too."""
    loaded = {kind.kind for plural in snapshot.objects if (kind := snapshot.kinds.get(plural, "*")) is not None}
    others = [obj for obj in named if obj.get("kind") not in loaded]
    return replace(snapshot, objects={**snapshot.objects, "others": others}) if others else snapshot


def _looked(snapshot: Snapshot, scope: Scope) -> str:
    """What a clean bill of health is based on."""
    around = related(snapshot, scope.named) if scope.named else None
    pods = [one for one in snapshot.all("pods") if around is None or ref(one) in around]
    pods += [pod for one in scope.named if one.kind == "Node" for pod in snapshot.pods_on(one.name)]
    ready, done = sum(is_ready(one) for one in pods), sum(is_done(one) for one in pods)
    counts = Counter(one.kind for one in around) if around is not None else _counted(snapshot)
    counts.pop("Pod", None)
    said = [f"{len(pods)} pod{'' if len(pods) == 1 else 's'} ({ready} ready{f', {done} completed' if done else ''})"]
    said += [f"{number} {kind}" for kind, number in sorted(counts.items()) if kind and number]
    return f"looked at {', '.join(said)}, their events and states"


def _counted(snapshot: Snapshot) -> Counter[str]:
    told = (
        "deployments",
        "statefulsets",
        "daemonsets",
        "jobs",
        "cronjobs",
        "services",
        "persistentvolumeclaims",
        "ingresses",
        "networkpolicies",
        "nodes",
    )
    return Counter({str(found[0]["kind"]): len(found) for plural in told if (found := snapshot.all(plural))})


def _problem(finding: Finding) -> Problem:
    fix = finding.fix
    return Problem(
        problem=finding.problem,
        severity=finding.severity,
        kind=finding.subject.kind,
        namespace=finding.subject.namespace,
        name=finding.subject.name,
        cause=finding.cause,
        evidence=[Proof(object=str(one.of), field=one.field, text=one.text) for one in finding.evidence],
        pods=list(finding.pods[:20]),
        effects=[f"{one.subject}: {one.cause}" for one in finding.effects[:20]],
        fix=Remedy(text=fix.text, skill=fix.skill, arguments=dict(fix.arguments)) if fix else None,
    )
