"""Single facts about an object by a word ("images", "node", "taints") or by a path. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tools.kube import quantities
from tools.kube.objects import Manifest, at, canonical
from tools.kube.secrecy import masked
from tools.kube.traits import at_each, containers, images, is_workload, pod_spec, replicas, restarts, state, total
from tools.kube.wording import age, age_s, present


def pairs(found: dict[str, object]) -> str:
    return ",".join(f"{key}={value}" for key, value in found.items()) or "<none>"


def _resources(obj: Manifest, which: str) -> str:
    return pairs({name: quantities.said(name, value) for name, value in sorted(total(obj, which).items())})


def _ports(obj: Manifest) -> str:
    if obj.get("kind") == "Service":
        return ",".join(_service_port(one) for one in at(obj, "spec.ports", [])) or "<none>"
    found = [f"{one.get('containerPort')}/{one.get('protocol', 'TCP')}" for one in at_each(containers(obj), "ports")]
    return ",".join(found) or "<none>"


def _service_port(port: Manifest) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}->{port.get('targetPort', port.get('port'))}/{port.get('protocol', 'TCP')}"


def _owner(obj: Manifest) -> str:
    owners = at(obj, "metadata.ownerReferences", [])
    return ",".join(f"{one.get('kind')}/{one.get('name')}" for one in owners) or "<none>"


def _replicas(obj: Manifest) -> str:
    ready, wanted = replicas(obj)
    return f"{ready}/{wanted}" if is_workload(obj) else "<none>"


def _ip(obj: Manifest) -> str:
    addresses = [str(one.get("address")) for one in at(obj, "status.addresses", [])]
    return str(at(obj, "status.podIP") or at(obj, "spec.clusterIP") or ",".join(addresses) or "<none>")


def _taints(obj: Manifest) -> str:
    found = [
        f"{one.get('key')}{'=' + str(one['value']) if one.get('value') else ''}:{one.get('effect')}"
        for one in at(obj, "spec.taints", [])
    ]
    return ",".join(found) or "<none>"


_FACTS: Final[dict[str, Callable[[Manifest], str]]] = {
    "images": lambda obj: ",".join(images(obj)) or "<none>",
    "labels": lambda obj: pairs(at(obj, "metadata.labels", {})),
    "annotations": lambda obj: pairs(at(masked(obj), "metadata.annotations", {})),
    "node": lambda obj: str(pod_spec(obj).get("nodeName") or "<none>"),
    "ip": _ip,
    "replicas": _replicas,
    "age": lambda obj: age(age_s(obj, present())),
    "restarts": lambda obj: str(restarts(obj)),
    "ports": _ports,
    "owner": _owner,
    "requests": lambda obj: _resources(obj, "requests"),
    "limits": lambda obj: _resources(obj, "limits"),
    "serviceaccount": lambda obj: str(pod_spec(obj).get("serviceAccountName") or "<none>"),
    "taints": _taints,
    "status": state,
}
WORDS: Final = {"image": "images", "label": "labels", "annotation": "annotations", "nodes": "node", "port": "ports",
                "service_account": "serviceaccount", "owners": "owner", "taint": "taints"}  # fmt: skip


def fact(obj: Manifest, word: str) -> str | None:
    """A fact by its word (`images`, `node`, `restarts` ...); None where the word names none."""
    found = _FACTS.get(WORDS.get(word.lower(), word.lower()))
    return found(obj) if found is not None else None


def path_of(said: str) -> str:
    """A path as `at` takes it, of what people write: `{.spec.replicas}`, `.spec.replicas`, `$.spec.replicas`."""
    return said.strip().removeprefix("{").removesuffix("}").removeprefix("$").lstrip(".")


def shown_at(obj: Manifest, said: str) -> str:
    """The value at a path on one line, without secrets; `<none>` where nothing is."""
    value = at(masked(obj), path_of(said))
    if value is None or value == []:
        return "<none>"
    return value if isinstance(value, str) else canonical(value)
