"""Objects of any kind by their manifests: apply, create, patch, replace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace as changed
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.errors import ToolError
from tools.kube import podspec, rollout
from tools.kube.arguments import KindWord, Name, Namespace, WaitSeconds
from tools.kube.change import Action, Draft, Intent, Operation, Patch, patched
from tools.kube.creating import existing
from tools.kube.kinds import Kind
from tools.kube.manifest_files import ManifestOrPath, given
from tools.kube.objects import Manifest, at, label, listed
from tools.kube.session import Session
from tools.kube.verbs import writes

# What others need: made first, whatever the file's order.
FIRST: Final = ("Namespace", "CustomResourceDefinition", "ServiceAccount")
POD_KINDS: Final = (*rollout.ROLLED, "ReplicaSet", "Job", "CronJob", "Pod")
BUILT_IN: Final = frozenset(
    {"", "apps", "batch", "autoscaling", "policy", "extensions", "networking.k8s.io", "storage.k8s.io"}
    | {"rbac.authorization.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "certificates.k8s.io"}
    | {"admissionregistration.k8s.io", "node.k8s.io", "discovery.k8s.io", "events.k8s.io"}
)
"""Groups that know strategic merge patches; custom resources do not."""


@writes(
    "kube.apply",
    examples=(
        "apply manifests/web.yaml",
        "apply the manifest deploy.yaml in namespace shop",
        "bring the cluster to what config/all.yaml says",
        "kubectl apply -f service.yaml",
    ),
)
async def apply(
    session: Session,
    *,
    manifest: ManifestOrPath,
    namespace: Namespace = "",
    force: bool = False,
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Make objects as their manifests say, by server-side apply; what other appliers keep is not taken from them.

    Args:
        manifest: An object, or a YAML file of the workspace with one or several.
        namespace: Where, for objects that do not say so themselves.
        force: Refused: fields of other owners are changed where these keep them.
        wait_s: How long to wait until workloads are rolled out.
    """
    if force:
        raise ToolError(ErrorCode.DENIED, "fields of other owners are not taken by force: change them where these are")
    return await _all(session, "apply", await given(session.context, manifest), namespace, wait_s)


@writes(
    "kube.create",
    examples=(
        "create what job.yaml says",
        "create the objects of manifests/base.yaml in shop",
        "kubectl create -f pod.yaml",
        "create a custom resource from widget.yaml",
    ),
)
async def create(
    session: Session, *, manifest: ManifestOrPath, namespace: Namespace = "", wait_s: WaitSeconds = 120.0
) -> Draft:
    """Create objects from their manifests; refused where one is there already.

    Args:
        manifest: An object, or a YAML file of the workspace with one or several.
        namespace: Where, for objects that do not say so themselves.
        wait_s: How long to wait until workloads are rolled out.
    """
    return await _all(session, "create", await given(session.context, manifest), namespace, wait_s)


@writes(
    "kube.replace",
    examples=(
        "replace the config map with settings.yaml",
        "replace deployment web by web.yaml",
        "kubectl replace -f service.yaml",
        "overwrite the ingress with ingress.yaml",
    ),
)
async def replace(
    session: Session, *, manifest: ManifestOrPath, namespace: Namespace = "", wait_s: WaitSeconds = 120.0
) -> Draft:
    """Replace whole objects by their manifests: what these leave out goes.

    Args:
        manifest: An object, or a YAML file of the workspace with one or several.
        namespace: Where, for objects that do not say so themselves.
        wait_s: How long to wait until workloads are rolled out.
    """
    return await _all(session, "replace", await given(session.context, manifest), namespace, wait_s)


