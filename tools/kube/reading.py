"""`kube.get`: one object, in short, a field of it, or whole."""

from __future__ import annotations

import base64
import json
import re
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.arguments import Output
from tools.errors import ToolError, printable
from tools.kube import facts, rules, tables, traits
from tools.kube.arguments import KindWord, Name, Namespace
from tools.kube.objects import Manifest, at, label, labels_of, listed
from tools.kube.secrecy import HIDDEN, masked
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import TEXT_CHARACTERS, bounded, bytes_said, clean, counted

Path = Annotated[str, Field(max_length=500)]
Format = Literal["summary", "yaml", "json"]
_LONG: Final = 200
MOST_LINES: Final = 60
_TOLD: Final = frozenset({"Node", "Secret", "ConfigMap", "Service", "Namespace", "Event"})
_BOOKKEEPING: Final = re.compile(r"(^|\.)(kubernetes|k8s|openshift)\.io/")
_ELSEWHERE: Final = frozenset({"apiVersion", "kind", "metadata", "status"})


class Object(Output):
    """`value`: what stands at the path that was asked for, or the whole object with format json; secrets hidden.

    `found`: whether something stands there.
    """

    text: str
    kind: str
    name: str
    namespace: str
    value: Json
    found: bool


@reads(
    "kube.get",
    examples=(
        "show deployment checkout",
        "give me the yaml of service web",
        "which image does api run?",
        "how many replicas does checkout have?",
        "what labels does node1 have?",
    ),
)
async def get(
    session: Session,
    *,
    name: Name,
    kind: KindWord = "",
    namespace: Namespace = "",
    path: Path = "",
    format: Format = "summary",
) -> Object:
    """Show one object: in short, a single field of it, or whole. Secret values are never shown.

    Args:
        name: Its name.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        path: Only this field, such as spec.replicas, or a word such as images.
        format: summary, yaml or json.
    """
    live = await session.find.one(name, kind, namespace)
    obj = presented(live)
    about = {"kind": str(live["kind"]), "name": name, "namespace": str(at(live, "metadata.namespace", ""))}
    if path:
        return _field(live, obj, path, about)
    if format != "summary":
        shown = _yaml(obj) if format == "yaml" else json.dumps(obj, indent=2, ensure_ascii=False)
        lines = [printable(line) for line in shown.splitlines()]
        small = len(shown) <= TEXT_CHARACTERS
        return Object(text=bounded(lines), value=obj if small and format == "json" else None, found=True, **about)
    row = await tables.one(session, session.kinds.find(_word(session, live)), live)
    return Object(text=bounded(summary(live, row.cells)), value=None, found=True, **about)


def _word(session: Session, live: Manifest) -> str:
    return session.kinds.of_manifest(live).qualified


