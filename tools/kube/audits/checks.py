"""All checks by name: those of the catalogue, and narrower ones for narrower questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from tools.kube.audits import bounds, network, pods, rights, secret_env, settings
from tools.kube.audits.hits import Check
from tools.kube.audits.workloads import PLURALS

Name = Literal[
    "privileged", "root_user", "host_access", "no_limits", "no_requests", "no_probes", "latest_tag", "wildcard_rbac",
    "cluster_admin", "secrets_in_env", "no_network_policy", "no_endpoints", "exposed", "quota_headroom",
    "single_replica", "default_service_account",
    "explicit_root", "host_network", "host_path", "host_pid", "host_ipc", "host_port", "no_memory_limits",
    "no_cpu_limits", "no_memory_requests", "no_cpu_requests", "no_readiness_probe", "no_liveness_probe",
    "no_startup_probe", "plain_secrets", "secret_references", "exposed_services", "exposed_ingresses",
]  # fmt: skip

_LIMITS: Final = "set them with kube.set_resources, from what kube.top shows"
_PROBES: Final = "set one with kube.set_probe"
_ALL: Final = {
    "privileged": Check(
        "privileged containers", pods.privileged, PLURALS, advice="drop `privileged`, or name the single capability"
    ),
    "root_user": Check(
        "containers that run as root, or may", pods.root_user, PLURALS,
        advice="set runAsNonRoot, and a user other than 0 in the image or the pod",
    ),
    "host_access": Check(
        "pods with access to their node", pods.host_access, PLURALS,
        advice="use a service for ports and a claim for files",
    ),
    "no_limits": Check("containers without CPU or memory limits", settings.no_limits, PLURALS, advice=_LIMITS),
    "no_requests": Check("containers without CPU or memory requests", settings.no_requests, PLURALS, advice=_LIMITS),
    "no_probes": Check("containers without any probe", settings.probes, PLURALS, frozenset({"all"}), _PROBES),
    "latest_tag": Check(
        "images tagged latest or not at all", settings.latest_tag, PLURALS,
        advice="name the version that is meant, with kube.set_image",
    ),
    "wildcard_rbac": Check(
        "roles with wildcards", rights.wildcard_rbac, ("roles", "clusterroles"),
        advice="name the verbs and kinds that are needed: kube.grant makes the least",
    ),
    "cluster_admin": Check(
        "bindings to cluster-admin", rights.cluster_admin,
        ("rolebindings", "clusterrolebindings", "roles", "clusterroles"),
        advice="grant what is needed with kube.grant, then revoke the rest",
    ),
    "secrets_in_env": Check(
        "secrets in environment variables", secret_env.secrets_in_env, PLURALS,
        advice="keep plain ones in a secret (kube.create_secret), mounted as a file",
    ),
    "no_network_policy": Check(
        "namespaces without a network policy", network.no_network_policy, ("namespaces", "networkpolicies")
    ),
    "no_endpoints": Check(
        "services without endpoints", network.no_endpoints, ("services", "endpoints"),
        advice="kube.diagnose says of each why nobody is behind it",
    ),
    "exposed": Check(
        "what can be reached from outside", network.exposed, ("services", "ingresses"),
        advice="keep what is meant, and delete the rest",
    ),
    "quota_headroom": Check(
        "quotas with less than a fifth left", bounds.quota_headroom, ("resourcequotas",),
        advice="free what is not needed, or have the quota's owner raise it",
    ),
    "single_replica": Check(
        "workloads with a single replica", settings.single_replica,
        ("deployments", "statefulsets", "horizontalpodautoscalers"),
    ),
    "default_service_account": Check(
        "pods with the default service account", settings.default_service_account, PLURALS,
        advice="give each its own (kube.create_service_account), without rights that it does not need",
    ),
}  # fmt: skip
CATALOGUE: Final = tuple(_ALL)


def _narrow(base: str, title: str, *details: str) -> Check:
    return replace(_ALL[base], title=title, details=frozenset(details))


CHECKS: Final[dict[str, Check]] = {
    **_ALL,
    "explicit_root": _narrow("root_user", "containers set to run as user 0", "uid0"),
    "host_network": _narrow("host_access", "pods on their node's network", "host_network"),
    "host_path": _narrow("host_access", "pods that mount files of their node", "host_path"),
    "host_pid": _narrow("host_access", "pods that see their node's processes", "host_pid"),
    "host_ipc": _narrow("host_access", "pods that share their node's IPC", "host_ipc"),
    "host_port": _narrow("host_access", "containers that take a port of their node", "host_port"),
    "no_memory_limits": _narrow("no_limits", "containers without a memory limit", "memory"),
    "no_cpu_limits": _narrow("no_limits", "containers without a CPU limit", "cpu"),
    "no_memory_requests": _narrow("no_requests", "containers without a memory request", "memory"),
    "no_cpu_requests": _narrow("no_requests", "containers without a CPU request", "cpu"),
    "no_readiness_probe": _narrow("no_probes", "containers without a readiness probe", "readiness"),
    "no_liveness_probe": _narrow("no_probes", "containers without a liveness probe", "liveness"),
    "no_startup_probe": _narrow("no_probes", "containers without a startup probe", "startup"),
    "plain_secrets": _narrow("secrets_in_env", "secrets in plain text in environment variables", "plain"),
    "secret_references": _narrow("secrets_in_env", "environment variables from secrets", "reference"),
    "exposed_services": _narrow(
        "exposed", "services that can be reached from outside", "node_port", "load_balancer", "external_ip"
    ),
    "exposed_ingresses": _narrow("exposed", "ingresses", "ingress"),
}