@writes(
    "kube.patch",
    examples=(
        "patch deployment web with spec.minReadySeconds 10",
        "set spec.paused of widget w1 to true",
        "change the schedule of cronjob report to 0 4 * * *",
        "patch service api in shop: sessionAffinity ClientIP",
    ),
)
async def patch(
    session: Session,
    *,
    kind: KindWord,
    name: Name,
    patch: JsonObject,
    namespace: Namespace = "",
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Change some fields of an object; a field that is null is removed.

    Args:
        kind: The kind of object.
        name: The object.
        patch: The fields, nested as in the object, such as {"spec": {"replicas": 2}}; items of containers by name.
        namespace: Its namespace; found out where it is left open.
        wait_s: How long to wait until a workload is rolled out.
    """
    live = await session.find.one(name, kind, namespace)
    found = session.kinds.of_manifest(live)
    if found.plural == "secrets" and not found.group and {"data", "stringData"} & patch.keys():
        message = "the values of a Secret would be on record here: use kube.create_secret, or a file of the workspace"
        raise ToolError(ErrorCode.DENIED, message)
    if not patch:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which fields to change")
    for path in ("metadata.name", "metadata.namespace", "metadata.uid", "metadata.resourceVersion", "kind"):
        if at(patch, path) is not None:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} is what an object is found by: it cannot be patched")
    way: Patch = "strategic" if found.group in BUILT_IN else "merge"
    operation = patched(session.kinds, live, dict(patch), intent=_intent(session, found))
    return Draft(f"patch {label(live)}", (changed(operation, patch=way),), wait_s=wait_s)


async def _all(session: Session, action: Action, manifests: list[Manifest], namespace: str, wait_s: float) -> Draft:
    """One operation for each manifest, what others need first."""
    ordered = sorted(manifests, key=lambda one: FIRST.index(one["kind"]) if one["kind"] in FIRST else len(FIRST))
    operations = await asyncio.gather(*(_operation(session, action, one, namespace) for one in ordered))
    labels = [one.label for one in operations]
    if doubled := sorted({one for one in labels if labels.count(one) > 1}):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the manifests name {listed(doubled)} more than once")
    return Draft(f"{action} {listed(labels, 5)}", tuple(operations), wait_s=wait_s)


async def _operation(session: Session, action: Action, manifest: Manifest, namespace: str) -> Operation:
    kind = session.kinds.of_manifest(manifest)
    home = _home(session, kind, manifest, namespace)
    name = str(manifest["metadata"]["name"])
    body = {**manifest, "metadata": {**manifest["metadata"], **({"namespace": home} if home else {})}}
    if action == "apply":
        body = _with_protocols(body)
    live = None if action == "create" else await existing(session, kind, home, name)
    one = Operation(action, kind, home, name, live, body, intent=_intent(session, kind))
    if action == "replace" and live is None:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no {one.label} to replace: create it")
    return one


def _with_protocols(body: Manifest) -> Manifest:
    """Ports with the protocol that the server would give them: some servers cannot merge a port that has none."""
    if body["kind"] == "Service":
        return {**body, "spec": _ports(body.get("spec") or {})}
    if body["kind"] not in POD_KINDS:
        return body
    return _at(body, (*podspec.template_path(body), "spec"), _containers)


def _at(value: Manifest, path: tuple[str, ...], change: Callable[[Manifest], Manifest]) -> Manifest:
    """A copy in which what stands at the path is changed; the same where nothing stands there."""
    if not path:
        return change(value)
    inner = value.get(path[0])
    return {**value, path[0]: _at(inner, path[1:], change)} if isinstance(inner, dict) else value


def _containers(spec: Manifest) -> Manifest:
    lists = {part: spec[part] for part in podspec.LISTS if isinstance(spec.get(part), list)}
    return {**spec, **{part: [_ports(one) if isinstance(one, dict) else one for one in lists[part]] for part in lists}}


def _ports(holder: Manifest) -> Manifest:
    ports = holder.get("ports")
    if not isinstance(ports, list):
        return holder
    return {**holder, "ports": [{"protocol": "TCP", **one} if isinstance(one, dict) else one for one in ports]}


def _home(session: Session, kind: Kind, manifest: Manifest, namespace: str) -> str:
    said = str(manifest["metadata"].get("namespace") or "")
    if not kind.namespaced:
        return ""
    if said and namespace and said != namespace:
        name = manifest["metadata"]["name"]
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"{kind.kind} {name} says that it is in {said}, and {namespace} was asked for"
        )
    return said or session.find.home(namespace)


def _intent(session: Session, kind: Kind) -> Intent | None:
    return rollout.complete(session) if kind.group == "apps" and kind.kind in rollout.ROLLED else None