def _field(live: Manifest, obj: Manifest, path: str, about: dict[str, str]) -> Object:
    where = facts.path_of(path)
    value: Json = at(obj, where)
    if value is obj:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{path}` is no path: write it as spec.containers[0].image")
    fact = facts.fact(live, path) if value is None else None
    if value in (None, []) and fact is None:
        have = at(obj, where.rpartition(".")[0]) if "." in where else obj
        hint = f"; there is: {listed(map(str, have), 30)}" if isinstance(have, dict) else ""
        return Object(text=clean(f"{label(live)} has no {where}{hint}"), value=None, found=False, **about)
    if value in (None, []):
        value = clean(fact or "")
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(shown) > _LONG and not isinstance(value, str):
        shown = "\n" + _yaml(value)
    lines = [printable(line) for line in f"{label(live)}: {where} is {shown}".splitlines()]
    return Object(text=bounded(lines), value=value, found=True, **about)


def presented(live: Manifest) -> Manifest:
    """The object as it may be shown: without managedFields; of a secret the keys and sizes."""
    obj = masked(live)
    obj["metadata"] = {k: v for k, v in (obj.get("metadata") or {}).items() if k not in ("managedFields", "selfLink")}
    if live.get("kind") == "Secret":
        obj["data"] = {key: f"{HIDDEN} {bytes_said(size)}" for key, size in secret_sizes(live).items()}
    return obj


def secret_sizes(secret: Manifest) -> dict[str, int]:
    """Bytes of each of a secret's values."""
    return {key: _decoded(value) for key, value in (secret.get("data") or {}).items()}


def _decoded(value: object) -> int:
    try:
        return len(base64.b64decode(str(value)))
    except ValueError:
        return len(str(value))


def summary(live: Manifest, cells: dict[str, str]) -> list[str]:
    """The object in some lines: kubectl's columns, images, labels, keys, conditions that say what is wrong."""
    lines = [clean(label(live)), *_facts({k.lower(): v for k, v in cells.items() if k not in ("Name", "Namespace")})]
    seen = {key.lower() for key in cells}
    shown = {"images": ", ".join(traits.images(live))} if "images" not in seen else {}
    if traits.is_workload(live) or live.get("kind") == "Pod":
        shown |= {word: facts.fact(live, word) or "" for word in ("requests", "limits", "ports")}
        shown["service account"] = facts.fact(live, "serviceaccount") or ""
    shown["labels"] = facts.pairs(dict(labels_of(live)))
    shown["annotations"] = facts.pairs(_notes(live))
    shown["owner"] = facts.fact(live, "owner") or ""
    lines += _facts({key: value for key, value in shown.items() if value and value != "<none>"})
    return [*lines, *_node(live), *_contents(live), *_rest(live), *conditions(live)]


def _notes(live: Manifest) -> dict[str, object]:
    """The annotations that people make: short ones, and none of the cluster's own bookkeeping."""
    found = at(masked(live), "metadata.annotations", {})
    return {key: value for key, value in found.items() if len(str(value)) <= _LONG and not _BOOKKEEPING.search(key)}


def _node(live: Manifest) -> list[str]:
    """What a node has and keeps away."""
    if live.get("kind") != "Node":
        return []
    have = at(live, "status.allocatable", {})
    shown = {"allocatable": facts.pairs({one: have[one] for one in ("cpu", "memory", "pods") if one in have})}
    addresses = [f"{one.get('type')} {one.get('address')}" for one in at(live, "status.addresses", [])]
    return _facts(shown | {"addresses": ", ".join(addresses), "taints": facts.fact(live, "taints") or ""})


def _rest(live: Manifest) -> list[str]:
    """What the other kinds are about, as it stands: a role's rules, a binding's subjects, a policy's spec."""
    if traits.pod_spec(live) or live.get("kind") in _TOLD:
        return []
    if live.get("kind") in ("Role", "ClusterRole"):
        told = [clean(f"  may {rules.spoken([one])}", 500) for one in live.get("rules") or ()]
        return told or ["  may nothing: it has no rules"]
    shown = presented(live)
    parts = {key: shown[key] for key in shown if key not in _ELSEWHERE and shown[key]}
    lines = [f"  {line}" for line in _yaml(parts).splitlines()] if parts else []
    more = (
        [f"  ... and {len(lines) - MOST_LINES} more lines: format yaml shows them"] if len(lines) > MOST_LINES else []
    )
    return [*(clean(line, 500) for line in lines[:MOST_LINES]), *more]


def _facts(found: dict[str, str]) -> list[str]:
    return [clean(f"  {key}: {value}", 1000) for key, value in found.items()]


def _contents(live: Manifest) -> list[str]:
    """Keys and sizes of what a secret or a config map holds."""
    if live.get("kind") == "Secret":
        sizes = secret_sizes(live)
        return ["  keys: " + (", ".join(f"{clean(k)} ({bytes_said(n)})" for k, n in sizes.items()) or "none")]
    if live.get("kind") != "ConfigMap":
        return []
    shown = masked(live)
    data: dict[str, str] = shown.get("data") or {}
    lines = ["  data:"] if data else ["  data: none"]
    for key, value in data.items():
        short = len(value) <= _LONG and "\n" not in value
        told = value if short else f"({bytes_said(len(value.encode()))}, {counted(value.count(chr(10)) + 1, 'line')})"
        lines.append(clean(f"    {key}: {told}"))
    return lines


def conditions(live: Manifest) -> list[str]:
    """Its conditions, one a line."""
    found = at(live, "status.conditions", [])
    return [
        clean(f"  condition {one.get('type')}={one.get('status')}" + _why(one), 600)
        for one in found
        if isinstance(one, dict)
    ]


def _why(one: Manifest) -> str:
    reason, message = one.get("reason") or "", one.get("message") or ""
    said = ": ".join(str(part) for part in (reason, message) if part)
    return f" ({said})" if said else ""


def _yaml(value: object) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=160)).rstrip()
