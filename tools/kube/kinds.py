"""Discovery: which kinds the server has, what people call them, and where they are."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.api import Api
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest

# What people say beyond discovery's own names.
SYNONYMS = {
    "service account": "serviceaccounts",
    "config map": "configmaps",
    "network policy": "networkpolicies",
    "cron job": "cronjobs",
    "stateful set": "statefulsets",
    "daemon set": "daemonsets",
    "replica set": "replicasets",
    "cluster role": "clusterroles",
    "cluster role binding": "clusterrolebindings",
    "role binding": "rolebindings",
    "resource quota": "resourcequotas",
    "limit range": "limitranges",
    "storage class": "storageclasses",
    "persistent volume": "persistentvolumes",
    "persistent volume claim": "persistentvolumeclaims",
    "volume claim": "persistentvolumeclaims",
    "claim": "persistentvolumeclaims",
    "volume": "persistentvolumes",
    "autoscaler": "horizontalpodautoscalers",
    "horizontal pod autoscaler": "horizontalpodautoscalers",
    "disruption budget": "poddisruptionbudgets",
    "pod disruption budget": "poddisruptionbudgets",
    "custom resource definition": "customresourcedefinitions",
    "certificate signing request": "certificatesigningrequests",
    "quota": "resourcequotas",
    "limit": "limitranges",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object as discovery lists it. `subresources`: `scale`, `status`, `log` ..."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    short: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL's path of an object, or of the collection without a name. An empty namespace means all of them."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        tail = f"/{quote(name, safe='')}" if name else ""
        return f"{root}{inside}/{self.plural}{tail}{f'/{subresource}' if subresource else ''}"


@dataclass(frozen=True)
class Kinds:
    """All kinds of a server, by every name that people use for them."""

    all: tuple[Kind, ...]
    names: dict[str, Kind] = field(default_factory=dict)
    version: str = ""

    @classmethod
    def of(cls, kinds: Iterable[Kind], version: str = "") -> Kinds:
        """Where two groups have one name, the server's own groups come before others, in discovery's order."""
        found = tuple(kinds)
        names: dict[str, Kind] = {}
        for kind in sorted(found, key=lambda one: "." in one.group and not one.group.endswith(".k8s.io")):
            for name in _names(kind):
                names.setdefault(name, kind)
        for said, plural in SYNONYMS.items():
            if plural in names:
                names.setdefault(said, names[plural])
                names.setdefault(said + "s", names[plural])
        return cls(found, names, version)

    def find(self, word: str) -> Kind:
        """The kind that a word means. Raises ToolError(BAD_ARGUMENTS), naming the closest."""
        key = " ".join(word.lower().split())
        found = self.names.get(key) or self.names.get(key.replace(" ", ""))
        if found is None:
            near = difflib.get_close_matches(key[:60], self.names, n=3, cutoff=0.75)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `kube.api_resources` for what there is"
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this cluster has no kind `{word[:60]}`: {hint}")
        return found

    def get(self, plural: str, group: str = "") -> Kind | None:
        """The kind by its plural and group; a group of "*" means any."""
        return next((k for k in self.all if k.plural == plural and group in (k.group, "*")), None)

    def of_manifest(self, manifest: Manifest) -> Kind:
        """The kind that a manifest says it is. Raises ToolError(BAD_ARGUMENTS)."""
        version, name = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
        for kind in self.all:
            if kind.kind == name and kind.api_version == version:
                return kind
        others = sorted({kind.api_version for kind in self.all if kind.kind == name})
        hint = f"it has {name} as {', '.join(others)}" if others else self._near(name)
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this cluster has no {version} {name[:60]}: {hint}")

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, {kind.kind for kind in self.all}, n=2)
        return f"did you mean {' or '.join(near)}?" if near else "see `kube.api_resources`"


async def discover(api: Api) -> Kinds:
    """Ask the server what it has. A group that cannot be asked is left out, as kubectl does."""
    version, core, groups = await asyncio.gather(api.get("/version"), api.get("/api/v1"), api.get("/apis"))
    preferred = [
        (str(group["name"]), str(one["version"]), str(group["preferredVersion"]["version"]))
        for group in groups.get("groups") or ()
        for one in group.get("versions") or ()
    ]
    lists = await asyncio.gather(*(_group(api, name, one) for name, one, _ in preferred))
    best = {name: chosen for name, _, chosen in preferred}
    kinds = [*_kinds("", "v1", core)]
    seen: set[tuple[str, str]] = {(kind.group, kind.plural) for kind in kinds}
    # The group's preferred version first, then what only another version has.
    order = sorted(zip(preferred, lists, strict=True), key=lambda row: row[0][1] != best[row[0][0]])
    for (name, one, _), found in order:
        for kind in _kinds(name, one, found):
            if (kind.group, kind.plural) not in seen:
                seen.add((kind.group, kind.plural))
                kinds.append(kind)
    return Kinds.of(kinds, str(version.get("gitVersion", "")))


async def _group(api: Api, name: str, version: str) -> Manifest:
    try:
        return await api.get(f"/apis/{name}/{version}")
    except KubeError as error:
        if error.status in (401, 0):
            raise
        return {}


def _kinds(group: str, version: str, found: Manifest) -> list[Kind]:
    resources: Sequence[Manifest] = found.get("resources") or ()
    below: dict[str, set[str]] = {}
    for one in resources:
        plural, mark, subresource = str(one["name"]).partition("/")
        if mark:
            below.setdefault(plural, set()).add(subresource)
    return [
        Kind(
            group=group,
            version=version,
            kind=str(one["kind"]),
            plural=str(one["name"]),
            singular=str(one.get("singularName") or one["kind"]).lower(),
            namespaced=bool(one["namespaced"]),
            verbs=frozenset(one.get("verbs") or ()),
            short=tuple(one.get("shortNames") or ()),
            subresources=frozenset(below.get(str(one["name"]), ())),
        )
        for one in resources
        if "/" not in str(one["name"])
    ]


def _names(kind: Kind) -> list[str]:
    plain = [kind.plural, kind.singular, kind.kind.lower(), *kind.short]
    return [*plain, kind.qualified, f"{kind.singular}.{kind.group}"] if kind.group else plain
