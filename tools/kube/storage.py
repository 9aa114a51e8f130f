"""Storage: claims, and which class is the default."""

from __future__ import annotations

from typing import Final, Literal

from tools.kube.arguments import MaybeName, Name, Namespace, Quantity
from tools.kube.change import Draft, Intent, Operation
from tools.kube.creating import create, kind_of
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, label, listed, name_of
from tools.kube.session import Session
from tools.kube.verbs import writes

GROUP: Final = "storage.k8s.io"
DEFAULT: Final = "storageclass.kubernetes.io/is-default-class"
BETA: Final = "storageclass.beta.kubernetes.io/is-default-class"
Access = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]


@writes(
    "kube.create_claim",
    examples=(
        "create a 10Gi volume claim data in shop",
        "make a persistent volume claim named uploads of 5Gi with class fast",
        "I need 1Gi of storage called cache in team-a",
        "add a shared claim (ReadWriteMany) media, 20Gi",
    ),
)
async def create_claim(
    session: Session,
    *,
    name: Name,
    size: Quantity,
    storage_class: MaybeName = "",
    access: Access = "ReadWriteOnce",
    namespace: Namespace = "",
) -> Draft:
    """Ask for storage that pods can mount.

    Args:
        name: The claim.
        size: How much, such as 10Gi.
        storage_class: The class; the cluster's default where it is left out.
        access: By how many nodes it is mounted, and how.
        namespace: Where it is made.
    """
    classes = await _classes(session)
    chosen = [one for one in classes or () if (name_of(one) == storage_class if storage_class else is_default(one))]
    spec: Manifest = {"accessModes": [access], "resources": {"requests": {"storage": size}}}
    spec |= {"storageClassName": storage_class} if storage_class else {}
    warnings = _unserved(classes, chosen, storage_class)
    later = [name_of(one) for one in chosen if one.get("volumeBindingMode") == "WaitForFirstConsumer"]
    if later:
        warnings.append(
            f"class {later[0]} makes the volume when the first pod mounts the claim: it is pending until then"
        )
    intent = None if later or warnings or not chosen else Intent("the claim is bound", _bound)
    kind = kind_of(session, "persistentvolumeclaims")
    what = f"{size}, {access}{f', class {storage_class}' if storage_class else ''}"
    home = session.find.home(namespace)
    return await create(session, kind, home, name, {"spec": spec}, what=what, intent=intent, warnings=tuple(warnings))


@writes(
    "kube.set_default_storage_class",
    examples=(
        "make fast the default storage class",
        "set the default storage class to standard",
        "use local-path for claims that name no class",
        "change the cluster's default storage class to ssd",
    ),
)
async def set_default_storage_class(session: Session, *, name: Name) -> Draft:
    """Make a storage class the default: the one of claims that name none. Others cease to be it.

    Args:
        name: The storage class.
    """
    target = await session.find.one(name, "storageclasses")
    others = [one for one in await _classes(session) or () if is_default(one) and name_of(one) != name]
    kind = kind_of(session, "storageclasses", GROUP)
    # The old one first: while two are the default, claims without a class are refused.
    operations = [Operation("patch", kind, "", name_of(one), one, _marked(one, False)) for one in others]
    if not is_default(target):
        operations.append(Operation("patch", kind, "", name, target, _marked(target, True)))
    if not operations:
        return Draft(f"{label(target)} is the default")
    tail = f" in place of {listed(name_of(one) for one in others)}" if others else ""
    warnings = ("claims that are there keep their class",)
    return Draft(f"make {label(target)} the default{tail}", tuple(operations), warnings)


def is_default(storage_class: Manifest) -> bool:
    """Whether claims that name no class get this one. Pure."""
    notes: dict[str, str] = at(storage_class, "metadata.annotations", {})
    return notes.get(DEFAULT) == "true" or notes.get(BETA) == "true"


def _marked(storage_class: Manifest, default: bool) -> Manifest:
    notes = {DEFAULT: "true" if default else "false"}
    if not default and BETA in at(storage_class, "metadata.annotations", {}):
        notes[BETA] = "false"
    return {"metadata": {"annotations": notes}}


def _bound(live: Manifest | None) -> str:
    phase = at(live, "status.phase", "gone")
    return "" if phase == "Bound" else f"it is {phase}"


def _unserved(classes: list[Manifest] | None, chosen: list[Manifest], name: str) -> list[str]:
    """A warning about a claim that no class will serve."""
    if classes is None or chosen:
        return []
    there = listed(name_of(one) for one in classes) or "none"
    if name:
        return [f"there is no storage class {name} (there are: {there}): the claim waits for a volume of that class"]
    return [f"the cluster has no default storage class (there are: {there}): the claim waits until a volume fits it"]


async def _classes(session: Session) -> list[Manifest] | None:
    try:
        return await session.api.items(kind_of(session, "storageclasses", GROUP).path())
    except KubeError as error:
        if error.status == 403:
            return None
        raise
