"""The tests' client of the Kubernetes API, for references: it sets up, looks and restores.

It shares nothing with the product, so that a fault of the product's client cannot hide itself from the judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.kube.refs import Object, Ref
from tests.support import kube_api
from tests.support.kube_api import MERGE, ApiError, Kind

JSON_PATCH = "application/json-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
OLD_GROUPS = frozenset({"extensions", "events.k8s.io"})  # what they serve is served by another group as well


class Api(kube_api.Api):
    """Open it with `async with Api(kubeconfig) as api`. Raises ApiError where the server refuses."""

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(kubeconfig)
        self._all: list[Kind] = []

    async def kinds(self, *, fresh: bool = False) -> list[Kind]:
        """Every kind of every group: by its preferred version where that has it, those of old groups last."""
        if fresh or not self._all:
            groups = (await self.request("GET", "/apis"))["groups"]
            found = {kind.group + kind.name: kind for kind in await super().kinds(fresh=fresh)}
            for version in (one["groupVersion"] for group in groups for one in group["versions"]):
                for kind in await self._of_version(version):
                    found.setdefault(kind.group + kind.name, kind)
            self._all = sorted(found.values(), key=lambda kind: kind.group in OLD_GROUPS)
        return self._all

    async def listable(self) -> list[Kind]:
        """Every kind that can be listed, once by its name."""
        kinds = [kind for kind in await self.kinds() if "list" in kind.verbs]
        return list({kind.name: kind for kind in reversed(kinds)}.values())

    async def one(self, ref: Ref) -> Object | None:
        """The object that a reference without a pattern names."""
        return await self.get(str(ref))

    async def find(self, ref: Ref) -> list[Object]:
        """The objects that a reference, perhaps a pattern, names. None where its kind is not there."""
        try:
            if not ref.is_pattern:
                found = await self.one(ref)
                return [] if found is None else [found]
            everywhere = ref.is_pattern_of_namespaces or not ref.namespace
            listed = await self.list(ref.kind, None if everywhere else ref.namespace)
        except LookupError:
            return []
        return [one for one in listed if ref.names(Ref.of(one))]

    async def create(self, manifest: Object) -> Object:
        """Raises LookupError for a kind that is not there."""
        kind = await self.kind(str(manifest["kind"]), str(manifest["apiVersion"]))
        return await self.request("POST", kind.path(manifest["metadata"].get("namespace")), manifest)

    async def change(self, ref: Ref, body: Mapping[str, object] | Sequence[object], how: str = MERGE) -> None:
        """A patch, `how` by its media type."""
        await self.request("PATCH", await self.path(str(ref)), body, content_type=how)

    async def remove(self, ref: Ref, *, grace_s: int | None = None) -> None:
        """Asks for its deletion in the background. One that is not there, of a kind that is not there, is well."""
        try:
            await self.delete(str(ref), grace_s=grace_s)
        except LookupError:
            return


__all__ = ["JSON_PATCH", "STRATEGIC_PATCH", "Api", "ApiError"]
