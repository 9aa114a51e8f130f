"""What an audit finds: which check, of which object, where in it, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.kube.analysers.findings import Fix, Ref
from tools.kube.analysers.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Hit:
    """`detail` tells apart what one check finds; `field` is the path, as diffs write it; `why` a short sentence."""

    of: Ref
    field: str
    why: str
    detail: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """`namespace` "" is the whole cluster. `system`: the cluster's own objects as well, else they are left out."""

    namespace: str = ""
    system: bool = False


Function = Callable[[Snapshot, Scope], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` are plurals. `details`: only hits of these; None for all. `advice`: what to do where no fix is typed."""

    title: str
    function: Function
    needs: tuple[str, ...]
    details: frozenset[str] | None = None
    advice: str = ""

    def hits(self, snapshot: Snapshot, scope: Scope) -> list[Hit]:
        """In the order of kinds and names; each once."""
        found = {
            (one.of.namespace, one.of.kind, one.of.name, one.field, one.detail): one
            for one in self.function(snapshot, scope)
            if self.details is None or one.detail in self.details
        }
        return [found[key] for key in sorted(found)]
