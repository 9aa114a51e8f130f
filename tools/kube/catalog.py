"""The verbs that are one operation each: what a person asks for by name, and what a diagnosis or a tool may propose."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType
from typing import Final

from tools.kube import answers, platform, workloads
from tools.kube.session import Cluster
from tools.kube.verbs import Verb
from tools.kube.verbs import registry as make
from tools.registry import Registry

MODULES: Final[tuple[ModuleType, ...]] = (*answers.MODULES, *workloads.MODULES, *platform.MODULES)


def verbs_of(modules: Iterable[ModuleType]) -> tuple[Verb, ...]:
    """The verbs that the modules define, in name order."""
    found = {one.name: one for module in modules for one in vars(module).values() if isinstance(one, Verb)}
    return tuple(found[name] for name in sorted(found))


def nothing() -> Cluster:
    """Stands for the cluster of a registry that is read and not called."""
    raise AssertionError("these skills are not for calling")


@lru_cache(maxsize=1)
def verbs() -> dict[str, Verb]:
    """By name."""
    return {verb.name: verb for verb in verbs_of(MODULES)}


@lru_cache(maxsize=1)
def unbound() -> Registry:
    """The same as skills, for checking arguments: none can be called."""
    return make(tuple(verbs().values()), nothing)
