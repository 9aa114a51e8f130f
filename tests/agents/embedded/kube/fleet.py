"""A fleet with one cluster, or two, and machines beside it, for the tests of the grammar of Kubernetes."""

from __future__ import annotations

from functools import lru_cache

from agents.embedded.kube.compose import FRAMES, WRITES
from agents.embedded.wordset import words
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.requests import Request, RunPolicy
from protocol.vocabulary import ClusterProfile, DeviceKind, DeviceProfile, Risk, SkillSpec
from tests.support.embedded_fleet import device
from tools.kube.skills import registry

KINDS = sorted(
    words(
        "bindings/binding componentstatuses/componentstatus/cs configmaps/configmap/cm endpoints/endpoints/ep "
        "events/event/ev limitranges/limitrange/limits namespaces/namespace/ns nodes/node/no "
        "persistentvolumeclaims/persistentvolumeclaim/pvc persistentvolumes/persistentvolume/pv pods/pod/po "
        "podtemplates/podtemplate replicationcontrollers/replicationcontroller/rc resourcequotas/resourcequota/quota "
        "secrets/secret serviceaccounts/serviceaccount/sa services/service/svc apiservices/apiservice "
        "controllerrevisions/controllerrevision daemonsets/daemonset/ds deployments/deployment/deploy "
        "replicasets/replicaset/rs statefulsets/statefulset/sts events/event/ev tokenreviews/tokenreview "
        "localsubjectaccessreviews/localsubjectaccessreview selfsubjectaccessreviews/selfsubjectaccessreview "
        "selfsubjectrulesreviews/selfsubjectrulesreview subjectaccessreviews/subjectaccessreview "
        "horizontalpodautoscalers/horizontalpodautoscaler/hpa jobs/job "
        "certificatesigningrequests/certificatesigningrequest/csr ingressclasses/ingressclass ingresses/ingress/ing "
        "networkpolicies/networkpolicy/netpol ingresses/ingress/ing poddisruptionbudgets/poddisruptionbudget/pdb "
        "podsecuritypolicies/podsecuritypolicy/psp clusterrolebindings/clusterrolebinding clusterroles/clusterrole "
        "rolebindings/rolebinding roles/role csidrivers/csidriver csinodes/csinode storageclasses/storageclass/sc "
        "volumeattachments/volumeattachment mutatingwebhookconfigurations/mutatingwebhookconfiguration "
        "validatingwebhookconfigurations/validatingwebhookconfiguration "
        "customresourcedefinitions/customresourcedefinition/crd/crds priorityclasses/priorityclass/pc leases/lease "
        "runtimeclasses/runtimeclass endpointslices/endpointslice flowschemas/flowschema "
        "prioritylevelconfigurations/prioritylevelconfiguration cronjobs/cronjob/cj "
    )
)
"""The kinds of a real server, as its device tells them: `no` is a short name among them."""
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def _never() -> None:
    raise AssertionError("planning calls no skill")


@lru_cache
def skills() -> dict[str, SkillSpec]:
    """The skills of a cluster as its device describes them; those that are still missing there, without a schema."""
    found = {spec.name: spec for spec in registry(_never).specs()}  # type: ignore[arg-type]
    names = {frame.skill for frame in FRAMES} | WRITES
    for name in sorted(names - found.keys()):
        risk = Risk.WRITE if name in WRITES else Risk.READ
        found[name] = SkillSpec(
            name=name, description=name, input_schema={"type": "object"}, output_schema={"type": "object"}, risk=risk
        )
    return found


def cluster(name: str = "prod", **profile: object) -> DeviceInfo:
    """A cluster as it registers; `kinds` come beside those that every server has."""
    kinds = (*KINDS, *profile.pop("kinds", ()))  # type: ignore[misc]
    about = ClusterProfile(version="v1.20.15", kinds=kinds, **{"namespaces": NAMESPACES, **profile})  # type: ignore[arg-type]
    return DeviceInfo(name, DeviceKind.KUBERNETES, dict(skills()), {}, DeviceProfile(cluster=about))


@lru_cache
def alone() -> FleetView:
    return FleetView.of(cluster())


@lru_cache
def mixed() -> FleetView:
    """A cluster beside two servers and a desktop."""
    return FleetView.of(cluster(), device("alpha"), device("beta"), device("desk", "desktop"))


@lru_cache
def two() -> FleetView:
    return FleetView.of(cluster("prod"), cluster("stage"), device("alpha"))


def bound(text: str, name: str = "prod") -> Request:
    return Request(text=text, policy=RunPolicy(devices=(name,)))
