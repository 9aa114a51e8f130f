"""Autoscalers that do not scale: no target, no metrics, nothing requested, at their maximum. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, Severity, evidence, ref, shown
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import YOUNG_S
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, listed, namespace_of

ANNOTATION: Final = 'metadata.annotations["autoscaling.alpha.kubernetes.io/conditions"]'
PLURALS: Final = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "ReplicaSet": "replicasets",
    "ReplicationController": "replicationcontrollers",
}


def autoscalers(snapshot: Snapshot) -> Iterator[Finding]:
    """HorizontalPodAutoscalers."""
    for one in snapshot.all("horizontalpodautoscalers"):
        if not going(one) and snapshot.age_s(one) > YOUNG_S:
            yield from _autoscaler(snapshot, one)


def conditions(scaler: Manifest) -> dict[str, Manifest]:
    """Its conditions by type; autoscaling/v1 keeps them in an annotation."""
    found = at(scaler, "status.conditions")
    if found is None:
        try:
            found = json.loads(at(scaler, ANNOTATION, "[]"))
        except ValueError:
            found = []
    return {str(one.get("type")): one for one in found if isinstance(one, dict)}


def _autoscaler(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    target = Ref(
        str(at(one, "spec.scaleTargetRef.kind", "")), namespace_of(one), str(at(one, "spec.scaleTargetRef.name", ""))
    )
    plural = PLURALS.get(target.kind, "")
    if (
        plural
        and snapshot.covers(plural, target.namespace)
        and snapshot.get(plural, target.namespace, target.name) is None
    ):
        yield _no_target(snapshot, one, target, plural)
        return
    found = conditions(one)
    able, active, limited = (found.get(kind, {}) for kind in ("AbleToScale", "ScalingActive", "ScalingLimited"))
    if active.get("status") == "False" and active.get("reason") == "ScalingDisabled":
        cause = f"it does not scale {target}: that is scaled to 0, which switches an autoscaler off"
        fix = Fix(
            f"scale {target} up",
            "kube.scale",
            {
                "name": target.name,
                "kind": target.kind,
                "namespace": target.namespace,
                "replicas": max(1, int(at(one, "spec.minReplicas", 1))),
            },
        )
        yield Finding(
            "autoscaler_off",
            ref(one),
            cause,
            (_fact(one, "ScalingActive", active),),
            "warning",
            fix,
            about=frozenset({target}),
        )
    elif active.get("status") == "False":
        yield _no_metrics(snapshot, one, target, active)
    elif able.get("status") == "False":
        cause = f"it cannot scale {target}: {shown(able.get('message', ''))}"
        yield Finding(
            "autoscaler",
            ref(one),
            cause,
            (_fact(one, "AbleToScale", able),),
            "critical",
            Fix("see to what the condition names"),
            about=frozenset({target}),
        )
    elif limited.get("status") == "True" and limited.get("reason") == "TooManyReplicas":
        yield _at_maximum(one, target, limited)


def _fact(one: Manifest, kind: str, condition: Manifest) -> Evidence:
    return evidence(one, f"condition {kind}", f"{condition.get('reason')}: {condition.get('message')}")


def _no_target(snapshot: Snapshot, one: Manifest, target: Ref, plural: str) -> Finding:
    close = near(target.name, snapshot.names(plural, target.namespace))
    only = snapshot.names(plural, target.namespace)
    hint = f"; there is {close}" if close else f"; there is only {only[0]}" if len(only) == 1 else ""
    cause = f"it is to scale {target}, which does not exist{hint}"
    fact = evidence(one, "spec.scaleTargetRef", f"{target.kind} {target.name}")
    fix = Fix("correct its scaleTargetRef")
    if close:
        patch: JsonObject = {"spec": {"scaleTargetRef": {"name": close}}}
        arguments: JsonObject = {
            "kind": "HorizontalPodAutoscaler",
            "name": ref(one).name,
            "namespace": ref(one).namespace,
            "patch": patch,
        }
        fix = Fix(f"let it scale {close}", "kube.patch", arguments)
    return Finding("autoscaler_target", ref(one), cause, (fact,), fix=fix)


def _no_metrics(snapshot: Snapshot, one: Manifest, target: Ref, active: Manifest) -> Finding:
    message, facts = str(active.get("message", "")), [_fact(one, "ScalingActive", active)]
    unset = _without_requests(snapshot, target)
    severity: Severity = "critical"
    has_metrics = any(kind.group == "metrics.k8s.io" for kind in snapshot.kinds.all)
    external = "external" in message or "custom" in message
    fix = Fix("see to what the condition names")
    if "missing request for" in message or (has_metrics and unset and not external):
        resource = message.partition("missing request for ")[2].split(" ")[0] or "cpu"
        cause = f"it cannot tell how busy {target} is: container {listed(unset) or '?'} requests no {resource}"
        fix = Fix(f"set the {resource} request of {target} (kube.set_resources): utilisation is a share of it")
        facts.append(evidence(target, "resources.requests", "none"))
    elif not has_metrics and not external and snapshot.kinds.all:
        cause = f"it cannot tell how busy {target} is: the cluster serves no metrics (metrics.k8s.io is not there)"
        cause += f"; besides, container {listed(unset)} requests no cpu" if unset else ""
        fix = Fix(
            "install a metrics server"
            + (f", and set the cpu request of {target} (kube.set_resources)" if unset else "")
        )
    else:
        cause = f"it cannot tell how busy {target} is: {shown(message)}"
    about = frozenset({target})
    return Finding("autoscaler_metrics", ref(one), cause, tuple(facts), severity, fix, about=about)


def _without_requests(snapshot: Snapshot, target: Ref) -> list[str]:
    """Containers of the target that request no CPU."""
    found = snapshot.find(target)
    return [
        str(one.get("name"))
        for one in at(found, "spec.template.spec.containers", [])
        if not at(one, "resources.requests.cpu") and not at(one, "resources.limits.cpu")
    ]


def _at_maximum(one: Manifest, target: Ref, limited: Manifest) -> Finding:
    most = at(one, "spec.maxReplicas")
    cause = f"it would give {target} more than its maximum of {most} replicas"
    fix = Fix(f"raise its maximum, if there is room for more than {most} (kube.autoscale)")
    facts = (_fact(one, "ScalingLimited", limited), evidence(one, "spec.maxReplicas", most))
    return Finding("autoscaler_maximum", ref(one), cause, facts, "warning", fix, about=frozenset({target}))
