"""What goes with a namespace, or with a kind's definition, when it is deleted; and how much of that may be known."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tools.kube.change import Draft, Operation
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, label, listed
from tools.kube.session import Session

NOISE: Final = frozenset({"events", "endpoints", "endpointslices"})
MEASURED: Final = "metrics.k8s.io"
WORKLOADS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"})
AT_ONCE: Final = 8
MOST: Final = 1000


@dataclass(frozen=True)
class Contents:
    """`counts`: objects by kind, at most 1000 of each. `workloads` that run something, by label.

    `unread`: the kinds that this identity may not list; of these nothing is known.
    """

    counts: Counter[str] = field(default_factory=Counter)
    workloads: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __add__(self, other: Contents) -> Contents:
        unread = tuple(dict.fromkeys((*self.unread, *other.unread)))
        return Contents(self.counts + other.counts, (*self.workloads, *other.workloads), unread)

    def __str__(self) -> str:
        found = listed((f"{number} {kind}" for kind, number in sorted(self.counts.items())), 20)
        if not self.unread:
            return found or "nothing"
        unread = f"may not be read ({listed(self.unread, 5)})"
        return f"{found}; what else is in it {unread}" if found else f"what is in it {unread}"


async def of_namespace(session: Session, namespace: str) -> Contents:
    """What is in a namespace, as far as this identity may know."""
    kinds: dict[str, Kind] = {}
    for one in session.kinds.all:
        if one.namespaced and "list" in one.verbs and one.plural not in NOISE and one.group != MEASURED:
            kinds.setdefault(one.kind, one)
    return await _of(session, [(one, one.path(namespace)) for one in kinds.values()])


async def deleted_with(session: Session, draft: Draft) -> Contents:
    """What goes with all that a draft deletes."""
    found = Contents()
    for one in draft.operations:
        if one.action == "delete":
            found += await _with(session, one)
    return found


async def _with(session: Session, one: Operation) -> Contents:
    if one.kind.plural == "namespaces" and not one.kind.group:
        return await of_namespace(session, one.name)
    if one.kind.plural == "customresourcedefinitions":
        names, group = str(at(one.live, "spec.names.plural", "")), str(at(one.live, "spec.group", ""))
        kind = session.kinds.get(names, group)
        return await _of(session, [(kind, kind.path())]) if kind is not None else Contents()
    return Contents()


async def _of(session: Session, places: Iterable[tuple[Kind, str]]) -> Contents:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(kind: Kind, path: str) -> Contents:
        async with gate:
            try:
                objects = await session.api.items(path, most=MOST)
            except KubeError as error:
                if error.status == 403:
                    return Contents(unread=(kind.kind,))
                if error.status in (404, 405):
                    return Contents()
                raise
        running = tuple(label(obj) for obj in objects if runs(obj))
        return Contents(Counter({kind.kind: len(objects)} if objects else {}), running)

    found = Contents()
    for part in await asyncio.gather(*(one(*place) for place in places)):
        found += part
    return found


def runs(live: Manifest | None) -> int:
    """The replicas that a workload is to have; 0 for what is none."""
    if live is None:
        return 0
    if live.get("kind") == "DaemonSet":
        return int(at(live, "status.desiredNumberScheduled", 0))
    found = at(live, "spec.replicas", 1 if live.get("kind") in WORKLOADS else 0)
    return found if isinstance(found, int) else 0
