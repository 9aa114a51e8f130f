"""The modules of the skills that change workloads, nodes, and objects of any kind."""

from __future__ import annotations

from types import ModuleType

from tools.kube import (
    deletion,
    exposing,
    launching,
    manifests,
    metadata,
    nodes,
    recorded,
    rollouts,
    scaling,
    templates,
    undoing,
)

MODULES: tuple[ModuleType, ...] = (
    scaling,
    rollouts,
    templates,
    metadata,
    nodes,
    deletion,
    launching,
    exposing,
    undoing,
    manifests,
    recorded,
)
