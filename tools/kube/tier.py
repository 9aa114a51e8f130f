"""How grave a write is, from what it touches. Pure; it only informs the person who approves."""

from __future__ import annotations

from typing import Final, Literal

from tools.kube.change import DEVICE, Draft, Operation
from tools.kube.guard import replicas_set
from tools.kube.objects import Manifest, at

Tier = Literal["low", "medium", "high", "critical"]
_ORDER: Final = ("low", "medium", "high", "critical")
_ACCESS: Final = frozenset(
    {"roles", "rolebindings", "clusterroles", "clusterrolebindings", "certificatesigningrequests"}
)
_ADMISSION: Final = frozenset(
    {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}
    | {"validatingadmissionpolicies", "validatingadmissionpolicybindings"}
    | {"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}
)
_HOST: Final = frozenset({"privileged", "hostPID", "hostIPC", "hostNetwork"})
_DATA: Final = frozenset({"persistentvolumeclaims", "persistentvolumes", "secrets", "customresourcedefinitions"})


def tier(draft: Draft) -> tuple[Tier, str]:
    """The gravest of the draft's operations, and why."""
    rated = [rate(one) for one in draft.operations] or [("low", "nothing changes")]
    found: tuple[Tier, str] = max(rated, key=lambda one: _ORDER.index(one[0]))
    if len(draft.operations) > 10 and found[0] in ("low", "medium"):
        return "high", f"{len(draft.operations)} objects at once"
    return found


def rate(one: Operation) -> tuple[Tier, str]:
    """One operation."""
    plural = one.kind.plural
    if plural in _ADMISSION:
        return "critical", "it changes what the API server lets in"
    if one.subresource == "finalize":
        return "critical", "what is left in the namespace is out of reach afterwards"
    if one.action == "delete":
        if plural in ("namespaces", "customresourcedefinitions", "nodes") or plural in _DATA:
            return "critical", f"deleting a {one.kind.kind} takes its contents with it"
        return "high", "it deletes"
    if one.action == "exec" and not _copies(one):
        return "critical", "what a command does cannot be foreseen"
    if one.action == "exec":
        return "high", "it reads or replaces files of a container"
    if one.kind is DEVICE:
        return "low", "it is kept on this device"
    if one.action == "save":
        return "high", "what is secret leaves the cluster"
    if plural == "certificatesigningrequests" and _denies(one):
        return "medium", "a denial is final: a new request has to be sent"
    if plural in _ACCESS:
        wide = not one.kind.namespaced or _wild(one)
        return ("critical", "it grants rights in the whole cluster") if wide else ("high", "it grants rights")
    if one.action == "evict" or plural == "nodes":
        return "high", "it touches a node or moves pods"
    if _unfinalized(one):
        return "high", "what its finalizers were to clean up stays behind"
    if replicas_set(one) == 0:
        return "high", "no replica stays"
    if plural != "customresourcedefinitions" and _on_host(one.body):
        return "high", "its pods reach into their node"
    if one.action == "create" or (one.action == "apply" and one.live is None):
        return "low", "it only adds"
    if _of_template(one.body):
        return "medium", "pods are replaced"
    return "medium", "it changes what is there"


def _copies(one: Operation) -> bool:
    """Whether the command is the device's own, which copies a file."""
    return isinstance(one.body, dict) and bool({"sha256", "target"} & one.body.keys())


def _denies(one: Operation) -> bool:
    """Whether a request for a certificate is refused by it, and approved by nobody."""
    types = {condition.get("type") for condition in at(one.body, "status.conditions", [])}
    return "Denied" in types and "Approved" not in types


def _of_template(body: object) -> bool:
    """Whether a body changes how pods are made."""
    if isinstance(body, list):
        return any(str(at(step, "path", "")).startswith(("/spec/template", "/spec/jobTemplate")) for step in body)
    return isinstance(body, dict) and (at(body, "spec.template") or at(body, "spec.jobTemplate")) is not None


def _wild(one: Operation) -> bool:
    rules = at(one.body, "rules", [])
    return any("*" in (rule.get("verbs") or ()) or "*" in (rule.get("resources") or ()) for rule in rules)


def _unfinalized(one: Operation) -> bool:
    """Whether a finalizer that the object has goes."""
    had = set(at(one.live, "metadata.finalizers", []))
    if isinstance(one.body, list):
        steps = [step for step in one.body if isinstance(step, dict)]
        return any(
            step.get("op") in ("remove", "replace", "move")
            and str(step.get("from" if step.get("op") == "move" else "path", "")).startswith("/metadata/finalizers")
            for step in steps
        )
    metadata = at(one.body, "metadata")
    if not isinstance(metadata, dict) or not had:
        return False
    if "finalizers" not in metadata:
        return one.action in ("replace", "put")
    return bool(had - set(metadata["finalizers"] or ()))


def _on_host(body: object) -> bool:
    """Whether a manifest or a patch gives pods their node's processes, network, files or devices."""
    if isinstance(body, list):
        return any(_on_host(_last(one)) for one in body)
    if not isinstance(body, dict):
        return False
    return any(
        (key in _HOST and value is True) or (key == "hostPath" and bool(value)) or _on_host(value)
        for key, value in body.items()
    )


def _last(step: object) -> object:
    """A step of a JSON patch as what it sets under its last key; anything else as it is."""
    path = at(step, "path")
    if not isinstance(step, dict) or "op" not in step or not isinstance(path, str):
        return step
    value: Manifest = {path.rpartition("/")[2]: step.get("value")}
    return value
