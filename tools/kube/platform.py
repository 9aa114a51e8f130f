"""The modules of what platforms are made of: namespaces and their bounds, rights, configuration, networks, storage."""

from __future__ import annotations

from types import ModuleType

from tools.kube import (
    auditing,
    certificates,
    configs,
    granting,
    keeping,
    namespaces,
    policies,
    revoking,
    services,
    storage,
)

MODULES: tuple[ModuleType, ...] = (
    namespaces, configs, keeping, granting, revoking, policies, services, storage, certificates, auditing,
)  # fmt: skip
