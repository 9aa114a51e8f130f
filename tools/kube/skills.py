"""All skills of a Kubernetes device."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Final

from protocol.vocabulary import SkillSpec
from tools.kube import catalog, diagnosing, fixing
from tools.kube.session import Cluster
from tools.kube.synthesis import skills as written
from tools.kube.verbs import Verb
from tools.kube.verbs import registry as make
from tools.registry import Registry

MODULES: Final[tuple[ModuleType, ...]] = (*catalog.MODULES, diagnosing, fixing, written)


def verbs() -> tuple[Verb, ...]:
    """In name order."""
    return catalog.verbs_of(MODULES)


def registry(cluster: Callable[[], Cluster]) -> Registry:
    """Every skill of a Kubernetes device; `cluster` is asked when one is called."""
    return make(verbs(), cluster)


def specs() -> tuple[SkillSpec, ...]:
    """What the skills say of themselves, without a cluster."""
    return registry(catalog.nothing).specs()
