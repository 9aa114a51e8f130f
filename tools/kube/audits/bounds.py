"""Audits of quotas: how near to their limits namespaces are. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Hit, Scope
from tools.kube.objects import at
from tools.kube.quantities import number

NEAR: Final = 0.8


def quota_headroom(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Quotas of which 80 % or more of a limit is used: `full` where nothing is left, else `near`."""
    for one in snapshot.all("resourcequotas"):
        hard = at(one, "status.hard") or at(one, "spec.hard", {})
        used = at(one, "status.used", {})
        for key in hard:
            limit, use = number(hard[key]), number(used.get(key, 0))
            share = use / limit if limit else 1.0
            if share >= NEAR:
                why = f"{key}: {used.get(key, 0)} of {hard[key]} used ({share:.0%})"
                field = f'status.used["{key}"]' if "." in key or "/" in key else f"status.used.{key}"
                yield Hit(ref(one), field, why, "full" if share >= 1 else "near")
