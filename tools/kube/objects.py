"""Manifests as values: where something stands in one, what it is called, and what of it matters."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

# A manifest is JSON whose shape the server decides; reading it through JsonValue would need a cast at every step.
Manifest = dict[str, Any]

_PART = re.compile(r"""([^.\[\]]+)|\[(\d+)\]|\["([^"]*)"\]|\[\*\]""")
VOLATILE = ("managedFields", "resourceVersion", "generation", "selfLink")
"""Parts of `metadata` that the server keeps for itself."""
COUNTED = ("deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation")
"""Annotations in which it counts."""


def at(obj: object, path: str, default: object = None) -> Any:  # noqa: ANN401 - what stands there is the server's business
    """The value at `spec.containers[0].image`, `metadata.labels["a.b/c"]`; `[*]` gives the list of all matches."""
    found: list[object] = [obj]
    many = False
    for match in _PART.finditer(path):
        key, index, quoted = match.groups()
        if match[0] == "[*]":
            many = True
            found = [item for one in found if isinstance(one, list) for item in one]
            continue
        name = key if key is not None else quoted
        following: list[object] = []
        for one in found:
            if name is not None and isinstance(one, dict) and name in one:
                following.append(one[name])
            elif index is not None and isinstance(one, list) and int(index) < len(one):
                following.append(one[int(index)])
        found = following
    if many:
        return found
    return found[0] if found and found[0] is not None else default


def name_of(obj: Manifest) -> str:
    return str(at(obj, "metadata.name", ""))


def namespace_of(obj: Manifest) -> str:
    return str(at(obj, "metadata.namespace", ""))


def uid_of(obj: Manifest) -> str:
    return str(at(obj, "metadata.uid", ""))


def version_of(obj: Manifest) -> str:
    """The resourceVersion."""
    return str(at(obj, "metadata.resourceVersion", ""))


def labels_of(obj: Manifest) -> dict[str, str]:
    return dict(at(obj, "metadata.labels", {}))


def said(kind: str, namespace: str, name: str) -> str:
    """`Deployment shop/checkout`, `Node node1`: how an object is named everywhere."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def label(obj: Manifest) -> str:
    """The same for an object that carries its kind."""
    return said(str(obj.get("kind", "object")), namespace_of(obj), name_of(obj))


def matches(selector: Manifest | None, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector (`matchLabels`, `matchExpressions`) selects the labels. None selects nothing."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for rule in selector.get("matchExpressions") or ():
        value, values = labels.get(rule["key"]), rule.get("values") or ()
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds.get(rule["operator"], False):
            return False
    return True


def selected(selector: dict[str, str] | None, labels: dict[str, str]) -> bool:
    """Whether a plain selector, as services have, selects the labels. An empty one selects nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in (selector or {}).items())


def canonical(value: object) -> str:
    """JSON with sorted keys: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def material(obj: Manifest) -> Manifest:
    """What people decide about an object: without status, and without what the server counts and notes in metadata."""
    kept = {key: value for key, value in obj.items() if key != "status"}
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in VOLATILE}
    annotations = dict(metadata.get("annotations") or {})
    for noise in COUNTED:
        annotations.pop(noise, None)
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    kept["metadata"] = metadata
    return kept


def digest(*values: object) -> str:
    """SHA-256, in hex, over JSON values."""
    return hashlib.sha256(canonical(list(values)).encode()).hexdigest()


def listed(names: Iterable[str], most: int = 10) -> str:
    """`a, b and 3 more`."""
    all_names = list(names)
    if len(all_names) <= most:
        return ", ".join(all_names)
    return f"{', '.join(all_names[:most])} and {len(all_names) - most} more"
