"""Pods that are not even made: quotas, limit ranges, service accounts, admission. Pure.

The controllers say it in a condition (ReplicaSets, Deployments) or in a FailedCreate event (the others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, ref, shown
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import condition, target
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at
from tools.kube.quantities import number

FRESH_S: Final = 1200.0
"""How long an event of a failed creation says something about now: controllers try again at growing intervals."""
_QUOTA: Final = re.compile(r"exceeded quota: ([\w.-]+), requested: (.+?), used: (.+?), limited: (.+)$")
_MUST: Final = re.compile(r"failed quota: ([\w.-]+): must specify (.+)$")
_ACCOUNT: Final = re.compile(
    r'service ?account "?(?:[\w.-]+/)?([\w.-]+)"? (?:was )?not found|serviceaccount "([\w.-]+)" not found'
)
_LIMIT: Final = re.compile(
    r"(maximum|minimum) (\w[\w.-]*) usage per (\w+) is ([\w.]+)(?:, but (limit|request) is ([\w.]+))?"
)
_PRIORITY: Final = re.compile(r"no PriorityClass with name ([\w.-]+) was found")
_WEBHOOK: Final = re.compile(r'(admission webhook|failed calling webhook) "([\w.-]+)"(.*)', re.DOTALL)
_PAIR: Final = re.compile(r"([\w./-]+)=([\w.]+)")


def not_created(snapshot: Snapshot) -> Iterator[Finding]:
    """Workloads whose pods the API server refuses to make."""
    for plural in ("replicasets", "statefulsets", "daemonsets", "jobs", "replicationcontrollers"):
        for owner in snapshot.all(plural):
            if (
                not going(owner)
                and at(owner, "spec.replicas", 1) != 0
                and (said := _refusal(snapshot, owner)) is not None
            ):
                yield _found(snapshot, owner, said)


def _refusal(snapshot: Snapshot, owner: Manifest) -> Evidence | None:
    """What the API server said last to a controller that still lacks pods."""
    failed = condition(owner, "ReplicaFailure")
    if failed.get("status") == "True":
        return evidence(owner, "condition ReplicaFailure", failed.get("message", ""))
    if owner.get("kind") == "ReplicaSet" or not _lacks(owner):
        return None
    for event in snapshot.events(owner, "FailedCreate"):
        if snapshot.event_age_s(event) < FRESH_S:
            return evidence(owner, "event FailedCreate", event.get("message", ""))
    return None


def _lacks(owner: Manifest) -> bool:
    status = owner.get("status") or {}
    match owner.get("kind"):
        case "DaemonSet":
            return int(status.get("currentNumberScheduled") or 0) < int(status.get("desiredNumberScheduled") or 0)
        case "Job":
            return not any(status.get(one) for one in ("active", "succeeded", "failed"))
    return int(status.get("replicas") or 0) < int(at(owner, "spec.replicas", 1))


def _found(snapshot: Snapshot, owner: Manifest, said: Evidence) -> Finding:
    top = snapshot.top(owner)
    text = said.text
    for pattern, explain in (
        (_QUOTA, _quota),
        (_MUST, _must),
        (_ACCOUNT, _account),
        (_LIMIT, _limit),
        (_PRIORITY, _priority),
        (_WEBHOOK, _webhook),
    ):
        if match := pattern.search(text):
            return explain(snapshot, top, match, said)
    code = "forbidden" if "forbidden" in text else "refused"
    security = "PodSecurity" in text or "pod security policy" in text.lower()
    cause = f"its pods cannot be created{', pod security forbids them' if security else ''}: {shown(_core(text))}"
    return Finding(
        "pod_security" if security else f"creation_{code}",
        top,
        cause,
        (said,),
        fix=Fix("change the pod template to what is allowed"),
    )


def _core(text: str) -> str:
    return text.partition("is forbidden: ")[2] or text


def _quota(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    name, wanted, used, limited = match.groups()
    asked, has, hard = (dict(_PAIR.findall(one)) for one in (wanted, used, limited))
    parts = [
        f"{key}: {has.get(key, '?')} used of {hard[key]}, and a pod asks for {asked.get(key, '?')} more" for key in hard
    ]
    cause = f"the quota {name} keeps its pods from being created: {'; '.join(parts) or shown(match[0])}"
    quota = Ref("ResourceQuota", top.namespace, name)
    facts = (said, evidence(quota, "spec.hard", ", ".join(f"{k}={v}" for k, v in hard.items())))
    text = f"free some of the quota, or have {top} ask for less (kube.set_resources)"
    text += f"; or raise it, if that is yours to decide (kube.set_quota {name})"
    return Finding("quota", top, cause, facts, fix=Fix(text), about=frozenset({quota}))


def _must(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    name, what = match.groups()
    cause = f"the quota {name} wants every pod to say its {what}, and the pods of {top} do not"
    fix = Fix(f"set {what} (kube.set_resources), or give the namespace defaults (kube.create_limit_range)")
    return Finding("quota", top, cause, (said,), fix=fix, about=frozenset({Ref("ResourceQuota", top.namespace, name)}))


def _account(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    name = match[1] or match[2]
    close = near(name, snapshot.names("serviceaccounts", top.namespace), 0.8)
    cause = f"its pods are to run as the service account {name}, which does not exist in {top.namespace}"
    cause += f"; there is {close}" if close else ""
    fix = Fix(
        f"create the service account {name}", "kube.create_service_account", {"name": name, "namespace": top.namespace}
    )
    if close and top.kind in ("Deployment", "StatefulSet", "DaemonSet"):
        patch: JsonObject = {"spec": {"template": {"spec": {"serviceAccountName": close, "serviceAccount": close}}}}
        fix = Fix(f"let {top} run as {close}", "kube.patch", target(top) | {"patch": patch})
    return Finding(
        "service_account", top, cause, (said,), fix=fix, about=frozenset({Ref("ServiceAccount", top.namespace, name)})
    )


def _limit(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    bound, resource, scope, value, field, given = match.groups()
    ranges = [ref(one) for one in snapshot.inside("limitranges", top.namespace)]
    owner = f"the limit range {ranges[0].name}" if len(ranges) == 1 else "a limit range"
    cause = f"{owner} keeps its pods from being created: {bound} {resource} per {scope} is {value}"
    cause += f", and the {field} is {given}" if given else ""
    fix = Fix(f"set {resource} within the bounds (kube.set_resources)")
    if (
        given
        and scope == "Container"
        and top.kind in ("Deployment", "StatefulSet", "DaemonSet")
        and _one_container(snapshot, top)
    ):
        wanted: JsonObject = {f"{field}s": {resource: value}}
        if bound == "maximum" and field == "limit":
            wanted["requests"] = _lowered(snapshot, top, resource, value)
        arguments = target(top) | {key: amounts for key, amounts in wanted.items() if amounts}
        fix = Fix(f"set the {resource} {field} of {top} to {value}", "kube.set_resources", arguments)
    return Finding("limit_range", top, cause, (said,), fix=fix, about=frozenset(ranges))


def _one_container(snapshot: Snapshot, top: Ref) -> bool:
    owner = snapshot.find(top)
    return owner is not None and len(at(owner, "spec.template.spec.containers", [])) == 1


def _lowered(snapshot: Snapshot, top: Ref, resource: str, value: str) -> JsonObject:
    """A request above the new limit comes down with it."""

    requested = at(snapshot.find(top), f"spec.template.spec.containers[0].resources.requests.{resource}")
    return {resource: value} if requested and number(requested) > number(value) else {}


def _priority(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    cause = f"its pods name the priority class {match[1]}, which does not exist"
    return Finding(
        "priority_class",
        top,
        cause,
        (said,),
        fix=Fix("create that priority class, or correct spec.template.spec.priorityClassName"),
    )


def _webhook(snapshot: Snapshot, top: Ref, match: re.Match[str], said: Evidence) -> Finding:
    kind, name, rest = match.groups()
    down = kind.startswith("failed")
    what = f"the admission webhook {name} does not answer" if down else f"the admission webhook {name} refuses them"
    cause = f"its pods cannot be created: {what}: {shown(rest.strip(' :'))}"
    fix = Fix("bring the webhook's service back" if down else "change the pod template to what the webhook demands")
    return Finding("webhook", top, cause, (said,), fix=fix)
