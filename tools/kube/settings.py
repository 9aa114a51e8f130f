"""What the owner of a Kubernetes device allows, and how it reaches its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MAX_OBJECTS = 50
PROTECTED = ("kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True, slots=True)
class KubeSettings:
    """`kubeconfig` None: KUBECONFIG, then ~/.kube/config, then the service account of the pod this runs in.

    `as_user`, `as_groups`: impersonate for every request. `callers`: a JSON file that maps names of callers, as the
    orchestrator authenticated them, to `{"user", "groups"}` to impersonate or `{"token_file"}`; callers that it does
    not name are refused. `read_only`: no writes at all. `protected`: namespaces that are never written to.
    `max_objects`: how many objects one action may change; another number than the default counts what is in a
    namespace that is deleted, too. `max_scale_down`: largest share of a workload's replicas that one action may take
    away, 0 to 1; a deletion takes all. `freeze`: a reason for which nothing may be changed now; empty for none.
    `preview_s`: how long a preview may be approved, in seconds.
    """

    kubeconfig: Path | None = None
    context: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    callers: Path | None = None
    read_only: bool = False
    protected: tuple[str, ...] = PROTECTED
    max_objects: int = MAX_OBJECTS
    max_scale_down: float = 1.0
    freeze: str = ""
    preview_s: float = 1800.0
