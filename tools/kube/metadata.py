"""Labels and annotations of anything."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.kube.arguments import KindWord, Labels, MaybeName, Namespace, Selector
from tools.kube.change import Draft, patched
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of, selected
from tools.kube.secrecy import hidden
from tools.kube.session import Session
from tools.kube.verbs import writes

Part = Literal["labels", "annotations"]
MetadataKeys = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$", max_length=317)]], Field(max_length=64)
]


@writes(
    "kube.label",
    examples=(
        "label pod web-1 with tier=front",
        "add the label env=prod to all deployments in shop",
        "remove the label debug from node node1",
        "put team=payments on namespace shop",
    ),
)
async def label_objects(
    session: Session,
    *,
    kind: KindWord,
    name: MaybeName = "",
    set: Labels | None = None,
    remove: MetadataKeys | None = None,
    namespace: Namespace = "",
    selector: Selector = "",
    every: bool = False,
) -> Draft:
    """Set or remove labels of one object, of all that a selector chooses, or of every one in a namespace.

    Args:
        kind: The kind of object.
        name: The object; empty with a selector.
        set: Labels and their values.
        remove: Labels to remove.
        namespace: Its namespace; found out where it is left open.
        selector: Which objects, where no name is given, such as app=web.
        every: All objects of the kind in the namespace, which must be given; of the cluster where it has none.
    """
    return await _change(session, "labels", kind, name, dict(set or {}), remove or [], namespace, selector, every)


@writes(
    "kube.annotate",
    examples=(
        "annotate deployment checkout with owner=payments",
        "add the annotation note=migrating to pod web-1 in shop",
        "remove the annotation note from service api",
        "annotate namespace shop with contact=ops",
    ),
)
async def annotate_objects(
    session: Session,
    *,
    kind: KindWord,
    name: MaybeName = "",
    set: Labels | None = None,
    remove: MetadataKeys | None = None,
    namespace: Namespace = "",
    selector: Selector = "",
    every: bool = False,
) -> Draft:
    """Set or remove annotations of one object, of all that a selector chooses, or of every one in a namespace.

    Args:
        kind: The kind of object.
        name: The object; empty with a selector.
        set: Annotations and their values.
        remove: Annotations to remove.
        namespace: Its namespace; found out where it is left open.
        selector: Which objects, where no name is given, such as app=web.
        every: All objects of the kind in the namespace, which must be given; of the cluster where it has none.
    """
    return await _change(session, "annotations", kind, name, dict(set or {}), remove or [], namespace, selector, every)


async def _change(
    session: Session,
    part: Part,
    kind: str,
    name: str,
    wanted: dict[str, str],
    remove: list[str],
    namespace: str,
    selector: str,
    every: bool,
) -> Draft:
    if not wanted and not remove:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"say which {part} to set or to remove")
    if both := sorted(wanted.keys() & set(remove)):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{', '.join(both)} is to be set and to be removed: say which")
    objects = await chosen(session, kind, name, namespace, selector, every)
    changed = [(one, patch) for one in objects if (patch := _patch(one, part, wanted, remove))]
    told = ", ".join([*(f"{key}={value}" for key, value in wanted.items()), *(f"-{key}" for key in remove)])
    whom = listed((label(one) for one in objects), 5)
    if not changed:
        return Draft(f"the {part} of {whom} are that already")
    operations = [patched(session.kinds, one, {"metadata": {part: patch}}) for one, patch in changed]
    warnings = await _consequences(session, changed) if part == "labels" else ()
    return Draft(f"set {part} of {whom}: {hidden(told)[:500]}", tuple(operations), warnings)


async def chosen(
    session: Session, kind: str, name: str, namespace: str, selector: str, every: bool = False
) -> list[Manifest]:
    """The object of a name, all that a selector chooses, or every one. Raises ToolError where nothing is there."""
    if bool(name) + bool(selector) + every != 1:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, "say which object: one of a name, a selector such as app=web, or every"
        )
    if name:
        return [await session.find.one(name, kind, namespace)]
    found = session.kinds.find(kind)
    if every and found.namespaced and not namespace:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"every one of which namespace? {found.plural} are in namespaces")
    query = (("labelSelector", selector),) if selector else ()
    if namespace or not found.namespaced:
        objects = await session.api.items(found.path(namespace), query)
    else:
        objects = await session.find.everywhere(found, query)
    if not objects:
        where = f" in {namespace}" if namespace else ""
        matching = f"no {found.plural} match {selector}" if selector else f"there are no {found.plural}"
        raise ToolError(ErrorCode.NOT_FOUND, f"{matching}{where}")
    return sorted(objects, key=lambda one: (namespace_of(one), name_of(one)))


def _patch(one: Manifest, part: Part, wanted: dict[str, str], remove: list[str]) -> dict[str, Json]:
    """A merge patch of the labels: only what differs."""
    there = at(one, f"metadata.{part}", {})
    patch: dict[str, Json] = {key: value for key, value in wanted.items() if there.get(key) != value}
    return patch | {key: None for key in remove if key in there}


async def _consequences(session: Session, changed: list[tuple[Manifest, dict[str, Json]]]) -> tuple[str, ...]:
    """Which services begin or cease to select a pod, and which controllers let go of it."""
    pods = [(one, patch) for one, patch in changed if one.get("kind") == "Pod"]
    kind = session.kinds.get("services")
    if not pods or kind is None:
        return ()
    spaces = sorted({namespace_of(one) for one, _ in pods})[:20]
    lists = await asyncio.gather(*(session.api.items(kind.path(one)) for one in spaces))
    services = dict(zip(spaces, lists, strict=True))
    told: list[str] = []
    for pod, patch in pods:
        before = at(pod, "metadata.labels", {})
        after = {key: value for key, value in {**before, **patch}.items() if value is not None}
        for service in services.get(namespace_of(pod), ()):
            chooses = at(service, "spec.selector", {})
            was, will = selected(chooses, before), selected(chooses, after)
            if was != will:
                told.append(f"{label(service)} {'begins' if will else 'ceases'} to select {label(pod)}")
        if at(pod, "metadata.ownerReferences") and any(key in before for key in patch):
            told.append(f"{label(pod)} belongs to a controller: if that selects by a changed label, it makes a new pod")
    return tuple(told[:20])
