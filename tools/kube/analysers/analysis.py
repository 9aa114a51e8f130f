"""All analysers over a snapshot: what they find of a scope, root causes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tools.kube.analysers import folding
from tools.kube.analysers.autoscaling import autoscalers
from tools.kube.analysers.complaints import complaints
from tools.kube.analysers.config import missing_config
from tools.kube.analysers.crashes import crashes
from tools.kube.analysers.creation import not_created
from tools.kube.analysers.finalizers import deletions, namespaces
from tools.kube.analysers.findings import Finding, shown
from tools.kube.analysers.images import image_pull
from tools.kube.analysers.ingresses import ingresses
from tools.kube.analysers.jobs import cron_jobs, jobs
from tools.kube.analysers.nodes import nodes
from tools.kube.analysers.others import conditions
from tools.kube.analysers.policies import policies
from tools.kube.analysers.probes import probes
from tools.kube.analysers.relations import Scope, within
from tools.kube.analysers.rights import bindings, denials, roles
from tools.kube.analysers.rollouts import rollouts
from tools.kube.analysers.scheduling import pending
from tools.kube.analysers.services import services
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.analysers.starting import failed, initialising, stuck
from tools.kube.analysers.storage import claims, volumes

SENTENCE: Final = 700
"""Characters of a cause, and of a fix."""
Analyser = Callable[[Snapshot], Iterator[Finding]]
ALL: Final[tuple[Analyser, ...]] = (
    nodes, image_pull, crashes, missing_config, probes, pending, stuck, initialising, failed, not_created, claims,
    volumes, denials, services, policies, roles, bindings, rollouts, autoscalers, jobs, cron_jobs, ingresses,
    namespaces, deletions, conditions, complaints,
)  # fmt: skip


def analyse(snapshot: Snapshot, scope: Scope) -> list[Finding]:
    """What is wrong within the scope: one finding for each cause, the gravest first, system namespaces last."""
    found = [finding for analyser in ALL for finding in analyser(snapshot)]
    told = folding.ordered(within(snapshot, scope, folding.folded(folding.merged(found))))
    return [_clean(one) for one in told]


def _clean(finding: Finding) -> Finding:
    """Names and messages in it came from the cluster: on one line, bounded, and no secret among them."""
    fix = finding.fix and replace(finding.fix, text=shown(finding.fix.text, SENTENCE))
    effects = tuple(_clean(one) for one in finding.effects)
    return replace(finding, cause=shown(finding.cause, SENTENCE), fix=fix, effects=effects)
