"""The cluster around a scenario: set up, waited for, changed by operations, looked at, and put back as it was."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.kube.client import JSON_PATCH, STRATEGIC_PATCH, Api, ApiError
from benchmarks.kube.refs import Object, Ref, values
from benchmarks.kube.scenarios import OWN, Check, Op, Scenario
from benchmarks.kube.snapshot import Change, Entry, changed, take
from benchmarks.kube.verify import failing

LOOK_S = 0.1
SETUP_S = 90.0
GONE_S = 60.0
STUCK_S = 6.0  # so long a namespace may take before finalizers are suspected
# What a creation waits for when it is refused at first: the namespace's default account, a quota's first count,
# a kind that was defined just now, the namespace of the run before.
_SOON = (
    'serviceaccount "default" not found',
    "error looking up service account",
    "status unknown for quota",
    "being terminated",
    "object is being deleted",
)


class SetupError(Exception):
    """A scenario's world could not be made, which says nothing about the product."""


@dataclass
class World:
    """One cluster for these scenarios, some at a time: their objects are apart.

    `shared`: others work on the cluster too, so that only what scenarios name is looked at.
    """

    api: Api
    scenarios: Sequence[Scenario]
    shared: bool = False
    _nodes: dict[str, Object] = field(default_factory=dict)

    async def set_up(self, scenario: Scenario) -> None:
        """Raises SetupError where a manifest is refused or what must hold first does not."""
        await self.await_gone(scenario)
        if scenario.touches_nodes:
            self._nodes = {one["metadata"]["name"]: one for one in await self.api.list("Node")}
        for manifest in scenario.setup:
            await self._make(manifest)
        await self._await_checks(scenario)
        await self._settle(scenario)

    async def _make(self, manifest: Object) -> None:
        ref, deadline = Ref.of(manifest), time.monotonic() + 20
        while True:
            try:
                if ref.kind == "Node" or (ref.kind == "Namespace" and ref.name in OWN):
                    await self.api.change(ref, manifest)
                else:
                    await self.api.create(manifest)
                return
            except (ApiError, LookupError) as error:
                passing = getattr(error, "status", 404) in (404, 429, 500) or any(text in str(error) for text in _SOON)
                if not passing or time.monotonic() > deadline:
                    raise SetupError(f"{ref}: {error}") from None
            await asyncio.sleep(LOOK_S)

    async def _await_checks(self, scenario: Scenario) -> None:
        faults = await self.hold(scenario.wait, {}, SETUP_S)
        if faults:
            raise SetupError(f"what should hold first does not: {'; '.join(faults)}")

    async def hold(self, checks: Iterable[Check], before: dict[Ref, Object], seconds: float) -> list[str]:
        """Wait until checks hold; what does not at the end."""
        checks, deadline = tuple(checks), time.monotonic() + seconds
        while True:
            after = await self.look(checks)
            faults = [text for check in checks for text in failing(check, before, after)]
            if not faults or time.monotonic() > deadline:
                return faults
            await asyncio.sleep(LOOK_S)

    async def _settle(self, scenario: Scenario) -> None:
        """Wait until controllers have seen what was made, and made what they make at once."""
        workloads = [Ref.of(one) for one in scenario.setup if one["kind"] in ("Deployment", "StatefulSet", "DaemonSet")]
        spaces = [one["metadata"]["name"] for one in scenario.setup if one["kind"] == "Namespace"]
        expected = workloads + [Ref("ServiceAccount", "default", name) for name in spaces]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if all(_is_seen(one) for one in await asyncio.gather(*map(self.api.one, expected))):
                return
            await asyncio.sleep(LOOK_S)

    async def look(self, checks: Iterable[Check]) -> dict[Ref, Object]:
        """The objects that checks name."""
        refs = {check.ref for check in checks}
        listed = await asyncio.gather(*(self.api.find(ref) for ref in refs))
        return {Ref.of(one): one for things in listed for one in things}

    def concerns(self, scenario: Scenario) -> Callable[[Ref], bool]:
        """What a snapshot for a scenario holds: all but what other scenarios, or others on the cluster, have.

        What another scenario had may be on its way out for a while.
        """
        others = [one for one in self.scenarios if one.id != scenario.id]
        foreign = {name for one in others for name in one.namespaces}
        named = {ref for one in others for ref in one.refs() if not ref.namespace and ref.kind != "Node"}
        mine = scenario.namespaces | OWN
        own = scenario.refs()

        def concern(ref: Ref) -> bool:
            place = ref.name if ref.kind == "Namespace" else ref.namespace
            if place:
                return place in mine if self.shared else place not in foreign
            if self.shared and ref.kind != "Node":
                return any(one.names(ref) for one in own)
            return not any(one.names(ref) for one in named)

        return concern

    async def snapshot(self, scenario: Scenario) -> dict[Ref, Entry]:
        return await take(self.api, self.concerns(scenario))

    async def changes(self, scenario: Scenario, before: dict[Ref, Entry]) -> list[Change]:
        return changed(before, await self.snapshot(scenario))

    async def act(self, op: Op) -> None:
        """What a solution or a harm does. Raises ApiError."""
        if op.create is not None:
            await self._make(op.create)
        elif op.patch is not None:
            await self.api.change(op.ref, op.body or {})
        elif op.rollout_undo is not None:
            await self._undo(op.ref)
        else:
            for one in await self.api.find(op.ref):
                await self.api.remove(Ref.of(one))

    async def _undo(self, ref: Ref) -> None:
        """A rollout back by one revision."""
        kind = "ReplicaSet" if ref.kind == "Deployment" else "ControllerRevision"
        owned = [
            one
            for one in await self.api.list(kind, ref.namespace)
            if any(owner["name"] == ref.name for owner in one["metadata"].get("ownerReferences", []))
        ]
        if len(owned) < 2:
            raise SetupError(f"{ref} has no earlier revision")
        earlier = sorted(owned, key=_revision)[-2]
        if kind == "ControllerRevision":
            await self.api.change(ref, earlier["data"], STRATEGIC_PATCH)
            return
        template = earlier["spec"]["template"]
        template["metadata"]["labels"].pop("pod-template-hash", None)
        await self.api.change(ref, [{"op": "replace", "path": "/spec/template", "value": template}], JSON_PATCH)

    async def clean_up(self, scenario: Scenario, also: Iterable[Change] = ()) -> None:
        """Delete what the scenario has, and what was created `also`. Namespaces go on their own from here."""
        if scenario.touches_nodes:
            await self._restore_nodes()
        created = {change.ref for change in also if change.what == "created" and change.ref.kind != "Node"}
        for ref in sorted(created | {Ref("Namespace", name) for name in scenario.namespaces}):
            await self.api.remove(ref)
        for pattern in {ref for ref in scenario.refs() if not ref.namespace and ref.kind not in ("Node", "Namespace")}:
            for one in await self.api.find(pattern):
                await self.api.remove(Ref.of(one))

    async def _restore_nodes(self) -> None:
        for name, was in self._nodes.items():
            now = await self.api.one(Ref("Node", name))
            metadata: Object = {}
            for key in ("labels", "annotations"):
                old = was["metadata"].get(key, {})
                gone = (now or {"metadata": {}})["metadata"].get(key, {}).keys() - old.keys()
                metadata[key] = {**old, **dict.fromkeys(gone)}
            spec = {key: was["spec"].get(key) for key in ("taints", "unschedulable")}
            await self.api.change(Ref("Node", name), {"metadata": metadata, "spec": spec})

    async def await_gone(self, scenario: Scenario) -> None:
        """Until nothing is left of a run before. Raises SetupError where something will not go."""
        began = time.monotonic()
        names = set(scenario.namespaces)
        while names:
            names = {name for name in names if await self.api.one(Ref("Namespace", name))}
            waited = time.monotonic() - began
            if names and waited > GONE_S:
                raise SetupError(f"of the run before these do not go: {', '.join(sorted(names))}")
            for name in names:
                await self.api.remove(Ref("Namespace", name))
                if waited > STUCK_S:
                    await self._free(name)
            if names:
                await asyncio.sleep(LOOK_S)

    async def _free(self, namespace: str) -> None:
        """Take away the finalizers that hold a namespace."""
        for resource in await self.api.listable():
            if resource.namespaced and "patch" in resource.verbs:
                for one in await self.api.list(resource.name, namespace):
                    if one["metadata"].get("finalizers"):
                        with contextlib.suppress(ApiError):
                            await self.api.change(Ref.of(one), {"metadata": {"finalizers": None}})
        for one in await self.api.list("Pod", namespace):
            await self.api.remove(Ref.of(one), grace_s=0)


def _is_seen(thing: Object | None) -> bool:
    if thing is None or thing["kind"] == "ServiceAccount":
        return thing is not None
    return bool(thing["metadata"]["generation"] <= thing.get("status", {}).get("observedGeneration", 0))


def _revision(thing: Object) -> int:
    if "revision" in thing:
        return int(thing["revision"])
    found = values(thing, 'metadata.annotations["deployment.kubernetes.io/revision"]')
    return int(str(found[0])) if found else 0
