"""Probes that fail: containers that run and are not ready, or that the kubelet starts again and again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers import telling
from tools.kube.analysers.findings import Finding, Fix, Ref, Severity, command, evidence, shown
from tools.kube.analysers.pods import YOUNG_S, Container, containers, finding, target, template_owner, troubled
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at

RECENT_S: Final = 900.0
_STATUS: Final = re.compile(r"statuscode: (\d+)")


def probes(snapshot: Snapshot) -> Iterator[Finding]:
    """Liveness and startup probes by their events, readiness probes by the state of their containers."""
    for pod in troubled(snapshot):
        for one in containers(pod):
            killing = _killing(snapshot, pod, one)
            if killing is not None:
                yield killing
            elif one.running and not one.init and not one.status.get("ready") and _had_time(snapshot, one):
                yield from _unready(snapshot, pod, one)
        yield from _gates(snapshot, pod)


def _killing(snapshot: Snapshot, pod: Manifest, one: Container) -> Finding | None:
    for which in ("startup", "liveness"):
        if not one.spec.get(f"{which}Probe"):
            continue
        text = _said(snapshot, pod, one, which)
        if text and one.restarts:
            restarts = f"{one.restarts} restart{'' if one.restarts == 1 else 's'}"
            effect = f"the kubelet kills it for that ({restarts})"
            return _found(snapshot, pod, one, which, text, effect, "warning" if one.status.get("ready") else "critical")
    return None


def _said(snapshot: Snapshot, pod: Manifest, one: Container, which: str) -> str:
    """What the kubelet said last of this probe; "" where it said nothing of late."""
    for event in snapshot.events(pod, "Unhealthy"):
        text, path = str(event.get("message", "")), str(at(event, "involvedObject.fieldPath", ""))
        mine = not path or path.endswith(f"{{{one.name}}}")
        if mine and text.lower().startswith(which) and snapshot.event_age_s(event) < RECENT_S:
            return text
    return ""


def _had_time(snapshot: Snapshot, one: Container) -> bool:
    probe = one.spec.get("readinessProbe") or one.spec.get("startupProbe") or {}
    grace = float(probe.get("initialDelaySeconds") or 0)
    return snapshot.age_s(at(one.status, "state.running.startedAt")) > max(YOUNG_S, grace + 5.0)


def _unready(snapshot: Snapshot, pod: Manifest, one: Container) -> Iterator[Finding]:
    for which in ("startup", "readiness"):
        text = _said(snapshot, pod, one, which)
        if one.spec.get(f"{which}Probe") and (text or which == "readiness"):
            yield _found(snapshot, pod, one, which, text, "it runs and is not ready", "critical")
            return


def _found(
    snapshot: Snapshot, pod: Manifest, one: Container, which: str, text: str, effect: str, severity: Severity
) -> Finding:
    probe = one.spec[f"{which}Probe"]
    what = _what(probe)
    why, port = _why(snapshot, pod, one, probe, text)
    cause = f"the {which} probe of container {one.name} ({what}) fails: {why}; {effect}"
    facts = [evidence(pod, f"container {one.name} {which}Probe", what)]
    if text:
        facts.append(evidence(pod, "event Unhealthy", text))
    heard = [line for line in snapshot.log(pod, one.name).current if telling.listening([line])][-1:]
    facts += [evidence(pod, f"log {one.name}", line) for line in heard if port]
    because = frozenset({Ref("Node", "", str(at(pod, "spec.nodeName", "")))})
    fix = _fix(snapshot, pod, one, which, port)
    return finding(snapshot, pod, "probe", cause, *facts, severity=severity, fix=fix, explained_by=because)


def _what(probe: Manifest) -> str:
    if words := at(probe, "exec.command"):
        return f"runs {command(words)}"
    if http := probe.get("httpGet"):
        return shown(f"GET {http.get('path', '/')} on port {http.get('port')}", 160)
    if tcp := probe.get("tcpSocket"):
        return f"connects to port {tcp.get('port')}"
    return f"gRPC on port {at(probe, 'grpc.port')}"


def _port(one: Container, probe: Manifest) -> tuple[object, int]:
    """The port as the probe says it, and its number; 0 where a name is no port of the container."""
    said: object = at(probe, "httpGet.port") or at(probe, "tcpSocket.port") or at(probe, "grpc.port")
    if said is None or str(said).isdigit():
        return said, int(str(said or 0))
    return said, next((int(port["containerPort"]) for port in one.ports if port.get("name") == said), 0)


def _why(snapshot: Snapshot, pod: Manifest, one: Container, probe: Manifest, text: str) -> tuple[str, int]:
    """Why it fails, and the port that it should ask where that is certain, else 0."""
    said, number = _port(one, probe)
    if said is not None and not number:
        names = ", ".join(str(port.get("name")) for port in one.ports if port.get("name")) or "none"
        return f"the container has no port named {said} (named ports: {names})", _other(snapshot, pod, one, 0)
    if "connection refused" in text:
        right = _other(snapshot, pod, one, number)
        hint = f" (it {'listens on' if right in _heard(snapshot, pod, one) else 'declares'} {right})" if right else ""
        return f"nothing listens on port {number}{hint}", right
    if status := _STATUS.search(text):
        path = at(probe, "httpGet.path", "/")
        return f"{path} answers with status {status[1]}", 0
    if "timeout" in text.lower() or "deadline exceeded" in text or "timed out" in text:
        return f"no answer within {probe.get('timeoutSeconds', 1)} s", 0
    core = text.partition("failed: ")[2] or text.partition("errored: ")[2]
    return shown(core) if core.strip() else "it has not succeeded yet", 0


def _heard(snapshot: Snapshot, pod: Manifest, one: Container) -> set[int]:
    return telling.listening(snapshot.log(pod, one.name).current)


def _other(snapshot: Snapshot, pod: Manifest, one: Container, wrong: int) -> int:
    """The only other port that the container listens on by its log, or declares."""
    for known in (_heard(snapshot, pod, one), {int(port["containerPort"]) for port in one.ports}):
        others = known - {wrong}
        if len(others) == 1 and wrong not in known:
            return others.pop()
    return 0


def _fix(snapshot: Snapshot, pod: Manifest, one: Container, which: str, port: int) -> Fix:
    owner = template_owner(snapshot, pod)
    http = at(one.spec, f"{which}Probe.httpGet")
    if owner is None or not port or owner.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return Fix(f"let the container answer its {which} probe, or correct the probe (kube.set_probe)")
    arguments: JsonObject = target(owner) | {"which": which, "port": port, "container": one.name}
    if http:
        arguments["http_path"] = str(http.get("path", "/"))
    return Fix(f"let the {which} probe of {owner} ask port {port}", "kube.set_probe", arguments)


def _gates(snapshot: Snapshot, pod: Manifest) -> Iterator[Finding]:
    """Readiness gates: somebody else has to say that the pod is ready."""
    if not condition_true(pod, "ContainersReady"):
        return
    for gate in at(pod, "spec.readinessGates", []):
        name = str(gate.get("conditionType", ""))
        if not condition_true(pod, name):
            cause = f"its containers are ready, and the readiness gate {name} is not met"
            fix = Fix("see to the controller that sets this condition")
            yield finding(snapshot, pod, "readiness_gate", cause, evidence(pod, "spec.readinessGates", name), fix=fix)


def condition_true(pod: Manifest, kind: str) -> bool:
    return any(one.get("type") == kind and one.get("status") == "True" for one in at(pod, "status.conditions", []))
