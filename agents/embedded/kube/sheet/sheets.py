"""Per kind and mood: the skill, the attributes that a sheet for it may have, and those that it must have."""

from __future__ import annotations

from typing import NamedTuple

from agents.embedded.kube.sheet.attributes import Attribute, attributes

MAKE, SET, BARE, DELETE, PATCH, ISSUE, EXPOSE = "make", "set", "bare", "delete", "patch", "issue", "expose"


class Sheet(NamedTuple):
    """What a head of a kind and a mood may be. `named` is the argument that the name of the head is, "" for none."""

    skill: str
    attributes: tuple[Attribute, ...]
    needs: str = "name"
    named: str = "name"
    scoped: bool = True
    fixed: tuple[tuple[str, object], ...] = ()


ACCOUNT = "account"
"""What is named where an account is made together with its rights."""
TABLE: dict[tuple[str, str], tuple[Sheet, ...]] = {}


def _add(
    kinds: str,
    moods: str,
    skill: str,
    takes: str,
    needs: str = "name",
    named: str = "name",
    *,
    scoped: bool = True,
    kind: bool = False,
    **fixed: object,
) -> None:
    for one in kinds.split():
        more = {"kind": one} if kind else {}
        found = attributes(takes + (" namespace" if scoped else "") + (" name" if named == "name" else ""))
        sheet = Sheet(skill, found, needs, named, scoped, tuple((fixed | more).items()))
        for mood in moods.split():
            TABLE[one, mood] = (*TABLE.get((one, mood), ()), sheet)


_WORKLOADS = "deployment statefulset daemonset"
_add(
    "deployment",
    "make",
    "kube.create_deployment",
    "image replicas container_port env command labels resources service_account",
    "name image",
)
_add("cronjob", "make bare", "kube.create_cron_job", "image schedule command", "name image schedule")
_add("cronjob", "set bare", "kube.patch", "schedule_field", "name patch", kind=True)
_add("job", "make bare", "kube.run_job", "image command", "name image")
_add("pod", "make", "kube.create_pod", "image command labels", "name image")
_add("service", "make bare", "kube.create_service", "ports type selector", "name port selector")
_add("service", "set bare", "kube.set_port", "ports", "name port target_port")
_add("service", "set bare", "kube.set_selector", "selector", "name selector")
_add("ingress", "make bare", "kube.create_ingress", "host backend root class", "name host service port")
_add("configmap", "make", "kube.create_config_map", "data", "name data")
_add("configmap", "set bare", "kube.set_config_map", "set_data", "name set|unset")
_add("secret", "make bare", "kube.create_secret", "generated files secret_type", "name generate|files")
_add("serviceaccount", "make", "kube.create_service_account", "pull_secret")
_add("serviceaccount", "make bare", "kube.grant", "rules only_names allowed", "account verbs kinds", ACCOUNT)
_add("serviceaccount", "make bare", "kube.bind_role", "bound binds", "account role", ACCOUNT)
_add(
    "token",
    "make issue bare",
    "kube.create_token",
    "token_for lifetime into",
    "service_account path",
    "service_account",
)
_add("role", "make bare", "kube.create_role", "rules only_names", "name verbs kinds")
_add("rolebinding", "make bare", "kube.bind_role", "bound subject", "role user|group|service_account")
_add("persistentvolumeclaim", "make bare", "kube.create_claim", "size storage_class access", "name size")
_add(
    "poddisruptionbudget",
    "make bare",
    "kube.create_disruption_budget",
    "selector budget",
    "name selector min_available|max_unavailable",
)
_add("resourcequota", "make bare", "kube.create_quota", "hard", "hard")
_add("resourcequota", "set", "kube.set_quota", "hard", "hard")
_add("limitrange", "make bare", "kube.create_limit_range", "ranges", "default|default_request|max|min")
_add("networkpolicy", "make bare", "kube.create_network_policy", "traffic", "pods from_pods", rule="allow_from")
_add("networkpolicy", "make bare", "kube.create_network_policy", "denial", "rule")
_add("namespace", "make", "kube.create_namespace", "labels", "name", scoped=False)
_add("horizontalpodautoscaler", "make bare", "kube.autoscale", "workload scaled min_max cpu", "name max", "")
# What a change leaves unsaid would go back to its default: so all of it must be said.
_add("horizontalpodautoscaler", "set", "kube.autoscale", "workload scaled min_max cpu", "name min max cpu_percent", "")
_add("horizontalpodautoscaler", "make bare", "kube.autoscale", "workload scaled min_max cpu", "name max own", "own")
_add(_WORKLOADS, "set", "kube.set_image", "new_image container", "name image", kind=True)
_add("deployment statefulset", "set bare", "kube.scale", "replicas", "name replicas", kind=True)
_add(_WORKLOADS, "set bare", "kube.set_resources", "resources container", "name requests|limits", kind=True)
_add(_WORKLOADS, "set bare", "kube.set_env", "set_env container", "name set|unset", kind=True)
_add("container", "set bare", "kube.set_resources", "workload resources", "name container requests|limits", "container")
_add("container", "set bare", "kube.set_env", "workload set_env", "name container set|unset", "container")
_add("container", "set", "kube.set_image", "workload new_image", "name container image", "container")
for _which in ("readiness", "liveness", "startup"):
    _add(
        f"{_which}probe",
        "make set bare",
        "kube.set_probe",
        "workload container probe",
        "name http_path|port|command",
        "",
        which=_which,
    )
_LABELLED = f"{_WORKLOADS} service configmap secret pod job cronjob ingress persistentvolumeclaim serviceaccount"
_add(_LABELLED, "set bare", "kube.label", "set_labels", "name set", kind=True)
_add(_LABELLED, "set bare", "kube.annotate", "annotations", "name set", kind=True)
_add("namespace node", "set bare", "kube.label", "set_labels", "name set", scoped=False, kind=True)
_add("namespace node", "set bare", "kube.annotate", "annotations", "name set", scoped=False, kind=True)
_add("node", "set bare", "kube.taint", "taint", "node key effect", "node", scoped=False)
_add("taint", "make set bare", "kube.taint", "node taint", "node key effect", "", scoped=False)
_add(
    f"{_WORKLOADS} service configmap secret pod job cronjob ingress poddisruptionbudget horizontalpodautoscaler "
    "networkpolicy replicaset",
    "delete",
    "kube.delete",
    "cascade grace",
    "name cascade|grace_s",
    kind=True,
)
_add(
    f"{_WORKLOADS} service cronjob job horizontalpodautoscaler poddisruptionbudget",
    "patch set",
    "kube.patch",
    "fields",
    "name patch",
    kind=True,
)
_add(_WORKLOADS, "expose", "kube.expose", "ports type service_name", "name port", kind=True)
_add("workload", "expose", "kube.expose", "ports type service_name", "name port")
_add("rights", "make bare", "kube.grant", "subject rules only_names", "verbs kinds user|group|service_account", "")
