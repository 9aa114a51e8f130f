"""Network policies: a few rules by name, with what each also stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.arguments import Labels, MaybeName, Namespace, Port
from tools.kube.change import Draft, Operation
from tools.kube.creating import create, existing, kind_of
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, labels_of, listed, name_of, selected
from tools.kube.session import Session
from tools.kube.verbs import writes

Rule = Literal["deny_all", "deny_ingress", "deny_egress", "allow_same_namespace", "allow_from", "allow_dns"]
Ports = Annotated[list[Port], Field(max_length=64)]
# Daemon sets of plugins that enforce policies, by a part of their name.
ENFORCERS: Final = (
    "calico", "canal", "cilium", "weave", "antrea", "kube-router", "romana", "ovn", "anetd", "azure-npm", "aws-node",
    "kube-network-policies", "kindnet",
)  # fmt: skip
OWN_NAME: Final = "kubernetes.io/metadata.name"
MARKED: Final = "the namespace has no label of its own name, by which it could be selected: it gets one"
UNENFORCED: Final = (
    "no network plugin that enforces policies was found in this cluster: the policy may change nothing until one is "
    "installed"
)


@writes(
    "kube.create_network_policy",
    examples=(
        "deny all traffic to and from pods in team-a by default",
        "only pods of the same namespace may talk to those in shop",
        "allow frontend pods to reach the database on port 5432 and nobody else",
        "add a default-deny ingress network policy to staging",
    ),
)
async def create_network_policy(
    session: Session,
    *,
    rule: Rule,
    name: MaybeName = "",
    pods: Labels | None = None,
    from_pods: Labels | None = None,
    from_namespaces: Labels | None = None,
    ports: Ports | None = None,
    namespace: Namespace = "",
) -> Draft:
    """Say what traffic pods may have. Pods that a policy selects have only the traffic that some policy allows.

    Args:
        rule: What is denied or allowed; allow_from lets in what `from_pods` and `from_namespaces` name.
        name: The policy's name; made from the rule where it is left out.
        pods: Labels of the pods it is for; all pods of the namespace where it is left out.
        from_pods: Labels of the pods that may come in.
        from_namespaces: Labels of the namespaces that may come in.
        ports: TCP ports that they may come to; all where it is left out.
        namespace: The namespace.
    """
    namespace = session.find.home(namespace)
    spec = policy(rule, pods or {}, from_pods or {}, from_namespaces or {}, ports or [])
    name = name or named(rule, pods or {})
    marks = await _named_namespace(session, from_namespaces or {})
    known = {} if marks else from_namespaces or {}
    warnings = [*meant(rule), *await _effect(session, namespace, pods or {}, from_pods or {}, known)]
    kind = kind_of(session, "networkpolicies", "networking.k8s.io")
    what = f"{rule.replace('_', ' ')} for {_whom(pods or {}, namespace)}"
    draft = await create(session, kind, namespace, name, {"spec": spec}, what=what, warnings=tuple(warnings))
    if marks:
        draft = replace(draft, operations=(*marks, *draft.operations), warnings=(*draft.warnings, MARKED))
    return draft


def policy(
    rule: Rule, pods: dict[str, str], from_pods: dict[str, str], from_namespaces: dict[str, str], ports: list[int]
) -> Manifest:
    """The `spec` of a rule. Raises ToolError(BAD_ARGUMENTS) for arguments that the rule does not take. Pure."""
    if rule != "allow_from" and (from_pods or from_namespaces):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{rule} takes no sources: the rule allow_from does")
    if rule not in ("allow_from", "allow_same_namespace") and ports:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{rule} takes no ports: the rules allow_from does")
    if rule == "allow_from" and not (from_pods or from_namespaces or ports):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say from which pods or namespaces, or to which ports")
    chosen: Manifest = {"podSelector": {"matchLabels": pods} if pods else {}}
    open_ports = {"ports": [{"port": port, "protocol": "TCP"} for port in ports]} if ports else {}
    match rule:
        case "deny_all":
            return chosen | {"policyTypes": ["Ingress", "Egress"]}
        case "deny_ingress":
            return chosen | {"policyTypes": ["Ingress"]}
        case "deny_egress":
            return chosen | {"policyTypes": ["Egress"]}
        case "allow_same_namespace":
            return chosen | {"policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}], **open_ports}]}
        case "allow_from":
            peer = _peer(from_pods, from_namespaces)
            return chosen | {"policyTypes": ["Ingress"], "ingress": [({"from": [peer]} if peer else {}) | open_ports]}
        case "allow_dns":
            dns = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
            return chosen | {"policyTypes": ["Egress"], "egress": [{"ports": dns}]}


def _peer(pods: dict[str, str], namespaces: dict[str, str]) -> Manifest:
    """Both selectors in one peer: the pods of those namespaces, and no others."""
    return ({"podSelector": {"matchLabels": pods}} if pods else {}) | (
        {"namespaceSelector": {"matchLabels": namespaces}} if namespaces else {}
    )


def named(rule: Rule, pods: dict[str, str]) -> str:
    """`deny-all`, `allow-from-api`: what a policy is called where nobody says. Pure."""
    base = {"deny_all": "default-deny", "deny_ingress": "default-deny-ingress", "deny_egress": "default-deny-egress"}
    plain = base.get(rule, rule.replace("_", "-")) if not pods else rule.replace("_", "-")
    tail = "-".join("".join(c if c.isalnum() or c in "-." else "-" for c in v.lower()) for v in pods.values())
    return f"{plain}-{tail}"[:63].strip("-.") if tail else plain


def meant(rule: Rule) -> list[str]:
    """What a rule also means, that people forget. Pure."""
    if rule in ("deny_all", "deny_egress"):
        return ["name lookups (DNS) are denied with it: add the rule allow_dns where pods need them"]
    if rule == "allow_dns":
        return ["these pods may from now on send nothing but DNS, and what other policies allow"]
    if rule in ("allow_same_namespace", "allow_from"):
        return ["whatever else reaches these pods today is cut off, but for what other policies allow"]
    return []


async def _named_namespace(session: Session, labels: dict[str, str]) -> tuple[Operation, ...]:
    """Servers before 1.21 do not label a namespace with its own name: then this does, so that it can be selected."""
    name = labels.get(OWN_NAME)
    if name is None:
        return ()
    kind = kind_of(session, "namespaces")
    live = await existing(session, kind, "", name)
    if live is None or OWN_NAME in labels_of(live):
        return ()
    return (Operation("patch", kind, "", name, live, {"metadata": {"labels": {OWN_NAME: name}}}),)


def _whom(pods: dict[str, str], namespace: str) -> str:
    return f"pods with {listed(f'{k}={v}' for k, v in pods.items())}" if pods else f"all pods of {namespace}"


async def _effect(
    session: Session, namespace: str, pods: dict[str, str], from_pods: dict[str, str], from_namespaces: dict[str, str]
) -> list[str]:
    """Selectors that select nothing now, and a cluster in which no policy has any effect."""
    found: list[str] = []
    there = await _labels(session, "pods", namespace)
    if pods and there is not None and not any(selected(pods, one) for one in there):
        found.append(f"no pod in {namespace} has these labels now: {_pairs(pods)}")
    if from_pods and not from_namespaces and there is not None and not any(selected(from_pods, o) for o in there):
        found.append(f"no pod in {namespace} has the labels of those who may come in: {_pairs(from_pods)}")
    if from_namespaces:
        spaces = await _labels(session, "namespaces", "")
        if spaces is not None and not any(selected(from_namespaces, one) for one in spaces):
            found.append(f"no namespace has these labels now, so that nobody comes in: {_pairs(from_namespaces)}")
    if await enforced(session) is False:
        found.append(UNENFORCED)
    return found


def _pairs(labels: dict[str, str]) -> str:
    return listed(f"{key}={value}" for key, value in labels.items())


async def _labels(session: Session, plural: str, namespace: str) -> list[dict[str, str]] | None:
    try:
        found = await session.api.items(kind_of(session, plural).path(namespace))
    except KubeError as error:
        if error.status == 403:
            return None
        raise
    return [labels_of(one) for one in found]


async def enforced(session: Session) -> bool | None:
    """Whether a network plugin that enforces policies is there; None where that cannot be seen."""
    try:
        found = await session.api.items(kind_of(session, "daemonsets", "apps").path())
    except KubeError as error:
        if error.status == 403:
            return None
        raise
    return any(enforces(one) for one in found)


def enforces(daemon_set: Manifest) -> bool:
    """Whether a daemon set is one of a network plugin that enforces policies, by its name and images. Pure."""
    images = " ".join(str(one) for one in at(daemon_set, "spec.template.spec.containers[*].image"))
    return any(part in name_of(daemon_set) or f"/{part}" in images for part in ENFORCERS)
