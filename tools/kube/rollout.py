"""Whether a workload's rollout is complete, and what its new pods say where it is not."""

from __future__ import annotations

from typing import Final

from tools.kube.change import Intent
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, listed, name_of, namespace_of, uid_of
from tools.kube.secrecy import hidden
from tools.kube.session import Session

REVISION: Final = 'metadata.annotations["deployment.kubernetes.io/revision"]'
ROLLED: Final = ("Deployment", "StatefulSet", "DaemonSet")
STUCK: Final = frozenset(
    {"ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "CrashLoopBackOff"}
    | {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
"""What a container waits for that does not come by waiting."""
PODS: Final = 500


def complete(session: Session) -> Intent:
    """All pods are of the newest template, and ready; where they are not, the pods' own reasons are told."""

    async def why(live: Manifest) -> tuple[str, bool]:
        return await reasons(session, live)

    return Intent("the rollout is complete", missing, why)


def missing(live: Manifest | None) -> str:
    """What a Deployment, StatefulSet or DaemonSet still lacks; "" where its rollout is complete. Pure."""
    if live is None:
        return "it is gone"
    status = live.get("status") or {}
    if int(status.get("observedGeneration", 0)) < int(at(live, "metadata.generation", 0)):
        return "its controller has not seen the change yet"
    if live.get("kind") == "DaemonSet":
        wanted = int(status.get("desiredNumberScheduled", 0))
        new, ready, all_pods = (
            int(status.get(key, 0)) for key in ("updatedNumberScheduled", "numberAvailable", "currentNumberScheduled")
        )
    else:
        wanted = int(at(live, "spec.replicas", 1))
        new, ready, all_pods = (int(status.get(key, 0)) for key in ("updatedReplicas", "readyReplicas", "replicas"))
        if live.get("kind") == "StatefulSet" and status.get("updateRevision") == status.get("currentRevision"):
            new = all_pods
    if at(live, "spec.paused"):
        return ""
    new_wanted = max(0, wanted - int(at(live, "spec.updateStrategy.rollingUpdate.partition", 0)))
    if by_hand(live) or new_wanted < wanted:
        return "" if ready >= wanted and (by_hand(live) or new >= new_wanted) else f"{ready} of {wanted} pods are ready"
    if new < wanted:
        return f"{new} of {wanted} pods are new"
    if all_pods > new:
        return f"{all_pods - new} old pods are still there"
    return "" if ready >= wanted else f"{ready} of {wanted} new pods are ready"


def by_hand(live: Manifest) -> bool:
    """Whether its pods get a new template only when somebody deletes them."""
    return bool(at(live, "spec.updateStrategy.type") == "OnDelete")


async def reasons(session: Session, live: Manifest) -> tuple[str, bool]:
    """What the pods of the newest template wait for, in words, and whether waiting longer is of no use."""
    try:
        pods = await new_pods(session, live)
    except KubeError:
        # The rollout's state is told either way; that the pods may not be read takes nothing from it.
        return "", False
    found = [one for pod in pods if (one := trouble(pod))[0]]
    told = listed(dict.fromkeys(text for text, _ in found), 3)
    return told, any(final for _, final in found)


async def new_pods(session: Session, live: Manifest) -> list[Manifest]:
    """The pods that a workload made from its present template."""
    labels = at(live, "spec.selector.matchLabels", {})
    key, value = await _revision(session, live, labels)
    chosen = ",".join(f"{k}={v}" for k, v in ({**labels, key: value} if value else labels).items())
    pods = session.kinds.get("pods")
    if pods is None or not chosen or not value:
        return []
    return await session.api.items(pods.path(namespace_of(live)), (("labelSelector", chosen),), most=PODS)


async def _revision(session: Session, live: Manifest, labels: dict[str, str]) -> tuple[str, str]:
    """The label, and its value, by which the pods of the newest template are known."""
    if live.get("kind") == "StatefulSet":
        return "controller-revision-hash", str(at(live, "status.updateRevision", ""))
    if live.get("kind") == "DaemonSet":
        note = 'metadata.annotations["deprecated.daemonset.template.generation"]'
        return "pod-template-generation", str(at(live, note, ""))
    sets = session.kinds.get("replicasets", "apps")
    revision = at(live, REVISION)
    if sets is None or revision is None:
        return "pod-template-hash", ""
    query = (("labelSelector", ",".join(f"{k}={v}" for k, v in labels.items())),)
    for one in await session.api.items(sets.path(namespace_of(live)), query):
        if at(one, "metadata.ownerReferences[0].uid") == uid_of(live) and at(one, REVISION) == revision:
            return "pod-template-hash", str(at(one, 'metadata.labels["pod-template-hash"]', ""))
    return "pod-template-hash", ""


def trouble(pod: Manifest) -> tuple[str, bool]:
    """Why a pod is not ready, in words ("" where it is, or only starts), and whether waiting is of no use. Pure."""
    statuses = [
        *(at(pod, "status.initContainerStatuses") or ()),
        *(at(pod, "status.containerStatuses") or ()),
    ]
    for one in statuses:
        waiting = at(one, "state.waiting") or {}
        reason = str(waiting.get("reason") or "")
        if reason in STUCK:
            more = hidden(str(waiting.get("message") or at(one, "lastState.terminated.reason") or ""))[:160]
            return f"pod {name_of(pod)}: {reason}{f' ({more})' if more else ''}", True
    for condition in at(pod, "status.conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"pod {name_of(pod)} is not scheduled: {hidden(str(condition.get('message', '')))[:200]}", False
    return "", False
