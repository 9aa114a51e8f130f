"""Claims that are not bound, volumes that are lost, and the storage classes behind them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Evidence, Finding, Fix, evidence, ref, shown
from tools.kube.analysers.hints import meant
from tools.kube.analysers.pods import YOUNG_S
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, name_of, namespace_of
from tools.kube.quantities import number

DEFAULT: Final = 'metadata.annotations["storageclass.kubernetes.io/is-default-class"]'
STATIC: Final = "kubernetes.io/no-provisioner"


def claims(snapshot: Snapshot) -> Iterator[Finding]:
    """PersistentVolumeClaims that are not bound, unless they wait for their first pod."""
    for one in snapshot.all("persistentvolumeclaims"):
        phase = at(one, "status.phase")
        if going(one) or phase == "Bound" or snapshot.age_s(one) < YOUNG_S / 2:
            continue
        if phase == "Lost":
            cause = f"the volume {at(one, 'spec.volumeName')} that it was bound to is gone"
            fix = Fix("restore the volume, or make the claim anew: the data of the old one is not in it")
            yield Finding("claim_lost", ref(one), cause, (evidence(one, "status.phase", "Lost"),), fix=fix)
        elif found := _pending(snapshot, one):
            yield found


def _pending(snapshot: Snapshot, one: Manifest) -> Finding | None:
    wanted = at(one, "spec.storageClassName")
    classes = {name_of(c): c for c in snapshot.all("storageclasses")}
    failing = next(iter(snapshot.events(one, "ProvisioningFailed", "FailedBinding")), None)
    said = [evidence(one, f"event {failing.get('reason')}", failing.get("message", ""))] if failing else []
    if not snapshot.known("storageclasses"):
        return None
    if wanted and wanted not in classes and not _volumes(snapshot, str(wanted)):
        cause = f"its storage class {wanted} does not exist{meant(str(wanted), classes) or ' (there is none)'}"
        fix = Fix(
            "make the claim anew with a class that is there (kube.create_claim): a claim's class cannot be changed"
        )
        return Finding(
            "storage_class", ref(one), cause, (evidence(one, "spec.storageClassName", wanted), *said), fix=fix
        )
    if wanted is None and not any(at(c, DEFAULT) == "true" for c in classes.values()):
        return _no_default(one, list(classes), said, snapshot)
    chosen = classes.get(str(wanted), {})
    if chosen.get("volumeBindingMode") == "WaitForFirstConsumer" and not _users(snapshot, one):
        return None
    if failing is not None and failing.get("reason") == "ProvisioningFailed":
        cause = f"its storage class {wanted} cannot make a volume: {shown(failing.get('message', ''))}"
        return Finding("provisioning", ref(one), cause, tuple(said), fix=Fix("see to what the provisioner names"))
    if not wanted or chosen.get("provisioner") == STATIC or wanted not in classes:
        return _no_volume(snapshot, one, str(wanted or ""), said)
    if snapshot.age_s(one) < YOUNG_S * 3:
        return None
    cause = f"the provisioner {chosen.get('provisioner')} of its storage class {wanted} has made no volume yet"
    return Finding(
        "provisioning",
        ref(one),
        cause,
        (evidence(one, "spec.storageClassName", wanted), *said),
        fix=Fix("see whether the provisioner's pods run"),
    )


def _no_default(one: Manifest, classes: list[str], said: list[Evidence], snapshot: Snapshot) -> Finding | None:
    if any(_suits(volume, one) for volume in _volumes(snapshot, "")):
        return None
    cause = "it names no storage class, no class is the default, and no volume without a class suits it"
    fix = Fix("make the claim anew with a storage class (kube.create_claim), or create a volume for it")
    if len(classes) == 1:
        fix = Fix(
            f"make {classes[0]} the default, and the claim anew", "kube.set_default_storage_class", {"name": classes[0]}
        )
    facts = (evidence(one, "spec.storageClassName", "none"), *said)
    return Finding("storage_class", ref(one), cause + meant("", classes), facts, fix=fix)


def _no_volume(snapshot: Snapshot, one: Manifest, wanted: str, said: list[Evidence]) -> Finding:
    volumes = _volumes(snapshot, wanted)
    size, modes = at(one, "spec.resources.requests.storage"), ",".join(at(one, "spec.accessModes", []))
    cause = f"no volume suits it ({size}, {modes}, storage class {wanted or 'none'})"
    if volumes:
        reasons = sorted({_misfit(volume, one) for volume in volumes})
        cause += f": of {len(volumes)} of that class, {'; '.join(reasons[:3])}"
    fix = Fix("create a volume that suits it, or a claim that suits a volume (kube.create_claim)")
    return Finding(
        "no_volume", ref(one), cause, (evidence(one, "spec.resources.requests.storage", size), *said), fix=fix
    )


def _volumes(snapshot: Snapshot, wanted: str) -> list[Manifest]:
    return [one for one in snapshot.all("persistentvolumes") if (at(one, "spec.storageClassName") or "") == wanted]


def _suits(volume: Manifest, claim: Manifest) -> bool:
    return not _misfit(volume, claim)


def _misfit(volume: Manifest, claim: Manifest) -> str:
    """Why a volume is not for a claim; "" where it is."""
    state = str(at(volume, "status.phase", ""))
    bound = at(volume, "spec.claimRef", {})
    if state != "Available" and (bound.get("namespace"), bound.get("name")) != (namespace_of(claim), name_of(claim)):
        return f"{name_of(volume)} is {state}"
    if number(at(volume, "spec.capacity.storage", "0")) < number(at(claim, "spec.resources.requests.storage", "0")):
        return f"{name_of(volume)} is too small ({at(volume, 'spec.capacity.storage')})"
    if not set(at(claim, "spec.accessModes", [])) <= set(at(volume, "spec.accessModes", [])):
        return f"{name_of(volume)} has other access modes ({','.join(at(volume, 'spec.accessModes', []))})"
    return ""


def _users(snapshot: Snapshot, claim: Manifest) -> bool:
    return any(
        name_of(claim) in at(pod, "spec.volumes[*].persistentVolumeClaim.claimName")
        for pod in snapshot.inside("pods", namespace_of(claim))
    )


def volumes(snapshot: Snapshot) -> Iterator[Finding]:
    """PersistentVolumes that failed, or that wait for somebody after their claim went."""
    for one in snapshot.all("persistentvolumes"):
        state = at(one, "status.phase")
        if state == "Failed":
            text = at(one, "status.message", "")
            fix = Fix("see to the storage behind it; then delete the volume")
            yield Finding(
                "volume_failed",
                ref(one),
                f"it could not be reclaimed: {shown(text)}",
                (evidence(one, "status.message", text),),
                "warning",
                fix,
            )
        elif state == "Released":
            was = f"{at(one, 'spec.claimRef.namespace')}/{at(one, 'spec.claimRef.name')}"
            cause = f"its claim {was} is gone, its data is kept, and no other claim can have it"
            yield Finding(
                "volume_released",
                ref(one),
                cause,
                (evidence(one, "status.phase", "Released"),),
                "notice",
                Fix("remove its claimRef to use it again, or delete it"),
            )
